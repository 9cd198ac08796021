//! The one clock of everything that is driven.

use std::time::Instant;

/// The time now. It is the runtime's clock, so that a test may pause it and let timers pass without waiting.
#[must_use]
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
