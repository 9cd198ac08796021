//! Contacts from a file: looked at while the form is filled in, and handed in as an import.

use super::imports::{self, Import};
use super::{Group, GroupList, tabs};
use crate::api::{Failed, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::owned::{Owner, address, ask};
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

pub(super) const HERE: &str = "/console/contact-import";
/// The most octets of a table that stay in the form when it is shown again.
const KEPT_MAX: usize = 64 << 10;

/// What would become of rows.
#[derive(Deserialize)]
struct Found {
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

/// The parameters of an import.
fn asked(form: &Form) -> [(&str, &str); 2] {
    let overwrite = if form.get("overwrite") == "on" { "true" } else { "" };
    [("overwrite", overwrite), ("group", form.get("group"))]
}

/// What would become of the rows of a form.
async fn tried(visitor: &Visitor, form: &Form) -> Checked {
    let csv = table(form);
    // What isn't CSV is looked at when it has been handed in.
    if csv.trim().is_empty() || kind_of(csv.as_bytes()) != CSV {
        return None;
    }
    let at = with_query("/v1/contacts/import", &[&[("dry_run", "true")][..], &asked(form)].concat());
    let found = ask(visitor, form.get("account")).send_csv::<Found>(Method::POST, &at, csv.to_owned()).await;
    Some(found.map_err(|failed| failed.detail))
}

const CSV: &str = "text/csv";

/// The type of a file by its first octets: a workbook, cards, or else a table.
fn kind_of(octets: &[u8]) -> &'static str {
    let begins =
        |with: &str| octets.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with.as_bytes()));
    match octets {
        [b'P', b'K', ..] => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        _ if begins("BEGIN:VCARD") => "text/vcard",
        _ => CSV,
    }
}

/// Hands in the rows of a form, which are then checked.
async fn handed_in(visitor: &Visitor, form: &Form, file: Option<&[u8]>) -> Result<Import, Failed> {
    let pasted = form.whole("csv");
    let octets = match file {
        Some(file) => file,
        None if pasted.trim().is_empty() => {
            return Err(Failed::wrong("file", "choose a file, or paste a table"));
        }
        None => pasted.as_bytes(),
    };
    let file = (kind_of(octets), Bytes::copy_from_slice(octets).into());
    let at = with_query("/v1/contacts/imports", &asked(form));
    ask(visitor, form.get("account")).send_file(Method::POST, &at, file).await
}

pub(in crate::pages) async fn page(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(shown(&visitor, &form, None).await)
}

async fn shown(visitor: &Visitor, form: &Form, checked: Checked) -> Result<ImportPage, Failed> {
    let owner = Owner::of(visitor, form).await?;
    let GroupList { groups, .. } = owner.list(visitor, "/v1/groups", &[("limit", "500")]).await?;
    let csv = Some(form.whole("csv")).filter(|csv| csv.len() <= KEPT_MAX).unwrap_or_default().to_owned();
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
    let checked = tried(&visitor, &Form::of(&headers, &body)).await;
    render(&CheckedPart { frame: visitor.frame("contacts", "Import contacts"), checked })
}

/// Hands the rows in, and leads to the page that follows them.
pub(in crate::pages) async fn import(visitor: Visitor, headers: HeaderMap, body: Bytes) -> Response {
    let form = Form::of(&headers, &body);
    let failed = match handed_in(&visitor, &form, Form::file(&headers, &body, "file")).await {
        Ok(import) => {
            let at = address(&format!("{}/{}", imports::HERE, import.id), form.get("account"), &[]);
            return Redirect::to(&at).into_response();
        }
        Err(failed) => failed,
    };
    match shown(&visitor, &form, Some(Err(failed.detail))).await {
        Ok(page) => (failed.status, render(&page)).into_response(),
        Err(failed) => visitor.refused(failed, HERE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_type_of_a_file_is_that_of_its_octets() {
        assert!(kind_of(b"PK\x03\x04").ends_with("spreadsheetml.sheet"));
        assert_eq!(kind_of(b"begin:vcard\r\n"), "text/vcard");
        assert_eq!(kind_of(b"number,name\n"), CSV);
    }
}
