//! Traffic: what passed through a node in the last quarter of an hour, in slots of five seconds, for people who watch it.

mod latency;
mod summary;

pub use latency::Latency;
pub use summary::{Course, Summary, Sums, point, recent};

use crate::account::AccountId;
use crate::cause::{Cause, Code};
use crate::delivery::{Change, Outcome, State};
use crate::numbering::Country;
use crate::route::UpstreamId;
use crate::time::Time;
use std::collections::{BTreeMap, VecDeque};
use std::ops::AddAssign;
use std::time::Duration;

/// The length of a slot.
pub const SLOT: Duration = Duration::from_secs(5);
/// The slots that are kept: those of 15 minutes, and the one that is not over.
pub const SLOTS: usize = 181;
/// The accounts of a slot that are counted one by one; what others do is counted in the whole alone.
const ACCOUNTS_MAX: usize = 500;
/// The kinds of errors of a slot that are counted; others are left out.
const ERRORS_MAX: usize = 100;
/// The most characters of a carrier's code that tell errors apart.
const CODE_MAX: usize = 64;

/// What was counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages accepted from applications.
    pub accepted: u64,
    /// Parts that carriers answered.
    pub sent: u64,
    /// Messages that were delivered.
    pub delivered: u64,
    /// Messages that ended otherwise, without those that were canceled.
    pub failed: u64,
    /// Messages from handsets.
    pub received: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.sent += other.sent;
        self.delivered += other.delivered;
        self.failed += other.failed;
        self.received += other.received;
    }
}

/// A kind of error: messages that failed for the same reason at the same upstream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ErrorKind {
    /// The upstream.
    pub upstream: UpstreamId,
    /// The gateway's code.
    pub code: Code,
    /// The start of the carrier's code, if it gave one.
    pub carrier_code: Option<Box<str>>,
}

/// How often an error came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorCount {
    /// The number of messages.
    pub count: u64,
    /// When the last of them ended.
    pub last: Time,
}

/// What was counted in one slot.
#[derive(Clone, Debug, Default)]
pub struct Slot {
    /// Of the whole node.
    pub all: Counts,
    /// By account.
    pub accounts: BTreeMap<AccountId, Counts>,
    /// By upstream.
    pub upstreams: BTreeMap<UpstreamId, Counts>,
    /// Errors.
    pub errors: BTreeMap<ErrorKind, ErrorCount>,
    /// How long receipts of delivered messages took, by upstream.
    pub receipts: BTreeMap<UpstreamId, Latency>,
    /// Messages that were refused since no route led to their recipients, by country.
    pub unroutable: BTreeMap<Option<Country>, u64>,
}

/// The slots of the last quarter of an hour, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    slots: VecDeque<Slot>,
    /// The number of the last slot, counted from 1970.
    last: i64,
}

impl Traffic {
    /// An account's messages were accepted.
    pub fn accepted(&mut self, account: AccountId, messages: u64, now: Time) {
        let counts = Counts { accepted: messages, ..Counts::default() };
        let slot = self.slot(now);
        slot.all += counts;
        slot.count_account(account, counts);
    }

    /// A carrier answered so many parts.
    pub fn sent(&mut self, upstream: UpstreamId, parts: u64, now: Time) {
        let counts = Counts { sent: parts, ..Counts::default() };
        let slot = self.slot(now);
        slot.all += counts;
        *slot.upstreams.entry(upstream).or_default() += counts;
    }

    /// A message came from a handset.
    pub fn received(&mut self, upstream: UpstreamId, account: Option<AccountId>, now: Time) {
        let counts = Counts { received: 1, ..Counts::default() };
        let slot = self.slot(now);
        slot.all += counts;
        *slot.upstreams.entry(upstream).or_default() += counts;
        if let Some(account) = account {
            slot.count_account(account, counts);
        }
    }

    /// A message was refused, since no route led to its recipient.
    pub fn unroutable(&mut self, country: Option<Country>, now: Time) {
        *self.slot(now).unroutable.entry(country).or_default() += 1;
    }

    /// These changes were recorded: messages that they end are counted.
    pub fn recorded(&mut self, changes: &[Change], now: Time) {
        for change in changes {
            if let Some(outcome) = &change.outcome {
                self.slot(now).count_end(change.account, outcome);
            }
        }
    }

    /// Exactly [`SLOTS`] slots up to now, the oldest first. The last one is not over yet.
    pub fn until(&mut self, now: Time) -> impl Iterator<Item = &Slot> {
        self.slot(now);
        self.slots.iter()
    }

    /// The slot of this time. Where the clock stepped back, it is the last one.
    fn slot(&mut self, now: Time) -> &mut Slot {
        let number = now.0.div_euclid(i64::try_from(SLOT.as_millis()).unwrap_or(i64::MAX));
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, Slot::default);
            self.last = number;
        }
        let new = usize::try_from(number - self.last).unwrap_or(0).min(SLOTS);
        self.slots.drain(..new);
        self.slots.resize_with(SLOTS, Slot::default);
        self.last = self.last.max(number);
        &mut self.slots[SLOTS - 1]
    }
}

impl Slot {
    fn count_account(&mut self, account: AccountId, counts: Counts) {
        if self.accounts.len() < ACCOUNTS_MAX || self.accounts.contains_key(&account) {
            *self.accounts.entry(account).or_default() += counts;
        }
    }

