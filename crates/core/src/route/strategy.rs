//! Strategies: how the upstreams of a route are ranked for a message.

use super::UpstreamId;

/// Costs are whole numbers of millionths.
pub const COST_UNIT: f64 = 1_000_000.0;

/// An upstream of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RouteUpstream {
    /// The upstream.
    pub upstream: UpstreamId,
    /// The cost of a part, in millionths; `None` if it isn't known, which counts as dearer than any.
    pub cost: Option<u64>,
    /// Its share of the messages, in proportion to the others'; 0 is for fail-over alone.
    pub weight: u32,
}

impl RouteUpstream {
    /// An upstream without a cost and with the usual weight.
    #[must_use]
    pub const fn plain(upstream: UpstreamId) -> Self {
        Self { upstream, cost: None, weight: 1 }
    }
}

/// How much upstreams have to do.
pub trait Load {
    /// The time that the upstream's work takes, in any unit: parts that wait or are unanswered, by what it sends a second.
    fn of(&self, upstream: UpstreamId) -> f64;

    /// The cost of a part by an upstream of a route, in millionths, if it is known.
    fn cost(&self, upstream: &RouteUpstream) -> Option<u64> {
        upstream.cost
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
    /// Each first for its share of the messages.
    Weighted,
    /// The one with the least to do first.
    LeastBusy,
}

impl Strategy {
    /// The word for it in every API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Cheapest => "cheapest",
            Self::Weighted => "weighted",
            Self::LeastBusy => "least_busy",
        }
    }

    /// The upstreams in the order in which they are tried; `None` for the declared order.
    pub(super) fn rank(
        self,
        upstreams: &[RouteUpstream],
        load: &dyn Load,
        dice: u64,
    ) -> Option<Box<[UpstreamId]>> {
        if self == Self::Priority || upstreams.len() < 2 {
            return None;
        }
        let mut scored: Vec<(f64, UpstreamId)> =
            upstreams.iter().map(|it| (self.score(it, load, dice), it.upstream)).collect();
        scored.sort_by(|(one, _), (other, _)| one.total_cmp(other));
        Some(scored.into_iter().map(|(_, upstream)| upstream).collect())
    }

    /// What an upstream is ranked by: the least is the first. Equal ones keep the declared order.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "costs are far below where a float loses a millionth")]
    pub fn score(self, upstream: &RouteUpstream, load: &dyn Load, dice: u64) -> f64 {
        match self {
            Self::Priority => 0.0,
            Self::Cheapest => load.cost(upstream).map_or(f64::INFINITY, |cost| cost as f64 / COST_UNIT),
            Self::Weighted => {
                // The least of exponential draws falls to each in proportion to its rate (Efraimidis and Spirakis, 2006).
                let draw = (mix(dice, u64::from(upstream.upstream.0)) >> 11) as f64 / (1u64 << 53) as f64;
                -(1.0 - draw).ln() / f64::from(upstream.weight)
            }
            Self::LeastBusy => load.of(upstream.upstream),
        }
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

    struct Loads([f64; 3]);

    impl Load for Loads {
        fn of(&self, upstream: UpstreamId) -> f64 {
            self.0[upstream.0 as usize]
        }
    }

    fn upstreams(costs: [Option<u64>; 3], weights: [u32; 3]) -> Vec<RouteUpstream> {
        let upstream = |(id, (cost, weight))| RouteUpstream { upstream: UpstreamId(id), cost, weight };
        (0..).zip(costs.into_iter().zip(weights)).map(upstream).collect()
    }

    fn ranked(strategy: Strategy, of: &[RouteUpstream], loads: [f64; 3], dice: u64) -> Vec<u32> {
        let ranked = strategy.rank(of, &Loads(loads), dice);
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
}
