//! A campaign or a batch, as it is kept, and what each step makes of it.

use super::fallback::Fallback;
use super::hours::{SendingHours, Today};
use super::opt_outs::MANY_OPT_OUTS;
use super::trial::{Trial, Turn};
use crate::kept::Document;
use crate::link::TextLink;
use crate::runner::Runner;
use postrider_core::account::AccountId;
use postrider_core::contract::{AppKind, AudienceKey};
use postrider_core::stream::{BATCH_PAUSED, BROADCAST_PAUSED, CAMPAIGN_PAUSED};
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The longest name of a run, in characters.
pub const NAME_MAX: usize = 128;
/// The most messages a minute that a pace may be.
pub const PER_MINUTE_MAX: u32 = 10_000_000;
/// The most recipients of a run.
pub const RECIPIENTS_MAX: u64 = 10_000_000;
/// Recipients that are handed in together.
pub(super) const CHUNK: usize = if cfg!(test) { 7 } else { 500 };
/// How long a run is kept after its end.
const KEPT: Duration = Duration::from_hours(90 * 24);
/// How long after the launch of a broadcast the second person may approve it.
const APPROVAL: Duration = Duration::from_mins(15);
/// A run that nobody has looked at for so long, though it was due, pauses: an outage or a restored backup lies between, and
/// idempotency keys are kept for a day only.
pub(super) const STOOD_STILL: Duration = Duration::from_mins(15);

/// What a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Recipients that a program adds.
    Batch,
    /// An audience of contacts, and recipients that are added.
    Campaign,
    /// The same, for emergencies: its recipients are written down long before it is sent, and two persons send it.
    Broadcast,
}

impl RunKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Batch, Self::Campaign, Self::Broadcast];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Campaign => "campaign",
            Self::Broadcast => "broadcast",
        }
    }

    /// The type of the event that the gateway has paused one.
    pub(super) const fn paused(self) -> &'static str {
        match self {
            Self::Batch => BATCH_PAUSED,
            Self::Campaign => CAMPAIGN_PAUSED,
            Self::Broadcast => BROADCAST_PAUSED,
        }
    }
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Recipients can be added, and everything be changed.
    Open,
    /// Its recipients are written down, and it waits for somebody to launch it. Broadcasts alone are armed.
    Armed,
    /// Somebody else must approve it.
    AwaitingApproval,
    /// Its audience is written down.
    Collecting,
    /// Messages are handed in, as schedule and pace permit.
    Running,
    /// It waits until somebody resumes it.
    Paused,
    /// Messages that wait are canceled.
    Canceling,
    /// It was canceled.
    Canceled,
    /// Every recipient has a result.
    Done,
}

/// What is sent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    /// The sender, if it isn't the account's usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Box<str>>,
    /// The word of the class, if it isn't the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Box<str>>,
    /// The route that is asked for, in the place of the first one that takes a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<Box<str>>,
    /// The text, the same for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Box<str>>,
    /// The template, in the place of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<TemplateName>,
    /// How long a message may wait, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_for: Option<u64>,
    /// Whether short links take the place of addresses.
    #[serde(default)]
    pub shorten_links: bool,
}

/// A template that is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemplateName {
    /// Its name.
    pub name: Box<str>,
    /// Its version: the approved one when the run was launched, if none was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The language for recipients of whom none is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Box<str>>,
}

/// When messages go out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// Not before this, in milliseconds of Unix time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<i64>,
    /// Not before this by the recipient's clock: `2030-01-31T09:00:00`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at_local: Option<Box<str>>,
    /// Not later than this: what is left then isn't sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_after: Option<i64>,
    /// At which hours, on which days, and to how many a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending_hours: Option<SendingHours>,
}

/// How fast messages are handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// Messages a minute.
    pub per_minute: u32,
    /// How long it takes from a tenth of that to all of it, in milliseconds.
    #[serde(default)]
    pub ramp: u64,
}

