//! Limits over all verifications: how often codes are sent, and how many wrong ones are told.

use postrider_core::account::{Account, AccountId};
use postrider_core::contract::AppCount;
use postrider_core::number::Number;
use postrider_core::policy::CodeLimits;
use postrider_core::time::Time;
use std::net::IpAddr;
use std::time::Duration;

/// The last digits that numbers of one range differ in.
const RANGE: u64 = 10_000;

/// A limit: what is counted, how many may be in how long, and how long a stretch of the count is.
struct Limit {
    name: &'static str,
    /// The most that there may be; of sends as the account's policy says.
    most: fn(&CodeLimits) -> u32,
    within: Duration,
    stretch: Duration,
    held: &'static str,
}

/// Codes sent to a number.
const NUMBER: Limit = Limit {
    name: "sends_to_number",
    most: |codes| codes.number_hour,
    within: Duration::from_hours(1),
    stretch: Duration::from_mins(1),
    held: "number_limited",
};
/// Codes sent to a number in a day.
const NUMBER_DAY: Limit = Limit {
    name: "sends_to_number_in_a_day",
    most: |codes| codes.number_day,
    within: Duration::from_hours(24),
    stretch: Duration::from_mins(30),
    held: "number_limited",
};
/// Codes sent for an address of the network.
const ADDRESS: Limit = Limit {
    name: "sends_for_address",
    most: |codes| codes.address_hour,
    within: Duration::from_hours(1),
    stretch: Duration::from_mins(1),
    held: "address_limited",
};
/// Codes sent for addresses of one network: whoever rents servers has many of its addresses.
const NETWORK: Limit = Limit {
    name: "sends_for_network",
    most: |codes| codes.network_hour,
    within: Duration::from_hours(1),
    stretch: Duration::from_mins(1),
    held: "network_limited",
};
/// Codes sent to numbers that differ in their last four digits only: fraudsters buy numbers by ranges.
const PREFIX: Limit = Limit {
    name: "sends_to_prefix",
    most: |codes| codes.prefix_hour,
    within: Duration::from_hours(1),
    stretch: Duration::from_mins(1),
    held: "prefix_limited",
};
/// Codes sent by an account.
const ACCOUNT: Limit = Limit {
    name: "sends_of_account",
    most: |codes| codes.account_ten_minutes,
    within: Duration::from_mins(10),
    stretch: Duration::from_secs(10),
    held: "account_limited",
};
/// Wrong codes told of a number.
const WRONG: Limit = Limit {
    name: "wrong_codes",
    most: |_| 10,
    within: Duration::from_hours(1),
    stretch: Duration::from_mins(1),
    held: "too_many_wrong_codes",
};
/// Wrong codes told of a number in a day.
const WRONG_DAY: Limit = Limit {
    name: "wrong_codes_in_a_day",
    most: |_| 30,
    within: Duration::from_hours(24),
    stretch: Duration::from_mins(30),
    held: "too_many_wrong_codes",
};

/// Something is held back by a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The stable code of the limit.
    pub code: &'static str,
    /// Until when.
    pub until: Time,
}

impl Limit {
    fn count(
        &self,
        account: AccountId,
        codes: &CodeLimits,
        subject: Box<str>,
        now: Time,
        add: u32,
    ) -> AppCount {
        let stretch = i64::try_from(self.stretch.as_millis()).unwrap_or(i64::MAX);
        AppCount {
            account,
            name: self.name,
            subject,
            stretch: Time(now.0 - now.0.rem_euclid(stretch)),
            // A stretch counts until its end is so long ago.
            since: now - self.within - self.stretch + Duration::from_millis(1),
            add,
            most: (self.most)(codes),
            expires: now + self.within + self.stretch,
        }
    }

    /// When a stretch that is in the way counts no more.
    fn until(&self, stretch: Time) -> Time {
        stretch + self.stretch + self.within
    }
}

