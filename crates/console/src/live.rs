//! Parts of pages that follow what happens: server-sent events with the part, whenever it is another one.

use crate::api::Failed;
use crate::visitor::Visitor;
use crate::{Console, clock};
use async_trait::async_trait;
use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::stream::unfold;
use jiff::{SignedDuration, Timestamp};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;

/// How often the part is looked at.
const EVERY: Duration = Duration::from_secs(2);
/// Looks without a change after which something is written all the same, so that a dead connection is found.
const SILENT_LOOKS: u32 = 7;
/// The longest life of a stream. The browser comes again by itself, and shows its session again.
const LIFE: SignedDuration = SignedDuration::from_hours(1);

/// A part of a page that follows what happens.
#[async_trait]
pub(crate) trait Part: Send + Sync + 'static {
    /// The part as it is now, for whoever looks.
    async fn now(&self, visitor: &Visitor) -> Result<String, Failed>;
}

/// A stream of a part.
pub(crate) fn stream(console: &Console, visitor: Visitor, part: impl Part) -> Response {
    let follower = Follower {
        visitor,
        part,
        closed: console.closed.subscribe(),
        until: clock::now() + LIFE,
        told: String::new(),
        silent: 0,
    };
    let events = unfold(follower, async |mut follower| {
        let octets = follower.next().await?;
        Some((Ok::<_, Infallible>(octets), follower))
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(events)).into_response()
}

/// A page that follows a part.
struct Follower<P> {
    visitor: Visitor,
    part: P,
    closed: watch::Receiver<bool>,
    until: Timestamp,
    /// The part as it was told last.
    told: String,
    silent: u32,
}

impl<P: Part> Follower<P> {
    /// The next octets; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if !self.told.is_empty() {
                tokio::select! {
                    _ = self.closed.wait_for(|closed| *closed) => return None,
                    () = tokio::time::sleep(EVERY) => {}
                }
            }
            if *self.closed.borrow() || clock::now() >= self.until {
                return None;
            }
            // Whoever may not look any more, or meets a fault, comes again and is told by the page itself.
            let now = self.part.now(&self.visitor).await.ok()?;
            self.silent += 1;
            if now != self.told {
                (self.told, self.silent) = (now, 0);
                return Some(event("part", &self.told).into());
            }
            if self.silent >= SILENT_LOOKS {
                self.silent = 0;
                return Some(Bytes::from_static(b":\n\n"));
            }
        }
    }
}

/// A part of a page as an event of a kind. A text that begins a line with `data:` is still text.
pub(crate) fn event(kind: &str, part: &str) -> String {
    let mut event = String::with_capacity(part.len() + part.len() / 16);
    event.push_str("event: ");
    event.push_str(kind);
    event.push('\n');
    for line in part.lines() {
        event.push_str("data: ");
        event.push_str(line);
        event.push('\n');
    }
    event.push('\n');
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_a_page_is_one_event() {
        assert_eq!(
            event("part", "<p>\n  a\n\n</p>"),
            "event: part\ndata: <p>\ndata:   a\ndata: \ndata: </p>\n\n"
        );
    }
}
