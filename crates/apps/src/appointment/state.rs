//! An appointment, and what moves it.

use crate::kept::Document;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use minijinja::{Environment, UndefinedBehavior, context};
use postrider_core::contract::AppKind;
use postrider_core::number::Number;
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long an appointment is kept after its time.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// Steps that filling in a text may take.
const FUEL: u64 = 10_000;

/// The state of an appointment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It takes place; the recipient has said nothing.
    Scheduled,
    /// The recipient comes.
    Confirmed,
    /// The recipient wants another time. No reminder is sent until the account sets one.
    MoveRequested,
    /// It doesn't take place.
    Canceled,
}

impl State {
    /// All states, in the order of a filter.
    pub const ALL: [Self; 4] = [Self::Scheduled, Self::Confirmed, Self::MoveRequested, Self::Canceled];

    /// Its word in the API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Confirmed => "confirmed",
            Self::MoveRequested => "move_requested",
            Self::Canceled => "canceled",
        }
    }
}

/// Words by which a recipient answers; without any the usual ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// They confirm.
    pub confirm: Vec<Box<str>>,
    /// They ask for another time.
    pub r#move: Vec<Box<str>>,
    /// They cancel.
    pub cancel: Vec<Box<str>>,
}

/// What a recipient is answered; nothing where there is no text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    /// To a confirmation.
    pub confirm: Option<Box<str>>,
    /// To a request for another time.
    pub r#move: Option<Box<str>>,
    /// To a cancellation.
    pub cancel: Option<Box<str>>,
}

/// A reminder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reminder {
    /// How long before the appointment it is sent, in milliseconds.
    pub before: u64,
    /// The message, once it is sent.
    pub message: Option<u64>,
    /// Why it was not sent.
    pub refused: Option<Box<str>>,
}

/// An appointment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Appointment {
    /// Its identifier.
    pub id: Box<str>,
    /// The digits of the recipient's number.
    pub(super) number: u64,
    /// When it takes place, in milliseconds.
    pub(super) at: i64,
    /// The recipient's time zone.
    pub zone: Box<str>,
    /// Reminders, the earliest first.
    pub reminders: Vec<Reminder>,
    /// The text of reminders: a template with `date`, `time` and `weekday`.
    pub text: Box<str>,
    /// The sender, if it isn't the account's usual one.
    pub from: Option<Box<str>>,
    /// The account's own reference.
    pub reference: Option<Box<str>>,
    /// Words of answers.
    pub words: Words,
    /// What answers are answered.
    pub answers: Answers,
    /// Its state.
    pub state: State,
    /// What the recipient wrote last.
    pub reply: Option<Box<str>>,
    /// Answers to the recipient that are on their way, and how many there were.
    pub(super) outgoing: Vec<Box<str>>,
    pub(super) answered: u32,
    /// How often it was moved: reminders of another time are others.
    pub(super) moves: u32,
}

impl Appointment {
    /// The recipient.
    #[must_use]
    pub fn to(&self) -> Option<Number> {
        Number::from_digits(self.number)
    }

    /// When it takes place.
    #[must_use]
    pub const fn at(&self) -> Time {
        Time(self.at)
    }

    /// Whether it can still be answered.
    #[must_use]
    pub fn is_open(&self, now: Time) -> bool {
        self.state != State::Canceled && now < self.at()
    }

    /// When a reminder of it is sent.
    #[must_use]
    pub fn reminded_at(&self, reminder: &Reminder) -> Time {
        self.at() - Duration::from_millis(reminder.before)
    }

    /// Passes over reminders that lie in the past, but for those of the last moments before it was made.
    pub(super) fn begin(&mut self, now: Time) {
        let at = self.at();
        for reminder in &mut self.reminders {
            if at - Duration::from_millis(reminder.before) < now - Duration::from_mins(1) {
                reminder.refused = Some("too_late".into());
            }
        }
    }

    /// When the next reminder is sent; `None` if none is.
    #[must_use]
    pub fn next_reminder_at(&self) -> Option<Time> {
        let waits = matches!(self.state, State::Scheduled | State::Confirmed);
        let next = self.reminders.iter().find(|it| it.message.is_none() && it.refused.is_none());
        next.filter(|_| waits).map(|reminder| self.reminded_at(reminder))
    }

