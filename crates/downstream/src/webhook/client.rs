//! An HTTP client for posts, within limits of time.

use super::POSTS_MAX;
use crate::clock;
use postrider_http::{Admitted, Answer, Connector, Error, Origin, Pool, Target};
use rustls::ClientConfig;
use std::sync::Arc;
use std::time::Duration;

/// The longest time for making a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Idle connections that are kept for each server: as many as may be used at once, so that under load none is closed only
/// to be made anew.
const IDLE_MAX: usize = POSTS_MAX;
/// How long an idle connection is kept.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);
/// The time within which a connection that ends without an answer may be a kept one, which the receiver closed just then.
const CLOSED_WITHIN: Duration = Duration::from_secs(1);
/// The failure when an address is not public.
pub(super) const NOT_PUBLIC: &str =
    "the URL leads to a private address, which the account's webhook doesn't allow";

/// A client that keeps connections.
pub(super) struct Client {
    connector: Connector,
    pool: Pool,
}

/// The connection that an event is posted on.
#[derive(Clone, Copy)]
pub(super) enum Use {
    /// One that is kept from before, if there is one; and a new one if the receiver closes it.
    Kept,
    /// A new one.
    New,
}

impl Client {
    pub(super) fn new(tls: Arc<ClientConfig>, admitted: Admitted) -> Self {
        let connector = Connector::new(tls, admitted, CONNECT_TIMEOUT);
        Self { connector, pool: Pool::new(IDLE_MAX, IDLE_TIMEOUT) }
    }

    /// Sends a request, and waits for the head of its answer.
    ///
    /// # Errors
    /// There is no answer: the words say why. They never contain the URL, which may hold secrets.
    pub(super) async fn send(
        &self,
        target: &Target,
        request: &[u8],
        connection: Use,
    ) -> Result<Answer, String> {
        let sent = match connection {
            Use::New => self.on_new(target, request).await,
            Use::Kept => {
                let started = clock::now();
                match self.on_kept(target, request).await {
                    // The receiver may close a kept connection at any time: that says nothing about the event.
                    Err(Error::Closed) if started.elapsed() < CLOSED_WITHIN => {
                        self.on_new(target, request).await
                    }
                    sent => sent,
                }
            }
        };
        sent.map_err(|error| words(&error))
    }

    /// Keeps the connection of an answer, if it may serve another request.
    pub(super) fn keep(&self, origin: &Origin, answer: Answer) {
        self.pool.keep(origin, answer);
    }

    /// Closes the connections that were idle for too long.
    pub(super) fn sweep(&self) {
        self.pool.sweep();
    }

    async fn on_kept(&self, target: &Target, request: &[u8]) -> Result<Answer, Error> {
        match self.pool.take(&target.origin).await {
            Some(connection) => connection.ask(request).await,
            None => self.on_new(target, request).await,
        }
    }

    async fn on_new(&self, target: &Target, request: &[u8]) -> Result<Answer, Error> {
        self.connector.connect(target).await?.ask(request).await
    }
}

fn words(error: &Error) -> String {
    let mut words = match error {
        Error::NotAdmitted => NOT_PUBLIC.to_owned(),
        Error::NoConnection => "no connection within 5 s".to_owned(),
        other => other.to_string(),
    };
    words.truncate(words.floor_char_boundary(200));
    words
}
