//! The binds of an upstream that are this node's to keep, and for how long they surely are.

use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// How long answers are waited for when a bind is given up to another node, which then takes its place.
const GIVE_UP: Duration = Duration::from_secs(10);
/// How long they are waited for when others may take the bind's place at any moment.
const FENCED: Duration = Duration::from_millis(500);

/// This node's binds of one upstream. The node's beat moves them.
#[derive(Debug)]
pub(crate) struct Binds {
    kept: BTreeSet<u16>,
    /// Until when they are this node's for sure. It is looked at before each message, since whoever would stop the sending
    /// may come too late when the whole process stood still.
    trusted: Instant,
    /// Whether they were given up because this node can't be sure of them any more.
    is_fenced: bool,
}

impl Binds {
    /// None yet.
    pub(crate) const fn none(now: Instant) -> Self {
        Self { kept: BTreeSet::new(), trusted: now, is_fenced: false }
    }

    /// The binds, counted from 0.
    pub(crate) const fn kept(&self) -> &BTreeSet<u16> {
        &self.kept
    }

    /// Whether this bind is this node's to keep.
    pub(crate) fn keeps(&self, bind: usize) -> bool {
        u16::try_from(bind).is_ok_and(|bind| self.kept.contains(&bind))
    }

    /// Whether anything may be sent over them.
    pub(crate) fn may_send(&self, now: Instant) -> bool {
        !self.kept.is_empty() && now < self.trusted
    }

    /// Takes on which binds are this node's from now on; tells whether that changed.
    pub(crate) fn assign(&mut self, binds: BTreeSet<u16>) -> bool {
        self.is_fenced &= binds.is_empty();
        let changed = self.kept != binds;
        self.kept = binds;
        changed
    }

    /// Takes on until when they are this node's for sure; tells whether they were in doubt.
    pub(crate) fn trust(&mut self, until: Instant, now: Instant) -> bool {
        std::mem::replace(&mut self.trusted, until) <= now
    }

    /// Gives all up at once: other nodes may take them at any moment. Tells whether there were any.
    pub(crate) fn fence(&mut self) -> bool {
        self.is_fenced = true;
        !std::mem::take(&mut self.kept).is_empty()
    }

    /// How long answers may be waited for on a bind that is not this node's any more.
    pub(crate) const fn grace(&self) -> Duration {
        if self.is_fenced { FENCED } else { GIVE_UP }
    }

    /// This node's share of a window over so many binds in all.
    pub(crate) fn share_of_window(&self, window: usize, binds: u16) -> usize {
        window * self.kept.len() / usize::from(binds.max(1))
    }

    /// This node's share of a rate over so many binds in all.
    pub(crate) fn share_of_rate(&self, rate: f64, binds: u16) -> f64 {
        rate * f64::from(u16::try_from(self.kept.len()).unwrap_or(u16::MAX)) / f64::from(binds.max(1))
    }
}

#[cfg(test)]
mod tests {
    #![expect(
        clippy::disallowed_methods,
        reason = "a virtual clock starts at a real moment; there is no other"
    )]

    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn nothing_is_sent_over_binds_that_are_not_surely_kept() {
        let start = Instant::now();
        let mut binds = Binds::none(start);
        binds.trust(start + s(3), start);
        assert!(!binds.may_send(start), "there are none");
        assert!(binds.assign([0, 1].into()) && !binds.assign([0, 1].into()));
        assert!(binds.may_send(start + s(2)) && !binds.may_send(start + s(3)));
        assert!(binds.trust(start + s(9), start + s(4)), "they were in doubt");
        assert!(!binds.trust(start + s(10), start + s(5)));
    }

    #[test]
    fn fenced_binds_end_sooner_than_those_given_up_in_order() {
        let mut binds = Binds::none(Instant::now());
        binds.assign([0].into());
        assert_eq!((binds.keeps(0), binds.keeps(1), binds.grace()), (true, false, GIVE_UP));
        assert!(binds.fence() && !binds.keeps(0));
        assert_eq!(binds.grace(), FENCED);
        binds.assign(BTreeSet::new());
        assert_eq!(binds.grace(), FENCED, "until it has binds again");
        binds.assign([0].into());
        assert_eq!(binds.grace(), GIVE_UP);
    }

    #[test]
    fn window_and_rate_are_shared_by_binds() {
        let mut binds = Binds::none(Instant::now());
        binds.assign([0, 2].into());
        assert_eq!((binds.share_of_window(10, 4), binds.share_of_rate(100.0, 4)), (5, 50.0));
        assert_eq!(binds.share_of_window(10, 0), 20, "binds of none count as one");
    }
}
