//! The budgets of all limits, at one node.

use super::meter::Meter;
use super::{Limited, Limits};
use crate::budget::{Period, Untold};
use crate::time::Time;
use std::collections::BTreeMap;

/// The most budgets that a node keeps. Beyond, those that are new share one for each limit.
const METERS_MAX: usize = 100_000;

/// A message that must wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PutOff {
    /// When it is to be looked at again.
    pub until: Time,
    /// The limit's name.
    pub limit: Box<str>,
    /// The budget that is used up, and how much it permits.
    pub which: Box<str>,
}

/// The budgets of all limits, at one node.
#[derive(Debug, Default)]
pub struct LimitMeters {
    limits: Limits,
    /// The share of each limit that is this node's, from 0 to 1.
    share: f64,
    meters: BTreeMap<Box<str>, (usize, Meter)>,
}

impl LimitMeters {
    /// Takes on the limits that the rules say. What was used of a limit that has its name still is.
    pub fn configure(&mut self, limits: &Limits) {
        let places: BTreeMap<&str, usize> =
            limits.iter().enumerate().map(|(place, limit)| (&*limit.name, place)).collect();
        self.meters.retain(|budget, (place, _)| {
            let name = budget.split(' ').next().unwrap_or_default();
            places.get(name).map(|found| *place = *found).is_some()
        });
        self.limits = limits.clone();
    }

    /// Takes on the share of each limit that is this node's, from 0 to 1.
    pub const fn set_share(&mut self, share: f64) {
        self.share = share;
    }

    /// Whether a message may go out now; then it has.
    ///
    /// # Errors
    /// What it must wait for, the longest if there are several.
    pub fn admit(&mut self, limited: Limited<'_>, now: Time) -> Result<(), PutOff> {
        let limits = self.limits.clone();
        let mut asked: Vec<Box<str>> = Vec::new();
        let mut put_off: Option<PutOff> = None;
        for limit in limits.of(limited, now) {
            let budget = self.place(&limits, &limit.name, limits.budget(limit, limited, now));
            let Some((_, meter)) = self.meters.get_mut(&budget) else { continue };
            if let Err(until) = meter.ask(limit, self.share, limited.message, now)
                && put_off.as_ref().is_none_or(|other| other.until < until)
            {
                let which = format!("{budget}: {limit}").into();
                put_off = Some(PutOff { until, limit: limit.name.clone(), which });
            }
            asked.push(budget);
        }
        if let Some(put_off) = put_off {
            return Err(put_off);
        }
        for budget in asked {
            if let Some((_, meter)) = self.meters.get_mut(&budget) {
                meter.spend(limited.message, now);
            }
        }
        Ok(())
    }

    /// Makes sure that there is a meter of a budget; returns the name by which it is kept.
    fn place(&mut self, limits: &Limits, limit: &str, budget: Box<str>) -> Box<str> {
        if self.meters.contains_key(&budget) {
            return budget;
        }
        let budget = if self.meters.len() < METERS_MAX { budget } else { format!("{limit} others").into() };
        let place = limits.iter().position(|it| &*it.name == limit).unwrap_or_default();
        self.meters.entry(budget.clone()).or_insert_with(|| (place, Meter::default()));
        budget
    }

    /// What was used and isn't told to the store yet: the budget's name, and how much of it.
    pub fn take_untold(&mut self) -> Vec<(Box<str>, Untold)> {
        let mut all = Vec::new();
        for (budget, (place, meter)) in &mut self.meters {
            let Some(limit) = self.limits.iter().nth(*place) else { continue };
            let untold = meter.budgets.take_untold(limit.periods);
            all.extend(untold.into_iter().map(|untold| (budget.clone(), untold)));
        }
        all
    }

    /// Takes back what the store could not be told.
    pub fn put_back(&mut self, untold: Vec<(Box<str>, Untold)>) {
        for (budget, untold) in untold {
            if let Some((_, meter)) = self.meters.get_mut(&budget) {
                meter.budgets.put_back(vec![untold]);
            }
        }
    }

