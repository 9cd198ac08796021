//! Limits at the door: of connections, of an account's sessions, and of wrong passwords.

use postrider_core::account::AccountId;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
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

/// Counts connections, sessions and wrong passwords.
pub(super) struct Gate {
    connections_max: usize,
    per_address: usize,
    counts: Arc<Mutex<Counts>>,
}

#[derive(Default)]
struct Counts {
    connections: usize,
    addresses: HashMap<IpAddr, usize>,
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

/// A place at the gate, free again when this is dropped.
pub(super) struct Seat {
    counts: Arc<Mutex<Counts>>,
    whose: Whose,
}

enum Whose {
    Connection(IpAddr),
    Session(AccountId),
}

impl Gate {
    pub(super) fn new(connections_max: usize, per_address: usize) -> Self {
        Self { connections_max, per_address, counts: Arc::default() }
    }

    /// A place for a connection from this address, if there is one.
    pub(super) fn connect(&self, address: IpAddr) -> Option<Seat> {
        let address = place(address);
        let mut counts = lock(&self.counts);
        let full = counts.connections >= self.connections_max;
        let crowded = counts.addresses.get(&address).is_some_and(|count| *count >= self.per_address);
        if full || crowded {
            return None;
        }
        counts.connections += 1;
        *counts.addresses.entry(address).or_default() += 1;
        Some(Seat { counts: Arc::clone(&self.counts), whose: Whose::Connection(address) })
    }

    /// A place for a session of this account, if it has one of `most` left.
    pub(super) fn open(&self, account: AccountId, most: u32) -> Option<Seat> {
        let mut counts = lock(&self.counts);
        let count = counts.sessions.entry(account).or_default();
        if *count >= usize::try_from(most).unwrap_or(usize::MAX) {
            return None;
        }
        *count += 1;
        Some(Seat { counts: Arc::clone(&self.counts), whose: Whose::Session(account) })
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
        let mut counts = lock(&self.counts);
        match self.whose {
            Whose::Connection(address) => {
                counts.connections = counts.connections.saturating_sub(1);
                leave(&mut counts.addresses, &address);
            }
            Whose::Session(account) => leave(&mut counts.sessions, &account),
        }
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
    let address = place(address);
    [(address, user.into()), (address, "".into())]
}

/// Where an address is for counting: who has one of IPv6 has its /64.
fn place(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            Ipv6Addr::from(network).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.1";

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn connections_are_limited_in_all_and_by_address() {
        let gate = Gate::new(3, 2);
        let first = gate.connect(address(HERE)).unwrap();
        let _second = gate.connect(address("::ffff:192.0.2.1")).unwrap();
        assert!(gate.connect(address(HERE)).is_none());
        let _third = gate.connect(address("2001:db8::1")).unwrap();
        assert!(gate.connect(address("198.51.100.1")).is_none());
        drop(first);
        assert!(gate.connect(address(HERE)).is_some());
    }

    #[test]
    fn an_address_of_ipv6_counts_by_its_network() {
        let gate = Gate::new(10, 1);
        let _one = gate.connect(address("2001:db8::1")).unwrap();
        assert!(gate.connect(address("2001:db8::ffff")).is_none());
        assert!(gate.connect(address("2001:db8:0:1::1")).is_some());
    }

    #[test]
    fn sessions_are_limited_by_account() {
        let gate = Gate::new(10, 10);
        let one = gate.open(AccountId(1), 1).unwrap();
        assert!(gate.open(AccountId(1), 1).is_none());
        assert!(gate.open(AccountId(2), 1).is_some());
        drop(one);
        assert!(gate.open(AccountId(1), 1).is_some());
    }

    #[test]
    fn who_guesses_is_locked_out_for_longer_each_time() {
        let gate = Gate::new(10, 10);
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
        let gate = Gate::new(10, 10);
        let now = postrider_link::now();
        for n in 0..FREE_IN_ALL {
            gate.wrong(address(HERE), &format!("user{n}"), now);
        }
        assert!(gate.is_locked(address(HERE), "shop", now));
    }
}