/// Contacts that a campaign is for: all that are meant by any of these, once each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Audience {
    /// Groups.
    #[serde(default)]
    pub groups: Vec<Box<str>>,
    /// All contacts of the account.
    #[serde(default)]
    pub everybody: bool,
    /// Recipients of this campaign or batch who did not get its message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_delivered_of: Option<(RunKind, u64)>,
    /// Recipients of this campaign, batch or broadcast whom its message has not reached so far, whether it failed or isn't heard of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_reached_of: Option<(RunKind, u64)>,
    /// Recipients of this campaign or batch who followed one of its links.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clicked_of: Option<(RunKind, u64)>,
    /// What must hold of contacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub segment: Option<Box<str>>,
    /// Groups whose contacts are left out.
    #[serde(default)]
    pub except_groups: Vec<Box<str>>,
}

/// How messages did that have ended, other than by being canceled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failures {
    /// The messages that have ended. Of many recipients a sample is looked at.
    pub ended: u64,
    /// Those of them that have failed.
    pub failed: u64,
}

/// A campaign or a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its number.
    pub id: u64,
    /// What it is.
    pub kind: RunKind,
    /// Its name, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Box<str>>,
    /// Who made it.
    pub author: Box<str>,
    /// When, in milliseconds of Unix time.
    pub created: i64,
    /// What is sent.
    pub outgoing: Outgoing,
    /// When.
    pub schedule: Schedule,
    /// How fast.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pace: Option<Pace>,
    /// How many of a hundred messages fail so that it pauses, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_at_failures: Option<u8>,
    /// To whom, besides recipients that are added.
    #[serde(default)]
    pub audience: Audience,
    /// Several texts, of which the best one is found out with some recipients.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial: Option<Trial>,
    /// What follows a broadcast for those whom it has not reached in time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<Fallback>,
    /// The links in its text, once it is launched.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<TextLink>,
    /// Its state.
    pub state: RunState,
    /// Why it is paused, or ended early: a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Box<str>>,
    /// Whether somebody resumed it though many had opted out.
    #[serde(default)]
    pub(super) bears_opt_outs: bool,
    /// Who launched it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launched_by: Option<Box<str>>,
    /// When a broadcast was launched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launched: Option<i64>,
    /// Who approved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<Box<str>>,
    /// When the first message was handed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<i64>,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<i64>,
    /// The recipients, as far as they are counted.
    pub recipients: u64,
    /// Recipients that got a message.
    pub accepted: u64,
    /// Recipients that got none.
    pub refused: u64,
    /// How its messages did when it was paused since too many failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failures: Option<Failures>,
    /// The place of the last recipient that has a result.
    pub(super) cursor: u64,
    /// The place behind which failures are counted: where it was resumed.
    #[serde(default)]
    pub(super) watched_from: u64,
    /// How much of the audience is written down: the source, and the last name there.
    #[serde(default)]
    pub(super) collected: (usize, Option<Box<str>>),
    /// Whether all of it is.
    #[serde(default)]
    pub(super) is_collected: bool,
    /// The recipients of the day at which the last ones were handed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) today: Option<Today>,
    /// When it is to be looked at next.
    pub(super) next: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) runner: Option<Runner>,
}

impl Document for Run {
    const KIND: AppKind = AppKind::Run;

    fn id(&self) -> Box<str> {
        run_id(self.kind, self.id)
    }

    fn due(&self) -> Option<Time> {
        let works = matches!(self.state, RunState::Collecting | RunState::Running | RunState::Canceling);
        works.then_some(Time(self.next)).or_else(|| self.falls_back_at())
    }

    fn expires(&self) -> Option<Time> {
        self.ended.map(|ended| Time(ended) + KEPT)
    }
}

/// Runs of a kind are in the order of their making.
pub(super) fn run_id(kind: RunKind, id: u64) -> Box<str> {
    format!("{}/{id:020}", kind.word()).into()
}

/// What a node finds when it takes a run up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Another node works on it.
    ByOther,
    /// It is this node's already.
    Held,
    /// It is this node's from now on, once that is written down.
    Now,
    /// It stood still for too long, and is paused.
    StoodStill,
}

impl Run {
    /// By what its recipients are known.
    #[must_use]
    pub const fn key(&self, account: AccountId) -> AudienceKey {
        AudienceKey { account, run: self.id }
    }

    /// The reference of its messages, by which they are found.
    #[must_use]
    pub fn reference(&self) -> String {
        format!("{}-{}", self.kind.word(), self.id)
    }

