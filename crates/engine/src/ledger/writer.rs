//! The writing of pages: each becomes durable, and then all who wait for that hear of it.

use super::page::Page;
use crate::assembling::PartsArrived;
use crate::consent::{Asked, Following, Responder, count};
use crate::inbox::{Ack, Inbox};
use crate::outbox::Lanes;
use crate::outcome_metrics;
use crate::store_health::StoreHealth;
use crate::streams::Streams;
use crate::traffic::Counted;
use crate::upstreams::Upstreams;
use postrider_core::consent;
use postrider_core::contract::{Recorded, Store, StoreError};
use postrider_core::delivery::{Change, Queue};
use postrider_core::id::MessageId;
use postrider_core::notice::{Lane, Notice, NoticeId};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// How long until what the store refused is tried again.
const RETRY: Duration = Duration::from_millis(250);
/// Tries of which the log tells one.
const TRIES_TOLD: u32 = 40;

/// The writer of pages, and the parts that it works with.
pub(crate) struct Writer {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) upstreams: Arc<Upstreams>,
    pub(crate) lanes: Arc<Lanes>,
    pub(crate) parts: Arc<PartsArrived>,
    pub(crate) streams: Arc<Streams>,
    pub(crate) health: Arc<StoreHealth>,
    pub(crate) requests: Arc<Settling>,
    pub(crate) counted: Arc<Counted>,
}

/// What follows from recorded requests of handsets.
pub(crate) struct Settling {
    pub(crate) following: Arc<Following>,
    pub(crate) responder: Responder,
}

impl Settling {
    /// Holds to what was asked for, has all other nodes hold to it, and only then acknowledges the page to carriers; answers
    /// the handsets.
    pub(crate) async fn settle(
        self: Arc<Self>,
        changes: &[Arc<consent::Change>],
        acks: Vec<Ack>,
        asked: Vec<Asked>,
    ) {
        count(changes.iter().map(|change| &**change));
        let changes = !changes.is_empty();
        let Some(sequence) = (if changes { self.following.insist().await } else { Some(0) }) else { return };
        // Another node may take seconds to answer, or to die: other pages don't wait for it.
        tokio::spawn(async move {
            if changes {
                self.following.until_taken_everywhere(sequence).await;
            }
            acknowledge(acks);
            self.responder.answer(asked).await;
        });
    }
}

fn acknowledge(acks: Vec<Ack>) {
    for ack in acks {
        // Nobody waits any more when the carrier's session has ended.
        let _gone = ack.send(Ok(()));
    }
}

impl Writer {
    /// Makes a page durable, then tells all who wait for that. The page before is durable by now. Returns the messages that
    /// other nodes had taken over.
    pub(super) async fn write(self: Arc<Self>, page: Page) -> Vec<MessageId> {
        let Page { mut record, settled, acks, again, asked, now, .. } = page;
        let of_ends = record.changes.iter_mut().filter_map(|change| change.notice.as_mut());
        self.lanes.promise(of_ends.chain(&mut record.notices));
        let of_ends = record.changes.iter().filter_map(|change| change.notice.as_ref());
        let mut notices: Vec<Notice> = of_ends.chain(&record.notices).cloned().collect();
        let record = Arc::new(record);
        let Recorded { dropped, taken_over } = if record.is_empty() {
            Recorded::default()
        } else {
            self.insist(|| self.store.record(Arc::clone(&record))).await
        };
        if !dropped.is_empty() {
            // A notice for rules stands by itself, and was kept.
            let is_dropped =
                |notice: &mut Notice| notice.lane != Lane::Automation && dropped.contains(&notice.id);
            self.lanes.withdraw(notices.extract_if(.., is_dropped));
        }
        let is_copy =
            |notice: &&mut Notice| taken_over.iter().any(|message| NoticeId::from(*message) == notice.id);
        if !taken_over.is_empty() {
            notices.iter_mut().filter(is_copy).for_each(Notice::mark);
            metrics::counter!("postrider_taken_over_total").increment(taken_over.len() as u64);
        }
        outcome_metrics::count(&record.changes);
        self.counted.recorded(&record, &settled, now);
        self.streams.recorded();
        if record.consent.is_empty() && asked.is_empty() {
            acknowledge(acks);
        } else {
            Arc::clone(&self.requests).settle(&record.consent, acks, asked).await;
        }
        for (upstream, parts) in settled {
            if let Some(counter) = self.upstreams.get(upstream) {
                counter.recorded(parts);
            }
        }
        self.parts.add(record.parts.iter().map(|part| part.key.clone()));
        self.tell_of_queued(&record.changes);
        self.lanes.offer(notices);
        if !again.is_empty() {
            self.inbox.put(|post| post.reports.extend(again));
        }
        self.inbox.done();
        taken_over
    }

    /// Wakes the counters of messages that went back to the store's queue, or that may leave now.
    fn tell_of_queued(&self, changes: &[Change]) {
        if changes.iter().any(Change::lets_others_go) {
            // The next one with its key may wait for any upstream.
            self.upstreams.all().iter().for_each(|counter| counter.queued());
        }
        let mut last = None;
        for change in changes {
            let upstream = match &change.queue {
                Queue::Put { upstream, .. } => *upstream,
                Queue::Return(back) => back.upstream,
                Queue::Keep | Queue::Leave => continue,
            };
            if last.replace(upstream) != Some(upstream)
                && let Some(counter) = self.upstreams.get(upstream)
            {
                counter.queued();
            }
        }
    }

    /// Asks the store until it does what is asked: nothing that happened may be forgotten.
    pub(super) async fn insist<T, F>(&self, mut ask: impl FnMut() -> F) -> T
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut tries = 0;
        loop {
            match ask().await {
                Ok(done) => {
                    if tries >= TRIES_TOLD {
                        tracing::info!(tries, "what happened to messages is recorded again");
                    }
                    return done;
                }
                Err(error) => self.pause(&error, tries).await,
            }
            tries += 1;
        }
    }

    async fn pause(&self, error: &StoreError, tries: u32) {
        if matches!(error, StoreError::Superseded) {
            // What is to be recorded is another process's to find out.
            return std::future::pending().await;
        }
        // Of an outage the log tells already.
        if tries > 0 && tries.is_multiple_of(TRIES_TOLD) && self.health.trouble().is_none() {
            tracing::error!(%error, tries, "can't record what happened to messages; nothing is lost, trying again");
        }
        metrics::counter!("postrider_store_errors_total").increment(1);
        sleep(RETRY).await;
    }
}
