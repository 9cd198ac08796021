//! A page of the ledger: what came in goes in, a record and what is to be told come out.

use crate::consent::Asked;
use crate::inbox::Ack;
use crate::meters::RetryReason;
use crate::naming::{Candidate, PartKey};
use postrider_core::contract::Record;
use postrider_core::delivery::{Change, Delivery, Queue};
use postrider_core::id::MessageId;
use postrider_core::receipt::Report;
use postrider_core::reference::Learnt;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::collections::{BTreeMap, HashMap};

/// Everything that is collected for one record.
#[derive(Default)]
pub(super) struct Page {
    /// The transaction.
    pub(super) record: Record,
    /// Answered parts that need no room any more once the page is recorded.
    pub(super) settled: BTreeMap<UpstreamId, usize>,
    /// The callers that wait for the page to be durable.
    pub(super) acks: Vec<Ack>,
    /// Receipts to look at again once the page is recorded. They stay parked until then: their carriers may have been told
    /// that they are kept.
    pub(super) again: Vec<(UpstreamId, Vec<Report>)>,
    /// Receipts of whose messages memory knows nothing. The store is asked before the page is recorded.
    pub(super) unknown: Vec<Unknown>,
    /// Deliveries of several parts that the page deals with.
    pub(super) open: HashMap<MessageId, Delivery>,
    /// Requests of handsets that are answered once the page is recorded.
    pub(super) asked: Vec<Asked>,
    /// Effects that don't wait for the record.
    pub(super) aside: Aside,
    /// When the last of it happened.
    pub(super) now: Time,
}

/// A receipt of whose message memory knows nothing.
pub(super) struct Unknown {
    pub(super) upstream: UpstreamId,
    pub(super) report: Report,
    /// The parts that it may be about.
    pub(super) candidates: Vec<Candidate>,
    /// Whether it is kept if nothing is found.
    pub(super) parks: bool,
}

impl Unknown {
    /// The keys that the store is asked for.
    pub(super) fn keys(&self) -> impl Iterator<Item = PartKey> + '_ {
        self.candidates.iter().map(|candidate| candidate.key.clone())
    }
}

/// Effects of a page that don't wait for its record.
#[derive(Default)]
pub(super) struct Aside {
    /// Messages that were never sent: they go back on their shelf, and nothing of it is recorded.
    pub(super) unsent: Vec<(UpstreamId, Delivery)>,
    /// Upstreams whose carrier said "too fast", once for each message.
    pub(super) throttled: Vec<UpstreamId>,
    /// Why messages are tried again.
    pub(super) retried: Vec<(UpstreamId, RetryReason)>,
    /// Forms of references that were found out.
    pub(super) learnt: Vec<Learnt>,
}

impl Page {
    /// Whether nothing came of it: nothing to record, and nobody waits.
    pub(super) fn is_empty(&self) -> bool {
        self.record.is_empty()
            && self.acks.is_empty()
            && self.settled.is_empty()
            && self.again.is_empty()
            && self.unknown.is_empty()
    }

    /// The change that was made last.
    pub(super) fn last(&mut self) -> Option<&mut Change> {
        self.record.changes.last_mut()
    }

    /// Whether the message that was stepped last goes back into the queue.
    pub(super) fn ends_in_queue(&self) -> bool {
        self.record.changes.last().is_some_and(|change| matches!(change.queue, Queue::Put { .. }))
    }

    /// The keys by which the message that was stepped last is waited for.
    pub(super) fn awaited_last(&self) -> impl Iterator<Item = PartKey> {
        let awaited = self.record.changes.last().map(|change| change.awaited.as_slice()).unwrap_or_default();
        awaited.iter().map(|awaited| (awaited.upstream, awaited.reference.clone()))
    }

    /// Whether this very page is the one that makes the store wait for this receipt.
    pub(super) fn awaits(&self, key: &PartKey) -> bool {
        let is_it =
            |change: &Change| change.awaited.iter().any(|a| a.upstream == key.0 && a.reference == key.1);
        self.record.changes.iter().any(is_it)
    }
}
