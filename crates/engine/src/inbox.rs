//! What reached the ledger since it last looked: a list that grows by whole batches and is taken whole.

use postrider_core::contract::{Answer, StoreError};
use postrider_core::delivery::{Delivery, Event};
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use std::sync::{Mutex, PoisonError};
use tokio::sync::{Notify, oneshot};

/// Tells who waits that a thing is durable, or could not be kept.
pub(crate) type Ack = oneshot::Sender<Result<(), StoreError>>;

/// Everything that happened between two looks.
#[derive(Default)]
pub(crate) struct Post {
    /// What came of deliveries, by the upstream that brings them back.
    pub(crate) answers: Vec<(UpstreamId, Vec<Answer>)>,
    /// Receipts.
    pub(crate) reports: Vec<(UpstreamId, Vec<Report>)>,
    /// Other events, for deliveries that are in hand.
    pub(crate) events: Vec<(Delivery, Event)>,
    /// Who waits for these to be durable.
    pub(crate) acks: Vec<Ack>,
}

impl Post {
    fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.reports.is_empty() && self.events.is_empty() && self.acks.is_empty()
    }
}

/// The ledger's inbox. What lies in it is bounded by the windows of upstreams and by their sessions, since
/// nobody brings more before the last was recorded.
#[derive(Default)]
pub(crate) struct Inbox {
    post: Mutex<Post>,
    arrived: Notify,
}

impl Inbox {
    /// Puts something in.
    pub(crate) fn put(&self, put: impl FnOnce(&mut Post)) {
        put(&mut self.post.lock().unwrap_or_else(PoisonError::into_inner));
        self.arrived.notify_one();
    }

    /// Waits until there is something, and takes all of it.
    pub(crate) async fn take(&self) -> Post {
        loop {
            let post = std::mem::take(&mut *self.post.lock().unwrap_or_else(PoisonError::into_inner));
            if !post.is_empty() {
                return post;
            }
            self.arrived.notified().await;
        }
    }

    /// Whether nothing lies in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.post.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}
