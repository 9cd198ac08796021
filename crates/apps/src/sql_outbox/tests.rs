//! An SQLite of an application, and a gateway in memory.

use super::*;
use crate::testing::Gateway;
use postrider_core::contract::{OutboxRow, RowDecision, RowEnd};
use postrider_core::id::MessageId;
use postrider_core::route::UpstreamId;
use postrider_store::sql_outbox;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

const TABLE: &str = include_str!("../../../../docs/src/sql-outbox/sqlite.sql");

/// An application's database.
struct Database(TempDir);

impl Database {
    fn new() -> Self {
        let database = Self(tempfile::tempdir().unwrap());
        database.connection().execute_batch(TABLE).unwrap();
        database
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("app.db")
    }

    fn connection(&self) -> Connection {
        let connection = Connection::open(self.path()).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection
    }

    fn insert(&self, recipient: &str, text: &str) {
        let sql = "INSERT INTO sms_outbox (recipient, text) VALUES (?1, ?2)";
        self.connection().execute(sql, [recipient, text]).unwrap();
    }

    fn table(&self, node: u8) -> Arc<dyn SqlOutbox> {
        let address = format!("sqlite:{}", self.path().display());
        sql_outbox::open(&address, self.0.path(), &"sms_outbox".parse().unwrap(), node).unwrap()
    }

    /// Of each row what a query says.
    fn rows(&self, expression: &str) -> Vec<String> {
        let connection = self.connection();
        let sql = format!("SELECT coalesce({expression}, '-') FROM sms_outbox ORDER BY id");
        let mut statement = connection.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}

fn reader(gateway: &Gateway, table: Arc<dyn SqlOutbox>) -> OutboxReader {
    OutboxReader::new(gateway.parts(), "orders", "shop", table, Duration::ZERO)
}

async fn settle(reader: &OutboxReader) {
    while reader.look().await.unwrap() {}
}

#[tokio::test]
async fn a_row_becomes_a_message_and_hears_what_became_of_it() {
    let (gateway, _) = Gateway::new().await;
    let database = Database::new();
    let reader = reader(&gateway, database.table(0));
    database.insert("+447700900001", "One");
    database.insert("nobody", "Two");
    database.insert("+447700900003", "Three");
    settle(&reader).await;
    assert_eq!(gateway.texts().await, ["One", "Three"]);
    assert_eq!(database.rows("state"), ["accepted", "refused", "accepted"]);
    assert_eq!(database.rows("error_code"), ["-", "invalid_recipient", "-"]);
    let ids: Vec<String> = gateway.messages().await.iter().map(|message| message.id.to_string()).collect();
    assert_eq!(database.rows("CAST(message_id AS TEXT)"), [&*ids[0], "-", &*ids[1]]);

    gateway.deliver(UpstreamId(gateway.ways().await[0].0)).await;
    settle(&reader).await;
    assert_eq!(database.rows("state"), ["delivered", "refused", "delivered"]);
    assert!(database.rows("ended_at").iter().all(|at| at.ends_with('Z')));
    settle(&reader).await;
    assert_eq!(gateway.texts().await.len(), 2);
}

#[tokio::test]
async fn every_column_arrives_and_a_bad_one_is_told_in_the_row() {
    let (gateway, _) = Gateway::new().await;
    let database = Database::new();
    let reader = reader(&gateway, database.table(0));
    let insert = "INSERT INTO sms_outbox (recipient, text, sender, class, valid_for, reference) VALUES";
    let connection = database.connection();
    connection
        .execute_batch(&format!("{insert} ('+447700900001', 'Hi', 'Shop', 'otp', '5m', 'r1')"))
        .unwrap();
    for (columns, values) in [
        ("class", "'urgent'"),
        ("send_at", "'tomorrow'"),
        ("valid_for", "'a while'"),
        ("recipient", "NULL"),
        ("text", "''"),
    ] {
        let others =
            [("recipient", "'+447700900002'"), ("text", "'Hi'")].into_iter().filter(|it| it.0 != columns);
        let (mut names, mut given) = (vec![columns], vec![values]);
        others.for_each(|(name, value)| {
            names.push(name);
            given.push(value);
        });
        let sql = format!("INSERT INTO sms_outbox ({}) VALUES ({})", names.join(", "), given.join(", "));
        connection.execute_batch(&sql).unwrap();
    }
    settle(&reader).await;
    let codes = ["-", "invalid_class", "invalid_send_at", "invalid_valid_for", "invalid_recipient"];
    assert_eq!(database.rows("error_code")[..5], codes);
    assert_eq!(database.rows("state")[5], "refused");
    assert!(database.rows("error_detail")[1].starts_with("'urgent' is no class: write"));
    let message = &gateway.messages().await[0];
    assert_eq!(message.reference.as_deref(), Some("r1"));
}

/// A database to which nothing gets through at some point of the way of a row, as if the process had died there.
struct Dying {
    table: Arc<dyn SqlOutbox>,
    /// Writes that still get through.
    left: AtomicU32,
    /// Whether the write that fails was made, and only its answer was lost.
    is_made: bool,
}

impl Dying {
    async fn write<T>(&self, write: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        let dead = || StoreError::Unavailable("the process is dead".into());
        let left = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        match left {
            Ok(_) => write.await,
            Err(_) if self.is_made => {
                write.await?;
                Err(dead())
            }
            Err(_) => Err(dead()),
        }
    }
}

#[async_trait::async_trait]
impl SqlOutbox for Dying {
    async fn claim(&self, most: usize) -> Result<Vec<OutboxRow>, StoreError> {
        self.write(self.table.claim(most)).await
    }

