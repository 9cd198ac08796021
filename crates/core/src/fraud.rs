//! Fraud (traffic pumping): messages that somebody has an application send to numbers that earn money by them. Rules hold what
//! looks like it until an operator releases it.
//!
//! A rule looks at what the account has sent lately: how many messages to one number, to numbers near each other, one number after
//! the other, to countries that the account never wrote to, and to numbers whose codes nobody enters. What was sent is counted in
//! [`Sightings`], by each node for itself. Conversions and countries are known to all nodes.

mod conversions;
mod counters;
mod runs;

pub use conversions::{Conversions, LEFT_OUT, SLOT, SLOTS, slot, slot_end};

use crate::account::AccountId;
use crate::message::Class;
use crate::number::Number;
use crate::numbering::{Country, country_of};
use crate::policy::span;
use crate::route::mix;
use crate::time::Time;
use counters::Counters;
use runs::Runs;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// The digits at the end of a number that a range leaves out: its numbers are a thousand.
const RANGE_DIGITS: u32 = 3;
/// The digits at the end of a number that a prefix leaves out: its numbers are a million.
const PREFIX_DIGITS: u32 = 6;

/// The most messages of an account within a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Velocity {
    /// The most messages, at least 1.
    pub most: u32,
    /// The length of the stretch, at least a second.
    pub per: Duration,
}

/// The least share of messages that must convert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConversionFloor {
    /// The least share, in percent.
    pub least: u8,
    /// The messages to a prefix from which on the share is looked at.
    pub of: u32,
}

/// A rule against fraud. The default holds nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FraudRule {
    /// The place of its declaration, such as `policies.otp.fraud`.
    pub rule: Arc<str>,
    /// What sets its counts apart from those of other rules.
    pub key: u64,
    /// The classes that it looks at, by their places among [`Class::ALL`].
    pub classes: [bool; Class::COUNT],
    /// The most messages to one number.
    pub per_number: Option<Velocity>,
    /// The most messages to numbers that differ in their last three digits.
    pub per_range: Option<Velocity>,
    /// The most messages to numbers that differ in their last six digits.
    pub per_prefix: Option<Velocity>,
    /// The most numbers that follow each other, none more than two apart from the next.
    pub sequence: Option<Velocity>,
    /// Whether countries to which the account has delivered nothing are looked at.
    pub new_countries: bool,
    /// Countries that are not new.
    pub countries: Vec<Country>,
    /// The least share of messages that must convert.
    pub conversion: Option<ConversionFloor>,
    /// Whether what looks like fraud is refused, rather than held.
    pub refuses: bool,
}

/// Why a message looks like fraud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspicion {
    /// The setting that says so, such as `policies.otp.fraud.per_range`.
    pub rule: Box<str>,
    /// What was seen.
    pub why: Box<str>,
}

impl fmt::Display for Suspicion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.why)
    }
}

/// What nodes know together of an account, as far as messages of a batch need it.
#[derive(Clone, Debug, Default)]
pub struct Shared {
    /// The countries to which it has delivered, and those that an operator has released.
    pub countries: BTreeSet<Country>,
    /// What was sent and converted, by prefix.
    pub conversions: BTreeMap<u64, Conversions>,
    /// Whether it feeds conversions back: one was within the window.
    pub converts: bool,
}

/// What rules against fraud look at.
#[derive(Clone, Copy, Debug)]
pub struct FraudFacts<'a> {
    /// What this node has seen.
    pub sightings: &'a Sightings,
    /// What nodes know together.
    pub shared: &'a Shared,
}

/// What a node has seen of messages to numbers. It is bounded: what comes when it is full is not counted by number, but by
/// prefix yet, of which there are fewer.
#[derive(Clone, Debug, Default)]
pub struct Sightings {
    numbers: Counters,
    ranges: Counters,
    prefixes: Counters,
    runs: Runs,
}

/// The prefix of a number, for conversions.
#[must_use]
pub const fn prefix_of(to: Number) -> u64 {
    without(to, PREFIX_DIGITS)
}

/// A number without so many digits at its end.
const fn without(to: Number, digits: u32) -> u64 {
    to.digits() / 10_u64.pow(digits)
}

impl FraudRule {
    /// The key of the rule that is declared at a place.
    #[must_use]
    pub fn key_of(rule: &str) -> u64 {
        rule.bytes().fold(0, |hash, octet| mix(hash, octet.into()))
    }

    /// Whether there is anything that it could hold.
    #[must_use]
    pub fn holds_anything(&self) -> bool {
        let velocities = [self.per_number, self.per_range, self.per_prefix, self.sequence];
        velocities.iter().any(Option::is_some) || self.new_countries || self.conversion.is_some()
    }

