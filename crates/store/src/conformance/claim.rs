//! Taking a message out of the queue in order to change it.

use super::Place;
use super::samples::{
    BANK, NOW, SHOP, UPSTREAM, accept, accept_owned, after, change, ended, id, ids, lease, lease_of, message,
    record, taken,
};
use postrider_core::contract::{Claim, WaitsFor};
use postrider_core::delivery::{Change, Delivery, PartSet, Queue, State};
use postrider_core::message::{Body, Message, Parameter};
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;
use std::sync::Arc;

/// Who claims a message has it alone.
pub async fn a_waiting_message_is_taken_once(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1), Message { due: after(60), ..message(2) }]).await;
    for (n, viewer) in [(1, Viewer::Account(SHOP)), (2, Viewer::Everything)] {
        let claim = store.claim(viewer, id(n), NOW).await.expect("claimed");
        let Claim::Taken(delivery) = claim else { panic!("{claim:?}") };
        assert_eq!(delivery.message.id, id(n));
    }
    assert!(matches!(store.claim(Viewer::Account(SHOP), id(1), NOW).await.expect("claimed"), Claim::Busy));
    assert_eq!(lease(&*store).await, []);
}

/// What is being sent can't be taken back.
pub async fn a_message_in_hand_is_busy(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1)]).await;
    accept_owned(&*store, [message(2)]).await;
    assert_eq!(ids(&lease(&*store).await), [id(1)]);
    for n in [1, 2] {
        assert!(matches!(
            store.claim(Viewer::Account(SHOP), id(n), NOW).await.expect("claimed"),
            Claim::Busy
        ));
    }
}

/// What left the queue says how.
pub async fn sent_and_ended_messages_are_not_taken(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1), message(2)]).await;
    record(&*store, [taken(&message(1), "a1"), ended(&message(2), State::Expired)]).await;
    assert!(matches!(store.claim(Viewer::Everything, id(1), NOW).await.expect("claimed"), Claim::Sent));
    let claim = store.claim(Viewer::Everything, id(2), NOW).await.expect("claimed");
    assert!(matches!(claim, Claim::Ended(State::Expired)));
}

/// An account can't even learn that there is such a message.
pub async fn another_accounts_message_is_missing(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1)]).await;
    for (viewer, n) in [(Viewer::Account(BANK), 1), (Viewer::Account(SHOP), 2), (Viewer::Everything, 2)] {
        assert!(matches!(store.claim(viewer, id(n), NOW).await.expect("claimed"), Claim::Missing));
    }
    assert_eq!(ids(&lease(&*store).await), [id(1)]);
}

/// A replaced message goes where and when it is put, whatever it waited for before.
pub async fn a_replaced_message_goes_where_it_is_put(place: &impl Place) {
    let store = place.open().await;
    let later = Message { due: after(90), ..message(1) };
    accept(&*store, [later.clone()]).await;
    let other = UpstreamId(UPSTREAM.0 + 1);
    for (upstream, due) in [(other, after(200)), (other, after(60))] {
        let claimed = store.claim(Viewer::Everything, id(1), NOW).await.expect("claimed");
        assert!(matches!(claimed, Claim::Taken(_)));
        let replaced = Arc::new(Message { due, expires: after(300), ..later.clone() });
        store.replace(replaced, Some(WaitsFor { upstream, due })).await.expect("replaced");
    }
    assert_eq!(lease_of(&*store, UPSTREAM, 10, after(99)).await, []);
    assert_eq!(lease_of(&*store, other, 10, after(59)).await, []);
    assert_eq!(ids(&lease_of(&*store, other, 10, after(60)).await), [id(1)]);
}

/// A replaced message goes out as it is now, not before its time, and not before its retry.
pub async fn a_replaced_message_goes_back_rewritten(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1)]).await;
    accept_owned(&*store, [message(2)]).await;
    let retry = Queue::Put {
        upstream: UPSTREAM,
        due: after(90),
        failed: 1,
        taken: PartSet::default(),
        possible_duplicate: false,
    };
    record(&*store, [Change { queue: retry, ..change(&message(2)) }]).await;
    for n in [1, 2] {
        assert!(matches!(
            store.claim(Viewer::Everything, id(n), NOW).await.expect("claimed"),
            Claim::Taken(_)
        ));
    }
    let body = Body::Text("something longer".into());
    let parameters = [Parameter { tag: 0x1401, value: (*b"7").into() }].into();
    let rewritten =
        Message { body, parameters, parts: 2, due: after(60), expires: after(99), flash: true, ..message(1) };
    store.replace(Arc::new(rewritten.clone()), None).await.expect("replaced");
    store.replace(Arc::new(Message { expires: after(99), ..message(2) }), None).await.expect("replaced");
    assert_eq!(lease_of(&*store, UPSTREAM, 10, after(59)).await, []);
    let leased = lease_of(&*store, UPSTREAM, 10, after(60)).await;
    assert_eq!(leased, [Delivery::new(Arc::new(rewritten), UPSTREAM)]);
    assert_eq!(ids(&lease_of(&*store, UPSTREAM, 10, after(90)).await), [id(2)]);
}
