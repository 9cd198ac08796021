//! However many days are kept, what is done again and again opens the tables of those days alone that it is about.
//!
//! A statement takes the locks of all tables that its plan may need, each time: of 90 days that is what most of its time
//! goes to, and what statements of several connections wait for each other with.

use super::Database;
use crate::conformance::samples::{
    accept, accept_owned, after, ended, find as found, id, ids, lease as leased, message, record, taken,
};
use crate::postgres::days::Days;
use crate::postgres::link::{Link, Value};
use crate::postgres::open::{Connector, Purpose};
use crate::postgres::{chores, find, gathered, history, lease, notices, rebuild};
use postrider_core::contract::Store;
use postrider_core::delivery::State;
use postrider_core::notice::Lane;
use postrider_core::principal::Viewer;

/// Days that have tables.
const DAYS: i64 = 40;
const OPENED: &str = "SELECT regexp_replace(c.relname, '_.*', ''), count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation \
     WHERE l.pid = pg_backend_pid() AND c.relispartition AND c.relkind = 'r' GROUP BY 1 ORDER BY 1";

/// A node's connection to a database with so many days, and a message of one of them, as its tables have it.
async fn connected() -> (Database, Link, i64) {
    let database = Database::new();
    let _store = database.node(1).await;
    let today: i64 = database.sql("SELECT max(day) - 3 FROM day").parse().unwrap();
    database.sql(&format!(
        "SELECT count(make_day(d)) FROM generate_series({}, {}) AS d",
        today + 4 - DAYS,
        today + 3
    ));
    assert_eq!(database.sql("SELECT count(*) FROM day"), DAYS.to_string());
    let message = (today - 10) * (86_400_000 << 22) + 1;
    database.sql(&format!(
        "INSERT INTO message (id, account, class, recipient, text, parts, due, expires, receipts, via, flash, exempt, plan, cancel_on_reply) \
         VALUES ({message}, 1, 1, 447700900001, 'x', 1, 1, 9, 0, 0, false, false, '7 world', false)"
    ));
    let link = Connector::new(&database.url(), 1).unwrap().connect(Purpose::Writing).await.unwrap();
    (database, link, message)
}

