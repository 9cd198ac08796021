//! Ways into the gateway.

mod clock;
mod error;
pub mod rest;
pub mod smpp;
#[cfg(test)]
mod testing;
pub mod webhook;
