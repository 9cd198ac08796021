//! The stream of events keeps its order though transactions of several nodes end in another one.

use super::Database;
use crate::conformance::samples::{SHOP, after};
use crate::postgres::open::{Connector, Purpose};
use postrider_core::contract::{EventsWanted, Record, Store};
use postrider_core::principal::Viewer;
use postrider_core::stream::{EventFilter, EventPosition, OtherEvent, StreamEvent};
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked again.
const PATIENCE: u32 = 1_500;

fn event(kind: &str) -> Record {
    let kind = kind.to_owned().into();
    let event = OtherEvent { kind, account: Some(SHOP), at: after(1), facts: Vec::new() };
    Record { events: vec![event], ..Record::default() }
}

async fn kinds(store: &dyn Store) -> Vec<String> {
    let filter = EventFilter { viewer: Viewer::Everything, types: None };
    let wanted = EventsWanted { filter, after: Some(EventPosition::START), most: 99 };
    let found = store.events(wanted).await.unwrap().events;
    let kind = |(_, event)| match event {
        StreamEvent::Other(event) => event.kind.into_owned(),
        other => panic!("{other:?}"),
    };
    found.into_iter().map(kind).collect()
}

/// The same page as that of [`event`], written by hand.
const INSERT: &str =
    "INSERT INTO event_page (at, events) SELECT at, events FROM event_page ORDER BY id LIMIT 1";

#[tokio::test]
async fn nothing_is_shown_before_what_may_still_come_before_it() {
    let database = Database::new();
    let (one, two) = (database.node(1).await, database.node(2).await);
    one.record(Arc::new(event("first"))).await.unwrap();
    assert_eq!(kinds(&*one).await, ["first"]);
    assert_eq!(kinds(&*two).await, ["first"]);
    let link = Connector::new(&database.url(), 3).unwrap().connect(Purpose::Chores).await.unwrap();
    link.script(&format!("BEGIN; {INSERT}")).await.unwrap();
    one.record(Arc::new(event("last"))).await.unwrap();
    for store in [&one, &two] {
        assert_eq!(kinds(&**store).await, ["first"]);
        assert_eq!(kinds(&**store).await, ["first"]);
    }
    link.script("COMMIT").await.unwrap();
    for store in [&one, &two] {
        assert_eq!(kinds(&**store).await, ["first", "first", "last"]);
    }
}

#[tokio::test]
async fn a_page_that_never_comes_holds_nobody_up() {
    let database = Database::new();
    let store = database.node(1).await;
    store.record(Arc::new(event("first"))).await.unwrap();
    let link = Connector::new(&database.url(), 3).unwrap().connect(Purpose::Chores).await.unwrap();
    link.script(&format!("BEGIN; {INSERT}; ROLLBACK")).await.unwrap();
    store.record(Arc::new(event("last"))).await.unwrap();
    // Once to see the gap, and once to see that all who could fill it have ended: older transactions of other databases of the
    // cluster among them, as PostgreSQL counts.
    let mut seen = kinds(&*store).await;
    for _ in 0..PATIENCE {
        if seen.len() > 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        seen = kinds(&*store).await;
    }
    assert_eq!(seen, ["first", "last"]);
}
