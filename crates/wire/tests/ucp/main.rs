//! UCP held to the specification's examples, to what service centres send, and to a virtual clock.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is how a test fails")]

mod exchange;
mod golden;
mod random;
mod results;
mod services;

/// What must hold for any octets; a fuzz target too.
#[path = "../../../../fuzz/targets/ucp.rs"]
mod target;
