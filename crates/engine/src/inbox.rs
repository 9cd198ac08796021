//! What reached the ledger since it last looked: a list that grows by whole batches and is taken whole.

use postrider_core::contract::{Answer, StoreError};
use postrider_core::delivery::{Delivery, Event};
use postrider_core::patience::Patience;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::{Notify, oneshot};
use tokio::time::timeout;

/// Tells who waits that a thing is durable, or could not be kept.
pub(crate) type Ack = oneshot::Sender<Result<(), StoreError>>;

/// What came of an upstream's deliveries.
#[derive(Default)]
pub(crate) struct Answers {
    pub(crate) answers: Vec<Answer>,
    /// The parts of their messages.
    pub(crate) parts: usize,
}

/// Everything that happened between two looks.
#[derive(Default)]
pub(crate) struct Post {
    /// What came of deliveries, by the upstream that brings them back.
    pub(crate) answers: BTreeMap<UpstreamId, Answers>,
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
    /// Adds what came of an upstream's deliveries; returns how many parts of the upstream's are here now.
    pub(crate) fn answer(&mut self, upstream: UpstreamId, answers: Vec<Answer>) -> usize {
        let of_upstream = self.answers.entry(upstream).or_default();
        of_upstream.parts +=
            answers.iter().map(|answer| usize::from(answer.delivery.message.parts)).sum::<usize>();
        of_upstream.answers.extend(answers);
        of_upstream.parts
    }

    /// How many things happened.
    fn len(&self) -> usize {
        let answers = self.answers.values().map(|of_upstream| of_upstream.answers.len());
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
    /// Told when there is something where there was nothing.
    arrived: Notify,
    hurry: Notify,
}

impl Inbox {
    /// Puts something in.
    pub(crate) fn put<T>(&self, put: impl FnOnce(&mut Post) -> T) -> T {
        let (was_empty, done) = self.look(|post| (post.is_empty(), put(post)));
        if was_empty {
            self.arrived.notify_one();
        }
        done
    }

    /// Has it emptied though patience isn't over: more can't come before that.
    pub(crate) fn hurry(&self) {
        self.hurry.notify_one();
    }

    /// Waits until there is something, and with some patience for more; takes all of it.
    pub(crate) async fn take(&self, patience: Patience) -> Post {
        while self.is_empty() {
            self.arrived.notified().await;
        }
        self.gather(patience).await;
        self.look(std::mem::take)
    }

    async fn gather(&self, patience: Patience) {
        let began = Instant::now();
        let mut before = 0;
        loop {
            let things = self.look(|post| post.len());
            let pause = patience.more(began.elapsed(), things, things > before);
            if pause.is_zero() || timeout(pause, self.hurry.notified()).await.is_ok() {
                return;
            }
            before = things;
        }
    }

    /// Whether nothing lies in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.look(|post| post.is_empty())
    }

    fn look<T>(&self, look: impl FnOnce(&mut Post) -> T) -> T {
        look(&mut self.post.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::receipt::Reported;
    use std::time::Duration;

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
        assert!(inbox.is_empty());
    }

    #[tokio::test]
    async fn more_is_not_waited_for_that_cannot_come() {
        let inbox = Inbox::default();
        heard(&inbox);
        let taking = inbox.take(Patience { lull: HOUR, most: HOUR, plenty: 3 });
        tokio::pin!(taking);
        assert!(timeout(Duration::ZERO, taking.as_mut()).await.is_err());
        inbox.hurry();
        assert_eq!(taking.await.reports.len(), 1);
    }
}
