//! Clients that submit over SMPP: any number of transceiver binds, each with its window. They answer every receipt
//! and bind again when a connection is lost, for as long as the load is held.

mod client;

use super::Pace;
pub(super) use client::Client;
use std::net::SocketAddr;

/// A load over SMPP.
#[derive(Clone, Debug)]
pub struct SmppPlan {
    /// Whom to bind to, one bind after the other; at least one.
    pub addresses: Vec<SocketAddr>,
    /// The user name.
    pub system_id: String,
    /// The password.
    pub password: String,
    /// How many binds, all as transceiver.
    pub binds: usize,
    /// How many messages may be unanswered on each.
    pub window: usize,
    /// How fast and how long.
    pub pace: Pace,
    /// The number that the first message goes to; each further one goes to the next.
    pub first_number: u64,
    /// The sender's name.
    pub sender: String,
    /// Whether the load is told when messages reach their carrier (`Load::arrived`).
    pub hears_arrivals: bool,
}
