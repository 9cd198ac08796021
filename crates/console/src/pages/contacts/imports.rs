//! Imports of contacts: checked in the background, applied when somebody says so, and undone if that was wrong.

use super::tabs;
use crate::Console;
use crate::api::{Failed, path};
use crate::chart;
use crate::form::Form;
use crate::frame::Frame;
use crate::live::{self, Part};
use crate::pages::owned::{ListPlace, Listed, Owner, address, ask, leads};
use crate::texts::title;
use crate::visitor::{Visitor, written};
use crate::words::{Badge, Tone};
use askama::Template;
use async_trait::async_trait;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::Method;
use axum::response::Response;
use serde::Deserialize;
use std::sync::Arc;

pub(super) const HERE: &str = "/console/contact-imports";
const LIST: ListPlace = ListPlace { here: HERE, api: "/v1/contacts/imports", state: None };

/// An import, as the API tells of it.
#[derive(Deserialize)]
pub(super) struct Import {
    pub(super) id: String,
    state: String,
    reason: Option<String>,
    group: Option<String>,
    overwrite: bool,
    rows: u64,
    checked: u64,
    new: u64,
    changed: u64,
    same: u64,
    invalid: u64,
    doubled: u64,
    opted_out: u64,
    unroutable: u64,
    applied: u64,
    restored: u64,
    left: u64,
    author: String,
    created_at: String,
}

impl Import {
    fn badge(&self, frame: &Frame) -> Badge {
        let (tone, word) = match self.state.as_str() {
            "receiving" => (Tone::Active, frame.t("Rows are coming")),
            "checking" => (Tone::Active, frame.t("Is being checked")),
            "checked" => (Tone::Doubt, frame.t("Checked: nothing was changed yet")),
            "applying" => (Tone::Active, frame.t("Is being imported")),
            "done" => (Tone::Good, frame.t("Imported")),
            "undoing" => (Tone::Active, frame.t("Is being undone")),
            "undone" => (Tone::Quiet, frame.t("Undone")),
            "failed" => (Tone::Bad, frame.t("Failed")),
            other => (Tone::Quiet, other),
        };
        Badge::new(tone, word)
    }

    /// The contacts that it changes.
    const fn changes(&self) -> u64 {
        self.new + self.changed
    }

    /// Rows of which its report says something.
    const fn findings(&self) -> u64 {
        self.invalid + self.doubled + self.opted_out + self.unroutable
    }

    fn is(&self, state: &str) -> bool {
        self.state == state
    }

    /// How far it is in what it does.
    fn progress(&self) -> Option<(u64, u64)> {
        match self.state.as_str() {
            "checking" => Some((self.checked, self.rows)),
            "applying" => Some((self.applied, self.changes() + self.same)),
            "undoing" => Some((self.restored + self.left, self.changes())),
            _ => None,
        }
    }

    fn bar(&self, (done, of): &(u64, u64)) -> String {
        chart::share(*done, *of)
    }

    fn author(&self) -> &str {
        self.author.strip_prefix("user:").unwrap_or(&self.author)
    }
}

#[derive(Template)]
#[template(path = "contact_imports.html")]
struct ImportsPage {
    frame: Frame,
    owner: Owner,
    list: Listed<Import>,
}

impl ImportsPage {
    fn tabs(&self) -> Vec<(&str, String, bool)> {
        tabs(&self.frame, &self.owner, HERE)
    }
}

#[derive(Template)]
#[template(path = "contact_imported.html")]
struct OnePage {
    frame: Frame,
    owner: Owner,
    part: String,
    id: String,
}

/// What of the page follows the import.
#[derive(Template)]
#[template(path = "contact_imported_part.html")]
struct ImportPart {
    frame: Frame,
    account: String,
    it: Import,
    may_change: bool,
}

impl OnePage {
    fn back(&self) -> String {
        self.owner.at(HERE, &[])
    }

