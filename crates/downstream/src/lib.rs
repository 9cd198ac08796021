//! Ways into the gateway.
#![cfg_attr(
    not(test),
    expect(unused_imports, reason = "some are for descriptions alone, which tests put together")
)]

// The API is described in tests alone.
#[cfg(not(test))]
extern crate postrider_description as utoipa;

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
