//! What is known of a message.

use super::Place;
use super::samples::{
    BANK, NOW, SHOP, UPSTREAM, accept, accept_owned, after, awaited, change, ended, id, lease, message,
    outcome, record, taken,
};
use postrider_core::contract::{Filter, Told};
use postrider_core::delivery::{Awaited, Change, PartSet, Queue, State};
use postrider_core::message::Message;
use postrider_core::notice::Attempt;
use postrider_core::notice::Lane;
use postrider_core::principal::Viewer;

/// Queued, in hand, sent, ended.
pub async fn it_says_where_a_message_stands(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1)]).await;
    lease(&*store).await;
    accept(&*store, [Message { due: after(5), ..message(2) }]).await;
    accept_owned(&*store, [message(3), message(4)]).await;
    record(&*store, [taken(&message(3), "a1"), ended(&message(4), State::Rejected)]).await;
    let mut stands = Vec::new();
    for n in 1..=4 {
        let history = store.history(Viewer::Account(SHOP), id(n)).await.expect("read").expect("known");
        assert_eq!(history.upstream, Some(UPSTREAM));
        stands.push((history.state, history.queued, history.outcome));
    }
    assert_eq!(stands[0], (State::Queued, Some((NOW, 0)), None));
    assert_eq!(stands[1], (State::Queued, Some((after(5), 0)), None));
    assert_eq!(stands[2], (State::Sent, None, None));
    assert_eq!(stands[3], (State::Rejected, None, Some(outcome(State::Rejected))));
}

/// It is told from the moment on that it is so, by a history and by a list.
pub async fn what_may_come_twice_is_told_before_it_ends(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1), message(2), message(3)]).await;
    let queue = Queue::Put {
        upstream: UPSTREAM,
        due: NOW,
        failed: 1,
        taken: PartSet::default(),
        possible_duplicate: true,
    };
    let again = Change { queue, ..change(&message(1)) };
    let doubted = Awaited { possible_duplicate: true, ..awaited("b", 0, 1) };
    let sent = Change { queue: Queue::Leave, awaited: vec![doubted], ..change(&message(2)) };
    record(&*store, [again, sent, taken(&message(3), "c")]).await;
    for (n, doubtful) in [(1, true), (2, true), (3, false)] {
        let history = store.history(Viewer::Everything, id(n)).await.expect("read").expect("known");
        assert_eq!(history.possible_duplicate, doubtful, "message {n}");
    }
    let listed = store.list(Filter::all(Viewer::Everything, 9)).await.expect("listed").entries;
    let doubtful: Vec<bool> = listed.iter().map(|entry| entry.possible_duplicate).collect();
    assert_eq!(doubtful, [false, true, true]);
}

/// An account sees only its own.
pub async fn another_accounts_message_is_unknown(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1)]).await;
    assert_eq!(store.history(Viewer::Account(BANK), id(1)).await.expect("read"), None);
    assert_eq!(store.history(Viewer::Account(SHOP), id(2)).await.expect("read"), None);
    assert!(store.history(Viewer::Account(SHOP), id(1)).await.expect("read").is_some());
}

/// Parts on their way, and attempts to tell the client, in order.
pub async fn it_holds_receipts_waited_for_and_attempts(place: &impl Place) {
    let store = place.open().await;
    let long = Message { parts: 2, ..message(1) };
    accept_owned(&*store, [long.clone(), message(2)]).await;
    let awaited = vec![awaited("z", 0, 2), awaited("a", 1, 2)];
    let sent = Change { at: after(3), queue: Queue::Leave, awaited, ..change(&long) };
    record(&*store, [sent, ended(&message(2), State::Delivered)]).await;
    let history = store.history(Viewer::Everything, id(1)).await.expect("read").expect("known");
    assert_eq!(history.awaited, [(0, "z".into(), after(3)), (1, "a".into(), after(3))]);

    let attempt = |seconds, result: &str| Attempt { at: after(seconds), result: result.into() };
    for attempt in [attempt(3, "timeout"), attempt(9, "200 in 3 ms")] {
        let told = Told { notice: id(2).into(), again: Some(after(9)), failed: 1, attempt: Some(attempt) };
        store.told(Lane::Webhooks, vec![told]).await.expect("recorded");
    }
    let history = store.history(Viewer::Everything, id(2)).await.expect("read").expect("known");
    assert_eq!(history.attempts, [attempt(3, "timeout"), attempt(9, "200 in 3 ms")]);
}
