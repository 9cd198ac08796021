//! Recording what happened.

use super::Place;
use super::samples::{
    ELSEWHERE, NOW, UPSTREAM, accept, accept_owned, after, awaited, change, ended, find, id, lease, lease_of,
    message, outcome, record, taken,
};
use postrider_core::contract::{Parked, Record, Recorded, Told};
use postrider_core::delivery::{Change, PartReport, PartSet, Queue, Return, State};
use postrider_core::message::Message;
use postrider_core::notice::{Lane, NoticeId, What};
use postrider_core::principal::Viewer;
use postrider_core::receipt::{Report, Reported};
use postrider_core::route::UpstreamId;
use std::sync::Arc;

/// A message that was taken waits for its receipt and for nothing else.
pub async fn what_the_carrier_took_leaves_the_queue(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1), message(2)]).await;
    record(&*store, [taken(&message(1), "a1")]).await;
    let history = store.history(Viewer::Everything, id(1)).await.expect("read").expect("known");
    assert_eq!((history.state, history.queued, history.outcome), (State::Sent, None, None));
    assert_eq!(history.upstream, Some(UPSTREAM));
    assert_eq!(history.awaited, [(0, "a1".into(), NOW)]);
    let other = store.history(Viewer::Everything, id(2)).await.expect("read").expect("known");
    assert_eq!(other.state, State::Queued);
}

fn put(message: &Message, taken: PartSet) -> Change {
    Change {
        queue: Queue::Put { upstream: ELSEWHERE, due: after(30), failed: 2, taken, possible_duplicate: true },
        ..change(message)
    }
}

/// A retry goes where and when it was said, with what is known of it.
pub async fn what_goes_back_carries_what_was_said(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1)]).await;
    record(&*store, [put(&message(1), PartSet::default())]).await;
    assert_eq!(lease(&*store).await, []);
    assert_eq!(lease_of(&*store, ELSEWHERE, 1, after(29)).await, []);
    let leased = lease_of(&*store, ELSEWHERE, 1, after(30)).await;
    assert_eq!(leased.len(), 1);
    assert_eq!((leased[0].upstream, leased[0].failed), (ELSEWHERE, 2));
    assert!(leased[0].possible_duplicate && leased[0].state == State::Queued);
}

/// Parts that were taken are not sent again, and their receipts count.
pub async fn what_goes_back_half_sent_knows_its_parts(place: &impl Place) {
    let store = place.open().await;
    let long = Message { parts: 3, ..message(1) };
    let both = PartSet::default().with(0).with(1);
    accept_owned(&*store, [long.clone()]).await;
    let half =
        Change { at: after(5), awaited: vec![awaited("a0", 0, 3), awaited("a1", 1, 3)], ..put(&long, both) };
    record(&*store, [half]).await;
    let part = PartReport { part: 0, state: State::Undelivered, error: Some("011".into()) };
    record(&*store, [Change { arrived: vec![(UPSTREAM, "a0".into())], part: Some(part), ..change(&long) }])
        .await;
    let leased = lease_of(&*store, ELSEWHERE, 1, after(30)).await.remove(0);
    assert_eq!((leased.parts, leased.taken), (3, both));
    assert_eq!(leased.reported, PartSet::default().with(0));
    assert_eq!(leased.worst, Some((State::Undelivered, Some("011".into()))));
    assert_eq!((leased.reference.as_deref(), leased.sent_at), (Some("a0"), Some(after(5))));
}

/// A message whose receipts say that it wasn't delivered returns to the queue, for another upstream. The same receipt, recorded
/// again, returns it no second time.
pub async fn what_was_not_delivered_returns_once(place: &impl Place) {
    let store = place.open().await;
    let long = Message { parts: 2, ..message(1) };
    accept_owned(&*store, [long.clone(), message(2)]).await;
    let awaited = vec![awaited("a0", 0, 2), awaited("a1", 1, 2)];
    let part = PartReport { part: 0, state: State::Undelivered, error: Some("011".into()) };
    let first = Change { arrived: vec![(UPSTREAM, "a0".into())], part: Some(part), ..change(&long) };
    let returned = Change {
        arrived: vec![(UPSTREAM, "a1".into())],
        forget_awaited: true,
        remark: Some("undeliverable 011".into()),
        ..returns(&long)
    };
    record(&*store, [Change { queue: Queue::Leave, awaited, ..change(&long) }, taken(&message(2), "b0")])
        .await;
    record(&*store, [first]).await;
    record(&*store, [returned.clone()]).await;
    let leased = lease_of(&*store, ELSEWHERE, 10, NOW).await.remove(0);
    assert_eq!((leased.state, leased.failed, &*leased.message.tried), (State::Queued, 1, &[UPSTREAM][..]));
    assert_eq!((leased.taken, leased.reported, &leased.worst), (PartSet(0), PartSet(0), &None));
    assert_eq!((find(&*store, "a0").await, find(&*store, "a1").await), (None, None));
    record(&*store, [taken(&long, "c0")]).await;
    record(&*store, [returned]).await;
    assert_eq!(lease_of(&*store, ELSEWHERE, 10, NOW).await, []);
    let history = store.history(Viewer::Everything, id(1)).await.expect("read").expect("known");
    assert_eq!((history.state, history.outcome), (State::Sent, None));
    assert!(find(&*store, "b0").await.is_some(), "others wait as before");
}