    /// The key under which the recipients behind its cursor are handed in.
    pub(super) fn idempotency_key(&self) -> Box<str> {
        let pass = if matches!(self.turn(), Turn::Rest(_)) { "rest/" } else { "" };
        format!("{} {}/{pass}{}", self.kind.word(), self.id, self.cursor).into()
    }

    /// When it was made.
    #[must_use]
    pub const fn created_at(&self) -> Time {
        Time(self.created)
    }

    /// Whether it works and waits for its time.
    #[must_use]
    pub fn is_scheduled(&self, now: Time) -> bool {
        self.state == RunState::Running && self.started.is_none() && now.0 < self.next
    }

    /// When it will be through with its recipients, at the pace so far; `None` if that can't be told.
    #[must_use]
    pub fn finishes_at(&self, now: Time) -> Option<Time> {
        let started = self.started.filter(|_| self.state == RunState::Running)?;
        let done = self.accepted + self.refused;
        let left = self.recipients.saturating_sub(done);
        if self.schedule.sending_hours.is_some() {
            return self.forecast(left, now)?.finishes;
        }
        let millis = match self.pace {
            Some(pace) => left.saturating_mul(60_000) / u64::from(pace.per_minute.max(1)),
            None if done == 0 => return None,
            None => left.saturating_mul(now.0.abs_diff(started)) / done,
        };
        Some(now + Duration::from_millis(millis))
    }

    /// The node takes it up.
    pub(super) fn take(&mut self, node: u64, now: Time) -> Taken {
        let seen = self.runner.map_or(self.next, |runner| runner.until.max(self.next));
        // What is written before the first message is that there may be one.
        let is_begun = self.started.is_some() || self.state != RunState::Running;
        match self.runner {
            Some(runner) if runner.is_other(node, now) => return Taken::ByOther,
            Some(runner) if runner.holds(node, now) && is_begun => return Taken::Held,
            _ => {}
        }
        let is_late = now.since(Time(seen)) > STOOD_STILL && now.0 > seen;
        if is_late && self.started.is_some() && self.state == RunState::Running {
            self.pause("stood_still");
            return Taken::StoodStill;
        }
        self.runner = Some(Runner::new(node, now));
        Taken::Now
    }

    /// It waits until somebody resumes it.
    pub(super) fn pause(&mut self, reason: &str) {
        self.state = RunState::Paused;
        self.reason = Some(reason.into());
        self.runner = None;
    }

    /// It goes on, or begins.
    pub(super) fn go_on(&mut self, now: Time) {
        self.state = if self.is_collected { RunState::Running } else { RunState::Collecting };
        self.bears_opt_outs |= self.reason.as_deref() == Some(MANY_OPT_OUTS);
        self.reason = None;
        self.next = now.0;
    }

    /// Its audience is written down: it waits for its time.
    pub(super) fn is_complete(&mut self, recipients: u64, now: Time) {
        self.is_collected = true;
        self.recipients = recipients;
        // That which follows another broadcast was approved with it.
        if self.kind == RunKind::Broadcast && self.approved_by.is_none() {
            self.state = RunState::Armed;
            self.runner = None;
            return;
        }
        self.state = RunState::Running;
        self.next = self.schedule.send_at.unwrap_or(now.0).max(now.0);
    }

    /// Whether a broadcast was launched so long ago that nobody approves it any more.
    pub(super) fn is_stale(&self, now: Time) -> bool {
        self.launched.is_some_and(|launched| now.since(Time(launched)) > APPROVAL)
    }

    /// It has ended.
    pub(super) fn end(&mut self, state: RunState, reason: Option<&str>, now: Time) {
        self.state = state;
        self.reason = reason.map(Into::into).or(self.reason.take());
        self.ended = Some(now.0);
        self.runner = None;
    }

    /// How many recipients are handed in next.
    pub(super) fn chunk(&self, now: Time) -> usize {
        let per_second =
            self.rate(now).map_or(usize::MAX, |rate| usize::try_from(rate / 60).unwrap_or(CHUNK));
        per_second.clamp(1, CHUNK).min(self.room_today(now))
    }

