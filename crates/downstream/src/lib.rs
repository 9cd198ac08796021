//! Ways into the gateway.
#![expect(clippy::disallowed_methods, reason = "clocks are still read in many places of this crate")]

mod clock;
pub mod resource;
pub mod rest;
pub mod smpp;
#[cfg(test)]
mod testing;
pub mod webhook;
