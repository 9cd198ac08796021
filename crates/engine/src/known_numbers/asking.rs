//! Look-ups at providers: from memory, from the store, or asked anew, within a time limit and a daily budget. What isn't known in
//! time is not waited for: the numbering plan decides.

use crate::clock::instant;
use crate::store_health::tell;
use postrider_core::budget::{Budgets, PartLimits, Period, Untold};
use postrider_core::contract::{NumberLookup, Store, StoreError, Used};
use postrider_core::lookup::{LookedUp, LookedUpNumbers, LookupProvider, Said};
use postrider_core::number::Number;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::timeout_at;

/// The most answers in memory. Others are in the store.
const MEMORY_MAX: usize = 100_000;
/// Questions to providers at a time, of one batch.
const AT_ONCE: usize = 16;
/// Failures in a row after which a provider is left alone, and for how long.
const FAILURES_MAX: u32 = 5;
const LEFT_ALONE: Duration = Duration::from_secs(30);

/// Whoever looks numbers up.
pub(super) struct Asking {
    store: Arc<dyn Store>,
    lookup: OnceLock<Arc<dyn NumberLookup>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    known: LookedUpNumbers,
    providers: BTreeMap<Box<str>, Provider>,
}

/// A provider, as it was lately.
#[derive(Default)]
struct Provider {
    budgets: Budgets,
    /// The share of its budget that is this node's.
    share: f64,
    failures: u32,
    left_alone_until: Option<Time>,
}

/// A question, and what came of it.
type Asked = (Number, Box<str>, Duration, Result<Said, String>);

const fn daily(provider: &LookupProvider) -> PartLimits {
    PartLimits([None, None, provider.daily, None])
}

/// The name by which the store knows a daily budget.
fn what(provider: &str) -> Box<str> {
    format!("look-ups {provider} day").into()
}

fn count(provider: &str, result: &'static str) {
    metrics::counter!("postrider_lookups_total", "provider" => provider.to_owned(), "result" => result)
        .increment(1);
}

