//! Sessions of users who have signed in, and links by which they set their passwords.

use super::UserId;
use crate::time::Time;
use std::time::Duration;

/// The SHA-256 of a session's token. Tokens are random and long, so that a plain hash keeps them.
pub type TokenHash = [u8; 32];

/// The SHA-256 of a link's token.
pub type LinkHash = [u8; 32];

/// A session's number: random, at least 1. It names the session in lists and proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// A session: a browser in which somebody has signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its number.
    pub id: SessionId,
    /// The hash of its token.
    pub token: TokenHash,
    /// Whose it is.
    pub user: UserId,
    /// When it began.
    pub created: Time,
    /// When it was used last, to the minute.
    pub seen: Time,
    /// When the user proved last who they are: at the sign-in, or since.
    pub proved: Time,
    /// The address that it began from.
    pub address: Box<str>,
    /// The browser's own name (`User-Agent`), cut short.
    pub agent: Box<str>,
}

/// How long sessions last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// The longest time without a use.
    pub idle: Duration,
    /// The longest time in all.
    pub absolute: Duration,
    /// How long a proof is fresh: for changes of keys, prices and users, and for exports.
    pub fresh: Duration,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self {
            idle: Duration::from_hours(1),
            absolute: Duration::from_hours(12),
            fresh: Duration::from_mins(10),
        }
    }
}

/// Sessions that are over: neither used nor begun since these times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverSessions {
    /// Not used since.
    pub seen: Time,
    /// Begun before.
    pub created: Time,
}

impl SessionLimits {
    /// The sessions that are over at this time.
    #[must_use]
    pub fn over(&self, now: Time) -> OverSessions {
        OverSessions { seen: now - self.idle, created: now - self.absolute }
    }
}

impl Session {
    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self, limits: &SessionLimits, now: Time) -> bool {
        let OverSessions { seen, created } = limits.over(now);
        self.seen <= seen || self.created <= created
    }

    /// Whether its user has proved within the last minutes who they are.
    #[must_use]
    pub fn is_fresh(&self, limits: &SessionLimits, now: Time) -> bool {
        self.proved > now - limits.fresh
    }
}

/// A link by which somebody sets a password, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetupLink {
    /// The hash of its token.
    pub token: LinkHash,
    /// Whose password; `None` is the first owner, who isn't declared yet.
    pub user: Option<UserId>,
    /// When it ceases to be valid.
    pub expires: Time,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session() -> Session {
        Session {
            id: SessionId(1),
            token: [7; 32],
            user: UserId(1),
            created: Time(0),
            seen: Time(0),
            proved: Time(0),
            address: "192.0.2.1".into(),
            agent: "Firefox".into(),
        }
    }

    #[test]
    fn a_session_ends_when_it_isn_t_used_and_in_any_case_some_day() {
        let limits = SessionLimits::default();
        let minutes = |count: i64| Time(count * 60_000);
        let over = |seen, now| Session { seen, ..session() }.is_over(&limits, now);
        assert!(!over(minutes(0), minutes(59)));
        assert!(over(minutes(0), minutes(60)));
        assert!(!over(minutes(700), minutes(719)));
        assert!(over(minutes(719), minutes(720)));
    }

    #[test]
    fn a_proof_is_fresh_for_minutes() {
        let limits = SessionLimits::default();
        let fresh = |now| session().is_fresh(&limits, Time(now));
        assert!(fresh(599_999) && !fresh(600_000));
    }
}
