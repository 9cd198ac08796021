//! The counters of one HTTP upstream; their names are those of every upstream.

use metrics::{Counter, Histogram, counter, histogram};
use std::time::Duration;

/// The counters of one upstream.
pub(crate) struct Meters {
    upstream: String,
    parts: Counter,
    round_trip: Histogram,
}

/// What an answer said of a message.
#[derive(Clone, Copy)]
pub(crate) enum Status {
    Accepted,
    Refused,
    None,
}

impl Status {
    const fn word(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::None => "none",
        }
    }
}

impl Meters {
    pub(crate) fn new(upstream: &str) -> Self {
        for status in [Status::Accepted, Status::Refused, Status::None] {
            answers(upstream, status).increment(0);
        }
        Self {
            parts: counter!("postrider_submitted_parts_total", "upstream" => upstream.to_owned()),
            round_trip: histogram!("postrider_submit_rtt_seconds", "upstream" => upstream.to_owned()),
            upstream: upstream.to_owned(),
        }
    }

    pub(crate) fn up(&self) {
        self.attempted("ok");
    }

    pub(crate) fn failed(&self) {
        self.attempted("failed");
    }

    /// Messages were handed in by one request, which was answered so long after.
    pub(crate) fn asked(&self, messages: u64, after: Duration) {
        self.parts.increment(messages);
        self.round_trip.record(after.as_secs_f64());
    }

    pub(crate) fn answered(&self, status: Status) {
        answers(&self.upstream, status).increment(1);
    }

    /// So many receipts or messages could not be read.
    pub(crate) fn unreadable(&self, count: usize) {
        if count > 0 {
            counter!("postrider_receipts_unreadable_total", "upstream" => self.upstream.clone())
                .increment(count as u64);
        }
    }

    fn attempted(&self, result: &'static str) {
        counter!("postrider_bind_attempts_total", "upstream" => self.upstream.clone(), "result" => result)
            .increment(1);
    }
}

fn answers(upstream: &str, status: Status) -> Counter {
    counter!("postrider_submit_resp_total", "upstream" => upstream.to_owned(), "status" => status.word())
}
