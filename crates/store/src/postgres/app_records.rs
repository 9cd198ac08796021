//! Records of applications.

use super::Postgres;
use super::errand::Errand;
use super::error::Error;
use super::link::{Link, Transaction, Value};
use super::rows::{limit, text};
use crate::app_records::{
    add, delete, forget, insert, limited, list_values, person, read, record, stretches, update,
};
use crate::limits::LIST_MAX;
use async_trait::async_trait;
use postrider_core::contract::{
    AppCount, AppFilter, AppKey, AppRecord, AppStore, AppWrite, AppWritten, StoreError,
};
use postrider_core::time::Time;
use tokio_postgres::Row;

#[async_trait]
impl AppStore for Postgres {
    async fn app_records(&self, keys: Vec<AppKey>) -> Result<Vec<Option<AppRecord>>, StoreError> {
        let keys = &keys;
        self.reader.read(|link| async move { find(&link, keys).await }).await
    }

    async fn list_app_records(&self, filter: AppFilter) -> Result<Vec<AppRecord>, StoreError> {
        let filter = &filter;
        self.reader.read(|link| async move { list(&link, filter).await }).await
    }

    async fn write_app_records(
        &self,
        writes: Vec<AppWrite>,
        counts: Vec<AppCount>,
    ) -> Result<AppWritten, StoreError> {
        self.errands.run(Writing { writes, counts }).await
    }

    async fn forget_app_records(&self, now: Time, most: usize) -> Result<usize, StoreError> {
        self.chore(async |link| forget_expired(&link, now, most).await).await
    }
}

