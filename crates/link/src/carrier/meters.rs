//! The counters of one upstream, looked up once a link and counted up once a batch.

use super::Failure;
use metrics::{Counter, Histogram, counter, histogram};
use std::time::Duration;

/// The counters of one upstream.
pub(super) struct Meters {
    upstream: String,
    parts: Counter,
    unanswered: Counter,
    round_trip: Histogram,
    /// Answers by their status, the most frequent mostly first.
    answers: Vec<(&'static str, Counter)>,
}

impl Meters {
    pub(super) fn new(upstream: &str) -> Self {
        let upstream = upstream.to_owned();
        for (name, result) in ENDS {
            counter!(name, "upstream" => upstream.clone(), "result" => result).increment(0);
        }
        Self {
            parts: counter!("postrider_submitted_parts_total", "upstream" => upstream.clone()),
            unanswered: answers(&upstream, "none"),
            round_trip: histogram!("postrider_submit_rtt_seconds", "upstream" => upstream.clone()),
            answers: Vec::new(),
            upstream,
        }
    }

    pub(super) fn up(&self) {
        counter!("postrider_bind_attempts_total", "upstream" => self.upstream.clone(), "result" => "ok")
            .increment(1);
    }

    pub(super) fn written(&self, parts: u64) {
        if parts > 0 {
            self.parts.increment(parts);
        }
    }

    /// A part was answered, so long after it was written.
    pub(super) fn answered(&mut self, status: &'static str, after: Duration) {
        self.round_trip.record(after.as_secs_f64());
        if let Some((_, counter)) = self.answers.iter().find(|(known, _)| *known == status) {
            counter.increment(1);
        } else {
            let counter = answers(&self.upstream, status);
            counter.increment(1);
            self.answers.push((status, counter));
        }
    }

    pub(super) fn unanswered(&self) {
        self.unanswered.increment(1);
    }
}

/// Ends and tries of links, which are shown before the first.
const ENDS: [(&str, &str); 4] = [
    ("postrider_bind_attempts_total", "ok"),
    ("postrider_bind_attempts_total", "failed"),
    ("postrider_bind_attempts_total", "refused"),
    ("postrider_disconnects_total", "ended"),
];

fn answers(upstream: &str, status: &'static str) -> Counter {
    counter!("postrider_submit_resp_total", "upstream" => upstream.to_owned(), "status" => status)
}

/// Counts the end of a link, or a failed try at one.
pub(super) fn failed(upstream: &str, failure: Failure) {
    let (name, result) = match failure {
        Failure::Ended | Failure::Evicted(_) => ("postrider_disconnects_total", "ended"),
        Failure::Unreachable | Failure::NotReady => ("postrider_bind_attempts_total", "failed"),
        Failure::Login | Failure::Occupied => ("postrider_bind_attempts_total", "refused"),
    };
    counter!(name, "upstream" => upstream.to_owned(), "result" => result).increment(1);
}
