//! Answers of people on call: `ACK 12`, `ok`, `ack all`, `RES 12 disk replaced`.

use super::group::Group;
use super::person::Person;
use super::signal::one_line;
use super::state::{Alert, NOTE_MAX, State};
use postrider_core::automation::keyword_and_rest;
use postrider_core::number::Number;
use postrider_core::time::Time;
use std::collections::BTreeMap;

/// Words that acknowledge.
const ACKNOWLEDGE: [&str; 6] = ["ack", "acknowledge", "acknowledged", "ok", "okay", "mine"];
/// Words that say it is over.
const RESOLVE: [&str; 6] = ["res", "resolve", "resolved", "close", "closed", "done"];
/// The most alerts that one answer names by number.
const NAMED_MAX: usize = 20;
/// The most alerts that an answer's answer names.
const LISTED_MAX: usize = 10;

/// What an answer does to alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Acknowledge,
    Resolve,
}

/// Which alerts an answer is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Which {
    /// Those of the last text.
    Last,
    /// All that its sender was told of.
    All,
    /// Those of these numbers.
    Numbers(Vec<u64>),
}

/// An answer that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) verb: Verb,
    pub(super) which: Which,
    pub(super) note: Option<String>,
}

/// Reads an answer; `None` if it is none.
pub(super) fn read(text: &str) -> Option<Command> {
    let (word, rest) = keyword_and_rest(text)?;
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let verb = match letters.trim_end_matches('#') {
        word if ACKNOWLEDGE.contains(&word) => Verb::Acknowledge,
        word if RESOLVE.contains(&word) => Verb::Resolve,
        _ => return None,
    };
    let mut numbers: Vec<u64> = word[letters.len()..].parse().into_iter().collect();
    let (mut rest, mut all) = (rest, false);
    while !rest.is_empty() && numbers.len() < NAMED_MAX {
        let (word, behind) = rest.split_once(|c: char| c.is_whitespace() || c == ',').unwrap_or((rest, ""));
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        match bare.parse() {
            Ok(number) => numbers.push(number),
            Err(_) if bare.eq_ignore_ascii_case("all") && numbers.is_empty() => all = true,
            Err(_) if bare.is_empty() || bare.eq_ignore_ascii_case("and") => {}
            Err(_) => break,
        }
        rest = behind.trim_start();
    }
    let which = match (all, numbers.is_empty()) {
        (true, _) => Which::All,
        (false, true) => Which::Last,
        (false, false) => Which::Numbers(numbers),
    };
    let note = Some(one_line(rest, NOTE_MAX)).filter(|note| !note.is_empty());
    Some(Command { verb, which, note })
}

impl Command {
    /// The alerts that it is about: only such as its sender was told of.
    pub(super) fn about(&self, person: &Person, now: Time) -> Vec<u64> {
        match &self.which {
            Which::All => person.known(now).collect(),
            Which::Last => person.last(now),
            Which::Numbers(numbers) => person.known(now).filter(|alert| numbers.contains(alert)).collect(),
        }
    }

    /// Does it to the alerts, and returns what its sender is answered, and the numbers of the alerts that have changed.
    pub(super) fn apply(
        &self,
        person: &Person,
        alerts: &mut BTreeMap<u64, Alert>,
        groups: &BTreeMap<Box<str>, Group>,
        now: Time,
    ) -> (String, Vec<u64>) {
        let (mut done, mut others) = (Vec::new(), Vec::new());
        for number in self.about(person, now) {
            let Some(alert) = alerts.get_mut(&number) else { continue };
            let group = groups.get(&alert.group);
            match self.apply_to(person, alert, group, now) {
                Ok(()) => done.push(number),
                Err(why) => others.push(why),
            }
        }
        let answer = match (&*done, &*others) {
            ([], []) => match &self.which {
                Which::Numbers(numbers) => format!("You were told of no alert {} today", listed(numbers)),
                Which::Last | Which::All => "No alert waits for you".to_owned(),
            },
            ([], [first, ..]) => first.clone(),
            ([one], _) => {
                let title = alerts.get(one).map_or("", |alert| &alert.title);
                match self.verb {
                    Verb::Acknowledge => format!("{one} is yours: {title}"),
                    Verb::Resolve => format!("{one} is over now: {title}"),
                }
            }
            (many, _) => match self.verb {
                Verb::Acknowledge => format!("{} alerts are yours: {}", many.len(), listed(many)),
                Verb::Resolve => format!("{} alerts are over now: {}", many.len(), listed(many)),
            },
        };
        (one_line(&answer, 300), done)
    }

