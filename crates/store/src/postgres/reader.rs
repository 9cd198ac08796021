//! Reading what was committed: a few connections, each for one query at a time. A query that a lost connection
//! interrupted is asked again once, on a new one; one that had no answer in time is not, since who asked waits.

use super::error::Error;
use super::link::Link;
use super::open::{Connector, Purpose};
use postrider_core::contract::StoreError;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a query may wait for a connection, and then for its answer.
const PATIENCE: Duration = Duration::from_secs(6);

/// The connections that read.
pub(super) struct Reader {
    connector: Arc<Connector>,
    idle: Mutex<Vec<Arc<Link>>>,
    permits: Semaphore,
}

impl Reader {
    /// At most `connections` of them, opened when they are first needed.
    pub(super) fn new(connector: Arc<Connector>, connections: usize) -> Self {
        Self { connector, idle: Mutex::default(), permits: Semaphore::new(connections.max(1)) }
    }

    /// Asks on a connection that nobody else uses.
    pub(super) async fn read<T, F>(&self, query: impl Fn(Arc<Link>) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let permit = match tokio::time::timeout(PATIENCE, self.permits.acquire()).await {
            Ok(Ok(permit)) => permit,
            Ok(Err(_)) => return Err(StoreError::Unavailable("the store is closed".into())),
            Err(_) => return Err(StoreError::Unavailable("too many queries wait for the database".into())),
        };
        let asked = match self.idle() {
            Some(link) => Some(self.ask(link, &query).await),
            None => None,
        };
        let result = match asked {
            Some(result) if !is_of_the_connection(&result) => result,
            _ => match self.connector.connect(Purpose::Reading).await {
                Ok(link) => self.ask(Arc::new(link), &query).await,
                Err(error) => Err(error),
            },
        };
        if matches!(result, Err(Error::Late)) {
            // The others lead to the same server, which hangs.
            self.forget_links();
        }
        drop(permit);
        result.map_err(|error| error.meaning())
    }

    async fn ask<T, F>(&self, link: Arc<Link>, query: &impl Fn(Arc<Link>) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let result =
            tokio::time::timeout(PATIENCE, query(Arc::clone(&link))).await.unwrap_or(Err(Error::Late));
        // After an error a transaction may be open, or an answer still to come.
        if result.is_ok() && !self.permits.is_closed() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(link);
        }
        result
    }

    fn idle(&self) -> Option<Arc<Link>> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|link| !link.is_closed());
        idle.pop()
    }

    /// Lets nobody read any more, and closes the connections.
    pub(super) fn close(&self) {
        self.permits.close();
        self.forget_links();
    }

    fn forget_links(&self) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Whether it may have been the connection alone that was out of order. A query that took too long would do so again.
fn is_of_the_connection<T>(result: &Result<T, Error>) -> bool {
    matches!(result, Err(error) if !matches!(error, Error::Late) && error.may_pass() && !error.spares_connection())
}
