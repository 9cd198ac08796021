//! What reached the ledger since it last looked: a list that grows by whole batches and is taken whole.

use postrider_core::contract::{Answer, StoreError};
use postrider_core::delivery::{Delivery, Event};
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout_at};

/// With so much to record, more would hardly make it cheaper.
const PLENTY: usize = 64;
/// When nothing came for so long, what would come next may be waiting for what is here.
const LULL: Duration = Duration::from_millis(3);

/// Tells who waits that a thing is durable, or could not be kept.
pub(crate) type Ack = oneshot::Sender<Result<(), StoreError>>;

/// Everything that happened between two looks.
#[derive(Default)]
pub(crate) struct Post {
    /// What came of deliveries, by the upstream that brings them back.
    pub(crate) answers: Vec<(UpstreamId, Vec<Answer>)>,
    /// Receipts.
    pub(crate) reports: Vec<(UpstreamId, Vec<Report>)>,
    /// What carriers said of parts that they were asked about; a report's name is what its part is known by.
    pub(crate) replies: Vec<(UpstreamId, Report)>,
    /// Receipts that were parked, by whichever node, and whose message has become known.
    pub(crate) matched: Vec<(UpstreamId, Report)>,
    /// Upstreams of whose names something new is known: their parked receipts are to be looked at again.
    pub(crate) taught: Vec<UpstreamId>,
    /// Other events, for deliveries that are in hand.
    pub(crate) events: Vec<(Delivery, Event)>,
    /// Who waits for these to be durable.
    pub(crate) acks: Vec<Ack>,
}

impl Post {
    /// How many things happened.
    fn len(&mut self) -> usize {
        let answers = self.answers.iter().map(|(_, answers)| answers.len());
        let reports = self.reports.iter().map(|(_, reports)| reports.len());
        answers.chain(reports).sum::<usize>() + self.replies.len() + self.matched.len() + self.events.len()
    }

    fn is_empty(&self) -> bool {
        let Self { answers, reports, replies, matched, taught, events, acks } = self;
        let heard = reports.is_empty() && replies.is_empty() && matched.is_empty() && taught.is_empty();
        answers.is_empty() && heard && events.is_empty() && acks.is_empty()
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
        self.look(put);
        self.arrived.notify_one();
    }

    /// Waits until there is something, and up to `patience` for more as long as more keeps coming; takes all of it.
    pub(crate) async fn take(&self, patience: Duration) -> Post {
        while self.is_empty() {
            self.arrived.notified().await;
        }
        let deadline = Instant::now() + patience;
        while !patience.is_zero() && self.look(Post::len) < PLENTY {
            let lull = deadline.min(Instant::now() + LULL);
            if timeout_at(lull, self.arrived.notified()).await.is_err() {
                break;
            }
        }
        self.look(std::mem::take)
    }

    /// Whether nothing lies in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.look(|post| post.is_empty())
    }

    fn look<T>(&self, look: impl FnOnce(&mut Post) -> T) -> T {
        look(&mut self.post.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
