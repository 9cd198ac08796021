//! What somebody who is on call is told: texts that wait for company in a flood, and texts that are on their way.

use super::group::Member;
use super::state::{Alert, State};
use super::wording;
use crate::kept::Document;
use postrider_core::contract::AppKind;
use postrider_core::number::Number;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long a number in a text is understood in an answer.
pub(super) const CODES_LIVE: Duration = Duration::from_hours(24);
/// The most alerts of which somebody is told at once, and that an answer can name.
const WAITING_MAX: usize = 5_000;
/// The most texts that are on their way to somebody.
const OUTGOING_MAX: usize = 50;
/// How long somebody is kept who is told nothing.
const KEPT: Duration = Duration::from_hours(7 * 24);

/// The texts after which the next one waits: where there were so many within the first span, it goes the second span after the last.
/// What comes meanwhile is told in one text.
const FLOOD: [(usize, Duration, Duration); 3] = [
    (12, Duration::from_hours(1), Duration::from_mins(15)),
    (5, Duration::from_mins(15), Duration::from_mins(5)),
    (2, Duration::from_mins(5), Duration::from_mins(1)),
];

/// Somebody who is told of alerts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Person {
    /// The digits of the number.
    number: u64,
    /// The name in the group that told them last.
    pub(super) name: Box<str>,
    /// The sender of the next text.
    from: Option<Box<str>>,
    /// Alerts of which the next text tells, and whether it tells that they are over.
    waiting: Vec<(u64, bool)>,
    /// When that text is written, in milliseconds.
    flush: Option<i64>,
    /// When the last texts were written, in milliseconds.
    written: Vec<i64>,
    /// Alerts that answers can name, and when they were told.
    told: Vec<(u64, i64)>,
    /// The alerts of the last text.
    last: Vec<u64>,
    /// Texts that were written so far.
    texts: u64,
    /// Texts that are on their way.
    pub(super) outgoing: Vec<Outgoing>,
    /// When anything happened last, in milliseconds.
    seen: i64,
}

/// A text that is on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Outgoing {
    /// Which text of the person it is: it is sent once.
    pub(super) place: u64,
    /// The text.
    pub(super) text: Box<str>,
    /// Its sender, if it isn't the account's usual one.
    pub(super) from: Option<Box<str>>,
    /// When it was written, in milliseconds.
    pub(super) at: i64,
}

impl Person {
    /// Somebody who was told nothing so far.
    pub(super) fn new(number: Number) -> Self {
        Self {
            number: number.digits(),
            name: number.masked().into(),
            from: None,
            waiting: Vec::new(),
            flush: None,
            written: Vec::new(),
            told: Vec::new(),
            last: Vec::new(),
            texts: 0,
            outgoing: Vec::new(),
            seen: 0,
        }
    }

    /// The name under which they are kept.
    pub(super) fn id_of(number: Number) -> Box<str> {
        number.digits().to_string().into()
    }

    /// The number.
    pub(super) fn number(&self) -> Option<Number> {
        Number::from_digits(self.number)
    }

    /// Has them told of an alert: that it fires, or that it is over.
    pub(super) fn tell(&mut self, member: &Member, from: Option<&str>, alert: &Alert, now: Time) {
        let is_over = !alert.is_open();
        let waits = self.waiting.iter().position(|(number, over)| *number == alert.number && !over);
        match (waits, is_over) {
            // They never heard of it: there is nothing to take back, unless it was an earlier text.
            (Some(place), true) => {
                self.waiting.remove(place);
                if !self.was_told(alert.number) {
                    return;
                }
            }
            (Some(_), false) => return,
            (None, true) if !self.was_told(alert.number) => return,
            (None, _) => {}
        }
        self.name = member.name.clone();
        self.from = from.map(Into::into);
        self.seen = now.0;
        if self.waiting.len() < WAITING_MAX {
            self.waiting.push((alert.number, is_over));
        }
        self.flush.get_or_insert(self.next_text(now).0);
    }

    fn was_told(&self, alert: u64) -> bool {
        self.told.iter().any(|(told, _)| *told == alert)
    }

    /// When the next text may be written.
    fn next_text(&self, now: Time) -> Time {
        let last = self.written.last().copied().map(Time);
        let within = |span: Duration| self.written.iter().filter(|at| now.since(Time(**at)) < span).count();
        let full = FLOOD.iter().find(|(most, span, _)| within(*span) >= *most);
        match (full, last) {
            (Some((_, _, pause)), Some(last)) => (last + *pause).max(now),
            _ => now,
        }
    }

