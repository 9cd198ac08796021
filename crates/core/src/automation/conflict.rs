//! Conflicts: two rules that one event would set off, though each wants to be the only one; and rules that never act, since another
//! one takes all that they wait for.

use crate::automation::{Hours, Rule, Trigger, When};

/// What two rules of one account both want; `None` where it is clear which of them acts, and when.
#[must_use]
pub fn conflict(one: &Rule, other: &Rule) -> Option<Conflict> {
    if one.account != other.account || one.when.trigger != other.when.trigger || !one.when.trigger.is_shared()
    {
        return None;
    }
    if one.order != other.order {
        let (first, later) = if one.order < other.order { (one, other) } else { (other, one) };
        return (first.then.stop && covers(&first.when, &later.when)).then_some(Conflict::NeverActs);
    }
    let both_claim = one.then.stop && other.then.stop;
    (both_claim && meet(&one.when, &other.when)).then(|| what(&one.when, &other.when)).flatten()
}

/// What both rules want.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conflict {
    /// This keyword.
    Keyword(Box<str>),
    /// Texts that match both patterns.
    Pattern,
    /// Every text that no other rule takes.
    AnyText,
    /// Every event of their kind.
    Event,
    /// The one with the lower order takes all that the other one waits for.
    NeverActs,
}

impl Trigger {
    /// Whether one event is looked at by several rules. Others are of one rule alone.
    const fn is_shared(&self) -> bool {
        matches!(self, Self::Received | Self::Delivered | Self::Failed)
    }
}

/// Whether some message fits the conditions of both, the text aside.
fn meet(one: &When, other: &When) -> bool {
    let numbers = one.numbers.is_empty()
        || other.numbers.is_empty()
        || one.numbers.iter().any(|number| other.numbers.contains(number));
    let upstreams = one.upstreams.is_empty()
        || other.upstreams.is_empty()
        || one.upstreams.iter().any(|upstream| other.upstreams.contains(upstream));
    let begin = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
    let senders = one.senders.is_empty()
        || other.senders.is_empty()
        || one.senders.iter().any(|a| other.senders.iter().any(|b| begin(a, b)));
    let hours = match (&one.hours, &other.hours) {
        (Some(one), Some(other)) => one.meet(other),
        _ => true,
    };
    numbers && upstreams && senders && hours
}

/// Rules with keywords go before those with patterns, and these before those for any text.
fn what(one: &When, other: &When) -> Option<Conflict> {
    if one.trigger != Trigger::Received {
        return Some(Conflict::Event);
    }
    if let Some(keyword) = one.keywords.iter().find(|keyword| other.keywords.contains(keyword)) {
        return Some(Conflict::Keyword(keyword.clone()));
    }
    match (one.breadth(), other.breadth()) {
        (1, 1) => Some(Conflict::Pattern),
        (2, 2) => Some(Conflict::AnyText),
        _ => None,
    }
}

/// Whether whatever fits the later conditions fits the first ones, as far as that is plain to see.
fn covers(first: &When, later: &When) -> bool {
    let numbers =
        first.numbers.is_empty() || !later.numbers.is_empty() && later.numbers.is_subset(&first.numbers);
    let upstreams = first.upstreams.is_empty()
        || !later.upstreams.is_empty() && later.upstreams.iter().all(|it| first.upstreams.contains(it));
    let is_within = |sender: &str| {
        first
            .senders
            .iter()
            .any(|from| **from == *sender || from.starts_with('+') && sender.starts_with(&**from))
    };
    let senders = first.senders.is_empty()
        || !later.senders.is_empty() && later.senders.iter().all(|sender| is_within(sender));
    let hours = first.hours.as_ref().is_none_or(Hours::is_always);
    let contact = !first.first_contact || later.first_contact;
    let stops = !first.may_ask_to_stop || later.may_ask_to_stop;
    numbers && upstreams && senders && hours && contact && stops && covers_texts(first, later)
}

fn covers_texts(first: &When, later: &When) -> bool {
    if !first.keywords.is_empty() {
        let has_all = later.keywords.iter().all(|keyword| first.keywords.contains(keyword));
        return !later.keywords.is_empty() && has_all && (first.typos || !later.typos);
    }
    match (&first.pattern, &later.pattern) {
        (None, _) => true,
        (Some(first), Some(later)) => first.as_str() == later.as_str(),
        (Some(_), None) => false,
    }
}
