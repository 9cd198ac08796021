//! The program's clock, for commands: they wait for gateways, carriers and people in real time.

#![expect(clippy::disallowed_methods, reason = "the one clock of this crate")]

use jiff::{Timestamp, Zoned};
use std::time::Instant;

/// This moment, to measure from.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The date and time.
pub(crate) fn timestamp() -> Timestamp {
    Timestamp::now()
}

/// The date and time where this machine is.
pub(crate) fn local_time() -> Zoned {
    Zoned::now()
}
