//! What is done from time to time.

use super::Place;
use super::samples::{
    BANK, ELSEWHERE, NOW, SHOP, UPSTREAM, accept, accept_by, accept_owned, after, awaited, change, ended,
    find, id, ids, lease, message, record, taken,
};
use postrider_core::contract::{Filter, Parked, Record, Stranded, Told, Unheard};
use postrider_core::delivery::{Awaited, Change, PartSet, Queue, State};
use postrider_core::id::MessageId;
use postrider_core::message::{Class, Message, Via};
use postrider_core::notice::Attempt;
use postrider_core::notice::Lane;
use postrider_core::principal::Viewer;
use postrider_core::receipt::{Report, Reported};
use std::sync::Arc;

/// What is in somebody's hands is left to them.
pub async fn what_is_overdue_is_given_once(place: &impl Place) {
    let store = place.open().await;
    let until = |n, seconds| Message { expires: after(seconds), ..message(n) };
    accept(&*store, [until(1, 10), until(2, 11), until(3, 9)]).await;
    accept_owned(&*store, [until(4, 1)]).await;
    assert_eq!(store.overdue(9, after(8)).await.expect("read"), []);
    assert_eq!(ids(&store.overdue(1, after(10)).await.expect("read")), [id(3)]);
    assert_eq!(ids(&store.overdue(9, after(10)).await.expect("read")), [id(1)]);
    assert_eq!(store.overdue(9, after(10)).await.expect("read"), []);
    assert_eq!(ids(&lease(&*store).await), [id(2)]);
}

/// Each message once, with all that is known of it; what is half sent is not waited for yet.
pub async fn the_silent_are_those_sent_before(place: &impl Place) {
    let store = place.open().await;
    let long = Message { parts: 2, ..message(1) };
    accept_owned(&*store, [long.clone(), message(2), message(3), message(4)]).await;
    let both = vec![awaited("a0", 0, 2), awaited("a1", 1, 2)];
    let sent = Change { at: after(1), queue: Queue::Leave, awaited: both, ..change(&long) };
    let later = Change { at: after(5), ..taken(&message(2), "b") };
    let queue = Queue::Put {
        upstream: UPSTREAM,
        due: after(30),
        failed: 1,
        taken: PartSet(1),
        possible_duplicate: false,
    };
    let half = Change { queue, awaited: vec![awaited("c", 0, 2)], ..change(&message(3)) };
    record(&*store, [sent, later, half, ended(&message(4), State::Delivered)]).await;
    let silent = store.silent(after(5), 9).await.expect("read");
    assert_eq!(ids(&silent), [id(1)]);
    assert_eq!((silent[0].state, silent[0].parts, silent[0].taken), (State::Sent, 2, PartSet(0b11)));
    assert_eq!(silent[0].reference.as_deref(), Some("a0"));
    assert_eq!(store.silent(after(9), 9).await.expect("read").len(), 2);
    assert_eq!(store.silent(after(9), 1).await.expect("read").len(), 1);
}

/// The older message still comes to an end.
pub async fn a_name_used_again_leaves_the_older_message_to_be_silent(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1), message(2)]).await;
    record(&*store, [taken(&message(1), "a1"), Change { at: after(9), ..taken(&message(2), "a1") }]).await;
    let silent = store.silent(after(5), 9).await.expect("read");
    assert_eq!(ids(&silent), [id(1)]);
    let reference = silent[0].reference.clone().expect("it has a name");
    let end = Change { arrived: vec![(UPSTREAM, reference)], ..ended(&message(1), State::Unknown) };
    record(&*store, [end]).await;
    assert_eq!(store.silent(after(5), 9).await.expect("read"), []);
    assert_eq!(find(&*store, "a1").await.map(|(found, _)| found.message.id), Some(id(2)));
}

