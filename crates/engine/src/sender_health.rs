//! The health of senders that share a route's messages: counted here, kept in the store and so shared by all nodes, and read back.

use postrider_core::contract::{Store, StoreError, Used};
use postrider_core::delivery::{Outcome, State};
use postrider_core::message::Message;
use postrider_core::rewriting::SenderCounts;
use postrider_core::rules::Rules;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// The length of the stretches that ends are counted in.
const SLOT: Duration = Duration::from_mins(10);
/// How long a stretch counts after it has begun.
const COUNTS_FOR: Duration = Duration::from_hours(1);

/// The senders of pools, and those of them that are left for a while.
#[derive(Default)]
pub(crate) struct SenderHealth {
    /// The senders whose ends are counted, with the least share that must be delivered, in percent.
    watched: RwLock<Arc<BTreeMap<Sender, u8>>>,
    /// Ends that the store doesn't have yet, by the beginnings of their stretches.
    untold: Mutex<BTreeMap<(Sender, Time), SenderCounts>>,
    resting: RwLock<Arc<BTreeSet<Sender>>>,
}

/// The names by which the store knows the counts of a sender.
fn names(sender: &Sender) -> [Box<str>; 2] {
    [format!("sender ended {sender}").into(), format!("sender delivered {sender}").into()]
}

impl SenderHealth {
    /// Counts the senders of these rules from now on.
    pub(crate) fn apply(&self, rules: &Rules) {
        let mut watched = BTreeMap::new();
        for rewriting in rules.table.routes().filter_map(|route| route.rewriting.as_ref()) {
            for sender in rewriting.pool() {
                let least = watched.entry(sender.clone()).or_insert(rewriting.least_delivered);
                *least = rewriting.least_delivered.max(*least);
            }
        }
        *self.watched.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(watched);
    }

    /// Whether a sender is left for a while.
    pub(crate) fn rests(&self, sender: &Sender) -> bool {
        self.resting.read().unwrap_or_else(PoisonError::into_inner).contains(sender)
    }

    fn watched(&self) -> Arc<BTreeMap<Sender, u8>> {
        Arc::clone(&self.watched.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts the end of a message. What ran out of time says nothing of its sender.
    pub(crate) fn count(&self, message: &Message, outcome: &Outcome) {
        let is_delivered = match outcome.state {
            State::Delivered => true,
            State::Undelivered | State::Rejected => false,
            _ => return,
        };
        let watched = self.watched();
        let Some(sender) = message.from.as_ref().filter(|from| watched.contains_key(from)) else { return };
        let slot = i64::try_from(SLOT.as_millis()).unwrap_or(i64::MAX);
        let start = Time(outcome.done_at.0.div_euclid(slot) * slot);
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = untold.entry((sender.clone(), start)).or_default();
        counts.ended += 1;
        counts.delivered += u64::from(is_delivered);
    }

    /// Tells the store what was counted, and reads what all nodes have counted.
    pub(crate) async fn exchange(&self, store: &dyn Store, now: Time) -> Result<(), StoreError> {
        let watched = self.watched();
        if watched.is_empty() {
            return Ok(());
        }
        self.tell(store, now).await?;
        let asked = watched.keys().flat_map(names).collect();
        let mut sums: BTreeMap<Box<str>, u64> = BTreeMap::new();
        for used in store.used(asked, now).await? {
            *sums.entry(used.what).or_default() += used.count;
        }
        let counts = |sender: &Sender| {
            let [ended, delivered] = names(sender).map(|name| sums.get(&name).copied().unwrap_or(0));
            SenderCounts { ended, delivered }
        };
        let rests = |(sender, least): &(&Sender, &u8)| counts(sender).rests(**least);
        let resting: BTreeSet<Sender> =
            watched.iter().filter(rests).map(|(sender, _)| sender.clone()).collect();
        self.put_in_force(resting);
        Ok(())
    }

    async fn tell(&self, store: &dyn Store, now: Time) -> Result<(), StoreError> {
        let untold = std::mem::take(&mut *self.untold.lock().unwrap_or_else(PoisonError::into_inner));
        if untold.is_empty() {
            return Ok(());
        }
        let used = |((sender, start), counts): (&(Sender, Time), &SenderCounts)| {
            let (start, end) = (*start, *start + COUNTS_FOR);
            let [ended, delivered] = names(sender);
            [(ended, counts.ended), (delivered, counts.delivered)].map(|(what, count)| Used {
                what,
                start,
                end,
                count,
            })
        };
        let told = store.add_used(untold.iter().flat_map(used).collect(), now).await;
        if told.is_err() {
            let mut later = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
            for (key, counts) in untold {
                let sum = later.entry(key).or_default();
                (sum.ended, sum.delivered) = (sum.ended + counts.ended, sum.delivered + counts.delivered);
            }
        }
        told
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
    fn put_in_force(&self, resting: BTreeSet<Sender>) {
        let mut in_force = self.resting.write().unwrap_or_else(PoisonError::into_inner);
        for sender in resting.difference(&in_force) {
            tracing::warn!(%sender, "too little from this sender is delivered: it is left for a while");
        }
        for sender in in_force.difference(&resting) {
            tracing::info!(%sender, "this sender is used again");
        }
        metrics::gauge!("postrider_senders_resting").set(resting.len() as f64);
        *in_force = Arc::new(resting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::id::MessageId;
    use postrider_core::rewriting::Rewriting;
    use postrider_core::route::{Route, Table, UpstreamId};
    use postrider_store::sqlite::{self, Memory};

    const NOW: Time = Time(1_800_000_000_000);

    fn sender(text: &str) -> Sender {
        Sender::parse(text).unwrap()
    }

    fn health() -> SenderHealth {
        let rewriting = Rewriting {
            senders: ["60001", "60002"].map(sender).into(),
            least_delivered: 50,
            ..Rewriting::default()
        };
        let route =
            Route { rewriting: Some(Arc::new(rewriting)), ..Route::by_prefix("world", "", &[UpstreamId(1)]) };
        let health = SenderHealth::default();
        health.apply(&Rules::new(1, Vec::new(), Vec::new(), Table::new(vec![route])));
        health
    }

    fn ended(health: &SenderHealth, from: &str, state: State, count: u64) {
        for _ in 0..count {
            let message = Message {
                from: Some(sender(from)),
                ..postrider_core::testing::message(MessageId::from_number(1))
            };
            let outcome = Outcome {
                state,
                upstream: UpstreamId(1),
                reference: None,
                error: None,
                sent_at: None,
                done_at: NOW,
                parts: 1,
                possible_duplicate: false,
            };
            health.count(&message, &outcome);
        }
    }

    #[tokio::test]
    async fn a_blocked_sender_is_left_on_all_nodes_until_its_stretch_is_over() {
        let store: Arc<dyn Store> = Memory::new().unwrap().open(sqlite::Settings::default()).unwrap();
        let (here, there) = (health(), health());
        ended(&here, "60001", State::Rejected, 12);
        ended(&there, "60001", State::Undelivered, 12);
        ended(&there, "60002", State::Delivered, 12);
        ended(&there, "60002", State::Expired, 90);
        ended(&there, "60009", State::Rejected, 90);
        for node in [&here, &there, &here] {
            node.exchange(&*store, NOW).await.unwrap();
        }
        for node in [&here, &there] {
            let rests = ["60001", "60002", "60009"].map(|it| node.rests(&sender(it)));
            assert_eq!(rests, [true, false, false]);
        }
        here.exchange(&*store, NOW + COUNTS_FOR).await.unwrap();
        assert!(!here.rests(&sender("60001")), "it is tried again");
    }
}