/// The tables of days that a statement opens when it is not new, and how many of each.
async fn opened(link: &Link, sql: &str, values: &[Value<'_>]) -> Vec<(String, i64)> {
    // When it is planned it opens whatever the planner looks at.
    link.script("BEGIN").await.unwrap();
    link.query(sql, values).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    link.script("ROLLBACK").await.unwrap();
    link.script("BEGIN").await.unwrap();
    link.query(sql, values).await.unwrap();
    let rows = link.query(OPENED, &[]).await.unwrap();
    link.script("ROLLBACK").await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn one_of(tables: &[&str]) -> Vec<(String, i64)> {
    tables.iter().map(|table| ((*table).to_owned(), 1)).collect()
}

#[tokio::test]
async fn a_lease_opens_the_days_of_what_it_takes() {
    let (_database, link, message) = connected().await;
    let values: [Value<'_>; 9] =
        [&1i16, &7i64, &9i64, &50i64, &50i64, &0i64, &256i32, &Vec::<i64>::new(), &3i16];
    assert_eq!(opened(&link, lease::LEASE, &values).await, one_of(&[]));
    let ids = vec![message];
    let days = Days::of(&ids).unwrap();
    let values: [Value<'_>; 5] = [&ids, &vec![7i64], &vec![0i32], &vec![0i64], &vec![false]];
    assert_eq!(opened(&link, &lease::messages(days), &values).await, one_of(&["message"]));
    let later = vec![message, message + (86_400_000 << 22)];
    let two = opened(&link, &find::messages(Days::of(&later).unwrap()), &[&later]).await;
    assert_eq!(two, [("message".to_owned(), 2)]);
}

#[tokio::test]
async fn a_receipt_opens_the_day_of_its_message() {
    let (_database, link, message) = connected().await;
    let found = opened(&link, &find::query(), &[&vec![7i64], &vec!["a"]]).await;
    assert_eq!(found, one_of(&[]));
    let ids = vec![message];
    let read = opened(&link, &find::messages(Days::of(&ids).unwrap()), &[&ids]).await;
    assert_eq!(read, one_of(&["message"]));
}

#[tokio::test]
async fn a_notice_opens_the_day_of_its_message() {
    let (_database, link, message) = connected().await;
    let taken = opened(&link, notices::TAKE, &[&1i16, &-1i64, &9i64, &50i64]).await;
    assert_eq!(taken, one_of(&[]));
    let days = Days::of(&[message]).unwrap();
    let values: [Value<'_>; 4] = [&vec![message], &vec![0i16], &vec![9i64], &vec![0i32]];
    assert_eq!(opened(&link, &notices::contents(days), &values).await, one_of(&["message", "outcome"]));
}

#[tokio::test]
async fn what_waits_for_receipts_too_long_opens_the_days_since_the_oldest_of_it() {
    let (_database, link, message) = connected().await;
    assert_eq!(opened(&link, chores::OLDEST, &[&message]).await, one_of(&[]));
    let days = Days::of(&[message]).unwrap();
    let values: [Value<'_>; 3] = [&9i64, &(message + 1), &50i64];
    assert_eq!(opened(&link, &chores::long_silent(days), &values).await, one_of(&["part"]));
    assert_eq!(opened(&link, &rebuild::ended(days), &[&vec![message]]).await, one_of(&["part"]));
    assert_eq!(opened(&link, &gathered::complete(), &[&50i64]).await, one_of(&[]));
    let values: [Value<'_>; 6] = [&0i64, &"", &(message + 1), &7i64, &9i64, &50i64];
    assert_eq!(opened(&link, chores::UNHEARD, &values).await, one_of(&[]));
}

#[tokio::test]
async fn a_history_opens_the_day_of_its_message() {
    let (_database, link, message) = connected().await;
    let (standing, further) = history::queries(Days::of(&[message]).unwrap());
    let values: [Value<'_>; 2] = [&message, &None::<i64>];
    assert_eq!(opened(&link, &standing, &values).await, one_of(&["message", "outcome"]));
    for (sql, tables) in further.iter().zip([&[][..], &["part"], &[], &[]]) {
        assert_eq!(opened(&link, sql, &[&message]).await, one_of(tables), "{sql}");
    }
}

/// Who needs a table that nobody may open waits until it gives up.
#[tokio::test]
async fn the_life_of_a_message_opens_no_day_but_its_own() {
    let database = Database::new();
    let store = database.node(1).await;
    let own = i64::try_from(id(1).number()).unwrap() / (86_400_000 << 22);
    database.sql(&format!("SELECT count(make_day(d)) FROM generate_series({}, {own}) AS d", own - DAYS));
    let others = database.sql(&format!(
        "SELECT string_agg(c.oid::regclass::text, ', ') FROM pg_class c \
         WHERE c.relispartition AND c.relkind = 'r' AND c.relname !~ to_char(date '2024-01-01' + {own}, 'YYYYMMDD')"
    ));
    let closed = Connector::new(&database.url(), 2).unwrap().connect(Purpose::Chores).await.unwrap();
    closed.script(&format!("BEGIN; LOCK TABLE {others}")).await.unwrap();

    accept_owned(&*store, [message(1)]).await;
    accept(&*store, [message(2)]).await;
    assert_eq!(ids(&leased(&*store).await), [id(2)]);
    record(&*store, [taken(&message(1), "a1"), taken(&message(2), "a2")]).await;
    assert_eq!(found(&*store, "a2").await.map(|(found, _)| found.message.id), Some(id(2)));
    record(&*store, [ended(&message(1), State::Delivered)]).await;
    let told = store.lease_notices(Lane::Webhooks, 10, after(9)).await.unwrap();
    assert_eq!(told.notices.iter().map(|notice| notice.id).collect::<Vec<_>>(), [id(1).into()]);
    let silent = store.silent(after(60), 10).await.unwrap();
    assert_eq!(ids(&silent), [id(1), id(2)]);
    let history = store.history(Viewer::Everything, id(1)).await.unwrap().unwrap();
    assert_eq!(history.state, State::Delivered);
}
