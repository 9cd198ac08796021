//! The one thread that writes: it gathers operations, does them in one transaction, and answers when they
//! are on the disk. What the operations are is for the verbs' own modules.

use super::disk::Disk;
use super::error::{is_outage, meaning};
use super::inline::Inline;
use super::money;
use super::open::Lock;
use super::tables::Tables;
use crate::clock;
use postrider_core::contract::StoreError;
use postrider_core::money::Purse;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Operations that may wait for the writer; more are turned away.
pub(super) const PENDING_MAX: usize = 16_384;
/// Steps of messages with which a batch is large enough to be committed at once: whole lives of a thousand.
const ROWS_ENOUGH: usize = 4000;

/// The owner of what is in the hands of a process that has the database for itself.
pub(super) const ALONE: i64 = 1;

/// An operation inside the writer's transaction.
pub(super) trait Verb: Send + 'static {
    /// Its result.
    type Answer: Send + 'static;

    /// About how many rows it writes.
    fn rows(&self) -> usize {
        1
    }

    /// Whether it is refused while the disk is full, to leave its last room to what is under way.
    fn needs_room(&self) -> bool {
        false
    }

    /// Does it. It may be run a second time when the first time was rolled back.
    fn run(&self, tables: &mut Tables<'_>) -> rusqlite::Result<Self::Answer>;
}

/// A verb that waits for the writer, with the caller that waits for its answer.
struct Pending<V: Verb> {
    verb: V,
    done: Option<V::Answer>,
    answer: oneshot::Sender<Result<V::Answer, StoreError>>,
}

