//! The message store: this node's own, or the shared database.

use crate::config::Config;
use crate::failure::Failure;
use postrider_core::contract::Store;
use postrider_core::node::Nodes;
use postrider_store::postgres::{self, Postgres};
use postrider_store::sqlite::{self, Sqlite};
use std::sync::Arc;

/// A store, and the coordination of nodes through it.
pub(super) struct Opened {
    pub(super) store: Arc<dyn Store>,
    pub(super) nodes: Arc<dyn Nodes>,
}

impl Opened {
    fn of(engine: Arc<impl Store + Nodes + 'static>) -> Self {
        Self { store: Arc::clone(&engine) as _, nodes: engine }
    }
}

/// Opens the store that the configuration names.
pub(super) async fn open(config: &Config) -> Result<Opened, Failure> {
    match &config.store {
        Some(shared) => {
            let settings =
                postgres::Settings { node: config.number.unwrap_or(0), ..postgres::Settings::default() };
            let opened = Postgres::open(&shared.url, settings).await;
            opened.map(Opened::of).map_err(|error| Failure::failed(error.to_string()).helped(error.help()))
        }
        None => embedded(config).map(Opened::of),
    }
}

fn embedded(config: &Config) -> Result<Arc<Sqlite>, Failure> {
    let settings = sqlite::Settings { node: config.number.unwrap_or(0), ..sqlite::Settings::default() };
    Sqlite::open(&config.data, settings).map_err(|error| {
        let failure = Failure::failed(format!("can't open the store: {error}"));
        match error {
            sqlite::OpenError::InUse { .. } => {
                failure.help("stop it, or name another directory with `--data DIR`")
            }
            sqlite::OpenError::Foreign { .. } => failure.help(
                "name another directory with `--data DIR`, or move the file away; `postrider restore` makes a store of a copy",
            ),
            _ => failure,
        }
    })
}
