//! The counters that only SMPP has.

use metrics::counter;
use postrider_wire::smpp::{DecodeError, Header, Status};

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
    /// Whether the log has a generic_nack of this session.
    pub(super) is_nack_told: bool,
}

/// Counters that count seldom, with the label that names the upstream. They are shown before they count.
const SELDOM: [(&str, &str); 3] = [
    ("postrider_receipts_unreadable_total", "upstream"),
    ("postrider_pdu_decode_errors_total", "peer"),
    ("postrider_generic_nacks_total", "peer"),
];

impl Meters {
    pub(super) fn new(upstream: &str) -> Self {
        for (name, label) in SELDOM {
            counter!(name, label => upstream.to_owned()).increment(0);
        }
        for result in ["final", "underway", "refused", "none"] {
            counter!("postrider_queries_total", "upstream" => upstream.to_owned(), "result" => result)
                .increment(0);
        }
        Self { upstream: upstream.to_owned(), is_nack_told: false }
    }

    /// A page of a USSD dialogue was answered, or not.
    pub(super) fn page_answered(&self, status: Status) {
        let result = if status.is_ok() { "accepted" } else { "refused" };
        counter!("postrider_ussd_pages_total", "upstream" => self.upstream.clone(), "result" => result)
            .increment(1);
        if !status.is_ok() {
            tracing::warn!(kind = "ussd", upstream = %self.upstream, %status, "the carrier refused a USSD page");
        }
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
        tracing::warn!(
            kind = "unreadable",
            upstream = %self.upstream,
            command = %header.command,
            %error,
            "the carrier sent what can't be read"
        );
    }

    /// The carrier sent a generic_nack that answers no request of ours. One with the number 0 is about a PDU of which the
    /// carrier couldn't read even the number (SMPP 3.4, 4.3.1).
    pub(super) fn nacked(&mut self, sequence: u32, status: Status) {
        counter!("postrider_generic_nacks_total", "peer" => self.upstream.clone()).increment(1);
        let upstream = &self.upstream;
        if std::mem::replace(&mut self.is_nack_told, true) {
            tracing::debug!(%upstream, sequence, %status, "another generic_nack that answers no request");
        } else {
            tracing::warn!(
                %upstream,
                sequence,
                %status,
                "the carrier sent a generic_nack that answers no request: it couldn't read a PDU of the gateway, or lost \
                 its place in the stream. The message of that PDU counts as unanswered. More are counted"
            );
        }
    }

    /// The carrier sent what can't be cut into PDUs.
    pub(super) fn unframeable(&self) {
        counter!("postrider_pdu_decode_errors_total", "peer" => self.upstream.clone()).increment(1);
    }
}
