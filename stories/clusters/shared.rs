//! The database that the nodes of a story share.

use crate::harness::Entry;
use postrider_store::conformance::cluster::Cluster;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::LazyLock;

/// For all stories that leave their database in peace. It ends with the process.
static COMMON: LazyLock<Cluster> = LazyLock::new(Cluster::start);

/// A database of a story's own, in a cluster that it shares with other stories or has for itself.
#[derive(Clone, Copy)]
pub(crate) struct Database<'c> {
    cluster: &'c Cluster,
    name: &'static str,
}

impl Database<'static> {
    /// One in a cluster that nobody stops.
    pub(crate) fn new(name: &'static str) -> Self {
        Self::of(&COMMON, name)
    }
}

impl<'c> Database<'c> {
    /// One in this cluster.
    pub(crate) fn of(cluster: &'c Cluster, name: &'static str) -> Self {
        cluster.create(name);
        Self { cluster, name }
    }

    /// One that is there already.
    pub(crate) const fn there(cluster: &'c Cluster, name: &'static str) -> Self {
        Self { cluster, name }
    }

    /// What `node.store` is to be.
    pub(crate) fn url(&self) -> String {
        self.cluster.url(self.name)
    }

    /// The same by way of a line to [`Database::address`].
    pub(crate) fn url_by(&self, line: SocketAddr) -> String {
        self.url().replace(&self.address().to_string(), &line.to_string())
    }

    /// Where its server listens.
    pub(crate) fn address(&self) -> SocketAddr {
        let url = self.url();
        let address = url.split(['@', '/']).find_map(|piece| piece.parse().ok());
        address.unwrap_or_else(|| panic!("no address in {url}"))
    }

    /// The rows of a query, a line each, columns separated by `|`.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.cluster.sql(self.name, sql)
    }

    /// Every message, by its id, as the view for operators has it.
    pub(crate) fn messages(&self) -> HashMap<String, Entry> {
        let rows = self.sql(
            "SELECT id, recipient, state, coalesce(error, ''), coalesce(possible_duplicate, false) FROM message_log",
        );
        rows.lines().map(entry).map(|entry| (entry.id.clone(), entry)).collect()
    }
}

fn entry(row: &str) -> Entry {
    let [id, recipient, state, error, possible_duplicate] =
        row.split('|').collect::<Vec<_>>().try_into().unwrap();
    Entry {
        id: id.to_owned(),
        recipient: recipient.to_owned(),
        state: state.to_owned(),
        error: Some(error.to_owned()).filter(|error| !error.is_empty()),
        possible_duplicate: possible_duplicate == "t",
    }
}
