//! Limits that are the same in every engine.

/// Messages that are given out at once at most.
pub(crate) const LEASE_MAX: usize = 10_000;
/// Accounts of one class that a lease looks at. Those behind them are for the next lease.
pub(crate) const VISITS_MAX: usize = 256;
/// Receipts without a message that are kept; the oldest make room for new ones.
pub(crate) const PARKED_MAX: u32 = 100_000;
/// Messages that are forgotten one by one at once at most, so that nobody waits long for them.
pub(crate) const PURGE_MAX: usize = 5000;
/// Lines of a list at most.
pub(crate) const LIST_MAX: usize = 1000;
/// Messages that a list looks through at most, newest first within its bounds of time and account. Who looks for something
/// older says so with the filter's `until` or `before`.
pub(crate) const SCAN_MAX: usize = 500_000;
/// Scheduled messages of one recipient that are found at once at most.
pub(crate) const SCHEDULED_MAX: usize = 1000;
/// Notes of a conversation that are shown; the last ones.
pub(crate) const NOTES_MAX: usize = 200;
/// Rows of rules' memory that may be forgotten and that each message for rules clears away, so that they never pile up.
pub(crate) const STATES_FORGOTTEN: usize = 4;
/// How long a client's idempotency key is remembered by the database's own clock, in milliseconds: 24 hours.
pub(crate) const ONCE_KEPT: u32 = 86_400_000;
/// Forgotten keys that each new key clears away, so that they never pile up.
pub(crate) const ONCE_CLEARED: usize = 4;
