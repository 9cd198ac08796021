//! What is left of one budget.

use super::Limit;
use super::slots::Slots;
use crate::budget::{Budgets, Period, share_of};
use crate::id::MessageId;
use crate::message::Message;
use crate::time::Time;
use std::collections::BTreeMap;
use std::time::Duration;

/// The stretch whose share of the rate may go out at once, in seconds.
const BURST: f64 = 0.5;
/// How long a message is put off of which it isn't known yet what other nodes have used.
const UNKNOWN: Duration = Duration::from_millis(500);
/// The most messages of which one budget remembers their slots. One that is forgotten takes its turn with those that come.
const RESERVED_MAX: usize = 50_000;
/// How long after a slot its message is remembered: it may be held up, or canceled.
const RESERVED_FOR: Duration = Duration::from_secs(60);
/// How long nobody comes to use a slot until they are taken for given up.
const VACANT: Duration = Duration::from_secs(3);
/// How long a budget that nobody uses is remembered.
const IDLE: Duration = Duration::from_mins(10);

/// One budget of a limit, at one node.
#[derive(Debug)]
pub(super) struct Meter {
    pub(super) budgets: Budgets,
    /// Parts that may go out at once.
    tokens: f64,
    filled: Time,
    slots: Slots,
    /// Slots by parts a second that messages have.
    reserved: BTreeMap<MessageId, Time>,
    /// When parts went out the last time.
    spent: Time,
    /// When a message asked for it the last time.
    pub(super) asked: Time,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            budgets: Budgets::default(),
            tokens: f64::MAX,
            filled: Time(i64::MIN),
            slots: Slots::default(),
            reserved: BTreeMap::new(),
            spent: Time(i64::MIN),
            asked: Time(i64::MIN),
        }
    }
}

impl Meter {
    /// Whether a message may go out now, as far as this budget goes; `share` of it is this node's, from 0 to 1.
    ///
    /// # Errors
    /// When it is to be looked at again.
    pub(super) fn ask(
        &mut self,
        limit: &Limit,
        share: f64,
        message: &Message,
        now: Time,
    ) -> Result<(), Time> {
        self.asked = now;
        let by_second = limit.second.map_or(Ok(()), |rate| self.ask_second(rate * share, message, now));
        let by_periods = self.ask_periods(limit, share, message, now);
        match (by_second, by_periods) {
            (Err(one), Err(other)) => Err(one.max(other)),
            (one, other) => one.and(other),
        }
    }

    fn ask_second(&mut self, rate: f64, message: &Message, now: Time) -> Result<(), Time> {
        if rate <= 0.0 {
            return Err(now + UNKNOWN);
        }
        self.fill(rate, now);
        let (id, class) = (message.id, message.class);
        let is_its_turn = self.reserved.get(&id).is_some_and(|slot| *slot <= now);
        if now.since(self.spent) > VACANT + second(2.0 / rate) {
            self.slots.vacate();
        }
        if self.tokens >= 1.0 && (is_its_turn || !self.slots.are_taken(class, now)) {
            return Ok(());
        }
        let earliest = now + second(((1.0 - self.tokens) / rate).max(0.001));
        let parts = message.parts.into();
        let slot = if is_its_turn { earliest } else { self.slots.take(class, parts, rate, earliest) };
        if is_its_turn || self.reserved.len() < RESERVED_MAX {
            self.reserved.insert(id, slot);
        }
        Err(slot)
    }

    fn ask_periods(&mut self, limit: &Limit, share: f64, message: &Message, now: Time) -> Result<(), Time> {
        let limits = limit.periods;
        if limits.are_none() || self.budgets.room(limits, share, now) > 0 {
            return Ok(());
        }
        if !self.budgets.are_known(limits) {
            return Err(now + UNKNOWN);
        }
        let closed = limits.iter().map(|(period, _)| period).filter(|it| self.budgets.is_closed(*it));
        let closed: Vec<Period> = closed.collect();
        let (is_closed, own) = (|period| closed.contains(&period), |most| share_of(most, share));
        let slot = self.slots.take_later(message.class, message.parts.into(), limits, is_closed, own, now);
        slot.map_or(Ok(()), Err)
    }

    /// Takes note of a message that goes out.
    pub(super) fn spend(&mut self, message: &Message, now: Time) {
        self.tokens -= f64::from(message.parts);
        self.budgets.spend(message.parts.into());
        self.reserved.remove(&message.id);
        self.spent = now;
    }

    fn fill(&mut self, rate: f64, now: Time) {
        let passed = now.since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + passed * rate).min((rate * BURST).max(1.0));
        self.filled = now;
    }

    /// Forgets slots that are long over.
    pub(super) fn tidy(&mut self, now: Time) {
        self.reserved.retain(|_, slot| *slot + RESERVED_FOR > now);
    }

    /// Whether nobody has used it for a while, and the others know all of it.
    pub(super) fn is_idle(&self, now: Time) -> bool {
        now.since(self.asked) > IDLE && !self.budgets.has_untold()
    }
}

fn second(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_hours(24))
}
