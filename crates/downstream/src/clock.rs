//! The crate's clock for measuring spans; tokio's, so that tests can pause it. The time of day comes from
//! [`postrider_core::contract::Live::now`].

use tokio::time::Instant;

/// The instant now.
pub(crate) fn now() -> Instant {
    Instant::now()
}
