//! SMPP held to the specification, to what carriers send, to another implementation, and to a virtual clock.
#![expect(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a panic is how a test fails")]

mod differential;
mod exchange;
mod golden;
mod lenient;
mod random;
mod receipts;
mod roundtrip;
mod timers;
mod unbind;
mod wired;

/// What must hold for any octets; a fuzz target too.
#[expect(dead_code, reason = "streams of PDUs are the fuzz target's")]
#[path = "../../../../fuzz/targets/pdu.rs"]
mod pdu_target;
