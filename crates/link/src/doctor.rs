//! The first half of an examination of a link to a carrier, for every protocol: names, addresses, TLS. The protocol's own
//! half begins at the reachable addresses. Findings are words for people and settings for the gateway.

mod certificate;
mod finding;
mod listener;
mod reach;

pub use certificate::fingerprint;
pub use finding::{Choice, Finding, Outcome, Question, Remedy, Step, Value};
pub use listener::Listener;
pub use reach::{Reachable, first_of, reach};

use std::time::{Duration, Instant};

/// A span as people say it: `12 ms`, `3.5 s`.
#[must_use]
pub fn spoken(span: Duration) -> String {
    match span.as_millis() {
        0 => "less than 1 ms".to_owned(),
        millis @ 1..1_000 => format!("{millis} ms"),
        _ => format!("{:.1} s", span.as_secs_f64()),
    }
}

/// How long ago it was, as people say it.
#[must_use]
pub fn spoken_since(began: Instant) -> String {
    spoken(crate::now().saturating_duration_since(began))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_said_as_people_say_them() {
        for (micros, said) in
            [(999, "less than 1 ms"), (1_000, "1 ms"), (999_999, "999 ms"), (3_540_000, "3.5 s")]
        {
            assert_eq!(spoken(Duration::from_micros(micros)), said);
        }
    }
}