    fn stream(&self) -> String {
        self.owner.at(&format!("{HERE}/{}/stream", self.id), &[])
    }
}

impl ImportPart {
    fn at(&self, end: &str) -> String {
        address(&format!("{HERE}/{}{end}", self.it.id), &self.account, &[])
    }
}

pub(in crate::pages) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let page = async {
        let owner = Owner::of(&visitor, &form).await?;
        let list = Listed::of(&visitor, &owner, &form, &LIST).await?;
        Ok(ImportsPage { frame: visitor.frame("contacts", title("Imports")), owner, list })
    };
    visitor.show(page.await)
}

/// An import that somebody follows.
struct Follows {
    id: String,
    account: String,
}

#[async_trait]
impl Part for Follows {
    async fn now(&self, visitor: &Visitor) -> Result<String, Failed> {
        let it = ask(visitor, &self.account).get(&path(&["contacts", "imports", &self.id]), &[]).await?;
        let frame = visitor.frame("contacts", title("Import"));
        let may_change = visitor.who.may("send_messages");
        Ok(written(&ImportPart { frame, account: self.account.clone(), it, may_change }))
    }
}

pub(in crate::pages) async fn show(
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let page = async {
        let owner = Owner::of(&visitor, &form).await?;
        let part = Follows { id: id.clone(), account: owner.account.clone() }.now(&visitor).await?;
        Ok(OnePage { frame: visitor.frame("contacts", title("Import")), owner, part, id })
    };
    visitor.show(page.await)
}

pub(in crate::pages) async fn stream(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let account = Form::read(query.unwrap_or_default().as_bytes()).get("account").to_owned();
    live::stream(&console, visitor, Follows { id, account })
}

/// What was found out about its rows, as a file.
pub(in crate::pages) async fn report(
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let account = Form::read(query.unwrap_or_default().as_bytes()).get("account").to_owned();
    let at = path(&["contacts", "imports", &id, "report"]);
    match ask(&visitor, &account).file(&at, &[], "import-report.csv").await {
        Ok(file) => file,
        Err(failed) => visitor.refused(failed, &address(&format!("{HERE}/{id}"), &account, &[])),
    }
}

/// Has a checked import applied, or one that is done undone.
pub(in crate::pages) async fn act(
    visitor: Visitor,
    Path((id, action)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = async {
        let word = match action.as_str() {
            "apply" => "import-applied",
            "undo" => "import-undone",
            _ => return Err(Failed::not_found()),
        };
        let at = path(&["contacts", "imports", &id, &action]);
        ask(&visitor, account).act(Method::POST, &at, None).await.map(|()| word)
    };
    leads(&visitor, done.await, &format!("{HERE}/{id}"), account)
}

/// Deletes an import with its rows. Contacts stay as they are.
pub(in crate::pages) async fn delete(visitor: Visitor, Path(id): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let done = ask(&visitor, account).act(Method::DELETE, &path(&["contacts", "imports", &id]), None).await;
    leads(&visitor, done.map(|()| "deleted"), HERE, account)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_import_is_as_far_as_its_state_counts() {
        let mut import: Import = serde_json::from_value(serde_json::json!({
            "id": "7", "state": "checking", "overwrite": false, "rows": 10, "checked": 4, "new": 3, "changed": 1, "same": 2,
            "invalid": 1, "doubled": 1, "opted_out": 0, "unroutable": 2, "applied": 5, "restored": 1, "left": 1,
            "author": "user:ann", "created_at": "2030-01-01T00:00:00Z",
        }))
        .unwrap();
        assert_eq!(
            (import.progress(), import.changes(), import.findings(), import.author()),
            (Some((4, 10)), 4, 4, "ann")
        );
        for (state, expected) in [("applying", Some((5, 6))), ("undoing", Some((2, 4))), ("done", None)] {
            import.state = state.into();
            assert_eq!(import.progress(), expected, "{state}");
        }
    }
}
