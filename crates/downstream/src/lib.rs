//! Ways into the gateway.

pub mod brokers;
mod cimd2;
mod clock;
pub mod connections;
mod error;
pub mod rest;
pub mod sessions;
pub mod smpp;
pub mod stamped;
#[cfg(test)]
mod testing;
mod ucp;
pub mod webhook;