/// A message returns to the queue of [`ELSEWHERE`].
fn returns(message: &Message) -> Change {
    let back = Message { tried: [UPSTREAM].into(), ..message.clone() };
    let back = Return {
        message: Arc::new(back),
        upstream: ELSEWHERE,
        due: NOW,
        failed: 1,
        attempt: outcome(State::Undelivered),
    };
    Change { queue: Queue::Return(Box::new(back)), ..change(message) }
}

/// Of two ends the first one holds, and the client is told once.
pub async fn a_final_state_is_final(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1)]).await;
    record(&*store, [ended(&message(1), State::Delivered)]).await;
    record(&*store, [ended(&message(1), State::Failed)]).await;
    let history = store.history(Viewer::Everything, id(1)).await.expect("read").expect("known");
    assert_eq!((history.state, history.outcome), (State::Delivered, Some(outcome(State::Delivered))));
    let notices = store.lease_notices(Lane::Webhooks, 10, after(9)).await.expect("leased").notices;
    assert_eq!(notices.len(), 1);
    let What::Ended { outcome, .. } = &notices[0].what else { panic!("{notices:?}") };
    assert_eq!(outcome.state, State::Delivered);
}

/// A node that hears of an end after another has recorded one is told, so that it tells nobody.
pub async fn the_notice_of_a_second_end_is_not_kept(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1), message(2), message(3)]).await;
    let end = |n, owned| {
        let mut change = ended(&message(n), State::Delivered);
        change.notice.iter_mut().for_each(|notice| notice.owned = owned);
        change
    };
    let record = async |changes| {
        let record = Record { changes, ..Record::default() };
        store.record(Arc::new(record)).await.expect("recorded")
    };
    // Another node has told its client meanwhile.
    assert_eq!(record(vec![end(1, false), end(2, true)]).await, Recorded::default());
    let told = Told { notice: id(2).into(), again: None, failed: 0, attempt: None };
    store.told(Lane::Webhooks, vec![told]).await.expect("told");
    let recorded = record(vec![end(1, true), end(2, true), end(3, true)]).await;
    let dropped = vec![NoticeId::from(id(1)), NoticeId::from(id(2))];
    assert_eq!(recorded, Recorded { dropped, taken_over: Vec::new() });
}

/// The timeline shows what was out of the ordinary, and how each part of several ended.
pub async fn remarks_and_parts_are_kept(place: &impl Place) {
    let store = place.open().await;
    let long = Message { parts: 2, ..message(1) };
    accept(&*store, [long.clone()]).await;
    let remarked = |at, text: &str| Change { at, remark: Some(text.into()), ..change(&long) };
    let part = |part, state| Change {
        at: after(9),
        part: Some(PartReport { part, state, error: None }),
        ..change(&long)
    };
    record(&*store, [remarked(after(2), "throttled"), remarked(after(1), "no answer")]).await;
    record(&*store, [part(1, State::Delivered), part(0, State::Expired), part(0, State::Delivered)]).await;
    let history = store.history(Viewer::Everything, id(1)).await.expect("read").expect("known");
    assert_eq!(history.remarks, [(after(1), "no answer".into()), (after(2), "throttled".into())]);
    let report = |part, state| (PartReport { part, state, error: None }, after(9));
    assert_eq!(history.parts, [report(0, State::Expired), report(1, State::Delivered)]);
}

fn parked(upstream: UpstreamId, reference: &str, seconds: u64) -> Parked {
    let report = Report {
        reference: reference.into(),
        also: Some("other".into()),
        between: [Some(447_700_900_123), None],
        reported: Reported::Undelivered,
        error: Some("011".into()),
    };
    Parked { upstream, report, key: reference.to_lowercase().into(), at: after(seconds) }
}

/// A receipt without a message is kept until its message is found.
pub async fn early_receipts_are_parked_and_unparked(place: &impl Place) {
    let store = place.open().await;
    let early = vec![parked(UPSTREAM, "a", 1), parked(UPSTREAM, "b", 2), parked(ELSEWHERE, "a", 3)];
    store.record(Arc::new(Record { parked: early, ..Record::default() })).await.expect("recorded");
    assert_eq!(store.parked(2).await.expect("read"), [parked(ELSEWHERE, "a", 3), parked(UPSTREAM, "b", 2)]);
    let unparked = vec![(UPSTREAM, "a".into()), (UPSTREAM, "unheard of".into())];
    store.record(Arc::new(Record { unparked, ..Record::default() })).await.expect("recorded");
    assert_eq!(store.parked(9).await.expect("read"), [parked(ELSEWHERE, "a", 3), parked(UPSTREAM, "b", 2)]);
    assert_eq!(find(&*store, "a").await, None);
}

/// A carrier that repeats itself does not fill the store.
pub async fn the_same_early_receipt_is_parked_once(place: &impl Place) {
    let store = place.open().await;
    for seconds in [1, 2, 3] {
        let early = vec![parked(UPSTREAM, "a", seconds)];
        store.record(Arc::new(Record { parked: early, ..Record::default() })).await.expect("recorded");
    }
    assert_eq!(store.parked(9).await.expect("read"), [parked(UPSTREAM, "a", 3)]);
}
