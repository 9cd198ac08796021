//! The ledger's inbox: a list that grows by whole batches and is taken whole.

use crate::clock::instant;
use postrider_core::contract::{Answer, StoreError};
use postrider_core::delivery::{Delivery, Event};
use postrider_core::inbound::Inbound;
use postrider_core::patience::Patience;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use postrider_core::stream::OtherEvent;
use postrider_core::time::Time;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::{sleep, timeout};

/// Tells who waits that a thing is durable, or could not be kept.
pub(crate) type Ack = oneshot::Sender<Result<(), StoreError>>;

/// Everything that happened between two looks.
#[derive(Default)]
pub(crate) struct Post {
    /// Answered deliveries, by the upstream that brings them back.
    pub(crate) answers: BTreeMap<UpstreamId, Vec<Answer>>,
    /// Receipts.
    pub(crate) reports: Vec<(UpstreamId, Vec<Report>)>,
    /// Carriers' replies about parts that they were asked about; a report's reference is the part's key.
    pub(crate) replies: Vec<(UpstreamId, Report)>,
    /// Receipts that were parked, by whichever node, and whose message has become known.
    pub(crate) matched: Vec<(UpstreamId, Report)>,
    /// Upstreams of whose references something new is known: their parked receipts are to be looked at again.
    pub(crate) taught: Vec<UpstreamId>,
    /// Messages from handsets.
    pub(crate) inbound: Vec<(UpstreamId, Inbound)>,
    /// Events for those who follow the stream.
    pub(crate) told: Vec<OtherEvent>,
    /// Upstreams that have lost a link.
    pub(crate) lost: Vec<UpstreamId>,
    /// Upstreams of which another node has lost its links, and when.
    pub(crate) lost_elsewhere: Vec<(UpstreamId, Time)>,
    /// Other events, for deliveries that are in hand.
    pub(crate) events: Vec<(Delivery, Event)>,
    /// The callers that wait for these to be durable.
    pub(crate) acks: Vec<Ack>,
}

impl Post {
    /// How many things happened.
    fn len(&self) -> usize {
        let answers = self.answers.values().map(Vec::len);
        let reports = self.reports.iter().map(|(_, reports)| reports.len());
        let others = self.replies.len() + self.matched.len() + self.inbound.len() + self.events.len();
        answers.chain(reports).sum::<usize>() + others
    }

    fn is_empty(&self) -> bool {
        let Self { answers, reports, replies, matched, taught, inbound, told, lost, .. } = self;
        let Self { lost_elsewhere, events, acks, .. } = self;
        let heard = reports.is_empty() && replies.is_empty() && matched.is_empty() && taught.is_empty();
        answers.is_empty()
            && heard
            && inbound.is_empty()
            && told.is_empty()
            && lost.is_empty()
            && lost_elsewhere.is_empty()
            && events.is_empty()
            && acks.is_empty()
    }
}

/// The ledger's inbox. What lies in it is bounded by the windows of upstreams and by their sessions, since
/// nobody brings more before the last was recorded.
#[derive(Default)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    /// Told when there is something where there was nothing.
    arrived: Notify,
    stop_gathering: Notify,
}

#[derive(Default)]
struct State {
    post: Post,
    /// Pages that the ledger has begun and not finished.
    pages: usize,
}

impl Inbox {
    /// Puts something in.
    pub(crate) fn put<T>(&self, put: impl FnOnce(&mut Post) -> T) -> T {
        let (was_empty, done) = self.look(|state| (state.post.is_empty(), put(&mut state.post)));
        if was_empty {
            self.arrived.notify_one();
        }
        done
    }

    /// Hands events to the ledger and waits until they are recorded.
    ///
    /// # Errors
    /// When the gateway is shutting down.
    pub(crate) async fn happen(&self, events: Vec<(Delivery, Event)>) -> Result<(), StoreError> {
        let (ack, acked) = oneshot::channel();
        self.put(|post| {
            post.events.extend(events);
            post.acks.push(ack);
        });
        acked.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the gateway is shutting down".into())))
    }

    /// Has it emptied though patience isn't over: more can't come before that.
    pub(crate) fn stop_gathering(&self) {
        self.stop_gathering.notify_one();
    }

    /// Waits until there is something, and with some patience for more; takes all of it, for a new page. The page is
    /// finished by [`Inbox::done`].
    pub(crate) async fn take(&self, patience: Patience) -> Post {
        self.arrival().await;
        self.gather(patience).await;
        self.look(|state| {
            state.pages += 1;
            std::mem::take(&mut state.post)
        })
    }

    /// Waits so long, and then until there is something; takes all of it, for the page that was begun.
    pub(crate) async fn take_after(&self, pause: Duration) -> Post {
        sleep(pause).await;
        self.arrival().await;
        self.look(|state| std::mem::take(&mut state.post))
    }

    /// Takes what is there, for the page that was begun.
    pub(crate) fn take_now(&self) -> Option<Post> {
        self.look(|state| (!state.post.is_empty()).then(|| std::mem::take(&mut state.post)))
    }

    /// A page is finished.
    pub(crate) fn done(&self) {
        self.look(|state| state.pages = state.pages.saturating_sub(1));
    }

    /// Whether nothing lies in it, and nothing that was taken from it is unfinished.
    pub(crate) fn is_settled(&self) -> bool {
        self.look(|state| state.post.is_empty() && state.pages == 0)
    }

    async fn arrival(&self) {
        while self.look(|state| state.post.is_empty()) {
            self.arrived.notified().await;
        }
    }

    async fn gather(&self, patience: Patience) {
        let began = instant();
        let mut before = 0;
        loop {
            let things = self.look(|state| state.post.len());
            let pause = patience.more(began.elapsed(), things, things > before);
            if pause.is_zero() || timeout(pause, self.stop_gathering.notified()).await.is_ok() {
                return;
            }
            before = things;
        }
    }

    fn look<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::receipt::Reported;

    const HOUR: Duration = Duration::from_hours(1);

    fn heard(inbox: &Inbox) {
        let report = Report {
            reference: "1".into(),
            also: None,
            between: [None, None],
            reported: Reported::Delivered,
            error: None,
        };
        inbox.put(|post| post.reports.push((UpstreamId(1), vec![report])));
    }

    #[tokio::test]
    async fn who_has_no_patience_takes_what_is_there() {
        let inbox = Inbox::default();
        heard(&inbox);
        assert_eq!(inbox.take(Patience::default()).await.reports.len(), 1);
    }

    #[tokio::test]
    async fn more_is_waited_for() {
        let inbox = Inbox::default();
        heard(&inbox);
        let taking = inbox.take(Patience { lull: Duration::from_millis(20), most: HOUR, plenty: 3 });
        tokio::pin!(taking);
        for _ in 0..2 {
            assert!(timeout(Duration::ZERO, taking.as_mut()).await.is_err());
            heard(&inbox);
        }
        assert_eq!(taking.await.reports.len(), 3);
        assert!(!inbox.is_settled(), "its page is being written");
        inbox.done();
        assert!(inbox.is_settled());
    }

    #[tokio::test]
    async fn more_is_not_waited_for_that_cannot_come() {
        let inbox = Inbox::default();
        heard(&inbox);
        let taking = inbox.take(Patience { lull: HOUR, most: HOUR, plenty: 3 });
        tokio::pin!(taking);
        assert!(timeout(Duration::ZERO, taking.as_mut()).await.is_err());
        inbox.stop_gathering();
        assert_eq!(taking.await.reports.len(), 1);
    }
}
