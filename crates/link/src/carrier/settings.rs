//! Settings of an upstream's links, for every protocol.

use crate::connect::Host;
use std::time::Duration;

/// The links of one upstream.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The upstream's name, for logs and metrics.
    pub name: Box<str>,
    /// The links that are kept; a place in this list is a link's index.
    pub lines: Vec<Line>,
    /// Whether the carrier is asked about parts whose receipts don't come.
    pub asks: bool,
    /// Whether the carrier is asked for signs of life when it is silent.
    pub probes: bool,
    /// The most parts a second over one link; `None` is no limit.
    pub rate: Option<f64>,
    /// How long everything may take.
    pub timers: Timers,
}

/// One link.
#[derive(Clone, Debug)]
pub struct Line {
    /// The bind that it belongs to, counted from 0: what one node keeps at a time.
    pub bind: usize,
    /// Whether messages are sent over it; if not, only receipts come.
    pub sends: bool,
    /// The kind of link, for the log.
    pub kind: &'static str,
    /// Where the carrier listens; tried in order, each with every address its name has.
    pub hosts: Vec<Host>,
}

/// How long everything may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// To answer outstanding messages when the upstream is stopped.
    pub drain: Duration,
    /// The longest pause between attempts to connect; the first is a second, and each doubles.
    pub reconnect_max: Duration,
    /// Until the next attempt after the carrier refused the login. Carriers lock accounts whose login is tried again
    /// at once, and a login that is never tried again outlasts the carrier's maintenance.
    pub login_retry: Duration,
    /// How long the carrier keeps a dead session.
    pub session_timeout: Duration,
    /// How long nothing is sent after an answer that says so.
    pub pause: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            drain: Duration::from_secs(10),
            reconnect_max: Duration::from_mins(1),
            login_retry: Duration::from_mins(5),
            session_timeout: Duration::from_mins(2),
            pause: Duration::from_mins(1),
        }
    }
}
