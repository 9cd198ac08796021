//! What reached the ledger since it last looked: a list that grows by whole batches and is taken whole.

use postrider_core::contract::{Answer, StoreError};
use postrider_core::delivery::{Delivery, Event};
use postrider_core::node::patience_among;
use postrider_core::receipt::Report;
use postrider_core::route::UpstreamId;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout_at};

/// How long a node's inbox waits for more before it is emptied.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Patience {
    /// At most, while more keeps coming.
    pub(crate) most: Duration,
    /// After what came last: what would come next may be waiting for what is here.
    pub(crate) lull: Duration,
    /// With so much to record, more would hardly make it cheaper.
    pub(crate) plenty: usize,
}

impl Patience {
    /// That of each of so many nodes, if one by itself waits so long at most.
    pub(crate) fn among(nodes: usize, most: Duration) -> Self {
        let times = patience_among(nodes);
        Self { most: most * times, lull: Duration::from_millis(3) * times, plenty: 64 * times as usize }
    }
}

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
    /// Adds what came of an upstream's deliveries.
    pub(crate) fn answer(&mut self, upstream: UpstreamId, answers: Vec<Answer>) {
        let of_upstream = self.answers.entry(upstream).or_default();
        of_upstream.parts +=
            answers.iter().map(|answer| usize::from(answer.delivery.message.parts)).sum::<usize>();
        of_upstream.answers.extend(answers);
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
    arrived: Notify,
}

impl Inbox {
    /// Puts something in.
    pub(crate) fn put(&self, put: impl FnOnce(&mut Post)) {
        self.look(put);
        self.arrived.notify_one();
    }

    /// Waits until there is something, and with some patience for more, unless what is here `stops` more from coming;
    /// takes all of it.
    pub(crate) async fn take(&self, patience: Patience, stops: impl Fn(&Post) -> bool) -> Post {
        while self.is_empty() {
            self.arrived.notified().await;
        }
        let deadline = Instant::now() + patience.most;
        while !patience.most.is_zero() && self.look(|post| post.len() < patience.plenty && !stops(post)) {
            let lull = deadline.min(Instant::now() + patience.lull);
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

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::receipt::Reported;
    use tokio::time::timeout;

    const FOR_EVER: Patience =
        Patience { most: Duration::from_hours(1), lull: Duration::from_hours(1), plenty: 3 };

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
    async fn more_is_waited_for_until_there_is_plenty() {
        let inbox = Inbox::default();
        heard(&inbox);
        let taking = inbox.take(FOR_EVER, |_| false);
        tokio::pin!(taking);
        for _ in 0..2 {
            assert!(timeout(Duration::ZERO, taking.as_mut()).await.is_err());
            heard(&inbox);
        }
        assert_eq!(taking.await.reports.len(), 3);
    }

    #[tokio::test]
    async fn more_is_not_waited_for_that_cannot_come() {
        let inbox = Inbox::default();
        heard(&inbox);
        assert_eq!(inbox.take(FOR_EVER, |post| !post.reports.is_empty()).await.reports.len(), 1);
    }

    #[tokio::test]
    async fn who_has_no_patience_takes_what_is_there() {
        let inbox = Inbox::default();
        heard(&inbox);
        assert_eq!(inbox.take(Patience::among(1, Duration::ZERO), |_| false).await.reports.len(), 1);
    }

    #[test]
    fn patience_grows_with_the_nodes() {
        let ms = Duration::from_millis;
        let of = |nodes| Patience::among(nodes, ms(25));
        assert_eq!((of(0).most, of(1).most, of(3).most, of(9).most), (ms(25), ms(25), ms(75), ms(100)));
        assert_eq!((of(2).lull, of(2).plenty), (ms(6), 128));
    }
}
