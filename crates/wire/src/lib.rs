//! The protocols as values: codecs and sessions, no sockets.

mod endpoint;
pub mod smpp;

pub use endpoint::Endpoint;
