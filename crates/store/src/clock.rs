//! The clocks of this machine: the only place of the crate that reads them.
#![expect(clippy::disallowed_methods, reason = "this is that place")]

use postrider_core::time::Time;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A moment to measure spans from.
pub(crate) fn moment() -> Instant {
    Instant::now()
}

/// The time now.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
