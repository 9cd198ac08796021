//! An open stream: events as they happen, and heartbeats while nothing does.

use super::open::Place;
use super::view::view;
use crate::clock;
use crate::rest::Rest;
use axum::body::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use postrider_core::contract::{Events, EventsWanted};
use postrider_core::principal::{Principal, Viewer};
use postrider_core::rules::Rules;
use postrider_core::stream::EventPosition;
use std::convert::Infallible;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The silence after which a heartbeat is written.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The least time between two looks at the store. What happens meanwhile is read at once.
const PAUSE: Duration = Duration::from_millis(50);
/// The longest life of a stream. A client that comes again shows its key again.
const LIFE: Duration = Duration::from_hours(1);
/// The pause, in milliseconds, that clients make before they come again.
const RETRY_MS: u32 = 2_000;

/// A client that follows the stream.
pub(super) struct Follower {
    rest: Arc<Rest>,
    caller: Principal,
    wanted: EventsWanted,
    /// Events that were read and not written yet.
    read: Option<Events>,
    until: Instant,
    /// Whether the client was told that it has everything that had happened.
    is_up_to_date: bool,
    _place: Place,
}

impl Follower {
    /// A client to whom the `first` events are written at once.
    pub(super) fn new(
        rest: Arc<Rest>,
        caller: Principal,
        wanted: EventsWanted,
        place: Place,
        first: Events,
    ) -> Self {
        let until = clock::now() + LIFE;
        Self { rest, caller, wanted, read: Some(first), until, is_up_to_date: false, _place: place }
    }

    /// The octets of the stream.
    pub(super) fn events(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        unfold(self, async |mut follower| {
            let octets = follower.next().await?;
            Some((Ok(octets.into()), follower))
        })
    }

    /// The next octets; `None` at the end.
    async fn next(&mut self) -> Option<Vec<u8>> {
        let mut octets = Vec::new();
        let found = match self.read.take() {
            Some(first) => {
                let _ = write!(octets, "retry: {RETRY_MS}\n\n");
                first
            }
            None => self.read().await?,
        };
        let rules = self.rest.live.rules();
        if !self.may_follow(&rules) {
            return None;
        }
        self.wanted.after = Some(found.next);
        if found.events.is_empty() {
            heartbeat(&mut octets, found.next);
        }
        for (position, event) in &found.events {
            let (kind, data) = view(event, &rules, self.caller.viewer());
            add(&mut octets, *position, kind, &data);
        }
        if !found.more && !self.is_up_to_date {
            self.is_up_to_date = true;
            octets.extend_from_slice(b": up to date\n\n");
        }
        Some(octets)
    }

    /// Waits for events, at most until a heartbeat is due; `None` if the stream ends.
    async fn read(&mut self) -> Option<Events> {
        sleep(PAUSE).await;
        let left = self.until.saturating_duration_since(clock::now());
        if left.is_zero() {
            return None;
        }
        match self.rest.archive.events(self.wanted.clone(), HEARTBEAT.min(left)).await {
            Ok(found) if !found.forgotten => Some(found),
            // The client comes again, and is told why nothing can be read.
            Ok(_) => None,
            Err(error) => {
                tracing::debug!(%error, "a stream of events was ended");
                None
            }
        }
    }

    /// Whether the account still exists and is enabled.
    fn may_follow(&self, rules: &Rules) -> bool {
        match self.caller.viewer() {
            Viewer::Everything => true,
            Viewer::Account(account) => rules.account(account).is_some_and(|account| account.enabled),
        }
    }
}

/// Adds a line that says nothing but how far the stream has come: a client goes on there, though it has had no event.
fn heartbeat(octets: &mut Vec<u8>, next: EventPosition) {
    let _ = write!(octets, ": heartbeat\nid: {next}\n\n");
}

/// Adds an event.
fn add(octets: &mut Vec<u8>, position: EventPosition, kind: &str, data: &[u8]) {
    let _ = write!(octets, "id: {position}\nevent: {kind}\ndata: ");
    octets.extend_from_slice(data);
    octets.extend_from_slice(b"\n\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_three_lines_and_a_heartbeat_moves_the_place() {
        let mut octets = Vec::new();
        add(&mut octets, EventPosition { page: 7, events: 2 }, "message.received", b"{}");
        heartbeat(&mut octets, EventPosition { page: 8, events: 0 });
        let expected = "id: 7-2\nevent: message.received\ndata: {}\n\n: heartbeat\nid: 8-0\n\n";
        assert_eq!(String::from_utf8(octets).unwrap(), expected);
    }
}
