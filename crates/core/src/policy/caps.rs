//! Frequency caps: how many messages a recipient gets within a stretch of time.

use crate::account::AccountId;
use crate::id::MessageId;
use crate::message::{Class, Message};
use crate::number::Number;
use crate::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// A frequency cap: at most so many messages to one recipient within any stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cap {
    /// The place of its declaration, such as `accounts.shop.policy.caps[0]`.
    pub rule: Arc<str>,
    /// The most messages, at least 1.
    pub most: usize,
    /// The length of the stretch.
    pub per: Duration,
    /// The classes that it counts and holds to it, by their places among [`Class::ALL`].
    pub classes: [bool; Class::ALL.len()],
    /// The accounts whose messages count together; empty is every account.
    pub accounts: Arc<[AccountId]>,
    /// The fate of a message beyond it.
    pub beyond: Beyond,
}

/// The fate of a message beyond a frequency cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Beyond {
    /// It waits until the cap lets it go. One that would wait longer than the cap's stretch is refused.
    #[default]
    Hold,
    /// It is refused.
    Refuse,
}

/// A message that caps count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The message.
    pub message: MessageId,
    /// The recipient.
    pub to: Number,
    /// When it goes out at the earliest.
    pub at: Time,
    /// Whose it is.
    pub account: AccountId,
    /// Its class.
    pub class: Class,
    /// The fingerprint of its content, if its account looks for duplicates; else 0.
    pub content: u64,
}

/// The messages that caps count, by recipient.
#[derive(Clone, Debug, Default)]
pub struct Counts(BTreeMap<Number, Vec<Counted>>);

impl Counts {
    /// Adds a message; one that is there already counts once.
    pub fn add(&mut self, counted: Counted) {
        let of = self.0.entry(counted.to).or_default();
        if of.iter().all(|known| known.message != counted.message) {
            of.push(counted);
        }
    }

    /// The messages to a recipient, in no order.
    #[must_use]
    pub fn of(&self, to: Number) -> &[Counted] {
        self.0.get(&to).map_or(&[], Vec::as_slice)
    }
}

impl Counted {
    /// A message as caps count it, and its content's fingerprint.
    #[must_use]
    pub const fn of(message: &Message, content: u64) -> Self {
        let (to, at) = (message.to, message.due);
        Self { message: message.id, to, at, account: message.account, class: message.class, content }
    }
}

impl Cap {
    /// The earliest time from `at` on at which one more message keeps the cap, beside those that are counted.
    #[must_use]
    pub fn earliest(&self, counted: &[Counted], at: Time) -> Time {
        let is_near = |it: &&Counted| it.at + self.per > at && self.counts(it);
        let mut times: Vec<Time> = counted.iter().filter(is_near).map(|it| it.at).collect();
        times.sort_unstable();
        let later = times.iter().map(|time| *time + self.per).filter(|time| *time > at);
        let mut candidates = std::iter::once(at).chain(later);
        candidates.find(|time| self.keeps(&times, *time)).unwrap_or(at)
    }

    fn counts(&self, counted: &Counted) -> bool {
        let is_of = self.accounts.is_empty() || self.accounts.contains(&counted.account);
        is_of && self.classes[counted.class as usize]
    }

    /// Whether one more message at this time keeps the cap. `times` are in order.
    fn keeps(&self, times: &[Time], one_more: Time) -> bool {
        let place = times.partition_point(|time| *time <= one_more);
        let mut all = times.to_vec();
        all.insert(place, one_more);
        // The stretches of messages that it is in.
        let (first, count) = (place.saturating_sub(self.most), place.min(self.most) + 1);
        let mut with_it = all.windows(self.most + 1).skip(first).take(count);
        with_it.all(|window| {
            window.first().zip(window.last()).is_none_or(|(first, last)| *first + self.per <= *last)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    fn cap(most: usize) -> Cap {
        Cap {
            rule: "x".into(),
            most,
            per: HOUR,
            classes: [false, false, false, true],
            accounts: [AccountId(1)].into(),
            beyond: Beyond::Hold,
        }
    }

    fn counted(minute: i64) -> Counted {
        let to = Number::parse("+447700900123").unwrap();
        let message = MessageId::from_number(u64::try_from(minute).unwrap() + 1);
        let (at, account) = (Time(minute * 60_000), AccountId(1));
        Counted { message, to, at, account, class: Class::Marketing, content: 0 }
    }

    #[test]
    fn a_message_goes_as_soon_as_no_stretch_holds_too_many() {
        for (most, sent, at, earliest) in [
            (1, &[][..], 0, 0),
            (1, &[0], 0, 60),
            (1, &[0], 59, 60),
            (1, &[0], 60, 60),
            (2, &[0, 10], 20, 60),
            (2, &[0, 10], 61, 61),
            (3, &[0, 10], 20, 20),
            (2, &[0, 0], 0, 60),
            // What is scheduled counts in advance, also for what goes before it.
            (1, &[90], 20, 20),
            (1, &[90], 40, 150),
            (1, &[0, 100], 10, 160),
            (2, &[90, 100], 80, 150),
            (2, &[0, 30, 60], 61, 90),
            (1, &[0, 60, 120], 10, 180),
        ] {
            let counts: Vec<Counted> = sent.iter().map(|minute| counted(*minute)).collect();
            let found = cap(most).earliest(&counts, Time(at * 60_000));
            assert_eq!(found.0 / 60_000, earliest, "{most} an hour, sent at {sent:?}, wanted at {at}");
        }
    }

    #[test]
    fn only_its_accounts_and_classes_count() {
        let others =
            [Counted { account: AccountId(2), ..counted(0) }, Counted { class: Class::Otp, ..counted(0) }];
        assert_eq!(cap(1).earliest(&others, Time(0)), Time(0));
        let of_all = Cap { accounts: [].into(), ..cap(1) };
        assert_eq!(of_all.earliest(&others, Time(0)), Time(0) + HOUR);
    }

    #[test]
    fn a_message_counts_once() {
        let mut counts = Counts::default();
        counts.add(counted(3));
        counts.add(counted(3));
        assert_eq!(counts.of(counted(3).to), [counted(3)]);
        assert!(counts.of(Number::parse("+447700900124").unwrap()).is_empty());
    }
}
