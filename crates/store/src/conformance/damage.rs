//! Rows that can't be read are set aside, and everything else goes on.

use super::Place;
use super::samples::{
    ELSEWHERE, NOW, UPSTREAM, accept, accept_owned, after, awaited, change, ended, find, id, ids, lease,
    lease_of, message, record, taken, wanted,
};
use postrider_core::contract::{Due, Filter, Parked, Record, Store};
use postrider_core::delivery::{Change, PartReport, PartSet, Queue, State};
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::notice::Lane;
use postrider_core::principal::Viewer;
use postrider_core::receipt::{Report, Reported};
use postrider_core::time::Time;
use std::sync::Arc;

/// Changes the row of message `n` in a table.
async fn damage(place: &impl Place, table: &str, change: &str, n: u64) {
    place.sql(&format!("UPDATE {table} SET {change} WHERE id = {}", id(n))).await;
}

async fn damaged(store: &dyn Store) -> u64 {
    store.depths().await.expect("counted").damaged
}

/// Whatever is wrong with a message, others are leased in its place, and it is met only once.
pub async fn a_damaged_message_holds_no_lease_up(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, (1..=7).map(message)).await;
    for (n, change) in [(1, "class = 99"), (2, "plan = '?'"), (3, "sender = ''"), (4, "text = NULL")] {
        damage(place, "message", change, n).await;
    }
    place.sql(&format!("DELETE FROM message WHERE id = {}", id(5))).await;
    let leased = store.lease(UPSTREAM, wanted(1, 1), NOW).await.expect("leased");
    assert_eq!(ids(&leased.deliveries), [id(6)]);
    assert_eq!(ids(&lease(&*store).await), [id(7)]);
    let depths = store.depths().await.expect("counted");
    assert_eq!((depths.damaged, depths.queued), (5, vec![(UPSTREAM, 2)]));
}

/// It is set aside also by who finds nothing besides.
pub async fn what_is_damaged_is_met_once(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, (1..=3).map(|n| Message { expires: after(n), ..message(n) })).await;
    accept_owned(&*store, [message(4)]).await;
    record(&*store, [ended(&message(4), State::Delivered)]).await;
    place.sql("UPDATE message SET class = 99").await;
    assert_eq!(store.overdue(9, after(1)).await.expect("found"), []);
    assert_eq!(damaged(&*store).await, 1);
    assert_eq!(store.lease_notices(Lane::Webhooks, 9, after(9)).await.expect("leased"), Due::default());
    assert_eq!(damaged(&*store).await, 2);
    assert_eq!(lease(&*store).await, []);
    assert_eq!(damaged(&*store).await, 4);
}

/// Neither a close nor a death returns to the queue what was set aside.
pub async fn what_is_set_aside_stays_there(place: &impl Place) {
    let mut store = place.open().await;
    accept(&*store, [message(1), message(2)]).await;
    damage(place, "message", "class = 99", 1).await;
    for is_closed in [false, true] {
        assert_eq!(ids(&lease(&*store).await), [id(2)]);
        if is_closed {
            store.close().await;
        }
        drop(store);
        store = place.open().await;
        assert_eq!(damaged(&*store).await, 1);
    }
    damage(place, "message", "class = 1", 1).await;
    assert_eq!(ids(&lease(&*store).await), [id(2)], "somebody must return it");
    damage(place, "queue", "owner = 0", 1).await;
    assert_eq!((ids(&lease(&*store).await), damaged(&*store).await), (vec![id(1)], 0));
}

/// What is looked for from time to time is found without it.
pub async fn a_damaged_message_holds_no_chore_up(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, (1..=4).map(|n| Message { expires: after(n), ..message(n) })).await;
    damage(place, "message", "class = 99", 1).await;
    assert_eq!(ids(&store.overdue(1, after(9)).await.expect("found")), [id(2)]);
    damage(place, "message", "class = 99", 3).await;
    assert_eq!(ids(&store.stranded(vec![ELSEWHERE], None, 1).await.expect("found").deliveries), [id(4)]);
    assert_eq!(damaged(&*store).await, 2);
}

/// Of notices too.
pub async fn a_damaged_notice_holds_no_lane_up(place: &impl Place) {
    let mut store = place.open().await;
    accept_owned(&*store, (1..=5).map(message)).await;
    record(&*store, (1..=5).map(|n| ended(&message(n), State::Delivered))).await;
    damage(place, "outcome", "state = 99", 1).await;
    damage(place, "notice", "what = 99", 2).await;
    damage(place, "message", "via = 99", 3).await;
    let due = store.lease_notices(Lane::Webhooks, 1, after(9)).await.expect("leased");
    assert_eq!(due.notices.iter().map(|notice| notice.id).collect::<Vec<_>>(), [id(4).into()]);
    assert_eq!(damaged(&*store).await, 3);
    drop(store);
    store = place.open().await;
    let due = store.lease_notices(Lane::Webhooks, 9, after(9)).await.expect("leased");
    let told: Vec<_> = due.notices.iter().map(|notice| notice.id).collect();
    assert_eq!(told, [id(4), id(5)].map(Into::into));
    assert_eq!(store.lease_notices(Lane::Webhooks, 9, after(9)).await.expect("leased"), Due::default());
    assert_eq!(damaged(&*store).await, 3);
}