/// The records of these keys.
pub(super) async fn find(link: &Link, keys: &[AppKey]) -> Result<Vec<Option<AppRecord>>, Error> {
    let mut found = Vec::with_capacity(keys.len());
    for key in keys {
        let id = text(&key.id);
        let values: [Value<'_>; 3] = [&i64::from(key.account.0), &key.kind.word(), &id];
        let rows = link.query(&read('$'), &values).await?;
        found.push(rows.first().map(|row| one(row, key)).transpose()?);
    }
    Ok(found)
}

fn one(row: &Row, key: &AppKey) -> Result<AppRecord, Error> {
    let place = (i64::from(key.account.0), key.kind, key.id.clone());
    let times = (row.try_get(2)?, row.try_get(3)?);
    Ok(record(place, row.try_get(0)?, row.try_get(1)?, times, row.try_get::<_, &str>(4)?.into()))
}

/// The records that meet all of the filter's conditions.
pub(super) async fn list(link: &Link, filter: &AppFilter) -> Result<Vec<AppRecord>, Error> {
    let (account, due, after, id) = list_values(filter);
    let (most, kind, id) = (limit(filter.limit.min(LIST_MAX)), filter.kind.word(), text(&id));
    let values: [Value<'_>; 6] = [&kind, &account, &due, &after, &id, &most];
    let rows = link.query(&crate::app_records::list(filter, '$'), &values).await?;
    let read = |row: &Row| {
        let place = (row.try_get(0)?, filter.kind, row.try_get::<_, &str>(1)?.into());
        let times = (row.try_get(4)?, row.try_get(5)?);
        Ok(record(place, row.try_get(2)?, row.try_get(3)?, times, row.try_get::<_, &str>(6)?.into()))
    };
    rows.iter().map(read).collect()
}

/// Records and counts that change together.
pub(super) struct Writing {
    /// The records.
    pub(super) writes: Vec<AppWrite>,
    /// The counts.
    pub(super) counts: Vec<AppCount>,
}

/// The lock of an account's records and counts, until its transaction ends: whoever decides on them sees what others wrote.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7887002, $1)";

impl Errand for Writing {
    type Answer = AppWritten;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<AppWritten, Error> {
        for account in self.accounts() {
            transaction.query(LOCK, &[&account]).await?;
        }
        for (place, count) in self.counts.iter().enumerate() {
            if let Some(stretch) = full(transaction, count).await? {
                return Ok(AppWritten::Limited { count: place, stretch });
            }
        }
        // Everything is looked at before anything is written: other errands share the transaction.
        for write in &self.writes {
            if !is_current(transaction, write).await? {
                return Ok(AppWritten::Changed);
            }
        }
        for write in &self.writes {
            apply(transaction, write).await?;
        }
        for AppCount { account, name, subject, stretch, add: many, expires, .. } in &self.counts {
            if *many > 0 {
                let (account, subject, many) = (i64::from(account.0), text(subject), i64::from(*many));
                let values: [Value<'_>; 6] = [&account, name, &subject, &stretch.0, &many, &expires.0];
                transaction.execute(&add('$'), &values).await?;
            }
        }
        Ok(AppWritten::Done)
    }
}

impl Writing {
    /// The accounts that it concerns, in an order that all nodes keep to: so none waits for another in a circle.
    fn accounts(&self) -> Vec<i32> {
        let written = self.writes.iter().map(|write| match write {
            AppWrite::Keep(record) => record.key.account,
            AppWrite::Forget(key, _) => key.account,
        });
        let all = written.chain(self.counts.iter().map(|count| count.account));
        let mut accounts: Vec<i32> = all.map(|account| account.0.cast_signed()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }
}

/// The stretch that must end to count before there is room again; `None` if there is.
async fn full(transaction: &mut Transaction<'_>, count: &AppCount) -> Result<Option<Time>, Error> {
    let (account, subject) = (i64::from(count.account.0), text(&count.subject));
    let values: [Value<'_>; 4] = [&account, &count.name, &subject, &count.since.0];
    let mut found = Vec::new();
    for row in transaction.query(&stretches('$'), &values).await? {
        found.push((row.try_get(0)?, row.try_get(1)?));
    }
    Ok(limited(&found, count.most))
}

async fn is_current(transaction: &mut Transaction<'_>, write: &AppWrite) -> Result<bool, Error> {
    let (key, version) = match write {
        AppWrite::Keep(record) => (&record.key, record.version),
        AppWrite::Forget(key, version) => (key, *version),
    };
    let id = text(&key.id);
    let values: [Value<'_>; 3] = [&i64::from(key.account.0), &key.kind.word(), &id];
    let rows = transaction.query(&read('$'), &values).await?;
    let found: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
    Ok(found == version.cast_signed())
}

async fn apply(transaction: &mut Transaction<'_>, write: &AppWrite) -> Result<(), Error> {
    let record = match write {
        AppWrite::Keep(record) => record,
        AppWrite::Forget(key, version) => {
            let id = text(&key.id);
            let values: [Value<'_>; 4] =
                [&i64::from(key.account.0), &key.kind.word(), &id, &version.cast_signed()];
            return transaction.execute(&delete('$'), &values).await.map(drop);
        }
    };
    let sql = if record.version == 0 { insert('$') } else { update('$') };
    let (key, document) = (&record.key, text(&record.document));
    let (account, id, version) = (i64::from(key.account.0), text(&key.id), record.version.cast_signed() + 1);
    let (due, expires) = (record.due.map(|time| time.0), record.expires.map(|time| time.0));
    let person = person(record);
    let values: [Value<'_>; 8] =
        [&account, &key.kind.word(), &id, &version, &person, &due, &expires, &document];
    transaction.execute(&sql, &values).await.map(drop)
}

/// Forgets what has expired.
pub(super) async fn forget_expired(link: &Link, now: Time, most: usize) -> Result<usize, Error> {
    let [records, counts] = forget('$');
    let most = limit(most);
    let forgotten = link.execute(&records, &[&now.0, &most]).await?;
    link.execute(&counts, &[&now.0, &most]).await?;
    Ok(usize::try_from(forgotten).unwrap_or(0))
}
