//! Which sessions of an upstream are up, so that it is noticed when the carrier ends one for the sake of another: some admit
//! fewer than they were asked for, and say so in no other way. Of those on other nodes one hears a moment later.

use postrider_core::contract::Elsewhere;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How soon after a bind the session is ended that has to make room for it. Servers are known that look once a second.
const SOON: Duration = Duration::from_secs(2);
/// How much later than the end of a session it may be heard that another node has bound the one that it made room for: before
/// any session that ended with it can be back.
pub(super) const HEARD: Duration = Duration::from_millis(500);

/// The sessions of an upstream that are up on this node, by link, each with the time of its bind.
#[derive(Debug)]
pub(super) struct Siblings(Mutex<Vec<Option<Instant>>>);

/// A session that has ended, and whether another of this node was bound after it, so lately that this may be why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    since: Instant,
    at: Instant,
    rival: bool,
}

impl Siblings {
    /// None of so many links is up.
    pub(super) fn new(links: usize) -> Self {
        Self(Mutex::new(vec![None; links]))
    }

    /// The link is bound.
    pub(super) fn bound(&self, link: usize, now: Instant) {
        self.locked()[link] = Some(now);
    }

    /// The link has ended; returns what is to be known of it, if it was up.
    pub(super) fn ended(&self, link: usize, now: Instant) -> Option<Ended> {
        let mut up = self.locked();
        let own = up[link].take()?;
        let lately = |since: &Instant| *since > own && now.duration_since(*since) <= SOON;
        let rival = up.iter().flatten().any(lately);
        Some(Ended { since: own, at: now, rival })
    }

    /// Whether that session seems to have made room for another, [`HEARD`] after its end: one was bound right before, on this
    /// node or `elsewhere`, and one is up. If none is, the carrier had another reason.
    pub(super) fn made_room(&self, ended: Ended, elsewhere: Elsewhere) -> bool {
        let fits =
            |bound: Instant| bound > ended.since && bound <= ended.at + HEARD && ended.at <= bound + SOON;
        let had_rival = ended.rival || elsewhere.bound.is_some_and(fits);
        had_rival && (self.are_up() || elsewhere.up)
    }

    /// Whether any link is up.
    pub(super) fn are_up(&self) -> bool {
        self.locked().iter().any(Option::is_some)
    }

    fn locked(&self) -> MutexGuard<'_, Vec<Option<Instant>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    const NOWHERE: Elsewhere = Elsewhere { bound: None, up: false };

    #[test]
    fn a_session_that_ends_right_after_another_was_bound_may_have_made_room_for_it() {
        let (siblings, start) = (Siblings::new(3), Instant::now());
        siblings.bound(0, start);
        siblings.bound(2, at(start, 10_000));
        let ended = siblings.ended(0, at(start, 11_000)).unwrap();
        assert!(siblings.made_room(ended, NOWHERE));
        // That one has made room for a third.
        siblings.bound(1, at(start, 11_300));
        siblings.ended(2, at(start, 11_300));
        assert!(siblings.made_room(ended, NOWHERE));
        // All are gone.
        siblings.ended(1, at(start, 11_400));
        assert!(!siblings.made_room(ended, NOWHERE));
    }

    #[test]
    fn a_session_that_ends_long_after_others_were_bound_or_before_has_other_reasons() {
        let (siblings, start) = (Siblings::new(2), Instant::now());
        siblings.bound(0, start);
        siblings.bound(1, at(start, 100));
        let ended = siblings.ended(1, at(start, 200)).unwrap();
        assert!(!siblings.made_room(ended, NOWHERE));
        siblings.bound(1, at(start, 300));
        let ended = siblings.ended(0, at(start, 2_301)).unwrap();
        assert!(!siblings.made_room(ended, NOWHERE));
        // What was never up made no room.
        assert_eq!(siblings.ended(0, at(start, 2_302)), None);
    }

    #[test]
    fn a_session_may_have_made_room_for_one_of_another_node_of_which_is_heard_a_moment_later() {
        let (siblings, start) = (Siblings::new(1), Instant::now());
        let heard = |ms, up| Elsewhere { bound: Some(at(start, ms)), up };
        siblings.bound(0, start);
        let ended = siblings.ended(0, at(start, 10_000)).unwrap();
        for (bound, made_room) in [(8_000, true), (10_400, true), (7_999, false), (10_501, false)] {
            assert_eq!(siblings.made_room(ended, heard(bound, true)), made_room, "{bound}");
        }
        assert!(!siblings.made_room(ended, heard(10_000, false)), "that one is gone, too");
        siblings.bound(0, at(start, 20_000));
        let ended = siblings.ended(0, at(start, 20_100)).unwrap();
        assert!(!siblings.made_room(ended, heard(19_999, true)), "it came later itself");
    }
}
