//! Records of applications.

use super::Sqlite;
use super::events;
use super::rows::limit;
use super::tables::Tables;
use super::writer::Verb;
use crate::app_records::{
    add, count, delete, forget, insert, limited, list_values, person, read, record, stretches, update,
    version,
};
use crate::event_page::EventPage;
use crate::limits::LIST_MAX;
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{
    AppCount, AppFilter, AppKey, AppKind, AppRecord, AppScan, AppStore, AppWrite, AppWritten, StoreError,
};
use postrider_core::time::Time;
use rusqlite::{CachedStatement, Connection, OptionalExtension, Result, params};

#[async_trait]
impl AppStore for Sqlite {
    async fn app_records(&self, keys: Vec<AppKey>) -> Result<Vec<Option<AppRecord>>, StoreError> {
        self.reader.read(move |connection| find(connection, &keys)).await
    }

    async fn list_app_records(&self, filter: AppFilter) -> Result<Vec<AppRecord>, StoreError> {
        self.reader.read(move |connection| list(connection, &filter)).await
    }

    async fn scan_app_records(&self, scan: AppScan) -> Result<u64, StoreError> {
        self.scan(scan).await
    }

    async fn write_app_records(
        &self,
        writes: Vec<AppWrite>,
        counts: Vec<AppCount>,
    ) -> Result<AppWritten, StoreError> {
        self.write_at_once(Writing { writes, counts, streams: self.settings.events }).await
    }

    async fn count_app_records(
        &self,
        account: AccountId,
        kind: AppKind,
        label: Box<str>,
    ) -> Result<u64, StoreError> {
        let count = move |connection: &Connection| {
            let mut statement = connection.prepare_cached(&count('?'))?;
            statement.query_row(params![account.0, kind.word(), label], |row| row.get::<_, i64>(0))
        };
        self.reader.read(count).await.map(i64::cast_unsigned)
    }

    async fn forget_app_records(&self, now: Time, most: usize) -> Result<usize, StoreError> {
        self.write(Forgetting { now, most }).await
    }
}

/// The records of these keys.
pub(super) fn find(connection: &Connection, keys: &[AppKey]) -> Result<Vec<Option<AppRecord>>> {
    let mut statement = connection.prepare_cached(&read('?'))?;
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let values = params![key.account.0, key.kind.word(), key.id];
        let row = statement.query_row(values, |row| {
            let (person, times) = (row.get::<_, Option<String>>(1)?, (row.get(2)?, row.get(3)?));
            let place = (i64::from(key.account.0), key.kind, key.id.clone());
            Ok(record(place, row.get(0)?, person.as_deref(), times, row.get(4)?))
        });
        found.push(row.optional()?);
    }
    Ok(found)
}

/// The records that meet all of the filter's conditions.
pub(super) fn list(connection: &Connection, filter: &AppFilter) -> Result<Vec<AppRecord>> {
    let (account, due, after, id, label) = list_values(filter);
    let most = limit(filter.limit.min(LIST_MAX));
    let mut statement = connection.prepare_cached(&crate::app_records::list(filter, '?'))?;
    let values = params![filter.kind.word(), account, due, after, id, most, label];
    let rows = statement.query_map(values, |row| {
        let (person, times) = (row.get::<_, Option<String>>(3)?, (row.get(4)?, row.get(5)?));
        Ok(record(
            (row.get(0)?, filter.kind, row.get(1)?),
            row.get(2)?,
            person.as_deref(),
            times,
            row.get(6)?,
        ))
    })?;
    rows.collect()
}

/// Records and counts that change together.
pub(super) struct Writing {
    /// The records.
    pub(super) writes: Vec<AppWrite>,
    /// The counts.
    pub(super) counts: Vec<AppCount>,
    /// Whether events are kept.
    pub(super) streams: bool,
}

impl Verb for Writing {
    type Answer = AppWritten;

