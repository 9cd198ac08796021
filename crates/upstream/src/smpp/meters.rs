//! The counters of one upstream, looked up once a link and counted up once a batch.

use super::backoff::Failure;
use super::link::End;
use metrics::{Counter, Histogram, counter, histogram};
use postrider_wire::smpp::{DecodeError, Header, Reason, Status};
use std::time::Duration;

/// What came of asking about a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// It has come to its end.
    Final,
    /// It is still under way, or the carrier doesn't know.
    Underway,
    /// The carrier doesn't say.
    Refused,
    /// It doesn't even say that.
    Unanswered,
}

/// The counters of one upstream.
pub(super) struct Meters {
    upstream: String,
    parts: Counter,
    accepted: Counter,
    unanswered: Counter,
    round_trip: Histogram,
}

impl Meters {
    pub(super) fn new(upstream: &str) -> Self {
        let upstream = upstream.to_owned();
        let answers = |status: &'static str| counter!("postrider_submit_resp_total", "upstream" => upstream.clone(), "status" => status);
        Self {
            parts: counter!("postrider_submitted_parts_total", "upstream" => upstream.clone()),
            accepted: answers("ESME_ROK"),
            unanswered: answers("none"),
            round_trip: histogram!("postrider_submit_rtt_seconds", "upstream" => upstream.clone()),
            upstream,
        }
    }

    pub(super) fn bound(&self) {
        counter!("postrider_bind_attempts_total", "upstream" => self.upstream.clone(), "result" => "ok")
            .increment(1);
    }

    pub(super) fn written(&self, parts: u64) {
        if parts > 0 {
            self.parts.increment(parts);
        }
    }

    /// A part was answered, so long after it was written.
    pub(super) fn answered(&self, status: Status, after: Duration) {
        self.round_trip.record(after.as_secs_f64());
        if status.is_ok() {
            self.accepted.increment(1);
        } else {
            // A carrier's own codes share a label, so that none can make labels without end.
            let status = status.name().unwrap_or("own");
            counter!("postrider_submit_resp_total", "upstream" => self.upstream.clone(), "status" => status)
                .increment(1);
        }
    }

    pub(super) fn unanswered(&self) {
        self.unanswered.increment(1);
    }

    /// The carrier was asked about a part.
    pub(super) fn asked(&self, what_came: Asked) {
        let result = match what_came {
            Asked::Final => "final",
            Asked::Underway => "underway",
            Asked::Refused => "refused",
            Asked::Unanswered => "none",
        };
        counter!("postrider_queries_total", "upstream" => self.upstream.clone(), "result" => result)
            .increment(1);
    }

    pub(super) fn messages_refused(&self, count: usize) {
        if count > 0 {
            counter!("postrider_inbound_refused_total", "upstream" => self.upstream.clone())
                .increment(count as u64);
            tracing::warn!(upstream = %self.upstream, count, "messages from handsets were refused: there is no way in for them");
        }
    }

    pub(super) fn malformed(&self, header: &Header, error: &DecodeError) {
        counter!("postrider_pdu_decode_errors_total", "peer" => self.upstream.clone()).increment(1);
        tracing::warn!(upstream = %self.upstream, command = %header.command, %error, "the carrier sent what can't be read");
    }

    /// The session is over; says so in a way that decides when to try again.
    pub(super) fn ended(&self, reason: &Reason, bound: bool) -> End {
        if matches!(reason, Reason::Unframeable(_)) {
            counter!("postrider_pdu_decode_errors_total", "peer" => self.upstream.clone()).increment(1);
        }
        let failure = if bound { Failure::Ended } else { Failure::Unbound };
        let reason = match reason {
            Reason::SessionInit => String::from("the bind was not answered in time"),
            // Who isn't welcome from this address, or has come while the carrier isn't ready, may learn no more.
            Reason::Disconnected(words) if !bound => format!("before the bind was answered, {words}"),
            other => other.to_string(),
        };
        End { failure, reason, refused: None, paused: None }
    }
}
