//! Records of applications. What is written together goes in few statements, however many records it is.

use super::Postgres;
use super::errand::Errand;
use super::error::Error;
use super::events::Pages;
use super::link::{Link, Transaction, Value};
use super::rows::{limit, text};
use crate::app_records::{add, count, forget, limited, list_values, person, record, stretches};
use crate::event_page::EventPage;
use crate::limits::LIST_MAX;
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{
    AppCount, AppFilter, AppKey, AppKind, AppRecord, AppStore, AppWrite, AppWritten, StoreError,
};
use postrider_core::time::Time;
use std::borrow::Cow;
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

    async fn count_app_records(
        &self,
        account: AccountId,
        kind: AppKind,
        label: Box<str>,
    ) -> Result<u64, StoreError> {
        let label = &label;
        self.reader.read(|link| async move { count_labelled(&link, account, kind, label).await }).await
    }

    async fn write_app_records(
        &self,
        writes: Vec<AppWrite>,
        counts: Vec<AppCount>,
    ) -> Result<AppWritten, StoreError> {
        self.errands.run(Writing { writes, counts, streams: self.streams }).await
    }

    async fn forget_app_records(&self, now: Time, most: usize) -> Result<usize, StoreError> {
        self.chore(async |link| forget_expired(&link, now, most).await).await
    }
}

/// Keys as arrays of a statement.
#[derive(Default)]
struct Keys<'k> {
    account: Vec<i64>,
    kind: Vec<&'static str>,
    id: Vec<Cow<'k, str>>,
}

impl<'k> Keys<'k> {
    fn push(&mut self, key: &'k AppKey) {
        self.account.push(key.account.0.into());
        self.kind.push(key.kind.word());
        self.id.push(text(&key.id));
    }
}

impl<'k> FromIterator<&'k AppKey> for Keys<'k> {
    fn from_iter<I: IntoIterator<Item = &'k AppKey>>(keys: I) -> Self {
        let mut arrays = Self::default();
        keys.into_iter().for_each(|key| arrays.push(key));
        arrays
    }
}

/// The records of these keys.
async fn find(link: &Link, keys: &[AppKey]) -> Result<Vec<Option<AppRecord>>, Error> {
    let arrays: Keys<'_> = keys.iter().collect();
    let sql = "SELECT n.place, r.version, r.person, r.due, r.expires, r.document \
               FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY AS n (account, kind, id, place) \
               JOIN LATERAL (SELECT * FROM app_record WHERE app_record.account = n.account \
                             AND app_record.kind = n.kind AND app_record.id = n.id OFFSET 0) r ON true";
    let mut found: Vec<Option<AppRecord>> = keys.iter().map(|_| None).collect();
    for row in link.query(sql, &[&arrays.account, &arrays.kind, &arrays.id]).await? {
        let place = usize::try_from(row.try_get::<_, i64>(0)? - 1).unwrap_or(usize::MAX);
        if let (Some(key), Some(slot)) = (keys.get(place), found.get_mut(place)) {
            *slot = Some(one(&row, key)?);
        }
    }
    Ok(found)
}

fn one(row: &Row, key: &AppKey) -> Result<AppRecord, Error> {
    let place = (i64::from(key.account.0), key.kind, key.id.clone());
    let times = (row.try_get(3)?, row.try_get(4)?);
    Ok(record(place, row.try_get(1)?, row.try_get(2)?, times, row.try_get::<_, &str>(5)?.into()))
}

