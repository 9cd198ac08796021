//! Stories: the real program, a carrier, customers, and one behaviour a file.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

#[allow(dead_code, unused_imports, reason = "what stories don't use, judges do, or stories to come")]
mod harness;
mod straight_line;
