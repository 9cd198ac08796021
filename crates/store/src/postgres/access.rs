//! A database on which no node runs, for those who carry whole stores.

use super::link::{Link, Value};
use super::open::{Connector, OpenError, Purpose};
use super::schema;
use tokio_postgres::Row;

/// A connection to a database that has this program's schema.
pub(crate) struct Access(Link);

impl Access {
    /// Connects, and brings the database to the schema of this program; tells how many nodes live on it. What dead ones
    /// had in hand is in the queue then. No node can start until this is dropped.
    pub(crate) async fn open(url: &str) -> Result<(Self, u64), OpenError> {
        let link = Connector::new(url, 0)?.connect(Purpose::Chores).await?;
        schema::migrate(&link).await?;
        schema::keep_nodes_away(&link).await?;
        link.query("SELECT rescue_hands()", &[]).await?;
        let rows = link.query("SELECT count(*) FROM node", &[]).await?;
        let living: Option<i64> = rows.first().and_then(|row| row.try_get(0).ok());
        Ok((Self(link), living.unwrap_or(0).unsigned_abs()))
    }

    /// The rows of a statement, or why there are none.
    pub(crate) async fn query(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, String> {
        self.0.query(sql, values).await.map_err(|error| error.to_string())
    }
}
