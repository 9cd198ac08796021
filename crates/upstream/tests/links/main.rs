//! Upstreams of every protocol to a simulated carrier, in virtual time: hours of it pass in no time.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a panic is how a test fails")]

#[path = "../../../link/tests/toy/desk.rs"]
#[expect(dead_code, reason = "the tests of the link crate use more of it")]
mod desk;
mod gateway;
mod http;
mod modem;
mod sessions;
mod stamped;
mod ussd;

// The desk is written with it.
use async_trait as _;
