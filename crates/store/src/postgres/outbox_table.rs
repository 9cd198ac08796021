//! An outbox table of an application's PostgreSQL.

use super::OpenError;
use super::error::Error;
use super::link::{Link, Value};
use super::open::{Connector, Purpose};
use crate::sql_outbox::{CLAIM_SECONDS, Columns, TableName};
use async_trait::async_trait;
use postrider_core::contract::{OutboxRow, RowDecision, RowEnd, SqlOutbox, StoreError};
use postrider_core::id::MessageId;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_postgres::Row;

/// How long a statement may take, the connecting included: more than the database's own limit on it.
const PATIENCE: Duration = Duration::from_secs(15);

/// An outbox table.
pub(crate) struct PostgresOutbox {
    connector: Connector,
    table: TableName,
    /// Who claims rows.
    claimant: String,
    open: Mutex<Option<Arc<Open>>>,
}

/// A connection, and the statements that the table's columns ask for.
struct Open {
    link: Link,
    columns: Columns,
    claim: String,
    intend: String,
    accept: String,
    refuse: String,
    release: String,
    end: String,
}

impl PostgresOutbox {
    /// The table at this address. Nothing is connected yet.
    pub(crate) fn new(url: &str, table: &TableName, node: u8) -> Result<Self, OpenError> {
        let connector = Connector::new(url, node)?;
        let claimant = format!("postrider {node}");
        Ok(Self { connector, table: table.clone(), claimant, open: Mutex::default() })
    }

    /// Does something on the connection, which is made if need be. One that failed is not used again.
    async fn on<T, F>(&self, work: impl FnOnce(Arc<Open>) -> F + Send) -> Result<T, StoreError>
    where
        T: Send,
        F: Future<Output = Result<T, Error>> + Send,
    {
        let mut slot = self.open.lock().await;
        let working = async {
            let open = match slot.take().filter(|open| !open.link.is_closed()) {
                Some(open) => open,
                None => Arc::new(self.connect().await?),
            };
            let done = work(Arc::clone(&open)).await?;
            *slot = Some(open);
            Ok(done)
        };
        let done = tokio::time::timeout(PATIENCE, working).await.unwrap_or(Err(Error::Late));
        done.map_err(|error: Error| StoreError::Unavailable(error.to_string()))
    }

    async fn connect(&self) -> Result<Open, Error> {
        let link = self.connector.connect(Purpose::Outbox).await?;
        let sql = "SELECT attname::text, format_type(atttypid, NULL) FROM pg_catalog.pg_attribute \
                   WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped";
        let found = link.query(sql, &[&self.table.quoted()]).await?;
        let (mut names, mut key) = (Vec::new(), String::new());
        for row in &found {
            let (name, kind): (String, String) = (row.try_get(0)?, row.try_get(1)?);
            if name == "id" {
                key = kind;
            }
            names.push(name);
        }
        let columns = Columns::of(&self.table, &names).map_err(Error::Damaged)?;
        Ok(Open::new(link, columns, self.table.quoted(), &key))
    }
}

impl Open {
    /// The statements for a table whose key has this type.
    fn new(link: Link, columns: Columns, table: &str, key: &str) -> Self {
        let mut inputs = String::new();
        for column in &columns.inputs {
            // The text of any type, times as ISO 8601.
            let _ = write!(inputs, ", to_json({column}) #>> '{{}}'");
        }
        let held = "state = 'claimed' AND claimed_by =";
        let claim = format!(
            "WITH wanted AS (SELECT id AS wanted_id FROM {table} WHERE state IN ('new', 'claimed') AND (state = 'new' \
             OR claimed_by = $2 OR claimed_at < now() - interval '{CLAIM_SECONDS} seconds') \
             ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED) \
             UPDATE {table} SET state = 'claimed', claimed_by = $2, claimed_at = now() FROM wanted WHERE id = wanted_id \
             RETURNING id::text, message_id{inputs}"
        );
        let intend = format!(
            "UPDATE {table} SET message_id = given.message, claimed_at = now() \
             FROM unnest($1::text[]::{key}[], $2::int8[]) AS given (item, message) \
             WHERE id = given.item AND {held} $3 RETURNING id::text"
        );
        let accept = format!(
            "UPDATE {table} SET state = 'accepted', message_id = given.message, accepted_at = now(), error_code = NULL, \
             error_detail = NULL FROM unnest($1::text[]::{key}[], $2::int8[]) AS given (item, message) \
             WHERE id = given.item AND {held} $3"
        );
        let refuse = format!(
            "UPDATE {table} SET state = 'refused', message_id = NULL, ended_at = now(), error_code = given.code, \
             error_detail = given.detail FROM unnest($1::text[]::{key}[], $2::text[], $3::text[]) \
             AS given (item, code, detail) WHERE id = given.item AND {held} $4"
        );
        let release =
            format!("UPDATE {table} SET state = 'new' WHERE id = ANY($1::text[]::{key}[]) AND {held} $2");
        let end = format!(
            "UPDATE {table} SET state = given.state, error_code = given.code, error_detail = given.detail, \
             ended_at = to_timestamp(given.at / 1000.0), accepted_at = coalesce(accepted_at, now()) \
             FROM unnest($1::int8[], $2::text[], $3::text[], $4::text[], $5::int8[]) \
             AS given (message, state, code, detail, at) \
             WHERE message_id = given.message AND {table}.state IN ('claimed', 'accepted')"
        );
        Self { link, columns, claim, intend, accept, refuse, release, end }
    }
}