/// The records that meet all of the filter's conditions.
async fn list(link: &Link, filter: &AppFilter) -> Result<Vec<AppRecord>, Error> {
    let (account, due, after, id, label) = list_values(filter);
    let (most, kind) = (limit(filter.limit.min(LIST_MAX)), filter.kind.word());
    let (id, label) = (text(&id), text(&label));
    let values: [Value<'_>; 7] = [&kind, &account, &due, &after, &id, &most, &label];
    let rows = link.query(&crate::app_records::list(filter, '$'), &values).await?;
    let read = |row: &Row| {
        let place = (row.try_get(0)?, filter.kind, row.try_get::<_, &str>(1)?.into());
        let times = (row.try_get(4)?, row.try_get(5)?);
        Ok(record(place, row.try_get(2)?, row.try_get(3)?, times, row.try_get::<_, &str>(6)?.into()))
    };
    rows.iter().map(read).collect()
}

async fn count_labelled(link: &Link, account: AccountId, kind: AppKind, label: &str) -> Result<u64, Error> {
    let (account, label) = (i64::from(account.0), text(label));
    let rows = link.query(&count('$'), &[&account, &kind.word(), &label]).await?;
    let many: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
    Ok(many.cast_unsigned())
}

/// Records and counts that change together.
struct Writing {
    /// The records, each once.
    writes: Vec<AppWrite>,
    /// The counts.
    counts: Vec<AppCount>,
    /// Whether events are kept.
    streams: bool,
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
        if !self.is_current(transaction).await? {
            return Ok(AppWritten::Changed);
        }
        self.forget(transaction).await?;
        self.keep(transaction).await?;
        let page = if self.streams { EventPage::of_apps(&self.writes) } else { EventPage::default() };
        let pages: Pages<'_> = [&page].into_iter().collect();
        if let Some(call) = pages.call() {
            transaction.all(&[call]).await?;
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
    /// The records that writes are about, and the versions that must be there.
    fn expected(&self) -> impl Iterator<Item = (&AppKey, u64)> {
        self.writes.iter().filter_map(AppWrite::expects)
    }

    /// The accounts that it concerns, in an order that all nodes keep to: so none waits for another in a circle.
    fn accounts(&self) -> Vec<i32> {
        let written = self.expected().map(|(key, _)| key.account);
        let all = written.chain(self.counts.iter().map(|count| count.account));
        let mut accounts: Vec<i32> = all.map(|account| account.0.cast_signed()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }

    /// Whether each record has the version that was read.
    async fn is_current(&self, transaction: &mut Transaction<'_>) -> Result<bool, Error> {
        let keys: Keys<'_> = self.expected().map(|(key, _)| key).collect();
        let versions: Vec<i64> = self.expected().map(|(_, version)| version.cast_signed()).collect();
        if versions.is_empty() {
            return Ok(true);
        }
        let sql = "SELECT count(*) FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[]) \
                       AS n (account, kind, id, version) \
                   LEFT JOIN LATERAL (SELECT version FROM app_record WHERE app_record.account = n.account \
                             AND app_record.kind = n.kind AND app_record.id = n.id OFFSET 0) r ON true \
                   WHERE coalesce(r.version, 0) <> n.version";
        let rows = transaction.query(sql, &[&keys.account, &keys.kind, &keys.id, &versions]).await?;
        let changed: i64 = rows.first().map_or(Ok(0), |row| row.try_get(0))?;
        Ok(changed == 0)
    }

    async fn forget(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let forgotten = self.writes.iter().filter_map(|write| match write {
            AppWrite::Forget(key, _) => Some(key),
            AppWrite::Keep(_) | AppWrite::Tell(_) => None,
        });
        let keys: Keys<'_> = forgotten.collect();
        if keys.id.is_empty() {
            return Ok(());
        }
        let sql = "DELETE FROM app_record r USING unnest($1::bigint[], $2::text[], $3::text[]) AS n (account, kind, id) \
                   WHERE r.account = n.account AND r.kind = n.kind AND r.id = n.id";
        transaction.execute(sql, &[&keys.account, &keys.kind, &keys.id]).await.map(drop)
    }

    async fn keep(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let kept: Vec<&AppRecord> = self
            .writes
            .iter()
            .filter_map(|write| match write {
                AppWrite::Keep(record) => Some(record),
                AppWrite::Forget(..) | AppWrite::Tell(_) => None,
            })
            .collect();
        if kept.is_empty() {
            return Ok(());
        }
        let keys: Keys<'_> = kept.iter().map(|record| &record.key).collect();
        let versions: Vec<i64> = kept.iter().map(|record| record.version.cast_signed() + 1).collect();
        let people: Vec<Option<String>> = kept.iter().map(|record| person(record)).collect();
        let due: Vec<Option<i64>> = kept.iter().map(|record| record.due.map(|time| time.0)).collect();
        let expires: Vec<Option<i64>> = kept.iter().map(|record| record.expires.map(|time| time.0)).collect();
        let documents: Vec<Cow<'_, str>> = kept.iter().map(|record| text(&record.document)).collect();
        let sql = "INSERT INTO app_record (account, kind, id, version, person, due, expires, document) \
                   SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::bigint[], \
                                        $7::bigint[], $8::text[]) \
                   ON CONFLICT (account, kind, id) DO UPDATE SET version = excluded.version, person = excluded.person, \
                       due = excluded.due, expires = excluded.expires, document = excluded.document";
        let values: [Value<'_>; 8] =
            [&keys.account, &keys.kind, &keys.id, &versions, &people, &due, &expires, &documents];
        transaction.execute(sql, &values).await?;
        label(transaction, &kept).await
    }
}

/// Writes labels in the place of those that records had.
async fn label(transaction: &mut Transaction<'_>, kept: &[&AppRecord]) -> Result<(), Error> {
    let had = kept.iter().filter(|record| record.labels.is_some() && record.version > 0);
    let had: Keys<'_> = had.map(|record| &record.key).collect();
    if !had.id.is_empty() {
        let sql = "DELETE FROM app_label l USING unnest($1::bigint[], $2::text[], $3::text[]) AS n (account, kind, id) \
                   WHERE l.account = n.account AND l.kind = n.kind AND l.id = n.id";
        transaction.execute(sql, &[&had.account, &had.kind, &had.id]).await?;
    }
    let (mut keys, mut labels) = (Keys::default(), Vec::new());
    for record in kept {
        for label in record.labels.iter().flatten() {
            keys.push(&record.key);
            labels.push(text(label));
        }
    }
    if labels.is_empty() {
        return Ok(());
    }
    let sql = "INSERT INTO app_label (account, kind, id, label) \
               SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) ON CONFLICT DO NOTHING";
    transaction.execute(sql, &[&keys.account, &keys.kind, &keys.id, &labels]).await.map(drop)
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

/// Forgets what has expired.
async fn forget_expired(link: &Link, now: Time, most: usize) -> Result<usize, Error> {
    let [records, counts] = forget('$');
    let most = limit(most);
    let forgotten = link.execute(&records, &[&now.0, &most]).await?;
    link.execute(&counts, &[&now.0, &most]).await?;
    Ok(usize::try_from(forgotten).unwrap_or(0))
}