    fn count_end(&mut self, account: AccountId, outcome: &Outcome) {
        let counts = match outcome.state {
            State::Canceled => return,
            State::Delivered => Counts { delivered: 1, ..Counts::default() },
            _ => Counts { failed: 1, ..Counts::default() },
        };
        self.all += counts;
        self.count_account(account, counts);
        *self.upstreams.entry(outcome.upstream).or_default() += counts;
        match (outcome.state, outcome.sent_at, &outcome.error) {
            (State::Delivered, Some(sent_at), _) => {
                self.receipts.entry(outcome.upstream).or_default().add(outcome.done_at.since(sent_at));
            }
            (State::Delivered, None, _) | (_, _, None) => {}
            (_, _, Some(cause)) => self.count_error(ErrorKind::of(outcome.upstream, cause), outcome.done_at),
        }
    }

    fn count_error(&mut self, kind: ErrorKind, at: Time) {
        if self.errors.len() >= ERRORS_MAX && !self.errors.contains_key(&kind) {
            return;
        }
        let error = self.errors.entry(kind).or_insert(ErrorCount { count: 0, last: at });
        error.count += 1;
        error.last = error.last.max(at);
    }
}

impl ErrorKind {
    fn of(upstream: UpstreamId, cause: &Cause) -> Self {
        let carrier_code = cause.carrier_code().map(|code| code.chars().take(CODE_MAX).collect());
        Self { upstream, code: cause.code, carrier_code }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACME: UpstreamId = UpstreamId(1);
    const SHOP: AccountId = AccountId(7);

    fn ended(state: State, error: Option<Cause>, took: u64) -> Change {
        let delivery = crate::delivery::Delivery::new(
            crate::testing::message(crate::id::MessageId::from_number(1)).into(),
            ACME,
        );
        let outcome = Outcome {
            state,
            upstream: ACME,
            reference: None,
            error,
            sent_at: Some(Time(0)),
            done_at: Time(0) + Duration::from_millis(took),
            parts: 1,
            possible_duplicate: false,
        };
        Change { account: SHOP, outcome: Some(outcome), ..Change::none(&delivery, Time(0)) }
    }

    fn all(traffic: &mut Traffic, now: Time) -> Vec<Counts> {
        traffic.until(now).map(|slot| slot.all).collect()
    }

    #[test]
    fn what_happens_is_counted_in_its_slot_and_forgotten_after_a_quarter_of_an_hour() {
        let mut traffic = Traffic::default();
        traffic.accepted(SHOP, 3, Time(1_000));
        traffic.sent(ACME, 4, Time(6_000));
        traffic.received(ACME, None, Time(6_001));
        let slots = all(&mut traffic, Time(6_002));
        assert_eq!(slots.len(), SLOTS);
        assert_eq!(slots[SLOTS - 2], Counts { accepted: 3, ..Counts::default() });
        assert_eq!(slots[SLOTS - 1], Counts { sent: 4, received: 1, ..Counts::default() });
        let slots = all(&mut traffic, Time(6_000) + SLOT * u32::try_from(SLOTS - 1).unwrap());
        assert_eq!((slots[0].sent, slots.iter().map(|slot| slot.accepted).sum::<u64>()), (4, 0));
        assert_eq!(all(&mut traffic, Time(i64::MAX)), [Counts::default(); SLOTS]);
    }

    #[test]
    fn a_clock_that_steps_back_counts_in_the_last_slot() {
        let mut traffic = Traffic::default();
        traffic.accepted(SHOP, 1, Time(60_000));
        traffic.accepted(SHOP, 1, Time(20_000));
        assert_eq!(all(&mut traffic, Time(60_000))[SLOTS - 1].accepted, 2);
    }

    #[test]
    fn ends_are_counted_with_their_errors() {
        let refused = Cause::of_carrier(Code::InvalidRecipient, "0x0B");
        let mut traffic = Traffic::default();
        let changes = [
            ended(State::Delivered, None, 1_500),
            ended(State::Rejected, Some(refused.clone()), 10),
            ended(State::Rejected, Some(refused), 20),
            ended(State::Canceled, None, 0),
        ];
        traffic.recorded(&changes, Time(30_000));
        let slot = traffic.until(Time(30_000)).last().unwrap();
        assert_eq!((slot.all.delivered, slot.all.failed), (1, 2));
        assert_eq!((slot.accounts[&SHOP], slot.upstreams[&ACME]), (slot.all, slot.all));
        let (kind, error) = slot.errors.first_key_value().unwrap();
        assert_eq!((kind.code, kind.carrier_code.as_deref()), (Code::InvalidRecipient, Some("0x0B")));
        assert_eq!(*error, ErrorCount { count: 2, last: Time(20) });
        assert_eq!(slot.receipts[&ACME].count(), 1);
    }

    #[test]
    fn accounts_and_errors_are_limited() {
        let mut traffic = Traffic::default();
        for account in 0..1_000 {
            traffic.accepted(AccountId(account), 1, Time(0));
        }
        let slot = traffic.until(Time(0)).last().unwrap();
        assert_eq!((slot.accounts.len(), slot.all.accepted), (ACCOUNTS_MAX, 1_000));
        for code in 0..1_000 {
            let cause = Cause::of_carrier(Code::Unexplained, format!("{code}"));
            traffic.recorded(&[ended(State::Failed, Some(cause), 0)], Time(0));
        }
        assert_eq!(traffic.until(Time(0)).last().unwrap().errors.len(), ERRORS_MAX);
    }
}
