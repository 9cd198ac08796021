//! How applications hear what handsets write: they follow the stream of events from a place that is kept.
//!
//! What an event changes and the place behind it are one write. So each event has its effects once, whichever node deals with it and
//! whatever crashes. Nothing is followed while nobody listens: messages cost no more than without applications.

use crate::apps::Parts;
use crate::kept::{Document, Kept, find, keep};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppKind, AppWrite, AppWritten, EventsWanted, StoreError};
use postrider_core::principal::Viewer;
use postrider_core::stream::{EventFilter, EventPosition, RECEIVED, StreamEvent};
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

/// How long it is listened after an application has last asked for answers.
const LISTEN: Duration = Duration::from_hours(48);
/// How much of that is left when it is prolonged.
const PROLONG: Duration = Duration::from_hours(36);
/// Events that are read at once.
const AT_ONCE: usize = 500;
/// The gateway itself, which keeps the place.
const GATEWAY: AccountId = AccountId(0);

/// The place up to which applications have heard, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    page: u64,
    events: u32,
    /// Until when it is listened, in milliseconds.
    until: i64,
}

impl Place {
    const ID: &'static str = "received";

    fn new(position: EventPosition, until: Time) -> Self {
        Self { page: position.page, events: position.events, until: until.0 }
    }

    const fn position(&self) -> EventPosition {
        EventPosition { page: self.page, events: self.events }
    }
}

impl Document for Place {
    const KIND: AppKind = AppKind::StreamPlace;

    fn id(&self) -> Box<str> {
        Self::ID.into()
    }

    fn expires(&self) -> Option<Time> {
        Some(Time(self.until))
    }
}

/// What was heard, and how to say that it was dealt with.
pub(crate) struct Heard {
    /// Events, each with the place behind it.
    pub(crate) events: Vec<(EventPosition, StreamEvent)>,
    place: Kept<Place>,
    next: EventPosition,
}

/// Hears for all applications.
pub(crate) struct Hearing {
    parts: Parts,
    /// Until when it is listened, as far as this node knows.
    until: AtomicI64,
}

impl Hearing {
    pub(crate) const fn new(parts: Parts) -> Self {
        Self { parts, until: AtomicI64::new(0) }
    }

    /// Listens from now on, and for some days. To be called before anybody is asked for an answer.
    pub(crate) async fn begin(&self) -> Result<(), StoreError> {
        let now = self.parts.live.now();
        if Time(self.until.load(Ordering::Relaxed)) > now + PROLONG {
            return Ok(());
        }
        loop {
            let until = now + LISTEN;
            let kept = self.kept().await?;
            let (place, version) = match kept {
                Some(kept) if Time(kept.value.until) > now => {
                    (Place { until: until.0, ..kept.value }, kept.version)
                }
                other => (Place::new(self.end().await?, until), other.map_or(0, |kept| kept.version)),
            };
            let write = keep(GATEWAY, &place, version)?;
            if self.parts.store.write_app_records(vec![write], Vec::new()).await? == AppWritten::Done {
                self.until.store(until.0, Ordering::Relaxed);
                return Ok(());
            }
        }
    }

    async fn kept(&self) -> Result<Option<Kept<Place>>, StoreError> {
        find::<Place>(&*self.parts.store, GATEWAY, Place::ID).await
    }

    fn wanted(after: Option<EventPosition>) -> EventsWanted {
        let filter = EventFilter { viewer: Viewer::Everything, types: Some([RECEIVED.into()].into()) };
        EventsWanted { filter, after, most: AT_ONCE }
    }

    /// The end of the stream.
    async fn end(&self) -> Result<EventPosition, StoreError> {
        Ok(self.parts.archive.events(Self::wanted(None), Duration::ZERO).await?.next)
    }

    /// What was heard since the last time; `None` if nobody listens, or nothing was.
    pub(crate) async fn hear(&self) -> Result<Option<Heard>, StoreError> {
        let now = self.parts.live.now();
        let Some(place) = self.kept().await?.filter(|kept| Time(kept.value.until) > now) else {
            return Ok(None);
        };
        let from = place.value.position();
        let found = self.parts.archive.events(Self::wanted(Some(from)), Duration::ZERO).await?;
        if found.forgotten {
            tracing::warn!(
                "messages from handsets were forgotten before applications had heard them: is retention.events too short?"
            );
        }
        let is_new = found.next != from;
        Ok(is_new.then_some(Heard { events: found.events, place, next: found.next }))
    }

    /// Writes what an event changes, together with the place behind it. Returns whether that was done: if not, something has changed
    /// meanwhile, and it is to be heard again.
    pub(crate) async fn done(
        &self,
        heard: &mut Heard,
        behind: EventPosition,
        mut changes: Vec<AppWrite>,
    ) -> Result<bool, StoreError> {
        let place = Place::new(behind, Time(heard.place.value.until));
        changes.push(keep(GATEWAY, &place, heard.place.version)?);
        let is_told = changes.iter().any(|change| change.told().is_some());
        let written = self.parts.store.write_app_records(changes, Vec::new()).await?;
        if is_told && written == AppWritten::Done {
            self.parts.archive.wake_followers();
        }
        heard.place = Kept { account: GATEWAY, value: place, version: heard.place.version + 1 };
        Ok(written == AppWritten::Done)
    }

    /// Notes that all of it was heard, if that isn't noted yet.
    pub(crate) async fn all_done(&self, mut heard: Heard) -> Result<(), StoreError> {
        let next = heard.next;
        if heard.place.value.position() != next {
            self.done(&mut heard, next, Vec::new()).await?;
        }
        Ok(())
    }
}
