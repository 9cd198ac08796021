//! Wrong logins and keys by address: who guesses has to wait, and the log gets a line for each guess that was looked at.
//!
//! Callers look first whether the password or the key is right, as far as that costs nothing: a lock holds up guesses, not
//! the others behind the same address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Wrong logins that an address has free for one user name.
pub const FREE: u32 = 5;
/// Wrong logins that an address has free over all user names.
pub const FREE_IN_ALL: u32 = 20;
/// Wrong logins that a network of IPv6 (/48) has free over all its addresses and user names.
pub const FREE_IN_NETWORK: u32 = 100;
/// The longest that anybody is locked out.
const LOCKED_MAX: Duration = Duration::from_mins(5);
/// After this long without another, wrong logins are forgotten.
const FORGOTTEN: Duration = Duration::from_mins(15);
/// Addresses and names whose wrong logins are remembered.
const REMEMBERED_MAX: usize = 10_000;
/// Lines in the log a second, over all addresses.
const LINES_MAX: u32 = 20;

/// The wrong logins at a door.
#[derive(Debug, Default)]
pub struct WrongLogins {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    wrong: HashMap<(IpAddr, Box<str>), Wrong>,
    lines: Lines,
}

/// Wrong logins from one address.
#[derive(Clone, Copy, Debug)]
struct Wrong {
    count: u32,
    last: Instant,
    locked_until: Instant,
}

/// Lines of the log in the current second.
#[derive(Debug, Default)]
struct Lines {
    since: Option<Instant>,
    count: u32,
    left_out: u64,
}

/// Wrong logins that were too many, and are not forgotten yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// The address that they are counted under, or the first one of a network.
    pub address: IpAddr,
    /// The name that they are counted under; `None` for all names from there.
    pub name: Option<Box<str>>,
    /// Whether they are those of a network of IPv6 (/48).
    pub is_network: bool,
    /// How many there were.
    pub count: u32,
    /// When the last one was.
    pub last: Instant,
    /// Until when guesses from there are not looked at.
    pub locked_until: Instant,
}

/// What becomes of a wrong login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noted {
    /// How long guesses from there are not looked at, if at all.
    pub locked_for: Option<Duration>,
    /// How many lines were left out of the log before this one; `None` if this one is left out, too.
    pub line: Option<u64>,
}

impl WrongLogins {
    /// How long this address has to wait before it may try this name again, if at all.
    #[must_use]
    pub fn locked(&self, address: IpAddr, user: &str, now: Instant) -> Option<Duration> {
        let state = self.state();
        let locks = keys(address, user).into_iter().filter_map(|key| state.wrong.get(&key));
        locks
            .map(|wrong| wrong.locked_until.saturating_duration_since(now))
            .max()
            .filter(|wait| !wait.is_zero())
    }

    /// Takes note of a wrong login.
    pub fn wrong(&self, address: IpAddr, user: &str, now: Instant) -> Noted {
        let mut state = self.state();
        make_room(&mut state.wrong, now);
        let mut locked_until = now;
        // Where nobody names a user there is one count, and it is the address's.
        let free = [FREE, FREE_IN_ALL, FREE_IN_NETWORK];
        let counts = keys(address, user).into_iter().zip(free).skip(usize::from(user.is_empty()));
        for (key, free) in counts {
            let wrong = state.wrong.entry(key).or_insert(Wrong { count: 0, last: now, locked_until: now });
            if now.duration_since(wrong.last) > FORGOTTEN {
                wrong.count = 0;
            }
            wrong.count = wrong.count.saturating_add(1);
            wrong.last = now;
            if wrong.count >= free {
                let wait = Duration::from_secs(1 << (wrong.count - free).min(16));
                wrong.locked_until = now + wait.min(LOCKED_MAX);
                locked_until = locked_until.max(wrong.locked_until);
            }
        }
        let locked_for = Some(locked_until.duration_since(now)).filter(|wait| !wait.is_zero());
        Noted { locked_for, line: state.lines.next(now) }
    }

