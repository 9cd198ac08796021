//! Strategies: how the upstreams of a route are ranked for a message.

use super::UpstreamId;
use crate::numbering::NetworkCode;
use crate::quality::{Place, Quality};
use crate::sender::Sender;

/// Costs are whole numbers of millionths.
pub const COST_UNIT: f64 = 1_000_000.0;
/// The usual share of messages that go by an upstream other than the best, so that all stay measured; in percent.
pub const EXPLORE_USUAL: u8 = 2;

/// What an upstream of another network than the recipient's is ranked behind its own: more parts than a month has.
const FOREIGN: f64 = 1e12;

/// An upstream of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteUpstream {
    /// The upstream.
    pub upstream: UpstreamId,
    /// The cost of a part, in millionths; `None` if it isn't known, which counts as dearer than any.
    pub cost: Option<u64>,
    /// Its share of the messages, in proportion to the others'; 0 is for fail-over alone.
    pub weight: u32,
    /// The network that it belongs to, as a SIM does.
    pub network: Option<NetworkCode>,
}

impl RouteUpstream {
    /// An upstream without a cost and with the usual weight.
    #[must_use]
    pub const fn plain(upstream: UpstreamId) -> Self {
        Self { upstream, cost: None, weight: 1, network: None }
    }
}

/// What is known of upstreams at one moment.
pub trait Load {
    /// The time that the upstream's work takes, in any unit: parts that wait or are unanswered, by what it sends a second.
    fn of(&self, upstream: UpstreamId) -> f64;

    /// The cost of a part by an upstream of a route, in millionths, if it is known.
    fn cost(&self, upstream: &RouteUpstream) -> Option<u64> {
        upstream.cost
    }

    /// Parts that it has sent this month by UTC, as far as is known.
    fn used(&self, _upstream: UpstreamId) -> u64 {
        0
    }

    /// How surely and how fast it delivers there.
    fn quality(&self, _upstream: UpstreamId, _place: Place) -> Quality {
        Quality::default()
    }

    /// Whether a sender of a pool is left for a while, since too little of what came from it was delivered.
    fn rests(&self, _sender: &Sender) -> bool {
        false
    }
}

/// How upstreams are ranked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// In the order in which they are declared.
    #[default]
    Priority,
    /// The cheapest first.
    Cheapest,
    /// The one whose receipts come first.
    Fastest,
    /// The one that delivers the greatest share first.
    Surest,
    /// By cost, time and share together.
    Score,
    /// Each first for its share of the messages.
    Weighted,
    /// The one with the least to do first.
    LeastBusy,
    /// The one that has sent the fewest parts this month first.
    LeastUsed,
    /// Those of the recipient's own network first; among equals the one that has sent the fewest parts this month.
    OwnNetwork,
}

/// How much each measure counts for [`Strategy::Score`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weights {
    /// For each time that an upstream is as dear again as the cheapest.
    pub cost: f64,
    /// For each time that it takes twice as long as the fastest.
    pub time: f64,
    /// For each ten points of the share delivered that it lacks to the surest.
    pub delivered: f64,
    /// For each ten points of the share converted that it lacks to the best, where conversions are told.
    pub converted: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { cost: 1.0, time: 1.0, delivered: 1.0, converted: 1.0 }
    }
}

/// How the upstreams of a route are ranked for one message.
#[derive(Clone, Copy)]
pub struct Ranking<'a> {
    /// The strategy.
    pub strategy: Strategy,
    /// How much each measure counts.
    pub weights: Weights,
    /// The share of messages that go by an upstream other than the best, in percent; of strategies that measure.
    pub explore: u8,
    /// The least share that upstreams must deliver there, in percent; those that don't come last. 0 asks for nothing.
    pub least_delivered: u8,
    /// What is known of the upstreams.
    pub load: &'a dyn Load,
    /// Where the message goes.
    pub place: Place,
    /// Any number that differs from message to message.
    pub dice: u64,
}

