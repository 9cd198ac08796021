//! Reads the conditions of a rule.

use super::{Reading, check_name};
use crate::mistake::Notes;
use crate::number::NumberDocument;
use crate::rule::{DayWord, EventWord, WhenDocument};
use crate::rules::requests::check_word;
use crate::upstream::UpstreamDocument;
use postrider_core::automation::{Hours, Pattern, Trigger, When, fold};
use postrider_core::numbers::folded;
use postrider_core::route::UpstreamId;
use std::collections::BTreeSet;

impl Reading<'_> {
    /// The event that the rule waits for.
    pub(super) fn trigger(&self) -> Trigger {
        let when = &self.document.when;
        match when.event {
            EventWord::Received => Trigger::Received,
            EventWord::BalanceLow => Trigger::BalanceLow,
            EventWord::Unanswered => Trigger::Unanswered { lasting: when.lasting.get() },
            EventWord::Delivered => Trigger::Delivered,
            EventWord::Failed => Trigger::Failed,
            EventWord::LinkDown => {
                Trigger::LinkDown { upstreams: self.upstreams(), lasting: when.lasting.get() }
            }
            EventWord::LinkUp => Trigger::LinkUp { upstreams: self.upstreams(), lasting: when.lasting.get() },
            EventWord::Timer => Trigger::Timer { minutes: when.at.iter().map(|at| at.0).collect() },
            EventWord::Called => Trigger::Called,
        }
    }

    /// The upstreams whose links are watched, or that bring messages; none is all.
    fn upstreams(&self) -> Vec<UpstreamId> {
        let id = |name: &String| UpstreamId(self.ids.get::<UpstreamDocument>(name));
        self.document.when.upstreams.iter().map(id).collect()
    }

    pub(super) fn when(&self) -> When {
        let notes = self.notes.key("when");
        let when = &self.document.when;
        check_event(when, &notes);
        self.check_upstreams(&notes.key("upstreams"));
        self.check_balance(&notes.key("event"));
        When {
            trigger: self.trigger(),
            keywords: self.keywords(&notes),
            typos: when.typos,
            pattern: self.pattern(&notes),
            senders: when.senders.iter().map(|sender| sender.to_string().into()).collect(),
            numbers: self.numbers(&notes),
            upstreams: if when.event == EventWord::Received { self.upstreams() } else { Vec::new() },
            hours: Some(hours(when)),
            first_contact: when.first_contact,
            may_ask_to_stop: when.may_ask_to_stop,
        }
    }

    fn keywords(&self, notes: &Notes<'_>) -> Vec<Box<str>> {
        let when = &self.document.when;
        if self.takes_requests() {
            let notes = notes.key("keywords");
            when.keywords.iter().enumerate().for_each(|(index, word)| check_word(word, &notes.index(index)));
        }
        keywords(when, notes)
    }

    /// Whether words such as STOP never reach the rule: the gateway acts on them at all of its numbers.
    pub(super) fn takes_requests(&self) -> bool {
        let named = &self.document.when.numbers;
        let is_meant = |name: &String, number: &NumberDocument| {
            let is_accounts = number.accounts().any(|account| *account == self.document.account);
            if named.is_empty() { is_accounts } else { named.contains(name) }
        };
        let mut meant = self.set.numbers.iter().filter(|(name, entry)| is_meant(name, &entry.document));
        meant.all(|(_, entry)| entry.document.takes_requests())
    }

    fn pattern(&self, notes: &Notes<'_>) -> Option<Pattern> {
        let text = self.document.when.pattern.as_ref()?;
        let notes = notes.key("pattern");
        if !self.document.when.keywords.is_empty() {
            notes.wrong("a rule has keywords or a pattern, not both", "make two rules of it");
        }
        notes.take(Pattern::parse(text).map_err(|error| format!("invalid pattern: {error}")))
    }

    /// The spellings of the numbers that are named; their accounts must have them.
    fn numbers(&self, notes: &Notes<'_>) -> BTreeSet<Box<str>> {
        let (notes, account) = (notes.key("numbers"), &self.document.account);
        let mut spellings = BTreeSet::new();
        for (index, name) in self.document.when.numbers.iter().enumerate() {
            let notes = notes.index(index);
            let Some(entry) = self.set.numbers.get(name) else {
                check_name("number", name, false, self.set.numbers.keys().map(String::as_str), &notes);
                continue;
            };
            if !entry.document.accounts().any(|other| other == account) {
                let what = format!("the number '{name}' is not the account's");
                notes.wrong(what, format_args!("declare account = \"{account}\" there, or name another"));
            }
            spellings.insert(folded(&entry.document.written()));
            spellings.extend(entry.document.aliases.iter().map(|alias| folded(&alias.to_string())));
        }
        spellings
    }
}

