//! Groups of people who are on call: who they are, who is on duty when, and the steps by which they are told.

use crate::kept::Document;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use postrider_core::contract::AppKind;
use postrider_core::number::Number;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The most people of a group.
pub(super) const MEMBERS_MAX: usize = 100;
/// The most steps of a group.
const STEPS_MAX: usize = 20;
/// The most overrides of a group.
const OVERRIDES_MAX: usize = 200;
/// The longest turn of a rotation, in days.
const DAYS_MAX: u16 = 365;
/// The most repetitions of the steps.
const REPEAT_MAX: u8 = 20;
/// The shortest wait of a step.
const WAIT_MIN: Duration = Duration::from_secs(10);
/// The longest wait of a step.
const WAIT_MAX: Duration = Duration::from_hours(12);

/// Words that name people by their turn. Nobody else may be called so.
pub(super) const ON_CALL: &str = "on_call";
pub(super) const NEXT: &str = "next";
pub(super) const EVERYBODY: &str = "everybody";

/// A group of people who are on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name, unique in the account.
    pub name: Box<str>,
    /// The people.
    pub people: Vec<Member>,
    /// The time zone of turns and overrides, by its IANA name.
    pub zone: Box<str>,
    /// Who is on duty when; `None`: everybody always.
    pub rotation: Option<Rotation>,
    /// Who stands in for whom; of several at one time the last one holds.
    pub overrides: Vec<Override>,
    /// The steps of an escalation.
    pub steps: Vec<Step>,
    /// How often all steps are done again while nobody acknowledges.
    pub repeat: u8,
    /// The sender of texts; `None` is the account's.
    pub from: Option<Box<str>>,
    /// Whether a reply may say that an alert is over.
    pub resolve_by_reply: bool,
    /// Whether its people may open alerts by text.
    #[serde(default)]
    pub report_by_text: bool,
}

/// Somebody who is on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The name, unique in the group.
    pub name: Box<str>,
    /// The number.
    pub number: Box<str>,
}

impl Member {
    /// The number.
    #[must_use]
    pub fn number(&self) -> Option<Number> {
        Number::parse(&self.number).ok()
    }
}

/// Turns of people, one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotation {
    /// Names, in the order of their turns.
    pub people: Vec<Box<str>>,
    /// When the first turn begins, by the clocks of the zone. Every turn ends at this time of day.
    #[serde(with = "wall_time")]
    pub start: DateTime,
    /// The days of a turn.
    pub days: u16,
}

/// Times of a zone's clocks as texts.
mod wall_time {
    use jiff::civil::DateTime;
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer>(at: &DateTime, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// A time in which somebody else is on duty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Who is on duty.
    pub person: Box<str>,
    /// From when, by the clocks of the zone.
    #[serde(with = "wall_time")]
    pub from: DateTime,
    /// Until when.
    #[serde(with = "wall_time")]
    pub until: DateTime,
}

/// A step of an escalation: some are told, and then it is waited for somebody to acknowledge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Who is told: names, `on_call`, `next` or `everybody`.
    pub tell: Vec<Box<str>>,
    /// How long until the next step, in milliseconds.
    pub wait: u64,
}

impl Step {
    /// The step as a sentence.
    #[must_use]
    pub fn says(&self) -> String {
        let who: Vec<&str> = self.tell.iter().map(|who| words(who)).collect();
        let wait = self.wait / 1_000;
        let span = if wait.is_multiple_of(60) { format!("{} min", wait / 60) } else { format!("{wait} s") };
        format!("text {}; after {span} without acknowledgement go on", who.join(" and "))
    }
}

fn words(who: &str) -> &str {
    match who {
        ON_CALL => "who is on call",
        NEXT => "who is on call next",
        name => name,
    }
}

/// The steps of a group that declares none.
pub(super) fn usual_steps() -> Vec<Step> {
    let step = |who: &str, minutes: u64| Step { tell: vec![who.into()], wait: minutes * 60_000 };
    vec![step(ON_CALL, 5), step(NEXT, 5), step(EVERYBODY, 15)]
}

/// Why a group isn't declared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct WrongGroup {
    /// The field.
    pub field: &'static str,
    /// What is wrong, and what to write.
    pub detail: String,
}

