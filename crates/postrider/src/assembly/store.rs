//! The message store: this node's own, or the shared database.

use crate::clock;
use crate::config::{Config, Keys};
use crate::failure::Failure;
use postrider_core::contract::Store;
use postrider_core::node::Nodes;
use postrider_store::postgres::{self, Postgres};
use postrider_store::sealed::{KeyError, Sealed};
use postrider_store::sqlite::{self, Sqlite};
use std::sync::Arc;
use std::time::Duration;

/// How often a database that is away is tried, beside the time that each try takes.
const ATTEMPT_EVERY: Duration = Duration::from_secs(1);
/// How often the log tells that it is still away.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// A store, and the coordination of nodes through it.
pub(super) struct Opened {
    pub(super) store: Arc<Sealed>,
    pub(super) nodes: Arc<dyn Nodes>,
}

impl Opened {
    async fn of(engine: Arc<impl Store + Nodes + 'static>, keys: &Keys) -> Result<Self, NotOpened> {
        let failed = |failure| NotOpened { failure, is_away: false };
        let vault = keys.vault().map_err(|error| failed(Failure::failed(error.to_string())))?;
        match Sealed::open(Arc::clone(&engine) as _, vault).await {
            Ok(store) => Ok(Self { store, nodes: engine }),
            Err(error) => {
                engine.close().await;
                Err(failed(not_decrypted(&error)))
            }
        }
    }
}

/// Why there is no store.
pub(super) struct NotOpened {
    pub(super) failure: Failure,
    /// Whether its database is away, and may come back.
    pub(super) is_away: bool,
}

/// Opens the store that the configuration names.
pub(super) async fn open(config: &Config) -> Result<Opened, NotOpened> {
    let Some(shared) = &config.store else {
        let engine = embedded(config).map_err(|failure| NotOpened { failure, is_away: false })?;
        return Opened::of(engine, &config.encryption).await;
    };
    let (node, events) = (config.number.unwrap_or(0), !config.keep_events.is_zero());
    let settings = postgres::Settings { node, events, ..postgres::Settings::default() };
    let engine = Postgres::open(&shared.url, settings).await.map_err(|error| NotOpened {
        failure: Failure::failed(error.to_string()).helped(error.help()),
        is_away: error.is_away(),
    })?;
    Opened::of(engine, &config.encryption).await
}

/// Opens a store whose database is away, as soon as that comes back.
///
/// # Errors
/// When it stays away for longer than `node.store_wait`, and when it comes back and can't be used.
pub(super) async fn wait_for(config: &Config, away: Failure) -> Result<Opened, Failure> {
    let began = clock::now();
    let mut told = began;
    tracing::warn!(why = away.what, "the database is away; the node starts when it comes back");
    let mut last = away;
    while began.elapsed() < config.store_wait {
        let left = config.store_wait.saturating_sub(began.elapsed());
        tokio::time::sleep(ATTEMPT_EVERY.min(left)).await;
        match open(config).await {
            Ok(opened) => {
                tracing::info!(waited = ?began.elapsed(), "the database is there");
                return Ok(opened);
            }
            Err(NotOpened { failure, is_away: false }) => return Err(failure),
            Err(NotOpened { failure, .. }) => last = failure,
        }
        if told.elapsed() >= TOLD_EVERY {
            told = clock::now();
            let waited = began.elapsed().as_secs();
            tracing::warn!(why = last.what, "the database is still away, after {waited} s");
        }
    }
    Err(last)
}

fn embedded(config: &Config) -> Result<Arc<Sqlite>, Failure> {
    let (node, events) = (config.number.unwrap_or(0), !config.keep_events.is_zero());
    let settings = sqlite::Settings { node, events, ..sqlite::Settings::default() };
    Sqlite::open(&config.data, settings).map_err(|error| {
        let failure = Failure::failed(format!("can't open the store: {error}"));
        match error {
            sqlite::OpenError::InUse { .. } => {
                failure.help("stop it, or name another directory with `--data DIR`")
            }
            sqlite::OpenError::Foreign { .. } => failure.help(
                "name another directory with `--data DIR`, or move the file away; `postrider restore` makes a store of a copy",
            ),
            sqlite::OpenError::Full { .. } => failure.help(
                "make room on that disk; the file postrider.reserve in the directory may be removed for it, the others hold messages",
            ),
            error if error.is_damage() => failure.help(
                "examine it with `postrider store check`; move the database away and bring back a backup: `postrider restore FILE \
                 --data DIR`",
            ),
            _ => failure,
        }
    })
}

fn not_decrypted(error: &KeyError) -> Failure {
    let failure = Failure::failed(format!("can't open the store: {error}"));
    match error {
        KeyError::Store(_) => failure,
        KeyError::Missing(_) | KeyError::Wrong(_) => failure.help(
            "put the key back into `encryption.keys`; without it nobody can read what was encrypted with it",
        ),
    }
}
