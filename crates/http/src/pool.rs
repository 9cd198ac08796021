//! Connections that are kept for later requests.

use crate::{Answer, Connection, Origin, clock};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Idle connections, by their servers.
pub struct Pool {
    idle: Mutex<HashMap<Origin, Vec<Idle>>>,
    /// The most that are kept for one server.
    most: usize,
    /// How long one is kept.
    kept_for: Duration,
}

/// A connection, and since when it is idle. Those of a server are in the order of that.
struct Idle {
    connection: Connection,
    since: Instant,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl Pool {
    /// A pool that keeps so many connections for each server, for so long.
    #[must_use]
    pub fn new(most: usize, kept_for: Duration) -> Self {
        Self { idle: Mutex::default(), most, kept_for }
    }

    /// A connection to this server that is still open, if there is one.
    pub async fn take(&self, origin: &Origin) -> Option<Connection> {
        loop {
            let mut connection = self.last(origin)?;
            if connection.is_open().await {
                return Some(connection);
            }
        }
    }

    /// Keeps the connection of an answer, if it may serve another request.
    pub fn keep(&self, origin: &Origin, answer: Answer) {
        if let Some(connection) = answer.into_connection() {
            self.put(origin, connection);
        }
    }

    /// Keeps a connection on which nothing is outstanding.
    pub fn put(&self, origin: &Origin, connection: Connection) {
        let idle = Idle { connection, since: clock::now() };
        let mut all = self.lock();
        match all.get_mut(origin) {
            Some(kept) if kept.len() < self.most => kept.push(idle),
            Some(_) => {}
            None => drop(all.insert(origin.clone(), vec![idle])),
        }
    }

    /// Closes the connections that were idle for too long.
    pub fn sweep(&self) {
        let now = clock::now();
        self.lock().retain(|_, kept| {
            kept.retain(|idle| now.saturating_duration_since(idle.since) < self.kept_for);
            !kept.is_empty()
        });
    }

    /// The connection that became idle last.
    fn last(&self, origin: &Origin) -> Option<Connection> {
        let idle = self.lock().get_mut(origin)?.pop()?;
        (clock::now().saturating_duration_since(idle.since) < self.kept_for).then_some(idle.connection)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Origin, Vec<Idle>>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncWriteExt, DuplexStream, duplex};

    fn origin() -> Origin {
        Origin { is_tls: false, host: "a.example".into(), port: 80 }
    }

    /// Keeps a connection, and returns the server's end of it.
    async fn keep(pool: &Pool) -> DuplexStream {
        let (ours, mut server) = duplex(1_024);
        server.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        pool.keep(&origin(), Connection::new(Box::new(ours)).ask(b"x").await.unwrap());
        server
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_kept_for_its_server_while_it_is_open_and_not_for_long() {
        let pool = Pool::new(2, Duration::from_secs(30));
        let first = keep(&pool).await;
        let other = Origin { port: 81, ..origin() };
        assert!(pool.take(&other).await.is_none());
        assert!(pool.take(&origin()).await.is_some() && pool.take(&origin()).await.is_none());
        drop(first);

        drop(keep(&pool).await);
        assert!(pool.take(&origin()).await.is_none(), "the server closed it");

        let servers = [keep(&pool).await, keep(&pool).await, keep(&pool).await];
        assert_eq!(pool.lock()[&origin()].len(), 2);
        tokio::time::advance(Duration::from_secs(30)).await;
        assert!(pool.take(&origin()).await.is_none(), "it was idle for too long");
        pool.sweep();
        assert!(pool.lock().is_empty());
        drop(servers);
    }
}
