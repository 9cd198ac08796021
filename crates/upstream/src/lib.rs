//! Ways out of the gateway: adapters that own the sockets to carriers. What a message is and when it is
//! tried again is decided in the core; adapters only carry it.

pub mod smpp;
