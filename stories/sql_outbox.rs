//! A program inserts rows into its own database. Each becomes one message, though the gateway is killed meanwhile, and hears what became
//! of it.

use crate::harness::{Plan, carrier, eventually};
use postrider_simulator::carrier::Part;
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;

const ROWS: usize = 600;

fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
}

fn count(path: &Path, condition: &str) -> usize {
    let sql = format!("SELECT count(*) FROM sms_outbox WHERE {condition}");
    open(path).query_row(&sql, [], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap()
}

#[tokio::test]
async fn a_row_becomes_one_message_and_hears_its_end() {
    let carrier = carrier().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("app.db");
    open(&path).execute_batch(include_str!("../docs/src/sql-outbox/sqlite.sql")).unwrap();
    let section = format!(
        "[outboxes.orders]\ndatabase = 'sqlite:{}'\naccount = 'shop'\nevery = '100ms'",
        path.display()
    );
    let mut gateway = Plan::simple(carrier.address()).with(&section).start().await;
    let mut connection = open(&path);
    let transaction = connection.transaction().unwrap();
    for row in 0..ROWS {
        let values = (format!("+4477009{row:05}"), format!("Hello {row}"));
        transaction.execute("INSERT INTO sms_outbox (recipient, text) VALUES (?1, ?2)", values).unwrap();
    }
    transaction.execute("INSERT INTO sms_outbox (recipient, text) VALUES ('nobody', 'Hi')", ()).unwrap();
    transaction.commit().unwrap();
    let some = async || (carrier.accepted().len() > 20).then_some(());
    eventually("the first messages", some).await;
    gateway.kill().await;
    gateway.start_again().await;
    let ended = async || (count(&path, "state IN ('delivered', 'unknown')") == ROWS).then_some(());
    eventually("every row to hear its end", ended).await;
    assert_eq!(count(&path, "state = 'refused' AND error_code = 'invalid_recipient'"), 1);
    let mut texts: Vec<String> = carrier.accepted().iter().map(Part::text).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), ROWS);
    let kept = gateway.http("shop").get("/v1/messages?limit=500").await.ok();
    let next = kept["next"].as_str().unwrap();
    let rest = gateway.http("shop").get(&format!("/v1/messages?limit=500&cursor={next}")).await.ok();
    assert_eq!(rest["messages"].as_array().unwrap().len(), ROWS - 500, "each row is one message");
    gateway.stop().await;
}
