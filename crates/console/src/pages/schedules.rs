//! Schedules: messages that are sent again and again.

use super::owned::{ListPlace, Listed, Owner, ask, leads};
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::{Visitor, render};
use crate::words::{Badge, Tone};
use askama::Template;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::Method;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

const HERE: &str = "/console/schedules";
const LIST: ListPlace = ListPlace { here: HERE, api: "/v1/schedules", state: None };

/// A schedule, as the API tells of it.
#[derive(Deserialize)]
struct Schedule {
    id: String,
    state: String,
    to: Vec<String>,
    from: Option<String>,
    text: String,
    cron: String,
    zone: String,
    next_at: Option<String>,
    ends_at: Option<String>,
    sent: u64,
    missed: u64,
    last: Option<Occurrence>,
}

/// What was sent last.
#[derive(Deserialize)]
struct Occurrence {
    at: String,
    messages: Vec<String>,
    #[serde(default)]
    refused: Vec<Refusal>,
}

#[derive(Deserialize)]
struct Refusal {
    to: String,
    code: String,
}

impl Schedule {
    fn badge(&self, frame: &Frame) -> Badge {
        let (tone, word) = match self.state.as_str() {
            "active" => (Tone::Good, frame.t("Active")),
            "paused" => (Tone::Doubt, frame.t("Paused")),
            "ended" => (Tone::Quiet, frame.t("Ended")),
            "canceled" => (Tone::Quiet, frame.t("Canceled")),
            other => (Tone::Quiet, other),
        };
        Badge::new(tone, word)
    }

    fn is(&self, state: &str) -> bool {
        self.state == state
    }
}

#[derive(Template)]
#[template(path = "schedules.html")]
struct SchedulesPage {
    frame: Frame,
    owner: Owner,
    list: Listed<Schedule>,
    draft: Form,
    failed: Option<Failed>,
}

/// The tabs of pages for writing: label, address, and whether it is the one that is shown.
pub(super) fn tabs<'f>(frame: &'f Frame, current: &str) -> [(&'f str, &'static str, bool); 2] {
    [("/console/compose", frame.t("One message")), (HERE, frame.t("Schedules"))]
        .map(|(path, label)| (label, path, path == current))
}

impl SchedulesPage {
    fn tabs(&self) -> [(&str, &'static str, bool); 2] {
        tabs(&self.frame, HERE)
    }

    /// The time zone of a new one: what the form has, or that of whoever looks.
    fn zone(&self) -> &str {
        Some(self.draft.get("zone")).filter(|zone| !zone.is_empty()).unwrap_or_else(|| self.frame.zone())
    }
}

pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(page(&visitor, &form, Form::default(), None).await)
}

async fn page(
    visitor: &Visitor,
    form: &Form,
    draft: Form,
    failed: Option<Failed>,
) -> Result<SchedulesPage, Failed> {
    let owner = Owner::of(visitor, form).await?;
    let list = Listed::of(visitor, &owner, form, &LIST).await?;
    Ok(SchedulesPage { frame: visitor.frame("compose", title("Schedules")), owner, list, draft, failed })
}

/// What a form asks for.
fn request(visitor: &Visitor, form: &Form) -> Result<Value, Failed> {
    let to = form.get("to").split(['\n', ',', ';']).map(str::trim).filter(|number| !number.is_empty());
    let mut request =
        json!({ "to": to.collect::<Vec<_>>(), "text": form.whole("text"), "cron": form.get("cron") });
    for name in ["from", "zone"].into_iter().filter(|name| !form.get(name).is_empty()) {
        request[name] = form.get(name).into();
    }
    if !form.get("ends_at").is_empty() {
        request["ends_at"] = visitor.moment("ends_at", form.get("ends_at"))?.into();
    }
    Ok(request)
}

/// Makes one. What is wrong is shown above the form, which keeps what was written.
pub(super) async fn make(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account").to_owned();
    let made = async {
        let request = request(&visitor, &form)?;
        ask(&visitor, &account).act(Method::POST, "/v1/schedules", Some(&request)).await
    };
    let failed = match made.await {
        Ok(()) => return leads(&visitor, Ok("made"), HERE, &account),
        Err(failed) => failed,
    };
    let status = failed.status;
    match page(&visitor, &form, form.clone(), Some(failed)).await {
        Ok(page) => (status, render(&page)).into_response(),
        Err(failed) => visitor.refused(failed, HERE),
    }
}

/// Pauses, resumes or cancels one.
pub(super) async fn act(
    visitor: Visitor,
    Path((id, action)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let ask = ask(&visitor, account);
    let done = match action.as_str() {
        "pause" | "resume" => ask.act(Method::POST, &path(&["schedules", &id, &action]), None).await,
        "cancel" => ask.act(Method::DELETE, &path(&["schedules", &id]), None).await,
        _ => Err(Failed::not_found()),
    };
    let word = match action.as_str() {
        "pause" => "paused",
        "resume" => "resumed",
        _ => "withdrawn",
    };
    leads(&visitor, done.map(|()| word), HERE, account)
}
