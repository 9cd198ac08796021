//! The questions to carriers about parts whose receipts don't come, where that is declared: so many a second, round after
//! round. What is asked about is read from the store, so that nothing of it need survive.

use crate::clock::Clock;
use crate::counter::Counter;
use crate::upstreams::Upstreams;
use arc_swap::ArcSwap;
use postrider_core::contract::{Store, StoreError};
use postrider_core::delivery::is_stand_in;
use postrider_core::id::MessageId;
use postrider_core::route::UpstreamId;
use postrider_core::rules::{Ask, Rules};
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::MissedTickBehavior;

/// How often parts are laid out to be asked about.
const EVERY: Duration = Duration::from_secs(1);

/// One walk over what an upstream's receipts are waited for, the oldest message first.
struct Round {
    began: Time,
    /// The last part that was laid out.
    at: (MessageId, Box<str>),
    /// Whether it has come to what isn't overdue.
    is_done: bool,
}

impl Round {
    fn new(now: Time) -> Self {
        Self { began: now, at: (MessageId::from_number(0), Box::default()), is_done: false }
    }
}

/// The task that lays out inquiries, and the parts that it works with.
pub(crate) struct Inquiries {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rules: Arc<ArcSwap<Rules>>,
    pub(crate) upstreams: Arc<Upstreams>,
}

impl Inquiries {
    /// Lays out what is to be asked about for as long as the gateway runs. Of the nodes that share an upstream the one that
    /// keeps its first bind does.
    pub(crate) async fn keep_asking(self) {
        let mut rounds: BTreeMap<UpstreamId, Round> = BTreeMap::new();
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let rules = self.rules.load_full();
            rounds.retain(|id, _| rules.upstream(*id).is_some_and(|upstream| upstream.ask.is_some()));
            for upstream in rules.upstreams() {
                let (Some(ask), Some(counter)) = (upstream.ask, self.upstreams.get(upstream.id)) else {
                    continue;
                };
                if !counter.may_ask() {
                    continue;
                }
                let now = self.clock.now();
                let round = rounds.entry(upstream.id).or_insert_with(|| Round::new(now));
                if let Err(error) = lay_out(&*self.store, &counter, ask, round, now).await {
                    tracing::warn!(upstream = %upstream.name, %error, "can't find the parts to ask about; trying again");
                }
            }
        }
    }
}

/// Lays out the next parts of a round. One that has come to its end goes on with what becomes overdue meanwhile, until
/// it is time for the next.
async fn lay_out(
    store: &dyn Store,
    counter: &Counter,
    ask: Ask,
    round: &mut Round,
    now: Time,
) -> Result<(), StoreError> {
    if round.is_done && now.since(round.began) >= ask.after {
        *round = Round::new(now);
    }
    let (before, most) = (now - ask.after, usize::from(ask.rate.max(1)));
    let unheard = store.unheard(counter.id, before, round.at.clone(), most).await?;
    match unheard.last() {
        Some(last) if unheard.len() >= most => round.at = last.place(),
        _ => {
            let end = (MessageId::first_at(before), Box::default());
            round.at = round.at.clone().max(end);
            round.is_done = true;
        }
    }
    // A part that was never answered has no name to ask by.
    counter.lay_out(unheard.into_iter().filter(|part| !is_stand_in(&part.key)));
    Ok(())
}
