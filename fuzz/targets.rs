//! Fuzz targets: each reads any octets as a stranger might send them, and panics when something that must hold doesn't.

pub(crate) mod answer;
pub(crate) mod application;
pub(crate) mod cimd2;
pub(crate) mod configuration;
pub(crate) mod message;
pub(crate) mod mm7;
pub(crate) mod modem;
pub(crate) mod number;
pub(crate) mod pdu;
pub(crate) mod resource;
pub(crate) mod session;
pub(crate) mod ucp;
