//! Ways into the gateway.

mod clock;
pub mod rest;
#[expect(clippy::disallowed_methods, reason = "sessions still read the clock in many places")]
pub mod smpp;
#[cfg(test)]
mod testing;
pub mod webhook;
