//! An alert, and what moves it.

use super::escalation;
use super::signal::Signal;
use crate::kept::Document;
use postrider_core::contract::AppKind;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long an alert is kept that nobody speaks of any more.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// The most lines of an alert's history. The first ones stay, and the last.
const HISTORY_MAX: usize = 100;
/// The longest note of an acknowledgement, in characters.
pub(super) const NOTE_MAX: usize = 300;

/// The state of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nobody has acknowledged it: people are told, step by step.
    Firing,
    /// Somebody has: nobody is told any more.
    Acknowledged,
    /// It is over.
    Resolved,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Firing, Self::Acknowledged, Self::Resolved];

    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }
}

/// A line of an alert's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in milliseconds.
    pub(super) at: i64,
    /// What happened.
    pub what: Box<str>,
}

impl Entry {
    /// When it happened.
    #[must_use]
    pub const fn at(&self) -> Time {
        Time(self.at)
    }
}

/// An alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Its number in the account: what people answer with.
    pub number: u64,
    /// The source that reported it.
    pub source: Box<str>,
    /// The group that is told.
    pub group: Box<str>,
    /// What the source knows it by.
    pub keys: Vec<Box<str>>,
    /// What is wrong.
    pub title: Box<str>,
    /// More about it.
    pub detail: Option<Box<str>>,
    /// How bad it is, in the source's words.
    pub severity: Option<Box<str>>,
    /// Its state.
    pub state: State,
    /// When it was reported first, in milliseconds.
    pub(super) opened: i64,
    /// When it was reported last, in milliseconds.
    pub(super) last: i64,
    /// How often it was reported.
    pub count: u32,
    /// When it is over though nobody says so, in milliseconds.
    pub(super) ends: Option<i64>,
    /// Who acknowledged it.
    pub acknowledged_by: Option<Box<str>>,
    /// The step that is done next, and how often all of them were done.
    pub(super) step: u16,
    pub(super) round: u8,
    /// When it is looked at again, in milliseconds.
    pub(super) due: Option<i64>,
    /// The numbers of those who were told, by their digits.
    pub(super) told: Vec<u64>,
    /// What happened to it.
    pub history: Vec<Entry>,
}

impl Alert {
    /// An alert that was reported now for the first time.
    pub(super) fn open(number: u64, source: &str, group: &str, signal: &Signal, now: Time) -> Self {
        let mut alert = Self {
            number,
            source: source.into(),
            group: group.into(),
            keys: signal.keys.iter().map(|key| key.as_str().into()).collect(),
            title: "".into(),
            detail: None,
            severity: None,
            state: State::Firing,
            opened: now.0,
            last: now.0,
            count: 0,
            ends: None,
            acknowledged_by: None,
            step: 0,
            round: 0,
            due: Some(now.0),
            told: Vec::new(),
            history: Vec::new(),
        };
        alert.report(signal, now);
        alert.note(now, format!("reported by {source}"));
        alert
    }

    /// When it was reported first.
    #[must_use]
    pub const fn opened_at(&self) -> Time {
        Time(self.opened)
    }

    /// When it was reported last.
    #[must_use]
    pub const fn last_at(&self) -> Time {
        Time(self.last)
    }

    /// When the next step is done; `None` if nothing is done by itself.
    #[must_use]
    pub fn next_step_at(&self) -> Option<Time> {
        self.due.map(Time).filter(|_| self.state == State::Firing)
    }

    /// Whether it isn't over.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state != State::Resolved
    }

    /// It is reported again while it is open.
    pub(super) fn report(&mut self, signal: &Signal, now: Time) {
        self.count = self.count.saturating_add(1);
        self.last = now.0;
        self.title = signal.title.as_str().into();
        self.detail = signal.detail.as_deref().map(Into::into).or(self.detail.take());
        self.severity = signal.severity.as_deref().map(Into::into).or(self.severity.take());
        self.ends = signal.ends.map(|ends| ends.0);
        for key in &signal.keys {
            if !self.keys.iter().any(|known| **known == **key) {
                self.keys.push(key.as_str().into());
            }
        }
        if let Some(ends) = self.ends.filter(|_| self.due.is_none()) {
            self.due = Some(ends);
        }
    }

    /// Somebody acknowledges it. Returns whether it was firing.
    pub(super) fn acknowledge(&mut self, by: &str, note: Option<&str>, now: Time) -> bool {
        if self.state != State::Firing {
            return false;
        }
        self.state = State::Acknowledged;
        self.acknowledged_by = Some(by.into());
        self.due = self.ends;
        self.note(now, with_note(format!("acknowledged by {by}"), note));
        true
    }

    /// It is over. Those who were told of it hear that. Returns whether it was open.
    pub(super) fn resolve(&mut self, why: &str, note: Option<&str>, now: Time) -> bool {
        if !self.is_open() {
            return false;
        }
        self.state = State::Resolved;
        self.last = now.0;
        self.due = (!self.told.is_empty()).then_some(now.0);
        self.note(now, with_note(why.to_owned(), note));
        true
    }

    /// Adds a line to its history.
    pub(super) fn note(&mut self, now: Time, what: impl Into<Box<str>>) {
        if self.history.len() >= HISTORY_MAX {
            self.history.remove(HISTORY_MAX / 2);
        }
        self.history.push(Entry { at: now.0, what: what.into() });
    }

    /// Whether it is too old to wake anybody.
    pub(super) fn is_stale(&self, now: Time) -> bool {
        now.since(self.opened_at()) >= escalation::OLD
    }
}

fn with_note(what: String, note: Option<&str>) -> String {
    match note {
        Some(note) => format!("{what}: {note}"),
        None => what,
    }
}

/// The name under which an alert of this number is kept: such names are in the order of numbers.
pub(super) fn id_of(number: u64) -> Box<str> {
    format!("{number:012}").into()
}

impl Document for Alert {
    const KIND: AppKind = AppKind::Alert;

    fn id(&self) -> Box<str> {
        id_of(self.number)
    }

    fn due(&self) -> Option<Time> {
        self.due.map(Time)
    }

    fn expires(&self) -> Option<Time> {
        Some(self.last_at() + KEPT)
    }
}
