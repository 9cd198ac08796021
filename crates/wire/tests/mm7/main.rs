//! MM7 held to the specification's example, to what centres write otherwise, and to any octets.
#![expect(clippy::expect_used, clippy::unwrap_used, reason = "a panic is how a test fails")]

mod corpus;
mod golden;
mod lenient;
mod random;

/// What must hold for any octets; a fuzz target too.
#[path = "../../../../fuzz/targets/mm7.rs"]
mod target;
