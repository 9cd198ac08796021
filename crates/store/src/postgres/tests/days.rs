//! Days as partitions: made ahead and when they are needed, forgotten whole.

use super::Database;
use crate::conformance::samples::{NOW, accept_owned, after, ended, id, message, record, taken};
use postrider_core::contract::{Filter, Store};
use postrider_core::delivery::{Change, State};
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;
use std::time::Duration;

const DAYS: &str = "SELECT count(*) FROM pg_inherits WHERE inhparent IN ('message'::regclass, 'outcome'::regclass, \
                    'part'::regclass)";

#[tokio::test]
async fn the_days_to_come_are_there_and_others_are_made() {
    let database = Database::new();
    let store = database.node(1).await;
    assert_eq!(database.sql(DAYS), "12");
    let next = |n: u64| Message { id: MessageId::first_at(NOW + Duration::from_hours(24 * n)), ..message(n) };
    let (one, two) = tokio::join!(
        accept_owned(&*store, [message(1), next(1)]),
        accept_owned(&*store, [message(2), next(2)])
    );
    ((), ()) = (one, two);
    assert_eq!(database.sql(DAYS), "21");
    assert_eq!(database.sql("SELECT count(*) FROM message_20250616"), "1");
    let all = store.list(Filter::all(Viewer::Everything, 9)).await.unwrap().entries;
    let all: Vec<_> = all.iter().map(|entry| entry.message.id).collect();
    assert_eq!(all, [next(2).id, next(1).id, id(2), id(1)]);
}

#[tokio::test]
async fn a_day_of_which_nothing_is_under_way_goes_whole() {
    let database = Database::new();
    let store = database.node(1).await;
    accept_owned(&*store, (1..=3).map(message)).await;
    let odd = Change { remark: Some("odd".into()), ..ended(&message(2), State::Failed) };
    record(&*store, [ended(&message(1), State::Delivered), odd, taken(&message(3), "a3")]).await;
    let day_after = after(2 * 86_400);
    assert_eq!(store.purge(NOW, 100).await.unwrap(), 0);
    assert_eq!(store.purge(day_after, 100).await.unwrap(), 2);
    assert_eq!(database.sql("SELECT count(*) FROM message_20250615"), "1");
    let end = Change { arrived: vec![(UpstreamId(7), "a3".into())], ..ended(&message(3), State::Delivered) };
    record(&*store, [end]).await;
    assert_eq!(store.purge(day_after, 100).await.unwrap(), 1);
    assert_eq!(database.sql("SELECT to_regclass('message_20250615')"), "");
    assert_eq!(database.sql("SELECT (SELECT count(*) FROM notice) + (SELECT count(*) FROM remark)"), "0");
    // It can come back.
    accept_owned(&*store, [message(4)]).await;
    assert_eq!(database.sql("SELECT count(*) FROM message_20250615"), "1");
}
