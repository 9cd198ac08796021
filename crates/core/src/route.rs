//! Routing: the first route whose conditions a message meets makes the ranked plan of its upstreams.

mod after_receipt;
mod conditions;
pub mod idle;
mod index;
mod strategy;
mod table;

pub use after_receipt::AfterReceipt;
pub use conditions::{Conditions, Mismatch, NetworkMatch, SenderMatch};
pub(crate) use strategy::mix;
pub use strategy::{COST_UNIT, EXPLORE_USUAL, Load, Ranking, RouteUpstream, Strategy, Weights};
pub(crate) use table::is_prefix;
pub use table::{Asked, ORDER_USUAL, Route, Table};

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// An upstream's number in the store; its name is what people use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UpstreamId(pub u32);

/// The ranked plan of a message: its route's upstreams, best first. It is made once, when the message is accepted, and kept
/// with the message; retries and fail-over walk it.
///
/// Its short form, as text, is `1,2 world`: the upstreams' numbers, and the route's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The name of the route that made it.
    pub route: Box<str>,
    /// The upstreams, best first.
    pub upstreams: Box<[UpstreamId]>,
}

/// Why an upstream was chosen among those of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It is the first.
    First,
    /// Those before it are down.
    OthersDown,
    /// An attempt by another failed.
    OthersFailed,
    /// All are down; it will be waited for.
    AllDown,
}

impl Plan {
    /// The plan with this upstream behind all others, if it is one of its.
    #[must_use]
    pub fn with_last(self: Arc<Self>, avoided: UpstreamId) -> Arc<Self> {
        let mut upstreams = self.upstreams.to_vec();
        upstreams.sort_by_key(|upstream| *upstream == avoided);
        if *upstreams == *self.upstreams {
            return self;
        }
        Arc::new(Self { route: self.route.clone(), upstreams: upstreams.into() })
    }

    /// Chooses an upstream: those that are up in order, a different one at each further attempt, and the first when all are
    /// down, since a message waits for its way rather than fail. `None` for a plan without upstreams.
    pub fn choose(&self, attempt: u16, up: impl Fn(UpstreamId) -> bool) -> Option<(UpstreamId, Why)> {
        let first = *self.upstreams.first()?;
        let standing = self.upstreams.iter().filter(|upstream| up(**upstream)).count();
        if standing == 0 {
            return Some((first, Why::AllDown));
        }
        let turn = usize::from(attempt) % standing;
        let upstream = *self.upstreams.iter().filter(|upstream| up(**upstream)).nth(turn)?;
        let why = match (upstream == first, attempt) {
            (true, _) => Why::First,
            (false, 0) => Why::OthersDown,
            (false, _) => Why::OthersFailed,
        };
        Some((upstream, why))
    }

    /// Chooses the upstream of a new message as [`Plan::choose`] does, but passes over those without room, as long as one that is up
    /// has some.
    pub fn choose_roomy(
        &self,
        up: impl Fn(UpstreamId) -> bool,
        has_room: impl Fn(UpstreamId) -> bool,
    ) -> Option<UpstreamId> {
        let roomy = self.upstreams.iter().copied().find(|upstream| up(*upstream) && has_room(*upstream));
        roomy.or_else(|| self.choose(0, up).map(|(upstream, _)| upstream))
    }

    /// The next upstream behind `from`: the first of them that is up, or else the first of them, which is waited for.
    /// `None` behind the last, and where the plan doesn't have `from`.
    pub fn behind(&self, from: UpstreamId, up: impl Fn(UpstreamId) -> bool) -> Option<UpstreamId> {
        let place = self.upstreams.iter().position(|upstream| *upstream == from)?;
        let rest = self.upstreams.get(place + 1..)?;
        rest.iter().find(|upstream| up(**upstream)).or_else(|| rest.first()).copied()
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, upstream) in self.upstreams.iter().enumerate() {
            let comma = if place == 0 { "" } else { "," };
            write!(f, "{comma}{}", upstream.0)?;
        }
        write!(f, " {}", self.route)
    }
}

/// A text is no short form of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a plan")]
pub struct NotAPlan;

impl FromStr for Plan {
    type Err = NotAPlan;

    fn from_str(text: &str) -> Result<Self, NotAPlan> {
        let (numbers, route) = text.split_once(' ').ok_or(NotAPlan)?;
        let number = |number: &str| number.parse().map(UpstreamId).map_err(|_| NotAPlan);
        let upstreams = numbers.split(',').filter(|number| !number.is_empty()).map(number);
        Ok(Self { route: route.into(), upstreams: upstreams.collect::<Result<_, _>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: UpstreamId = UpstreamId(1);
    const B: UpstreamId = UpstreamId(2);
    const C: UpstreamId = UpstreamId(3);

    #[test]
    fn behind_one_upstream_comes_the_next_that_is_up() {
        let plan = Plan { route: "britain".into(), upstreams: [A, B, C].into() };
        let next = |from, up: &[UpstreamId]| plan.behind(from, |upstream| up.contains(&upstream));
        assert_eq!(next(A, &[A, B, C]), Some(B));
        assert_eq!(next(A, &[A, C]), Some(C));
        assert_eq!(next(A, &[A]), Some(B), "it is waited for");
        assert_eq!(next(C, &[A, B, C]), None);
        assert_eq!(next(UpstreamId(9), &[A, B, C]), None);
    }

    #[test]
    fn the_order_holds_unless_one_is_down_or_has_failed() {
        let plan = Plan { route: "britain".into(), upstreams: [B, C].into() };
        let choose = |attempt, up: &[UpstreamId]| plan.choose(attempt, |id| up.contains(&id)).unwrap();
        assert_eq!(choose(0, &[B, C]), (B, Why::First));
        assert_eq!(choose(1, &[B, C]), (C, Why::OthersFailed));
        assert_eq!(choose(2, &[B, C]), (B, Why::First));
        assert_eq!(choose(0, &[C]), (C, Why::OthersDown));
        assert_eq!(choose(5, &[]), (B, Why::AllDown));
    }

    #[test]
    fn a_full_upstream_is_passed_over_while_another_has_room() {
        let plan = Plan { route: "britain".into(), upstreams: [A, B, C].into() };
        let choose = |up: &[UpstreamId], roomy: &[UpstreamId]| {
            plan.choose_roomy(|id| up.contains(&id), |id| roomy.contains(&id)).unwrap()
        };
        assert_eq!(choose(&[A, B, C], &[A, B, C]), A);
        assert_eq!(choose(&[A, B, C], &[B, C]), B);
        assert_eq!(choose(&[A, C], &[B, C]), C);
        assert_eq!(choose(&[B, C], &[A]), B, "all that are up are full");
        assert_eq!(choose(&[], &[A, B]), A, "all are down");
    }

    #[test]
    fn a_plan_reads_back_its_short_form() {
        for text in ["1 world", "12,3 route of two words", " nowhere"] {
            assert_eq!(text.parse::<Plan>().map(|plan| plan.to_string()), Ok(text.to_owned()));
        }
        for bad in ["", "1", "x world", "1,-2 world"] {
            assert_eq!(bad.parse::<Plan>(), Err(NotAPlan), "{bad}");
        }
    }
}
