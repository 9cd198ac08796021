//! Connecting: to the one of several servers that can be written, with limits on everything that could hang,
//! and set up so that plans don't depend on how full the tables were when they were made.

use super::error::Error;
use super::link::Link;
use super::servers::{self, Connected, Server};
use super::{refusal, tls, url};
use std::future::poll_fn;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::{AsyncMessage, Client};
use tokio_postgres_rustls::MakeRustlsConnect;

/// Words of other nodes that may wait to be heard.
const SAID_MAX: usize = 1_024;
/// How long one address of a server may take to answer, which may have several: a packet that was lost is sent again
/// after a second.
const CONNECT: Duration = Duration::from_millis(1500);
/// How long it may take to be connected, set up, whichever server it is.
const CONNECTED: Duration = Duration::from_secs(6);
/// Silence after which a connection is asked whether it is still there.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address can't be read.
    #[error("the database's URL can't be read: {0}")]
    Url(String),
    /// The file with the authorities to trust can't be used.
    #[error("can't use the certificates in {path}: {why}")]
    Authorities {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// TLS can't be set up.
    #[error("can't set up TLS: {0}")]
    Tls(String),
    /// No connection, or it was lost, or the database refused something.
    #[error("can't open the database: {why}")]
    Database {
        /// Why.
        why: String,
        /// Advice.
        advice: Option<&'static str>,
        /// Whether it is away, and may come back by itself.
        is_away: bool,
    },
    /// The database can't hold every text.
    #[error("the database has the encoding {0}, in which not every text can be stored")]
    Encoding(String),
    /// Between us and the server is a pool that shares sessions.
    #[error(
        "the database's URL leads to a connection pool in transaction mode, such as PgBouncer's: prepared statements, \
         settings and notifications are lost there"
    )]
    Pooled,
    /// The schema is empty, and another schema of the database has a store.
    #[error(
        "the database's schema {here} has no store, and the schema {there} has one: a new store would begin empty"
    )]
    Elsewhere {
        /// The first schema of the search path.
        here: String,
        /// The schemas that have a store.
        there: String,
    },
    /// Somebody copies a store to it, or from it.
    #[error("a store is being copied to this database, or from it")]
    Copied,
    /// It was written by a later version of the program.
    #[error(
        "the database has schema {found}, this program knows schemas up to {known}: it was written by a later \
         version; use that version, or restore a backup made before the upgrade"
    )]
    Newer {
        /// The schema's number in the database.
        found: u32,
        /// The last one that this program knows.
        known: u32,
    },
    /// A migration failed; the database is as it was before it.
    #[error("can't bring the database to schema {to}: {why}")]
    Migration {
        /// The schema that it was to have.
        to: u32,
        /// Why not.
        why: String,
    },
}

impl From<Error> for OpenError {
    fn from(error: Error) -> Self {
        let why = match &error {
            Error::Unreachable(refusals) => refusal::all(refusals),
            other => other.to_string(),
        };
        Self::Database { why, advice: error.advice(), is_away: error.is_away() }
    }
}

impl OpenError {
    /// Whether the database is away, and may come back though nobody changes anything here.
    #[must_use]
    pub const fn is_away(&self) -> bool {
        matches!(self, Self::Database { is_away: true, .. })
    }

    /// Advice, where the error itself has none.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Database { advice, .. } => *advice,
            Self::Authorities { .. } => {
                Some("sslrootcert= names a file in PEM that the gateway's user can read")
            }
            Self::Encoding(_) => Some(
                "make one that can: CREATE DATABASE ... OWNER ... ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0",
            ),
            Self::Pooled => Some(
                "name the server itself in the URL (its own port, mostly 5432), or set pool_mode = session for this database",
            ),
            Self::Elsewhere { .. } => Some(
                "make the store's schema the first of the search path: ALTER ROLE ... IN DATABASE ... SET search_path = ...; a dump \
                 has no such setting. A second store needs a database of its own",
            ),
            Self::Copied => Some("wait until `postrider store copy` has ended"),
            Self::Url(_) | Self::Tls(_) | Self::Newer { .. } | Self::Migration { .. } => None,
        }
    }
}