#[async_trait]
impl SqlOutbox for PostgresOutbox {
    async fn claim(&self, most: usize) -> Result<Vec<OutboxRow>, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        self.on(async |open| {
            let rows = open.link.query(&open.claim, &[&most, &self.claimant]).await?;
            let read: Result<Vec<OutboxRow>, Error> = rows.iter().map(|row| claimed(&open, row)).collect();
            let mut rows = read?;
            // What an update returns has no order. Numbers as texts are in order by their length first.
            rows.sort_by(|one, other| (one.key.len(), &one.key).cmp(&(other.key.len(), &other.key)));
            Ok(rows)
        })
        .await
    }

    async fn intend(&self, rows: Vec<(Box<str>, MessageId)>) -> Result<Vec<Box<str>>, StoreError> {
        self.on(async |open| {
            let (keys, messages) = keys_and_numbers(&rows);
            let held = open.link.query(&open.intend, &[&keys, &messages, &self.claimant]).await?;
            held.iter().map(|row| Ok(row.try_get::<_, String>(0)?.into())).collect()
        })
        .await
    }

    async fn decide(&self, rows: Vec<(Box<str>, RowDecision)>) -> Result<(), StoreError> {
        let (mut accepted, mut refused, mut later) =
            (Vec::new(), (Vec::new(), Vec::new(), Vec::new()), Vec::new());
        for (key, decision) in &rows {
            match decision {
                RowDecision::Accepted(message) => accepted.push((key.clone(), *message)),
                RowDecision::Refused(why) => {
                    refused.0.push(&**key);
                    refused.1.push(&*why.code);
                    refused.2.push(&*why.detail);
                }
                RowDecision::Later => later.push(&**key),
            }
        }
        self.on(async |open| {
            let (keys, messages) = keys_and_numbers(&accepted);
            if !keys.is_empty() {
                open.link.execute(&open.accept, &[&keys, &messages, &self.claimant]).await?;
            }
            if !refused.0.is_empty() {
                let values: [Value<'_>; 4] = [&refused.0, &refused.1, &refused.2, &self.claimant];
                open.link.execute(&open.refuse, &values).await?;
            }
            if !later.is_empty() {
                open.link.execute(&open.release, &[&later, &self.claimant]).await?;
            }
            Ok(())
        })
        .await
    }

    async fn end(&self, ends: Vec<RowEnd>) -> Result<(), StoreError> {
        let messages: Vec<i64> = ends.iter().map(|end| end.message.number().cast_signed()).collect();
        let states: Vec<&str> = ends.iter().map(|end| end.state.word()).collect();
        let codes: Vec<Option<&str>> =
            ends.iter().map(|end| end.error.as_ref().map(|(code, _)| &**code)).collect();
        let details: Vec<Option<&str>> =
            ends.iter().map(|end| end.error.as_ref().map(|(_, detail)| &**detail)).collect();
        let times: Vec<i64> = ends.iter().map(|end| end.at.0).collect();
        self.on(async |open| {
            let values: [Value<'_>; 5] = [&messages, &states, &codes, &details, &times];
            open.link.execute(&open.end, &values).await?;
            Ok(())
        })
        .await
    }
}

fn keys_and_numbers(rows: &[(Box<str>, MessageId)]) -> (Vec<&str>, Vec<i64>) {
    rows.iter().map(|(key, message)| (&**key, message.number().cast_signed())).unzip()
}

fn claimed(open: &Open, row: &Row) -> Result<OutboxRow, Error> {
    let intended: Option<i64> = row.try_get(1)?;
    let mut fields = Vec::with_capacity(open.columns.inputs.len());
    for (place, column) in open.columns.inputs.iter().enumerate() {
        if let Some(value) = row.try_get::<_, Option<String>>(place + 2)? {
            fields.push((*column, value.into()));
        }
    }
    let intended = intended.map(|number| MessageId::from_number(number.cast_unsigned()));
    Ok(OutboxRow { key: row.try_get::<_, String>(0)?.into(), intended, fields })
}