    /// The alerts that the next text would tell of.
    pub(super) fn waiting(&self) -> impl Iterator<Item = u64> + '_ {
        self.waiting.iter().map(|(alert, _)| *alert)
    }

    /// Whether a text is to be written.
    pub(super) fn is_due(&self, now: Time) -> bool {
        self.flush.is_some_and(|flush| Time(flush) <= now)
    }

    /// Writes the text of what waits, as the alerts are now: of those that somebody has meanwhile, it tells nothing.
    pub(super) fn write(&mut self, alerts: &BTreeMap<u64, Alert>, now: Time) {
        self.flush = None;
        let waiting = std::mem::take(&mut self.waiting);
        let still = |over: bool, state: State| {
            waiting.iter().filter(move |(_, is_over)| *is_over == over).filter_map(move |(number, _)| {
                alerts.get(number).filter(|alert| alert.state == state && (over || !alert.is_stale(now)))
            })
        };
        let firing: Vec<&Alert> = still(false, State::Firing).collect();
        let over: Vec<&Alert> = still(true, State::Resolved).collect();
        let Some(text) = wording::text(&firing, &over) else { return };
        self.told.retain(|(_, at)| now.since(Time(*at)) < CODES_LIVE);
        for alert in &firing {
            self.told.retain(|(told, _)| *told != alert.number);
            self.told.push((alert.number, now.0));
        }
        let surplus = self.told.len().saturating_sub(WAITING_MAX);
        self.told.drain(..surplus);
        if !firing.is_empty() {
            self.last = firing.iter().map(|alert| alert.number).collect();
        }
        self.written.retain(|at| now.since(Time(*at)) < FLOOD[0].1);
        self.written.push(now.0);
        let from = self.from.clone();
        self.send(text, from, now);
    }

    /// Puts a text on its way.
    pub(super) fn send(&mut self, text: String, from: Option<Box<str>>, now: Time) {
        self.seen = now.0;
        self.texts += 1;
        if self.outgoing.len() < OUTGOING_MAX {
            self.outgoing.push(Outgoing { place: self.texts, text: text.into(), from, at: now.0 });
        }
    }

    /// The alerts that an answer can name now.
    pub(super) fn known(&self, now: Time) -> impl Iterator<Item = u64> + '_ {
        self.told.iter().filter(move |(_, at)| now.since(Time(*at)) < CODES_LIVE).map(|(alert, _)| *alert)
    }

    /// The alerts of the last text, as far as an answer can name them.
    pub(super) fn last(&self, now: Time) -> Vec<u64> {
        self.known(now).filter(|alert| self.last.contains(alert)).collect()
    }
}

impl Document for Person {
    const KIND: AppKind = AppKind::AlertPerson;

    fn id(&self) -> Box<str> {
        self.number.to_string().into()
    }

    fn person(&self) -> Option<Number> {
        self.number()
    }

    fn due(&self) -> Option<Time> {
        self.outgoing.first().map(|text| Time(text.at)).or(self.flush.map(Time))
    }

    fn expires(&self) -> Option<Time> {
        Some(Time(self.seen) + KEPT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::group::testing::group;
    use crate::alert::signal::{Condition, Signal};

    const NOW: Time = Time(1_767_693_600_000);

    fn alert(number: u64) -> Alert {
        Alert::open(
            number,
            "prom",
            "ops",
            &Signal::new("k", Condition::Firing, &format!("Thing {number}")),
            NOW,
        )
    }

    fn ann() -> Person {
        Person::new(Number::parse("+447700900001").unwrap())
    }

    fn all(alerts: &[&Alert]) -> BTreeMap<u64, Alert> {
        alerts.iter().map(|alert| (alert.number, (*alert).clone())).collect()
    }

    fn texts(person: &mut Person) -> Vec<String> {
        person.outgoing.drain(..).map(|text| text.text.into()).collect()
    }

    /// A storm: two texts at once, and then one a minute with everything in it.
    #[test]
    fn what_comes_in_a_flood_is_told_together() {
        let (group, mut person, mut told) = (group(), ann(), Vec::new());
        for second in 0..120 {
            let now = NOW + Duration::from_secs(second);
            let it = alert(second);
            person.tell(&group.people[0], None, &it, now);
            if person.is_due(now) {
                let waiting: Vec<Alert> = person.waiting().map(alert).collect();
                told.push((second, waiting.len()));
                person.write(&all(&waiting.iter().collect::<Vec<_>>()), now);
            }
        }
        assert_eq!(told, [(0, 1), (1, 1), (61, 60)]);
        assert_eq!(person.known(NOW).count(), 62);
        let texts = texts(&mut person);
        assert_eq!(texts[2], "60 alerts: 2 Thing 2; 3 Thing 3; 4 Thing 4 and 57 more. Reply ACK ALL");
    }

    #[test]
    fn a_long_flood_makes_texts_rare() {
        let mut person = ann();
        let mut now = NOW;
        for _ in 0..12 {
            now = person.next_text(now);
            person.written.push(now.0);
        }
        let minutes: Vec<u64> = person.written.iter().map(|at| Time(*at).since(NOW).as_secs() / 60).collect();
        assert_eq!(minutes, [0, 0, 1, 2, 3, 8, 13, 18, 18, 19, 24, 29]);
        assert_eq!(person.next_text(now).since(now), Duration::from_mins(15));
    }

    #[test]
    fn what_somebody_has_meanwhile_is_not_told() {
        let (group, mut person) = (group(), ann());
        let mut it = alert(1);
        person.tell(&group.people[0], None, &it, NOW);
        it.acknowledge("bob", None, NOW);
        person.write(&all(&[&it]), NOW);
        assert!(person.outgoing.is_empty() && person.known(NOW).next().is_none());
    }

    #[test]
    fn that_it_is_over_hears_who_heard_of_it() {
        let (group, mut person) = (group(), ann());
        let mut it = alert(1);
        person.tell(&group.people[0], None, &it, NOW);
        let mut over = it.clone();
        over.resolve("resolved by prom", None, NOW);
        person.tell(&group.people[0], None, &over, NOW);
        assert_eq!(person.waiting().count(), 0, "they never heard of it");
        person.tell(&group.people[0], None, &it, NOW);
        person.write(&all(&[&it]), NOW);
        assert_eq!(texts(&mut person), ["Alert 1: Thing 1. Reply ACK 1"]);
        it.resolve("resolved by prom", None, NOW);
        person.tell(&group.people[0], None, &it, NOW);
        person.write(&all(&[&it]), NOW);
        assert_eq!(texts(&mut person), ["Over: 1 Thing 1"]);
        assert_eq!(person.last(NOW), [1]);
        assert!(person.last(NOW + CODES_LIVE).is_empty(), "numbers live a day");
    }
}
