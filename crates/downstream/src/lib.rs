//! Ways into the gateway.
#![expect(clippy::disallowed_methods, reason = "clocks are still read in many places of this crate")]

pub mod resource;
pub mod rest;
pub mod smpp;
pub mod webhook;
