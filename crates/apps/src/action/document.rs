//! An action on many messages, as it is kept, and what each step makes of it.

use crate::kept::Document;
use crate::runner::Runner;
use postrider_core::contract::{AppKind, BulkDone};
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// How long an action is kept after its end.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// How long it waits when it can't go on just now.
const WAITS: Duration = Duration::from_secs(5);

/// The state of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionState {
    /// Messages are counted. Nothing is done yet.
    Counting,
    /// It is done, some messages after others.
    Acting,
    /// It has come to its end.
    Done,
    /// Somebody has stopped it. What was done stays done.
    Stopped,
    /// It can't go on: what it names is no more, say.
    Failed,
}

impl ActionState {
    /// Whether it goes on by itself.
    #[must_use]
    pub const fn goes_on(self) -> bool {
        matches!(self, Self::Counting | Self::Acting)
    }

    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Counting => "counting",
            Self::Acting => "acting",
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
        }
    }
}

/// An action on many messages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActionJob {
    /// Its number.
    pub id: u64,
    /// Who began it.
    pub author: Box<str>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// What is done, and with which messages, as the API takes it. Its times are moments.
    pub order: Value,
    /// Whether messages are counted only.
    pub dry_run: bool,
    /// Its state.
    pub state: ActionState,
    /// Why it failed, or waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Box<str>>,
    /// Messages that were counted.
    pub total: u64,
    /// Those with which it was done.
    pub done: u64,
    /// Those with which it could not be done.
    pub left: u64,
    /// Where the next step goes on: behind this message.
    pub(super) cursor: Option<u64>,
    /// How often it went on after the node that worked on it was gone.
    pub interrupted: u32,
    pub(super) runner: Option<Runner>,
    /// When it goes on, in milliseconds of Unix time.
    pub(super) next: i64,
    /// When it was begun, in milliseconds of Unix time.
    pub created: i64,
    /// When it changed last, in milliseconds of Unix time.
    pub updated: i64,
}

impl Document for ActionJob {
    const KIND: AppKind = AppKind::MessageAction;

    fn id(&self) -> Box<str> {
        action_id(self.id)
    }

    fn due(&self) -> Option<Time> {
        self.state.goes_on().then_some(Time(self.next))
    }

    fn expires(&self) -> Option<Time> {
        (!self.state.goes_on()).then(|| Time(self.updated) + KEPT)
    }
}

/// Actions are in the order of their beginning.
pub(super) fn action_id(id: u64) -> Box<str> {
    format!("{id:020}").into()
}

impl ActionJob {
    /// When it was begun.
    #[must_use]
    pub const fn created_at(&self) -> Time {
        Time(self.created)
    }

    /// When it changed last.
    #[must_use]
    pub const fn updated_at(&self) -> Time {
        Time(self.updated)
    }

    /// A node takes it up. `None` if another works on it; otherwise whether that is to be written down.
    pub(super) fn take(&mut self, node: u64, now: Time) -> Option<bool> {
        match self.runner {
            Some(runner) if runner.is_other(node, now) => return None,
            Some(runner) if runner.holds(node, now) => return Some(false),
            Some(runner) if runner.node != node => self.interrupted += 1,
            _ => {}
        }
        self.runner = Some(Runner::new(node, now));
        Some(true)
    }

    /// Adds what came of a step that began behind `from`. One that was made twice counts once.
    pub(super) fn add(&mut self, from: (ActionState, Option<u64>), step: &BulkDone, now: Time) {
        let is_next = (self.state == from.0 || self.state == ActionState::Stopped) && self.cursor == from.1;
        if !is_next {
            return;
        }
        match from.0 {
            ActionState::Counting => self.total += step.selected as u64,
            _ => {
                self.done += step.done as u64;
                self.left += step.left as u64;
            }
        }
        self.cursor = step.next.map(postrider_core::id::MessageId::number);
        (self.problem, self.next, self.updated) = (None, now.0, now.0);
        if self.cursor.is_none() && self.state.goes_on() {
            self.state = match self.state {
                ActionState::Counting if !self.dry_run && self.total > 0 => ActionState::Acting,
                _ => ActionState::Done,
            };
        }
    }

    /// It waits a little: the gateway is too busy just now.
    pub(super) fn wait(&mut self, why: &str, now: Time) {
        if self.state.goes_on() {
            self.problem = Some(why.into());
            (self.next, self.updated) = ((now + WAITS).0, now.0);
        }
    }

    /// It goes on no further.
    pub(super) fn end(&mut self, state: ActionState, why: Option<&str>, now: Time) {
        if self.state.goes_on() {
            self.state = state;
            self.problem = why.map(Into::into);
            self.updated = now.0;
        }
    }
}
