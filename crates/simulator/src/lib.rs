//! The other side of a gateway: carriers and HTTP providers with handsets, and clients, that have bad manners; and clients that send in bulk.

pub mod carrier;
pub mod client;
mod dice;
pub mod handset;
pub mod load;
pub mod manner;
pub mod mmsc;
pub mod provider;
mod schedule;
pub mod twist;
