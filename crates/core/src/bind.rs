//! Binds of one upstream that differ from each other, as SIMs do, and which of them a message goes by.

use crate::budget::PartLimits;
use crate::numbering::NetworkCode;
use crate::route::NetworkMatch;

/// A bind with a name, limits and networks of its own, such as a SIM.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bind {
    /// Its name, unique within its upstream. What was used of its limits is kept under it.
    pub name: Box<str>,
    /// The most parts in periods of the calendar.
    pub limits: PartLimits,
    /// The networks whose recipients it is preferred for.
    pub networks: Vec<NetworkMatch>,
}

impl Bind {
    /// Whether recipients in this network are preferably reached by it.
    #[must_use]
    pub fn is_of(&self, network: Option<NetworkCode>) -> bool {
        network.is_some_and(|network| self.networks.iter().any(|own| own.takes(network)))
    }
}

/// How much a bind was used.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BindUse {
    /// The share of its limit for the day or the month that is used, from 0 to 1: the greater of both. 0 without such a limit.
    pub share: f64,
    /// Parts that it took since the start of the process.
    pub parts: u64,
}

/// Whether a bind is a better choice than another for a recipient in this network: first one of the network, then the one that
/// was used less. Of two that are equal neither is.
#[must_use]
pub fn is_better(
    (one, used): (&Bind, BindUse),
    (other, other_used): (&Bind, BindUse),
    network: Option<NetworkCode>,
) -> bool {
    let foreign = other.is_of(network).cmp(&one.is_of(network));
    let order = foreign
        .then_with(|| used.share.total_cmp(&other_used.share))
        .then_with(|| used.parts.cmp(&other_used.parts));
    order.is_lt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_network_goes_before_the_less_used_one() {
        let bind = |networks: &[&str]| Bind {
            networks: networks.iter().map(|network| network.parse().unwrap()).collect(),
            ..Bind::default()
        };
        let used = |share, parts| BindUse { share, parts };
        let home: NetworkCode = "23410".parse().unwrap();
        let (own, country, other) = (bind(&["23410"]), bind(&["234"]), bind(&["26201"]));
        for (one, another, network, expected) in [
            ((&own, used(0.9, 90)), (&other, used(0.1, 10)), Some(home), true),
            ((&country, used(0.9, 90)), (&other, used(0.1, 10)), Some(home), true),
            ((&own, used(0.9, 90)), (&country, used(0.1, 10)), Some(home), false),
            ((&own, used(0.9, 90)), (&other, used(0.1, 10)), None, false),
            ((&other, used(0.1, 90)), (&own, used(0.9, 10)), None, true),
            ((&other, used(0.5, 9)), (&own, used(0.5, 10)), None, true),
            ((&own, used(0.5, 10)), (&own, used(0.5, 10)), Some(home), false),
        ] {
            assert_eq!(is_better(one, another, network), expected, "{one:?} {another:?} {network:?}");
        }
    }
}
