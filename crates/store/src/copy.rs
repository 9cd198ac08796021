//! Moving a whole store from one engine to another: row by row, table by table, in an order in which it can be
//! interrupted and gone on with, and compared at the end.
//!
//! Both engines have the same tables with the same columns; where they differ is said in the module `tables`.

mod postgres;
mod sqlite;
pub(crate) mod tables;
#[cfg(test)]
#[cfg(feature = "cluster")]
mod tests;

use crate::postgres::OpenError as PostgresError;
use crate::sqlite::OpenError as SqliteError;
use async_trait::async_trait;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
use tables::{Resumed, Row, TABLES, Table};

/// Rows that are carried at once.
const PAGE: usize = 5_000;

/// Where a store is.
#[derive(Clone, PartialEq, Eq)]
pub enum Place {
    /// An embedded store in its directory.
    Directory(PathBuf),
    /// A PostgreSQL database, by its URL.
    Database(String),
}

impl Place {
    /// Reads `postgres://...` as a database, and anything else as a directory.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            Self::Database(text.to_owned())
        } else {
            Self::Directory(text.into())
        }
    }
}

/// Why a store was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The embedded store can't be opened.
    #[error(transparent)]
    Sqlite(#[from] SqliteError),
    /// The database can't be opened.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// Nodes run on the database.
    #[error("{0} on this database; stop them first, so that nothing changes meanwhile")]
    InUse(String),
    /// There is no store to copy.
    #[error("there is no store in {0}")]
    Missing(PathBuf),
    /// There is something already that didn't come from there.
    #[error(
        "the target's table {table} holds what the source doesn't: copy to an empty store, or to one that an \
         interrupted copy of the same source was begun in"
    )]
    NotEmpty {
        /// The table.
        table: &'static str,
    },
    /// The copy differs from the source.
    #[error("table {table} differs: {from} rows here, {to} rows there; copy again")]
    Differs {
        /// The table.
        table: &'static str,
        /// Rows of the source.
        from: u64,
        /// Rows of the target.
        to: u64,
    },
    /// Reading or writing failed.
    #[error("table {table}: {why}")]
    Failed {
        /// The table.
        table: &'static str,
        /// Why.
        why: String,
    },
}

impl CopyError {
    /// Advice, where the error itself has none.
    #[must_use]
    pub fn help(&self) -> Option<&'static str> {
        match self {
            Self::Postgres(error) => error.help(),
            Self::Missing(_) => Some("name the directory that has `postrider.db` in it"),
            _ => None,
        }
    }
}

/// One end of a copy.
#[async_trait]
trait End: Send {
    /// Rows behind a key, in the order of keys.
    async fn page(
        &mut self,
        table: &'static Table,
        after: Option<&Row>,
        most: usize,
    ) -> Result<Vec<Row>, String>;

    /// Adds rows that are not there yet.
    async fn put(&mut self, table: &'static Table, rows: &[Row]) -> Result<(), String>;

    /// The last row in the order of keys.
    async fn last(&mut self, table: &'static Table) -> Result<Option<Row>, String>;

    /// Takes all rows out.
    async fn clear(&mut self, table: &'static Table) -> Result<(), String>;

    /// A row as this end can hold it.
    fn holdable(&self, row: Row) -> Row {
        row
    }

    /// Goes on numbering where the rows that were put end.
    async fn finish(&mut self) -> Result<(), String>;
}

/// Copies a store that nobody uses to a place that holds none, or a part of the same one; `progress` is told of each
/// table and how many rows were carried. Nothing is taken from the source.
///
/// # Errors
/// When either store is in use, can't be read or written, or when they differ in the end. Everything that was carried
/// stays, and the same copy goes on from there.
pub async fn copy(from: &Place, to: &Place, mut progress: impl FnMut(&str, u64)) -> Result<u64, CopyError> {
    let mut source = open(from, true).await?;
    let mut target = open(to, false).await?;
    let mut messages = 0;
    for table in &TABLES {
        same_beginning(&mut *source, &mut *target, table).await?;
    }
    for table in &TABLES {
        carry(&mut *source, &mut *target, table, &mut progress).await?;
    }
    target.finish().await.map_err(|why| CopyError::Failed { table: "resource", why })?;
    for table in &TABLES {
        let (from, to) =
            (sum(&mut *source, Some(&*target), table).await?, sum(&mut *target, None, table).await?);
        if from != to {
            return Err(CopyError::Differs { table: table.name, from: from.0, to: to.0 });
        }
        if table.name == "message" {
            messages = from.0;
        }
    }
    Ok(messages)
}

async fn open(place: &Place, must_exist: bool) -> Result<Box<dyn End>, CopyError> {
    Ok(match place {
        Place::Directory(directory) => Box::new(sqlite::Embedded::open(directory, must_exist)?),
        Place::Database(url) => Box::new(postgres::Shared::open(url).await?),
    })
}

/// Refuses a target that holds something else: its first row would be another.
async fn same_beginning(
    source: &mut dyn End,
    target: &mut dyn End,
    table: &'static Table,
) -> Result<(), CopyError> {
    if table.resumed == Resumed::Anew && table.name != "resource" {
        return Ok(());
    }
    let failed = |why| CopyError::Failed { table: table.name, why };
    let Some(there) = target.page(table, None, 1).await.map_err(failed)?.pop() else { return Ok(()) };
    let here = source.page(table, None, 1).await.map_err(failed)?.pop();
    let here = here.map(|row| target.holdable(row));
    if here == Some(there) { Ok(()) } else { Err(CopyError::NotEmpty { table: table.name }) }
}

/// Carries what the target lacks of a table.
async fn carry(
    source: &mut dyn End,
    target: &mut dyn End,
    table: &'static Table,
    progress: &mut impl FnMut(&str, u64),
) -> Result<(), CopyError> {
    let failed = |why| CopyError::Failed { table: table.name, why };
    let mut after = None;
    match table.resumed {
        Resumed::Behind => after = target.last(table).await.map_err(failed)?,
        Resumed::Over => {}
        Resumed::Anew => target.clear(table).await.map_err(failed)?,
    }
    let mut carried = 0;
    loop {
        let rows = source.page(table, after.as_ref(), PAGE).await.map_err(failed)?;
        let Some(last) = rows.last() else { break };
        after = Some(last.clone());
        carried += rows.len() as u64;
        let rows: Vec<Row> = rows.into_iter().map(|row| target.holdable(row)).collect();
        target.put(table, &rows).await.map_err(failed)?;
        progress(table.name, carried);
    }
    Ok(())
}

/// How many rows a table has, and a sum over all that is in them, whatever their order. With `holder`, as that end would
/// hold them.
async fn sum(
    end: &mut dyn End,
    holder: Option<&dyn End>,
    table: &'static Table,
) -> Result<(u64, u64), CopyError> {
    let failed = |why| CopyError::Failed { table: table.name, why };
    let (mut count, mut sum) = (0u64, 0u64);
    let mut after = None;
    loop {
        let rows = end.page(table, after.as_ref(), PAGE).await.map_err(failed)?;
        let Some(last) = rows.last() else { return Ok((count, sum)) };
        after = Some(last.clone());
        for row in rows {
            let row = holder.map_or_else(|| row.clone(), |holder| holder.holdable(row.clone()));
            let mut hasher = DefaultHasher::new();
            row.hash(&mut hasher);
            sum = sum.wrapping_add(hasher.finish());
            count += 1;
        }
    }
}
