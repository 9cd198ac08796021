//! How variants of a campaign did, and which of them the others get.

use super::desk::Runs;
use super::document::{Run, RunState};
use super::trial::{CHOOSE_WINNER, Trial, VariantResults};
use crate::kept::Kept;
use postrider_core::contract::{InboundFilter, RecipientResult, StoreError, WantedRecipients};
use postrider_core::delivery::State;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use std::collections::HashSet;

/// Rows that are read at once.
const PAGE: usize = 500;
/// The most messages from handsets that are looked at.
const REPLIES_MAX: usize = 1_000_000;

impl Runs {
    /// Looks how variants did. Then the best one is what all others get, or somebody is asked to choose.
    pub(super) async fn choose(&self, kept: &Kept<Run>) -> Result<bool, StoreError> {
        let (run, now) = (&kept.value, self.now());
        let Some(trial) = &run.trial else { return Ok(false) };
        let results = self.measure(kept, trial).await?;
        let write = |run: &mut Run| {
            let Some(trial) = &mut run.trial else { return };
            if trial.winner.is_some() || run.state != RunState::Running {
                return;
            }
            for (variant, results) in trial.variants.iter_mut().zip(&results) {
                variant.results = Some(*results);
            }
            if trial.by_hand {
                run.pause(CHOOSE_WINNER);
            } else {
                let best = trial.best();
                run.has_winner(best, None, now);
            }
        };
        let written = self.rewrite(kept.account, run.kind, run.id, write).await?;
        Ok(written.is_some_and(|run| run.state == RunState::Running))
    }

    async fn measure(&self, kept: &Kept<Run>, trial: &Trial) -> Result<Vec<VariantResults>, StoreError> {
        let (run, key) = (&kept.value, kept.value.key(kept.account));
        let replied = self.who_replied(kept).await?;
        let mut results = vec![VariantResults::default(); trial.variants.len()];
        let mut after = 0;
        loop {
            let rows = self.parts.recipients.recipients(key, WantedRecipients::All, after, PAGE).await?;
            let Some(last) = rows.last() else { break };
            after = last.recipient.position;
            for row in &rows {
                let variant = trial.variant_of(run.id, row.recipient.position);
                let Some(results) = variant.and_then(|variant| results.get_mut(usize::from(variant))) else {
                    continue;
                };
                let is_sent = matches!(row.recipient.result, RecipientResult::Accepted(_));
                results.sent += u64::from(is_sent);
                results.delivered += u64::from(row.ended == Some(State::Delivered));
                let number = row.recipient.number.filter(|_| is_sent);
                results.replied += u64::from(number.is_some_and(|number| replied.contains(&number)));
            }
        }
        for (variant, results) in (0_u8..).zip(&mut results) {
            results.clicked = self.links.clicked_in(kept.account, run.id, variant).await?;
        }
        Ok(results)
    }

    /// The numbers from which something has come since the run began.
    async fn who_replied(&self, kept: &Kept<Run>) -> Result<HashSet<Number>, StoreError> {
        let mut numbers = HashSet::new();
        let all = InboundFilter::all(Viewer::Account(kept.account), PAGE);
        let mut filter = InboundFilter { since: kept.value.started.map(Time), ..all };
        for _ in 0..REPLIES_MAX / PAGE {
            let page = self.parts.archive.inbound(filter.clone()).await?;
            filter.before = page.last().map(|received| received.id);
            // A STOP is no answer to be glad of.
            let answers = page.iter().filter(|received| received.intent.is_none());
            numbers.extend(answers.filter_map(|received| match received.inbound.from.understood {
                Some(Sender::Number(number)) => Some(number),
                _ => None,
            }));
            if page.len() < PAGE {
                break;
            }
        }
        Ok(numbers)
    }
}
