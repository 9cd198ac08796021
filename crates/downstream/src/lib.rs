//! Ways into the gateway.
