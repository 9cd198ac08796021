//! The protocols as values: codecs and sessions, no sockets.

pub mod broker;
pub mod cimd2;
pub mod dns;
mod endpoint;
pub mod exchange;
pub mod hex;
pub mod mm7;
pub mod modem;
pub mod smpp;
pub mod ucp;

pub use endpoint::Endpoint;
