//! The links of an upstream on this node, and since when none is up.

use postrider_core::contract::LinkState;
use postrider_core::time::Time;
use std::collections::{BTreeMap, BTreeSet};

/// The state of each link, by its number. The adapter moves them.
#[derive(Debug, Default)]
pub(crate) struct Links {
    states: BTreeMap<usize, (LinkState, Time)>,
    down_since: Option<Time>,
}

/// The change that a link's new state makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// Whether any link is up now.
    pub(crate) is_up: bool,
    /// Whether this link was bound just now.
    pub(crate) bound: bool,
    /// Whether this link was lost just now.
    pub(crate) lost: bool,
}

impl Links {
    /// Takes note of a link's state.
    pub(crate) fn set(&mut self, link: usize, state: LinkState, now: Time) -> Turn {
        let bound = state == LinkState::Up;
        let before = self.states.insert(link, (state, now));
        let lost = !bound && before.is_some_and(|(before, _)| before == LinkState::Up);
        let is_up = self.states.values().any(|(state, _)| *state == LinkState::Up);
        self.down_since = if is_up { None } else { self.down_since.or(Some(now)) };
        Turn { is_up, bound, lost }
    }

    /// Since when no link is up, if none is and one ever was told of.
    pub(crate) const fn down_since(&self) -> Option<Time> {
        self.down_since
    }

    /// The binds, of so many, of which this node has a link in whatever state that is not [`LinkState::Elsewhere`].
    pub(crate) fn binds(&self, binds: u16) -> BTreeSet<u16> {
        let binds = usize::from(binds.max(1));
        let here = self.states.iter().filter(|(_, (state, _))| state.is_here());
        here.filter_map(|(link, _)| u16::try_from(link % binds).ok()).collect()
    }

    /// The links' states.
    pub(crate) fn states(&self) -> Vec<LinkState> {
        self.states.values().map(|(state, _)| state.clone()).collect()
    }

    /// The links' states; of one that is down, how long until it is tried again from `now`.
    pub(crate) fn states_at(&self, now: Time) -> Vec<LinkState> {
        let state = |(state, since): &(LinkState, Time)| match state.clone() {
            LinkState::Down { reason, retry_in } => {
                LinkState::Down { reason, retry_in: retry_in.saturating_sub(now.since(*since)) }
            }
            state => state,
        };
        self.states.values().map(state).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn down(seconds: u64) -> LinkState {
        LinkState::Down { reason: "refused".into(), retry_in: Duration::from_secs(seconds) }
    }

    #[test]
    fn an_upstream_is_down_since_its_last_link_went() {
        let mut links = Links::default();
        assert_eq!(links.down_since(), None);
        links.set(0, LinkState::Connecting, Time(1));
        assert_eq!(links.down_since(), Some(Time(1)));
        assert_eq!(links.set(0, LinkState::Up, Time(2)), Turn { is_up: true, bound: true, lost: false });
        assert_eq!(links.down_since(), None);
        links.set(1, LinkState::Up, Time(3));
        assert_eq!(links.set(0, down(5), Time(4)), Turn { is_up: true, bound: false, lost: true });
        links.set(1, down(5), Time(6));
        links.set(0, LinkState::Connecting, Time(7));
        assert_eq!(links.down_since(), Some(Time(6)));
    }

    #[test]
    fn links_count_for_their_binds_until_they_are_elsewhere() {
        let mut links = Links::default();
        for link in 0..4 {
            links.set(link, LinkState::Up, Time(1));
        }
        links.set(1, LinkState::Elsewhere, Time(2));
        assert_eq!(links.binds(2), [0, 1].into(), "link 3 is of bind 1 too");
        links.set(3, LinkState::Elsewhere, Time(2));
        assert_eq!(links.binds(2), [0].into());
    }

    #[test]
    fn the_wait_until_the_next_try_shrinks() {
        let mut links = Links::default();
        links.set(0, down(5), Time(1_000));
        assert_eq!(links.states_at(Time(3_000)), [down(3)]);
        assert_eq!(links.states_at(Time(9_000)), [down(0)]);
    }
}
