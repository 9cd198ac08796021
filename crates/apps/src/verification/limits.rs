//! Limits over all verifications: how often codes are sent, and how many wrong ones are told.

use postrider_core::account::AccountId;
use postrider_core::contract::AppCount;
use postrider_core::number::Number;
use postrider_core::time::Time;
use std::time::Duration;

/// The last digits that numbers of one range differ in.
const RANGE: u64 = 10_000;

/// A limit: what is counted, how many may be in how long, and how long a stretch of the count is.
struct Limit {
    name: &'static str,
    most: u32,
    within: Duration,
    stretch: Duration,
    held: &'static str,
}

/// Codes sent to a number.
const NUMBER: Limit = Limit {
    name: "sends_to_number",
    most: 10,
    within: Duration::from_hours(1),
    stretch: Duration::from_mins(1),
    held: "number_limited",
};
/// Codes sent to a number in a day.
const NUMBER_DAY: Limit = Limit {
    name: "sends_to_number_in_a_day",
    most: 20,
    within: Duration::from_hours(24),
    stretch: Duration::from_mins(30),
    held: "number_limited",
};
/// Codes sent for an address of the network.
const ADDRESS: Limit = Limit {
    name: "sends_for_address",
    most: 20,
    within: Duration::from_hours(1),
    stretch: Duration::from_mins(1),
    held: "address_limited",
};
/// Codes sent to numbers that differ in their last four digits only: fraudsters buy numbers by ranges.
const PREFIX: Limit = Limit {
    name: "sends_to_prefix",
    most: 100,
    within: Duration::from_hours(1),
    stretch: Duration::from_mins(1),
    held: "prefix_limited",
};
/// Codes sent by an account.
const ACCOUNT: Limit = Limit {
    name: "sends_of_account",
    most: 30_000,
    within: Duration::from_mins(10),
    stretch: Duration::from_secs(10),
    held: "account_limited",
};
/// Wrong codes told of a number.
const WRONG: Limit = Limit {
    name: "wrong_codes",
    most: 10,
    within: Duration::from_hours(1),
    stretch: Duration::from_mins(1),
    held: "too_many_wrong_codes",
};
/// Wrong codes told of a number in a day.
const WRONG_DAY: Limit = Limit {
    name: "wrong_codes_in_a_day",
    most: 30,
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
    fn count(&self, account: AccountId, subject: Box<str>, now: Time, add: u32) -> AppCount {
        let stretch = i64::try_from(self.stretch.as_millis()).unwrap_or(i64::MAX);
        AppCount {
            account,
            name: self.name,
            subject,
            stretch: Time(now.0 - now.0.rem_euclid(stretch)),
            // A stretch counts until its end is so long ago.
            since: now - self.within - self.stretch + Duration::from_millis(1),
            add,
            most: self.most,
            expires: now + self.within + self.stretch,
        }
    }

    /// When a stretch that is in the way counts no more.
    fn until(&self, stretch: Time) -> Time {
        stretch + self.stretch + self.within
    }
}

/// The limits of sending.
const OF_SENDS: [&Limit; 5] = [&NUMBER, &NUMBER_DAY, &PREFIX, &ACCOUNT, &ADDRESS];
/// The limits of wrong codes.
const OF_WRONG: [&Limit; 2] = [&WRONG, &WRONG_DAY];

/// What sending a code to a number counts, in the order of [`held_send`].
pub(super) fn of_send(account: AccountId, to: Number, address: Option<&str>, now: Time) -> Vec<AppCount> {
    let number: Box<str> = to.to_string().into();
    let prefix = format!("{}…", to.digits() / RANGE).into();
    let subjects =
        [Some(number.clone()), Some(number), Some(prefix), Some("".into()), address.map(Into::into)];
    let counts = OF_SENDS.iter().zip(subjects);
    counts.filter_map(|(limit, subject)| Some(limit.count(account, subject?, now, 1))).collect()
}

/// What telling a code of a subject (a number, or an authenticator) counts. A right code adds nothing, and is held back as well.
pub(crate) fn of_check(account: AccountId, subject: &str, is_wrong: bool, now: Time) -> Vec<AppCount> {
    OF_WRONG.iter().map(|limit| limit.count(account, subject.into(), now, is_wrong.into())).collect()
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
        let now = Time(90_500);
        let count = NUMBER.count(AccountId(1), "+1".into(), now, 1);
        assert_eq!(count.stretch, Time(60_000));
        let last = NUMBER.until(count.stretch);
        let later = |at| NUMBER.count(AccountId(1), "+1".into(), at, 1).since;
        assert!(later(last - Duration::from_millis(1)) <= count.stretch);
        assert!(later(last) > count.stretch);
    }

    #[test]
    fn what_is_held_has_its_limits_code() {
        let to = Number::parse("+447700900123").unwrap();
        let counts = of_send(AccountId(1), to, Some("192.0.2.1"), Time(0));
        let codes: Vec<&str> = (0..counts.len()).map(|place| held_send(place, Time(0)).code).collect();
        assert_eq!(
            codes,
            ["number_limited", "number_limited", "prefix_limited", "account_limited", "address_limited"]
        );
        assert_eq!(&*counts[2].subject, "44770090…");
        assert_eq!(of_send(AccountId(1), to, None, Time(0)).len(), 4);
    }
}
