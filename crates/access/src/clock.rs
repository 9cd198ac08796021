//! The crate's clock for measuring spans; tokio's, so that tests can pause it. The time of day comes from
//! [`postrider_core::contract::Live::now`].

use tokio::time::Instant;

/// The instant now.
#[expect(clippy::disallowed_methods, reason = "the one clock of this crate")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
