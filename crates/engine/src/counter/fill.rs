//! The lease of messages from the store, as room appears on the shelf.

use super::Counter;
use crate::clock::instant;
use crate::store_health::tell;
use postrider_core::contract::{Store, StoreError, Wanted};
use std::sync::Arc;
use std::time::Duration;

/// How often the store is asked for messages whose time has come: scheduled ones and retries.
const LEASE_EVERY: Duration = Duration::from_millis(500);
/// How long an upstream may be down before what is on its shelf goes back to the store, where its time can run out and
/// any node can find it.
const CLEAR_AFTER: Duration = Duration::from_secs(5);

impl Counter {
    /// Leases from the store for as long as the gateway runs.
    pub(crate) async fn keep_filled(self: Arc<Self>, store: Arc<dyn Store>) {
        loop {
            self.clear_if_shut(&*store).await;
            let leased = match self.begin_lease() {
                Some(wanted) => self.lease(&*store, wanted).await,
                None => Ok(false),
            };
            match leased {
                Ok(true) => {}
                Ok(false) => {
                    tokio::select! {
                        biased;
                        () = self.refill.notified() => {}
                        () = tokio::time::sleep(LEASE_EVERY) => {}
                    }
                }
                Err(StoreError::Superseded) => return,
                Err(error) => {
                    tell(&error, "can't lease messages; trying again");
                    // However often it is called meanwhile.
                    tokio::time::sleep(LEASE_EVERY).await;
                }
            }
        }
    }

    /// Leases once; tells whether there is more to lease at once.
    async fn lease(&self, store: &dyn Store, wanted: Wanted) -> Result<bool, StoreError> {
        let leased = store.lease(self.id, wanted.clone(), self.clock.now()).await?;
        let has_more = self.state().shelf.leased(&wanted, leased);
        self.bump();
        Ok(has_more)
    }

    /// The lease to ask for now. Nothing is leased while nobody could send it, so that a carrier that is away costs
    /// no memory.
    fn begin_lease(&self) -> Option<Wanted> {
        let mut state = self.state();
        if state.is_open(instant(), self.clock.now()) && self.is_up() && !self.is_used_up() {
            state.shelf.begin_lease()
        } else {
            None
        }
    }

    /// Returns what is on the shelf of an upstream that has been down for a while, or whose limits are used up.
    async fn clear_if_shut(&self, store: &dyn Store) {
        let is_shut = {
            let state = self.state();
            let since = state.links.down_since().map(|since| self.clock.now().since(since));
            let is_long_down = since.is_some_and(|since| since >= CLEAR_AFTER);
            state.shelf.len() > 0 && (is_long_down || self.is_used_up())
        };
        if !is_shut {
            return;
        }
        let cleared = self.clear();
        if cleared.is_empty() {
            return;
        }
        // Nobody else looks for what stays in this node's hands.
        while let Err(error) = store.release(cleared.clone()).await {
            if matches!(error, StoreError::Superseded) {
                return;
            }
            tell(&error, "can't return messages to the queue; trying again");
            tokio::time::sleep(LEASE_EVERY).await;
        }
    }
}
