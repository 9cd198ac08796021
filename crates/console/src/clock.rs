//! The crate's clock, for times that pages tell.

use jiff::Timestamp;

/// The time now.
#[expect(clippy::disallowed_methods, reason = "the one clock of this crate")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
