//! No upstream is sent more parts than its rate allows, and no limit of parts a second is passed.

use super::{Check, Faults};
use crate::seen::{Event, Seen, Taken};
use postrider_core::limit::{Limited, Limits};
use postrider_core::numbering::Numbering;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Upstream;
use postrider_core::time::Time;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

/// The share of a second that may go out at once, as [`postrider_core::pace`] has it.
const BURST: f64 = 0.05;
/// The stretches over which parts are counted.
const STRETCHES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(10)];

/// The share of a second's parts of a limit that may go out at once, as [`postrider_core::limit`] has it.
const LIMIT_BURST: f64 = 0.5;
/// Seconds for which two nodes may both have a limit's share that goes from one to the other.
const MOVING: f64 = 3.0;

/// Parts sent lately, by upstream and by budget of a limit.
pub(crate) struct Rates {
    upstreams: BTreeMap<UpstreamId, Lately>,
    limits: Limits,
    budgets: BTreeMap<Box<str>, Lately>,
    lives: BTreeMap<u8, u32>,
}

struct Lately {
    rate: f64,
    burst: f64,
    /// When parts were sent, by which life of which node, and how many.
    sent: VecDeque<(Time, (u8, u32), usize)>,
}

impl Rates {
    /// Of those upstreams that have a rate, and of these limits.
    pub(crate) fn new(upstreams: &[Upstream], limits: &Limits) -> Self {
        let lately = |upstream: &Upstream| Some((upstream.id, Lately::new(upstream.rate?, BURST)));
        Self {
            upstreams: upstreams.iter().filter_map(lately).collect(),
            limits: limits.clone(),
            budgets: BTreeMap::new(),
            lives: BTreeMap::new(),
        }
    }

    fn send(&mut self, taken: &Taken, event: &Event, faults: &mut Faults) {
        let life = (event.node, self.lives.get(&event.node).copied().unwrap_or(0));
        let message = &*taken.message;
        if let Some(lately) = self.upstreams.get_mut(&taken.upstream) {
            lately.send(event.at, life, taken.parts);
            let name = format!("upstream {}", taken.upstream.0);
            faults_of(lately, 0.0, &name, event.at).for_each(|what| faults.tell(message.id, what));
        }
        // What was begun goes on.
        if taken.parts < usize::from(message.parts) {
            return;
        }
        let numbering = Numbering::default();
        let limited = Limited { message, upstream: taken.upstream, numbering: &numbering };
        for limit in self.limits.of(limited, event.at) {
            let Some(rate) = limit.second else { continue };
            let budget = self.limits.budget(limit, limited, event.at);
            let lately = self.budgets.entry(budget.clone()).or_insert_with(|| Lately::new(rate, LIMIT_BURST));
            lately.send(event.at, life, taken.parts);
            faults_of(lately, MOVING, &budget, event.at).for_each(|what| faults.tell(message.id, what));
        }
    }
}

/// The stretches in which too many parts were sent. Several nodes may both have a share for `moving` seconds.
fn faults_of(lately: &Lately, moving: f64, name: &str, now: Time) -> impl Iterator<Item = String> {
    STRETCHES.into_iter().filter_map(move |stretch| {
        let (parts, most) = lately.count(stretch, moving, now);
        let rate = lately.rate;
        (parts as f64 > most)
            .then(|| format!("{name} was sent {parts} parts in {stretch:?} at {rate} a second"))
    })
}

impl Lately {
    fn new(rate: f64, burst: f64) -> Self {
        Self { rate, burst, sent: VecDeque::new() }
    }

    fn send(&mut self, at: Time, life: (u8, u32), parts: usize) {
        let [.., longest] = STRETCHES;
        while self.sent.front().is_some_and(|(sent, ..)| at.since(*sent) >= longest) {
            self.sent.pop_front();
        }
        self.sent.push_back((at, life, parts));
    }

    /// The parts of the last such stretch and how many there may be: what the rate gives, and once for each node that sent
    /// a burst and what a long message overdraws.
    fn count(&self, stretch: Duration, moving: f64, now: Time) -> (usize, f64) {
        let within = self.sent.iter().filter(|(at, ..)| now.since(*at) < stretch);
        let (mut parts, mut longest, mut nodes) = (0, 0, BTreeSet::new());
        for (_, node, sent) in within {
            parts += sent;
            longest = longest.max(*sent);
            nodes.insert(*node);
        }
        let slack = (self.rate * self.burst).max(1.0) + longest as f64;
        let shared = if nodes.len() > 1 { self.rate * moving } else { 0.0 };
        (parts, self.rate * stretch.as_secs_f64() + slack * nodes.len() as f64 + shared)
    }
}

impl Check for Rates {
    fn name(&self) -> &'static str {
        "rate"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Taken(taken) => self.send(taken, event, faults),
            // Who starts anew has a burst again.
            Seen::Died(node) => *self.lives.entry(*node).or_default() += 1,
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
        Fed::new(Rates::new(&[Upstream { rate: Some(rate), ..upstream(1) }], &Limits::default()))
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