    /// The budgets, and their periods with a limit, that messages have asked for since this time.
    #[must_use]
    pub fn asked_since(&self, since: Time) -> Vec<(Box<str>, Period)> {
        let mut all = Vec::new();
        for (budget, (place, meter)) in &self.meters {
            if let Some(limit) = self.limits.iter().nth(*place)
                && meter.asked >= since
            {
                all.extend(limit.periods.iter().map(|(period, _)| (budget.clone(), period)));
            }
        }
        all
    }

    /// Takes on what all nodes have told of a budget's period, this one included.
    pub fn hear(&mut self, budget: &str, period: Period, told: u64, now: Time) {
        if let Some((place, meter)) = self.meters.get_mut(budget)
            && let Some(most) = self.limits.iter().nth(*place).and_then(|limit| limit.periods.of(period))
        {
            meter.budgets.hear(period, most, told, self.share, now);
        }
    }

    /// Parts of a period that were used, by the name of the limit: of all its budgets together.
    #[must_use]
    pub fn used(&self) -> BTreeMap<(Box<str>, Period), u64> {
        let mut used = BTreeMap::new();
        for (place, meter) in self.meters.values() {
            let Some(limit) = self.limits.iter().nth(*place) else { continue };
            for (period, _) in limit.periods.iter() {
                *used.entry((limit.name.clone(), period)).or_default() += meter.budgets.used(period);
            }
        }
        used
    }