impl Strategy {
    /// The word for it in every API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Cheapest => "cheapest",
            Self::Fastest => "fastest",
            Self::Surest => "surest",
            Self::Score => "score",
            Self::Weighted => "weighted",
            Self::LeastBusy => "least_busy",
            Self::LeastUsed => "least_used",
            Self::OwnNetwork => "own_network",
        }
    }

    /// Whether it goes by what is measured.
    #[must_use]
    pub const fn measures(self) -> bool {
        matches!(self, Self::Fastest | Self::Surest | Self::Score)
    }
}

impl Ranking<'_> {
    /// The upstreams in the order in which they are tried; `None` for the declared order.
    pub(super) fn rank(&self, upstreams: &[RouteUpstream]) -> Option<Box<[UpstreamId]>> {
        let is_declared = self.strategy == Strategy::Priority && self.least_delivered == 0;
        if is_declared || upstreams.len() < 2 {
            return None;
        }
        let scores = self.scores(upstreams);
        let mut scored: Vec<(f64, UpstreamId)> =
            scores.into_iter().zip(upstreams).map(|(score, it)| (score, it.upstream)).collect();
        // Equal ones keep the declared order.
        scored.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        if self.least_delivered > 0 {
            scored.sort_by_key(|(_, upstream)| self.is_unsure(*upstream));
        }
        if let Some(first) = self.explored(scored.len()) {
            scored.get_mut(..=first).unwrap_or_default().rotate_right(1);
        }
        Some(scored.into_iter().map(|(_, upstream)| upstream).collect())
    }

    /// Whether an upstream delivers less than it must there, as far as enough samples say so.
    fn is_unsure(&self, upstream: UpstreamId) -> bool {
        let share = self.load.quality(upstream, self.place).ranked_share;
        share * 100.0 < f64::from(self.least_delivered)
    }

    /// The place in the ranking of the upstream that is tried first though it isn't the best, if it is this message's turn.
    fn explored(&self, count: usize) -> Option<usize> {
        let dice = mix(self.dice, 0x5EED);
        let explores = self.strategy.measures() && dice % 100 < u64::from(self.explore);
        explores.then(|| 1 + (dice / 100 % (count as u64 - 1)) as usize)
    }

    /// What the upstreams are ranked by: the least is the first.
    #[must_use]
    pub fn scores(&self, upstreams: &[RouteUpstream]) -> Vec<f64> {
        let one = |it: &RouteUpstream| match self.strategy {
            Strategy::Priority | Strategy::Score | Strategy::Surest => 0.0,
            Strategy::Cheapest => self.cost(it),
            Strategy::Fastest => self.load.quality(it.upstream, self.place).ranked_seconds,
            Strategy::Weighted => {
                // The least of exponential draws falls to each in proportion to its rate (Efraimidis and Spirakis, 2006).
                let draw = (mix(self.dice, u64::from(it.upstream.0)) >> 11) as f64 / (1u64 << 53) as f64;
                -(1.0 - draw).ln() / f64::from(it.weight)
            }
            Strategy::LeastBusy => self.load.of(it.upstream),
            Strategy::LeastUsed => self.used(it.upstream),
            Strategy::OwnNetwork if it.network.is_some_and(|own| self.place == Place::Network(own)) => {
                self.used(it.upstream)
            }
            Strategy::OwnNetwork => FOREIGN + self.used(it.upstream),
        };
        match self.strategy {
            Strategy::Score => self.blended(upstreams),
            Strategy::Surest => self.unsureness(upstreams),
            _ => upstreams.iter().map(one).collect(),
        }
    }

    /// The share delivered, and the share converted where it is told, by how much of them is lacking.
    fn unsureness(&self, upstreams: &[RouteUpstream]) -> Vec<f64> {
        let known: Vec<Quality> =
            upstreams.iter().map(|it| self.load.quality(it.upstream, self.place)).collect();
        let best = best_converted(known.iter());
        known.iter().map(|quality| 1.0 - quality.ranked_share + lack(best, quality)).collect()
    }

    #[expect(clippy::cast_precision_loss, reason = "parts of a month are far below where a float loses one")]
    fn used(&self, upstream: UpstreamId) -> f64 {
        self.load.used(upstream) as f64
    }

    /// The cost of a part; an unknown one is dearer than any.
    #[expect(clippy::cast_precision_loss, reason = "costs are far below where a float loses a millionth")]
    fn cost(&self, upstream: &RouteUpstream) -> f64 {
        self.load.cost(upstream).map_or(f64::INFINITY, |cost| cost as f64 / COST_UNIT)
    }

    /// Each measure by how much worse it is than that of the best upstream, weighted and added up.
    fn blended(&self, upstreams: &[RouteUpstream]) -> Vec<f64> {
        let known: Vec<(f64, Quality)> =
            upstreams.iter().map(|it| (self.cost(it), self.load.quality(it.upstream, self.place))).collect();
        let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
        let cheapest = least(&mut known.iter().map(|(cost, _)| *cost));
        let fastest = least(&mut known.iter().map(|(_, quality)| quality.ranked_seconds));
        let best_converted = best_converted(known.iter().map(|(_, quality)| quality));
        let surest = -least(&mut known.iter().map(|(_, quality)| -quality.ranked_share));
        let score = |(cost, quality): &(f64, Quality)| {
            self.weights.cost * dearer(*cost, cheapest)
                + self.weights.time * (quality.ranked_seconds / fastest).log2()
                + self.weights.delivered * (surest - quality.ranked_share) * 10.0
                + self.weights.converted * lack(best_converted, quality) * 10.0
        };
        known.iter().map(score).collect()
    }
}

