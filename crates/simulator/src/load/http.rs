//! Clients that submit over the HTTP API, one request at a time on each of their connections, and a receiver of webhooks. The HTTP spoken is the
//! little that the gateway answers with; it is no client for anything else.

mod client;
mod exchange;
mod framing;
mod receiver;

use super::Pace;
pub(super) use client::Client;
pub(super) use receiver::receive;
use std::net::SocketAddr;

/// A load over HTTP.
#[derive(Clone, Debug)]
pub struct HttpPlan {
    /// Whom to connect to.
    pub address: SocketAddr,
    /// The API key.
    pub key: String,
    /// How many connections, each with one request at a time.
    pub connections: usize,
    /// Messages in a request, 1 to 1,000; more than one are sent as a list.
    pub batch: usize,
    /// How fast and how long.
    pub pace: Pace,
    /// The number that the first message goes to; each further one goes to the next.
    pub first_number: u64,
    /// The sender's name.
    pub sender: String,
    /// Where the webhooks of these messages are received; none are asked for otherwise.
    pub webhooks: Option<SocketAddr>,
    /// When they are to be sent (RFC 3339); at once otherwise.
    pub send_at: Option<String>,
}
