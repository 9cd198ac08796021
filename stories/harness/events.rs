//! A client of the stream of events (SSE), which reads as the standard says.

use super::{Http, within};
use reqwest::Response;
use serde_json::Value;

/// An open stream.
#[derive(Debug)]
pub(crate) struct Events {
    answer: Response,
    begun: Vec<u8>,
    /// The place behind the last block, as a client would send it in `Last-Event-ID`.
    pub(crate) last: String,
}

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) data: Value,
}

impl Events {
    /// Opens a stream, behind an event if there was one.
    pub(crate) async fn follow(http: &Http, query: &str, last: Option<&str>) -> Self {
        let headers: Vec<(&str, &str)> = last.map(|last| ("last-event-id", last)).into_iter().collect();
        let answer = within("a stream of events", http.open(&format!("/v1/events{query}"), &headers)).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, begun: Vec::new(), last: last.unwrap_or_default().to_owned() }
    }

    /// The same, when it has told that nothing more has happened so far; and what it told before.
    pub(crate) async fn up_to_date(http: &Http, query: &str, last: Option<&str>) -> (Self, Vec<Event>) {
        let mut events = Self::follow(http, query, last).await;
        let mut told = Vec::new();
        loop {
            let block = within("the stream to be up to date", events.block()).await.unwrap();
            told.extend(events.event(&block));
            if block.contains(": up to date") {
                return (events, told);
            }
        }
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Event {
        loop {
            let block = within("an event", self.block()).await.expect("the stream goes on");
            if let Some(event) = self.event(&block) {
                return event;
            }
        }
    }

    /// Waits until the gateway ends it; returns what it told before.
    pub(crate) async fn ended(mut self) -> Vec<Event> {
        let mut told = Vec::new();
        while let Some(block) = within("the end of the stream", self.block()).await {
            told.extend(self.event(&block));
        }
        told
    }

    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.begun.windows(2).position(|octets| octets == b"\n\n") {
                let block = self.begun.drain(..end + 2).collect();
                return Some(String::from_utf8(block).unwrap());
            }
            // A stream whose gateway was killed ends, too.
            let chunk = self.answer.chunk().await.ok().flatten()?;
            self.begun.extend_from_slice(&chunk);
        }
    }

    fn event(&mut self, block: &str) -> Option<Event> {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        if let Some(id) = field("id") {
            id.clone_into(&mut self.last);
        }
        let data = serde_json::from_str(field("data")?).unwrap();
        Some(Event { id: self.last.clone(), kind: field("event").unwrap().to_owned(), data })
    }
}
