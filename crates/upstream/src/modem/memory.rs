//! What outlasts the sessions of one modem, while the gateway runs.

use super::names::Names;
use super::ussd::Form;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// What outlasts sessions.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) names: Names,
    /// Whether the SIM has refused the PIN. It isn't given again before the settings change.
    pub(super) pin_refused: bool,
    /// How the modem wants what is dialled.
    pub(super) ussd_form: Form,
    /// When the balance is asked for again; `None` before the first time.
    pub(super) balance_due: Option<Instant>,
    /// Failures in a row to open the line or to make the modem ready, and the last one in words.
    pub(super) failures: u32,
    pub(super) failure: String,
    /// When the hook ran last.
    pub(super) hook_ran: Option<Instant>,
    /// Whether the balance was low when it was asked for last.
    pub(super) is_balance_low: bool,
}

/// The memory of one upstream.
#[derive(Clone, Debug, Default)]
pub(super) struct Shared(Arc<Mutex<Memory>>);

impl Shared {
    /// Takes note that the modem is of no use.
    pub(super) fn failed(&self, why: &str) {
        let mut memory = self.lock();
        memory.failures += 1;
        why.clone_into(&mut memory.failure);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
