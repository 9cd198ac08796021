//! Sessions that the carrier ends to make room for others of the same upstream. Some
//! carriers admit fewer sessions than they were asked for, and say so in no other way. News of other nodes' sessions come
//! a moment later.

use postrider_core::contract::RemoteLinks;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How soon after a login the carrier ends the session that makes room for it. Some servers look once a second.
const SOON: Duration = Duration::from_secs(2);
/// Grace for news that another node's session evicted ours. It is over before any session that ended can be back.
pub(super) const GRACE: Duration = Duration::from_millis(500);

/// The sessions of an upstream that are up on this node, by link, each with the time of its login.
#[derive(Debug)]
pub(super) struct Evictions(Mutex<Vec<Option<Instant>>>);

/// A session that has ended, and whether a later session of this node came up so lately that this may be why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ended {
    since: Instant,
    at: Instant,
    rival: bool,
}

impl Evictions {
    /// None of so many links is up.
    pub(super) fn new(links: usize) -> Self {
        Self(Mutex::new(vec![None; links]))
    }

    /// The link is up.
    pub(super) fn up(&self, link: usize, now: Instant) {
        self.locked()[link] = Some(now);
    }

    /// The link has ended; returns the end of its session, if it was up.
    pub(super) fn ended(&self, link: usize, now: Instant) -> Option<Ended> {
        let mut up = self.locked();
        let own = up[link].take()?;
        let lately = |since: &Instant| *since > own && now.duration_since(*since) <= SOON;
        let rival = up.iter().flatten().any(lately);
        Some(Ended { since: own, at: now, rival })
    }

    /// Whether the session seems to have been evicted, asked [`GRACE`] after its end: another one came up at about that time,
    /// on this node or a remote one, and one is up. If none is, the carrier had another reason. The end of a session is
    /// sometimes read before the login that it made room for.
    pub(super) fn was_evicted(&self, ended: Ended, remote: RemoteLinks) -> bool {
        let fits = |up: Instant| up > ended.since && up <= ended.at + GRACE && ended.at <= up + SOON;
        let is_here = self.locked().iter().flatten().any(|up| fits(*up));
        let had_rival = ended.rival || is_here || remote.bound.is_some_and(fits);
        had_rival && (self.are_up() || remote.up)
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

    const NOWHERE: RemoteLinks = RemoteLinks { bound: None, up: false };

    #[test]
    fn an_end_may_be_read_before_the_login_that_it_made_room_for() {
        let (evictions, start) = (Evictions::new(2), crate::now());
        evictions.up(0, start);
        let ended = evictions.ended(0, at(start, 1_000)).unwrap();
        evictions.up(1, at(start, 1_001));
        assert!(evictions.was_evicted(ended, NOWHERE));
        evictions.up(1, at(start, 1_501));
        assert!(!evictions.was_evicted(ended, NOWHERE), "that one came too late");
    }

    #[test]
    fn a_session_that_ends_right_after_another_came_up_may_be_evicted() {
        let (evictions, start) = (Evictions::new(3), crate::now());
        evictions.up(0, start);
        evictions.up(2, at(start, 10_000));
        let ended = evictions.ended(0, at(start, 11_000)).unwrap();
        assert!(evictions.was_evicted(ended, NOWHERE));
        // That one was evicted by a third.
        evictions.up(1, at(start, 11_300));
        evictions.ended(2, at(start, 11_300));
        assert!(evictions.was_evicted(ended, NOWHERE));
        // All are gone.
        evictions.ended(1, at(start, 11_400));
        assert!(!evictions.was_evicted(ended, NOWHERE));
    }

    #[test]
    fn a_session_that_ends_long_after_others_came_up_or_before_has_other_reasons() {
        let (evictions, start) = (Evictions::new(2), crate::now());
        evictions.up(0, start);
        evictions.up(1, at(start, 100));
        let ended = evictions.ended(1, at(start, 200)).unwrap();
        assert!(!evictions.was_evicted(ended, NOWHERE));
        evictions.up(1, at(start, 300));
        let ended = evictions.ended(0, at(start, 2_301)).unwrap();
        assert!(!evictions.was_evicted(ended, NOWHERE));
        // What was never up was not evicted.
        assert_eq!(evictions.ended(0, at(start, 2_302)), None);
    }

    #[test]
    fn a_session_of_another_node_may_have_evicted_it_of_which_is_heard_a_moment_later() {
        let (evictions, start) = (Evictions::new(1), crate::now());
        let heard = |ms, up| RemoteLinks { bound: Some(at(start, ms)), up };
        evictions.up(0, start);
        let ended = evictions.ended(0, at(start, 10_000)).unwrap();
        for (bound, was_evicted) in [(8_000, true), (10_400, true), (7_999, false), (10_501, false)] {
            assert_eq!(evictions.was_evicted(ended, heard(bound, true)), was_evicted, "{bound}");
        }
        assert!(!evictions.was_evicted(ended, heard(10_000, false)), "that one is gone, too");
        evictions.up(0, at(start, 20_000));
        let ended = evictions.ended(0, at(start, 20_100)).unwrap();
        assert!(!evictions.was_evicted(ended, heard(19_999, true)), "it came later itself");
    }
}
