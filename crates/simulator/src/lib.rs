//! The other side of a gateway: carriers with handsets, and clients, that have bad manners; and clients that send in bulk.
#![expect(clippy::disallowed_methods, reason = "clocks are still read in many places of this crate")]

pub mod carrier;
pub mod client;
mod dice;
pub mod handset;
pub mod load;
pub mod manner;
mod pump;
mod schedule;
pub mod twist;
