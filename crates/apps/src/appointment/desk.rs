//! The desk where accounts make, move and cancel appointments.

use super::reply::Wish;
use super::state::{Answers, Appointment, Guest, Reminder, State, Words};
use crate::apps::Parts;
use crate::events::AppEvent;
use crate::hearing::Hearing;
use crate::kept::{Kept, TRIES, contended, find, keep, read};
use crate::random::{NoRandomness, identifier};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use postrider_core::account::{Account, AccountId};
use postrider_core::consent::zones;
use postrider_core::contract::{AppFilter, AppKind, AppWrite, AppWritten, StoreError};
use postrider_core::inbound::Received;
use postrider_core::number::{NotANumber, Number};
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// The most reminders of an appointment.
const REMINDERS_MAX: usize = 10;
/// The longest time before an appointment at which a reminder is sent.
const BEFORE_MAX: Duration = Duration::from_hours(60 * 24);
/// The longest text, in characters.
const TEXT_MAX: usize = 1_000;
/// The farthest ahead that an appointment may be.
const AHEAD_MAX: Duration = Duration::from_hours(730 * 24);

/// Appointments of accounts.
pub struct Appointments {
    pub(super) parts: Parts,
    pub(super) hearing: Arc<Hearing>,
}

/// A request to make an appointment.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The recipient's number as it was written.
    pub to: String,
    /// When it takes place, by the clocks of the zone.
    pub at: DateTime,
    /// The zone; `None` is the number's.
    pub zone: Option<Box<str>>,
    /// How long before it reminders are sent.
    pub remind: Vec<Duration>,
    /// The text of reminders.
    pub text: Box<str>,
    /// The sender.
    pub from: Option<Box<str>>,
    /// The account's own reference.
    pub reference: Option<Box<str>>,
    /// Words of answers.
    pub words: Words,
    /// What answers are answered.
    pub answers: Answers,
}

/// Why an appointment was not made or moved.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// The number is none.
    #[error(transparent)]
    Number(#[from] NotANumber),
    /// A field is wrong.
    #[error("{1}")]
    Wrong(&'static str, String),
    /// There is none of this identifier.
    #[error("there is no such appointment")]
    Missing,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system has no random numbers to give.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Appointments {
    pub(crate) const fn new(parts: Parts, hearing: Arc<Hearing>) -> Self {
        Self { parts, hearing }
    }

    /// Makes an appointment.
    ///
    /// # Errors
    /// Something is wrong with it, or the store failed.
    pub async fn make(&self, account: &Account, request: Request) -> Result<Appointment, NotMade> {
        let now = self.parts.live.now();
        let appointment = made(account, request, now)?;
        self.keep_with_guest(account.id, Kept { account: account.id, value: appointment, version: 0 }, now)
            .await
    }

    async fn keep_with_guest(
        &self,
        account: AccountId,
        kept: Kept<Appointment>,
        now: Time,
    ) -> Result<Appointment, NotMade> {
        let Some(number) = kept.value.to() else { return Err(NotMade::Missing) };
        for _ in 0..TRIES {
            let mut guest = self.guest(account, number).await?;
            guest.value.note(&kept.value, None, now);
            let writes =
                vec![keep(account, &kept.value, kept.version)?, keep(account, &guest.value, guest.version)?];
            if self.parts.store.write_app_records(writes, Vec::new()).await? == AppWritten::Done {
                return Ok(kept.value);
            }
            if kept.version > 0 && self.found(account, &kept.value.id).await?.version != kept.version {
                return Err(contended().into());
            }
        }
        Err(contended().into())
    }

    pub(super) async fn guest(&self, account: AccountId, number: Number) -> Result<Kept<Guest>, StoreError> {
        let found = find::<Guest>(&*self.parts.store, account, &Guest::id_of(number)).await?;
        Ok(found.unwrap_or_else(|| Kept { account, value: Guest::new(number), version: 0 }))
    }

    async fn found(&self, account: AccountId, id: &str) -> Result<Kept<Appointment>, NotMade> {
        find::<Appointment>(&*self.parts.store, account, id).await?.ok_or(NotMade::Missing)
    }

    /// Gives an appointment another time, by the clocks of its zone. Its reminders begin anew.
    ///
    /// # Errors
    /// There is none, the time is wrong, or the store failed.
    pub async fn move_to(&self, account: AccountId, id: &str, at: DateTime) -> Result<Appointment, NotMade> {
        let now = self.parts.live.now();
        let mut kept = self.found(account, id).await?;
        kept.value.at = moment(at, &kept.value.zone, now)?.0;
        kept.value.state = State::Scheduled;
        kept.value.moves += 1;
        for reminder in &mut kept.value.reminders {
            (reminder.message, reminder.refused) = (None, None);
        }
        kept.value.begin(now);
        self.keep_with_guest(account, kept, now).await
    }

    /// Cancels an appointment.
    ///
    /// # Errors
    /// There is none, or the store failed.
    pub async fn cancel(&self, account: AccountId, id: &str) -> Result<Appointment, NotMade> {
        for _ in 0..TRIES {
            let mut kept = self.found(account, id).await?;
            kept.value.state = State::Canceled;
            let write = keep(account, &kept.value, kept.version)?;
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(kept.value);
            }
        }
        Err(contended().into())
    }

    /// An appointment of an account.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn show(&self, account: AccountId, id: &str) -> Result<Option<Appointment>, StoreError> {
        Ok(find::<Appointment>(&*self.parts.store, account, id).await?.map(|kept| kept.value))
    }

    /// Appointments of an account, of all states or of one, the last made first, behind the identifier `after`.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn list(
        &self,
        account: AccountId,
        state: Option<State>,
        after: Option<Box<str>>,
        most: usize,
    ) -> Result<Vec<Appointment>, StoreError> {
        let all = AppFilter::all(AppKind::Appointment, Some(account), most);
        let (after, label) = (after.map(|id| (account, id)), state.map(|state| state.word().into()));
        let found =
            self.parts.store.list_app_records(AppFilter { after, label, backwards: true, ..all }).await?;
        found.into_iter().map(|record| Ok(read::<Appointment>(record)?.value)).collect()
    }

    /// What a message from a handset changes: the appointment that it answers. Nothing is written.
    pub(crate) async fn hear(&self, received: &Received) -> Result<Vec<AppWrite>, StoreError> {
        let (Some(account), None, Some(text)) = (received.account, received.intent, received.inbound.text())
        else {
            return Ok(Vec::new());
        };
        let Some(Sender::Number(number)) = &received.inbound.from.understood else { return Ok(Vec::new()) };
        let now = self.parts.live.now();
        let found = find::<Guest>(&*self.parts.store, account, &Guest::id_of(*number)).await?;
        let reminded = found.map(|guest| guest.value.reminded(received.at)).unwrap_or_default();
        for id in reminded {
            let Some(mut kept) = find::<Appointment>(&*self.parts.store, account, &id).await? else {
                continue;
            };
            if !kept.value.is_open(received.at) {
                continue;
            }
            let Some(wish) = Wish::read(text, &kept.value.words) else { return Ok(Vec::new()) };
            let event = wish.apply(&mut kept.value, text);
            let told = AppEvent::new(event, &received.id.to_string(), now, facts(&kept.value));
            let mut writes = vec![keep(account, &kept.value, kept.version)?];
            writes.extend(told.writes(account, &*self.parts.live)?);
            metrics::counter!("postrider_appointment_replies_total", "event" => event).increment(1);
            return Ok(writes);
        }
        Ok(Vec::new())
    }
}

