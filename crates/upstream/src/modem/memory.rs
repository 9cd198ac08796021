//! What outlasts the sessions of one modem, while the gateway runs.

use super::names::Names;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What outlasts sessions.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) names: Names,
    /// Whether the SIM has refused the PIN. It isn't given again before the settings change.
    pub(super) pin_refused: bool,
}

/// The memory of one upstream.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Arc<Mutex<Memory>>);

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
