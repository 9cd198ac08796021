//! One message from a handset: what it says, who was told, and its text whole, for a reason.

use super::received::Received;
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::Visitor;
use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// A message, and how telling its account of it went.
#[derive(Deserialize)]
struct History {
    id: String,
    #[serde(flatten)]
    message: Received,
    data: Option<String>,
    subject: Option<String>,
    encoding: String,
    parts: u64,
    #[serde(default)]
    missing_parts: u64,
    #[serde(default)]
    tags: Vec<String>,
    carrier_reference: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
    #[serde(default)]
    redacted: bool,
    attempts: Vec<Attempt>,
}

#[derive(Deserialize)]
struct Attempt {
    at: String,
    result: String,
}

#[derive(Template)]
#[template(path = "received_one.html")]
struct ReceivedOnePage {
    frame: Frame,
    history: History,
}

impl ReceivedOnePage {
    /// Whether something is masked that whoever looks may have shown, each time with a reason.
    fn may_unmask(&self) -> bool {
        let History { message, data, redacted, .. } = &self.history;
        let has_text = message.text.is_some() || data.is_some();
        let is_hidden = !has_text && !redacted && message.account.is_some();
        let is_masked = message.from.contains('*') || message.to.contains('*');
        (is_masked || is_hidden) && self.frame.is_user() && self.frame.may("unmask")
    }

    /// The same question to the API.
    fn curl(&self) -> String {
        let id = &self.history.id;
        format!("curl -H \"Authorization: Bearer $POSTRIDER_KEY\" \"$POSTRIDER_URL/v1/inbound/{id}\"")
    }
}

pub(in crate::pages) async fn one(visitor: Visitor, Path(id): Path<String>) -> Response {
    let history = visitor.ask.get(&path(&["inbound", &id]), &[]).await;
    shown(&visitor, history)
}

/// Shows it whole, for a reason that the audit log keeps.
pub(in crate::pages) async fn unmask(visitor: Visitor, Path(id): Path<String>, body: Bytes) -> Response {
    let reason = json!({ "reason": Form::read(&body).get("reason") });
    match visitor.ask.post(&path(&["inbound", &id, "unmask"]), &reason).await {
        Ok(history) => shown(&visitor, Ok(history)),
        Err(failed) => visitor.refused(failed, &format!("/console/received/{id}")),
    }
}

fn shown(visitor: &Visitor, history: Result<History, Failed>) -> Response {
    let frame = visitor.frame("inbox", title("From a handset"));
    visitor.show(history.map(|history| ReceivedOnePage { frame, history }))
}