    /// Forgets budgets that nobody uses, and slots that are over.
    pub fn tidy(&mut self, now: Time) {
        self.meters.retain(|_, (_, meter)| {
            meter.tidy(now);
            !meter.is_idle(now)
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::PartLimits;
    use crate::id::MessageId;
    use crate::limit::{Each, Limit, Names};
    use crate::message::{Class, Message};
    use crate::numbering::Numbering;
    use crate::route::UpstreamId;
    use crate::selector::Selector;
    use crate::sender::Sender;
    use std::time::Duration;

    const NOW: Time = Time(1_800_000_000_000);

    fn limit(name: &str, second: Option<f64>, minute: Option<u64>, each: &[Each]) -> Limit {
        Limit {
            name: name.into(),
            selector: Selector::default(),
            each: each.to_vec(),
            second,
            periods: PartLimits([minute, None, None, None]),
        }
    }

    fn meters(limits: Vec<Limit>) -> LimitMeters {
        let mut meters = LimitMeters::default();
        meters.configure(&Limits::new(limits, Names::default()));
        meters.set_share(1.0);
        meters
    }

    fn message(number: u64, class: Class, from: &str) -> Message {
        let from = Some(Sender::parse(from).unwrap());
        Message { class, from, ..crate::testing::message(MessageId::from_number(number)) }
    }

    fn admit(meters: &mut LimitMeters, message: &Message, now: Time) -> Result<(), PutOff> {
        let numbering = Numbering::default();
        meters.admit(Limited { message, upstream: UpstreamId(1), numbering: &numbering }, now)
    }

    /// Sends so many messages, each looked at again when it was put off to. Returns when each went out, in milliseconds, and how often
    /// one was put off.
    fn send_all(meters: &mut LimitMeters, messages: Vec<Message>) -> (Vec<i64>, usize) {
        let mut waiting: Vec<(Time, Message)> = messages.into_iter().map(|it| (NOW, it)).collect();
        let (mut left, mut put_off) = (Vec::new(), 0);
        while !waiting.is_empty() {
            waiting.sort_by_key(|(due, message)| (*due, message.id));
            let (due, message) = waiting.remove(0);
            match admit(meters, &message, due) {
                Ok(()) => left.push(due.0 - NOW.0),
                Err(later) => {
                    put_off += 1;
                    waiting.push((later.until, message));
                }
            }
        }
        (left, put_off)
    }

    #[test]
    fn parts_a_second_are_kept_to_and_each_message_is_put_off_once() {
        let mut meters = meters(vec![limit("all", Some(10.0), None, &[])]);
        let messages = (0..500).map(|number| message(number, Class::Marketing, "Shop")).collect();
        let (left, put_off) = send_all(&mut meters, messages);
        assert_eq!(left.iter().filter(|at| **at == 0).count(), 5, "half a second's at once");
        for window in left.windows(16) {
            assert!(window[15] - window[0] >= 1_000, "{window:?}");
        }
        assert!((49_000..50_500).contains(left.last().unwrap()), "{:?}", left.last());
        assert!(put_off < 1_000, "{put_off}");
    }

    #[test]
    fn urgent_messages_go_first_though_many_wait() {
        let mut meters = meters(vec![limit("all", Some(10.0), None, &[])]);
        for number in 0..1_000 {
            let _ = admit(&mut meters, &message(number, Class::Marketing, "Shop"), NOW);
        }
        let password = message(2_000, Class::Otp, "Shop");
        let later = admit(&mut meters, &password, NOW).unwrap_err();
        assert!(later.until.since(NOW) <= Duration::from_millis(100), "{later:?}");
        assert_eq!(admit(&mut meters, &password, later.until), Ok(()));
        let newcomer = admit(&mut meters, &message(2_001, Class::Marketing, "Shop"), later.until);
        assert!(newcomer.unwrap_err().until.since(NOW) > Duration::from_secs(99), "nobody is overtaken");
    }

    #[test]
    fn slots_that_nobody_comes_to_use_are_given_to_others() {
        let mut meters = meters(vec![limit("all", Some(10.0), None, &[])]);
        for number in 0..1_000 {
            let _ = admit(&mut meters, &message(number, Class::Marketing, "Shop"), NOW);
        }
        let newcomer = message(2_000, Class::Marketing, "Shop");
        assert!(admit(&mut meters, &newcomer, NOW + Duration::from_secs(1)).is_err());
        assert_eq!(admit(&mut meters, &newcomer, NOW + Duration::from_secs(5)), Ok(()), "all were canceled");
    }

    #[test]
    fn each_sender_has_a_budget_and_all_limits_hold() {
        let limits = vec![limit("all", None, Some(5), &[]), limit("each", Some(2.0), None, &[Each::Sender])];
        let mut meters = meters(limits);
        let first = admit(&mut meters, &message(1, Class::Otp, "Shop"), NOW).unwrap_err();
        assert_eq!((first.until, &*first.limit), (NOW + Duration::from_millis(500), "all"), "not known yet");
        meters.hear("all", Period::Minute, 0, NOW);
        assert_eq!(admit(&mut meters, &message(1, Class::Otp, "Shop"), NOW), Ok(()));
        let second = admit(&mut meters, &message(2, Class::Otp, "Shop"), NOW).unwrap_err();
        assert_eq!(&*second.which, "each sender=Shop: 2/second");
        for number in 3..7 {
            let sender = format!("Shop{number}");
            assert_eq!(admit(&mut meters, &message(number, Class::Otp, &sender), NOW), Ok(()));
        }
        let last = admit(&mut meters, &message(7, Class::Otp, "Bank"), NOW).unwrap_err();
        assert_eq!((last.until, &*last.which), (NOW + Duration::from_mins(1), "all: 5/minute"));
        assert_eq!(meters.take_untold().len(), 1);
        assert_eq!(meters.used()[&("all".into(), Period::Minute)], 5);
    }

    #[test]
    fn a_limit_that_changes_keeps_what_was_used_and_one_that_goes_is_forgotten() {
        let mut meters = meters(vec![limit("all", None, Some(5), &[])]);
        let _ = admit(&mut meters, &message(1, Class::Otp, "Shop"), NOW);
        meters.hear("all", Period::Minute, 4, NOW);
        let other = vec![limit("a", Some(9.0), None, &[]), limit("all", None, Some(6), &[])];
        meters.configure(&Limits::new(other, Names::default()));
        meters.hear("all", Period::Minute, 4, NOW);
        for number in [1, 2] {
            assert_eq!(admit(&mut meters, &message(number, Class::Otp, "Shop"), NOW), Ok(()));
        }
        assert!(admit(&mut meters, &message(3, Class::Otp, "Shop"), NOW).is_err());
        meters.configure(&Limits::default());
        assert_eq!(admit(&mut meters, &message(3, Class::Otp, "Shop"), NOW), Ok(()));
        assert!(meters.asked_since(NOW).is_empty());
    }
}
