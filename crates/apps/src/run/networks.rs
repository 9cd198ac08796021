//! How far a run has come at each network, while it is under way.
//!
//! Recipients are looked through in their order. Those at the beginning whose message has ended are counted once and for all, so that a
//! look costs what is still under way.

use super::desk::Runs;
use super::document::Run;
use postrider_core::account::AccountId;
use postrider_core::contract::{AudienceKey, RecipientResult, RecipientRow, StoreError, WantedRecipients};
use postrider_core::delivery::State;
use postrider_core::numbering::Network;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::time::Duration;

/// Recipients that are looked at together.
const PAGE: usize = if cfg!(test) { 7 } else { 500 };
/// How long what was counted is shown again.
const FRESH: Duration = Duration::from_secs(2);
/// Runs that are remembered.
const RUNS: usize = 50;

/// Counts of recipients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetworkCounts {
    /// Nothing was done yet.
    pub open: u64,
    /// The message has no final state yet.
    pub under_way: u64,
    /// The message was delivered.
    pub delivered: u64,
    /// The message ended otherwise.
    pub not_delivered: u64,
    /// There is no message.
    pub refused: u64,
}

/// A country, and a network of it if the numbering plan knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct NetworkName {
    /// The country's code; empty for none.
    pub country: Box<str>,
    /// The network's name; empty if it isn't known.
    pub network: Box<str>,
}

type Counts = BTreeMap<NetworkName, NetworkCounts>;

/// What is remembered of a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Counted {
    /// The last recipient before which all have ended.
    settled_to: u64,
    settled: Counts,
    shown: Counts,
    at: Option<Time>,
}

/// What is remembered of runs.
pub(super) type Remembered = BTreeMap<AudienceKey, Counted>;

impl NetworkCounts {
    fn add(&mut self, row: &RecipientRow) {
        let count = match (&row.recipient.result, row.ended) {
            (RecipientResult::Open, _) => &mut self.open,
            (RecipientResult::Refused(_), _) => &mut self.refused,
            (RecipientResult::Accepted(_), None) => &mut self.under_way,
            (RecipientResult::Accepted(_), Some(State::Delivered)) => &mut self.delivered,
            (RecipientResult::Accepted(_), Some(_)) => &mut self.not_delivered,
        };
        *count += 1;
    }
}

fn has_ended(row: &RecipientRow) -> bool {
    match row.recipient.result {
        RecipientResult::Open => false,
        RecipientResult::Refused(_) => true,
        RecipientResult::Accepted(_) => row.ended.is_some(),
    }
}

fn name(rules: &Rules, row: &RecipientRow, now: Time) -> NetworkName {
    let Some(number) = row.recipient.number else { return NetworkName::default() };
    let found = rules.numbering.find(number, now);
    let named = |network: &Network| match (network.name.is_empty(), network.code) {
        (true, Some(code)) => code.to_string().into(),
        _ => network.name.clone(),
    };
    let network = rules.numbering.network(&found).map(named);
    let country = found.country.map(|country| country.to_string().into());
    NetworkName { country: country.unwrap_or_default(), network: network.unwrap_or_default() }
}

impl Runs {
    /// How far a run has come at each network, as of a moment ago.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn networks(
        &self,
        account: AccountId,
        run: &Run,
    ) -> Result<Vec<(NetworkName, NetworkCounts)>, StoreError> {
        let (key, now) = (run.key(account), self.parts.live.now());
        let mut counted = self.networks.lock().await;
        let mut known = counted.remove(&key).unwrap_or_default();
        let is_fresh = known.at.is_some_and(|at| at <= now && now.since(at) < FRESH);
        if !is_fresh {
            self.count_networks(key, &mut known, now).await?;
        }
        if counted.len() >= RUNS {
            counted.pop_first();
        }
        let shown = known.shown.clone().into_iter().collect();
        counted.insert(key, known);
        Ok(shown)
    }

    async fn count_networks(
        &self,
        key: AudienceKey,
        known: &mut Counted,
        now: Time,
    ) -> Result<(), StoreError> {
        let rules = self.parts.live.rules();
        let (mut after, mut is_settled) = (known.settled_to, true);
        let mut open = Counts::new();
        loop {
            let rows = self.parts.recipients.recipients(key, WantedRecipients::All, after, PAGE).await?;
            for row in &rows {
                is_settled &= has_ended(row);
                let counts = if is_settled { &mut known.settled } else { &mut open };
                counts.entry(name(&rules, row, now)).or_default().add(row);
                if is_settled {
                    known.settled_to = row.recipient.position;
                }
                after = row.recipient.position;
            }
            if rows.len() < PAGE {
                break;
            }
        }
        for (name, counts) in &known.settled {
            let all = open.entry(name.clone()).or_default();
            all.delivered += counts.delivered;
            all.not_delivered += counts.not_delivered;
            all.refused += counts.refused;
        }
        (known.shown, known.at) = (open, Some(now));
        Ok(())
    }
}
