//! Pauses of an upstream: with a reason and an end, and lifted again; and its links bound anew.

use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use crate::when;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::SignedDuration;
use serde::Deserialize;
use serde_json::json;

/// A pause, as the API tells of it.
#[derive(Deserialize)]
pub(super) struct Pause {
    pub(super) name: String,
    pub(super) reason: String,
    pub(super) until: Option<String>,
    mode: String,
    upstreams: Vec<String>,
    origin: String,
}

#[derive(Deserialize)]
struct Pauses {
    pauses: Vec<Pause>,
}

impl Pause {
    /// What it does, for people.
    pub(super) fn what<'t>(&self, frame: &'t Frame) -> &'t str {
        if self.mode == "drain" { frame.t("Drains") } else { frame.t("Paused") }
    }

    /// Whether it can be lifted here.
    pub(super) fn is_liftable(&self) -> bool {
        self.origin != "file"
    }
}

/// The pauses that hold for an upstream now.
pub(super) async fn of(visitor: &Visitor, upstream: &str) -> Result<Vec<Pause>, Failed> {
    let Pauses { mut pauses } = visitor.ask.get("/v1/pauses", &[]).await?;
    let now = crate::clock::now();
    let is_over = |until: &str| when::read(until).is_some_and(|until| until <= now);
    pauses.retain(|pause| {
        // A pause that names no upstream holds for all that meets its other conditions.
        let names_it = pause.upstreams.iter().any(|name| name == upstream);
        names_it && !pause.until.as_deref().is_some_and(is_over)
    });
    Ok(pauses)
}

/// Pauses an upstream, or drains it.
pub(in crate::pages) async fn pause(visitor: Visitor, Path(name): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let back = format!("/console/upstreams/{name}");
    let done = async {
        let mode = if form.get("mode") == "drain" { "drain" } else { "hold" };
        let until = length(form.get("for")).map(|length| (crate::clock::now() + length).to_string());
        let document =
            json!({ "reason": form.needed("reason")?, "mode": mode, "until": until, "upstreams": [name] });
        let at = path(&["pauses", &format!("{mode}-{name}")]);
        visitor.ask.act(Method::PUT, &at, Some(&document)).await
    };
    shown(&visitor, done.await, "paused", &back)
}

/// Lifts a pause: what it held goes on.
pub(in crate::pages) async fn lift(
    visitor: Visitor,
    Path((name, pause)): Path<(String, String)>,
) -> Response {
    let done = visitor.ask.act(Method::DELETE, &path(&["pauses", &pause]), None).await;
    shown(&visitor, done, "lifted", &format!("/console/upstreams/{name}"))
}

/// Ends the links of an upstream once their answers are there, and binds anew.
pub(in crate::pages) async fn rebind(visitor: Visitor, Path(name): Path<String>) -> Response {
    let at = path(&["upstreams", &name]);
    let switch =
        async |enabled: bool| visitor.ask.act(Method::PATCH, &at, Some(&json!({ "enabled": enabled }))).await;
    let done = match switch(false).await {
        Ok(()) => switch(true).await,
        Err(failed) => Err(failed),
    };
    shown(&visitor, done, "rebound", &format!("/console/upstreams/{name}"))
}

/// How long a pause is; `None` until it is lifted.
fn length(words: &str) -> Option<SignedDuration> {
    match words {
        "15m" => Some(SignedDuration::from_mins(15)),
        "1h" => Some(SignedDuration::from_hours(1)),
        "4h" => Some(SignedDuration::from_hours(4)),
        "1d" => Some(SignedDuration::from_hours(24)),
        _ => None,
    }
}

fn shown(visitor: &Visitor, done: Result<(), Failed>, word: &str, back: &str) -> Response {
    match done {
        Ok(()) => Redirect::to(&format!("{back}?done={word}")).into_response(),
        Err(failed) => visitor.refused(failed, back),
    }
}
