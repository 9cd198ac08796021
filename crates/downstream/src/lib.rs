//! Ways into the gateway.

mod clock;
pub mod resource;
pub mod rest;
pub mod smpp;
pub mod webhook;
