//! Reports: what became of messages, counted by hour, account, way and network.
//!
//! A message counts once it has ended, in the hour in which it was accepted. Counts are made of the stream of ends, page by page,
//! with the place up to which they were made: so each message counts once, whatever crashes.
//!
//! Hours are summed up to days as they are counted. A report reads whole days (UTC) as days, and the hours before and behind them.

use crate::account::AccountId;
use crate::delivery::{Outcome, State};
use crate::id::MessageId;
use crate::message::Message;
use crate::money::{Amount, Charge, Currency};
use crate::number::Number;
use crate::numbering::{Country, Numbering, country_of};
use crate::route::{Plan, UpstreamId};
use crate::sender::Sender;
use crate::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;
/// Hours of a day.
const DAY: i64 = 24;
/// Classes of times to delivery.
pub const LATENCIES: u8 = 64;

/// What messages have in common that are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReportKey {
    /// The hour in which they were accepted, in hours since 1970-01-01T00:00:00Z.
    pub hour: i64,
    /// Their account.
    pub account: AccountId,
    /// The upstream that sent them, or was to.
    pub upstream: UpstreamId,
    /// The recipients' country, if it is known.
    pub country: Option<Country>,
    /// The recipients' network, by MCC and MNC or by name; empty if it isn't known.
    pub network: Box<str>,
    /// Their sender; empty if it was left to the carrier.
    pub sender: Box<str>,
    /// How they ended.
    pub state: ReportState,
    /// Why they were not delivered, by the gateway's code; empty if they were.
    pub error: Box<str>,
    /// The currency of price and cost, if there are any.
    pub currency: Option<Currency>,
    /// The class of their times to delivery: the higher of two is about 1.41 times as long; `None` if they were not delivered.
    pub latency: Option<u8>,
}

/// A final state, in the order of states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReportState(pub State);

impl PartialOrd for ReportState {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ReportState {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.0 as u8).cmp(&(other.0 as u8))
    }
}

/// Sums of messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportSums {
    /// How many.
    pub messages: u64,
    /// Their parts.
    pub parts: u64,
    /// What their accounts paid for them in the end.
    pub price: Amount,
    /// What they cost, as far as that is known.
    pub cost: Amount,
}

impl ReportSums {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.messages += other.messages;
        self.parts += other.parts;
        self.price = self.price + other.price;
        self.cost = self.cost + other.cost;
    }
}

/// A message that has ended, as far as reports look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndedMessage {
    /// Its identifier, which says when it was accepted.
    pub id: MessageId,
    /// Its account.
    pub account: AccountId,
    /// Its sender.
    pub from: Option<Sender>,
    /// Its recipient.
    pub to: Number,
    /// The parts that it was cut into.
    pub parts: u8,
    /// The ways that were planned for it.
    pub plan: Arc<Plan>,
    /// The upstreams that had it before the last one.
    pub tried: Box<[UpstreamId]>,
    /// Its price and costs.
    pub charge: Option<Box<Charge>>,
}

impl From<&Message> for EndedMessage {
    fn from(message: &Message) -> Self {
        Self {
            id: message.id,
            account: message.account,
            from: message.from.clone(),
            to: message.to,
            parts: message.parts,
            plan: Arc::clone(&message.plan),
            tried: message.tried.clone(),
            charge: message.charge.clone(),
        }
    }
}

/// Counts of messages that have ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportCounts(BTreeMap<ReportKey, ReportSums>);

impl ReportCounts {
    /// Counts a message.
    pub fn count(&mut self, message: &EndedMessage, outcome: &Outcome, numbering: &Numbering) {
        let EndedMessage { parts, plan, tried, .. } = message;
        let charge = message.charge.as_deref();
        let (price, cost) =
            charge.map_or((None, None), |charge| charge.paid_and_cost(*parts, plan, tried, outcome));
        let accepted = message.id.time();
        let key = ReportKey {
            hour: hour_of(accepted),
            account: message.account,
            upstream: outcome.upstream,
            country: country_of(message.to),
            network: network_of(message.to, accepted, numbering),
            sender: message.from.as_ref().map_or_else(Box::default, |sender| sender.to_string().into()),
            state: ReportState(outcome.state),
            error: outcome.error.as_ref().map_or_else(Box::default, |cause| cause.code.word().into()),
            currency: charge.map(|charge| charge.terms.currency),
            latency: (outcome.state == State::Delivered)
                .then(|| latency(outcome.done_at.since(accepted).as_millis())),
        };
        let sums = ReportSums {
            messages: 1,
            parts: outcome.parts.into(),
            price: price.unwrap_or_default(),
            cost: cost.unwrap_or_default(),
        };
        self.0.entry(key).or_default().add(&sums);
    }

    /// The counts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&ReportKey, &ReportSums)> {
        self.0.iter()
    }

    /// The same counts by day: their hour is the first of the day.
    #[must_use]
    pub fn by_day(&self) -> Self {
        let mut days = Self::default();
        for (key, sums) in &self.0 {
            let key = ReportKey { hour: day_of(key.hour), ..key.clone() };
            days.0.entry(key).or_default().add(sums);
        }
        days
    }

    /// Whether nothing was counted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The network that a recipient was in when a message to it was accepted.
pub fn network_of(to: Number, accepted: Time, numbering: &Numbering) -> Box<str> {
    let destination = numbering.find(to, accepted);
    let network = numbering.network(&destination);
    let name = network.map(|it| it.code.map_or_else(|| it.name.clone(), |code| code.to_string().into()));
    name.unwrap_or_default()
}

