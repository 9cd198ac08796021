//! Recipients of campaigns and batches.

use super::Postgres;
use super::errand::Errand;
use super::error::Error;
use super::link::{Link, Transaction, Value};
use super::rows::{limit, text, with_outcome};
use crate::limits::LIST_MAX;
use crate::recipients::{
    add_count, audience, count, forget, list, next_audience, place, result_columns, row,
};
use async_trait::async_trait;
use postrider_core::contract::{
    AudienceKey, RecipientCounts, RecipientResult, RecipientRow, RecipientStore, StoreError, WantedRecipients,
};
use postrider_core::number::Number;
use std::collections::BTreeSet;
use tokio_postgres::Row;

#[async_trait]
impl RecipientStore for Postgres {
    async fn add_recipients(
        &self,
        audience: AudienceKey,
        recipients: Vec<(Number, Box<str>)>,
    ) -> Result<Vec<usize>, StoreError> {
        self.errands.run(Adding { audience, recipients }).await
    }

    async fn recipients(
        &self,
        audience: AudienceKey,
        wanted: WantedRecipients,
        after: u64,
        most: usize,
    ) -> Result<Vec<RecipientRow>, StoreError> {
        self.reader.read(|link| async move { page(&link, audience, wanted, after, most).await }).await
    }

    async fn note_results(
        &self,
        audience: AudienceKey,
        results: Vec<(u64, RecipientResult)>,
    ) -> Result<(), StoreError> {
        self.errands.run(Noting { audience, results }).await
    }

    async fn count_recipients(&self, audience: AudienceKey) -> Result<RecipientCounts, StoreError> {
        self.reader.read(|link| async move { counts(&link, audience).await }).await
    }

    async fn forget_recipients(&self, audience: AudienceKey, most: usize) -> Result<usize, StoreError> {
        self.chore(async |link| {
            let (account, run) = place(audience);
            let forgotten = link.execute(&forget('$'), &[&account, &run, &limit(most)]).await?;
            Ok(usize::try_from(forgotten).unwrap_or(0))
        })
        .await
    }

    async fn rewrite_recipients(
        &self,
        audience: AudienceKey,
        changes: Vec<(u64, Box<str>, Box<str>)>,
    ) -> Result<(), StoreError> {
        self.chore(async |link| rewrite(&link, audience, &changes).await).await
    }

    async fn next_audience(&self, after: Option<AudienceKey>) -> Result<Option<AudienceKey>, StoreError> {
        self.reader.read(|link| async move { next(&link, after).await }).await
    }
}

