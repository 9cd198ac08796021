//! The lanes in which a node writes, each with a connection and a task of its own: a lane gathers operations, does
//! them in one transaction, and answers when it is committed. What the operations are is for the verbs' own modules.
//!
//! A connection may go while a transaction is being committed, and then nobody knows whether it was. Each transaction
//! therefore notes its number in table `batch`: the next connection reads there how far the lane had come, waiting for
//! the transaction to end if it has not, so that what was asked is done once whatever happens to connections.

use super::days::DAY;
use super::error::Error;
use super::link::{Link, Mark, Transaction, Value};
use super::open::{Connector, Purpose};
use crate::clock;
use postrider_core::contract::StoreError;
use postrider_core::patience::Patience;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};

/// Operations that may wait in a lane; more are turned away.
const PENDING_MAX: usize = 16_384;
/// Rows with which a batch is large enough to be committed at once.
const ROWS_ENOUGH: usize = 1000;
/// How long a batch is tried again when connections fail, from when it was asked.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long one try may take, the connecting left out: more than the database's own limit on a statement.
const ATTEMPT: Duration = Duration::from_secs(5);
/// How long connecting may take at least, whoever waits for it: so long that a second server is asked too.
const CONNECTING: Duration = Duration::from_millis(1500);
/// The first pause before a new connection, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// Operations of one kind, which are done together.
pub(super) trait Work: Send + Sync + Sized + 'static {
    /// The result of one of them.
    type Answer: Send + 'static;
    /// The lane's number in table `batch`.
    const LANE: i16;

    /// About how many rows it writes.
    fn rows(&self) -> usize {
        1
    }

    /// The messages of which it writes rows, for whose days there must be partitions.
    fn messages(&self) -> Vec<i64> {
        Vec::new()
    }

    /// Whether it is the same operation, asked again by who could not be told whether it was done.
    fn is(&self, _asked_before: &Self) -> bool {
        false
    }

    /// What puts right what was done for somebody who never heard of it, if anything must: messages that were taken
    /// would lie in this node's hands for good.
    fn unheard(_answer: Self::Answer) -> Option<Self> {
        None
    }

    /// Puts right what was committed though who asked was told that it was not, in this transaction.
    fn done_after_all(
        _works: &[Self],
        _transaction: Transaction<'_>,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        std::future::ready(Ok(()))
    }

    /// The answers, where they are certain if only the transaction succeeds. It is then committed with its first
    /// statements, in one round trip.
    fn foregone(batch: &[&Self]) -> Option<Vec<Self::Answer>>;

    /// The answers of a batch that was committed though its answers are lost, where they depend on what the database has met.
    fn review(
        _batch: &[&Self],
        _link: &Link,
        _node: i16,
    ) -> impl Future<Output = Result<Option<Vec<Self::Answer>>, Error>> + Send {
        std::future::ready(Ok(None))
    }

    /// Does all of a batch. It may be run again when it was rolled back.
    fn run(
        batch: &[&Self],
        transaction: &mut Transaction<'_>,
    ) -> impl Future<Output = Result<Vec<Self::Answer>, Error>> + Send;
}

struct Pending<W: Work> {
    work: W,
    asked: Instant,
    answer: oneshot::Sender<Result<W::Answer, StoreError>>,
}

enum Request<W: Work> {
    Do(Pending<W>),
    Close(oneshot::Sender<()>),
}

/// Hands operations to a lane.
pub(super) struct Writer<W: Work> {
    requests: mpsc::Sender<Request<W>>,
}

impl<W: Work> Writer<W> {
    /// Starts a lane whose batches wait for company with so much patience, and longer among several nodes.
    pub(super) fn start(
        connector: Arc<Connector>,
        node: u8,
        epoch: i64,
        patience: Patience,
        living: Arc<AtomicUsize>,
    ) -> Self {
        let (requests, receiver) = mpsc::channel(PENDING_MAX);
        let mark = Mark { node: node.into(), lane: W::LANE, epoch, number: 0 };
        let lane = Lane {
            connector,
            link: None,
            mark,
            pause: PAUSES.0,
            doubtful: Vec::new(),
            unheard: None,
            owed: Vec::new(),
            outage_told: false,
        };
        tokio::spawn(lane.serve(receiver, patience, living));
        Self { requests }
    }

