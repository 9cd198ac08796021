//! The crate's clock for spans of time. Moments come from [`postrider_core::contract::Live::now`].

use std::time::Instant;

/// The instant now.
pub(crate) fn now() -> Instant {
    Instant::now()
}
