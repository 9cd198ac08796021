//! Settings of the SMPP server as a whole. A client's settings are in its account.

use crate::connections::Limits;
use postrider_core::account::Network;
use std::time::Duration;

/// The settings of the SMPP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The server's own name in bind responses, at most 15 characters.
    pub system_id: Box<str>,
    /// Connections open at once, bound or not.
    pub connections: Limits,
    /// Load balancers: connections from here begin with a PROXY protocol header that says who the client is.
    pub proxies: Vec<Network>,
    /// The longest PDU accepted, in octets.
    pub pdu_max: usize,
    /// From connection to bind, TLS included.
    pub session_init: Duration,
    /// Silence of a client after which it is asked whether it is there; zero never asks.
    pub enquire_link: Duration,
    /// From a request of ours to its answer.
    pub response: Duration,
    /// Silence after which a session is closed; zero never closes it.
    pub inactivity: Duration,
    /// How long sessions are given to end in order when the server stops.
    pub drain: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            system_id: "postrider".into(),
            connections: Limits::default(),
            proxies: Vec::new(),
            pdu_max: postrider_wire::smpp::frame::DEFAULT_MAX_PDU,
            session_init: Duration::from_secs(10),
            enquire_link: Duration::from_secs(30),
            response: Duration::from_secs(30),
            inactivity: Duration::ZERO,
            drain: Duration::from_secs(10),
        }
    }
}
