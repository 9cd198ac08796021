//! Schedules, as requests make them and answers show them.

use crate::rest::moment;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use jiff::Timestamp;
use postrider_apps::schedule::{Occurrence, Request, Schedule, State};
use postrider_core::id::MessageId;
use postrider_core::number::Number;
use postrider_core::time::Time;
use postrider_declare::{ClassWord, Span};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A schedule to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct ScheduleRequest {
    /// The recipients' numbers, up to 100.
    #[schema(min_items = 1, max_items = 100)]
    to: Vec<String>,
    /// The text of each message.
    #[schema(max_length = 1600)]
    text: String,
    /// The cron expression: minute, hour, day of the month, month and day of the week.
    #[schema(example = "0 9 * * 1-5")]
    cron: String,
    /// The time zone of the expression, such as `Europe/Berlin`. Default: UTC.
    #[serde(default)]
    zone: Option<String>,
    /// When it ends: no message is sent after this. Default: when it is canceled.
    #[serde(default)]
    #[schema(format = "date-time")]
    ends_at: Option<String>,
    /// The sender. Default: the account's.
    #[serde(default)]
    from: Option<String>,
    /// The class of messages. Default: the account's.
    #[serde(default)]
    class: Option<ClassWord>,
    /// The time for which a message may wait before it expires. Default: the account's.
    #[serde(default)]
    valid_for: Option<Span>,
    /// Your own reference, which its messages have.
    #[serde(default)]
    #[schema(max_length = 128)]
    reference: Option<String>,
}

/// The state of a schedule.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ScheduleState)]
pub(in crate::rest) enum ScheduleStateWord {
    /// Messages are sent at its times.
    Active,
    /// Nothing is sent until it goes on.
    Paused,
    /// Its end has come.
    Ended,
    /// It was canceled.
    Canceled,
}

impl From<State> for ScheduleStateWord {
    fn from(state: State) -> Self {
        match state {
            State::Active => Self::Active,
            State::Paused => Self::Paused,
            State::Ended => Self::Ended,
            State::Canceled => Self::Canceled,
        }
    }
}

/// What was sent at one time.
#[derive(Serialize, ToSchema)]
#[schema(as = ScheduleOccurrence)]
pub(in crate::rest) struct OccurrenceView {
    /// The time.
    #[schema(format = "date-time")]
    at: String,
    /// The messages.
    messages: Vec<String>,
    /// The recipients whose messages were refused.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<RefusedRecipient>,
}

/// A recipient whose message was refused.
#[derive(Serialize, ToSchema)]
#[schema(as = ScheduleRefusal)]
pub(in crate::rest) struct RefusedRecipient {
    /// The recipient.
    to: String,
    /// The code of the refusal.
    code: String,
}

/// A schedule.
#[derive(Serialize, ToSchema)]
#[schema(as = Schedule)]
pub(in crate::rest) struct ScheduleView {
    /// Its identifier.
    id: String,
    /// Its state.
    state: ScheduleStateWord,
    /// The recipients.
    to: Vec<String>,
    /// The text of each message.
    text: String,
    /// The cron expression.
    cron: String,
    /// The time zone of the expression.
    zone: String,
    /// When messages are sent next.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    next_at: Option<String>,
    /// When it ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    ends_at: Option<String>,
    /// The sender, if it isn't the account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The class of messages, if it isn't the account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<String>,
    /// Your own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// How often messages were sent.
    sent: u64,
    /// How often they were not, since the gateway was away for more than an hour.
    missed: u64,
    /// What was sent last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<OccurrenceView>,
}

fn wrong(field: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_schedule", detail).at(field)
}

impl ScheduleRequest {
    pub(in crate::rest) fn read(self) -> Result<Request, Problem> {
        let boxed = |text: Option<String>| text.map(String::into_boxed_str);
        let ends = |text: String| {
            let read: Result<Timestamp, _> = text.parse();
            let detail = || format!("'{text}' is no time: write one such as 2030-01-31T09:00:00Z");
            read.map(|at| Time(at.as_millisecond())).map_err(|_| wrong("ends_at", detail()))
        };
        let span = |span: Span| span.read().map_err(|error| wrong("valid_for", error.to_string()));
        Ok(Request {
            to: self.to,
            text: self.text.into(),
            from: boxed(self.from),
            class: self.class.map(Into::into),
            reference: boxed(self.reference),
            valid_for: self.valid_for.map(span).transpose()?,
            cron: self.cron.into(),
            zone: boxed(self.zone),
            ends: self.ends_at.map(ends).transpose()?,
        })
    }
}

impl From<&Occurrence> for OccurrenceView {
    fn from(it: &Occurrence) -> Self {
        let refused = |(digits, code): &(u64, Box<str>)| RefusedRecipient {
            to: Number::from_digits(*digits).map(|number| number.to_string()).unwrap_or_default(),
            code: code.to_string(),
        };
        Self {
            at: moment::write(it.at()),
            messages: it.messages.iter().map(|id| MessageId::from_number(*id).to_string()).collect(),
            refused: it.refused.iter().map(refused).collect(),
        }
    }
}

impl From<&Schedule> for ScheduleView {
    fn from(it: &Schedule) -> Self {
        Self {
            id: it.id.to_string(),
            state: it.state.into(),
            to: it.to().map(|to| to.to_string()).collect(),
            text: it.text.to_string(),
            cron: it.cron.to_string(),
            zone: it.zone.to_string(),
            next_at: it.next().map(moment::write),
            ends_at: it.ends().map(moment::write),
            from: it.from.as_deref().map(Into::into),
            class: it.class.as_deref().map(Into::into),
            reference: it.reference.as_deref().map(Into::into),
            sent: it.sent,
            missed: it.missed,
            last: it.last.as_ref().map(Into::into),
        }
    }
}
