//! Who is locked out of signing in, and how that is lifted. It is known to the node that people tried at, and to no other.

use crate::access::Access;
use crate::clock;
use crate::wrong_logins::{TooMany, WrongLogins};
use postrider_core::time::Time;
use postrider_core::user::UserId;
use postrider_declare::hash_key;
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// The most characters of a name that somebody tried.
const NAME_MAX: usize = 32;

/// What is locked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockOutScope {
    /// A name from one address.
    Name,
    /// An address (of IPv6 a /64), whatever the name.
    Address,
    /// A network of IPv6 (/48).
    Network,
    /// The codes of a user, from everywhere.
    Codes,
}

impl LockOutScope {
    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Address => "address",
            Self::Network => "network",
            Self::Codes => "codes",
        }
    }
}

/// Somebody who had too many wrong attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockOut {
    /// By what it is lifted.
    pub id: String,
    /// What is locked out.
    pub scope: LockOutScope,
    /// The name that was tried, or whose codes were guessed. It need not be a user's.
    pub name: Option<Box<str>>,
    /// The address or network that attempts came from.
    pub address: Option<String>,
    /// How many wrong attempts there were.
    pub wrong: u32,
    /// When the last one was.
    pub last: Time,
    /// Until when attempts are not looked at. It may be over: the next wrong one locks out for twice as long then.
    pub until: Time,
    /// Whether it is not over.
    pub is_locked: bool,
}

impl Access {
    /// Who is locked out here, and who was within the last 15 minutes.
    #[must_use]
    pub fn lock_outs(&self) -> Vec<LockOut> {
        self.too_many().into_iter().map(|(lock_out, _, _)| lock_out).collect()
    }

    /// Lifts a lock-out: what was wrong before counts no more. `None` if there is none.
    pub fn lift_lock_out(&self, id: &str) -> Option<LockOut> {
        let (lock_out, counts, too_many) =
            self.too_many().into_iter().find(|(lock_out, _, _)| lock_out.id == id)?;
        counts.forget(&too_many).then_some(lock_out)
    }

    fn too_many(&self) -> Vec<(LockOut, &WrongLogins, TooMany)> {
        let (now, instant) = (self.now(), clock::now().into_std());
        let logins = self.wrong_logins.too_many(instant).into_iter();
        let codes = self.wrong_codes.too_many(instant).into_iter();
        let logins = logins.map(|it| (of_logins(&it, now, instant), &self.wrong_logins, it));
        let codes = codes.map(|it| (self.of_codes(&it, now, instant), &self.wrong_codes, it));
        logins.chain(codes).collect()
    }

    fn of_codes(&self, of: &TooMany, now: Time, instant: Instant) -> LockOut {
        let IpAddr::V4(number) = of.address else { return of_logins(of, now, instant) };
        let users = self.users();
        let user = users.with_id(UserId(number.to_bits()));
        let name = user.map(|user| user.name.clone());
        lock_out(of, LockOutScope::Codes, (name, None), (now, instant))
    }
}

fn of_logins(of: &TooMany, now: Time, instant: Instant) -> LockOut {
    let (scope, address) = match (of.is_network, of.address) {
        (true, address) => (LockOutScope::Network, format!("{address}/48")),
        (false, address) => {
            let scope = if of.name.is_some() { LockOutScope::Name } else { LockOutScope::Address };
            let length = if address.is_ipv6() { "/64" } else { "" };
            (scope, format!("{address}{length}"))
        }
    };
    let shown = |name: &str| name.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect::<String>();
    let name = of.name.as_deref().map(|name| shown(name).into());
    lock_out(of, scope, (name, Some(address)), (now, instant))
}

fn lock_out(
    of: &TooMany,
    scope: LockOutScope,
    (name, address): (Option<Box<str>>, Option<String>),
    (now, instant): (Time, Instant),
) -> LockOut {
    let at = |moment: Instant| match moment.checked_duration_since(instant) {
        Some(later) => now + later,
        None => now - instant.duration_since(moment),
    };
    LockOut {
        id: id(of, scope),
        scope,
        name,
        address,
        wrong: of.count,
        last: at(of.last),
        until: at(of.locked_until),
        is_locked: of.locked_until.saturating_duration_since(instant) > Duration::ZERO,
    }
}

/// A short name for what is locked out, which says nothing of it: names that were tried may be passwords.
fn id(of: &TooMany, scope: LockOutScope) -> String {
    let whole = format!("{} {} {}", scope.word(), of.address, of.name.as_deref().unwrap_or_default());
    hash_key(&whole).iter().take(8).map(|octet| format!("{octet:02x}")).collect()
}