async fn page(
    link: &Link,
    audience: AudienceKey,
    wanted: WantedRecipients,
    after: u64,
    most: usize,
) -> Result<Vec<RecipientRow>, Error> {
    let (account, run) = place(audience);
    let sql = list(wanted, '$', &with_outcome("r.message"));
    let values: [Value<'_>; 4] = [&account, &run, &after.cast_signed(), &limit(most.min(LIST_MAX))];
    let read = |columns: &Row| {
        let document: &str = columns.try_get(2)?;
        let refusal: Option<&str> = columns.try_get(4)?;
        let ended: Option<i16> = columns.try_get(5)?;
        let whom = (columns.try_get(0)?, columns.try_get(1)?, document.into());
        Ok(row(whom, (columns.try_get(3)?, refusal.map(Into::into)), ended.map(i64::from)))
    };
    link.query(&sql, &values).await?.iter().map(read).collect()
}

async fn counts(link: &Link, audience: AudienceKey) -> Result<RecipientCounts, Error> {
    let (account, run) = place(audience);
    let mut counts = RecipientCounts::default();
    for line in link.query(&count('$', &with_outcome("r.message")), &[&account, &run]).await? {
        let ended: Option<i16> = line.try_get(2)?;
        add_count(&mut counts, line.try_get(0)?, line.try_get(1)?, ended.map(i64::from), line.try_get(3)?);
    }
    Ok(counts)
}

async fn next(link: &Link, after: Option<AudienceKey>) -> Result<Option<AudienceKey>, Error> {
    let (account, run) = after.map_or((-1, 0), place);
    let rows = link.query(&next_audience('$'), &[&account, &run]).await?;
    let first = rows.first().map(|row| Ok::<_, Error>(audience(row.try_get(0)?, row.try_get(1)?)));
    first.transpose()
}

async fn rewrite(
    link: &Link,
    audience: AudienceKey,
    changes: &[(u64, Box<str>, Box<str>)],
) -> Result<(), Error> {
    let (account, run) = place(audience);
    let positions: Vec<i64> = changes.iter().map(|(position, ..)| position.cast_signed()).collect();
    let old: Vec<&str> = changes.iter().map(|(_, old, _)| &**old).collect();
    let new: Vec<&str> = changes.iter().map(|(.., new)| &**new).collect();
    let sql = "UPDATE recipient r SET document = n.new \
               FROM unnest($3::bigint[], $4::text[], $5::text[]) AS n (position, old, new) \
               WHERE r.account = $1 AND r.run = $2 AND r.position = n.position AND r.document = n.old";
    link.execute(sql, &[&account, &run, &positions, &old, &new]).await.map(drop)
}

struct Adding {
    audience: AudienceKey,
    recipients: Vec<(Number, Box<str>)>,
}

/// The lock of an account's audiences, until its transaction ends: positions are given once.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7887003, $1)";

impl Errand for Adding {
    type Answer = Vec<usize>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<usize>, Error> {
        let (account, run) = place(self.audience);
        transaction.query(LOCK, &[&self.audience.account.0.cast_signed()]).await?;
        let numbers: Vec<i64> =
            self.recipients.iter().map(|(number, _)| number.digits().cast_signed()).collect();
        let documents: Vec<_> = self.recipients.iter().map(|(_, document)| text(document)).collect();
        let sql = "INSERT INTO recipient (account, run, position, number, document) \
                   SELECT $1::bigint, $2::bigint, \
                          (SELECT coalesce(max(position), 0) FROM recipient WHERE account = $1 AND run = $2) + n.place, \
                          n.number, n.document \
                   FROM unnest($3::bigint[], $4::text[]) WITH ORDINALITY AS n (number, document, place) \
                   ORDER BY n.place ON CONFLICT DO NOTHING RETURNING number";
        let mut added = BTreeSet::<i64>::new();
        for row in transaction.query(sql, &[&account, &run, &numbers, &documents]).await? {
            added.insert(row.try_get(0)?);
        }
        // Of a number that comes twice the first one is new.
        let is_new = |number: &i64| added.remove(number);
        let new: Vec<bool> = numbers.iter().map(is_new).collect();
        Ok(new.iter().enumerate().filter(|(_, is_new)| !**is_new).map(|(place, _)| place).collect())
    }
}

struct Noting {
    audience: AudienceKey,
    results: Vec<(u64, RecipientResult)>,
}

impl Errand for Noting {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let (account, run) = place(self.audience);
        let positions: Vec<i64> = self.results.iter().map(|(position, _)| position.cast_signed()).collect();
        let columns = || self.results.iter().map(|(_, result)| result_columns(result));
        let messages: Vec<Option<i64>> = columns().map(|(message, _)| message).collect();
        let refusals: Vec<Option<&str>> = columns().map(|(_, refusal)| refusal).collect();
        let sql = "UPDATE recipient r SET message = n.message, refusal = n.refusal \
                   FROM unnest($3::bigint[], $4::bigint[], $5::text[]) AS n (position, message, refusal) \
                   WHERE r.account = $1 AND r.run = $2 AND r.position = n.position";
        transaction.execute(sql, &[&account, &run, &positions, &messages, &refusals]).await.map(drop)
    }
}
