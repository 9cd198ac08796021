//! Reading verbs: a few connections that only read, used on threads that may block. They see committed rows only.

use super::error::meaning;
use super::inline::Inline;
use super::open;
use postrider_core::contract::StoreError;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// The way in which reading verbs run.
pub(super) enum Reader {
    /// Threads that may block.
    Threads(Arc<Connections>),
    /// The task that asks.
    Inline(Arc<Inline>),
}

impl Reader {
    /// Threads with at most so many connections, opened when they are first needed.
    pub(super) fn new(directory: PathBuf, connections: usize, cache_mib: u32) -> Self {
        Self::Threads(Arc::new(Connections {
            directory,
            cache_mib,
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(connections.max(1))),
        }))
    }

    /// Reads in one transaction, so that all of it is of one moment.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        match self {
            Self::Threads(connections) => connections.read(query).await,
            Self::Inline(inline) => inline.read(query),
        }
    }

    /// Lets nobody read any more, and closes the connections.
    pub(super) fn close(&self) {
        match self {
            Self::Threads(connections) => connections.close(),
            Self::Inline(inline) => inline.close(),
        }
    }
}

/// The connections that read.
pub(super) struct Connections {
    directory: PathBuf,
    cache_mib: u32,
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

impl Connections {
    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = |_| StoreError::Unavailable("the store is closed".into());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(closed)?;
        let reader = Arc::clone(self);
        let work = move || {
            // The permit is kept by the work, which goes on when the caller goes away.
            let _permit = permit;
            reader.query(query)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result.map_err(|error| meaning(&error)),
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    fn query<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> rusqlite::Result<T> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open::reading(&self.directory, self.cache_mib)?,
        };
        let transaction = connection.unchecked_transaction()?;
        let result = query(&transaction)?;
        transaction.commit()?;
        if !self.permits.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        Ok(result)
    }

    fn close(&self) {
        self.permits.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
