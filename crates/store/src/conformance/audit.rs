//! The audit log.

use super::Place;
use super::samples::{NOW, after};
use crate::audit::{Chain, Fault};
use postrider_core::audit::{ActorKind, Event, Filter, Line};
use postrider_core::contract::{Keeping, ResourceChange, Store};
use postrider_core::time::Time;
use std::time::Duration;

fn event(at: Time, who: &str, action: &str) -> Event {
    Event {
        at,
        who: who.into(),
        role: ActorKind::Administrator,
        address: Some("192.0.2.1".into()),
        action: action.into(),
        subject: "/v1/messages/7".into(),
        outcome: "200".into(),
        detail: Some("{\"query\":\"x\"}".into()),
    }
}

async fn trail(store: &dyn Store, filter: Filter) -> Vec<Line> {
    store.trail(Filter { limit: 99, ..filter }).await.expect("read").0
}

/// What the chain says of the whole log.
async fn faults(store: &dyn Store) -> Vec<Fault> {
    let filter = Filter { oldest_first: true, limit: 99, ..Filter::default() };
    let (lines, head) = store.trail(filter).await.expect("read");
    let mut chain = Chain::default();
    lines.into_iter().for_each(|line| chain.check(line));
    chain.end(head);
    chain.faults
}

/// Whoever adds them, and after the store was opened again. A change behind the store's back shows.
pub async fn lines_are_chained_and_read_back_whole(place: &impl Place) {
    let store = place.open().await;
    let plain = Event { address: None, detail: None, role: ActorKind::System, ..event(NOW, "", "a.b") };
    store.note(vec![event(NOW, "ops", "GET /v1/messages"), plain.clone()]).await.expect("noted");
    store.close().await;
    drop(store);
    let store = place.open().await;
    let odd = Event { subject: "a\u{1F4E8}b".into(), ..event(after(5), "eve", "GET /v1/inbound") };
    store.note(vec![odd.clone()]).await.expect("noted");
    let found = trail(&*store, Filter { oldest_first: true, ..Filter::default() }).await;
    assert_eq!(found.iter().map(|line| line.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(
        found.iter().map(|line| &line.event).collect::<Vec<_>>(),
        [&event(NOW, "ops", "GET /v1/messages"), &plain, &odd]
    );
    let sequences = async |filter: Filter| {
        trail(&*store, filter).await.into_iter().map(|line| line.sequence).collect::<Vec<_>>()
    };
    assert_eq!(sequences(Filter::default()).await, [3, 2, 1]);
    assert_eq!(sequences(Filter { after: Some(3), ..Filter::default() }).await, [2, 1]);
    assert_eq!(sequences(Filter { who: Some("eve".into()), ..Filter::default() }).await, [3]);
    assert_eq!(sequences(Filter { action: Some("GET /v1/".into()), ..Filter::default() }).await, [3, 1]);
    assert_eq!(sequences(Filter { since: Some(after(1)), ..Filter::default() }).await, [3]);
    assert_eq!(sequences(Filter { until: Some(after(1)), ..Filter::default() }).await, [2, 1]);
    assert_eq!(sequences(Filter { address: Some("192.0.2.1".into()), ..Filter::default() }).await, [3, 1]);
    assert_eq!(faults(&*store).await, []);
    place.sql("UPDATE audit SET who = 'mallory' WHERE id = 2").await;
    assert_eq!(faults(&*store).await, [Fault::Changed(2)]);
    place.sql("DELETE FROM audit WHERE id = 3").await;
    assert_eq!(faults(&*store).await, [Fault::Changed(2), Fault::Truncated(2, 3)]);
}

/// In the transaction of the change.
pub async fn changes_of_declarations_leave_lines(place: &impl Place) {
    let store = place.open().await;
    let change = ResourceChange {
        at: NOW,
        who: "ops".into(),
        kind: "route".into(),
        name: "world".into(),
        before: None,
        after: Some("{\"prefix\":\"44\"}".into()),
    };
    let by_file = ResourceChange { who: "file".into(), after: None, ..change.clone() };
    let by_user = ResourceChange { who: "user:anna".into(), ..change.clone() };
    store.declare(vec![(change, Keeping::Document("{}".into()))]).await.expect("declared");
    store.declare(vec![(by_file, Keeping::Number), (by_user, Keeping::Number)]).await.expect("declared");
    let lines = trail(&*store, Filter { oldest_first: true, ..Filter::default() }).await;
    let told: Vec<_> =
        lines.iter().map(|line| (&*line.event.who, line.event.role, &*line.event.action)).collect();
    assert_eq!(
        told,
        [
            ("ops", ActorKind::Administrator, "change"),
            ("file", ActorKind::System, "change"),
            ("anna", ActorKind::User, "change"),
        ]
    );
    assert_eq!(&*lines[0].event.subject, "route world");
    assert_eq!(lines[0].event.detail.as_deref(), Some("{\"before\":null,\"after\":{\"prefix\":\"44\"}}"));
    assert_eq!(faults(&*store).await, []);
}

/// Once a day, so that these lines don't become many. The rest is as whole as before.
pub async fn old_lines_leave_one_that_says_so(place: &impl Place) {
    let store = place.open().await;
    let (day, hour) = (Duration::from_hours(24), Duration::from_hours(1));
    let times = [NOW, NOW + hour, NOW + day + hour, NOW + day + day];
    store.note(times.map(|at| event(at, "ops", "change")).to_vec()).await.expect("noted");
    let forget = async |before, most| store.forget_lines(before, after(9), most).await.expect("removed");
    assert_eq!(forget(NOW + day, 9).await, 0, "the oldest is less than a day older");
    assert_eq!(forget(NOW + day + hour, 9).await, 2);
    assert_eq!(forget(NOW + day + hour, 9).await, 0);
    let lines = trail(&*store, Filter { oldest_first: true, ..Filter::default() }).await;
    assert_eq!(lines.iter().map(|line| line.sequence).collect::<Vec<_>>(), [3, 4, 5]);
    assert_eq!(&*lines[2].event.action, postrider_core::audit::REMOVED);
    assert_eq!(faults(&*store).await, []);
    place.sql("DELETE FROM audit WHERE id = 3").await;
    assert_eq!(faults(&*store).await, [Fault::Missing(1, 3)]);
}