/// What an event tells of an appointment.
fn facts(appointment: &Appointment) -> serde_json::Value {
    json!({
        "id": appointment.id,
        "to": appointment.to().map(|to| to.to_string()),
        "reference": appointment.reference,
        "state": appointment.state.word(),
        "text": appointment.reply,
    })
}

/// The moment of a wall time.
fn moment(at: DateTime, zone: &str, now: Time) -> Result<Time, NotMade> {
    let zone = TimeZone::get(zone).map_err(|_| {
        NotMade::Wrong("zone", format!("'{zone}' is no time zone: write one such as Europe/Berlin"))
    })?;
    let zoned = zone.to_ambiguous_zoned(at).compatible();
    let zoned = zoned.map_err(|error| NotMade::Wrong("at", error.to_string()))?;
    let moment = Time(zoned.timestamp().as_millisecond());
    if moment <= now || moment > now + AHEAD_MAX {
        return Err(NotMade::Wrong("at", "the time must be in the future, at most two years ahead".into()));
    }
    Ok(moment)
}

/// The zone of a number.
fn zone_of(number: Number) -> Result<Box<str>, NotMade> {
    match zones(number) {
        [one] => Ok(one.iana_name().unwrap_or("UTC").into()),
        _ => Err(NotMade::Wrong(
            "zone",
            "the number may be in several time zones, or in none that is known: name one".into(),
        )),
    }
}

fn made(account: &Account, request: Request, now: Time) -> Result<Appointment, NotMade> {
    let wrong = |field, detail: String| Err(NotMade::Wrong(field, detail));
    let number = Number::parse_recipient_in(&request.to, account.country)?;
    let zone = request.zone.map_or_else(|| zone_of(number), Ok)?;
    let at = moment(request.at, &zone, now)?;
    if request.remind.is_empty() || request.remind.len() > REMINDERS_MAX {
        return wrong("remind", format!("an appointment has 1 to {REMINDERS_MAX} reminders"));
    }
    if request.remind.iter().any(|before| before.is_zero() || *before > BEFORE_MAX) {
        return wrong("remind", "a reminder is sent up to 60d before the appointment".into());
    }
    if request.text.trim().is_empty() || request.text.chars().count() > TEXT_MAX {
        return wrong("text", format!("text must have 1 to {TEXT_MAX} characters"));
    }
    if let Some(Err(error)) = request.from.as_deref().map(Sender::parse) {
        return wrong("from", error.to_string());
    }
    let mut spans = request.remind;
    spans.sort_unstable();
    spans.dedup();
    let reminder = |before: &Duration| Reminder {
        before: u64::try_from(before.as_millis()).unwrap_or(u64::MAX),
        message: None,
        refused: None,
    };
    let mut appointment = Appointment {
        id: identifier(now)?,
        number: number.digits(),
        at: at.0,
        zone,
        reminders: spans.iter().rev().map(reminder).collect(),
        text: request.text,
        from: request.from,
        reference: request.reference,
        words: request.words,
        answers: request.answers,
        state: State::Scheduled,
        reply: None,
        outgoing: Vec::new(),
        answered: 0,
        moves: 0,
    };
    appointment.fill().map_err(|why| NotMade::Wrong("text", format!("the template is wrong: {why}")))?;
    appointment.begin(now);
    Ok(appointment)
}
