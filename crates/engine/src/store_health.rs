//! Whether the store does what is asked of it.

use postrider_core::contract::StoreError;
use std::sync::{Mutex, PoisonError};

/// The store's health, as far as it is known. It is shown to whoever asks whether the gateway is ready.
#[derive(Default)]
pub(crate) struct StoreHealth {
    /// Why it failed when it was last asked, if it did.
    trouble: Mutex<Option<String>>,
}

impl StoreHealth {
    /// Takes note of what came of asking the store, and has the log say when that changes: each message that is turned away
    /// would say the same.
    pub(crate) fn set(&self, trouble: Option<&StoreError>) {
        let mut known = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*known, trouble) {
            (None, Some(error)) => {
                tracing::error!(%error, "the store fails; until it is well again clients are told to try later");
            }
            (Some(_), None) => tracing::info!("the store is well again"),
            _ => {}
        }
        *known = trouble.map(ToString::to_string);
    }

    /// Why the store failed when it was last asked, if it did.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