    fn run(&self, tables: &mut Tables<'_>) -> Result<AppWritten> {
        let connection = tables.connection;
        for (place, count) in self.counts.iter().enumerate() {
            if let Some(stretch) = full(connection, count)? {
                return Ok(AppWritten::Limited { count: place, stretch });
            }
        }
        // Everything is looked at before anything is written: a verb that writes nothing leaves nothing to undo.
        if !is_current(connection, &self.writes)? {
            return Ok(AppWritten::Changed);
        }
        let mut statements = Statements::prepare(connection)?;
        for write in &self.writes {
            statements.apply(write)?;
        }
        if self.streams {
            events::keep(connection, &EventPage::of_apps(&self.writes))?;
        }
        for AppCount { account, name, subject, stretch, add: many, expires, .. } in &self.counts {
            if *many > 0 {
                let values = params![account.0, name, subject, stretch.0, many, expires.0];
                connection.prepare_cached(&add('?'))?.execute(values)?;
            }
        }
        Ok(AppWritten::Done)
    }
}

/// The stretch that must end to count before there is room again; `None` if there is.
fn full(connection: &Connection, count: &AppCount) -> Result<Option<Time>> {
    let values = params![count.account.0, count.name, count.subject, count.since.0];
    let mut statement = connection.prepare_cached(&stretches('?'))?;
    let rows = statement.query_map(values, |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(limited(&rows.collect::<Result<Vec<_>>>()?, count.most))
}

/// Whether each record has the version that was read.
fn is_current(connection: &Connection, writes: &[AppWrite]) -> Result<bool> {
    let mut statement = connection.prepare_cached(&version('?'))?;
    for (key, expected) in writes.iter().filter_map(AppWrite::expects) {
        let values = params![key.account.0, key.kind.word(), key.id];
        let found = statement.query_row(values, |row| row.get::<_, i64>(0)).optional()?;
        if found.unwrap_or(0).cast_unsigned() != expected {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The statements that write records, prepared once for all that are written together.
struct Statements<'c> {
    insert: CachedStatement<'c>,
    update: CachedStatement<'c>,
    delete: CachedStatement<'c>,
    label: CachedStatement<'c>,
    forget_labels: CachedStatement<'c>,
}

impl<'c> Statements<'c> {
    fn prepare(connection: &'c Connection) -> Result<Self> {
        Ok(Self {
            insert: connection.prepare_cached(&insert('?'))?,
            update: connection.prepare_cached(&update('?'))?,
            delete: connection.prepare_cached(&delete('?'))?,
            label: connection.prepare_cached(
                "INSERT INTO app_label (account, kind, label, id) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            )?,
            forget_labels: connection
                .prepare_cached("DELETE FROM app_label WHERE account = ?1 AND kind = ?2 AND id = ?3")?,
        })
    }

    fn apply(&mut self, write: &AppWrite) -> Result<()> {
        let record = match write {
            AppWrite::Keep(record) => record,
            AppWrite::Forget(key, version) => {
                let values = params![key.account.0, key.kind.word(), key.id, version.cast_signed()];
                return self.delete.execute(values).map(drop);
            }
            AppWrite::Tell(_) => return Ok(()),
        };
        let statement = if record.version == 0 { &mut self.insert } else { &mut self.update };
        let key = &record.key;
        statement.execute(params![
            key.account.0,
            key.kind.word(),
            key.id,
            record.version.cast_signed() + 1,
            person(record),
            record.due.map(|time| time.0),
            record.expires.map(|time| time.0),
            record.document,
        ])?;
        self.label(record)
    }

    /// Writes a record's labels in the place of those that it had.
    fn label(&mut self, record: &AppRecord) -> Result<()> {
        let Some(labels) = &record.labels else { return Ok(()) };
        let key = &record.key;
        if record.version > 0 {
            self.forget_labels.execute(params![key.account.0, key.kind.word(), key.id])?;
        }
        for label in labels {
            self.label.execute(params![key.account.0, key.kind.word(), label, key.id])?;
        }
        Ok(())
    }
}

/// What has expired, to be forgotten.
pub(super) struct Forgetting {
    /// The time now.
    pub(super) now: Time,
    /// At most so many of each.
    pub(super) most: usize,
}

impl Verb for Forgetting {
    type Answer = usize;

    fn run(&self, tables: &mut Tables<'_>) -> Result<usize> {
        let [records, counts] = forget('?');
        let values = params![self.now.0, limit(self.most)];
        let forgotten = tables.connection.prepare_cached(&records)?.execute(values)?;
        tables.connection.prepare_cached(&counts)?.execute(values)?;
        Ok(forgotten)
    }
}
