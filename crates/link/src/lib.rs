//! Conversations on a wire, whatever the protocol. Two layers:
//!
//! - [`drive()`] moves octets between a socket and a session, and waits for octets, a time or news. Clients, servers,
//!   the doctor and the simulator are [`Driven`] by it.
//! - [`carrier`] keeps the links of an upstream on top of it: leases of binds, reconnects, window, pauses, doubt, drain,
//!   late answers, receipts. A protocol joins as a [`carrier::Conversation`].
//!
//! Both use [`connect`] (names, addresses, source address), [`tls`], [`serial`] lines ([`telnet`] for those behind a converter), [`doctor`] (the same, examined) and the clock
//! ([`now`]).

pub mod carrier;
mod clock;
pub mod connect;
pub mod doctor;
mod drain;
mod drive;
mod pump;
pub mod serial;
pub mod telnet;
pub mod tls;

pub use clock::{now, sleep_until, wall};
pub use drain::Drain;
pub use drive::{Driven, Sources, Turn, drive};
pub use pump::Pump;
