//! Whether the store does what is asked of it.

use crate::clock::instant;
use postrider_core::contract::{Store, StoreError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often it is looked whether the store can be written.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often the log says that an outage goes on.
const TELL_EVERY: Duration = Duration::from_mins(1);

/// The store's health, as far as it is known. It is shown to whoever asks whether the gateway is ready.
#[derive(Default)]
pub(crate) struct StoreHealth {
    /// The outage, if the store failed when it was last asked.
    outage: Mutex<Option<Outage>>,
}

struct Outage {
    why: String,
    since: Instant,
    /// When the log told of it last.
    told: Instant,
    failures: u64,
}

impl StoreHealth {
    /// Takes note of what came of asking the store. The log has a line when an outage begins, one each minute, and one when
    /// it ends: each message that is turned away would say the same.
    pub(crate) fn set(&self, trouble: Option<&StoreError>) {
        let (now, mut known) = (instant(), self.known());
        match (&mut *known, trouble) {
            (None, Some(error)) => {
                tracing::error!(%error, "the store fails; until it is well again clients are told to try later");
                *known = Some(Outage { why: error.to_string(), since: now, told: now, failures: 1 });
            }
            (Some(outage), Some(error)) => outage.goes_on(error, now),
            (Some(Outage { since, failures, .. }), None) => {
                let seconds = now.duration_since(*since).as_secs();
                tracing::info!(seconds, failures, "the store is well again");
                *known = None;
            }
            (None, None) => {}
        }
    }

    /// Why the store failed when it was last asked, if it did.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.known().as_ref().map(|outage| outage.why.clone())
    }

    fn known(&self) -> MutexGuard<'_, Option<Outage>> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outage {
    fn goes_on(&mut self, error: &StoreError, now: Instant) {
        self.failures += 1;
        self.why = error.to_string();
        if now.duration_since(self.told) >= TELL_EVERY {
            self.told = now;
            let seconds = now.duration_since(self.since).as_secs();
            tracing::error!(%error, seconds, failures = self.failures, "the store still fails");
        }
    }
}

/// Looks every few seconds whether the store can be written, for as long as the gateway runs.
pub(crate) async fn watch(store: Arc<dyn Store>, health: Arc<StoreHealth>) {
    loop {
        sleep(LOOK_EVERY).await;
        match store.check().await {
            Err(error) => health.set(Some(&error)),
            Ok(true) => health.set(None),
            Ok(false) => {}
        }
    }
}

/// Has the log tell of a failure. An outage is only told of at level `debug`: [`StoreHealth`] tells of it for all.
pub(crate) fn tell(error: &StoreError, what: &str) {
    if matches!(error, StoreError::Unavailable(_)) {
        tracing::debug!(%error, "{what}");
    } else {
        tracing::warn!(%error, "{what}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_lasts_until_the_store_does_what_is_asked() {
        let health = StoreHealth::default();
        assert_eq!(health.trouble(), None);
        health.set(Some(&StoreError::Unavailable("full".into())));
        sleep(TELL_EVERY).await;
        health.set(Some(&StoreError::Unavailable("still full".into())));
        assert_eq!(health.trouble().as_deref(), Some("the store is unavailable: still full"));
        assert_eq!(health.known().as_ref().map(|outage| outage.failures), Some(2));
        health.set(None);
        assert_eq!(health.trouble(), None);
    }
}
