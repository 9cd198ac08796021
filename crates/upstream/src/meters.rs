//! The counters of sessions of UCP and CIMD2.

use metrics::counter;
use std::fmt::Display;

/// The counters of one upstream.
pub(crate) struct Meters {
    upstream: String,
}

impl Meters {
    pub(crate) fn new(upstream: &str) -> Self {
        counter!("postrider_receipts_unreadable_total", "upstream" => upstream.to_owned()).increment(0);
        counter!("postrider_pdu_decode_errors_total", "peer" => upstream.to_owned()).increment(0);
        Self { upstream: upstream.to_owned() }
    }

    /// A receipt came that names no message.
    pub(crate) fn unreadable(&self) {
        counter!("postrider_receipts_unreadable_total", "upstream" => self.upstream.clone()).increment(1);
        tracing::warn!(upstream = %self.upstream, "a receipt came that names no message; it is acknowledged");
    }

    /// The carrier sent what can't be read.
    pub(crate) fn malformed(&self, error: &dyn Display) {
        counter!("postrider_pdu_decode_errors_total", "peer" => self.upstream.clone()).increment(1);
        tracing::warn!(upstream = %self.upstream, %error, "the carrier sent what can't be read");
    }
}
