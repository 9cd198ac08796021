//! PostgreSQL held to what every engine must do, and what only it has to.

mod days;
mod doubt;
mod event_order;
mod gathered;
mod nodes;
mod outage;
mod outbox_table;
mod partitions;
mod plans;
mod pooled;
mod schema;
mod servers;
mod tables;
mod tls;
mod vacuum;

use super::schema::MIGRATIONS;
use super::{Postgres, Settings};
use crate::conformance::Place;
use crate::conformance::cluster::Cluster;
use postrider_core::contract::Store;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// The cluster that tests share which do it no harm.
static CLUSTER: OnceLock<Cluster> = OnceLock::new();
static DATABASES: AtomicUsize = AtomicUsize::new(0);

/// The database with all tables, and nothing in them, of which tests get copies.
static TEMPLATE: OnceLock<&str> = OnceLock::new();

/// A database of its own for a store.
struct Database(String);

impl Database {
    /// One with all tables. To copy them takes a quarter of the time that it takes to make them.
    fn new() -> Self {
        let (name, template) = (Self::name(), TEMPLATE.get_or_init(template));
        cluster().sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {template}"));
        Self(name)
    }

    /// One without any.
    fn empty() -> Self {
        let name = Self::name();
        cluster().create(&name);
        Self(name)
    }

    fn name() -> String {
        format!("test{}", DATABASES.fetch_add(1, Ordering::Relaxed))
    }

    fn url(&self) -> String {
        cluster().url(&self.0)
    }

    fn sql(&self, sql: &str) -> String {
        cluster().sql(&self.0, sql).trim_end().to_owned()
    }

    async fn node(&self, node: u8) -> Arc<Postgres> {
        Postgres::open(&self.url(), Settings { node, ..Settings::default() }).await.unwrap()
    }
}

fn cluster() -> &'static Cluster {
    CLUSTER.get_or_init(Cluster::start)
}

fn template() -> &'static str {
    let name = "template";
    cluster().create(name);
    let (made, steps) = (MIGRATIONS.join(";\n"), MIGRATIONS.len());
    let told = format!(
        "CREATE TABLE schema_version (version bigint NOT NULL); INSERT INTO schema_version VALUES ({steps})"
    );
    cluster().sql(name, &format!("BEGIN; {made}; {told}; COMMIT"));
    name
}

impl Place for Database {
    async fn open(&self) -> Arc<dyn Store> {
        self.node(1).await
    }

    async fn sql(&self, sql: &str) {
        Self::sql(self, sql);
    }
}

crate::held_to_conformance!(Database::new());
