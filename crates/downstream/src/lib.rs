//! Ways into the gateway.

pub mod resource;
pub mod rest;
pub mod smpp;
pub mod webhook;