/// A receipt of a message that can't be read finds none; what waits for receipts is gone through without it.
pub async fn a_damaged_message_waits_for_no_receipt(place: &impl Place) {
    for by in 0..3 {
        accept_and_send(place, by * 10).await;
        let store = place.open().await;
        let [broken, whole] = [1, 2].map(|n| by * 10 + n);
        damage(place, "message", "class = 99", broken).await;
        match by {
            0 => assert!(find(&*store, &format!("a{broken}")).await.is_none()),
            1 => {
                let silent = ids(&store.silent(after(9), 9).await.expect("found"));
                assert!(silent.contains(&id(whole)) && !silent.contains(&id(broken)), "{silent:?}");
            }
            _ => {
                let from = (id(by * 10), "".into());
                let unheard = store.unheard(UPSTREAM, after(9), from, 9).await.expect("found");
                assert_eq!(unheard.iter().map(|part| part.message.id).collect::<Vec<_>>(), [id(whole)]);
            }
        }
        assert_eq!(damaged(&*store).await, by + 1);
        assert!(find(&*store, &format!("a{whole}")).await.is_some());
        store.close().await;
    }
}

/// A receipt reads its message, what waits for it, its place in the queue and how other parts ended. Whichever of these can't be
/// read, the receipts that came together with it find theirs.
pub async fn a_damaged_row_holds_no_other_receipt_up(place: &impl Place) {
    let faults = [
        ("message", "class = 99", "id"),
        ("waiting", "parts = 999", "message"),
        ("queue", "failed = -1", "id"),
        ("part", "state = 99", "message"),
    ];
    for ((table, fault, key), n) in faults.into_iter().zip(1..) {
        let store = place.open().await;
        let (broken, whole) = (Message { parts: 3, ..message(n * 10) }, message(n * 10 + 1));
        accept_owned(&*store, [broken.clone(), whole.clone()]).await;
        let name = |part: u8| format!("{table}{part}");
        let queue = Queue::Put {
            upstream: UPSTREAM,
            due: after(30),
            failed: 1,
            taken: PartSet::default().with(0).with(1),
            possible_duplicate: false,
        };
        let awaited = vec![awaited(&name(0), 0, 3), awaited(&name(1), 1, 3)];
        let half = Change { queue, awaited, ..change(&broken) };
        let part = PartReport { part: 1, state: State::Undelivered, error: None };
        let arrived = vec![(UPSTREAM, name(1).into())];
        let ended = Change { arrived, part: Some(part), ..change(&broken) };
        record(&*store, [half, ended, taken(&whole, &name(9))]).await;
        place.sql(&format!("UPDATE {table} SET {fault} WHERE {key} = {}", broken.id.number())).await;
        let asked = [0, 9].map(|part| (UPSTREAM, name(part).into()));
        let found = store.find(asked.into()).await.expect("nothing stands in the way");
        assert!(found[0].is_none() && found[1].is_some(), "{table}");
        assert_eq!(damaged(&*store).await, n, "{table}");
        store.close().await;
    }
}

async fn accept_and_send(place: &impl Place, before: u64) {
    let store = place.open().await;
    let messages = [message(before + 1), message(before + 2)];
    accept_owned(&*store, messages.clone()).await;
    let sent = messages.iter().zip(1..).map(|(message, n)| taken(message, &format!("a{}", before + n)));
    record(&*store, sent).await;
    store.close().await;
}

/// Receipts that found no message are listed without those that can't be read.
pub async fn a_damaged_parked_receipt_is_left_out(place: &impl Place) {
    let store = place.open().await;
    let parked = |reference: &str| Parked {
        upstream: UPSTREAM,
        report: Report {
            reference: reference.into(),
            also: None,
            between: [None, None],
            reported: Reported::Delivered,
            error: None,
        },
        key: reference.into(),
        at: Time(0),
    };
    let both = vec![parked("a"), parked("b")];
    store.record(Arc::new(Record { parked: both, ..Record::default() })).await.expect("recorded");
    place.sql("UPDATE parked SET reported = 99 WHERE reference = 'b'").await;
    assert_eq!(store.parked(1).await.expect("listed"), []);
    assert_eq!(store.parked(1).await.expect("listed"), [parked("a")]);
    assert_eq!(damaged(&*store).await, 1);
    // One that comes again whole is seen again.
    place.sql("UPDATE parked SET reported = 1 WHERE reference = 'b'").await;
    let again = Record { parked: vec![parked("b")], ..Record::default() };
    store.record(Arc::new(again)).await.expect("recorded");
    assert_eq!(store.parked(9).await.expect("listed"), [parked("b"), parked("a")]);
    assert_eq!(damaged(&*store).await, 0);
}

/// A list leaves out what can't be read; whoever asks for it alone is told.
pub async fn a_damaged_message_is_left_out_of_lists(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, (1..=3).map(message)).await;
    damage(place, "message", "class = 99", 2).await;
    let listed = store.list(Filter::all(Viewer::Everything, 9)).await.expect("listed").entries;
    assert_eq!(listed.iter().map(|entry| entry.message.id).collect::<Vec<_>>(), [id(3), id(1)]);
    let known = store.messages(message(1).account, vec![id(1), id(2)]).await.expect("read");
    assert_eq!(known.iter().map(|message| message.id).collect::<Vec<MessageId>>(), [id(1)]);
    assert!(store.history(Viewer::Everything, id(2)).await.is_err());
    assert_eq!(ids(&lease_of(&*store, UPSTREAM, 1, NOW).await), [id(1)]);
}
