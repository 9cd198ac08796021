//! The clocks of everything that is driven.

use std::future;
use std::time::{Instant, SystemTime};

/// The time now. It is the runtime's clock, so that a test may pause it and let timers pass without waiting.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one clock of whatever is driven")]
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// The world's time now: for dates that people read. No timer goes by it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one clock of whatever is driven")]
pub fn wall() -> SystemTime {
    SystemTime::now()
}

/// Sleeps until a time, or for ever.
pub async fn sleep_until(until: Option<Instant>) {
    match until {
        Some(until) => tokio::time::sleep_until(until.into()).await,
        None => future::pending().await,
    }
}