impl Asking {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, lookup: OnceLock::new(), state: Mutex::default() }
    }

    pub(super) fn ask_by(&self, lookup: Arc<dyn NumberLookup>) {
        // There is one for as long as the engine lives.
        let _ = self.lookup.set(lookup);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of these numbers, each once.
    pub(super) async fn look_up(&self, rules: &Rules, numbers: Vec<Number>, now: Time) -> LookedUpNumbers {
        let provider = |number: &Number| rules.lookups.of(*number, &rules.numbering, now);
        let mut unknown: Vec<Number> =
            numbers.into_iter().filter(|number| provider(number).is_some()).collect();
        let mut found = LookedUpNumbers::new();
        self.find_in_memory(&mut unknown, &mut found, now);
        self.find_in_store(&mut unknown, &mut found, now).await;
        let questions = self.admit(&unknown, rules, now);
        if !questions.is_empty() {
            self.ask(questions, &mut found, now).await;
        }
        found
    }

    fn find_in_memory(&self, unknown: &mut Vec<Number>, found: &mut LookedUpNumbers, now: Time) {
        let state = self.state();
        unknown.retain(|number| match state.known.get(number).filter(|known| known.until > now) {
            Some(known) => {
                count(&known.provider, "cached");
                found.insert(*number, known.clone());
                false
            }
            None => true,
        });
    }

    async fn find_in_store(&self, unknown: &mut Vec<Number>, found: &mut LookedUpNumbers, now: Time) {
        if unknown.is_empty() {
            return;
        }
        match self.store.looked_up(unknown.clone(), now).await {
            Ok(kept) => {
                kept.iter().for_each(|known| count(&known.provider, "cached"));
                unknown.retain(|number| kept.iter().all(|known| known.number != *number));
                self.remember(&kept, now);
                found.extend(kept.into_iter().map(|known| (known.number, known)));
            }
            Err(error) => tell(&error, "can't read what was looked up of numbers; providers are asked"),
        }
    }

    fn remember(&self, kept: &[LookedUp], now: Time) {
        let mut state = self.state();
        if state.known.len() + kept.len() > MEMORY_MAX {
            state.known.retain(|_, known| known.until > now);
        }
        if state.known.len() + kept.len() > MEMORY_MAX {
            state.known.clear();
        }
        state.known.extend(kept.iter().map(|known| (known.number, known.clone())));
    }

    /// The questions that may be asked: those for which there is a budget, at providers that answer.
    fn admit(&self, unknown: &[Number], rules: &Rules, now: Time) -> Vec<(Number, LookupProvider)> {
        let mut state = self.state();
        let mut questions = Vec::new();
        for number in unknown {
            let Some(provider) = rules.lookups.of(*number, &rules.numbering, now) else { continue };
            let known = state.providers.entry(provider.name.clone()).or_default();
            if known.left_alone_until.is_some_and(|until| until > now) {
                count(&provider.name, "left_alone");
            } else if known.budgets.room(daily(provider), known.share, now) == 0 {
                count(&provider.name, "over_budget");
            } else {
                known.budgets.spend(1);
                questions.push((*number, provider.clone()));
            }
        }
        questions
    }

    async fn ask(&self, questions: Vec<(Number, LookupProvider)>, found: &mut LookedUpNumbers, now: Time) {
        let Some(lookup) = self.lookup.get() else { return };
        let longest = questions.iter().map(|(_, provider)| provider.time_limit).max().unwrap_or_default();
        let deadline = instant() + longest;
        let mut waiting = questions.into_iter();
        let mut asked: JoinSet<Asked> = JoinSet::new();
        let mut kept = Vec::new();
        loop {
            while asked.len() < AT_ONCE
                && let Some((number, provider)) = waiting.next()
            {
                let lookup = Arc::clone(lookup);
                asked.spawn(async move {
                    let limit = instant() + provider.time_limit;
                    let said = timeout_at(limit.min(deadline), lookup.ask(&provider.name, number)).await;
                    let said = said.unwrap_or_else(|_| Err("no answer in time".to_owned()));
                    (number, provider.name, provider.keep, said)
                });
            }
            let Some(done) = asked.join_next().await else { break };
            kept.extend(done.ok().and_then(|asked| self.heard(asked, now)));
        }
        self.remember(&kept, now);
        if !kept.is_empty()
            && let Err(error) = self.store.keep_looked_up(kept.clone(), now).await
        {
            tell(&error, "can't keep what was looked up of numbers; it is asked again after a restart");
        }
        found.extend(kept.into_iter().map(|known| (known.number, known)));
    }

    /// Takes note of how a provider answered.
    fn heard(&self, (number, provider, keep, said): Asked, now: Time) -> Option<LookedUp> {
        let mut state = self.state();
        let known = state.providers.entry(provider.clone()).or_default();
        match said {
            Ok(said) => {
                count(&provider, "answered");
                (known.failures, known.left_alone_until) = (0, None);
                Some(LookedUp { number, said, provider, at: now, until: now + keep })
            }
            Err(why) => {
                count(&provider, "failed");
                known.failures += 1;
                if known.failures.is_multiple_of(FAILURES_MAX) {
                    known.left_alone_until = Some(now + LEFT_ALONE);
                    tracing::warn!(%provider, %why, "look-ups fail: the numbering plan decides for a while");
                } else {
                    tracing::debug!(%provider, ?number, %why, "a look-up failed");
                }
                None
            }
        }
    }

    /// Tells the store what was used of daily budgets, and hears what all nodes have used.
    pub(super) async fn exchange(&self, rules: &Rules, share: f64, now: Time) -> Result<(), StoreError> {
        let limited: Vec<(LookupProvider, u64)> =
            rules.lookups.iter().filter_map(|it| Some((it.clone(), it.daily?))).collect();
        if limited.is_empty() {
            return Ok(());
        }
        let untold = self.take_untold(&limited);
        let used = untold.iter().map(|(provider, Untold { period, start, parts })| Used {
            what: what(provider),
            start: *start,
            end: period.end(*start),
            count: *parts,
        });
        let used: Vec<Used> = used.collect();
        if !used.is_empty()
            && let Err(error) = self.store.add_used(used, now).await
        {
            self.put_back(untold);
            return Err(error);
        }
        let whats = limited.iter().map(|(provider, _)| what(&provider.name)).collect();
        let told = self.store.used(whats, now).await?;
        let mut state = self.state();
        for (provider, most) in limited {
            let (what, start) = (what(&provider.name), Period::Day.start(now));
            let used = told.iter().find(|it| it.what == what && it.start == start).map_or(0, |it| it.count);
            let known = state.providers.entry(provider.name).or_default();
            known.share = share;
            known.budgets.hear(Period::Day, most, used, share, now);
        }
        Ok(())
    }

    fn take_untold(&self, limited: &[(LookupProvider, u64)]) -> Vec<(Box<str>, Untold)> {
        let mut state = self.state();
        let mut all = Vec::new();
        for (provider, _) in limited {
            let known = state.providers.entry(provider.name.clone()).or_default();
            let untold = known.budgets.take_untold(daily(provider));
            all.extend(untold.into_iter().map(|untold| (provider.name.clone(), untold)));
        }
        all
    }

    fn put_back(&self, untold: Vec<(Box<str>, Untold)>) {
        let mut state = self.state();
        for (provider, untold) in untold {
            state.providers.entry(provider).or_default().budgets.put_back(vec![untold]);
        }
    }
}
