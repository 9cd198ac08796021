//! Runs pause by themselves when too many of their messages fail.

use super::desk::Runs;
use super::document::{Failures, Run, RunState};
use crate::kept::Kept;
use postrider_core::contract::{AudienceKey, RecipientResult, RecipientRow, StoreError, WantedRecipients};
use postrider_core::delivery::State;
use std::sync::PoisonError;
use std::time::Duration;

/// Why a run is paused whose messages fail.
const TOO_MANY_FAILURES: &str = "too_many_failures";
/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Recipients that are read together.
const PAGE: usize = if cfg!(test) { 7 } else { 500 };
/// The most pages of a look. Of more recipients a sample is looked at, which is spread evenly.
const PAGES: u64 = 20;
/// Messages that must have ended before a share says something.
const LEAST: u64 = if cfg!(test) { 5 } else { 50 };
/// Runs of which it is remembered when it was looked last.
const RUNS: usize = 1_000;

impl Failures {
    fn add(&mut self, row: &RecipientRow) {
        let (RecipientResult::Accepted(_), Some(state)) = (&row.recipient.result, row.ended) else { return };
        match state {
            State::Delivered => self.ended += 1,
            State::Undelivered | State::Rejected | State::Failed | State::Expired => {
                self.ended += 1;
                self.failed += 1;
            }
            _ => {}
        }
    }

    /// Whether so many of a hundred have failed, or more.
    const fn reach(self, percent: u8) -> bool {
        self.ended >= LEAST && self.failed * 100 >= self.ended * percent as u64
    }
}

impl Runs {
    /// Pauses the run if too many of its messages fail. Returns whether it did.
    pub(super) async fn pause_if_it_fails(&self, kept: &Kept<Run>) -> Result<bool, StoreError> {
        let (run, key) = (&kept.value, kept.value.key(kept.account));
        let Some(percent) = run.pause_at_failures.filter(|_| self.is_time_to_look(key)) else {
            return Ok(false);
        };
        let failures = self.failures(key, run).await?;
        if !failures.reach(percent) {
            return Ok(false);
        }
        self.rewrite(kept.account, run.kind, run.id, |run| {
            if run.state == RunState::Running {
                run.failures = Some(failures);
                run.pause(TOO_MANY_FAILURES);
            }
        })
        .await?;
        Ok(true)
    }

    fn is_time_to_look(&self, key: AudienceKey) -> bool {
        let (now, mut looked) = (self.now(), self.looked.lock().unwrap_or_else(PoisonError::into_inner));
        if looked.get(&key).is_some_and(|at| *at <= now && now.since(*at) < LOOK_EVERY) {
            return false;
        }
        if looked.len() >= RUNS {
            looked.clear();
        }
        looked.insert(key, now);
        true
    }

    /// How the messages did that were handed in since the run was launched, or resumed.
    async fn failures(&self, key: AudienceKey, run: &Run) -> Result<Failures, StoreError> {
        let mut failures = Failures::default();
        let span = run.cursor.saturating_sub(run.watched_from);
        let step = span.div_ceil(PAGES).max(PAGE as u64);
        let mut after = run.watched_from;
        while after < run.cursor {
            let rows = self.parts.recipients.recipients(key, WantedRecipients::All, after, PAGE).await?;
            rows.iter().for_each(|row| failures.add(row));
            // Between the pages of a sample there is more than a page.
            let end = rows.last().map_or(run.cursor, |last| last.recipient.position);
            after = if step > PAGE as u64 { after + step } else { end };
        }
        Ok(failures)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_needs_enough_messages() {
        let reach = |ended, failed| Failures { ended, failed }.reach(20);
        assert!(!reach(4, 4), "too few");
        assert!(!reach(10, 1));
        assert!(reach(10, 2));
        assert!(Failures { ended: 5, failed: 5 }.reach(100));
    }
}
