//! The outcome of a post, and the next step for its notice.

use postrider_core::retry;
use postrider_core::time::Time;
use std::fmt;
use std::time::Duration;

/// The longest wait that an endpoint may ask for with `Retry-After`.
const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// The outcome of a post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PostOutcome {
    /// The endpoint answered with this status.
    Status {
        status: u16,
        took: Duration,
        /// The endpoint's `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The endpoint did not answer, for this reason.
    Failed(Box<str>),
    /// There is no endpoint, for this reason; a retry won't help.
    NoEndpoint(&'static str),
}

/// The next step for a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextStep {
    /// None: the notice was delivered.
    Done,
    /// Another post at this time.
    Retry(Time),
    /// None: no further post is made.
    GiveUp,
}

impl NextStep {
    /// The index of its counter: 0 success, 1 failure, 2 given up.
    pub(super) const fn counter(self) -> usize {
        match self {
            Self::Done => 0,
            Self::Retry(_) => 1,
            Self::GiveUp => 2,
        }
    }
}

impl fmt::Display for PostOutcome {
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
            Self::NoEndpoint(reason) => f.write_str(reason),
        }
    }
}

/// The next step for a notice that had failed so often before. Any 2xx is success, and 410 asks for no more posts.
/// Everything else is retried for a day, and not before the endpoint's `Retry-After`. `salt` spreads the retries.
pub(super) fn next_step(outcome: &PostOutcome, failed: u16, salt: u64, now: Time) -> NextStep {
    let retry_after = match outcome {
        PostOutcome::Status { status: 200..=299, .. } => return NextStep::Done,
        PostOutcome::Status { status: 410, .. } | PostOutcome::NoEndpoint(_) => return NextStep::GiveUp,
        PostOutcome::Status { retry_after, .. } => *retry_after,
        PostOutcome::Failed(_) => None,
    };
    match retry::notice(failed.saturating_add(1), salt, now) {
        Some(due) => NextStep::Retry(due.max(now + retry_after.unwrap_or_default().min(RETRY_AFTER_MAX))),
        None => NextStep::GiveUp,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(status: u16) -> PostOutcome {
        PostOutcome::Status { status, took: Duration::from_millis(31), retry_after: None }
    }

    #[test]
    fn everything_but_success_and_410_is_retried() {
        let now = Time(1_000);
        for code in [200, 202, 204] {
            assert_eq!(next_step(&status(code), 0, 0, now), NextStep::Done, "{code}");
        }
        for code in [301, 400, 404, 429, 500, 503] {
            assert_eq!(next_step(&status(code), 0, 0, now), NextStep::Retry(Time(6_000)), "{code}");
        }
        assert_eq!(
            next_step(&PostOutcome::Failed("refused".into()), 1, 0, now),
            NextStep::Retry(Time(16_000))
        );
        assert_eq!(next_step(&status(410), 0, 0, now), NextStep::GiveUp);
        assert_eq!(
            next_step(&PostOutcome::NoEndpoint("the account has no webhook"), 0, 0, now),
            NextStep::GiveUp
        );
        assert_eq!(next_step(&status(500), 100, 0, now), NextStep::GiveUp);
    }

    #[test]
    fn an_endpoint_may_ask_for_a_later_retry_within_limits() {
        let busy = |seconds| PostOutcome::Status {
            status: 429,
            took: Duration::ZERO,
            retry_after: Some(Duration::from_secs(seconds)),
        };
        let now = Time(0);
        assert_eq!(next_step(&busy(1), 0, 0, now), NextStep::Retry(Time(5_000)));
        assert_eq!(next_step(&busy(60), 0, 0, now), NextStep::Retry(Time(60_000)));
        assert_eq!(next_step(&busy(1_000_000), 0, 0, now), NextStep::Retry(Time(3_600_000)));
    }

    #[test]
    fn an_outcome_is_shown_in_words() {
        assert_eq!(status(200).to_string(), "200 in 31 ms");
        assert_eq!(status(302).to_string(), "302 (redirects are not followed) in 31 ms");
    }
}