/// [`Pending`] of any verb.
trait Job: Send {
    fn rows(&self) -> usize;
    fn needs_room(&self) -> bool;
    fn run(&mut self, tables: &mut Tables<'_>) -> rusqlite::Result<()>;
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

impl<V: Verb> Job for Pending<V> {
    fn rows(&self) -> usize {
        self.verb.rows()
    }

    fn needs_room(&self) -> bool {
        self.verb.needs_room()
    }

    fn run(&mut self, tables: &mut Tables<'_>) -> rusqlite::Result<()> {
        self.done = Some(self.verb.run(tables)?);
        Ok(())
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { done, answer, .. } = *self;
        let lost = || StoreError::Unavailable("the operation was not carried out".into());
        // The caller may have gone away; the transaction stays committed.
        let _ = answer.send(committed.and_then(|()| done.ok_or_else(lost)));
    }
}

enum Request {
    Do { job: Box<dyn Job>, patience: Duration },
    Close(oneshot::Sender<()>),
}

/// The way in which writing verbs run.
pub(super) enum Writer {
    /// A thread, which gathers operations.
    Thread(Thread),
    /// The task that asks.
    Inline(Arc<Inline>),
}

impl Writer {
    /// Starts a thread. `lock` is held until it has ended.
    pub(super) fn start(connection: Connection, disk: Disk, lock: Lock) -> std::io::Result<Self> {
        Thread::start(connection, disk, lock).map(Self::Thread)
    }

    /// Has the verb done, by a thread within the transaction of whatever else comes during `patience`, and returns when
    /// it is durable.
    pub(super) async fn submit<V: Verb>(&self, verb: V, patience: Duration) -> Result<V::Answer, StoreError> {
        match self {
            Self::Thread(thread) => thread.submit(verb, patience).await,
            Self::Inline(inline) => inline.write(&verb),
        }
    }

    /// Ends writing, after everything that was asked before.
    pub(super) async fn close(&self) {
        match self {
            Self::Thread(thread) => thread.close().await,
            Self::Inline(inline) => inline.close(),
        }
    }
}

/// Hands operations to the writer's thread.
pub(super) struct Thread {
    /// `None` only while it is dropped.
    requests: Option<SyncSender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl Thread {
    fn start(connection: Connection, disk: Disk, lock: Lock) -> std::io::Result<Self> {
        let (requests, receiver) = sync_channel(PENDING_MAX);
        let thread =
            Builder::new().name("store".into()).spawn(move || serve(connection, disk, &receiver, lock))?;
        Ok(Self { requests: Some(requests), thread: Some(thread) })
    }

    async fn submit<V: Verb>(&self, verb: V, patience: Duration) -> Result<V::Answer, StoreError> {
        let (answer, answered) = oneshot::channel();
        let job = Box::new(Pending { verb, done: None, answer });
        self.send(Request::Do { job, patience }).map_err(|error| turned_away(&error))?;
        answered.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the store's thread has ended".into())))
    }

    async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        let mut request = Request::Close(answer);
        // The queue may be full; it empties as fast as the disk allows.
        loop {
            match self.send(request) {
                Ok(()) => break,
                Err(TrySendError::Disconnected(_)) => return,
                Err(TrySendError::Full(back)) => request = back,
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // An error says that the thread has ended, which is what was asked for.
        let _ = answered.await;
    }

    fn send(&self, request: Request) -> Result<(), TrySendError<Request>> {
        match &self.requests {
            Some(requests) => requests.try_send(request),
            None => Err(TrySendError::Disconnected(request)),
        }
    }
}

impl Drop for Thread {
    /// Waits until what was asked is done, so that the store can be opened again at once.
    fn drop(&mut self) {
        self.requests = None;
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            tracing::error!("the store's thread had panicked");
        }
    }
}

fn turned_away(error: &TrySendError<Request>) -> StoreError {
    StoreError::Unavailable(match error {
        TrySendError::Full(_) => "too much waits to be written".into(),
        TrySendError::Disconnected(_) => "the store is closed".into(),
    })
}

/// The thread's life.
fn serve(connection: Connection, mut disk: Disk, requests: &Receiver<Request>, lock: Lock) {
    let mut closing = None;
    match Tables::prepare(&connection, ALONE) {
        Ok(mut tables) => {
            while closing.is_none() {
                let Some((batch, close)) = gather(requests) else { break };
                disk.look(&connection);
                commit(&mut tables, &mut disk, batch);
                closing = close;
            }
            if closing.is_some()
                && let Err(error) = super::chores::leave(&connection)
            {
                tracing::warn!(%error, "the store was not closed in order; it will be put right when it is opened");
            }
        }
        Err(error) => tracing::error!(%error, "the database has not the tables that this program needs"),
    }
    // SQLite's own tidying may fail only in ways that the next opening puts right.
    drop(connection);
    drop(lock);
    if let Some(answer) = closing {
        let _ = answer.send(());
    }
}

type Batch = Vec<Box<dyn Job>>;

/// Waits for a first operation and takes what comes until somebody's patience is over or it is enough. `None`
/// when nobody can ask any more.
fn gather(requests: &Receiver<Request>) -> Option<(Batch, Option<oneshot::Sender<()>>)> {
    let mut batch = Vec::new();
    let mut rows = 0;
    let (mut began, mut deadline): (Option<Instant>, Option<Instant>) = (None, None);
    while rows < ROWS_ENOUGH {
        let next = match deadline {
            None => requests.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(deadline) => requests.recv_timeout(deadline.saturating_duration_since(clock::moment())),
        };
        match next {
            Ok(Request::Do { job, patience }) => {
                rows += job.rows();
                batch.push(job);
                // Patience counts from here also for what came during the last commit: fewer and larger batches cost
                // less, and whoever waited through a commit can wait a moment more.
                let by = *began.get_or_insert_with(clock::moment) + patience;
                deadline = Some(deadline.map_or(by, |deadline| deadline.min(by)));
            }
            Ok(Request::Close(answer)) => return Some((batch, Some(answer))),
            Err(RecvTimeoutError::Disconnected) if batch.is_empty() => return None,
            Err(_) => break,
        }
    }
    Some((batch, None))
}

/// Does a batch in one transaction and answers each operation.
fn commit(tables: &mut Tables<'_>, disk: &mut Disk, batch: Batch) {
    let mut batch = admitted(disk, batch);
    if batch.is_empty() {
        return;
    }
    metrics::histogram!("postrider_store_batch_rows")
        .record(batch.iter().map(|job| job.rows()).sum::<usize>() as f64);
    match together(tables, &mut batch) {
        Ok(()) => {
            disk.wrote(Ok(()));
            batch.into_iter().for_each(|job| job.answer(Ok(())));
        }
        Err(error) if disk.relieve(tables.connection, &error) => commit(tables, disk, batch),
        Err(error) if is_outage(&error) => {
            disk.wrote(Err(&error));
            refuse(batch, &error);
        }
        Err(error) if batch.len() == 1 => refuse(batch, &error),
        Err(_) => match apart(tables, &mut batch) {
            Ok(outcomes) => batch.into_iter().zip(outcomes).for_each(|(job, outcome)| job.answer(outcome)),
            Err(error) => refuse(batch, &error),
        },
    }
}

/// The operations of a batch that may be tried. The others are refused.
fn admitted(disk: &Disk, batch: Batch) -> Batch {
    let mut admitted = Batch::new();
    for job in batch {
        match disk.refusal(job.needs_room()) {
            None => admitted.push(job),
            Some(error) => job.answer(Err(error)),
        }
    }
    admitted
}

/// The engine has the log say that the store fails: once, and not for each batch.
fn refuse(batch: Batch, error: &rusqlite::Error) {
    tracing::debug!(%error, operations = batch.len(), "the store could not write");
    metrics::counter!("postrider_store_errors_total").increment(1);
    for job in batch {
        job.answer(Err(meaning(error)));
    }
}

/// All of a batch, or nothing of it.
fn together(tables: &mut Tables<'_>, batch: &mut Batch) -> rusqlite::Result<()> {
    transaction(tables, |tables| batch.iter_mut().try_for_each(|job| job.run(tables)))
}

/// Each operation for itself in one transaction: what fails is undone alone.
fn apart(tables: &mut Tables<'_>, batch: &mut Batch) -> rusqlite::Result<Vec<Result<(), StoreError>>> {
    transaction(tables, |tables| {
        let mut outcomes = Vec::with_capacity(batch.len());
        for job in batch {
            tables.connection.execute_batch("SAVEPOINT operation")?;
            let before = tables.purse.clone();
            outcomes.push(match job.run(tables) {
                Ok(()) => Ok(tables.connection.execute_batch("RELEASE operation")?),
                Err(error) if is_outage(&error) => return Err(error),
                Err(error) => {
                    tables.connection.execute_batch("ROLLBACK TO operation; RELEASE operation")?;
                    tables.purse = before;
                    Err(meaning(&error))
                }
            });
        }
        Ok(outcomes)
    })
}

/// Does `work` in a transaction, which is rolled back when it fails.
pub(super) fn transaction<T>(
    tables: &mut Tables<'_>,
    work: impl FnOnce(&mut Tables<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let connection = tables.connection;
    tables.purse = Purse::default();
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let result = work(tables).and_then(|done| {
        money::write(tables)?;
        let started = clock::moment();
        connection.execute_batch("COMMIT")?;
        metrics::histogram!("postrider_store_fsync_seconds").record(started.elapsed().as_secs_f64());
        Ok(done)
    });
    // SQLite has rolled back by itself after some errors.
    if result.is_err()
        && !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "a failed transaction could not be rolled back");
    }
    result
}