/// The limits of sending.
const OF_SENDS: [&Limit; 6] = [&NUMBER, &NUMBER_DAY, &PREFIX, &ACCOUNT, &ADDRESS, &NETWORK];
/// The limits of wrong codes.
const OF_WRONG: [&Limit; 2] = [&WRONG, &WRONG_DAY];

/// The part of an address that its owner can't choose: of IPv6 the first 64 bits, of which whoever has one has all.
fn owned(address: &str) -> Box<str> {
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V6(address)) => {
            let [first, second, third, fourth, ..] = address.segments();
            format!("{first:x}:{second:x}:{third:x}:{fourth:x}::/64").into()
        }
        Ok(IpAddr::V4(address)) => address.to_string().into(),
        Err(_) => address.into(),
    }
}

/// The network of an address: the first 24 bits of IPv4, the first 48 of IPv6.
fn network(address: &str) -> Option<Box<str>> {
    match address.parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V6(address) => {
            let [first, second, third, ..] = address.segments();
            Some(format!("{first:x}:{second:x}:{third:x}::/48").into())
        }
        IpAddr::V4(address) => {
            let [first, second, third, _] = address.octets();
            Some(format!("{first}.{second}.{third}.0/24").into())
        }
    }
}

/// What sending a code to a number counts, in the order of [`held_send`].
pub(super) fn of_send(account: &Account, to: Number, address: Option<&str>, now: Time) -> Vec<AppCount> {
    let (id, codes) = (account.id, &account.policy.codes);
    let number: Box<str> = to.to_string().into();
    let prefix = format!("{}…", to.digits() / RANGE).into();
    let subjects = [
        Some(number.clone()),
        Some(number),
        Some(prefix),
        Some("".into()),
        address.map(owned),
        address.and_then(network),
    ];
    let counts = OF_SENDS.iter().zip(subjects);
    counts.filter_map(|(limit, subject)| Some(limit.count(id, codes, subject?, now, 1))).collect()
}

/// What telling a code of a subject (a number, or an authenticator) counts. A right code adds nothing, and is held back as well.
pub(crate) fn of_check(account: AccountId, subject: &str, is_wrong: bool, now: Time) -> Vec<AppCount> {
    let codes = &CodeLimits::USUAL;
    OF_WRONG.iter().map(|limit| limit.count(account, codes, subject.into(), now, is_wrong.into())).collect()
}

/// What holds a sending back.
pub(super) fn held_send(count: usize, stretch: Time) -> Held {
    held(&OF_SENDS, count, stretch)
}

/// What holds a check back.
pub(crate) fn held_check(count: usize, stretch: Time) -> Held {
    held(&OF_WRONG, count, stretch)
}

fn held(limits: &[&Limit], count: usize, stretch: Time) -> Held {
    let limit = limits.get(count).unwrap_or(&limits[0]);
    Held { code: limit.held, until: limit.until(stretch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_counts_until_it_is_over_for_as_long_as_the_limit() {
        let counted = |at| NUMBER.count(AccountId(1), &CodeLimits::USUAL, "+1".into(), at, 1);
        let count = counted(Time(90_500));
        assert_eq!((count.stretch, count.most), (Time(60_000), 10));
        let last = NUMBER.until(count.stretch);
        let later = |at| counted(at).since;
        assert!(later(last - Duration::from_millis(1)) <= count.stretch);
        assert!(later(last) > count.stretch);
    }

    #[test]
    fn an_address_counts_for_itself_and_with_its_neighbours() {
        for (address, counted, with) in [
            ("203.0.113.7", "203.0.113.7", Some("203.0.113.0/24")),
            ("::ffff:203.0.113.7", "203.0.113.7", Some("203.0.113.0/24")),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", Some("2001:db8:1::/48")),
            ("2001:db8:1:2::9", "2001:db8:1:2::/64", Some("2001:db8:1::/48")),
            ("device-7", "device-7", None),
        ] {
            assert_eq!((&*owned(address), network(address).as_deref()), (counted, with));
        }
    }
}
