//! CIMD2 held to the specification's examples, and to a virtual clock.
#![expect(clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod exchange;
mod golden;
mod random;

/// What must hold for any octets; a fuzz target too.
#[path = "../../../../fuzz/targets/cimd2.rs"]
mod target;
