//! An outbox table of an application, shared by nodes.

use super::Database;
use crate::sql_outbox;
use postrider_core::contract::{Refused, RowDecision, RowEnd, SqlOutbox};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::time::Time;
use std::path::Path;
use std::sync::Arc;

const TABLE: &str = include_str!("../../../../../docs/src/sql-outbox/postgres.sql");

fn node(database: &Database, node: u8) -> Arc<dyn SqlOutbox> {
    sql_outbox::open(&database.url(), Path::new(""), &"sms_outbox".parse().unwrap(), node).unwrap()
}

fn message(number: u64) -> MessageId {
    MessageId::from_number(number)
}

#[tokio::test]
async fn rows_are_claimed_once_decided_and_ended() {
    let database = Database::new();
    database.sql(TABLE);
    let insert = "INSERT INTO sms_outbox (recipient, text, send_at) SELECT '+4477009000' || n, 'Hi', ";
    database.sql(&format!("{insert} '2030-01-31 10:00+01' FROM generate_series(1, 12) AS n"));
    let (one, other) = (node(&database, 1), node(&database, 2));
    let (first, second) = (one.claim(7).await.unwrap(), other.claim(7).await.unwrap());
    let keys = |rows: &[postrider_core::contract::OutboxRow]| -> Vec<String> {
        rows.iter().map(|row| row.key.to_string()).collect()
    };
    assert_eq!(keys(&first), ["1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!(keys(&second), ["8", "9", "10", "11", "12"]);
    let fields = [("recipient", "+44770090001"), ("text", "Hi"), ("send_at", "2030-01-31T09:00:00+00:00")];
    assert_eq!(first[0].fields, fields.map(|(name, value)| (name, value.into())));

    let intended = vec![("1".into(), message(11)), ("8".into(), message(18))];
    assert_eq!(one.intend(intended).await.unwrap(), ["1".into()], "the other is another node's");
    // Its end is heard before it is known to be accepted.
    let error = Some(("absent_subscriber".into(), "no handset".into()));
    let end = |number, error| RowEnd {
        message: message(number),
        state: State::Undelivered,
        error,
        at: Time(5_000),
    };
    one.end(vec![end(11, error), end(999, None)]).await.unwrap();
    let refused = Refused { code: "no_route".into(), detail: "none".into(), field: None };
    let decisions = vec![
        ("1".into(), RowDecision::Accepted(message(11))),
        ("2".into(), RowDecision::Refused(refused)),
        ("3".into(), RowDecision::Accepted(message(13))),
        ("4".into(), RowDecision::Later),
        ("8".into(), RowDecision::Accepted(message(77))),
    ];
    one.decide(decisions).await.unwrap();
    let rows = database.sql(
        "SELECT id, state, message_id, error_code, error_detail, extract(epoch FROM ended_at)::int = 5 \
         FROM sms_outbox WHERE id IN (1, 2, 3, 4, 8) ORDER BY id",
    );
    let told = [
        "1|undelivered|11|absent_subscriber|no handset|t",
        "2|refused||no_route|none|f",
        "3|accepted|13|||",
        "4|new||||",
        "8|claimed||||",
    ];
    assert_eq!(rows.lines().collect::<Vec<_>>(), told);

    assert_eq!(keys(&one.claim(9).await.unwrap()), ["4", "5", "6", "7"], "its own are claimed anew");
    database.sql("UPDATE sms_outbox SET claimed_at = now() - interval '31 seconds' WHERE id = 9");
    assert_eq!(keys(&one.claim(1).await.unwrap()), ["4"]);
    assert_eq!(keys(&one.claim(9).await.unwrap()), ["4", "5", "6", "7", "9"], "a dead node's too");
}

#[tokio::test]
async fn a_key_may_be_of_any_type_and_columns_may_lack() {
    let database = Database::new();
    database.sql(TABLE);
    database.sql(
        "ALTER TABLE sms_outbox DROP COLUMN id, DROP COLUMN sender, DROP COLUMN send_at, \
         ADD COLUMN id uuid PRIMARY KEY DEFAULT gen_random_uuid()",
    );
    database.sql("INSERT INTO sms_outbox (recipient, text) VALUES ('+447700900001', 'Hi')");
    let table = node(&database, 1);
    let row = table.claim(5).await.unwrap().remove(0);
    assert_eq!(
        table.intend(vec![(row.key.clone(), message(1))]).await.unwrap(),
        std::slice::from_ref(&row.key)
    );
    assert_eq!(table.claim(5).await.unwrap()[0].intended, Some(message(1)));
    table.decide(vec![(row.key, RowDecision::Accepted(message(1)))]).await.unwrap();
    assert_eq!(database.sql("SELECT state FROM sms_outbox"), "accepted");
    database.sql("ALTER TABLE sms_outbox DROP COLUMN recipient");
    let error = node(&database, 1).claim(1).await.unwrap_err().to_string();
    assert!(error.contains("lacks columns: recipient"), "{error}");
}