impl Reading<'_> {
    /// Notes upstreams that nobody has declared.
    fn check_upstreams(&self, notes: &Notes<'_>) {
        for (index, name) in self.document.when.upstreams.iter().enumerate() {
            let known = self.set.upstreams.keys().map(String::as_str);
            check_name("upstream", name, self.set.upstreams.contains_key(name), known, &notes.index(index));
        }
    }

    /// Notes a balance that is never low.
    fn check_balance(&self, notes: &Notes<'_>) {
        if self.document.when.event != EventWord::BalanceLow {
            return;
        }
        let account = self.set.accounts.get(&self.document.account).map(|entry| &entry.document);
        let tells = account.is_none_or(|account| {
            account.billing.as_ref().is_some_and(|billing| billing.low_balance.is_some())
        });
        if !tells {
            let what = format!("no balance of the account '{}' is ever low", self.document.account);
            notes.wrong(what, "declare billing.low_balance there");
        }
    }
}

/// Notes conditions that other events than the rule's have.
fn check_event(when: &WhenDocument, notes: &Notes<'_>) {
    let event = when.event;
    let of_received = [
        ("keywords", !when.keywords.is_empty()),
        ("pattern", when.pattern.is_some()),
        ("senders", !when.senders.is_empty()),
        ("numbers", !when.numbers.is_empty()),
        ("first_contact", when.first_contact),
        ("may_ask_to_stop", when.may_ask_to_stop),
    ];
    let has_upstreams = matches!(event, EventWord::Received | EventWord::LinkUp | EventWord::LinkDown);
    let of_others = [
        ("at", !when.at.is_empty(), EventWord::Timer),
        ("upstreams", !when.upstreams.is_empty() && !has_upstreams, EventWord::LinkDown),
    ];
    let of_received = of_received.map(|(key, is_given)| (key, is_given, EventWord::Received));
    for (key, is_given, of) in of_received.into_iter().chain(of_others) {
        if is_given && event != of {
            let what = format!("the event '{}' has no {key}", event.word());
            notes.key(key).wrong(what, format_args!("leave it out, or write event = \"{}\"", of.word()));
        }
    }
    if event == EventWord::Timer && when.at.is_empty() {
        notes.key("at").wrong("a timer needs a time", "write one, such as at = [\"09:00\"]");
    }
    if event == EventWord::Timer && !when.hours.is_empty() {
        notes.key("hours").wrong("a timer has times, not hours", "write at, and days if it must");
    }
}

fn keywords(when: &WhenDocument, notes: &Notes<'_>) -> Vec<Box<str>> {
    let notes = notes.key("keywords");
    let mut keywords: Vec<Box<str>> = Vec::new();
    for (index, word) in when.keywords.iter().enumerate() {
        let notes = notes.index(index);
        match fold(word).filter(|_| word.split_whitespace().count() == 1) {
            None => notes.wrong(
                format_args!("invalid keyword '{word}'"),
                "write one word with a letter or a digit in it",
            ),
            Some(folded) if keywords.contains(&folded) => notes.wrong("it is given twice", ""),
            Some(folded) => keywords.push(folded),
        }
    }
    keywords
}

fn hours(when: &WhenDocument) -> Hours {
    let days = if when.days.is_empty() { &DayWord::ALL[..] } else { &when.days };
    let days: Vec<u8> = days.iter().map(|day| day.number()).collect();
    let times: Vec<(u16, u16)> = when.hours.iter().map(|span| (span.0, span.1)).collect();
    Hours::new(when.zone.0.clone(), &days, &times)
}
