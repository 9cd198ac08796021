//! Occasions: what happened, and the values that templates may name.

use crate::automation::{Rule, Trigger, keyword_and_rest};
use crate::delivery::{Outcome, State};
use crate::inbound::Received;
use crate::message::Message;
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
    /// It is the time of this rule.
    Timer(&'a Rule),
    /// The address of this rule was called, with these fields.
    Called(&'a Rule, &'a BTreeMap<String, String>),
}

/// The values that templates may name, by what sets off the rule.
pub const VARIABLES: &[(&str, &[&str])] = &[
    ("received", &["account", "date", "time", "from", "to", "text", "keyword", "rest", "choice"]),
    ("ended", &["account", "date", "time", "id", "from", "to", "text", "state", "error", "reference"]),
    ("link_down", &["account", "date", "time", "upstream"]),
    ("timer", &["account", "date", "time"]),
    ("called", &["account", "date", "time", "call"]),
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
            Self::LinkDown { .. } => 2,
            Self::Timer { .. } => 3,
            Self::Called => 4,
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
            Self::LinkDown(meant, ..) | Self::Timer(meant) | Self::Called(meant, _) => meant.id == rule.id,
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
            Self::LinkDown(_, upstream) => drop(set("upstream", (*upstream).to_owned())),
            Self::Timer(_) => {}
            Self::Called(_, fields) => values.call.clone_from(fields),
        }
        values
    }
}