/// In the order of their messages and from place to place, each with the name that its carrier gave it.
pub async fn the_unheard_are_parts_sent_before(place: &impl Place) {
    let store = place.open().await;
    let long = Message { parts: 2, ..message(1) };
    accept_owned(&*store, [long.clone(), message(2), message(3), message(4), message(5)]).await;
    accept_by(&*store, ELSEWHERE, true, [message(6)]).await;
    let spelled = Awaited { given: Some("00AF".into()), ..awaited("af", 1, 2) };
    let both = vec![awaited("b0", 0, 2), spelled];
    let sent = Change { at: after(1), queue: Queue::Leave, awaited: both, ..change(&long) };
    let foreign = Change {
        queue: Queue::Leave,
        awaited: vec![Awaited { upstream: ELSEWHERE, ..awaited("e", 0, 1) }],
        ..change(&message(6))
    };
    let later = Change { at: after(9), ..taken(&message(3), "d") };
    let changes = [sent, taken(&message(2), "c"), later, foreign, taken(&message(5), "f")];
    record(&*store, changes).await;
    let heard = Change { arrived: vec![(UPSTREAM, "f".into())], ..ended(&message(5), State::Delivered) };
    record(&*store, [heard]).await;

    let first = (MessageId::from_number(0), Box::default());
    let unheard = store.unheard(UPSTREAM, after(9), first.clone(), 9).await.expect("read");
    let names = |unheard: &[Unheard]| -> Vec<(MessageId, String, String)> {
        unheard.iter().map(|it| (it.message.id, it.key.to_string(), it.given.to_string())).collect()
    };
    let all = [(id(1), "af", "00AF"), (id(1), "b0", "b0"), (id(2), "c", "c")];
    let all = all.map(|(id, key, given)| (id, key.to_owned(), given.to_owned()));
    assert_eq!(names(&unheard), all);
    assert_eq!(unheard[0].message.to, long.to);
    let mut place = first;
    for one in &all {
        let next = store.unheard(UPSTREAM, after(9), place, 1).await.expect("read");
        assert_eq!(names(&next), std::slice::from_ref(one));
        place = next[0].place();
    }
    assert_eq!(store.unheard(UPSTREAM, after(9), place.clone(), 9).await.expect("read"), []);
    assert_eq!(names(&store.unheard(UPSTREAM, after(10), place, 9).await.expect("read")).len(), 1);
    let youngest = (MessageId::from_number(0), Box::default());
    assert_eq!(store.unheard(UPSTREAM, NOW, youngest, 9).await.expect("read"), [], "accepted later");
}

/// What no upstream will send any more.
pub async fn the_stranded_have_no_upstream(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1), message(2)]).await;
    accept_by(&*store, ELSEWHERE, false, [message(3), message(4)]).await;
    accept_by(&*store, ELSEWHERE, true, [message(5)]).await;
    let page = async |known, after, most| store.stranded(known, after, most).await.expect("read");
    assert_eq!(page(vec![ELSEWHERE, UPSTREAM], None, 9).await, Stranded::default());
    assert_eq!(ids(&page(vec![UPSTREAM], None, 1).await.deliveries), [id(3)]);
    assert_eq!(ids(&page(vec![UPSTREAM], None, 9).await.deliveries), [id(4)]);
    assert_eq!(page(vec![UPSTREAM], None, 9).await, Stranded::default());
    assert_eq!(ids(&page(vec![], None, 9).await.deliveries), [id(1), id(2)]);
}