    /// Whether it looks at messages of this class to this number. A short code is nobody's handset.
    #[must_use]
    pub const fn looks_at(&self, class: Class, to: Number) -> bool {
        self.classes[class as usize] && !to.is_short_code()
    }

    /// Whether a message looks like fraud, and why. It is not counted.
    #[must_use]
    pub fn suspicion(
        &self,
        account: AccountId,
        home: Option<Country>,
        to: Number,
        facts: FraudFacts<'_>,
        now: Time,
    ) -> Option<Suspicion> {
        let FraudFacts { sightings, shared } = facts;
        let found = self
            .too_fast(account, to, sightings, now)
            .or_else(|| self.in_sequence(account, to, sightings, now))
            .or_else(|| self.new_country(home, to, shared))
            .or_else(|| self.unconverted(to, shared));
        found.map(|(setting, why)| Suspicion {
            rule: format!("{}.{setting}", self.rule).into(),
            why: why.into(),
        })
    }

    fn too_fast(
        &self,
        account: AccountId,
        to: Number,
        sightings: &Sightings,
        now: Time,
    ) -> Option<(&'static str, String)> {
        let Sightings { numbers, ranges, prefixes, .. } = sightings;
        let limits = [
            ("per_number", self.per_number, numbers, 0, "the number"),
            (
                "per_range",
                self.per_range,
                ranges,
                RANGE_DIGITS,
                "numbers that differ in their last three digits",
            ),
            (
                "per_prefix",
                self.per_prefix,
                prefixes,
                PREFIX_DIGITS,
                "numbers that differ in their last six digits",
            ),
        ];
        limits.into_iter().find_map(|(setting, velocity, counters, digits, whom)| {
            let Velocity { most, per } = velocity?;
            let count = counters.count((self.key, account, without(to, digits)), per, now);
            let is_over = count >= most;
            is_over.then(|| (setting, format!("more than {most} messages in {} to {whom}", span(per))))
        })
    }

    fn in_sequence(
        &self,
        account: AccountId,
        to: Number,
        sightings: &Sightings,
        now: Time,
    ) -> Option<(&'static str, String)> {
        let Velocity { most, per } = self.sequence?;
        let length = sightings.runs.length_with((self.key, account), to, per, now);
        let why = || format!("{length} numbers in {} that follow each other", span(per));
        (length > most).then(|| ("sequence", why()))
    }

    fn new_country(
        &self,
        home: Option<Country>,
        to: Number,
        shared: &Shared,
    ) -> Option<(&'static str, String)> {
        if !self.new_countries {
            return None;
        }
        let country = country_of(to)?;
        let is_known =
            home == Some(country) || self.countries.contains(&country) || shared.countries.contains(&country);
        // Of an account that is new, every country is: there is nothing to compare it with.
        let has_history = home.is_some() || !self.countries.is_empty() || !shared.countries.is_empty();
        let why = || format!("the account has delivered nothing to {country} yet");
        (has_history && !is_known).then(|| ("new_countries", why()))
    }

    fn unconverted(&self, to: Number, shared: &Shared) -> Option<(&'static str, String)> {
        let floor = self.conversion.filter(|_| shared.converts)?;
        let seen = shared.conversions.get(&prefix_of(to))?;
        let is_low = seen.sent >= u64::from(floor.of) && seen.percent() < u64::from(floor.least);
        let why = || {
            let Conversions { sent, converted } = seen;
            format!(
                "{converted} of {sent} messages to numbers that differ in their last six digits converted"
            )
        };
        is_low.then(|| ("conversion", why()))
    }
}

impl Sightings {
    /// Counts a message, held or not.
    pub fn note(&mut self, rule: &FraudRule, account: AccountId, to: Number, now: Time) {
        let key = |digits| (rule.key, account, without(to, digits));
        if let Some(velocity) = rule.per_number {
            self.numbers.add(key(0), velocity.per, now);
        }
        if let Some(velocity) = rule.per_range {
            self.ranges.add(key(RANGE_DIGITS), velocity.per, now);
        }
        if let Some(velocity) = rule.per_prefix {
            self.prefixes.add(key(PREFIX_DIGITS), velocity.per, now);
        }
        if let Some(velocity) = rule.sequence {
            self.runs.add((rule.key, account), to, velocity.per, now);
        }
    }

    /// How many things are counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len() + self.ranges.len() + self.prefixes.len() + self.runs.len()
    }

    /// Whether nothing is counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests;
