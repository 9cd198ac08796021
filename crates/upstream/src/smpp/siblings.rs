//! Which sessions of an upstream are up, so that it is noticed when the carrier ends one for the sake of another: some admit
//! fewer than they were asked for, and say so in no other way.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How soon after a bind the session is ended that has to make room for it. Servers are known that look once a second.
const SOON: Duration = Duration::from_secs(2);

/// The sessions of an upstream that are up on this node, by link, each with the time of its bind.
#[derive(Debug)]
pub(super) struct Siblings(Mutex<Vec<Option<Instant>>>);

/// A session that may have taken the place of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rival {
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

    /// The link has ended; returns the last session that was bound after it, if so lately that this may be why.
    pub(super) fn ended(&self, link: usize, now: Instant) -> Option<Rival> {
        let mut up = self.locked();
        let own = up[link].take()?;
        let rivals = up.iter().enumerate().filter_map(|(link, since)| Some(Rival { link, since: (*since)? }));
        let lately = |rival: &Rival| rival.since > own && now.duration_since(rival.since) <= SOON;
        rivals.filter(lately).max_by_key(|rival| rival.since)
    }

    /// Whether that session is still up: if it isn't, the carrier ended both for another reason.
    pub(super) fn stays(&self, rival: Rival) -> bool {
        self.locked()[rival.link] == Some(rival.since)
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
        let rival = siblings.ended(0, at(start, 11_000)).unwrap();
        assert_eq!(rival, Rival { link: 2, since: at(start, 10_000) });
        assert!(siblings.stays(rival));
        // The same link, and not the same session.
        siblings.ended(2, at(start, 12_000));
        siblings.bound(2, at(start, 13_000));
        assert!(!siblings.stays(rival));
    }

    #[test]
    fn a_session_that_ends_long_after_others_were_bound_or_before_has_other_reasons() {
        let (siblings, start) = (Siblings::new(2), Instant::now());
        siblings.bound(0, start);
        siblings.bound(1, at(start, 100));
        assert_eq!(siblings.ended(1, at(start, 200)), None);
        siblings.bound(1, at(start, 300));
        assert_eq!(siblings.ended(0, at(start, 2_301)), None);
        // What was never up made no room.
        assert_eq!(siblings.ended(0, at(start, 2_302)), None);
    }
}
