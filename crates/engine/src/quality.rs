//! What upstreams' receipts say of them: counted here, kept in the store and so shared by all nodes, and read back for routing.

use arc_swap::ArcSwap;
use postrider_core::contract::{Measured, Store, StoreError};
use postrider_core::delivery::Outcome;
use postrider_core::message::Message;
use postrider_core::quality::{Count, Place, Quality, WINDOW, stretch};
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The most upstreams and places that are counted between two writes.
const PLACES_MAX: usize = 10_000;

/// What is known of upstreams, by place.
pub(crate) type Known = BTreeMap<(UpstreamId, Place), Quality>;

/// The counts that are not kept yet, and what all nodes know.
#[derive(Default)]
pub(crate) struct Qualities {
    counts: Mutex<BTreeMap<(Time, UpstreamId, Place), Count>>,
    known: ArcSwap<Known>,
}

impl Qualities {
    /// Counts the end of a message.
    pub(crate) fn count(&self, message: &Message, outcome: &Outcome, rules: &Rules) {
        let Some(mut count) = Count::of_end(outcome) else { return };
        if is_told(message, rules) {
            count.convertible = count.ended;
        }
        self.add(message, outcome.upstream, outcome.done_at, count, rules);
    }

    /// Counts a message that converted, if it is told of messages like it.
    pub(crate) fn converted(&self, message: &Message, upstream: UpstreamId, now: Time, rules: &Rules) {
        if is_told(message, rules) {
            self.add(message, upstream, now, Count { converted: 1, ..Count::default() }, rules);
        }
    }

    fn add(&self, message: &Message, upstream: UpstreamId, at: Time, count: Count, rules: &Rules) {
        let destination = rules.numbering.find(message.to, at);
        let place = Place::of(&destination, &rules.numbering);
        let key = (stretch(at), upstream, place);
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() < PLACES_MAX || counts.contains_key(&key) {
            let sum = counts.entry(key).or_default();
            *sum = sum.with(count);
        }
    }

    /// What is known of an upstream towards a place.
    pub(crate) fn of(&self, upstream: UpstreamId, place: Place) -> Quality {
        self.known.load().get(&(upstream, place)).copied().unwrap_or_default()
    }

    /// All that is known.
    pub(crate) fn all(&self) -> Arc<Known> {
        self.known.load_full()
    }

    /// Keeps what was counted, and reads back what all nodes have.
    pub(crate) async fn exchange(&self, store: &dyn Store, now: Time) -> Result<(), StoreError> {
        let counted = self.take();
        let since = stretch(now - WINDOW);
        if !counted.is_empty()
            && let Err(error) = store.measure(counted.clone(), since).await
        {
            self.put_back(counted);
            return Err(error);
        }
        self.publish(store.measured(since).await?);
        Ok(())
    }

    fn take(&self) -> Vec<Measured> {
        let counts = std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        let measured = |((stretch, upstream, place), count)| Measured { stretch, upstream, place, count };
        counts.into_iter().map(measured).collect()
    }

    fn put_back(&self, measured: Vec<Measured>) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for Measured { stretch, upstream, place, count } in measured {
            let sum = counts.entry((stretch, upstream, place)).or_default();
            *sum = sum.with(count);
        }
    }

    /// Takes in all that nodes have counted within the window.
    fn publish(&self, measured: Vec<Measured>) {
        let mut sums: BTreeMap<(UpstreamId, Place), Count> = BTreeMap::new();
        let mut places: BTreeMap<Place, Count> = BTreeMap::new();
        for Measured { upstream, place, count, .. } in measured {
            for sum in [sums.entry((upstream, place)).or_default(), places.entry(place).or_default()] {
                *sum = sum.with(count);
            }
        }
        let before = self.known.load();
        let settled = |(key, count): ((UpstreamId, Place), Count)| {
            let all = places.get(&key.1).copied().unwrap_or_default();
            (key, Quality::of(count).among(all).settle(before.get(&key)))
        };
        self.known.store(Arc::new(sums.into_iter().map(settled).collect()));
    }
}

/// Whether it is told of messages like this one whether they converted.
fn is_told(message: &Message, rules: &Rules) -> bool {
    rules.account(message.account).is_some_and(|account| account.policy.converts[message.class as usize])
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::delivery::State;
    use postrider_core::id::MessageId;
    use std::time::Duration;

    const UPSTREAM: UpstreamId = UpstreamId(1);
    const NOW: Time = Time(1_800_000_000_000);

    fn end(qualities: &Qualities, state: State, at: Time) {
        let message = postrider_core::testing::message(MessageId::from_number(1));
        let outcome = Outcome {
            state,
            upstream: UPSTREAM,
            reference: None,
            error: None,
            sent_at: Some(at - Duration::from_secs(4)),
            done_at: at,
            parts: 1,
            possible_duplicate: false,
        };
        qualities.count(&message, &outcome, &Rules::default());
    }

    #[test]
    fn ends_are_counted_by_upstream_and_place() {
        let qualities = Qualities::default();
        for _ in 0..3 {
            end(&qualities, State::Delivered, NOW);
        }
        end(&qualities, State::Undelivered, NOW);
        end(&qualities, State::Canceled, NOW);
        end(&qualities, State::Delivered, NOW + WINDOW);
        let measured = qualities.take();
        let counts: Vec<_> = measured.iter().map(|it| (it.count.ended, it.count.delivered)).collect();
        assert_eq!(counts, [(4, 3), (1, 1)], "each stretch by itself");
        let place = measured[0].place;
        qualities.put_back(measured.clone());
        assert_eq!(qualities.take(), measured, "nothing is lost when the store is away");
        qualities.publish(measured);
        let quality = qualities.of(UPSTREAM, place);
        assert_eq!((quality.samples, quality.share), (5, Some(0.8)));
        assert!((3.9..4.1).contains(&quality.seconds.unwrap()), "{quality:?}");
        assert_eq!(qualities.of(UpstreamId(2), place), Quality::default());
    }
}