    /// Has it done within the transaction of whatever else comes, and returns when that is committed.
    pub(super) async fn submit(&self, work: W) -> Result<W::Answer, StoreError> {
        let closed = || StoreError::Unavailable("the store is closed".into());
        let (answer, answered) = oneshot::channel();
        let pending = Pending { work, asked: clock::moment(), answer };
        self.requests.try_send(Request::Do(pending)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                StoreError::Unavailable("too much waits to be written".into())
            }
            mpsc::error::TrySendError::Closed(_) => closed(),
        })?;
        answered.await.unwrap_or_else(|_| Err(closed()))
    }

    /// Ends the lane, after everything that was asked before.
    pub(super) async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        // Errors say that the lane has ended, which is what was asked for.
        if self.requests.send(Request::Close(answer)).await.is_ok() {
            let _ = answered.await;
        }
    }
}

/// The state of a lane's task.
struct Lane<W: Work> {
    connector: Arc<Connector>,
    link: Option<Link>,
    /// The last transaction that was begun.
    mark: Mark,
    /// How long to wait before the next connection.
    pause: Duration,
    /// Operations that were given up without knowing whether they were committed, as the transaction of `mark`.
    doubtful: Vec<W>,
    /// Its answers if it was committed.
    unheard: Option<Vec<W::Answer>>,
    /// Compensations that wait until the database can be written.
    owed: Vec<W>,
    /// Whether the log has been told that the database is away, and nothing was written since.
    outage_told: bool,
}

impl<W: Work> Lane<W> {
    async fn serve(
        mut self,
        mut requests: mpsc::Receiver<Request<W>>,
        patience: Patience,
        living: Arc<AtomicUsize>,
    ) {
        loop {
            let patience = patience.among(living.load(Ordering::Relaxed));
            let Some(first) = self.next(&mut requests).await else { return };
            let (batch, close) = gather(first, &mut requests, patience).await;
            if !batch.is_empty() {
                metrics::histogram!("postrider_store_batch_rows")
                    .record(batch.iter().map(|pending| pending.work.rows()).sum::<usize>() as f64);
                self.commit(batch).await;
                self.put_right().await;
            }
            if let Some(answer) = close {
                // The connection first: who closes may open the store again at once.
                self.link = None;
                let _ = answer.send(());
                return;
            }
        }
    }

    /// The next request. Meanwhile finds out what became of a batch that was given up.
    async fn next(&mut self, requests: &mut mpsc::Receiver<Request<W>>) -> Option<Request<W>> {
        while !self.doubtful.is_empty() {
            if let Ok(next) = tokio::time::timeout(jittered(self.pause), requests.recv()).await {
                return next;
            }
            // The deadline of one try. Another try comes after the next pause.
            let cleared = self.clear_doubts(&mut Vec::new(), clock::moment()).await;
            self.pause = if cleared.is_ok() { PAUSES.0 } else { (self.pause * 2).min(PAUSES.1) };
            self.put_right().await;
        }
        requests.recv().await
    }

    /// Does a batch in one transaction and answers each operation.
    async fn commit(&mut self, mut batch: Vec<Pending<W>>) {
        let deadline = deadline_of(&batch);
        let result = match self.clear_doubts(&mut batch, deadline).await {
            Ok(()) => self.settle(&batch).await.map_err(|error| (error.may_pass(), error)),
            // Nothing of this batch was tried.
            Err(error) => Err((false, error)),
        };
        match result {
            Ok(answers) => {
                self.outage_told = false;
                for (pending, answer) in batch.into_iter().zip(answers) {
                    // The caller may have gone away; the transaction stays committed.
                    if let Err(Ok(answer)) = pending.answer.send(Ok(answer)) {
                        self.owed.extend(W::unheard(answer));
                    }
                }
            }
            Err((in_doubt, error)) if batch.len() == 1 || error.is_outage() => {
                let meaning = error.meaning();
                // The node's beat meets it too, and says it once.
                let told = error.is_outage() && std::mem::replace(&mut self.outage_told, true);
                if !told && !matches!(meaning, StoreError::Superseded) {
                    tracing::error!(%error, operations = batch.len(), "the store could not write");
                }
                metrics::counter!("postrider_store_errors_total").increment(1);
                for pending in batch {
                    let _ = pending.answer.send(Err(meaning.clone()));
                    if in_doubt {
                        self.doubtful.push(pending.work);
                    }
                }
            }
            // Each operation for itself: what fails fails alone.
            Err(_) => {
                for pending in batch {
                    Box::pin(self.commit(vec![pending])).await;
                }
            }
        }
    }

    /// Does what is owed; what can't be done now is tried again after the next batch.
    async fn put_right(&mut self) {
        if self.owed.is_empty() {
            return;
        }
        let asked = clock::moment();
        let mut batch: Vec<Pending<W>> = std::mem::take(&mut self.owed)
            .into_iter()
            .map(|work| Pending { work, asked, answer: oneshot::channel().0 })
            .collect();
        let deadline = deadline_of(&batch);
        let cleared = self.clear_doubts(&mut batch, deadline).await;
        if cleared.is_err() || self.settle(&batch).await.is_err() {
            self.owed.extend(batch.into_iter().map(|pending| pending.work));
        }
    }

