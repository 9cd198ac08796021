//! Occasions: what happened, and the values that templates may name.

use crate::automation::{Rule, Trigger, keyword_and_rest};
use crate::delivery::{Outcome, State};
use crate::inbound::Received;
use crate::message::Message;
use crate::number::Number;
use crate::sender::Sender;
use std::collections::BTreeMap;

/// Something that may set rules off.
#[derive(Clone, Copy, Debug)]
pub enum Occasion<'a> {
    /// A message from a handset.
    Received(&'a Received),
    /// A message of the account has ended.
    Ended(&'a Message, &'a Outcome),
    /// No link of this upstream is up. The rule is the one that waits for it.
    LinkDown(&'a Rule, &'a str),
    /// A link of this upstream is up again.
    LinkUp(&'a Rule, &'a str),
    /// What the account may spend has become low.
    BalanceLow(&'a Rule, &'a LowBalance),
    /// A handset waits for an answer.
    Unanswered(&'a Rule, &'a Unanswered),
    /// It is the time of this rule.
    Timer(&'a Rule),
    /// The address of this rule was called, with these fields.
    Called(&'a Rule, &'a BTreeMap<String, String>),
}

/// A balance that has become low, with amounts as people read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LowBalance {
    /// The currency, such as `EUR`.
    pub currency: Box<str>,
    /// What may be spent.
    pub available: Box<str>,
    /// What counts as low.
    pub low: Box<str>,
}

/// A conversation in which a handset waits for an answer, as people read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unanswered {
    /// The conversation's identifier.
    pub conversation: Box<str>,
    /// The handset.
    pub handset: Box<str>,
    /// The account's number.
    pub number: Box<str>,
    /// Who looks after it; empty is nobody.
    pub assignee: Box<str>,
}

/// The values that templates may name, by what sets off the rule.
pub const VARIABLES: &[(&str, &[&str])] = &[
    ("received", &["account", "date", "time", "from", "to", "text", "keyword", "rest", "choice"]),
    ("ended", &["account", "date", "time", "id", "from", "to", "text", "state", "error", "reference"]),
    ("link_down", &["account", "date", "time", "upstream"]),
    ("timer", &["account", "date", "time"]),
    ("called", &["account", "date", "time", "call"]),
    ("balance_low", &["account", "date", "time", "currency", "available", "low_balance"]),
    ("unanswered", &["account", "date", "time", "conversation", "handset", "number", "assignee"]),
];

/// The values of one occasion.
#[derive(Clone, Debug, Default)]
pub struct Values {
    /// Those that are texts.
    pub(super) texts: BTreeMap<&'static str, Box<str>>,
    /// What the groups of a pattern took.
    pub(super) groups: Vec<Box<str>>,
    /// The fields that an address was called with.
    pub(super) call: BTreeMap<String, String>,
}

impl Trigger {
    /// The values that templates of rules with this trigger may name.
    #[must_use]
    pub fn variables(&self) -> &'static [&'static str] {
        let place = match self {
            Self::Received => 0,
            Self::Delivered | Self::Failed => 1,
            Self::LinkDown { .. } | Self::LinkUp { .. } => 2,
            Self::Timer { .. } => 3,
            Self::Called => 4,
            Self::BalanceLow => 5,
            Self::Unanswered { .. } => 6,
        };
        VARIABLES.get(place).map_or(&[], |(_, names)| names)
    }
}

impl Occasion<'_> {
    /// Whether the rule waits for such a thing.
    pub(super) fn is_for(&self, rule: &Rule) -> bool {
        match self {
            Self::Received(_) => rule.when.trigger == Trigger::Received,
            Self::Ended(_, outcome) if outcome.state == State::Delivered => {
                rule.when.trigger == Trigger::Delivered
            }
            Self::Ended(..) => rule.when.trigger == Trigger::Failed,
            Self::LinkDown(meant, _)
            | Self::LinkUp(meant, _)
            | Self::BalanceLow(meant, _)
            | Self::Unanswered(meant, _)
            | Self::Timer(meant)
            | Self::Called(meant, _) => meant.id == rule.id,
        }
    }

    /// What is to be known of an event that no message tells of.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, Box<str>)> {
        match self {
            Self::LinkDown(_, upstream) | Self::LinkUp(_, upstream) => vec![("upstream", (*upstream).into())],
            Self::BalanceLow(_, LowBalance { currency, available, low }) => vec![
                ("currency", currency.clone()),
                ("available", available.clone()),
                ("low_balance", low.clone()),
            ],
            Self::Unanswered(_, Unanswered { conversation, handset, number, assignee }) => {
                let all = [
                    ("conversation", conversation),
                    ("handset", handset),
                    ("number", number),
                    ("assignee", assignee),
                ];
                let given = all.into_iter().filter(|(_, value)| !value.is_empty());
                given.map(|(name, value)| (name, value.clone())).collect()
            }
            Self::Received(_) | Self::Ended(..) | Self::Timer(_) | Self::Called(..) => Vec::new(),
        }
    }

    /// The number of the other side, if it is one.
    pub(super) fn other_number(&self) -> Option<Number> {
        match self {
            Self::Received(received) => match received.inbound.from.understood {
                Some(Sender::Number(number)) => Some(number),
                _ => None,
            },
            Self::Ended(message, _) => Some(message.to),
            _ => None,
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Received(received) => received.inbound.text(),
            _ => None,
        }
    }

    /// The other side, and our own address: a reply goes to the one, from the other.
    pub(super) fn addresses(&self) -> Option<(String, Option<String>)> {
        match self {
            Self::Received(received) => {
                Some((received.inbound.from.shown(), Some(received.inbound.to.shown())))
            }
            Self::Ended(message, _) => {
                Some((message.to.to_string(), message.from.as_ref().map(ToString::to_string)))
            }
            _ => None,
        }
    }

    /// The values for templates; date and time are added for each rule, whose place they are of.
    pub(super) fn values(&self, account: &str) -> Values {
        let mut values = Values::default();
        let mut set = |name, value: String| values.texts.insert(name, value.into());
        set("account", account.to_owned());
        if let Some((other, own)) = self.addresses() {
            let (from, to) =
                if matches!(self, Self::Received(_)) { (Some(other), own) } else { (own, Some(other)) };
            from.map(|from| set("from", from));
            to.map(|to| set("to", to));
        }
        match self {
            Self::Received(received) => {
                let text = received.inbound.text().unwrap_or_default();
                set("text", text.to_owned());
                if let Some((keyword, rest)) = keyword_and_rest(text) {
                    set("keyword", keyword.into());
                    set("rest", rest.to_owned());
                }
            }
            Self::Ended(message, outcome) => {
                set("id", message.id.to_string());
                set("state", outcome.state.word().to_owned());
                if let Some(text) = message.body.text() {
                    set("text", text.to_owned());
                }
                outcome.error.as_ref().map(|error| set("error", error.to_string()));
                message.reference.as_ref().map(|reference| set("reference", reference.to_string()));
            }
            Self::LinkDown(_, upstream) | Self::LinkUp(_, upstream) => {
                set("upstream", (*upstream).to_owned());
            }
            Self::BalanceLow(_, LowBalance { currency, available, low }) => {
                set("currency", currency.to_string());
                set("available", available.to_string());
                set("low_balance", low.to_string());
            }
            Self::Unanswered(..) => {
                for (name, value) in self.facts() {
                    set(name, value.into());
                }
            }
            Self::Timer(_) => {}
            Self::Called(_, fields) => values.call.clone_from(fields),
        }
        values
    }
}
