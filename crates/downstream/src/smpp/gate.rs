//! Limits at the door: of an account's sessions, and of wrong passwords.

use crate::connections::counted_as;
use postrider_core::account::AccountId;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Wrong logins that an address has free for one user name.
const FREE: u32 = 5;
/// Wrong logins that an address has free over all user names.
const FREE_IN_ALL: u32 = 20;
/// The longest that anybody is locked out.
const LOCKED_MAX: Duration = Duration::from_mins(5);
/// After this long without another, wrong logins are forgotten.
const FORGOTTEN: Duration = Duration::from_mins(15);
/// Addresses and names whose wrong logins are remembered.
const REMEMBERED_MAX: usize = 10_000;

/// Counts sessions and wrong passwords.
#[derive(Default)]
pub(super) struct Gate {
    counts: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    sessions: HashMap<AccountId, usize>,
    wrong: HashMap<(IpAddr, Box<str>), Wrong>,
}

/// Wrong logins from one address.
#[derive(Clone, Copy)]
struct Wrong {
    count: u32,
    last: Instant,
    locked_until: Instant,
}

/// The place of an account's session, free again when this is dropped.
pub(super) struct Seat {
    counts: Arc<Mutex<Counts>>,
    account: AccountId,
}

impl Gate {
    /// A place for a session of this account, if it has one of `most` left.
    pub(super) fn open(&self, account: AccountId, most: u32) -> Option<Seat> {
        let mut counts = lock(&self.counts);
        let count = counts.sessions.entry(account).or_default();
        if *count >= usize::try_from(most).unwrap_or(usize::MAX) {
            return None;
        }
        *count += 1;
        Some(Seat { counts: Arc::clone(&self.counts), account })
    }

    /// Whether this address has to wait before it may try this name again.
    pub(super) fn is_locked(&self, address: IpAddr, user: &str, now: Instant) -> bool {
        let counts = lock(&self.counts);
        keys(address, user)
            .iter()
            .any(|key| counts.wrong.get(key).is_some_and(|wrong| now < wrong.locked_until))
    }

    /// Takes note of a wrong login.
    pub(super) fn wrong(&self, address: IpAddr, user: &str, now: Instant) {
        let mut counts = lock(&self.counts);
        if counts.wrong.len() >= REMEMBERED_MAX {
            counts.wrong.retain(|_, wrong| now < wrong.locked_until);
            // A flood from everywhere: locks stay while there is room.
            if counts.wrong.len() >= REMEMBERED_MAX {
                counts.wrong.clear();
            }
        }
        for (key, free) in keys(address, user).into_iter().zip([FREE, FREE_IN_ALL]) {
            let wrong = counts.wrong.entry(key).or_insert(Wrong { count: 0, last: now, locked_until: now });
            if now.duration_since(wrong.last) > FORGOTTEN {
                wrong.count = 0;
            }
            wrong.count = wrong.count.saturating_add(1);
            wrong.last = now;
            if wrong.count >= free {
                let wait = Duration::from_secs(1 << (wrong.count - free).min(16));
                wrong.locked_until = now + wait.min(LOCKED_MAX);
            }
        }
    }

    /// Takes note of a right login: what was wrong before is forgiven to this name from there.
    pub(super) fn right(&self, address: IpAddr, user: &str) {
        let [one, _] = keys(address, user);
        lock(&self.counts).wrong.remove(&one);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        leave(&mut lock(&self.counts).sessions, &self.account);
    }
}

fn leave<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name from this address, and the address whatever the name.
fn keys(address: IpAddr, user: &str) -> [(IpAddr, Box<str>); 2] {
    let address = counted_as(address);
    [(address, user.into()), (address, "".into())]
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.1";

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn sessions_are_limited_by_account() {
        let gate = Gate::default();
        let one = gate.open(AccountId(1), 1).unwrap();
        assert!(gate.open(AccountId(1), 1).is_none());
        assert!(gate.open(AccountId(2), 1).is_some());
        drop(one);
        assert!(gate.open(AccountId(1), 1).is_some());
    }

    #[test]
    fn who_guesses_is_locked_out_for_longer_each_time() {
        let gate = Gate::default();
        let now = postrider_link::now();
        let here = address(HERE);
        for _ in 0..FREE {
            assert!(!gate.is_locked(here, "shop", now));
            gate.wrong(here, "shop", now);
        }
        assert!(gate.is_locked(here, "shop", now));
        assert!(!gate.is_locked(here, "other", now));
        assert!(!gate.is_locked(address("192.0.2.2"), "shop", now));
        assert!(!gate.is_locked(here, "shop", now + Duration::from_secs(1)));
        gate.wrong(here, "shop", now + Duration::from_secs(1));
        assert!(gate.is_locked(here, "shop", now + Duration::from_millis(2_900)));
        gate.right(here, "shop");
        assert!(!gate.is_locked(here, "shop", now + Duration::from_millis(2_900)));
    }

    #[test]
    fn who_tries_many_names_is_locked_out_of_all() {
        let gate = Gate::default();
        let now = postrider_link::now();
        for n in 0..FREE_IN_ALL {
            gate.wrong(address(HERE), &format!("user{n}"), now);
        }
        assert!(gate.is_locked(address(HERE), "shop", now));
    }
}
