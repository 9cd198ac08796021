//! Whether an occasion fits the conditions of a rule.

use super::{Deciding, Reason};
use crate::automation::{Occasion, Rule, keyword, keyword_and_rest};
use crate::consent::may_ask_to_stop;
use crate::inbound::Address;
use crate::numbers::folded;
use std::sync::Arc;

/// The keyword that a text is taken for, and whether it has a typo.
pub(super) struct Meant(Option<(Box<str>, bool)>);

impl Meant {
    /// A keyword of any rule of the account goes before every typo.
    pub(super) fn of(rules: &[Arc<Rule>], text: Option<&str>) -> Self {
        let Some((word, _)) = text.and_then(keyword_and_rest) else { return Self(None) };
        let exact = |word: &str| rules.iter().any(|rule| rule.when.keywords.iter().any(|it| **it == *word));
        let forgiving = rules.iter().filter(|rule| rule.when.typos);
        let with_typos = forgiving.flat_map(|rule| rule.when.keywords.iter().map(|keyword| &**keyword));
        Self(keyword::meant(&word, exact, with_typos))
    }
}

impl Deciding<'_> {
    /// Whether the occasion fits the rule, and why.
    pub(super) fn matches(&mut self, rule: &Rule, meant: &Meant) -> (bool, Reason) {
        let when = &rule.when;
        if when.hours.as_ref().is_some_and(|hours| !hours.contain(self.now)) {
            return (false, Reason::OtherTime);
        }
        let Occasion::Received(received) = self.occasion else { return (true, Reason::Event) };
        let to = &received.inbound.to;
        let is_to = |spelling: &str| when.numbers.contains(&folded(spelling));
        if !when.numbers.is_empty() && !is_to(&to.shown()) && !is_to(&to.given) {
            return (false, Reason::OtherNumber);
        }
        if !when.upstreams.is_empty() && !when.upstreams.contains(&received.upstream) {
            return (false, Reason::OtherUpstream);
        }
        if !when.senders.is_empty() && !is_from(&when.senders, &received.inbound.from) {
            return (false, Reason::OtherSender);
        }
        if when.first_contact && self.before.is_known {
            return (false, Reason::NotFirst);
        }
        if when.may_ask_to_stop && !self.occasion.text().is_some_and(may_ask_to_stop) {
            return (false, Reason::OtherText);
        }
        self.matches_text(rule, meant)
    }

    fn matches_text(&mut self, rule: &Rule, meant: &Meant) -> (bool, Reason) {
        let when = &rule.when;
        if !when.keywords.is_empty() {
            return match &meant.0 {
                Some((word, false)) if when.keywords.contains(word) => (true, Reason::Keyword(word.clone())),
                Some((word, true)) if when.typos && when.keywords.contains(word) => {
                    (true, Reason::Typo(word.clone()))
                }
                _ => (false, Reason::OtherKeyword),
            };
        }
        if when.pattern.is_none() {
            return (true, if when.may_ask_to_stop { Reason::MayAskToStop } else { Reason::AnyText });
        }
        if self.set_groups(rule) { (true, Reason::Pattern) } else { (false, Reason::OtherText) }
    }

    /// Sets what the groups of the rule's pattern take; false where the text doesn't match.
    pub(super) fn set_groups(&mut self, rule: &Rule) -> bool {
        let pattern = rule.when.pattern.as_ref();
        let groups = pattern.zip(self.occasion.text()).and_then(|(pattern, text)| pattern.groups(text));
        let matches = groups.is_some();
        self.values.groups = groups.unwrap_or_default();
        matches
    }
}

/// Whether a sender is one of these.
fn is_from(senders: &[Box<str>], from: &Address) -> bool {
    let shown = from.shown();
    let is_it = |sender: &str| match sender.strip_prefix('+') {
        Some(_) => shown.starts_with(sender),
        None => folded(&shown) == folded(sender) && !shown.starts_with('+'),
    };
    senders.iter().any(|sender| is_it(sender))
}
