//! Modems held to the specification's rules, to octets that other software decoded, and to a virtual clock.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod exchange;
mod golden;
mod lines;
mod random;

/// What must hold for any octets; a fuzz target too.
#[path = "../../../../fuzz/targets/modem.rs"]
mod target;
