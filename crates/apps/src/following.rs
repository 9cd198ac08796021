//! Following the stream of events to its end and on, from a place that is kept, for somebody who must miss nothing.
//!
//! Whoever follows deals with events first and says so then: after a crash the last ones are seen again.

use crate::apps::Parts;
use crate::kept::{Document, Kept, find, keep};
use postrider_core::account::AccountId;
use postrider_core::contract::{AppKind, AppWritten, EventsWanted, StoreError};
use postrider_core::principal::Viewer;
use postrider_core::stream::{EventFilter, EventPosition, StreamEvent};
use postrider_core::time::Time;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// Events that are read at once.
const AT_ONCE: usize = 500;
/// How long the node that follows does so alone after it was heard of last.
const HELD: Duration = Duration::from_secs(15);
/// How often it is looked whether another node still follows.
const ELSEWHERE: Duration = Duration::from_secs(1);
/// The gateway itself, which keeps the places.
const GATEWAY: AccountId = AccountId(0);

/// The place up to which somebody has followed, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Followed {
    who: Box<str>,
    page: u64,
    events: u32,
    /// The process that follows, and until when it does so alone, in milliseconds.
    holder: u64,
    until: i64,
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
pub struct Stretch {
    /// The events, each with the place behind it.
    pub events: Vec<(EventPosition, StreamEvent)>,
    /// The place behind all that was looked at.
    next: EventPosition,
    version: u64,
}

/// Follows the stream for somebody. Of several nodes one follows at a time.
pub struct Follower {
    parts: Parts,
    who: Box<str>,
    filter: EventFilter,
    /// By what this process is known to others.
    holder: u64,
}

impl Follower {
    /// Follows under this name, which is unique among those who follow. `types` of `None` are all types.
    #[must_use]
    pub fn new(
        parts: Parts,
        who: impl Into<Box<str>>,
        viewer: Viewer,
        types: Option<BTreeSet<Box<str>>>,
    ) -> Self {
        let holder = RandomState::new().build_hasher().finish();
        Self { parts, who: who.into(), filter: EventFilter { viewer, types }, holder }
    }

    async fn kept(&self) -> Result<Option<Kept<Followed>>, StoreError> {
        find::<Followed>(&*self.parts.store, GATEWAY, &self.who).await
    }

    async fn keep(&self, position: EventPosition, version: u64) -> Result<bool, StoreError> {
        let until = (self.parts.live.now() + HELD).0;
        let EventPosition { page, events } = position;
        let place = Followed { who: self.who.clone(), page, events, holder: self.holder, until };
        let write = keep(GATEWAY, &place, version)?;
        let written = self.parts.store.write_app_records(vec![write], Vec::new()).await?;
        Ok(written == AppWritten::Done)
    }

    /// Has everything seen that happens from now on, unless it is followed already. To be called before that may happen.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn begin(&self) -> Result<(), StoreError> {
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

    /// The events behind the place that is kept; `None` if there are none, or another node follows. Then it has waited, at most so long.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn read(&self, patience: Duration) -> Result<Option<Stretch>, StoreError> {
        let Some(place) = self.hold().await? else {
            tokio::time::sleep(patience.min(ELSEWHERE)).await;
            return Ok(None);
        };
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

    /// The place that is kept, if this node follows.
    async fn hold(&self) -> Result<Option<Kept<Followed>>, StoreError> {
        let Some(mut place) = self.kept().await? else { return Ok(None) };
        let (now, own) = (self.parts.live.now(), place.value.holder == self.holder);
        let until = Time(place.value.until);
        if !own && now < until {
            return Ok(None);
        }
        if !own || until < now + HELD / 2 {
            if !self.keep(place.value.position(), place.version).await? {
                return Ok(None);
            }
            place.version += 1;
        }
        Ok(Some(place))
    }

    /// Notes that a stretch was dealt with. Where another node has done so meanwhile, its place stays.
    ///
    /// # Errors
    /// When the store can't be used.
    pub async fn done(&self, stretch: &Stretch) -> Result<(), StoreError> {
        self.keep(stretch.next, stretch.version).await.map(drop)
    }
}