    /// Takes note of a right login: what was wrong before is forgiven to this name from there.
    pub fn right(&self, address: IpAddr, user: &str) {
        let one = (counted_as(address), user.into());
        self.state().wrong.remove(&one);
    }

    /// Wrong logins that were too many, those that are locked for longest first.
    #[must_use]
    pub fn too_many(&self, now: Instant) -> Vec<TooMany> {
        let state = self.state();
        let locked = state.wrong.iter().filter(|(_, wrong)| {
            // Whoever was never locked out has the time of the first one there.
            wrong.locked_until > wrong.last && now.duration_since(wrong.last) <= FORGOTTEN
        });
        let mut all: Vec<TooMany> = locked.map(|(key, wrong)| wrong.too_many(key)).collect();
        all.sort_by(|one, other| {
            (other.locked_until, one.address, &one.name).cmp(&(one.locked_until, other.address, &other.name))
        });
        all
    }

    /// Forgets wrong logins that were too many: the next one counts as the first. Returns whether there were any.
    pub fn forget(&self, of: &TooMany) -> bool {
        let name = if of.is_network { Some(NETWORK) } else { of.name.as_deref() };
        self.state().wrong.remove(&(of.address, name.unwrap_or_default().into())).is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wrong {
    fn too_many(&self, (address, name): &(IpAddr, Box<str>)) -> TooMany {
        let is_network = **name == *NETWORK;
        TooMany {
            address: *address,
            name: Some(name.clone()).filter(|name| !is_network && !name.is_empty()),
            is_network,
            count: self.count,
            last: self.last,
            locked_until: self.locked_until,
        }
    }
}

impl Lines {
    /// How many lines were left out before the next one, if that may be written.
    fn next(&mut self, now: Instant) -> Option<u64> {
        if self.since.is_none_or(|since| now.duration_since(since) >= Duration::from_secs(1)) {
            (self.since, self.count) = (Some(now), 0);
        }
        self.count = self.count.saturating_add(1);
        if self.count > LINES_MAX {
            self.left_out += 1;
            return None;
        }
        Some(std::mem::take(&mut self.left_out))
    }
}

/// The address under which connections and wrong logins are counted. Of IPv6 it is the /64, which one customer has for itself.
#[must_use]
pub fn counted_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            Ipv6Addr::from(network).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

fn make_room(wrong: &mut HashMap<(IpAddr, Box<str>), Wrong>, now: Instant) {
    if wrong.len() >= REMEMBERED_MAX {
        wrong.retain(|_, wrong| now < wrong.locked_until);
        // A flood from everywhere: locks stay while there is room.
        if wrong.len() >= REMEMBERED_MAX {
            wrong.clear();
        }
    }
}

/// The name under which a network of many addresses is counted, which no user has.
const NETWORK: &str = "\0/48";

/// The name from this address; the address whatever the name; and of IPv6 the /48, which a customer of a hoster may have for itself.
fn keys(address: IpAddr, user: &str) -> Vec<(IpAddr, Box<str>)> {
    let address = counted_as(address);
    let mut keys = vec![(address, user.into()), (address, "".into())];
    if let IpAddr::V6(six) = address {
        let network = u128::from(six) & (u128::MAX << 80);
        keys.push((Ipv6Addr::from(network).into(), NETWORK.into()));
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: &str = "192.0.2.1";

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn who_guesses_is_locked_out_for_longer_each_time() {
        let logins = WrongLogins::default();
        let now = crate::clock::now().into_std();
        let here = address(HERE);
        let is_locked = |address, user, now| logins.locked(address, user, now).is_some();
        for count in 1..=FREE {
            assert!(!is_locked(here, "shop", now));
            let locked = logins.wrong(here, "shop", now).locked_for;
            assert_eq!(locked, (count == FREE).then_some(Duration::from_secs(1)));
        }
        assert!(is_locked(here, "shop", now));
        assert!(!is_locked(here, "other", now));
        assert!(!is_locked(address("192.0.2.2"), "shop", now));
        assert!(!is_locked(here, "shop", now + Duration::from_secs(1)));
        logins.wrong(here, "shop", now + Duration::from_secs(1));
        assert!(is_locked(here, "shop", now + Duration::from_millis(2_900)));
        logins.right(here, "shop");
        assert!(!is_locked(here, "shop", now + Duration::from_millis(2_900)));
    }

    #[test]
    fn who_tries_many_names_or_keys_is_locked_out_of_all() {
        let now = crate::clock::now().into_std();
        let (logins, keys) = (WrongLogins::default(), WrongLogins::default());
        for n in 0..FREE_IN_ALL {
            assert_eq!(keys.locked(address(HERE), "", now), None, "{n}");
            logins.wrong(address(HERE), &format!("user{n}"), now);
            keys.wrong(address(HERE), "", now);
        }
        assert!(logins.locked(address(HERE), "shop", now).is_some());
        assert_eq!(keys.locked(address(HERE), "", now), Some(Duration::from_secs(1)));
    }

    #[test]
    fn who_tries_from_many_addresses_of_a_network_is_locked_out_of_it() {
        let (logins, now) = (WrongLogins::default(), crate::clock::now().into_std());
        for n in 0..FREE_IN_NETWORK {
            let from = address(&format!("2001:db8:7:{n:x}::1"));
            assert_eq!(logins.locked(from, "shop", now), None, "{n}");
            logins.wrong(from, "shop", now);
        }
        assert!(logins.locked(address("2001:db8:7:ffff::1"), "other", now).is_some());
        assert_eq!(logins.locked(address("2001:db8:8::1"), "shop", now), None);
        let four = WrongLogins::default();
        for n in 0..FREE_IN_NETWORK {
            four.wrong(address(&format!("192.0.2.{n}")), "shop", now);
        }
        assert_eq!(
            four.locked(address("192.0.2.200"), "shop", now),
            None,
            "addresses of IPv4 are customers of their own"
        );
    }

    #[test]
    fn what_was_too_much_is_listed_until_it_is_forgotten() {
        let (logins, now) = (WrongLogins::default(), crate::clock::now().into_std());
        for n in 0..FREE {
            assert!(logins.too_many(now).is_empty(), "{n}");
            logins.wrong(address(HERE), "shop", now);
        }
        let after = now + Duration::from_mins(1);
        let all = logins.too_many(after);
        assert_eq!(all.len(), 1, "the address itself is not locked: {all:?}");
        assert_eq!((all[0].name.as_deref(), all[0].count, all[0].is_network), (Some("shop"), FREE, false));
        assert_eq!(all[0].locked_until, now + Duration::from_secs(1));
        assert!(logins.too_many(now + Duration::from_mins(16)).is_empty());
        assert!(logins.forget(&all[0]));
        assert!(!logins.forget(&all[0]) && logins.too_many(after).is_empty());
        assert_eq!(logins.wrong(address(HERE), "shop", after).locked_for, None, "it counts anew");
        for n in 0..FREE_IN_NETWORK {
            logins.wrong(address(&format!("2001:db8:7:{n:x}::1")), "shop", now);
        }
        let all = logins.too_many(now);
        assert_eq!((all.len(), all[0].is_network, all[0].name.as_deref()), (1, true, None));
        assert!(logins.forget(&all[0]));
        assert_eq!(logins.locked(address("2001:db8:7:ffff::1"), "other", now), None);
    }

    #[test]
    fn a_flood_from_everywhere_is_some_lines_a_second_with_a_count() {
        let logins = WrongLogins::default();
        let now = crate::clock::now().into_std();
        let lines = |now| {
            (0..=255u8)
                .filter_map(|n| logins.wrong([198, 51, 100, n].into(), "", now).line)
                .collect::<Vec<_>>()
        };
        assert_eq!(lines(now).len(), LINES_MAX as usize);
        let next = lines(now + Duration::from_secs(1));
        assert_eq!((next.len(), next[0], next[1]), (LINES_MAX as usize, 256 - u64::from(LINES_MAX), 0));
    }
}