impl Group {
    /// The time zone.
    pub(super) fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    /// The person of this name.
    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.people.iter().find(|member| *member.name == *name)
    }

    /// Checks what a document says by itself. A group without steps gets the usual ones.
    ///
    /// # Errors
    /// The first mistake.
    pub(super) fn check(&mut self) -> Result<(), WrongGroup> {
        if self.steps.is_empty() {
            self.steps = usual_steps();
        }
        self.check_people()?;
        self.check_calendar()?;
        let wrong = |field, detail: String| Err(WrongGroup { field, detail });
        if let Some(Err(error)) = self.from.as_deref().map(Sender::parse) {
            return wrong("from", error.to_string());
        }
        if self.steps.len() > STEPS_MAX || self.repeat > REPEAT_MAX {
            return wrong(
                "steps",
                format!("a group has up to {STEPS_MAX} steps, repeated up to {REPEAT_MAX} times"),
            );
        }
        for step in &self.steps {
            if step.tell.is_empty() || !(WAIT_MIN..=WAIT_MAX).contains(&Duration::from_millis(step.wait)) {
                return wrong("steps", "a step tells somebody, and waits from 10s to 12h".into());
            }
            let known = |who: &str| [ON_CALL, NEXT, EVERYBODY].contains(&who) || self.member(who).is_some();
            if let Some(who) = step.tell.iter().find(|who| !known(who)) {
                let others = "'on_call', 'next', 'everybody' or the name of one of its people";
                return wrong("steps", format!("a step tells '{who}': write {others}"));
            }
        }
        Ok(())
    }

    fn check_people(&self) -> Result<(), WrongGroup> {
        let wrong = |detail: String| Err(WrongGroup { field: "people", detail });
        if self.people.is_empty() || self.people.len() > MEMBERS_MAX {
            return wrong(format!("a group has 1 to {MEMBERS_MAX} people"));
        }
        for (place, member) in self.people.iter().enumerate() {
            let name = &*member.name;
            let is_word = !name.trim().is_empty() && name.len() <= 64 && !name.contains(char::is_control);
            if !is_word || [ON_CALL, NEXT, EVERYBODY].contains(&name) {
                return wrong(format!("'{name}' can't be somebody's name"));
            }
            if self.people[..place].iter().any(|before| before.name == member.name) {
                return wrong(format!("'{name}' stands there twice"));
            }
        }
        Ok(())
    }

    fn check_calendar(&self) -> Result<(), WrongGroup> {
        let wrong = |field, detail: String| Err(WrongGroup { field, detail });
        if TimeZone::get(&self.zone).is_err() {
            return wrong(
                "zone",
                format!("'{}' is no time zone: write one such as Europe/Berlin", self.zone),
            );
        }
        let nobody = |name: &str| format!("'{name}' is none of the group's people");
        if let Some(rotation) = &self.rotation {
            if rotation.people.is_empty() || rotation.people.len() > MEMBERS_MAX {
                return wrong("rotation", format!("a rotation has 1 to {MEMBERS_MAX} people"));
            }
            if !(1..=DAYS_MAX).contains(&rotation.days) {
                return wrong("rotation", format!("a turn has 1 to {DAYS_MAX} days"));
            }
            if let Some(name) = rotation.people.iter().find(|name| self.member(name).is_none()) {
                return wrong("rotation", nobody(name));
            }
        }
        if self.overrides.len() > OVERRIDES_MAX {
            return wrong("overrides", format!("a group has up to {OVERRIDES_MAX} overrides"));
        }
        for it in &self.overrides {
            if self.member(&it.person).is_none() {
                return wrong("overrides", nobody(&it.person));
            }
            if it.from >= it.until {
                return wrong(
                    "overrides",
                    format!("an override ends before it begins: {} to {}", it.from, it.until),
                );
            }
        }
        Ok(())
    }
}

impl Document for Group {
    const KIND: AppKind = AppKind::AlertGroup;

    fn id(&self) -> Box<str> {
        self.name.clone()
    }

    /// Groups that are listened for are due always: so they are found among all.
    fn due(&self) -> Option<Time> {
        self.report_by_text.then_some(Time(0))
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// Ann and Bob by turns of a week from Monday the 5th of January 2026 at nine, in London; Carl beside them.
    pub(in crate::alert) fn group() -> Group {
        let member = |name: &str, number: &str| Member { name: name.into(), number: number.into() };
        Group {
            name: "ops".into(),
            people: vec![
                member("ann", "+447700900001"),
                member("bob", "+447700900002"),
                member("carl", "+447700900003"),
            ],
            zone: "Europe/London".into(),
            rotation: Some(Rotation {
                people: vec!["ann".into(), "bob".into()],
                start: "2026-01-05T09:00".parse().unwrap(),
                days: 7,
            }),
            overrides: Vec::new(),
            steps: usual_steps(),
            repeat: 1,
            from: None,
            resolve_by_reply: true,
            report_by_text: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::group;
    use super::*;

    #[test]
    fn mistakes_name_their_field() {
        let with = |change: &dyn Fn(&mut Group)| {
            let mut group = group();
            change(&mut group);
            group.check().map_err(|wrong| wrong.field)
        };
        assert_eq!(with(&|_| {}), Ok(()));
        assert_eq!(with(&|group| group.steps.clear()), Ok(()));
        assert_eq!(with(&|group| group.people.clear()), Err("people"));
        assert_eq!(with(&|group| group.people[0].name = "next".into()), Err("people"));
        assert_eq!(with(&|group| group.people[0].name = "bob".into()), Err("people"));
        assert_eq!(with(&|group| group.zone = "Europe/Nowhere".into()), Err("zone"));
        assert_eq!(with(&|group| group.rotation.as_mut().unwrap().days = 0), Err("rotation"));
        assert_eq!(
            with(&|group| group.rotation.as_mut().unwrap().people.push("eve".into())),
            Err("rotation")
        );
        assert_eq!(with(&|group| group.steps[0].tell = vec!["eve".into()]), Err("steps"));
        assert_eq!(with(&|group| group.steps[0].wait = 9_999), Err("steps"));
        assert_eq!(with(&|group| group.from = Some("a name that is far too long".into())), Err("from"));
        let (from, until) = ("2026-01-02T00:00".parse().unwrap(), "2026-01-01T00:00".parse().unwrap());
        let wrong = Override { person: "ann".into(), from, until };
        assert_eq!(with(&|group| group.overrides.push(wrong.clone())), Err("overrides"));
    }

    #[test]
    fn a_step_reads_as_a_sentence() {
        let says: Vec<String> = usual_steps().iter().map(Step::says).collect();
        assert_eq!(says[0], "text who is on call; after 5 min without acknowledgement go on");
        assert_eq!(
            Step { tell: vec!["ann".into(), "next".into()], wait: 90_000 }.says(),
            "text ann and who is on call next; after 90 s without acknowledgement go on"
        );
    }
}
