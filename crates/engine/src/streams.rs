//! The stream of events, for doors that follow it.

use crate::clock::instant;
use crate::peers::Peers;
use postrider_core::contract::{Events, EventsWanted, Store, StoreError};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

/// How often it is looked for what other nodes recorded.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The pause until an event is looked for again before which another one may still come.
const SETTLING: Duration = Duration::from_millis(25);

/// Reads the stream of events, and waits for more.
pub(crate) struct Streams {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) peers: Arc<Peers>,
    recorded: Notify,
    is_over: AtomicBool,
}

impl Streams {
    /// The stream of this store.
    pub(crate) fn new(store: Arc<dyn Store>, peers: Arc<Peers>) -> Self {
        Self { store, peers, recorded: Notify::new(), is_over: AtomicBool::new(false) }
    }

    /// Wakes all who follow the stream: something was recorded. It costs next to nothing where nobody does.
    pub(crate) fn recorded(&self) {
        self.recorded.notify_waiters();
    }

    /// Ends all who follow the stream: the gateway is shutting down.
    pub(crate) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.recorded.notify_waiters();
    }

    /// Events; where there are none yet it waits for the next one, at most so long.
    pub(crate) async fn events(
        &self,
        mut wanted: EventsWanted,
        patience: Duration,
    ) -> Result<Events, StoreError> {
        let until = instant() + patience;
        loop {
            let mut recorded = pin!(self.recorded.notified());
            recorded.as_mut().enable();
            if self.is_over.load(Ordering::Relaxed) {
                return Err(StoreError::Unavailable("the gateway is shutting down".into()));
            }
            let found = self.store.events(wanted.clone()).await?;
            let left = until.saturating_duration_since(instant());
            let is_over = left.is_zero() || wanted.after.is_none();
            if is_over || !found.events.is_empty() || found.forgotten {
                return Ok(found);
            }
            let is_stuck = wanted.after == Some(found.next);
            wanted.after = Some(found.next);
            match found.more {
                true if is_stuck => sleep(SETTLING.min(left)).await,
                true => {}
                false => {
                    let alone = self.peers.count() <= 1;
                    let pause = if alone { left } else { left.min(LOOK_EVERY) };
                    // Either way it is looked again.
                    let _ = timeout(pause, recorded).await;
                }
            }
        }
    }
}