    /// Messages a minute that its pace permits now.
    fn rate(&self, now: Time) -> Option<u32> {
        let Pace { per_minute, ramp } = self.pace?;
        let begun = self.started.unwrap_or(now.0);
        let passed = u64::try_from(now.0 - begun).unwrap_or(0);
        if passed >= ramp {
            return Some(per_minute);
        }
        // A tenth at first.
        let tenths = 1 + passed.saturating_mul(9) / ramp.max(1);
        Some((u64::from(per_minute) * tenths / 10).max(1).try_into().unwrap_or(per_minute))
    }

    /// Recipients up to a place have a result.
    pub(super) fn advance(&mut self, cursor: u64, accepted: u64, refused: u64, now: Time) {
        let rate = self.rate(now);
        self.cursor = cursor;
        self.accepted += accepted;
        self.refused += refused;
        self.count_today(accepted, now);
        // What falls behind by more than a second isn't caught up with.
        let from = self.next.max(now.0 - 1_000);
        let many = i64::try_from(accepted + refused).unwrap_or(i64::MAX);
        self.next = rate.map_or(now.0, |rate| from + many * 60_000 / i64::from(rate));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::run) fn run(pace: Option<Pace>) -> Run {
        Run {
            id: 7,
            kind: RunKind::Campaign,
            name: None,
            author: "shop".into(),
            created: 0,
            outgoing: Outgoing::default(),
            schedule: Schedule::default(),
            pace,
            pause_at_failures: None,
            audience: Audience::default(),
            trial: None,
            fallback: None,
            links: Vec::new(),
            state: RunState::Running,
            reason: None,
            bears_opt_outs: false,
            launched_by: None,
            launched: None,
            approved_by: None,
            started: Some(0),
            ended: None,
            recipients: 1_000_000,
            accepted: 0,
            refused: 0,
            failures: None,
            cursor: 0,
            watched_from: 0,
            collected: (0, None),
            is_collected: true,
            today: None,
            next: 0,
            runner: None,
        }
    }

    #[test]
    fn a_pace_is_kept_and_ramps_up() {
        let mut it = run(Some(Pace { per_minute: 240, ramp: 60_000 }));
        assert_eq!(it.chunk(Time(0)), 1, "a tenth at first, and never nothing");
        assert_eq!(it.chunk(Time(30_000)), 2);
        assert_eq!(it.chunk(Time(60_000)), 4);
        it.next = 60_000;
        it.advance(4, 3, 1, Time(60_000));
        assert_eq!((it.next, it.accepted, it.refused), (61_000, 3, 1));
        it.advance(8, 4, 0, Time(600_000));
        assert_eq!(it.next, 600_000, "what was missed is not caught up with");
        let mut free = run(None);
        free.advance(500, 500, 0, Time(5));
        assert_eq!((free.next, free.chunk(Time(5))), (5, CHUNK));
    }

    #[test]
    fn one_node_works_on_a_run() {
        let mut it = run(None);
        assert_eq!(it.take(1, Time(0)), Taken::Now);
        assert_eq!(it.take(1, Time(1_000)), Taken::Held);
        assert_eq!(it.take(2, Time(14_000)), Taken::ByOther);
        assert_eq!(it.take(1, Time(14_000)), Taken::Now);
        assert_eq!(it.take(2, Time(30_000)), Taken::Now, "the other one is gone");
        assert_eq!(it.take(1, Time(30_000 + 15_000 + 900_001)), Taken::StoodStill);
        assert_eq!((it.state, it.reason.as_deref()), (RunState::Paused, Some("stood_still")));
        let mut scheduled = Run { started: None, next: 0, ..run(None) };
        assert_eq!(scheduled.take(1, Time(9_000_000)), Taken::Now, "nothing was sent yet");
    }

    #[test]
    fn the_end_is_estimated() {
        let mut it = run(None);
        assert_eq!(it.finishes_at(Time(10_000)), None);
        it.advance(1, 250_000, 0, Time(10_000));
        assert_eq!(it.finishes_at(Time(10_000)), Some(Time(40_000)));
        it.pace = Some(Pace { per_minute: 750_000, ramp: 0 });
        assert_eq!(it.finishes_at(Time(10_000)), Some(Time(70_000)));
    }
}
