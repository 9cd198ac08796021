//! Which sessions of an upstream are up, so that it is noticed when the carrier ends one for the sake of another: some admit
//! fewer than they were asked for, and say so in no other way. Of those on other nodes one hears a moment later.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How soon after a bind the session is ended that has to make room for it. Servers are known that look once a second.
const SOON: Duration = Duration::from_secs(2);
/// How much later than the end of a session it may be heard that another node has bound the one that it made room for.
const HEARD: Duration = Duration::from_millis(500);

/// The sessions of an upstream that are up on this node, by link, each with the time of its bind.
#[derive(Debug)]
pub(super) struct Siblings(Mutex<Vec<Option<Instant>>>);

/// A session that has ended, and the last one of this node that was bound after it, if so lately that this may be why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    since: Instant,
    at: Instant,
    rival: Option<Rival>,
}

/// A session that may have taken the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rival {
    link: usize,
    since: Instant,
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
        let rivals = up.iter().enumerate().filter_map(|(link, since)| Some(Rival { link, since: (*since)? }));
        let lately = |rival: &Rival| rival.since > own && now.duration_since(rival.since) <= SOON;
        let rival = rivals.filter(lately).max_by_key(|rival| rival.since);
        Some(Ended { since: own, at: now, rival })
    }

    /// Whether that session seems to have made room for another that is still up: on this node, or on another of which it was
    /// heard `elsewhere` that it was bound. If none is, the carrier had another reason.
    pub(super) fn made_room(&self, ended: Ended, elsewhere: Option<Instant>) -> bool {
        let stays = |rival: Rival| self.locked()[rival.link] == Some(rival.since);
        let fits =
            |bound: Instant| bound > ended.since && bound <= ended.at + HEARD && ended.at <= bound + SOON;
        ended.rival.is_some_and(stays) || elsewhere.is_some_and(fits)
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

    #[test]
    fn a_session_that_ends_right_after_another_was_bound_may_have_made_room_for_it() {
        let (siblings, start) = (Siblings::new(3), Instant::now());
        siblings.bound(0, start);
        siblings.bound(2, at(start, 10_000));
        let ended = siblings.ended(0, at(start, 11_000)).unwrap();
        assert!(siblings.made_room(ended, None));
        // The same link, and not the same session.
        siblings.ended(2, at(start, 12_000));
        siblings.bound(2, at(start, 13_000));
        assert!(!siblings.made_room(ended, None));
    }

    #[test]
    fn a_session_that_ends_long_after_others_were_bound_or_before_has_other_reasons() {
        let (siblings, start) = (Siblings::new(2), Instant::now());
        siblings.bound(0, start);
        siblings.bound(1, at(start, 100));
        let ended = siblings.ended(1, at(start, 200)).unwrap();
        assert!(!siblings.made_room(ended, None));
        siblings.bound(1, at(start, 300));
        let ended = siblings.ended(0, at(start, 2_301)).unwrap();
        assert!(!siblings.made_room(ended, None));
        assert!(siblings.are_up());
        // What was never up made no room.
        assert_eq!(siblings.ended(0, at(start, 2_302)), None);
        siblings.ended(1, at(start, 2_303));
        assert!(!siblings.are_up());
    }

    #[test]
    fn a_session_may_have_made_room_for_one_of_another_node_of_which_is_heard_a_moment_later() {
        let (siblings, start) = (Siblings::new(1), Instant::now());
        siblings.bound(0, start);
        let ended = siblings.ended(0, at(start, 10_000)).unwrap();
        for (bound, made_room) in [(8_000, true), (10_400, true), (7_999, false), (10_501, false)] {
            assert_eq!(siblings.made_room(ended, Some(at(start, bound))), made_room, "{bound}");
        }
        siblings.bound(0, at(start, 20_000));
        let ended = siblings.ended(0, at(start, 20_100)).unwrap();
        assert!(!siblings.made_room(ended, Some(at(start, 19_999))), "it came later itself");
    }
}
