//! Ways out of the gateway: adapters that own the sockets to carriers. What a message is and when it is
//! tried again is decided in the core; here stands only how each protocol carries it.
#![expect(clippy::disallowed_methods, reason = "clocks are still read in many places of this crate")]

pub mod smpp;
