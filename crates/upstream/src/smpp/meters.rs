//! The counters that only SMPP has.

use metrics::counter;
use postrider_wire::smpp::{DecodeError, Header};

/// The result of a question about a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueryResult {
    /// The part has come to its end.
    Final,
    /// It is still under way, or the carrier doesn't know.
    Underway,
    /// The carrier doesn't say.
    Refused,
    /// No answer came.
    Unanswered,
}

/// The counters of one upstream.
pub(super) struct Meters {
    upstream: String,
}

impl Meters {
    pub(super) fn new(upstream: &str) -> Self {
        Self { upstream: upstream.to_owned() }
    }

    /// The carrier was asked about a part.
    pub(super) fn query(&self, result: QueryResult) {
        let result = match result {
            QueryResult::Final => "final",
            QueryResult::Underway => "underway",
            QueryResult::Refused => "refused",
            QueryResult::Unanswered => "none",
        };
        counter!("postrider_queries_total", "upstream" => self.upstream.clone(), "result" => result)
            .increment(1);
    }

    pub(super) fn malformed(&self, header: &Header, error: &DecodeError) {
        counter!("postrider_pdu_decode_errors_total", "peer" => self.upstream.clone()).increment(1);
        tracing::warn!(upstream = %self.upstream, command = %header.command, %error, "the carrier sent what can't be read");
    }

    /// The carrier sent what can't be cut into PDUs.
    pub(super) fn unframeable(&self) {
        counter!("postrider_pdu_decode_errors_total", "peer" => self.upstream.clone()).increment(1);
    }
}
