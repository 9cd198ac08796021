//! Ways out of the gateway: adapters that own the sockets to carriers. What a message is and when it is
//! tried again is decided in the core; adapters only carry it.

mod body;
pub mod cimd2;
mod examination;
pub mod http;
mod limits;
pub mod lookup;
mod meters;
pub mod mm7;
pub mod modem;
mod refusal;
pub mod smpp;
pub mod stamped;
#[cfg(test)]
mod testing;
pub mod ucp;
mod user_data;
pub mod ussd;

pub use limits::Limits;
pub use postrider_link::carrier::{NoUssd, Ussd};
pub use postrider_link::tls::{Identity, Tls, TlsError, Trust};
