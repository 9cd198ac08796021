//! Ways into the gateway.

mod clock;
pub mod connections;
mod error;
pub mod rest;
pub mod sessions;
pub mod smpp;
#[cfg(test)]
mod testing;
pub mod webhook;