/// Page after page, though what was looked at is free again.
pub async fn the_stranded_are_walked_through(place: &impl Place) {
    let store = place.open().await;
    let urgent = Message { class: Class::Otp, ..message(4) };
    let by_bank = Message { account: BANK, ..message(3) };
    accept(&*store, [message(1), message(2), by_bank, urgent]).await;
    accept_by(&*store, ELSEWHERE, false, [message(5), message(6)]).await;
    let (mut after, mut seen) = (None, Vec::new());
    for _ in 0..6 {
        let page = store.stranded(vec![], after, 2).await.expect("read");
        store.release(ids(&page.deliveries)).await.expect("released");
        seen.extend(ids(&page.deliveries));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(after, None);
    assert_eq!(seen, [4, 1, 2, 3, 5, 6].map(id));
}

/// What is still under way is kept however old it is. A store may forget whole days, so that of a day that
/// `before` falls into nothing need go.
pub async fn purging_forgets_what_ended_and_nothing_else(place: &impl Place) {
    let store = place.open().await;
    let old = |n| Message { id: MessageId::from_number(id(n).number()), ..message(n) };
    let young = Message { id: MessageId::first_at(after(86_460)), ..message(9) };
    let by_session = Message { via: Via::Session, account: BANK, ..old(4) };
    accept_owned(&*store, [old(1), old(2), old(3), by_session.clone(), young.clone()]).await;
    record(
        &*store,
        [taken(&old(2), "a2"), ended(&old(1), State::Delivered), ended(&by_session, State::Failed)],
    )
    .await;
    record(
        &*store,
        [ended(&young, State::Delivered), Change { remark: Some("odd".into()), ..change(&old(1)) }],
    )
    .await;
    let attempt = Some(Attempt { at: NOW, result: "timeout".into() });
    store
        .told(Lane::Webhooks, vec![Told { notice: id(1).into(), again: Some(after(9)), failed: 1, attempt }])
        .await
        .expect("recorded");
    assert_eq!(store.purge(after(86_430), 1).await.expect("purged"), 1);
    assert_eq!(store.purge(after(86_430), 9).await.expect("purged"), 1);
    assert_eq!(store.purge(after(86_430), 9).await.expect("purged"), 0);
    for n in [1, 4] {
        assert_eq!(store.history(Viewer::Everything, id(n)).await.expect("read"), None);
    }
    let left = store.list(Filter::all(Viewer::Everything, 9)).await.expect("listed").entries;
    assert_eq!(left.iter().map(|entry| entry.message.id).collect::<Vec<_>>(), [young.id, id(3), id(2)]);
    assert_eq!(store.lease_notices(Lane::Webhooks, 9, after(99)).await.expect("leased").notices.len(), 1);
    assert_eq!(store.lease_notices(Lane::Sessions(BANK), 9, after(99)).await.expect("leased").notices, []);
}

/// For gauges.
pub async fn depths_count_what_waits(place: &impl Place) {
    let store = place.open().await;
    let empty = store.depths().await.expect("read");
    assert_eq!(
        (empty.queued, empty.oldest, empty.awaited, empty.notices, empty.parked),
        (vec![], None, 0, 0, 0)
    );
    accept(&*store, [message(2)]).await;
    accept_owned(&*store, (3..=6).map(message)).await;
    accept_by(&*store, ELSEWHERE, false, [message(7)]).await;
    let parked = vec![Parked {
        upstream: UPSTREAM,
        report: Report {
            reference: "x".into(),
            also: None,
            between: [None, None],
            reported: Reported::Delivered,
            error: None,
        },
        key: "x".into(),
        at: NOW,
    }];
    let changes = vec![taken(&message(3), "a3"), taken(&message(4), "a4"), ended(&message(5), State::Failed)];
    store.record(Arc::new(Record { changes, parked, ..Record::default() })).await.expect("recorded");
    let depths = store.depths().await.expect("read");
    assert_eq!(depths.queued, [(UPSTREAM, 2), (ELSEWHERE, 1)]);
    assert_eq!(depths.oldest, Some(NOW));
    assert_eq!((depths.awaited, depths.notices, depths.parked), (2, 1, 1));
    assert!(depths.octets > 0);
    assert_eq!(
        store.history(Viewer::Account(SHOP), id(2)).await.expect("read").map(|known| known.state),
        Some(State::Queued)
    );
}
