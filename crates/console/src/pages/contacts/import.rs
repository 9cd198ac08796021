//! Contacts from a file: first for trial, which says of each row what would become of it.

use super::{Group, GroupList, tabs};
use crate::api::{Failed, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::owned::{Owner, ask};
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use serde::Deserialize;

pub(super) const HERE: &str = "/console/contact-import";
/// The most octets of a table that stay in the form when it is shown again.
const KEPT_MAX: usize = 64 << 10;

/// What became of rows, or would.
#[derive(Deserialize)]
struct Found {
    dry_run: bool,
    rows: u64,
    new: u64,
    changed: u64,
    same: u64,
    invalid: u64,
    doubled: u64,
    opted_out: u64,
    unroutable: u64,
    findings: Vec<Finding>,
}

#[derive(Deserialize)]
struct Finding {
    line: u64,
    value: String,
    finding: String,
    detail: String,
}

type Checked = Option<Result<Found, String>>;

#[derive(Template)]
#[template(path = "contact_import.html")]
struct ImportPage {
    frame: Frame,
    owner: Owner,
    groups: Vec<Group>,
    csv: String,
    group: String,
    overwrite: bool,
    checked: Checked,
}

#[derive(Template)]
#[template(path = "contact_checked.html")]
struct CheckedPart {
    frame: Frame,
    checked: Checked,
}

impl ImportPage {
    fn tabs(&self) -> Vec<(&str, String, bool)> {
        tabs(&self.frame, &self.owner, HERE)
    }
}

/// The table of a form: that of its file, or else the pasted one.
fn table(form: &Form) -> &str {
    let file = form.whole("file");
    if file.trim().is_empty() { form.whole("csv") } else { file }
}

/// Imports the table of a form, or tries it.
async fn imported(visitor: &Visitor, form: &Form, is_dry: bool) -> Checked {
    let csv = table(form);
    if csv.trim().is_empty() {
        return None;
    }
    let overwrite = if form.get("overwrite") == "on" { "true" } else { "" };
    let dry = if is_dry { "true" } else { "false" };
    let query = [("dry_run", dry), ("overwrite", overwrite), ("group", form.get("group"))];
    let at = with_query("/v1/contacts/import", &query);
    let found = ask(visitor, form.get("account")).send_csv::<Found>(Method::POST, &at, csv.to_owned()).await;
    Some(found.map_err(|failed| failed.detail))
}

pub(in crate::pages) async fn page(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(shown(&visitor, &form, None).await)
}

async fn shown(visitor: &Visitor, form: &Form, checked: Checked) -> Result<ImportPage, Failed> {
    let owner = Owner::of(visitor, form).await?;
    let GroupList { groups, .. } = match owner.is_nobody() {
        true => GroupList::default(),
        false => owner.ask(visitor).get("/v1/groups", &[("limit", "500")]).await?,
    };
    let csv = Some(table(form)).filter(|csv| csv.len() <= KEPT_MAX).unwrap_or_default().to_owned();
    Ok(ImportPage {
        frame: visitor.frame("contacts", "Import contacts"),
        owner,
        groups,
        csv,
        group: form.get("group").to_owned(),
        overwrite: form.get("overwrite") == "on",
        checked,
    })
}

/// Shows, while a form is filled in, what would become of the rows.
pub(in crate::pages) async fn check(visitor: Visitor, headers: HeaderMap, body: Bytes) -> Response {
    let checked = imported(&visitor, &Form::of(&headers, &body), true).await;
    render(&CheckedPart { frame: visitor.frame("contacts", "Import contacts"), checked })
}

/// Imports, or only checks.
pub(in crate::pages) async fn import(visitor: Visitor, headers: HeaderMap, body: Bytes) -> Response {
    let form = Form::of(&headers, &body);
    let checked = imported(&visitor, &form, form.get("action") == "check").await;
    let page = shown(&visitor, &form, checked).await.map(|page| {
        // What is imported needn't be in the form any more.
        let is_done = matches!(&page.checked, Some(Ok(found)) if !found.dry_run);
        ImportPage { csv: if is_done { String::new() } else { page.csv }, ..page }
    });
    visitor.show(page)
}
