//! Limits at the door: of an account's sessions. The gate knows which sessions are open.

use postrider_core::account::AccountId;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A session that a client has open at this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSession {
    /// The account that logged in.
    pub account: AccountId,
    /// `smpp`, `ucp` or `cimd2`.
    pub protocol: &'static str,
    /// `transmitter`, `receiver` or `transceiver`: what the session carries.
    pub mode: &'static str,
    /// The client's address.
    pub peer: SocketAddr,
    /// When it logged in.
    pub since: Time,
}

/// Counts and lists sessions.
#[derive(Default)]
pub(crate) struct Gate {
    open: Arc<Mutex<Open>>,
}

#[derive(Default)]
struct Open {
    /// The number of the last session.
    last: u64,
    sessions: BTreeMap<(AccountId, u64), ClientSession>,
}

/// The place of an account's session, free again when this is dropped.
pub(crate) struct Seat {
    open: Arc<Mutex<Open>>,
    key: (AccountId, u64),
}

impl Gate {
    /// A place for a session, if its account has one of `most` left.
    pub(crate) fn open(&self, session: ClientSession, most: u32) -> Option<Seat> {
        let account = session.account;
        let mut open = lock(&self.open);
        let count = open.sessions.range((account, 0)..=(account, u64::MAX)).count();
        if count >= usize::try_from(most).unwrap_or(usize::MAX) {
            return None;
        }
        open.last += 1;
        let key = (account, open.last);
        open.sessions.insert(key, session);
        Some(Seat { open: Arc::clone(&self.open), key })
    }

    /// The open sessions, by account, the oldest first.
    pub(crate) fn list(&self) -> Vec<ClientSession> {
        lock(&self.open).sessions.values().cloned().collect()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        lock(&self.open).sessions.remove(&self.key);
    }
}

fn lock(open: &Mutex<Open>) -> MutexGuard<'_, Open> {
    open.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(account: u32, protocol: &'static str) -> ClientSession {
        let peer = SocketAddr::from(([192, 0, 2, 7], 40_000));
        ClientSession { account: AccountId(account), protocol, mode: "transceiver", peer, since: Time(0) }
    }

    #[test]
    fn sessions_of_all_protocols_are_limited_by_account() {
        let gate = Gate::default();
        let one = gate.open(session(1, "smpp"), 1).unwrap();
        assert!(gate.open(session(1, "ucp"), 1).is_none());
        assert!(gate.open(session(2, "cimd2"), 1).is_some());
        drop(one);
        assert!(gate.open(session(1, "ucp"), 1).is_some());
    }

    #[test]
    fn open_sessions_are_listed() {
        let gate = Gate::default();
        let _two = gate.open(session(2, "smpp"), 9).unwrap();
        let one = gate.open(session(1, "ucp"), 9).unwrap();
        let _other = gate.open(session(1, "cimd2"), 9).unwrap();
        assert_eq!(gate.list(), [session(1, "ucp"), session(1, "cimd2"), session(2, "smpp")]);
        drop(one);
        assert_eq!(gate.list(), [session(1, "cimd2"), session(2, "smpp")]);
    }
}
