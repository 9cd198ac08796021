//! Limits of what is sent: parts a second, a minute, an hour, a day and a month, of the messages that a selector selects. A limit may
//! have a budget of its own for each account, sender, network, country or upstream.

mod meter;
mod meters;
mod slots;

use crate::account::AccountId;
use crate::budget::PartLimits;
use crate::message::Message;
use crate::numbering::Numbering;
use crate::route::UpstreamId;
use crate::selector::Selector;
use crate::time::Time;
pub use meters::{LimitMeters, PutOff};
use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::sync::Arc;

/// What a limit has budgets of its own for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Each {
    /// Each account.
    Account,
    /// Each sender.
    Sender,
    /// Each network of recipients; those of unknown networks share a budget.
    Network,
    /// Each country of recipients.
    Country,
    /// Each upstream.
    Upstream,
}

impl Each {
    /// How many there are.
    pub const COUNT: usize = 5;

    /// The word for it in every API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Sender => "sender",
            Self::Network => "network",
            Self::Country => "country",
            Self::Upstream => "upstream",
        }
    }
}

/// A limit, over all nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct Limit {
    /// Its name, unique.
    pub name: Box<str>,
    /// The messages that it is about.
    pub selector: Selector,
    /// What it has budgets of its own for; nothing is one budget for all.
    pub each: Vec<Each>,
    /// The most parts a second; `None` is no limit.
    pub second: Option<f64>,
    /// The most parts in periods of the calendar.
    pub periods: PartLimits,
}

/// How much it permits: `10/second, 1000/day`.
impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.second {
            None => write!(f, "{}", self.periods),
            Some(rate) if self.periods.are_none() => write!(f, "{rate}/second"),
            Some(rate) => write!(f, "{rate}/second, {}", self.periods),
        }
    }
}

/// A message as limits look at it.
#[derive(Clone, Copy, Debug)]
pub struct Limited<'a> {
    /// The message.
    pub message: &'a Message,
    /// The upstream that is to send it.
    pub upstream: UpstreamId,
    /// The networks and countries of numbers.
    pub numbering: &'a Numbering,
}

/// The names of accounts and upstreams, as budgets are called by them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    /// Accounts.
    pub accounts: BTreeMap<AccountId, Box<str>>,
    /// Upstreams.
    pub upstreams: BTreeMap<UpstreamId, Box<str>>,
}

/// All limits that are declared. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    limits: Arc<[Limit]>,
    names: Arc<Names>,
}

impl Limits {
    /// These limits.
    #[must_use]
    pub fn new(limits: Vec<Limit>, names: Names) -> Self {
        Self { limits: limits.into(), names: names.into() }
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Limit> {
        self.limits.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.limits.is_empty()
    }

    /// The limits that a message is under.
    pub fn of<'a>(&'a self, limited: Limited<'a>, now: Time) -> impl Iterator<Item = &'a Limit> {
        let Limited { message, upstream, numbering } = limited;
        let upstream = Some(upstream);
        self.limits.iter().filter(move |limit| limit.selector.selects(message, upstream, numbering, now))
    }

    /// The budget of a limit that a message uses: `o2`, or `shops account=shop sender=Shop` of a limit with several budgets.
    #[must_use]
    pub fn budget(&self, limit: &Limit, limited: Limited<'_>, now: Time) -> Box<str> {
        let mut budget = String::from(&*limit.name);
        for each in &limit.each {
            let _ = write!(budget, " {}=", each.word());
            let _ = self.write_value(*each, limited, now, &mut budget);
        }
        budget.into()
    }

    fn write_value(&self, each: Each, limited: Limited<'_>, now: Time, to: &mut String) -> fmt::Result {
        let Limited { message, upstream, numbering } = limited;
        match each {
            Each::Account => match self.names.accounts.get(&message.account) {
                Some(name) => to.write_str(name),
                None => write!(to, "{}", message.account.0),
            },
            Each::Upstream => match self.names.upstreams.get(&upstream) {
                Some(name) => to.write_str(name),
                None => write!(to, "{}", upstream.0),
            },
            Each::Sender => message.from.as_ref().map_or(Ok(()), |from| write!(to, "{from}")),
            Each::Country => {
                let country = numbering.find(message.to, now).country;
                country.map_or(Ok(()), |country| write!(to, "{country}"))
            }
            Each::Network => {
                let code = numbering.network(&numbering.find(message.to, now)).and_then(|it| it.code);
                code.map_or(Ok(()), |code| write!(to, "{code}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::MessageId;
    use crate::sender::Sender;

    #[test]
    fn a_budget_is_named_by_what_it_is_for() {
        let names = Names {
            accounts: [(AccountId(1), "shop".into())].into(),
            upstreams: [(UpstreamId(1), "acme".into())].into(),
        };
        let message = Message {
            account: AccountId(1),
            from: Some(Sender::parse("Shop").unwrap()),
            ..crate::testing::message(MessageId::from_number(1))
        };
        let numbering = Numbering::default();
        let limited = Limited { message: &message, upstream: UpstreamId(7), numbering: &numbering };
        for (each, budget) in [
            (vec![], "all"),
            (vec![Each::Account], "all account=shop"),
            (vec![Each::Upstream, Each::Sender], "all upstream=7 sender=Shop"),
            (vec![Each::Country, Each::Network], "all country=GB network="),
        ] {
            let limit = Limit {
                name: "all".into(),
                selector: Selector::default(),
                each,
                second: Some(2.5),
                periods: PartLimits([None, None, Some(1_000), None]),
            };
            assert_eq!(limit.to_string(), "2.5/second, 1000/day");
            let limits = Limits::new(vec![limit], names.clone());
            let limit = limits.of(limited, Time(0)).next().unwrap();
            assert_eq!(&*limits.budget(limit, limited, Time(0)), budget);
        }
    }
}