/// The class of a time to delivery in milliseconds: two classes for each doubling.
fn latency(millis: u128) -> u8 {
    let millis = u64::try_from(millis).unwrap_or(u64::MAX).clamp(1, 1 << 40);
    let octave = millis.ilog2();
    // The square root of two is about 181 / 128.
    let is_upper = millis * 128 > (1u64 << octave) * 181;
    u8::try_from(octave * 2 + u32::from(is_upper)).unwrap_or(LATENCIES).min(LATENCIES - 1)
}

/// The longest time of a class, in milliseconds.
#[must_use]
pub fn latency_end(class: u8) -> u64 {
    let next = u32::from(class) + 1;
    let power = 1u64 << (next / 2).min(62);
    if next.is_multiple_of(2) { power } else { power * 181 / 128 }
}

/// What a report may be broken down by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// The hour of acceptance.
    Hour,
    /// The day of acceptance (UTC).
    Day,
    /// The account.
    Account,
    /// The upstream.
    Upstream,
    /// The country.
    Country,
    /// The network.
    Network,
    /// The sender.
    Sender,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Hour, Self::Day, Self::Account, Self::Upstream, Self::Country, Self::Network, Self::Sender];

    /// The word for it in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Account => "account",
            Self::Upstream => "upstream",
            Self::Country => "country",
            Self::Network => "network",
            Self::Sender => "sender",
        }
    }
}

/// What a report is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportFilter {
    /// Messages accepted in this hour or later.
    pub from: i64,
    /// Messages accepted before this hour.
    pub until: i64,
    /// What it is broken down by.
    pub by: Vec<Dimension>,
    /// Only this account's.
    pub account: Option<AccountId>,
    /// Only by this upstream.
    pub upstream: Option<UpstreamId>,
    /// Only to this country.
    pub country: Option<Country>,
    /// Only to this network.
    pub network: Option<Box<str>>,
    /// Only from this sender.
    pub sender: Option<Box<str>>,
}

/// A sum of a report: what its messages have in common of what was asked for, and how they ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSum {
    /// The values of the dimensions that were asked for, in their order: hours and days in hours since 1970, numbers of accounts
    /// and upstreams, and words.
    pub values: Vec<Box<str>>,
    /// The currency.
    pub currency: Option<Currency>,
    /// How they ended.
    pub state: State,
    /// Why they were not delivered.
    pub error: Box<str>,
    /// The class of their times to delivery.
    pub latency: Option<u8>,
    /// The sums.
    pub sums: ReportSums,
}

/// The hour of a moment.
#[must_use]
pub const fn hour_of(time: Time) -> i64 {
    time.0.div_euclid(HOUR)
}

/// The first hour of the day (UTC) of an hour.
#[must_use]
pub const fn day_of(hour: i64) -> i64 {
    hour - hour.rem_euclid(DAY)
}

/// When an hour begins.
#[must_use]
pub const fn hour_start(hour: i64) -> Time {
    Time(hour * HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_told_within_a_class() {
        for millis in [1u64, 2, 3, 7, 100, 999, 1_000, 60_000, 3_600_000, 259_200_000] {
            let class = latency(u128::from(millis));
            assert!(millis <= latency_end(class), "{millis} {class}");
            assert!(class == 0 || millis + 1 >= latency_end(class - 1), "{millis} {class}");
        }
        assert_eq!((latency(0), latency(u128::MAX)), (0, LATENCIES - 1));
        assert_eq!((latency_end(0), latency_end(1), latency_end(20)), (1, 2, 1448));
    }

    #[test]
    fn messages_that_ended_alike_count_together() {
        let mut counts = ReportCounts::default();
        let message =
            |number: u64| EndedMessage::from(&crate::testing::message(MessageId::from_number(number << 22)));
        let outcome = |state, done_at| Outcome {
            state,
            upstream: UpstreamId(7),
            reference: None,
            error: (state != State::Delivered).then(|| crate::cause::Code::ValidityEnded.into()),
            sent_at: None,
            done_at,
            parts: 2,
            possible_duplicate: false,
        };
        let accepted = message(1).id.time();
        let after = |millis| accepted + std::time::Duration::from_millis(millis);
        for millis in [1_000, 1_001, 4_000] {
            counts.count(&message(1), &outcome(State::Delivered, after(millis)), &Numbering::default());
        }
        counts.count(&message(1), &outcome(State::Expired, after(9)), &Numbering::default());
        counts.count(&message(3_600_001), &outcome(State::Expired, after(9)), &Numbering::default());
        let counted: Vec<_> =
            counts.iter().map(|(key, sums)| (key.state.0, &*key.error, sums.messages, sums.parts)).collect();
        assert_eq!(
            counted,
            [
                (State::Delivered, "", 2, 4),
                (State::Delivered, "", 1, 2),
                (State::Expired, "validity_ended", 1, 2),
                (State::Expired, "validity_ended", 1, 2),
            ]
        );
        let (first, _) = counts.iter().next().unwrap();
        assert_eq!(first.country, "GB".parse().ok());
        let days = counts.by_day();
        let counted: Vec<_> =
            days.iter().map(|(key, sums)| (key.hour, &*key.error, sums.messages, sums.parts)).collect();
        let day = day_of(first.hour);
        assert_eq!(counted, [(day, "", 2, 4), (day, "", 1, 2), (day, "validity_ended", 2, 4)]);
    }
}
