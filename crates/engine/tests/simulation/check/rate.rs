//! No upstream is sent more parts than its rate allows.

use super::{Check, Faults};
use crate::seen::{Event, Seen};
use postrider_core::route::UpstreamId;
use postrider_core::rules::Upstream;
use postrider_core::time::Time;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// The share of a second that may go out at once, as [`postrider_core::pace`] has it.
const BURST: f64 = 0.05;
/// The stretches over which parts are counted.
const STRETCHES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];

/// Parts sent lately, by upstream.
pub(crate) struct Rates(BTreeMap<UpstreamId, Lately>);

struct Lately {
    rate: f64,
    /// When parts were sent, by which life of which node, and how many.
    sent: VecDeque<(Time, (u8, u32), usize)>,
    lives: BTreeMap<u8, u32>,
}

impl Rates {
    /// Of those upstreams that have a rate.
    pub(crate) fn new(upstreams: &[Upstream]) -> Self {
        let lately = |upstream: &Upstream| {
            let rate = upstream.rate?;
            Some((upstream.id, Lately { rate, sent: VecDeque::new(), lives: BTreeMap::new() }))
        };
        Self(upstreams.iter().filter_map(lately).collect())
    }
}

impl Lately {
    fn send(&mut self, event: &Event, parts: usize) {
        let [.., longest] = STRETCHES;
        while self.sent.front().is_some_and(|(at, ..)| event.at.since(*at) >= longest) {
            self.sent.pop_front();
        }
        let life = self.lives.get(&event.node).copied().unwrap_or(0);
        self.sent.push_back((event.at, (event.node, life), parts));
    }

    /// The parts of the last such stretch and how many there may be: what the rate gives, and once for each node that sent
    /// a burst and what a long message overdraws.
    fn count(&self, stretch: Duration, now: Time) -> (usize, f64) {
        let within = self.sent.iter().filter(|(at, ..)| now.since(*at) < stretch);
        let (mut parts, mut longest, mut nodes) = (0, 0, BTreeSet::new());
        for (_, node, sent) in within {
            parts += sent;
            longest = longest.max(*sent);
            nodes.insert(*node);
        }
        let slack = (self.rate * BURST).max(1.0) + longest as f64;
        (parts, self.rate * stretch.as_secs_f64() + slack * nodes.len() as f64)
    }
}

impl Check for Rates {
    fn name(&self) -> &'static str {
        "rate"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Taken(taken) => {
                let Some(lately) = self.0.get_mut(&taken.upstream) else { return };
                lately.send(event, taken.parts);
                for stretch in STRETCHES {
                    let (parts, most) = lately.count(stretch, event.at);
                    if parts as f64 > most {
                        let (upstream, rate) = (taken.upstream.0, lately.rate);
                        let what = format!(
                            "upstream {upstream} was sent {parts} parts in {stretch:?} at {rate} a second"
                        );
                        faults.tell(taken.message.id, what);
                    }
                }
            }
            // Who starts anew has a burst again.
            Seen::Died(node) => {
                self.0.values_mut().for_each(|lately| *lately.lives.entry(*node).or_default() += 1);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, message, taken, taken_message};
    use crate::scenario::upstream;

    fn rates(rate: f64) -> Fed<Rates> {
        Fed::new(Rates::new(&[Upstream { rate: Some(rate), ..upstream(1) }]))
    }

    /// The faults when a part goes out each so many milliseconds.
    fn faults(rates: &mut Fed<Rates>, every: i64, count: u64) -> usize {
        (0..count)
            .map(|number| {
                rates.at += every;
                rates.see(taken(number))
            })
            .sum()
    }

    #[test]
    fn a_rate_that_is_kept_is_no_fault_and_twice_the_rate_is_one() {
        assert_eq!(faults(&mut rates(20.0), 50, 1_000), 0);
        assert!(faults(&mut rates(20.0), 25, 1_000) > 0);
        assert!(faults(&mut rates(0.5), 1_000, 30) > 0);
    }

    #[test]
    fn a_long_message_may_overdraw_once() {
        let mut rates = rates(10.0);
        assert_eq!(rates.see(taken_message(message(1), 9)), 0);
        assert_eq!(faults(&mut rates, 1, 3), 0);
        assert!(faults(&mut rates, 1, 20) > 0);
    }

    #[test]
    fn who_starts_anew_has_a_burst_again() {
        let mut rates = rates(1.0);
        assert_eq!(faults(&mut rates, 1, 3), 0);
        rates.see(Seen::Died(1));
        assert_eq!(faults(&mut rates, 1, 2), 0);
    }
}
