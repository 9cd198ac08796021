//! The witness: it sees all that happens, shows it to the checkers, and looks into the store past everything that fails.

use crate::check::{Checks, Fault};
use crate::clock::VirtualClock;
use crate::seen::{Event, Seen};
use postrider_core::contract::{History, Store};
use postrider_core::id::MessageId;
use postrider_core::principal::Viewer;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use postrider_engine::Clock;
use postrider_store::sqlite::Sqlite;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Sees and remembers a run.
pub(crate) struct Witness {
    clock: VirtualClock,
    /// The store as it is, not as a node reaches it.
    store: Arc<Sqlite>,
    state: Mutex<State>,
}

struct State {
    checks: Checks,
    events: Vec<Event>,
    fingerprint: DefaultHasher,
}

/// Parked receipts that are looked through.
const PARKED_MOST: usize = 100_000;

impl Witness {
    pub(crate) fn new(clock: VirtualClock, store: Arc<Sqlite>, checks: Checks) -> Self {
        let state = State { checks, events: Vec::new(), fingerprint: DefaultHasher::new() };
        Self { clock, store, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store's time.
    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// Takes note of what was seen at a node.
    pub(crate) fn saw(&self, node: u8, seen: Seen) {
        let at = self.clock.now();
        let mut state = self.state();
        let event = Event { number: state.events.len() as u64, at, node, seen };
        (at.0, node, event.seen.fingerprint()).hash(&mut state.fingerprint);
        state.checks.see(&event);
        state.events.push(event);
    }

    /// What is known of a message.
    pub(crate) async fn history(&self, message: MessageId) -> Option<History> {
        self.store.history(Viewer::Everything, message).await.unwrap()
    }

    /// Whether all of these are in the store.
    pub(crate) async fn are_stored(&self, messages: &[MessageId]) -> bool {
        for message in messages {
            if self.history(*message).await.is_none() {
                return false;
            }
        }
        true
    }

    /// Whether a receipt that says how a part ended is kept: by its message, or for it.
    pub(crate) async fn is_kept(
        &self,
        (sent_by, heard_by): (UpstreamId, UpstreamId),
        message: MessageId,
        part: u8,
        report: &Report,
    ) -> bool {
        let is_recorded = self.history(message).await.is_some_and(|history| {
            // A message that wasn't delivered may go on by the next upstream.
            let is_tried = history.message.tried.contains(&sent_by);
            is_tried || history.outcome.is_some() || history.parts.iter().any(|(known, _)| known.part == part)
        });
        let is_it = |parked: &postrider_core::contract::Parked| {
            parked.upstream == heard_by && parked.report.reference == report.reference
        };
        report.reported.state().is_none()
            || is_recorded
            || self.store.parked(PARKED_MOST).await.unwrap().iter().any(is_it)
    }

    /// What the checkers saw.
    pub(crate) fn faults(&self) -> Vec<Fault> {
        self.state().checks.faults.clone()
    }

    /// A number that equal runs have in common.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.state().fingerprint.finish()
    }

    /// How many observations fit.
    pub(crate) fn count(&self, fits: impl Fn(&Seen) -> bool) -> usize {
        self.state().events.iter().filter(|event| fits(&event.seen)).count()
    }

    /// All messages that were ever handed in.
    pub(crate) fn messages(&self) -> Vec<MessageId> {
        let state = self.state();
        let offered = state.events.iter().filter_map(|event| match &event.seen {
            Seen::Offered { messages, .. } => Some(messages.iter().map(|offered| offered.message.id)),
            _ => None,
        });
        offered.flatten().collect()
    }

    /// The story of a message, or of everything, a line an event.
    pub(crate) fn story(&self, message: Option<MessageId>) -> Vec<String> {
        let state = self.state();
        let mut batches = BTreeSet::new();
        let concerns = |event: &&Event| match (&event.seen, message) {
            (_, None) => true,
            (Seen::Accepted { batch, .. }, _) => batches.contains(batch),
            (seen, Some(message)) if seen.concerns(message) => {
                if let Seen::Offered { batch, .. } = seen {
                    batches.insert(*batch);
                }
                true
            }
            _ => false,
        };
        state.events.iter().filter(concerns).map(Event::to_string).collect()
    }
}