/// The greatest share converted of upstreams.
fn best_converted<'q>(of: impl Iterator<Item = &'q Quality>) -> Option<f64> {
    of.filter_map(|quality| quality.ranked_converted).max_by(f64::total_cmp)
}

/// How much of the best share converted an upstream lacks. One of which nothing is told lacks nothing.
fn lack(best: Option<f64>, quality: &Quality) -> f64 {
    best.zip(quality.ranked_converted).map_or(0.0, |(best, own)| best - own)
}

/// How much dearer a cost is than the least one, as a share of that. An unknown cost counts as twice the least.
fn dearer(cost: f64, least: f64) -> f64 {
    if !least.is_finite() || cost <= least {
        0.0
    } else if !cost.is_finite() {
        1.0
    } else {
        (cost - least) / least.max(1.0 / COST_UNIT)
    }
}

/// A number that two others make, spread evenly (the finalizer of `SplitMix64`).
pub(crate) const fn mix(one: u64, other: u64) -> u64 {
    let mut mixed =
        one.wrapping_add(other.wrapping_mul(0x9E37_79B9_7F4A_7C15)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::quality::Count;

    struct Loads([f64; 3], [Count; 3]);

    impl Load for Loads {
        fn of(&self, upstream: UpstreamId) -> f64 {
            self.0[upstream.0 as usize]
        }

        fn quality(&self, upstream: UpstreamId, _place: Place) -> Quality {
            Quality::of(self.1[upstream.0 as usize])
        }
    }

    /// So many messages of which such a share was delivered, in so many seconds.
    fn measured(ended: u32, share: f64, seconds: f64) -> Count {
        let delivered = (f64::from(ended) * share) as u32;
        let log_ms = (f64::from(delivered) * (seconds * 1_000.0).ln() * 1_000.0) as u64;
        Count { ended, delivered, log_ms, ..Count::default() }
    }

    fn ranking(strategy: Strategy, load: &Loads, dice: u64) -> Ranking<'_> {
        Ranking {
            strategy,
            weights: Weights::default(),
            explore: 0,
            least_delivered: 0,
            load,
            place: Place::World,
            dice,
        }
    }

    fn upstreams(costs: [Option<u64>; 3], weights: [u32; 3]) -> Vec<RouteUpstream> {
        let upstream =
            |(id, (cost, weight))| RouteUpstream { cost, weight, ..RouteUpstream::plain(UpstreamId(id)) };
        (0..).zip(costs.into_iter().zip(weights)).map(upstream).collect()
    }

    fn ranked(strategy: Strategy, of: &[RouteUpstream], loads: [f64; 3], dice: u64) -> Vec<u32> {
        let loads = Loads(loads, [Count::default(); 3]);
        let ranked = ranking(strategy, &loads, dice).rank(of);
        ranked.map_or(vec![0, 1, 2], |ranked| ranked.iter().map(|it| it.0).collect())
    }

    #[test]
    fn upstreams_are_ranked_as_the_strategy_says() {
        let of = upstreams([Some(30), None, Some(10)], [1; 3]);
        assert_eq!(ranked(Strategy::Priority, &of, [0.0; 3], 0), [0, 1, 2]);
        assert_eq!(ranked(Strategy::Cheapest, &of, [0.0; 3], 0), [2, 0, 1]);
        assert_eq!(ranked(Strategy::LeastBusy, &of, [5.0, 0.5, 5.0], 0), [1, 0, 2]);
        let same = upstreams([Some(10); 3], [1; 3]);
        assert_eq!(ranked(Strategy::Cheapest, &same, [0.0; 3], 0), [0, 1, 2]);
    }

    struct Sims([u64; 3]);

    impl Load for Sims {
        fn of(&self, _: UpstreamId) -> f64 {
            0.0
        }

        fn used(&self, upstream: UpstreamId) -> u64 {
            self.0[upstream.0 as usize]
        }
    }

    #[test]
    fn sims_take_turns_and_prefer_their_own_network() {
        let (home, other): (NetworkCode, NetworkCode) = ("26201".parse().unwrap(), "26202".parse().unwrap());
        let mut of = upstreams([None; 3], [1; 3]);
        (of[0].network, of[1].network, of[2].network) = (Some(home), Some(other), Some(home));
        let ranked = |strategy, place| {
            let load = &Sims([9, 2, 5]);
            let ranking = Ranking {
                strategy,
                weights: Weights::default(),
                explore: 0,
                least_delivered: 0,
                load,
                place,
                dice: 0,
            };
            ranking.rank(&of).unwrap().iter().map(|it| it.0).collect::<Vec<_>>()
        };
        assert_eq!(ranked(Strategy::LeastUsed, Place::Network(home)), [1, 2, 0]);
        assert_eq!(ranked(Strategy::OwnNetwork, Place::Network(home)), [2, 0, 1]);
        assert_eq!(ranked(Strategy::OwnNetwork, Place::Network(other)), [1, 2, 0]);
        assert_eq!(ranked(Strategy::OwnNetwork, Place::World), [1, 2, 0]);
    }

    #[test]
    fn weights_are_shares() {
        let of = upstreams([None; 3], [10, 1, 0]);
        let mut firsts = [0u32; 3];
        for dice in 0..11_000 {
            let ranked = ranked(Strategy::Weighted, &of, [0.0; 3], dice);
            firsts[ranked[0] as usize] += 1;
            assert_eq!(ranked[2], 2, "what has no share is the last");
        }
        assert!((9_800..10_200).contains(&firsts[0]) && firsts[2] == 0, "{firsts:?}");
    }

    #[test]
    fn what_was_measured_ranks_once_there_are_enough_samples() {
        let dear = upstreams([Some(40), Some(10), Some(10)], [1; 3]);
        let nothing = [Count::default(); 3];
        let few = [measured(3, 0.4, 1.0), measured(0, 0.0, 0.0), measured(2, 1.0, 30.0)];
        let many = [measured(2_000, 0.97, 6.0), measured(2_000, 0.80, 2.0), measured(2_000, 0.95, 20.0)];
        for (strategy, counts, expected) in [
            (Strategy::Fastest, nothing, [0, 1, 2]),
            (Strategy::Surest, nothing, [0, 1, 2]),
            (Strategy::Score, nothing, [1, 2, 0]),
            (Strategy::Surest, few, [2, 1, 0]),
            (Strategy::Fastest, many, [1, 0, 2]),
            (Strategy::Surest, many, [0, 2, 1]),
            // 1: 17 points fewer; 2: three times as slow; 0: four times as dear, and three times as slow.
            (Strategy::Score, many, [1, 2, 0]),
        ] {
            let loads = Loads([0.0; 3], counts);
            let ranked = ranking(strategy, &loads, 7).rank(&dear).unwrap();
            let ranked: Vec<u32> = ranked.iter().map(|it| it.0).collect();
            assert_eq!(ranked, expected, "{strategy:?} {counts:?}");
        }
        let loads = Loads([0.0; 3], many);
        let weights = Weights { cost: 0.0, time: 0.0, delivered: 1.0, converted: 0.0 };
        let surest = Ranking { weights, ..ranking(Strategy::Score, &loads, 7) }.rank(&dear).unwrap();
        assert_eq!(surest.iter().map(|it| it.0).collect::<Vec<_>>(), [0, 2, 1], "only the share counts");
    }

    #[test]
    fn receipts_that_lie_are_found_out_by_conversions() {
        let of = upstreams([None; 3], [1; 3]);
        let told = |count: Count, convertible, converted| Count { convertible, converted, ..count };
        let (liar, honest) = (measured(900, 0.99, 1.0), measured(900, 0.9, 1.0));
        for (strategy, counts, expected) in [
            (Strategy::Surest, [liar, honest, honest], [0, 1, 2]),
            (Strategy::Surest, [told(liar, 900, 300), told(honest, 900, 600), honest], [1, 2, 0]),
            (Strategy::Score, [told(liar, 900, 300), told(honest, 900, 600), honest], [1, 2, 0]),
            (Strategy::Fastest, [told(liar, 900, 300), told(honest, 900, 600), honest], [0, 1, 2]),
            // Nobody feeds conversions back: all are alike.
            (Strategy::Surest, [told(liar, 900, 0), told(honest, 900, 0), honest], [0, 1, 2]),
        ] {
            let loads = Loads([0.0; 3], counts);
            let ranked = ranking(strategy, &loads, 7).rank(&of).unwrap();
            let ranked: Vec<u32> = ranked.iter().map(|it| it.0).collect();
            assert_eq!(ranked, expected, "{strategy:?} {counts:?}");
        }
        let loads = Loads([0.0; 3], [told(liar, 900, 300), told(honest, 900, 600), honest]);
        let weights = Weights { converted: 0.0, ..Weights::default() };
        let ranked = Ranking { weights, ..ranking(Strategy::Score, &loads, 7) }.rank(&of).unwrap();
        assert_eq!(ranked[0].0, 0, "conversions count nothing");
    }

    #[test]
    fn upstreams_that_deliver_too_little_come_last() {
        let of = upstreams([Some(10), Some(20), Some(30)], [1; 3]);
        let counts = [measured(900, 0.5, 1.0), measured(900, 0.9, 1.0), measured(900, 0.8, 1.0)];
        for (strategy, least_delivered, expected) in [
            (Strategy::Cheapest, 0, [0, 1, 2]),
            (Strategy::Cheapest, 70, [1, 2, 0]),
            (Strategy::Cheapest, 85, [1, 0, 2]),
            (Strategy::Priority, 70, [1, 2, 0]),
            (Strategy::Cheapest, 95, [0, 1, 2]),
        ] {
            let loads = Loads([0.0; 3], counts);
            let ranked = Ranking { least_delivered, ..ranking(strategy, &loads, 7) }.rank(&of).unwrap();
            let ranked: Vec<u32> = ranked.iter().map(|it| it.0).collect();
            assert_eq!(ranked, expected, "{strategy:?}, at least {least_delivered} %");
        }
        let few = Loads([0.0; 3], [measured(3, 0.0, 1.0), measured(0, 0.0, 0.0), measured(0, 0.0, 0.0)]);
        let ranked =
            Ranking { least_delivered: 70, ..ranking(Strategy::Cheapest, &few, 7) }.rank(&of).unwrap();
        assert_eq!(ranked[0].0, 0, "three samples say little");
    }

    #[test]
    fn a_small_share_explores_all_others() {
        let of = upstreams([None; 3], [1; 3]);
        let loads =
            Loads([0.0; 3], [measured(900, 0.99, 1.0), measured(900, 0.9, 1.0), measured(900, 0.5, 1.0)]);
        let mut firsts = [0u32; 3];
        for dice in 0..20_000 {
            let ranked = Ranking { explore: 4, ..ranking(Strategy::Surest, &loads, dice) }.rank(&of).unwrap();
            firsts[ranked[0].0 as usize] += 1;
            assert_eq!(ranked.len(), 3);
        }
        assert!(firsts[1].abs_diff(400) < 80 && firsts[2].abs_diff(400) < 80, "{firsts:?}");
    }
}
