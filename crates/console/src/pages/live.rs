//! Live: are we sending, and is anything broken?

mod traffic;

use super::written;
use crate::api::Failed;
use crate::frame::Frame;
use crate::visitor::Visitor;
use crate::words::Tone;
use crate::{Console, clock};
use askama::Template;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use jiff::{SignedDuration, Timestamp};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use traffic::Traffic;

/// How often what changes is looked at.
const EVERY: Duration = Duration::from_secs(2);
/// The longest life of a stream. The browser comes again by itself, and shows its session again.
const LIFE: SignedDuration = SignedDuration::from_hours(1);

/// The whole page.
#[derive(Template)]
#[template(path = "live.html")]
pub(super) struct LivePage {
    frame: Frame,
    /// The part of it that changes.
    part: String,
}

/// The part of the page that changes.
#[derive(Template)]
#[template(path = "live_part.html")]
struct LivePart {
    frame: Frame,
    traffic: Traffic,
}

pub(super) async fn page(visitor: Visitor) -> Response {
    let part = part(&visitor).await;
    visitor.show(part.map(|part| LivePage { frame: visitor.frame("live", "Live"), part }))
}

async fn part(visitor: &Visitor) -> Result<String, Failed> {
    let traffic = visitor.ask.get("/v1/traffic", &[]).await?;
    Ok(written(&LivePart { frame: visitor.frame("live", "Live"), traffic }))
}

/// What changes, as it changes: server-sent events with the part of the page.
pub(super) async fn stream(State(console): State<Arc<Console>>, visitor: Visitor) -> Response {
    let follower = Follower {
        visitor,
        closed: console.closed.subscribe(),
        until: clock::now() + LIFE,
        has_begun: false,
    };
    let events = unfold(follower, async |mut follower| {
        let octets = follower.next().await?;
        Some((Ok::<_, Infallible>(octets), follower))
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
}

/// A page that follows.
struct Follower {
    visitor: Visitor,
    closed: watch::Receiver<bool>,
    until: Timestamp,
    has_begun: bool,
}

impl Follower {
    /// The next part of the page; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        if std::mem::replace(&mut self.has_begun, true) {
            tokio::select! {
                _ = self.closed.wait_for(|closed| *closed) => return None,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
        if *self.closed.borrow() || clock::now() >= self.until {
            return None;
        }
        // Whoever may not look any more, or meets a fault, comes again and is told by the page itself.
        part(&self.visitor).await.ok().map(|part| event(&part).into())
    }
}

/// A part of a page as an event.
fn event(part: &str) -> String {
    let mut event = String::with_capacity(part.len() + part.len() / 16);
    event.push_str("event: part\n");
    for line in part.lines().filter(|line| !line.trim().is_empty()) {
        event.push_str("data: ");
        event.push_str(line);
        event.push('\n');
    }
    event.push('\n');
    event
}

impl LivePart {
    fn status(&self) -> (Tone, &str) {
        status(&self.frame, &self.traffic)
    }
}

/// How it stands, in a word.
fn status<'f>(frame: &'f Frame, traffic: &Traffic) -> (Tone, &'f str) {
    if traffic.troubles.iter().any(traffic::Trouble::is_grave) {
        (Tone::Bad, frame.t("Something is broken"))
    } else if !traffic.troubles.is_empty() {
        (Tone::Doubt, frame.t("It works, and somebody should look"))
    } else if traffic.all.per_second.sent > 0.0 || traffic.all.per_second.accepted > 0.0 {
        (Tone::Good, frame.t("Sending"))
    } else {
        (Tone::Good, frame.t("Ready, and nothing to send"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_page_is_one_event() {
        assert_eq!(event("<p>\n\n  a\n</p>"), "event: part\ndata: <p>\ndata:   a\ndata: </p>\n\n");
    }
}
