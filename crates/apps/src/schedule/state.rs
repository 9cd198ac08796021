//! A schedule, and what moves it.

use super::cron::Cron;
use crate::kept::Document;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use postrider_core::contract::AppKind;
use postrider_core::number::Number;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a schedule is kept after its end.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// The longest that an occurrence is late and still sent. One that is missed by more is passed over.
pub(super) const LATE_MAX: Duration = Duration::from_hours(1);

/// The state of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Messages are sent at its times.
    Active,
    /// Nothing is sent until it goes on.
    Paused,
    /// Its end has come.
    Ended,
    /// Its account has canceled it.
    Canceled,
}

impl State {
    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Ended => "ended",
            Self::Canceled => "canceled",
        }
    }
}

/// What was sent at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Occurrence {
    /// The time, in milliseconds.
    pub(super) at: i64,
    /// The messages, by number.
    pub messages: Vec<u64>,
    /// Codes of refusals, by the recipients' digits.
    pub refused: Vec<(u64, Box<str>)>,
}

impl Occurrence {
    /// The time.
    #[must_use]
    pub const fn at(&self) -> Time {
        Time(self.at)
    }
}

/// A schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Its identifier.
    pub id: Box<str>,
    /// The digits of recipients' numbers.
    pub(super) to: Vec<u64>,
    /// The text.
    pub text: Box<str>,
    /// The sender, if it isn't the account's usual one.
    pub from: Option<Box<str>>,
    /// The class of messages, if it isn't the account's usual one.
    pub class: Option<Box<str>>,
    /// The account's own reference.
    pub reference: Option<Box<str>>,
    /// How long messages may wait once due, in milliseconds; `None` is as usual.
    pub(super) valid_for: Option<u64>,
    /// The cron expression.
    pub cron: Box<str>,
    /// The time zone.
    pub zone: Box<str>,
    /// When it ends, in milliseconds.
    pub(super) ends: Option<i64>,
    /// The next time, in milliseconds; `None` if there is none any more.
    pub(super) next: Option<i64>,
    /// Its state.
    pub state: State,
    /// Times at which messages were sent.
    pub sent: u64,
    /// Times that were passed over, since the gateway was away.
    pub missed: u64,
    /// What was sent last.
    pub last: Option<Occurrence>,
}

impl Schedule {
    /// The recipients.
    pub fn to(&self) -> impl Iterator<Item = Number> + '_ {
        self.to.iter().filter_map(|digits| Number::from_digits(*digits))
    }

    /// The next time at which messages are sent; `None` if none are.
    #[must_use]
    pub fn next(&self) -> Option<Time> {
        self.next.filter(|_| self.state == State::Active).map(Time)
    }

    /// When it ends.
    #[must_use]
    pub fn ends(&self) -> Option<Time> {
        self.ends.map(Time)
    }

    /// Goes on to the first time after this one.
    pub(super) fn go_on(&mut self, after: Time) {
        let next = self.time_after(after).filter(|next| self.ends().is_none_or(|ends| *next <= ends));
        self.next = next.map(|next| next.0);
        if next.is_none() && self.state == State::Active {
            self.state = State::Ended;
        }
    }

    /// Passes over times that are too long ago to be made up for.
    pub(super) fn pass_over(&mut self, now: Time) {
        while let Some(next) = self.next()
            && next + LATE_MAX < now
        {
            self.missed += 1;
            self.go_on(next);
        }
    }

    fn time_after(&self, after: Time) -> Option<Time> {
        let zone = TimeZone::get(&self.zone).ok()?;
        let after: Zoned = Timestamp::from_millisecond(after.0).ok()?.to_zoned(zone);
        let next = Cron::parse(&self.cron).ok()?.next(&after)?;
        Some(Time(next.timestamp().as_millisecond()))
    }
}

impl Document for Schedule {
    const KIND: AppKind = AppKind::Schedule;

    fn id(&self) -> Box<str> {
        self.id.clone()
    }

    fn person(&self) -> Option<Number> {
        // One that is about several people is none's.
        let mut to = self.to();
        to.next().filter(|_| to.next().is_none())
    }

    fn due(&self) -> Option<Time> {
        self.next()
    }

    fn expires(&self) -> Option<Time> {
        let is_over = matches!(self.state, State::Ended | State::Canceled);
        let last = self.last.as_ref().map(Occurrence::at).max(self.ends());
        is_over.then(|| last.unwrap_or(Time(self.next.unwrap_or_default())) + KEPT)
    }
}
