//! Ways into the gateway.

pub mod resource;
