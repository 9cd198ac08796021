//! The protocols as values: codecs and sessions, no sockets.

mod endpoint;
pub mod exchange;
pub mod hex;
pub mod smpp;
pub mod ucp;

pub use endpoint::Endpoint;
