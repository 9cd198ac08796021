//! The timeline of a message.

use crate::error::ErrorView;
use crate::rest::moment;
use crate::rest::words::{EventWord, StateWord};
use postrider_core::cause::{Cause, Code};
use postrider_core::contract::History;
use postrider_core::delivery::{State, is_stand_in};
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use serde::Serialize;
use utoipa::ToSchema;

/// An event in the life of a message.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct TimelineEvent<'a> {
    #[serde(skip)]
    order: Time,
    /// The time of the event.
    #[schema(format = "date-time")]
    at: String,
    /// The kind of event.
    #[schema(value_type = EventWord)]
    event: &'static str,
    /// The route by which the message's upstreams were chosen, when it was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'a str>,
    /// The part that it is about, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    part: Option<u16>,
    /// The state that the receipt reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<StateWord>)]
    state: Option<&'static str>,
    /// The identifier that the client was given for the part, of a text that it cut itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    identifier: Option<String>,
    /// More about it: the carrier's identifier of the part, words about a remark, the answer to a notice.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    /// Why an attempt failed, or why the part or the message was not delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorView<'a>>,
}

/// The sent parts whose references the carrier gave. A part that it never answered has a stand-in reference of the gateway,
/// which is not shown; a remark says that it was not answered.
pub(super) fn named(history: &History) -> impl Iterator<Item = &(u8, Box<str>, Time)> {
    history.awaited.iter().filter(|(_, reference, _)| !is_stand_in(reference))
}

/// All events that are known of a message, the oldest first; `outage` is the one that it waits for the end of.
pub(super) fn timeline<'a>(
    history: &'a History,
    outage: Option<&'a (Time, Cause)>,
    rules: &'a Rules,
) -> Vec<TimelineEvent<'a>> {
    let created = history.message.created();
    let route = Some(&*history.message.plan.route).filter(|route| !route.is_empty());
    let mut timeline = vec![TimelineEvent { route, ..TimelineEvent::new(created, "accepted") }];
    // A text that its client cut itself was accepted part by part, and then put together.
    timeline.extend(history.message.known_as.iter().map(|known| TimelineEvent {
        identifier: Some(known.id.to_string()),
        ..TimelineEvent::new(known.id.time(), "part_accepted")
    }));
    // The first upstream is known as long as no remark speaks of another.
    let is_first = history.remarks.iter().all(|(_, remark)| hold(remark).is_some());
    if let (Some(id), true) = (history.upstream, is_first) {
        let name = rules.upstream(id).map(|upstream| &*upstream.name);
        timeline.push(TimelineEvent { detail: name, ..TimelineEvent::new(created, "routed") });
    }
    for (at, remark) in &history.remarks {
        timeline.push(remarked(*at, remark));
    }
    if let Some((since, cause)) = outage {
        let error = Some(ErrorView::of(cause, State::Queued));
        timeline.push(TimelineEvent { error, ..TimelineEvent::new(created.max(*since), "waits") });
    }
    for (part, reference, at) in named(history) {
        timeline.push(TimelineEvent {
            part: number(*part),
            detail: Some(reference),
            ..TimelineEvent::new(*at, "sent")
        });
    }
    let sent_at = history.outcome.as_ref().and_then(|outcome| outcome.sent_at);
    if let (Some(at), true) = (sent_at, history.awaited.is_empty()) {
        let reference = history.outcome.as_ref().and_then(|outcome| outcome.reference.as_deref());
        timeline.push(TimelineEvent { detail: reference, ..TimelineEvent::new(at, "sent") });
    }
    for (report, at) in &history.parts {
        timeline.push(TimelineEvent {
            part: number(report.part),
            state: Some(report.state.word()),
            error: report.error.as_ref().map(|cause| ErrorView::of(cause, report.state)),
            ..TimelineEvent::new(*at, "receipt")
        });
    }
    if let Some(outcome) = &history.outcome {
        let end = TimelineEvent::new(outcome.done_at, outcome.state.word());
        timeline.push(TimelineEvent {
            error: outcome.error.as_ref().map(|cause| ErrorView::of(cause, outcome.state)),
            ..end
        });
    }
    for attempt in &history.attempts {
        timeline.push(TimelineEvent {
            detail: Some(&attempt.result),
            ..TimelineEvent::new(attempt.at, "notice")
        });
    }
    // The sort is stable: events of one millisecond keep their order.
    timeline.sort_by_key(|event| event.order);
    timeline
}

/// A remark: what held the message back, a failed attempt's cause, or words.
fn remarked(at: Time, remark: &str) -> TimelineEvent<'_> {
    let held = hold(remark);
    let event = TimelineEvent::new(at, if held.is_some() { "waits" } else { "remark" });
    match held.or_else(|| failed_attempt(remark)) {
        Some(cause) => {
            TimelineEvent { error: Some(ErrorView::of(&cause, State::Queued).into_owned()), ..event }
        }
        None => TimelineEvent { detail: Some(remark), ..event },
    }
}

/// The cause of a failed attempt, if a remark is one.
pub(super) fn failed_attempt(remark: &str) -> Option<Cause> {
    Some(Cause::from(remark)).filter(|cause| cause.code != Code::Unexplained && !cause.code.holds_back())
}

/// What held a message back, if a remark says so: its account's policy, or a limit.
pub(super) fn hold(remark: &str) -> Option<Cause> {
    Some(Cause::from(remark)).filter(|cause| cause.code.holds_back())
}

/// A part's number, counted from 1.
fn number(part: u8) -> Option<u16> {
    Some(u16::from(part) + 1)
}

impl TimelineEvent<'_> {
    fn new(at: Time, event: &'static str) -> Self {
        Self {
            order: at,
            at: moment::write(at),
            event,
            route: None,
            part: None,
            state: None,
            identifier: None,
            detail: None,
            error: None,
        }
    }
}