    /// Tries until the batch is committed, or refused, or its time is over. Nothing is in doubt before.
    async fn settle(&mut self, batch: &[Pending<W>]) -> Result<Vec<W::Answer>, Error> {
        let deadline = deadline_of(batch);
        let works: Vec<&W> = batch.iter().map(|pending| &pending.work).collect();
        if works.is_empty() {
            return Ok(Vec::new());
        }
        // The number between two transactions is that of the first one given up.
        self.mark.number += 2;
        let mut answers = W::foregone(&works);
        let at_once = answers.is_some();
        let mut in_doubt = false;
        loop {
            let started = clock::moment();
            let attempt = self.attempt(&works, at_once, in_doubt, &mut answers, deadline).await;
            match attempt {
                Ok(()) => {
                    self.pause = PAUSES.0;
                    metrics::histogram!("postrider_store_fsync_seconds")
                        .record(started.elapsed().as_secs_f64());
                    return answers.ok_or_else(|| Error::Damaged("an operation was not carried out".into()));
                }
                Err(error) => {
                    in_doubt = true;
                    if let Err(error) = self.recover(error, deadline).await {
                        self.unheard = answers;
                        return Err(error);
                    }
                }
            }
        }
    }

    /// After an error: waits for the next try, or returns it when there is to be none.
    async fn recover(&mut self, error: Error, deadline: Instant) -> Result<(), Error> {
        if !error.spares_connection() {
            self.link = None;
        }
        if !error.may_pass() || clock::moment() + self.pause >= deadline {
            return Err(error);
        }
        tracing::debug!(%error, "writing to the database is tried again");
        tokio::time::sleep(jittered(self.pause)).await;
        self.pause = (self.pause * 2).min(PAUSES.1);
        Ok(())
    }

    /// A connection; a new one if the last one went. Who waits is not kept waiting for that beyond their time.
    async fn link(&mut self, deadline: Instant) -> Result<&Link, Error> {
        if self.link.as_ref().is_none_or(Link::is_closed) {
            self.link = None;
            let patience = deadline.saturating_duration_since(clock::moment()).max(CONNECTING);
            let connecting = self.connector.connect(Purpose::Writing);
            self.link = Some(tokio::time::timeout(patience, connecting).await.unwrap_or(Err(Error::Late))?);
        }
        self.link.as_ref().ok_or(Error::Late)
    }

    /// One try. `answers` are what they are if it turns out that it was committed.
    async fn attempt(
        &mut self,
        works: &[&W],
        at_once: bool,
        in_doubt: bool,
        answers: &mut Option<Vec<W::Answer>>,
        deadline: Instant,
    ) -> Result<(), Error> {
        let mark = self.mark;
        let link = self.link(deadline).await?;
        let trying = async {
            if in_doubt && is_committed(link, mark).await? {
                if let Some(reviewed) = W::review(works, link, mark.node).await? {
                    *answers = Some(reviewed);
                }
                return Ok(());
            }
            let mut transaction = Transaction::new(link, mark, at_once);
            match W::run(works, &mut transaction).await {
                Ok(done) if at_once => {
                    *answers = Some(done);
                    Ok(())
                }
                Ok(done) => {
                    let idle = transaction.is_idle(works.len());
                    *answers = Some(done);
                    link.script(if idle { "ROLLBACK" } else { "COMMIT" }).await
                }
                Err(error) => {
                    if error.spares_connection() {
                        link.script("ROLLBACK").await?;
                    }
                    if error.lacks_day() && make_days(link, works).await? {
                        return Err(Error::Raced);
                    }
                    Err(error)
                }
            }
        };
        tokio::time::timeout(ATTEMPT, trying).await.unwrap_or(Err(Error::Late))
    }

    /// Finds out what became of a batch that was given up, and answers who asks for the same again if it was done.
    async fn clear_doubts(&mut self, batch: &mut Vec<Pending<W>>, deadline: Instant) -> Result<(), Error> {
        while !self.doubtful.is_empty() {
            let mark = self.mark;
            let asked = match self.link(deadline).await {
                Ok(_) => tokio::time::timeout(ATTEMPT, self.clear_doubt(batch, mark))
                    .await
                    .unwrap_or(Err(Error::Late)),
                Err(error) => Err(error),
            };
            if let Err(error) = asked {
                self.recover(error, deadline).await?;
            }
        }
        Ok(())
    }

