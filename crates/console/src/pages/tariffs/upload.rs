//! A tariff that is handed in: checked without a change, or imported.

use super::{HERE, page};
use crate::api::{Failed, Mistake, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// The most octets of a table that stay in the form when it is shown again.
const KEPT_MAX: usize = 64 << 10;

/// What an import would change, in numbers of rates.
#[derive(Deserialize)]
pub(super) struct Changes {
    pub(super) new: u64,
    pub(super) gone: u64,
    pub(super) dearer: u64,
    pub(super) cheaper: u64,
}

/// The answer to a dry run.
#[derive(Deserialize)]
struct Fine {
    rates: u64,
    currency: String,
    changes: Changes,
}

/// What a dry run found.
pub(super) enum Checked {
    Fine {
        rates: u64,
        currency: String,
        changes: Changes,
    },
    /// Whoever imports must prove again who they are, before anything is looked at.
    ProofNeeded,
    Wrong {
        detail: String,
        mistakes: Vec<Mistake>,
    },
}

#[derive(Template)]
#[template(path = "tariff_checked.html")]
struct CheckedPart {
    frame: Frame,
    checked: Option<Checked>,
}

/// What a form hands in: the name, and the table of a file or of the field.
struct Handed {
    name: String,
    csv: String,
}

impl Handed {
    fn of(form: &Form) -> Self {
        let file = form.whole("file");
        let csv = if file.trim().is_empty() { form.whole("csv") } else { file };
        Self { name: form.get("name").to_owned(), csv: csv.to_owned() }
    }

    fn is_whole(&self) -> bool {
        !self.name.is_empty() && !self.csv.trim().is_empty()
    }

    fn path(&self, is_dry: bool) -> String {
        format!("{}{}", path(&["tariffs", &self.name]), if is_dry { "?dry_run=true" } else { "" })
    }
}

/// Shows, while a form is filled in, what would change.
pub(in crate::pages) async fn check(visitor: Visitor, headers: HeaderMap, body: Bytes) -> Response {
    let handed = Handed::of(&Form::of(&headers, &body));
    let checked = if handed.is_whole() { Some(checked(&visitor, &handed).await) } else { None };
    render(&CheckedPart { frame: visitor.frame("tariffs", "Tariffs"), checked })
}

async fn checked(visitor: &Visitor, handed: &Handed) -> Checked {
    match visitor.ask.send_csv::<Fine>(Method::PUT, &handed.path(true), handed.csv.clone()).await {
        Ok(Fine { rates, currency, changes }) => Checked::Fine { rates, currency, changes },
        Err(failed) if failed.code == "proof_needed" => Checked::ProofNeeded,
        Err(Failed { detail, mistakes, .. }) => Checked::Wrong { detail, mistakes },
    }
}

/// Imports a tariff. What is wrong with it, or what was only to be checked, is shown above the form, which keeps what it had.
pub(in crate::pages) async fn import(visitor: Visitor, headers: HeaderMap, body: Bytes) -> Response {
    let form = Form::of(&headers, &body);
    let handed = Handed::of(&form);
    if !handed.is_whole() {
        return visitor.refused(Failed::wrong("csv", "choose a file, or paste a table"), HERE);
    }
    let found = match form.get("action") {
        "check" => checked(&visitor, &handed).await,
        _ => {
            let (at, csv) = (handed.path(false), handed.csv.clone());
            match visitor.ask.send_csv::<serde::de::IgnoredAny>(Method::PUT, &at, csv).await {
                Ok(_) => {
                    return Redirect::to(&format!("{HERE}/{}?done=imported", handed.name)).into_response();
                }
                Err(failed) if failed.mistakes.is_empty() => return visitor.refused(failed, HERE),
                Err(Failed { detail, mistakes, .. }) => Checked::Wrong { detail, mistakes },
            }
        }
    };
    let is_wrong = matches!(found, Checked::Wrong { .. });
    let kept = if handed.csv.len() <= KEPT_MAX { &*handed.csv } else { "" };
    let shown = page(&visitor, &handed.name, kept, Some(found)).await;
    let mut response = visitor.show(shown);
    if is_wrong && response.status().is_success() {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}
