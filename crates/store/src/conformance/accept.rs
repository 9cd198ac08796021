//! Taking on messages.

use super::Place;
use super::samples::{
    BANK, NOW, SHOP, UPSTREAM, accept, accept_owned, accepting, after, id, lease, lease_of, message,
    multimedia, number,
};
use postrider_core::account::AccountId;
use postrider_core::contract::{Accepted, Decided, Once, Refused};
use postrider_core::delivery::State;
use postrider_core::message::{Body, Class, Encoding, Message, Parameter, Receipts, Via};
use postrider_core::principal::Viewer;
use postrider_core::sender::Sender;

/// Every field of a message comes back as it was.
pub async fn what_was_accepted_reads_back_whole(place: &impl Place) {
    let store = place.open().await;
    let messages = [
        message(1),
        Message {
            class: Class::Otp,
            from: Some(Sender::Name("Shop & Co".into())),
            body: Body::Text("Grüße, 日本語 \u{1F600} \0 end".into()),
            parts: 64,
            due: after(10),
            expires: after(20),
            reference: Some("order 7".into()),
            ordering_key: Some("order".into()),
            cancel_on_reply: true,
            metadata: Some(r#"{"a":1}"#.into()),
            callback: Some("https://example.org/hook".into()),
            receipts: Receipts::Failures,
            via: Via::Session,
            flash: true,
            parameters: [
                Parameter { tag: 0x1400, value: (*b"1701158019811410068").into() },
                Parameter { tag: 0x3FFF, value: (*b"\x00\xff").into() },
                Parameter { tag: 1, value: (*b"").into() },
            ]
            .into(),
            ..message(2)
        },
        Message {
            class: Class::Marketing,
            from: Some(Sender::Number(number(447_700_900_999))),
            to: number(999_999_999_999_999),
            body: Body::Data {
                encoding: Encoding::Ucs2,
                header: (*b"\x05\x00\x03\x01\x02\x01").into(),
                data: (*b"\x00\xff").into(),
            },
            receipts: Receipts::None,
            via: Via::Asking,
            ..message(3)
        },
        Message {
            from: Some(Sender::Code("60006".into())),
            body: Body::Data { encoding: Encoding::Gsm7, header: (*b"").into(), data: (*b"").into() },
            receipts: Receipts::Successes,
            ..message(4)
        },
        Message { body: Body::Text("".into()), ..message(5) },
        Message { body: Body::Multimedia(Box::new(multimedia())), ..message(6) },
    ];
    accept(&*store, messages.clone()).await;
    for message in messages {
        let history = store
            .history(Viewer::Everything, message.id)
            .await
            .expect("history is read")
            .expect("it is known");
        assert_eq!(*history.message, message);
        assert_eq!((history.state, history.upstream), (State::Queued, Some(UPSTREAM)));
        assert_eq!(history.queued, Some((message.due, 0)));
    }
}

/// One message that can't be accepted keeps the others of its batch out.
pub async fn a_batch_is_accepted_whole_or_not_at_all(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1)]).await;
    let batch = vec![accepting(message(2), UPSTREAM, false), accepting(message(1), UPSTREAM, false)];
    assert!(store.accept(batch, None).await.is_err());
    assert_eq!(store.history(Viewer::Everything, id(2)).await.expect("history is read"), None);
    assert_eq!(lease(&*store).await.len(), 1);
}

/// Batches that come at the same time share a transaction, but not their failures.
pub async fn a_batch_that_fails_does_not_harm_its_neighbours(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1)]).await;
    let batch = |n| vec![accepting(message(n), UPSTREAM, false)];
    let (before, failing, behind) = tokio::join!(
        store.accept(batch(2), None),
        store.accept(batch(1), None),
        store.accept(batch(3), None)
    );
    assert!(failing.is_err());
    assert_eq!((before.expect("accepted"), behind.expect("accepted")), (Accepted::ALL, Accepted::ALL));
    assert_eq!(lease(&*store).await.len(), 3);
}

/// An accepted item and a refused one.
fn decided(request: u8) -> Vec<Decided> {
    let refused = Refused {
        code: "invalid_recipient".into(),
        detail: format!("request {request},\tline\n2").into(),
        field: Some("to".into()),
    };
    vec![Decided::Accepted(id(1)), Decided::Refused(refused)]
}

fn once(account: AccountId, request: u8) -> Option<Once> {
    Some(Once { account, key: "k1".into(), request: [request; 32], decided: decided(request) })
}

/// A request that comes twice is accepted once.
pub async fn a_repeated_request_gets_its_first_answer(place: &impl Place) {
    let store = place.open().await;
    let first = store.accept(vec![accepting(message(1), UPSTREAM, false)], once(SHOP, 1)).await;
    assert_eq!(first.expect("accepted"), Accepted::ALL);
    let second = store.accept(vec![accepting(message(2), UPSTREAM, false)], once(SHOP, 1)).await;
    assert_eq!(second.expect("answered"), Accepted::Before(decided(1)));
    assert_eq!(lease(&*store).await.len(), 1);
    assert_eq!(store.once(SHOP, "k1").await.expect("read"), once(SHOP, 1));
    assert_eq!(store.once(SHOP, "k2").await.expect("read"), None);
}

/// The same key with another request is a mistake of the client's.
pub async fn a_key_used_for_another_request_conflicts(place: &impl Place) {
    let store = place.open().await;
    let first = store.accept(vec![accepting(message(1), UPSTREAM, false)], once(SHOP, 1)).await;
    assert_eq!(first.expect("accepted"), Accepted::ALL);
    let second = store.accept(vec![accepting(message(2), UPSTREAM, false)], once(SHOP, 2)).await;
    assert_eq!(second.expect("answered"), Accepted::Conflict);
    assert_eq!(store.history(Viewer::Everything, id(2)).await.expect("history is read"), None);
}

/// Two accounts may use the same key.
pub async fn a_key_belongs_to_its_account(place: &impl Place) {
    let store = place.open().await;
    for (n, account) in [(1, SHOP), (2, BANK)] {
        let message = Message { account, ..message(n) };
        let accepted = store.accept(vec![accepting(message, UPSTREAM, false)], once(account, 1)).await;
        assert_eq!(accepted.expect("accepted"), Accepted::ALL);
    }
    assert_eq!(store.once(AccountId(3), "k1").await.expect("read"), None);
}

/// An owned message is in this node's hands from the start.
pub async fn what_this_node_sends_at_once_is_not_leased(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1)]).await;
    accept(&*store, [message(2)]).await;
    let leased = lease_of(&*store, UPSTREAM, 10, NOW).await;
    assert_eq!(leased.iter().map(|delivery| delivery.message.id).collect::<Vec<_>>(), [id(2)]);
}
