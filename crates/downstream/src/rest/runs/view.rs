//! Campaigns and batches as answers show them.

use super::fallback::FallbackView;
use super::hours::{SendingHoursDocument, WaitingView};
use super::make::{AudienceDocument, RunTemplate};
use super::trial::{TrialView, VariantView};
use crate::rest::moment;
use postrider_apps::run::{Pace, Run, RunState};
use postrider_core::time::Time;
use serde::Serialize;
use utoipa::ToSchema;

/// The state of a campaign or a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::rest) enum RunStateWord {
    /// Recipients can be added. Nothing is sent until it is launched.
    Open,
    /// A broadcast whose recipients are written down waits to be launched.
    Armed,
    /// Somebody other than who launched it must approve it.
    AwaitingApproval,
    /// Its audience is written down.
    Collecting,
    /// It waits for its time.
    Scheduled,
    /// Messages are handed in.
    Running,
    /// It stands still, by its `sending_hours`, and goes on by itself: `waiting` says why and when.
    Waiting,
    /// Some recipients have one of several texts, and it waits until the best is known.
    Testing,
    /// Nothing is handed in until it is resumed: `reason` says why.
    Paused,
    /// Messages that wait are canceled.
    Canceling,
    /// It was canceled.
    Canceled,
    /// Every recipient has a result, or it was too late for the rest.
    Done,
}

/// How fast messages are handed in.
#[derive(Serialize, ToSchema)]
#[schema(as = Pace)]
pub(in crate::rest) struct PaceView {
    /// Messages a minute.
    per_minute: u32,
    /// How long it takes from a tenth of that to all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    ramp: Option<String>,
}

impl From<Pace> for PaceView {
    fn from(pace: Pace) -> Self {
        let ramp = (pace.ramp > 0).then(|| format!("{}s", pace.ramp / 1_000));
        Self { per_minute: pace.per_minute, ramp }
    }
}

/// A campaign or a batch.
#[derive(Serialize, ToSchema)]
#[schema(as = Run)]
pub(in crate::rest) struct RunView {
    /// Its identifier.
    #[schema(example = "1887436805177344000")]
    id: String,
    /// Its name, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Its state.
    state: RunStateWord,
    /// Why it is paused or ended early: `paused`, `stood_still`, `restored`, `too_late`, `insufficient_credit`, `daily_cap_reached`, `quota_reached`,
    /// `account_disabled`, `sender_not_allowed`, `template_missing`, `choose_winner`, `many_opt_outs`, `no_link_domain` or
    /// `too_many_failures`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The reference of its messages, by which they are found.
    reference: String,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// The template, and the version that is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<RunTemplate>,
    /// Several texts, and how they did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    variants: Vec<VariantView>,
    /// How the best of them is found out.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial: Option<TrialView>,
    /// Whether short links take the place of addresses.
    shorten_links: bool,
    /// The sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The route that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
    /// The earliest time of sending; without an offset it is by the recipient's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    send_at: Option<String>,
    /// The latest time of sending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    not_after: Option<String>,
    /// How fast messages are handed in; absent for as fast as they can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pace: Option<PaceView>,
    /// At which hours, on which days, and to how many recipients a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    sending_hours: Option<SendingHoursDocument>,
    /// Why it stands still, and when it goes on by itself: `sending_hours` say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<WaitingView>,
    /// How many of a hundred messages fail so that it pauses by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pause_at_failures: Option<u8>,
    /// The contacts that it is for, besides recipients that were added.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<AudienceDocument>,
    /// What those get whom a broadcast has not reached in time.
    #[serde(skip_serializing_if = "Option::is_none")]
    fallback: Option<FallbackView>,
    /// Its recipients, as far as they are counted.
    recipients: u64,
    /// Recipients whose message was accepted.
    accepted: u64,
    /// Recipients who get no message: they have opted out, say, or a variable is missing.
    refused: u64,
    /// Who made it.
    author: String,
    /// Who launched it.
    #[serde(skip_serializing_if = "Option::is_none")]
    launched_by: Option<String>,
    /// Who approved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    approved_by: Option<String>,
    /// When it was made.
    #[schema(format = "date-time")]
    created_at: String,
    /// When the first message was handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    started_at: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    ended_at: Option<String>,
    /// When its last message will be handed in, at the pace so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    finishes_at: Option<String>,
}

impl RunView {
    /// A run as it is now.
    pub(super) fn of(run: &Run, now: Time) -> Self {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let time = |at: Option<i64>| at.map(|at| moment::write(Time(at)));
        let schedule = &run.schedule;
        let waiting = run.stands_still(now).filter(|_| run.state == RunState::Running);
        let audience = (run.audience != postrider_apps::run::Audience::default())
            .then(|| AudienceDocument::from(&run.audience));
        Self {
            id: run.id.to_string(),
            name: text(&run.name),
            state: word(run, now),
            reason: text(&run.reason),
            reference: run.reference(),
            text: text(&run.outgoing.text),
            template: run.outgoing.template.as_ref().map(Into::into),
            variants: run.trial.iter().flat_map(|trial| &trial.variants).map(Into::into).collect(),
            trial: TrialView::of(run),
            shorten_links: run.outgoing.shorten_links,
            from: text(&run.outgoing.from),
            route: text(&run.outgoing.route),
            send_at: text(&schedule.send_at_local).or_else(|| time(schedule.send_at)),
            not_after: time(schedule.not_after),
            pace: run.pace.map(Into::into),
            sending_hours: schedule.sending_hours.as_ref().map(Into::into),
            waiting: waiting.map(|still| WaitingView::of(still, schedule.not_after)),
            pause_at_failures: run.pause_at_failures,
            audience,
            fallback: run.fallback.as_ref().map(|fallback| FallbackView::of(fallback, run.falls_back_at())),
            recipients: run.recipients,
            accepted: run.accepted,
            refused: run.refused,
            author: run.author.to_string(),
            launched_by: text(&run.launched_by),
            approved_by: text(&run.approved_by),
            created_at: moment::write(run.created_at()),
            started_at: time(run.started),
            ended_at: time(run.ended),
            finishes_at: run.finishes_at(now).map(moment::write),
        }
    }
}

fn word(run: &Run, now: Time) -> RunStateWord {
    match run.state {
        _ if run.is_scheduled(now) => RunStateWord::Scheduled,
        RunState::Running if run.is_waiting_for_results() => RunStateWord::Testing,
        RunState::Running if run.stands_still(now).is_some() => RunStateWord::Waiting,
        RunState::Open => RunStateWord::Open,
        RunState::Armed => RunStateWord::Armed,
        RunState::AwaitingApproval => RunStateWord::AwaitingApproval,
        RunState::Collecting => RunStateWord::Collecting,
        RunState::Running => RunStateWord::Running,
        RunState::Paused => RunStateWord::Paused,
        RunState::Canceling => RunStateWord::Canceling,
        RunState::Canceled => RunStateWord::Canceled,
        RunState::Done => RunStateWord::Done,
    }
}
