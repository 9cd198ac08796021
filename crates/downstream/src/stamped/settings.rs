//! Settings of a door as a whole. A client's settings are in its account.

use crate::connections::Limits;
use postrider_core::account::Network;
use postrider_wire::exchange;
use std::time::Duration;

/// The settings of a UCP or CIMD2 server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Connections open at once, logged in or not.
    pub connections: Limits,
    /// Load balancers: connections from here begin with a PROXY protocol header that says who the client is.
    pub proxies: Vec<Network>,
    /// From connection to login, TLS included.
    pub login: Duration,
    /// Silence of a client after which it is asked for a sign of life; zero never asks.
    pub keepalive: Duration,
    /// From a request of ours to its answer.
    pub response: Duration,
    /// Silence after which a session is closed; zero never closes it.
    pub inactivity: Duration,
    /// How long sessions are given to end in order when the server stops.
    pub drain: Duration,
    /// The offset of the clock in time stamps from UTC, in minutes.
    pub utc_offset: i16,
    /// Whether frames of CIMD2 are written with a checksum.
    pub checksum: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections: Limits::default(),
            proxies: Vec::new(),
            login: Duration::from_secs(30),
            keepalive: Duration::ZERO,
            response: Duration::from_secs(30),
            inactivity: Duration::from_secs(600),
            drain: Duration::from_secs(10),
            utc_offset: 0,
            checksum: true,
        }
    }
}

/// The most requests of ours that one client may leave unanswered: no protocol has more numbers.
pub(super) const WINDOW_MAX: usize = 100;

impl Settings {
    /// The settings of one session.
    pub(crate) fn session(&self) -> exchange::Settings {
        let unless_zero = |span: Duration| (!span.is_zero()).then_some(span);
        exchange::Settings {
            window: WINDOW_MAX,
            login: self.login,
            response: self.response,
            keepalive: unless_zero(self.keepalive),
            inactivity: unless_zero(self.inactivity),
            ..exchange::Settings::default()
        }
    }
}
