//! The protocols as values: codecs and sessions, no sockets.

pub mod smpp;
