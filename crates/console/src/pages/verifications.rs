//! Verifications: whose number was proved by a code, and whose wasn't; and the numbers whose codes are fixed for tests.

mod one;
mod test_numbers;

pub(super) use one::{cancel, check, show};
pub(super) use test_numbers::{
    list as list_test_numbers, remove as remove_test_number, set as set_test_number,
};

use super::owned::{ListPlace, Listed, Owner, address, ask};
use crate::api::Failed;
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use crate::words::{Badge, Tone};
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};

const HERE: &str = "/console/verifications";
const LIST: ListPlace = ListPlace { here: HERE, api: "/v1/verifications", state: Some("status") };
/// The states of verifications, in the order of a filter.
const STATES: [&str; 5] = ["pending", "approved", "expired", "max_attempts_reached", "canceled"];

/// A verification, as the API tells of it. Nobody is shown a code.
#[derive(Deserialize)]
struct Verification {
    id: String,
    to: String,
    purpose: Option<String>,
    status: String,
    digits: u64,
    sends: u64,
    sends_left: u64,
    next_send_at: Option<String>,
    checks_left: u64,
    message: Option<String>,
    test: bool,
    created_at: String,
    expires_at: String,
}

impl Verification {
    fn badge(&self, frame: &Frame) -> Badge {
        badge(&self.status, frame)
    }

    fn is_pending(&self) -> bool {
        self.status == "pending"
    }
}

/// The state of a verification in words.
fn badge(status: &str, frame: &Frame) -> Badge {
    let (tone, word) = match status {
        "pending" => (Tone::Active, frame.t("Waits for the code")),
        "approved" => (Tone::Good, frame.t("Verified")),
        "expired" => (Tone::Quiet, frame.t("Expired")),
        "max_attempts_reached" => (Tone::Doubt, frame.t("Too many wrong codes")),
        "canceled" => (Tone::Quiet, frame.t("Canceled")),
        other => (Tone::Quiet, other),
    };
    Badge::new(tone, word)
}

/// The tabs of these pages: label, address, and whether it is the one that is shown.
fn tabs<'f>(frame: &'f Frame, owner: &Owner, current: &str) -> [(&'f str, String, bool); 2] {
    let tabs = [(HERE, frame.t("Verifications")), (test_numbers::HERE, frame.t("Test numbers"))];
    tabs.map(|(path, label)| (label, owner.at(path, &[]), path == current))
}

#[derive(Template)]
#[template(path = "verifications.html")]
struct VerificationsPage {
    frame: Frame,
    owner: Owner,
    list: Listed<Verification>,
}

impl VerificationsPage {
    fn tabs(&self) -> [(&str, String, bool); 2] {
        tabs(&self.frame, &self.owner, HERE)
    }

    fn states(&self) -> [(&'static str, String); 5] {
        STATES.map(|state| (state, badge(state, &self.frame).word))
    }

    fn exported(&self) -> String {
        self.owner.at("/console/verification-export", &[])
    }
}

pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(page(&visitor, &form).await)
}

async fn page(visitor: &Visitor, form: &Form) -> Result<VerificationsPage, Failed> {
    let owner = Owner::of(visitor, form).await?;
    let list = Listed::of(visitor, &owner, form, &LIST).await?;
    Ok(VerificationsPage { frame: visitor.frame("verifications", "Verifications"), owner, list })
}

/// A verification that was started.
#[derive(Deserialize)]
struct Started {
    id: String,
    sent: bool,
}

/// Starts one, or sends the code of a pending one again.
pub(super) async fn start(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let fields = ["to", "purpose", "language", "name", "from"];
    let given = fields.into_iter().filter(|name| !form.get(name).is_empty());
    let request: Map<String, Value> = given.map(|name| (name.to_owned(), json!(form.get(name)))).collect();
    match ask(&visitor, account).post::<Started>("/v1/verifications", &request.into()).await {
        Ok(Started { id, sent }) => {
            let done = if sent { "code-sent" } else { "code-waits" };
            Redirect::to(&address(&format!("{HERE}/{id}"), account, &[("done", done)])).into_response()
        }
        Err(failed) => visitor.refused(failed, &address(HERE, account, &[])),
    }
}

/// All of them as a file.
pub(super) async fn export(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let account = Form::read(query.unwrap_or_default().as_bytes()).get("account").to_owned();
    match ask(&visitor, &account).file("/v1/verifications/csv", &[], "verifications.csv").await {
        Ok(file) => file,
        Err(failed) => visitor.refused(failed, &address(HERE, &account, &[])),
    }
}