    fn apply_to(
        &self,
        person: &Person,
        alert: &mut Alert,
        group: Option<&Group>,
        now: Time,
    ) -> Result<(), String> {
        let (number, name, note) = (alert.number, &*person.name, self.note.as_deref());
        if alert.state == State::Resolved {
            return Err(format!("{number} is over already"));
        }
        match self.verb {
            Verb::Acknowledge if alert.acknowledge(name, note, now) => Ok(()),
            Verb::Acknowledge => {
                let who = alert.acknowledged_by.as_deref().unwrap_or("somebody");
                Err(if who == name {
                    format!("You have {number} already")
                } else {
                    format!("{who} has {number} already")
                })
            }
            Verb::Resolve if group.is_some_and(|group| !group.resolve_by_reply) => {
                Err(format!("{number} can't be resolved by text: reply ACK {number}"))
            }
            Verb::Resolve => {
                // They know.
                let own = person.number().map(Number::digits);
                alert.told.retain(|told| Some(*told) != own);
                alert.resolve(&format!("resolved by {name}"), note, now);
                Ok(())
            }
        }
    }
}

fn listed(numbers: &[u64]) -> String {
    let named: Vec<String> = numbers.iter().take(LISTED_MAX).map(u64::to_string).collect();
    let more = if numbers.len() > LISTED_MAX { " …" } else { "" };
    format!("{}{more}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::group::testing::group;
    use crate::alert::signal::{Condition, Signal};

    const NOW: Time = Time(1_767_693_600_000);

    #[test]
    fn answers_are_read() {
        let ack = |which, note: Option<&str>| Some((Verb::Acknowledge, which, note.map(str::to_owned)));
        let numbers = |numbers: &[u64]| Which::Numbers(numbers.to_vec());
        for (text, expected) in [
            ("ACK 12", ack(numbers(&[12]), None)),
            ("ack12", ack(numbers(&[12]), None)),
            ("Ack #12!", ack(numbers(&[12]), None)),
            ("ok", ack(Which::Last, None)),
            ("OK 17 on my way", ack(numbers(&[17]), Some("on my way"))),
            ("ack 12, 13 and 14", ack(numbers(&[12, 13, 14]), None)),
            ("ack all", ack(Which::All, None)),
            ("ACK ALL!", ack(Which::All, None)),
            ("ack looking into it", ack(Which::Last, Some("looking into it"))),
            ("RES 12 disk replaced", Some((Verb::Resolve, numbers(&[12]), Some("disk replaced".into())))),
            ("resolved", Some((Verb::Resolve, Which::Last, None))),
            ("hello", None),
            ("12", None),
            ("", None),
        ] {
            let read = read(text).map(|command| (command.verb, command.which, command.note));
            assert_eq!(read, expected, "{text}");
        }
    }

    fn told(count: u64) -> (Person, BTreeMap<u64, Alert>) {
        let mut person = Person::new(Number::parse("+447700900001").unwrap());
        let alert = |number| {
            Alert::open(
                number,
                "prom",
                "ops",
                &Signal::new("k", Condition::Firing, &format!("Thing {number}")),
                NOW,
            )
        };
        let alerts: BTreeMap<u64, Alert> = (1..=count).map(|number| (number, alert(number))).collect();
        for alert in alerts.values() {
            person.tell(&group().people[0], None, alert, NOW);
        }
        person.write(&alerts, NOW);
        (person, alerts)
    }

    #[test]
    fn an_answer_says_who_has_it() {
        let groups = BTreeMap::from([("ops".into(), group())]);
        let (person, mut alerts) = told(2);
        let mut say = |text: &str| read(text).unwrap().apply(&person, &mut alerts, &groups, NOW);
        assert_eq!(say("ack 1"), ("1 is yours: Thing 1".into(), vec![1]));
        assert_eq!(say("ack 1"), ("You have 1 already".into(), vec![]));
        assert_eq!(say("ack 7"), ("You were told of no alert 7 today".into(), vec![]));
        assert_eq!(say("ack all"), ("2 is yours: Thing 2".into(), vec![2]));
        assert_eq!(say("res"), ("2 alerts are over now: 1, 2".into(), vec![1, 2]));
        assert_eq!(say("ack 1"), ("1 is over already".into(), vec![]));
    }

    #[test]
    fn a_group_may_leave_resolving_to_its_sources() {
        let groups = BTreeMap::from([("ops".into(), Group { resolve_by_reply: false, ..group() })]);
        let (person, mut alerts) = told(1);
        let (answer, changed) = read("res 1").unwrap().apply(&person, &mut alerts, &groups, NOW);
        assert_eq!((&*answer, changed.len()), ("1 can't be resolved by text: reply ACK 1", 0));
        assert_eq!(alerts[&1].state, State::Firing);
    }
}