    /// The place of the reminder that is sent now, if one is. Of several that are due, all but the last are passed over.
    pub(super) fn due_reminder(&mut self, now: Time) -> Option<usize> {
        let mut last = None;
        while self.next_reminder_at().is_some_and(|next| next <= now) {
            let place = self.reminders.iter().position(|it| it.message.is_none() && it.refused.is_none())?;
            // It is put back below if it is the one.
            self.reminders.get_mut(place)?.refused = Some("too_late".into());
            last = Some(place);
        }
        let place = last.filter(|_| self.is_open(now))?;
        self.reminders.get_mut(place)?.refused = None;
        Some(place)
    }

    /// The text of a reminder.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub(super) fn fill(&self) -> Result<String, String> {
        let mut environment = Environment::empty();
        environment.set_fuel(Some(FUEL));
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        let zone = TimeZone::get(&self.zone).map_err(|error| error.to_string())?;
        let local = Timestamp::from_millisecond(self.at).map_err(|error| error.to_string())?.to_zoned(zone);
        let (date, time) = (local.strftime("%Y-%m-%d").to_string(), local.strftime("%H:%M").to_string());
        let weekday = local.strftime("%A").to_string();
        let text = environment.render_str(&self.text, context! { date, time, weekday });
        text.map_err(|error| error.to_string())
    }
}

impl Document for Appointment {
    const KIND: AppKind = AppKind::Appointment;

    fn id(&self) -> Box<str> {
        self.id.clone()
    }

    fn person(&self) -> Option<Number> {
        self.to()
    }

    fn due(&self) -> Option<Time> {
        if self.outgoing.is_empty() { self.next_reminder_at() } else { Some(Time(0)) }
    }

    fn expires(&self) -> Option<Time> {
        Some(self.at() + KEPT)
    }

    /// Its state, by which it is listed.
    fn labels(&self) -> Option<Vec<Box<str>>> {
        Some(vec![self.state.word().into()])
    }
}

/// The appointments of a number, so that its answers find them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Guest {
    pub(super) number: u64,
    /// Appointments: the identifier, the time, and when it was reminded of last, in milliseconds.
    pub(super) appointments: Vec<(Box<str>, i64, Option<i64>)>,
}

/// The most appointments of a number that its answers find.
const GUEST_MAX: usize = 50;

impl Guest {
    pub(super) fn new(number: Number) -> Self {
        Self { number: number.digits(), appointments: Vec::new() }
    }

    pub(super) fn id_of(number: Number) -> Box<str> {
        number.digits().to_string().into()
    }

    /// Notes an appointment, and forgets those that are past.
    pub(super) fn note(&mut self, appointment: &Appointment, reminded: Option<Time>, now: Time) {
        let before = self.appointments.iter().position(|(id, ..)| *id == appointment.id);
        let was = before.and_then(|place| self.appointments.remove(place).2);
        self.appointments.retain(|(_, at, _)| Time(*at) > now);
        if self.appointments.len() < GUEST_MAX {
            let reminded = reminded.map(|at| at.0).or(was);
            self.appointments.push((appointment.id.clone(), appointment.at, reminded));
        }
    }

    /// The appointments that an answer may be about: those that it was reminded of, the last one first.
    pub(super) fn reminded(&self, now: Time) -> Vec<Box<str>> {
        let mut reminded: Vec<_> = self
            .appointments
            .iter()
            .filter(|(_, at, _)| Time(*at) > now)
            .filter_map(|(id, _, reminded)| Some(((*reminded)?, id.clone())))
            .collect();
        reminded.sort_by(|one, other| other.cmp(one));
        reminded.into_iter().map(|(_, id)| id).collect()
    }
}

impl Document for Guest {
    const KIND: AppKind = AppKind::AppointmentGuest;

    fn id(&self) -> Box<str> {
        self.number.to_string().into()
    }

    fn person(&self) -> Option<Number> {
        Number::from_digits(self.number)
    }

    fn expires(&self) -> Option<Time> {
        self.appointments.iter().map(|(_, at, _)| Time(*at) + KEPT).max()
    }
}
