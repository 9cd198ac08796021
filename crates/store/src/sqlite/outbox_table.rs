//! An outbox table of an application's SQLite.

use crate::sql_outbox::{CLAIM_SECONDS, Columns, TableName};
use async_trait::async_trait;
use postrider_core::contract::{OutboxRow, RowDecision, RowEnd, SqlOutbox, StoreError};
use postrider_core::id::MessageId;
use rusqlite::{Connection, OpenFlags, Row, Transaction, TransactionBehavior, params};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long another program's transaction is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// The time now, in the form that the columns have.
const NOW: &str = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";

/// An outbox table.
pub(crate) struct SqliteOutbox(Arc<Shared>);

struct Shared {
    path: PathBuf,
    table: TableName,
    /// Who claims rows.
    claimant: String,
    open: Mutex<Option<Open>>,
}

struct Open {
    connection: Connection,
    columns: Columns,
}

impl SqliteOutbox {
    /// The table in this file. Nothing is opened yet.
    pub(crate) fn new(path: PathBuf, table: &TableName, node: u8) -> Self {
        let claimant = format!("postrider {node}");
        Self(Arc::new(Shared { path, table: table.clone(), claimant, open: Mutex::default() }))
    }

    /// Does something in one transaction, on a thread that may wait.
    async fn on<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &Columns, &Shared) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || shared.transact(work)).await;
        done.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }
}

impl Shared {
    fn transact<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>, &Columns, &Self) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let failed = |error: rusqlite::Error| StoreError::Unavailable(error.to_string());
        let mut slot = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let mut open = match slot.take() {
            Some(open) => open,
            None => self.connect()?,
        };
        let behavior = TransactionBehavior::Immediate;
        let transaction = open.connection.transaction_with_behavior(behavior).map_err(failed)?;
        let done = work(&transaction, &open.columns, self).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        *slot = Some(open);
        Ok(done)
    }

    /// Opens the file, which must be there.
    fn connect(&self) -> Result<Open, StoreError> {
        let failed =
            |error: rusqlite::Error| StoreError::Unavailable(format!("{}: {error}", self.path.display()));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        let names = |connection: &Connection| {
            let sql = format!("PRAGMA {}", pragma(self.table.quoted()));
            let mut statement = connection.prepare(&sql)?;
            statement.query_map([], |row| row.get::<_, String>(1))?.collect::<rusqlite::Result<Vec<_>>>()
        };
        let names = names(&connection).map_err(failed)?;
        let columns = Columns::of(&self.table, &names).map_err(StoreError::Unavailable)?;
        Ok(Open { connection, columns })
    }
}

/// `table_info` of a table in quotes, with its schema if it has one.
fn pragma(quoted: &str) -> String {
    match quoted.split_once('.') {
        Some((schema, table)) => format!("{schema}.table_info({table})"),
        None => format!("table_info({quoted})"),
    }
}

#[async_trait]
impl SqlOutbox for SqliteOutbox {
    async fn claim(&self, most: usize) -> Result<Vec<OutboxRow>, StoreError> {
        self.on(move |transaction, columns, shared| {
            let table = shared.table.quoted();
            let inputs: String =
                columns.inputs.iter().map(|column| format!(", CAST({column} AS TEXT)")).collect();
            let select = format!(
                "SELECT CAST(id AS TEXT), message_id{inputs} FROM {table} WHERE state IN ('new', 'claimed') AND \
                 (state = 'new' OR claimed_by = ?2 OR \
                 claimed_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-{CLAIM_SECONDS} seconds')) \
                 ORDER BY id LIMIT ?1"
            );
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let rows: Vec<OutboxRow> = transaction
                .prepare_cached(&select)?
                .query_map(params![most, shared.claimant], |row| claimed(columns, row))?
                .collect::<rusqlite::Result<_>>()?;
            let claim = format!(
                "UPDATE {table} SET state = 'claimed', claimed_by = ?2, claimed_at = {NOW} WHERE id = ?1"
            );
            let mut claim = transaction.prepare_cached(&claim)?;
            for row in &rows {
                claim.execute(params![row.key, shared.claimant])?;
            }
            Ok(rows)
        })
        .await
    }

    async fn intend(&self, rows: Vec<(Box<str>, MessageId)>) -> Result<Vec<Box<str>>, StoreError> {
        self.on(move |transaction, _, shared| {
            let sql = format!(
                "UPDATE {} SET message_id = ?2, claimed_at = {NOW} \
                 WHERE id = ?1 AND state = 'claimed' AND claimed_by = ?3",
                shared.table.quoted()
            );
            let mut intend = transaction.prepare_cached(&sql)?;
            let mut held = Vec::with_capacity(rows.len());
            for (key, message) in rows {
                let number = message.number().cast_signed();
                if intend.execute(params![key, number, shared.claimant])? > 0 {
                    held.push(key);
                }
            }
            Ok(held)
        })
        .await
    }

    async fn decide(&self, rows: Vec<(Box<str>, RowDecision)>) -> Result<(), StoreError> {
        self.on(move |transaction, _, shared| {
            let table = shared.table.quoted();
            let held = "WHERE id = ?1 AND state = 'claimed' AND claimed_by = ?2";
            let accept = format!(
                "UPDATE {table} SET state = 'accepted', message_id = ?3, accepted_at = {NOW}, error_code = NULL, \
                 error_detail = NULL {held}"
            );
            let refuse = format!(
                "UPDATE {table} SET state = 'refused', message_id = NULL, ended_at = {NOW}, error_code = ?3, \
                 error_detail = ?4 {held}"
            );
            let release = format!("UPDATE {table} SET state = 'new' {held}");
            for (key, decision) in rows {
                match decision {
                    RowDecision::Accepted(message) => transaction
                        .prepare_cached(&accept)?
                        .execute(params![key, shared.claimant, message.number().cast_signed()])?,
                    RowDecision::Refused(why) => transaction
                        .prepare_cached(&refuse)?
                        .execute(params![key, shared.claimant, why.code, why.detail])?,
                    RowDecision::Later => {
                        transaction.prepare_cached(&release)?.execute(params![key, shared.claimant])?
                    }
                };
            }
            Ok(())
        })
        .await
    }

    async fn end(&self, ends: Vec<RowEnd>) -> Result<(), StoreError> {
        self.on(move |transaction, _, shared| {
            let sql = format!(
                "UPDATE {} SET state = ?2, error_code = ?3, error_detail = ?4, \
                 ended_at = strftime('%Y-%m-%dT%H:%M:%fZ', ?5 / 1000.0, 'unixepoch'), \
                 accepted_at = coalesce(accepted_at, {NOW}) WHERE message_id = ?1 AND state IN ('claimed', 'accepted')",
                shared.table.quoted()
            );
            let mut end = transaction.prepare_cached(&sql)?;
            for RowEnd { message, state, error, at } in ends {
                let (code, detail) = error.unzip();
                end.execute(params![message.number().cast_signed(), state.word(), code, detail, at.0])?;
            }
            Ok(())
        })
        .await
    }
}

fn claimed(columns: &Columns, row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let mut fields = Vec::with_capacity(columns.inputs.len());
    for (place, column) in columns.inputs.iter().enumerate() {
        if let Some(value) = row.get::<_, Option<Box<str>>>(place + 2)? {
            fields.push((*column, value));
        }
    }
    let intended: Option<i64> = row.get(1)?;
    let intended = intended.map(|number| MessageId::from_number(number.cast_unsigned()));
    Ok(OutboxRow { key: row.get(0)?, intended, fields })
}
