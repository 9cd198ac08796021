//! One message: what became of it, when, and why.

use super::message::{Event, History};
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::pages::upstreams::{Pdu, recent_pdus};
use crate::visitor::Visitor;
use crate::words::{Badge, Tone};
use askama::Template;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::json;

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage {
    frame: Frame,
    history: History,
    /// Whether whoever looks may take it back.
    may_cancel: bool,
    /// Whether whoever looks may send one like it.
    may_send: bool,
    /// The last PDUs about its number at its upstream, the newest first; `None` for who may not see them.
    pdus: Option<Vec<Pdu>>,
}

impl MessagePage {
    /// Whether something is masked that whoever looks may have shown, each time with a reason.
    fn may_unmask(&self) -> bool {
        let message = &self.history.message;
        // What was removed can't be shown to anybody.
        let is_hidden = message.text.is_none() && message.media.is_empty() && !message.redacted;
        let is_masked = message.to.contains('*') || is_hidden;
        is_masked && self.frame.is_user() && self.frame.may("unmask")
    }

    /// The same question to the API.
    fn curl(&self) -> String {
        let id = &self.history.message.id;
        format!("curl -H \"Authorization: Bearer $POSTRIDER_KEY\" \"$POSTRIDER_URL/v1/messages/{id}\"")
    }

    /// An event in words, with its colour.
    fn badge(&self, event: &Event) -> Badge {
        let frame = &self.frame;
        let (tone, word) = match event.event.as_str() {
            "part_accepted" => (Tone::Quiet, frame.t("Part accepted")),
            "accepted" => (Tone::Quiet, frame.t("Accepted")),
            "routed" => (Tone::Quiet, frame.t("Given to an upstream")),
            "remark" => (Tone::Doubt, frame.t("Remark")),
            "waits" => (Tone::Doubt, frame.t("Waits")),
            "sent" => (Tone::Active, frame.t("Taken by the carrier")),
            "receipt" => {
                return Badge {
                    word: frame.t("Receipt").to_owned(),
                    ..frame.state(event.state.as_deref().unwrap_or("sent"))
                };
            }
            "notice" => (Tone::Quiet, frame.t("Notice to the application")),
            state => return frame.state(state),
        };
        Badge::new(tone, word)
    }

    /// How long after the event before this one came, if that is a second or more.
    fn gap(&self, place: &usize) -> Option<String> {
        let at = |place: usize| crate::when::read(&self.history.timeline.get(place)?.at);
        let seconds = at(*place)?.duration_since(at(place.checked_sub(1)?)?).as_secs();
        (seconds >= 1).then(|| format!("+{}", self.frame.length(seconds.unsigned_abs())))
    }
}

pub(in crate::pages) async fn one(visitor: Visitor, Path(id): Path<String>) -> Response {
    let history = visitor.ask.get(&path(&["messages", &id]), &[]).await;
    shown(&visitor, history).await
}

/// Shows a message whole, for a reason that the audit log keeps.
pub(in crate::pages) async fn unmask(visitor: Visitor, Path(id): Path<String>, body: Bytes) -> Response {
    let reason = json!({ "reason": Form::read(&body).get("reason") });
    match visitor.ask.post(&path(&["messages", &id, "unmask"]), &reason).await {
        Ok(history) => shown(&visitor, Ok(history)).await,
        Err(failed) => visitor.refused(failed, &format!("/console/messages/{id}")),
    }
}

async fn shown(visitor: &Visitor, history: Result<History, Failed>) -> Response {
    let who = &visitor.who;
    let (may_send, may_cancel) = (who.may("send_messages"), who.may("cancel_messages"));
    let pdus = match history
        .as_ref()
        .ok()
        .and_then(|history| history.message.upstream.as_deref().zip(Some(history)))
    {
        Some((upstream, history)) if who.may("trace") && !history.message.to.contains('*') => {
            // Of what has no sessions nothing is recorded: the page is shown without.
            recent_pdus(visitor, upstream, &history.message.to).await.ok()
        }
        _ => None,
    };
    let frame = visitor.frame("messages", "Message");
    visitor.show(history.map(|history| MessagePage { frame, history, may_cancel, may_send, pdus }))
}

/// Takes a message back.
pub(in crate::pages) async fn cancel(visitor: Visitor, Path(id): Path<String>) -> Response {
    match visitor.ask.act(Method::DELETE, &path(&["messages", &id]), None).await {
        Ok(()) => Redirect::to(&format!("/console/messages/{id}?done=canceled")).into_response(),
        Err(failed) => visitor.show(Err::<MessagePage, Failed>(failed)),
    }
}
