//! Ways into the gateway.

pub mod audit;
mod clock;
pub mod connections;
mod error;
pub mod rest;
pub mod smpp;
#[cfg(test)]
mod testing;
pub mod webhook;
mod wrong_logins;
