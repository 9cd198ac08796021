//! Tells applications again what they were told of a time: ends of messages, and messages from handsets.

use crate::outbox::Lanes;
use postrider_core::contract::{
    Filter, InboundFilter, Record, ReplayPlace, ReplayWanted, Replayed, Store, StoreError,
};
use postrider_core::notice::Notice;
use postrider_core::principal::Viewer;
use postrider_core::rules::Rules;
use postrider_core::time::Time;
use std::sync::Arc;

/// Messages that are looked at together, few enough not to hold up the writer.
const PAGE: usize = 500;

/// Keeps notices anew, in the lanes in which the account hears now. A notice that waits already stays as it is, and each has the
/// identifier that it had, so that receivers know those that they have.
pub(crate) struct Replay {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) rules: Arc<Rules>,
    pub(crate) now: Time,
}

impl Replay {
    /// A page of it.
    pub(crate) async fn page(&self, wanted: ReplayWanted) -> Result<Replayed, StoreError> {
        if wanted.from.is_inbound { self.received(wanted).await } else { self.ended(wanted).await }
    }

    async fn ended(&self, wanted: ReplayWanted) -> Result<Replayed, StoreError> {
        let filter = Filter {
            since: Some(wanted.since),
            until: Some(wanted.until),
            before: wanted.from.before,
            ..Filter::all(Viewer::Account(wanted.account), PAGE)
        };
        let page = self.store.list(filter).await?;
        let ends = page.entries.iter().filter_map(|entry| Some((&entry.message, entry.outcome.as_ref()?)));
        let notices = ends.filter_map(|(message, outcome)| Notice::of_end(message, outcome, self.now));
        let ended = self.keep(notices.collect()).await?;
        let is_inbound = page.next.is_none();
        Ok(Replayed { ended, received: 0, next: Some(ReplayPlace { is_inbound, before: page.next }) })
    }

    async fn received(&self, wanted: ReplayWanted) -> Result<Replayed, StoreError> {
        let filter = InboundFilter {
            since: Some(wanted.since),
            until: Some(wanted.until),
            before: wanted.from.before,
            ..InboundFilter::all(Viewer::Account(wanted.account), PAGE)
        };
        let found = self.store.inbound(filter).await?;
        let mut notices = Vec::new();
        for received in &found {
            let inbound = &received.inbound;
            let owner = self.rules.numbers.owner(received.upstream, &inbound.to, inbound.text());
            if let Some(owner) = owner.filter(|owner| owner.account == wanted.account) {
                notices.extend(received.notices(&owner).map(|notice| Notice { due: self.now, ..notice }));
            }
        }
        let received = self.keep(notices).await?;
        let last = found.last().filter(|_| found.len() == PAGE).map(|received| received.id);
        let next = last.map(|last| ReplayPlace { is_inbound: true, before: Some(last) });
        Ok(Replayed { ended: 0, received, next })
    }

    /// Keeps notices; returns how many.
    async fn keep(&self, notices: Vec<Notice>) -> Result<usize, StoreError> {
        let many = notices.len();
        if many > 0 {
            let record = Record { notices: notices.clone(), ..Record::default() };
            self.store.record(Arc::new(record)).await?;
            self.lanes.offer(notices);
        }
        Ok(many)
    }
}
