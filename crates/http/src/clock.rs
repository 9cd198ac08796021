//! The crate's clock for measuring spans; tokio's, so that tests can pause it.

use tokio::time::Instant;

/// The instant now.
#[expect(clippy::disallowed_methods, reason = "the one clock of this crate")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
