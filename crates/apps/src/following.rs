//! Following the stream of events to its end and on, from a place that is kept, for somebody who must miss nothing.
//!
//! Whoever follows deals with events first and says so then: after a crash the last ones are seen again.

use crate::apps::Parts;
use crate::kept::{Document, Kept, find, keep};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppKind, AppWritten, EventsWanted, StoreError};
use postrider_core::principal::Viewer;
use postrider_core::stream::{EventFilter, EventPosition, StreamEvent};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::time::Duration;

/// Events that are read at once.
const AT_ONCE: usize = 500;
/// The gateway itself, which keeps the places.
const GATEWAY: AccountId = AccountId(0);

/// The place up to which somebody has followed, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Followed {
    who: Box<str>,
    page: u64,
    events: u32,
}

impl Document for Followed {
    const KIND: AppKind = AppKind::StreamPlace;

    fn id(&self) -> Box<str> {
        self.who.clone()
    }
}

impl Followed {
    const fn position(&self) -> EventPosition {
        EventPosition { page: self.page, events: self.events }
    }
}

/// Events that were read and not yet dealt with.
pub(crate) struct Stretch {
    /// The events, each with the place behind it.
    pub(crate) events: Vec<(EventPosition, StreamEvent)>,
    /// The place behind all that was looked at.
    next: EventPosition,
    version: u64,
}

/// Follows the stream for somebody.
pub(crate) struct Follower {
    parts: Parts,
    who: Box<str>,
    filter: EventFilter,
}

impl Follower {
    /// Follows under this name, which is unique among those who follow. `types` of `None` are all types.
    pub(crate) fn new(
        parts: Parts,
        who: impl Into<Box<str>>,
        viewer: Viewer,
        types: Option<BTreeSet<Box<str>>>,
    ) -> Self {
        Self { parts, who: who.into(), filter: EventFilter { viewer, types } }
    }

    async fn kept(&self) -> Result<Option<Kept<Followed>>, StoreError> {
        find::<Followed>(&*self.parts.store, GATEWAY, &self.who).await
    }

    async fn keep(&self, position: EventPosition, version: u64) -> Result<bool, StoreError> {
        let place = Followed { who: self.who.clone(), page: position.page, events: position.events };
        let write = keep(GATEWAY, &place, version)?;
        let written = self.parts.store.write_app_records(vec![write], Vec::new()).await?;
        Ok(written == AppWritten::Done)
    }

    /// Has everything seen that happens from now on, unless it is followed already. To be called before that may happen.
    pub(crate) async fn begin(&self) -> Result<(), StoreError> {
        if self.kept().await?.is_some() {
            return Ok(());
        }
        let end = self.read_after(None, Duration::ZERO).await?.next;
        // Another node may have been quicker.
        self.keep(end, 0).await.map(drop)
    }

    async fn read_after(
        &self,
        after: Option<EventPosition>,
        patience: Duration,
    ) -> Result<postrider_core::contract::Events, StoreError> {
        let wanted = EventsWanted { filter: self.filter.clone(), after, most: AT_ONCE };
        self.parts.archive.events(wanted, patience).await
    }

    /// The events behind the place that is kept; `None` if there are none. Where there are none it waits, at most so long.
    pub(crate) async fn read(&self, patience: Duration) -> Result<Option<Stretch>, StoreError> {
        let Some(place) = self.kept().await? else { return Ok(None) };
        let from = place.value.position();
        let found = self.read_after(Some(from), patience).await?;
        if found.forgotten {
            metrics::counter!("postrider_events_missed_total", "follower" => self.who.to_string())
                .increment(1);
            tracing::warn!(
                follower = &*self.who,
                "events were forgotten before they were followed: is retention.events too short?"
            );
        }
        let is_new = found.next != from;
        Ok(is_new.then_some(Stretch { events: found.events, next: found.next, version: place.version }))
    }

    /// Notes that a stretch was dealt with. Where another node has done so meanwhile, its place stays.
    pub(crate) async fn done(&self, stretch: &Stretch) -> Result<(), StoreError> {
        self.keep(stretch.next, stretch.version).await.map(drop)
    }
}