    /// Finds out once. A batch in doubt has one transaction, of which this is the number.
    async fn clear_doubt(&mut self, batch: &mut Vec<Pending<W>>, mark: Mark) -> Result<(), Error> {
        let Some(link) = &self.link else { return Err(Error::Late) };
        if !is_committed_or_given_up(link, mark).await? {
            self.doubtful.clear();
            return Ok(());
        }
        let mut place = 0;
        while let Some(pending) = batch.get(place) {
            let is_known = self.doubtful.iter().any(|before| pending.work.is(before));
            let answer = if is_known { answer_again(&pending.work, link, mark.node).await? } else { None };
            match answer {
                Some(answer) => {
                    let _ = batch.remove(place).answer.send(Ok(answer));
                }
                None => place += 1,
            }
        }
        // It is done once: afterwards the batch counts as given up.
        let putting_right = Mark { number: mark.number + 1, ..mark };
        W::done_after_all(&self.doubtful, Transaction::new(link, putting_right, true)).await?;
        self.doubtful.clear();
        let answers = self.unheard.take();
        self.owed.extend(answers.into_iter().flatten().filter_map(W::unheard));
        Ok(())
    }
}

/// Whether a transaction was committed. Waits for it to end, if the database is still at it.
async fn is_committed(link: &Link, mark: Mark) -> Result<bool, Error> {
    let values: [Value<'_>; 3] = [&mark.node, &mark.lane, &mark.epoch];
    let rows = link
        .query("SELECT number FROM batch WHERE node = $1 AND lane = $2 AND epoch = $3 FOR UPDATE", &values)
        .await?;
    let number: Option<i64> = rows.first().map(|row| row.try_get(0)).transpose()?;
    Ok(number == Some(mark.number))
}

/// Whether a transaction was committed. If it was not, it never will be: a server that stood still with it may go on.
async fn is_committed_or_given_up(link: &Link, mark: Mark) -> Result<bool, Error> {
    let values: [Value<'_>; 4] = [&mark.node, &mark.lane, &mark.epoch, &mark.number];
    let sql = "SELECT give_up_batch($1::smallint, $2::smallint, $3::bigint, $4::bigint)";
    let rows = link.query(sql, &values).await?;
    Ok(rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(false))
}

/// Until when a batch is tried: its oldest operation has waited long enough then.
fn deadline_of<W: Work>(batch: &[Pending<W>]) -> Instant {
    let first = batch.iter().map(|pending| pending.asked).min();
    first.unwrap_or_else(clock::moment) + PATIENCE
}

/// Makes the partitions that messages need; false when they need none.
async fn make_days<W: Work>(link: &Link, works: &[&W]) -> Result<bool, Error> {
    let days: BTreeSet<i64> =
        works.iter().flat_map(|work| work.messages()).map(|message| message / DAY).collect();
    for day in &days {
        link.query("SELECT make_day($1)", &[day]).await?;
    }
    Ok(!days.is_empty())
}

/// The answer to an operation that was committed before, if it can be known.
async fn answer_again<W: Work>(work: &W, link: &Link, node: i16) -> Result<Option<W::Answer>, Error> {
    let reviewed = W::review(&[work], link, node).await?;
    Ok(reviewed.or_else(|| W::foregone(&[work])).and_then(|mut answers| answers.pop()))
}

/// Between half of a pause and all of it, so that nodes don't come back all at once.
pub(super) fn jittered(pause: Duration) -> Duration {
    let dice = RandomState::new().build_hasher().finish() % 512;
    pause.mul_f64(0.5 + dice as f64 / 1024.0)
}

type Gathered<W> = (Vec<Pending<W>>, Option<oneshot::Sender<()>>);

/// Takes what comes after a first request until patience is over or it is enough.
async fn gather<W: Work>(
    first: Request<W>,
    requests: &mut mpsc::Receiver<Request<W>>,
    patience: Patience,
) -> Gathered<W> {
    let mut batch = Vec::new();
    let mut rows = 0;
    let mut next = Some(first);
    // Patience counts from here also for what came during the last commit: fewer and larger batches cost less, and
    // whoever waited through a commit can wait a moment more.
    let began = clock::moment();
    loop {
        let before = batch.len();
        while let Some(request) = next {
            match request {
                Request::Do(pending) => {
                    rows += pending.work.rows();
                    batch.push(pending);
                }
                Request::Close(answer) => return (batch, Some(answer)),
            }
            next = if rows < ROWS_ENOUGH { requests.try_recv().ok() } else { None };
        }
        let pause = patience.more(began.elapsed(), rows, batch.len() > before);
        if pause.is_zero() || rows >= ROWS_ENOUGH {
            return (batch, None);
        }
        tokio::time::sleep(pause).await;
        next = requests.try_recv().ok();
    }
}
