//! Appointments, as requests make them and answers show them.

use crate::rest::moment;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use jiff::civil::DateTime;
use postrider_apps::appointment::{Answers, Appointment, Reminder, Request, State, Words};
use postrider_core::id::MessageId;
use postrider_declare::Span;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Words by which a recipient answers, instead of the usual ones.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AppointmentWords)]
pub(in crate::rest) struct WordsDocument {
    /// They confirm. Default: `yes`, `ok`, `1` and others.
    #[serde(default)]
    confirm: Vec<String>,
    /// They ask for another time. Default: `move`, `change`, `2` and others.
    #[serde(default)]
    r#move: Vec<String>,
    /// They cancel. Default: `no`, `3` and others. CANCEL and STOP opt out instead.
    #[serde(default)]
    cancel: Vec<String>,
}

/// What a recipient is answered. Default: nothing.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AppointmentAnswers)]
pub(in crate::rest) struct AnswersDocument {
    /// To a confirmation.
    #[serde(default)]
    confirm: Option<String>,
    /// To a request for another time.
    #[serde(default)]
    r#move: Option<String>,
    /// To a cancellation.
    #[serde(default)]
    cancel: Option<String>,
}

/// An appointment to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct AppointmentRequest {
    /// The recipient's number.
    to: String,
    /// When it takes place, by the clocks at the recipient's place.
    #[schema(example = "2030-01-31T14:30:00")]
    at: String,
    /// The recipient's time zone, such as `Europe/Berlin`. Default: the number's, where it can be in one only.
    #[serde(default)]
    zone: Option<String>,
    /// How long before it reminders are sent: seconds, or spans such as `24h`, up to 60d.
    #[schema(min_items = 1, max_items = 10, value_type = Vec<String>)]
    remind: Vec<Span>,
    /// The text of reminders: a template with `date`, `time` and `weekday`.
    #[schema(
        max_length = 1000,
        example = "Your visit is on {{ weekday }} at {{ time }}. Reply YES, MOVE or NO."
    )]
    text: String,
    /// The sender. Answers come to it: a number that the account owns. Default: the account's.
    #[serde(default)]
    from: Option<String>,
    /// Your own reference for it.
    #[serde(default)]
    #[schema(max_length = 128)]
    reference: Option<String>,
    /// Words of answers.
    #[serde(default)]
    words: Option<WordsDocument>,
    /// What answers are answered.
    #[serde(default)]
    answers: Option<AnswersDocument>,
}

/// Another time.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AppointmentMove)]
pub(in crate::rest) struct MoveRequest {
    /// When it takes place, by the clocks of its zone.
    #[schema(example = "2030-02-01T09:00:00")]
    at: String,
}

/// The state of an appointment.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AppointmentState)]
pub(in crate::rest) enum AppointmentStateWord {
    /// It takes place; the recipient has said nothing.
    Scheduled,
    /// The recipient comes.
    Confirmed,
    /// The recipient wants another time.
    MoveRequested,
    /// It doesn't take place.
    Canceled,
}

impl From<State> for AppointmentStateWord {
    fn from(state: State) -> Self {
        match state {
            State::Scheduled => Self::Scheduled,
            State::Confirmed => Self::Confirmed,
            State::MoveRequested => Self::MoveRequested,
            State::Canceled => Self::Canceled,
        }
    }
}

/// A reminder.
#[derive(Serialize, ToSchema)]
#[schema(as = AppointmentReminder)]
pub(in crate::rest) struct ReminderView {
    /// When it is sent.
    #[schema(format = "date-time")]
    at: String,
    /// The message, once it is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Why it was not sent: `too_late`, or the code of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
}

/// An appointment.
#[derive(Serialize, ToSchema)]
#[schema(as = Appointment)]
pub(in crate::rest) struct AppointmentView {
    /// Its identifier.
    id: String,
    /// The recipient.
    to: String,
    /// When it takes place.
    #[schema(format = "date-time")]
    at: String,
    /// The recipient's time zone.
    zone: String,
    /// Its state.
    state: AppointmentStateWord,
    /// What the recipient wrote last.
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<String>,
    /// Your own reference for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    /// Its reminders, in order.
    reminders: Vec<ReminderView>,
}

fn wrong(field: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_appointment", detail).at(field)
}

fn wall_time(text: &str) -> Result<DateTime, Problem> {
    let has_offset = text.ends_with(['Z', 'z']) || text.contains('[');
    let read = text.parse().ok().filter(|_| !has_offset);
    read.ok_or_else(|| {
        let detail =
            format!("'{text}' is no time by the recipient's clocks: write one such as 2030-01-31T14:30:00");
        wrong("at", detail)
    })
}

impl MoveRequest {
    pub(in crate::rest) fn read(&self) -> Result<DateTime, Problem> {
        wall_time(&self.at)
    }
}

impl AppointmentRequest {
    pub(in crate::rest) fn read(self) -> Result<Request, Problem> {
        let boxed = |text: Option<String>| text.map(String::into_boxed_str);
        let all = |texts: Vec<String>| texts.into_iter().map(String::into_boxed_str).collect();
        let spans =
            self.remind.iter().map(|span| span.read().map_err(|error| wrong("remind", error.to_string())));
        let (words, answers) = (self.words.unwrap_or_default(), self.answers.unwrap_or_default());
        Ok(Request {
            at: wall_time(&self.at)?,
            remind: spans.collect::<Result<_, Problem>>()?,
            to: self.to,
            zone: boxed(self.zone),
            text: self.text.into(),
            from: boxed(self.from),
            reference: boxed(self.reference),
            words: Words {
                confirm: all(words.confirm),
                r#move: all(words.r#move),
                cancel: all(words.cancel),
            },
            answers: Answers {
                confirm: boxed(answers.confirm),
                r#move: boxed(answers.r#move),
                cancel: boxed(answers.cancel),
            },
        })
    }
}

impl From<&Appointment> for AppointmentView {
    fn from(it: &Appointment) -> Self {
        let reminder = |reminder: &Reminder| ReminderView {
            at: moment::write(it.reminded_at(reminder)),
            message: reminder.message.map(|message| MessageId::from_number(message).to_string()),
            code: reminder.refused.as_deref().map(Into::into),
        };
        Self {
            id: it.id.to_string(),
            to: it.to().map(|to| to.to_string()).unwrap_or_default(),
            at: moment::write(it.at()),
            zone: it.zone.to_string(),
            state: it.state.into(),
            reply: it.reply.as_deref().map(Into::into),
            reference: it.reference.as_deref().map(Into::into),
            reminders: it.reminders.iter().map(reminder).collect(),
        }
    }
}
