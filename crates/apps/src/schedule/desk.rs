//! The desk where accounts make, pause and cancel schedules.

use super::cron::Cron;
use super::state::{Schedule, State};
use crate::apps::Parts;
use crate::kept::{Kept, TRIES, contended, find, keep, read};
use crate::random::{NoRandomness, identifier};
use jiff::tz::TimeZone;
use postrider_core::account::{Account, AccountId};
use postrider_core::contract::{AppFilter, AppKind, AppWritten, StoreError};
use postrider_core::message::Class;
use postrider_core::number::{NotANumber, Number};
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use std::time::Duration;

/// The most recipients of a schedule.
const TO_MAX: usize = 100;
/// The longest text, in characters.
const TEXT_MAX: usize = 1_600;
/// The longest reference, in octets.
const REFERENCE_MAX: usize = 128;
/// The most schedules of an account.
const SCHEDULES_MAX: usize = 10_000;

/// Schedules of accounts.
pub struct Schedules {
    pub(super) parts: Parts,
}

/// A request to make a schedule.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The recipients' numbers as they were written.
    pub to: Vec<String>,
    /// The text.
    pub text: Box<str>,
    /// The sender.
    pub from: Option<Box<str>>,
    /// The class of messages.
    pub class: Option<Class>,
    /// The account's own reference.
    pub reference: Option<Box<str>>,
    /// How long messages may wait once due.
    pub valid_for: Option<Duration>,
    /// The cron expression.
    pub cron: Box<str>,
    /// The time zone; `None` is UTC.
    pub zone: Option<Box<str>>,
    /// When it ends.
    pub ends: Option<Time>,
}

/// Why a schedule was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum NotScheduled {
    /// A number is none.
    #[error(transparent)]
    Number(#[from] NotANumber),
    /// A field is wrong.
    #[error("{1}")]
    Wrong(&'static str, String),
    /// There is none of this identifier.
    #[error("there is no such schedule")]
    Missing,
    /// It is over, and can't be changed.
    #[error("the schedule is over")]
    Over,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The operating system has no random numbers to give.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl Schedules {
    pub(crate) const fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Makes a schedule.
    ///
    /// # Errors
    /// Something is wrong with it, or the store failed.
    pub async fn make(&self, account: &Account, request: Request) -> Result<Schedule, NotScheduled> {
        let schedule = made(account, request, self.parts.live.now())?;
        let all = AppFilter::all(AppKind::Schedule, Some(account.id), SCHEDULES_MAX + 1);
        if self.parts.store.list_app_records(all).await?.len() >= SCHEDULES_MAX {
            let detail = format!("the account has {SCHEDULES_MAX} schedules: cancel some");
            return Err(NotScheduled::Wrong("cron", detail));
        }
        let write = keep(account.id, &schedule, 0)?;
        match self.parts.store.write_app_records(vec![write], Vec::new()).await? {
            AppWritten::Done => Ok(schedule),
            AppWritten::Changed | AppWritten::Limited { .. } => Err(contended().into()),
        }
    }

    /// Pauses a schedule, has it go on, or cancels it. What it missed in a pause is not made up for.
    ///
    /// # Errors
    /// There is none, it is over, or the store failed.
    pub async fn set(&self, account: AccountId, id: &str, state: State) -> Result<Schedule, NotScheduled> {
        for _ in 0..TRIES {
            let found = find::<Schedule>(&*self.parts.store, account, id).await?;
            let mut kept: Kept<Schedule> = found.ok_or(NotScheduled::Missing)?;
            let schedule = &mut kept.value;
            if schedule.state == state {
                return Ok(kept.value);
            }
            if matches!(schedule.state, State::Ended | State::Canceled) {
                return Err(NotScheduled::Over);
            }
            schedule.state = state;
            if state == State::Active {
                schedule.go_on(self.parts.live.now());
            }
            let write = keep(account, &kept.value, kept.version)?;
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                return Ok(kept.value);
            }
        }
        Err(contended().into())
    }

    /// A schedule of an account.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn show(&self, account: AccountId, id: &str) -> Result<Option<Schedule>, StoreError> {
        Ok(find::<Schedule>(&*self.parts.store, account, id).await?.map(|kept| kept.value))
    }

    /// Schedules of an account, the last made first, behind the identifier `after`.
    ///
    /// # Errors
    /// When the store can't be read.
    pub async fn list(
        &self,
        account: AccountId,
        after: Option<Box<str>>,
        most: usize,
    ) -> Result<Vec<Schedule>, StoreError> {
        let all = AppFilter::all(AppKind::Schedule, Some(account), most);
        let after = after.map(|id| (account, id));
        let found = self.parts.store.list_app_records(AppFilter { after, backwards: true, ..all }).await?;
        found.into_iter().map(|record| Ok(read::<Schedule>(record)?.value)).collect()
    }
}

fn made(account: &Account, request: Request, now: Time) -> Result<Schedule, NotScheduled> {
    let wrong = |field, detail: String| Err(NotScheduled::Wrong(field, detail));
    if request.to.is_empty() || request.to.len() > TO_MAX {
        return wrong("to", format!("a schedule has 1 to {TO_MAX} recipients; more are for campaigns"));
    }
    let read = |to: &String| Number::parse_recipient_in(to, account.country).map(Number::digits);
    let mut to = request.to.iter().map(read).collect::<Result<Vec<u64>, _>>()?;
    to.sort_unstable();
    to.dedup();
    if request.text.trim().is_empty() || request.text.chars().count() > TEXT_MAX {
        return wrong("text", format!("text must have 1 to {TEXT_MAX} characters"));
    }
    if let Some(Err(error)) = request.from.as_deref().map(Sender::parse) {
        return wrong("from", error.to_string());
    }
    if request.reference.as_ref().is_some_and(|reference| reference.len() > REFERENCE_MAX) {
        return wrong("reference", format!("reference has at most {REFERENCE_MAX} octets"));
    }
    let zone = request.zone.unwrap_or_else(|| "UTC".into());
    if TimeZone::get(&zone).is_err() {
        return wrong("zone", format!("'{zone}' is no time zone: write one such as Europe/Berlin"));
    }
    if let Err(why) = Cron::parse(&request.cron) {
        return wrong("cron", why);
    }
    let milliseconds = |span: Duration| u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    let mut schedule = Schedule {
        id: identifier(now)?,
        to,
        text: request.text,
        from: request.from,
        class: request.class.map(|class| class.word().into()),
        reference: request.reference,
        valid_for: request.valid_for.map(milliseconds),
        cron: request.cron,
        zone,
        ends: request.ends.map(|ends| ends.0),
        next: None,
        state: State::Active,
        sent: 0,
        missed: 0,
        last: None,
    };
    schedule.go_on(now);
    if schedule.next().is_none() {
        return wrong("cron", "there is no such time before the end".into());
    }
    Ok(schedule)
}
