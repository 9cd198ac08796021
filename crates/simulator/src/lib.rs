//! The other side of a gateway: carriers with handsets that have bad manners, and clients that send in bulk.

pub mod carrier;
mod dice;
pub mod handset;
pub mod load;
mod pump;
mod schedule;