/// The purpose of a connection: it says how long its statements may take.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Peers wait for what it writes.
    Writing,
    /// People and the engine wait for what it reads.
    Reading,
    /// Nobody waits: days are made and forgotten, the schema is changed.
    Chores,
    /// It works on a table of an application, whose plans are the database's own affair.
    Outbox,
}

impl Purpose {
    /// The settings of a session.
    ///
    /// Plans are made once and without statistics, which are those of empty tables when a store is new, so that every
    /// plan walks along an index, in its order: several workers would have to sort what they find. What waits for a lock gives up before those who wait for it do.
    fn settings(self) -> String {
        let (statement, lock) = match self {
            Self::Outbox => {
                return "SET statement_timeout = '10s'; SET lock_timeout = '3s'; SET timezone = 'UTC'; \
                        SET client_min_messages = warning"
                    .into();
            }
            Self::Writing => ("4s", "3s"),
            Self::Reading => ("5s", "2s"),
            Self::Chores => ("10min", "1s"),
        };
        format!(
            "SET statement_timeout = '{statement}'; SET lock_timeout = '{lock}'; \
             SET idle_in_transaction_session_timeout = '30s'; SET plan_cache_mode = force_generic_plan; \
             SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off; \
             SET max_parallel_workers_per_gather = 0; SET client_min_messages = warning; \
             SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
        )
    }
}

/// A connection that only listens, for as long as this lives.
pub(super) struct Listener {
    _client: Client,
    /// The notifications.
    pub(super) said: mpsc::Receiver<Box<str>>,
}

/// Makes connections.
pub(super) struct Connector {
    servers: Vec<Server>,
    tls: MakeRustlsConnect,
}

impl Connector {
    /// Reads where the database is.
    pub(super) fn new(url: &str, node: u8) -> Result<Self, OpenError> {
        let address = url::parse(url).map_err(OpenError::Url)?;
        let tls = tls::connector(address.authorities.as_deref())?;
        let mut config = address.config;
        config
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .application_name(format!("postrider node {node}"))
            .connect_timeout(CONNECT)
            .tcp_user_timeout(KEEPALIVE)
            .keepalives(true)
            .keepalives_idle(KEEPALIVE)
            .keepalives_interval(Duration::from_secs(3))
            .keepalives_retries(3);
        let servers = servers::named(&config).map_err(OpenError::Url)?;
        Ok(Self { servers, tls })
    }

    /// The notifications on a channel from now on; they end with the connection.
    pub(super) async fn listen(&self, channel: &str) -> Result<Listener, Error> {
        self.within(|(client, mut connection)| async move {
            let (say, said) = mpsc::channel(SAID_MAX);
            tokio::spawn(async move {
                while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                    // Full only while nobody listens, and who listens again looks at everything.
                    if let AsyncMessage::Notification(said) = message
                        && let Err(TrySendError::Closed(_)) = say.try_send(said.payload().into())
                    {
                        return;
                    }
                }
            });
            client.batch_execute(&format!("LISTEN {channel}")).await?;
            Ok(Listener { _client: client, said })
        })
        .await
    }

    /// A new connection.
    pub(super) async fn connect(&self, purpose: Purpose) -> Result<Link, Error> {
        self.within(|(client, connection)| async move {
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "a connection to the database ended");
                }
            });
            client.batch_execute(&purpose.settings()).await?;
            Ok(Link::new(client))
        })
        .await
    }

    /// Connects and sets up, while there is time.
    async fn within<T, F>(&self, set_up: impl FnOnce(Connected) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let connecting = async { set_up(servers::first(&self.servers, &self.tls).await?).await };
        tokio::time::timeout(CONNECTED, connecting).await.unwrap_or(Err(Error::Late))
    }
}
