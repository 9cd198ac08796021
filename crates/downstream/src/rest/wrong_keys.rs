//! Wrong keys: each is a line in the log, and an address that has sent too many is told so, late.

use super::problem::Problem;
use crate::clock;
use axum::http::StatusCode;
use postrider_access::wrong_logins::{Noted, WrongLogins};
use std::net::IpAddr;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long the answer to a wrong key waits from an address that has sent too many.
const DELAY: Duration = Duration::from_secs(1);
/// Answers that wait at once. Any more are given at once, so that they hold up no memory.
const DELAYED_MAX: usize = 1_000;

/// The wrong keys at a door.
#[derive(Debug)]
pub struct WrongKeys {
    logins: WrongLogins,
    delayed: Semaphore,
}

impl Default for WrongKeys {
    fn default() -> Self {
        Self { logins: WrongLogins::default(), delayed: Semaphore::new(DELAYED_MAX) }
    }
}

impl WrongKeys {
    /// The answer to a wrong key from this address: `problem`, or that there were too many. A right key never comes here, so
    /// that nobody is locked out by a neighbor.
    pub(super) async fn answer(&self, peer: IpAddr, why: &str, problem: Problem) -> Problem {
        metrics::counter!("postrider_auth_failures_total", "interface" => "rest").increment(1);
        let now = clock::now();
        if let Some(wait) = self.logins.locked(peer, "", now.into_std()) {
            if let Ok(_place) = self.delayed.try_acquire() {
                tokio::time::sleep(DELAY).await;
            }
            let detail = "too many wrong keys came from this address: a right one is accepted at once";
            return Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_wrong_keys", detail).later(wait);
        }
        let Noted { line, .. } = self.logins.wrong(peer, "", now.into_std());
        if let Some(left_out) = line.filter(|left_out| *left_out > 0) {
            tracing::warn!(left_out, "refused keys were left out of the log: there were too many");
        }
        if line.is_some() {
            tracing::warn!(%peer, why, "a key was refused");
        }
        problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_access::wrong_logins::FREE_IN_ALL;

    #[tokio::test(start_paused = true)]
    async fn who_sends_too_many_wrong_keys_is_told_so_late() {
        let keys = WrongKeys::default();
        let ask = async |peer: &str| {
            let begun = clock::now();
            let problem = Problem::new(StatusCode::UNAUTHORIZED, "invalid_key", "unknown");
            let problem = keys.answer(peer.parse().unwrap(), "unknown", problem).await;
            (problem.status.as_u16(), problem.retry_after.is_some(), (clock::now() - begun).as_secs())
        };
        for _ in 0..FREE_IN_ALL {
            assert_eq!(ask("192.0.2.1").await, (401, false, 0));
        }
        assert_eq!(ask("192.0.2.1").await, (429, true, 1));
        assert_eq!(ask("192.0.2.2").await, (401, false, 0));
    }
}
