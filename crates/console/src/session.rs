//! Sessions: the seam between the console and those who sign in.
//!
//! A user signs in by name and password, and the API gives a token for it, which the browser keeps in a cookie that no script can
//! read. Whoever shows a key of the API instead, an administrator's or an account's, gets a token in its place; the key stays in
//! this node's memory until the session ends.

use crate::cookies;
use axum::http::{HeaderMap, HeaderValue};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const COOKIE: &str = "postrider_session";
/// What tokens of users' sessions begin with.
const OF_USER: &str = "ps_";
/// The longest life of a session.
const LIFE: SignedDuration = SignedDuration::from_hours(12);
/// The longest time without a request.
const IDLE: SignedDuration = SignedDuration::from_hours(1);
/// The most sessions of a node. The one that was idle for longest ends for another.
const SESSIONS_MAX: usize = 1_000;

/// The sessions of this node, by the hashes of their tokens.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<[u8; 32], Session>>);

struct Session {
    key: Arc<str>,
    begun: Timestamp,
    used: Timestamp,
}

impl Session {
    fn has_ended(&self, now: Timestamp) -> bool {
        now.duration_since(self.begun) >= LIFE || now.duration_since(self.used) >= IDLE
    }
}

impl Sessions {
    /// Begins a session with this key. Returns the header with its cookie; `None` if the system has no random numbers.
    pub(crate) fn begin(&self, key: &str, now: Timestamp) -> Option<HeaderValue> {
        let mut octets = [0; 32];
        getrandom::fill(&mut octets).ok()?;
        let token = URL_SAFE_NO_PAD.encode(octets);
        let mut sessions = self.lock();
        sessions.retain(|_, session| !session.has_ended(now));
        if sessions.len() >= SESSIONS_MAX {
            let idlest = sessions.iter().min_by_key(|(_, session)| session.used).map(|(hash, _)| *hash);
            idlest.and_then(|hash| sessions.remove(&hash));
        }
        sessions.insert(hash(&token), Session { key: key.into(), begun: now, used: now });
        Some(cookies::set(COOKIE, &token, u32::try_from(LIFE.as_secs()).unwrap_or(0)))
    }

    /// What the API takes for the key of the session that a request is part of.
    pub(crate) fn key(&self, headers: &HeaderMap, now: Timestamp) -> Option<Arc<str>> {
        let token = cookies::read(headers, COOKIE)?;
        if token.starts_with(OF_USER) {
            return Some(token.into());
        }
        let hash = hash(token);
        let mut sessions = self.lock();
        let session = sessions.get_mut(&hash).filter(|session| !session.has_ended(now))?;
        session.used = now;
        Some(Arc::clone(&session.key))
    }

    /// The header with the cookie of a user's session. How long it lasts the API knows.
    pub(crate) fn of_user(token: &str) -> HeaderValue {
        cookies::set(COOKIE, token, u32::try_from(LIFE.as_secs()).unwrap_or(0))
    }

    /// Ends the session that a request is part of. Returns the header that takes its cookie away.
    pub(crate) fn end(&self, headers: &HeaderMap) -> HeaderValue {
        if let Some(token) = cookies::read(headers, COOKIE) {
            self.lock().remove(&hash(token));
        }
        cookies::set(COOKIE, "", 0)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<[u8; 32], Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    fn with(cookie: &HeaderValue) -> HeaderMap {
        let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::try_from(pair).unwrap())])
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    #[test]
    fn a_session_stands_for_its_key_until_it_ends() {
        let sessions = Sessions::default();
        let headers = with(&sessions.begin("pr_admin", at(0)).unwrap());
        assert!(!headers["cookie"].to_str().unwrap().contains("pr_admin"));
        assert_eq!(sessions.key(&headers, at(10)).as_deref(), Some("pr_admin"));
        assert_eq!(sessions.key(&HeaderMap::new(), at(10)), None);
        assert!(sessions.end(&headers).to_str().unwrap().contains("Max-Age=0"));
        assert_eq!(sessions.key(&headers, at(10)), None);
    }

    #[test]
    fn the_token_of_a_user_is_what_the_api_takes() {
        let headers = with(&Sessions::of_user("ps_0123456789abcdef"));
        let key = Sessions::default().key(&headers, at(10));
        assert_eq!(key.as_deref(), Some("ps_0123456789abcdef"));
    }

    #[test]
    fn a_session_ends_when_it_is_idle_and_when_it_is_old() {
        let sessions = Sessions::default();
        let headers = with(&sessions.begin("k", at(0)).unwrap());
        for hour in 0..24 {
            let is_open = sessions.key(&headers, at(hour * 1_800)).is_some();
            assert_eq!(is_open, hour < 24, "{hour}");
        }
        assert_eq!(sessions.key(&headers, at(12 * 3_600)), None, "it is old");
        let headers = with(&sessions.begin("k", at(0)).unwrap());
        assert_eq!(sessions.key(&headers, at(3_600)), None, "it was idle");
    }

    #[test]
    fn there_are_so_many_sessions_and_no_more() {
        let sessions = Sessions::default();
        let first = with(&sessions.begin("first", at(0)).unwrap());
        for _ in 0..SESSIONS_MAX {
            sessions.begin("k", at(1)).unwrap();
        }
        assert_eq!(sessions.lock().len(), SESSIONS_MAX);
        assert_eq!(sessions.key(&first, at(2)), None, "the idlest one went");
    }
}
