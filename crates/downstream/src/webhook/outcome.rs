//! What came of a post, and what it means for the notice.

use postrider_core::retry;
use postrider_core::time::Time;
use std::fmt;
use std::time::Duration;

/// The longest wait that an endpoint may ask for.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// What came of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// The endpoint answered with this status.
    Status {
        status: u16,
        took: Duration,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// It did not, for this reason.
    Failed(Box<str>),
    /// There is no endpoint, and trying again won't make one.
    Nowhere(&'static str),
}

/// What an answer means for a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It was told.
    Done,
    /// It is told again.
    Again(Time),
    /// It is not told any more.
    GivenUp,
}

impl Verdict {
    /// Its place among the counters: success, failure, given up.
    pub(super) const fn kind(self) -> usize {
        match self {
            Self::Done => 0,
            Self::Again(_) => 1,
            Self::GivenUp => 2,
        }
    }
}

impl Answer {
    /// The account has no webhook any more.
    pub(super) const fn nowhere() -> Self {
        Self::Nowhere("the account has no webhook")
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status, took, .. } => {
                let remark = match status {
                    300..=399 => " (redirects are not followed)",
                    410 => " (gone)",
                    _ => "",
                };
                write!(f, "{status}{remark} in {} ms", took.as_millis())
            }
            Self::Failed(reason) => f.write_str(reason),
            Self::Nowhere(reason) => f.write_str(reason),
        }
    }
}

/// What an answer means for a notice that had failed so often before. 2xx is told; 410 asks for no more; everything
/// else is tried again, later if the endpoint asks for that, until a day has passed.
pub(super) fn judge(answer: &Answer, failed: u16, salt: u64, now: Time) -> Verdict {
    let asked = match answer {
        Answer::Status { status: 200..=299, .. } => return Verdict::Done,
        Answer::Status { status: 410, .. } | Answer::Nowhere(_) => return Verdict::GivenUp,
        Answer::Status { retry_after, .. } => *retry_after,
        Answer::Failed(_) => None,
    };
    match retry::notice(failed.saturating_add(1), salt, now) {
        Some(due) => Verdict::Again(due.max(now + asked.unwrap_or_default().min(RETRY_AFTER_MAX))),
        None => Verdict::GivenUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> Answer {
        Answer::Status { status, took: Duration::from_millis(31), retry_after: None }
    }

    #[test]
    fn only_success_is_told_and_only_gone_stops_at_once() {
        let now = Time(1_000);
        for code in [200, 202, 204] {
            assert_eq!(judge(&status(code), 0, 0, now), Verdict::Done, "{code}");
        }
        for code in [301, 400, 404, 429, 500, 503] {
            assert_eq!(judge(&status(code), 0, 0, now), Verdict::Again(Time(6_000)), "{code}");
        }
        assert_eq!(judge(&Answer::Failed("refused".into()), 1, 0, now), Verdict::Again(Time(16_000)));
        assert_eq!(judge(&status(410), 0, 0, now), Verdict::GivenUp);
        assert_eq!(judge(&Answer::nowhere(), 0, 0, now), Verdict::GivenUp);
        assert_eq!(judge(&status(500), 100, 0, now), Verdict::GivenUp);
    }

    #[test]
    fn an_endpoint_may_ask_for_time_within_reason() {
        let busy = |seconds| Answer::Status {
            status: 429,
            took: Duration::ZERO,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        let now = Time(0);
        assert_eq!(judge(&busy(1), 0, 0, now), Verdict::Again(Time(5_000)));
        assert_eq!(judge(&busy(60), 0, 0, now), Verdict::Again(Time(60_000)));
        assert_eq!(judge(&busy(1_000_000), 0, 0, now), Verdict::Again(Time(3_600_000)));
    }

    #[test]
    fn an_attempt_is_told_in_words() {
        assert_eq!(status(200).to_string(), "200 in 31 ms");
        assert_eq!(status(302).to_string(), "302 (redirects are not followed) in 31 ms");
    }
}