    async fn intend(&self, rows: Vec<(Box<str>, MessageId)>) -> Result<Vec<Box<str>>, StoreError> {
        self.write(self.table.intend(rows)).await
    }

    async fn decide(&self, rows: Vec<(Box<str>, RowDecision)>) -> Result<(), StoreError> {
        self.write(self.table.decide(rows)).await
    }

    async fn end(&self, ends: Vec<RowEnd>) -> Result<(), StoreError> {
        self.write(self.table.end(ends)).await
    }
}

#[tokio::test]
async fn whatever_fails_a_row_becomes_one_message_and_hears_its_end() {
    for is_made in [false, true] {
        for left in 0..4 {
            let (gateway, _) = Gateway::new().await;
            let database = Database::new();
            for row in 0..5 {
                database.insert(&format!("+44770090000{row}"), "Hello");
            }
            let dying = Dying { table: database.table(0), left: AtomicU32::new(left), is_made };
            let first = reader(&gateway, Arc::new(dying));
            let died = first.look().await;
            // Messages end while nobody tells their rows.
            if !gateway.messages().await.is_empty() {
                gateway.deliver(UpstreamId(gateway.ways().await[0].0)).await;
            }
            let _ = first.look().await;
            // Who followed the ends is dead for long enough.
            gateway.pass(Duration::from_secs(20));
            let second = reader(&gateway, database.table(0));
            settle(&second).await;
            let case = format!("{left} writes, made: {is_made}, {died:?}");
            assert_eq!(gateway.texts().await.len(), 5, "{case}");
            if gateway.history(gateway.messages().await[0].id).await.outcome.is_none() {
                gateway.deliver(UpstreamId(gateway.ways().await[0].0)).await;
            }
            settle(&second).await;
            assert_eq!(database.rows("state"), ["delivered"; 5], "{case}");
        }
    }
}

#[tokio::test]
async fn nodes_share_a_table_and_a_dead_ones_rows_are_taken_over() {
    let (gateway, _) = Gateway::new().await;
    let database = Database::new();
    for row in 0..6 {
        database.insert(&format!("+44770090000{row}"), "Hello");
    }
    let dead = database.table(1);
    assert_eq!(dead.claim(2).await.unwrap().len(), 2);
    let living = reader(&gateway, database.table(2));
    settle(&living).await;
    assert_eq!(gateway.texts().await.len(), 4);
    let late = "UPDATE sms_outbox SET claimed_at = '2020-01-01T00:00:00.000Z' WHERE state = 'claimed'";
    database.connection().execute_batch(late).unwrap();
    settle(&living).await;
    assert_eq!(gateway.texts().await.len(), 6);
    let message = MessageId::from_number(1);
    let held = dead.intend(vec![("1".into(), message)]).await.unwrap();
    assert!(held.is_empty(), "another node has sent it");
}

#[tokio::test]
async fn a_key_that_is_used_again_is_refused() {
    let (gateway, _) = Gateway::new().await;
    let database = Database::new();
    let reader = reader(&gateway, database.table(0));
    database.insert("+447700900001", "One");
    settle(&reader).await;
    database.connection().execute_batch("UPDATE sms_outbox SET state = 'new', message_id = NULL").unwrap();
    settle(&reader).await;
    assert_eq!((database.rows("state"), gateway.texts().await.len()), (vec!["accepted".into()], 1));
    let other = "UPDATE sms_outbox SET state = 'new', message_id = NULL, text = 'Other'";
    database.connection().execute_batch(other).unwrap();
    settle(&reader).await;
    assert_eq!(database.rows("error_code"), ["idempotency_key_reused"]);
}

#[tokio::test]
async fn what_a_table_lacks_is_told() {
    let (gateway, _) = Gateway::new().await;
    let database = Database::new();
    database.connection().execute_batch("ALTER TABLE sms_outbox DROP COLUMN ended_at").unwrap();
    let error = reader(&gateway, database.table(0)).look().await.unwrap_err().to_string();
    assert!(error.contains("the table sms_outbox lacks columns: ended_at"), "{error}");
    database.connection().execute_batch("DROP TABLE sms_outbox").unwrap();
    let error = reader(&gateway, database.table(0)).look().await.unwrap_err().to_string();
    assert!(error.contains("there is no table sms_outbox"), "{error}");
}
