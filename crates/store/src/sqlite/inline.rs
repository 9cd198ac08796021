//! A database in memory whose verbs run in the task that asks, before it goes on. There is no thread, so a test may
//! pause the clock: virtual time never passes while the store works.

use super::tables::Tables;
use super::writer::{Verb, transaction};
use super::{Settings, Sqlite, chores, error, nodes, open, reader, schema, writer};
use crate::clock;
use postrider_core::contract::StoreError;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An empty database in memory. It outlives the stores that are opened on it, as a disk outlives processes.
#[derive(Clone)]
pub struct Memory(Arc<Mutex<Connection>>);

impl Memory {
    /// Makes a database with the schema of this program.
    ///
    /// # Errors
    /// When SQLite can't set it up.
    pub fn new() -> Result<Self, open::OpenError> {
        let failed = |source| open::OpenError::Database { directory: nowhere(), source };
        let connection = open::in_memory().map_err(failed)?;
        schema::migrate(&connection)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Opens a store on the database, as a process does that starts as this node: what the one before had in hand is
    /// marked as possibly sent. Stores of several nodes may be open at once. What they agree on besides the queue is for
    /// whoever opens them, since [`Nodes`](postrider_core::node::Nodes) of each store knows of itself alone.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn open(&self, settings: Settings) -> Result<Arc<Sqlite>, open::OpenError> {
        let failed = |source| open::OpenError::Database { directory: nowhere(), source };
        self.take_up(settings.node).map_err(failed)?;
        let owner = owner(settings.node);
        let inline = Arc::new(Inline { memory: self.clone(), owner, closed: AtomicBool::new(false) });
        Ok(Arc::new(Sqlite {
            look: None,
            writer: writer::Writer::Inline(Arc::clone(&inline)),
            reader: reader::Reader::Inline(inline),
            directory: nowhere(),
            settings,
            opened: clock::now(),
            held: nodes::Held::default(),
            troubled: Arc::default(),
        }))
    }

    /// Takes up what a node left in its hands when it died: each message may have been on the wire. Returns how many.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn take_up(&self, node: u8) -> rusqlite::Result<usize> {
        chores::take_up_of(&self.lock(), owner(node))
    }

    /// The connection, when nobody else uses it.
    pub(super) fn lock(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `owner` of rows in a node's hands; 0 is nobody's.
fn owner(node: u8) -> i64 {
    i64::from(node) + 1
}

/// The directory of a store without files.
fn nowhere() -> PathBuf {
    ":memory:".into()
}

/// One store's access to the database.
pub(super) struct Inline {
    memory: Memory,
    owner: i64,
    closed: AtomicBool,
}

impl Inline {
    /// Does the verb in a transaction of its own.
    pub(super) fn write<V: Verb>(&self, verb: &V) -> Result<V::Answer, StoreError> {
        let connection = self.open()?;
        Tables::prepare(&connection, self.owner)
            .and_then(|mut tables| transaction(&mut tables, |tables| verb.run(tables)))
            .map_err(|error| error::meaning(&error))
    }

    /// Reads in one transaction.
    pub(super) fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        query(&*self.open()?).map_err(|error| error::meaning(&error))
    }

    /// Returns what is in hand, unmarked, and does nothing any more.
    pub(super) fn close(&self) {
        if !self.closed.swap(true, Ordering::Relaxed)
            && let Err(error) = chores::leave_of(&self.memory.lock(), self.owner)
        {
            tracing::warn!(%error, "the store was not closed in order");
        }
    }

    fn open(&self) -> Result<MutexGuard<'_, Connection>, StoreError> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("the store is closed".into()));
        }
        Ok(self.memory.lock())
    }
}
