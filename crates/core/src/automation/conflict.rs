//! Conflicts: two rules that one message would set off, though each wants to be the only one.

use crate::automation::{Rule, Trigger, When};

/// What two rules of one account and order both want; `None` where it is clear which of them acts.
#[must_use]
pub fn conflict(one: &Rule, other: &Rule) -> Option<Conflict> {
    let both_claim = one.then.stop && other.then.stop;
    let both_hear = one.when.trigger == Trigger::Received && other.when.trigger == Trigger::Received;
    if one.account != other.account || one.order != other.order || !both_claim || !both_hear {
        return None;
    }
    (meet(&one.when, &other.when)).then(|| what(&one.when, &other.when)).flatten()
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
}

/// Whether some message fits the conditions of both, the text aside.
fn meet(one: &When, other: &When) -> bool {
    let numbers = one.numbers.is_empty()
        || other.numbers.is_empty()
        || one.numbers.iter().any(|number| other.numbers.contains(number));
    let begin = |a: &str, b: &str| a.starts_with(b) || b.starts_with(a);
    let senders = one.senders.is_empty()
        || other.senders.is_empty()
        || one.senders.iter().any(|a| other.senders.iter().any(|b| begin(a, b)));
    let hours = match (&one.hours, &other.hours) {
        (Some(one), Some(other)) => one.meet(other),
        _ => true,
    };
    numbers && senders && hours
}

/// Rules with keywords go before those with patterns, and these before those for any text.
fn what(one: &When, other: &When) -> Option<Conflict> {
    if let Some(keyword) = one.keywords.iter().find(|keyword| other.keywords.contains(keyword)) {
        return Some(Conflict::Keyword(keyword.clone()));
    }
    match (one.breadth(), other.breadth()) {
        (1, 1) => Some(Conflict::Pattern),
        (2, 2) => Some(Conflict::AnyText),
        _ => None,
    }
}
