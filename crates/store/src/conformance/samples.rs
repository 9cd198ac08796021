//! Messages and steps for the behaviours: the plainest ones, to be changed where a behaviour needs it.

use postrider_core::account::AccountId;
use postrider_core::contract::{Accept, Accepted, Beside, Record, Store, Wanted};
use postrider_core::delivery::{Awaited, Change, Delivery, Outcome, Queue, State};
use postrider_core::id::MessageId;
use postrider_core::media::{MediaItem, MediaType, Multimedia};
use postrider_core::message::{Body, Class, Message, Via};
use postrider_core::notice::Notice;
use postrider_core::number::Number;
use postrider_core::route::{Plan, UpstreamId};
use postrider_core::time::Time;
use std::sync::Arc;
use std::time::Duration;

/// When the samples were accepted.
pub(crate) const NOW: Time = Time(1_750_000_000_000);
/// The account of the samples.
pub(crate) const SHOP: AccountId = AccountId(1);
/// Another account.
pub(crate) const BANK: AccountId = AccountId(2);
/// The way that the samples go.
pub(crate) const UPSTREAM: UpstreamId = UpstreamId(7);
/// Another way.
pub(crate) const ELSEWHERE: UpstreamId = UpstreamId(9);

/// The time so many seconds after [`NOW`].
pub(crate) fn after(seconds: u64) -> Time {
    NOW + Duration::from_secs(seconds)
}

/// The id of sample `n`; later samples have higher ids.
pub(crate) fn id(n: u64) -> MessageId {
    MessageId::from_number(MessageId::first_at(NOW).number() + n)
}

/// Sample `n`: a plain text, told by webhook.
pub(crate) fn message(n: u64) -> Message {
    Message {
        account: SHOP,
        to: number(447_700_900_000 + n),
        body: Body::Text(format!("Hello {n}").into()),
        due: NOW,
        expires: after(3600),
        via: Via::Webhook,
        plan: plan("world", &[UPSTREAM, ELSEWHERE]),
        ..postrider_core::testing::message(id(n))
    }
}

/// A text with media.
pub(crate) fn multimedia() -> Multimedia {
    let item = |n, kind| MediaItem { id: id(n), kind, size: 70_000, print: u64::MAX };
    Multimedia {
        subject: "Offer".into(),
        text: "Look \u{1F600}\0".into(),
        link: Some("https://gw.example.org/m/0123456789abcdefghijkl".into()),
        items: [item(1, MediaType::Jpeg), item(2, MediaType::ThreeGpp)].into(),
    }
}

/// A plan: a route's name, and its upstreams.
pub(crate) fn plan(route: &str, upstreams: &[UpstreamId]) -> Arc<Plan> {
    Arc::new(Plan { route: route.into(), upstreams: upstreams.into() })
}

/// The number with these digits.
pub(crate) fn number(digits: u64) -> Number {
    Number::from_digits(digits).expect("a sample number is valid")
}

/// Accepts messages that nobody holds, by way of [`UPSTREAM`].
pub(crate) async fn accept(store: &dyn Store, messages: impl IntoIterator<Item = Message>) {
    accept_by(store, UPSTREAM, false, messages).await;
}

/// Accepts messages that this node holds.
pub(crate) async fn accept_owned(store: &dyn Store, messages: impl IntoIterator<Item = Message>) {
    accept_by(store, UPSTREAM, true, messages).await;
}

/// Accepts messages.
pub(crate) async fn accept_by(
    store: &dyn Store,
    upstream: UpstreamId,
    owned: bool,
    messages: impl IntoIterator<Item = Message>,
) {
    let accepts = messages.into_iter().map(|message| accepting(message, upstream, owned)).collect();
    let accepted = store.accept(accepts, None).await.expect("samples are accepted");
    assert_eq!(accepted, Accepted::ALL);
}

/// A message to be accepted.
pub(crate) fn accepting(message: Message, upstream: UpstreamId, owned: bool) -> Accept {
    Accept { message: Arc::new(message), upstream, owned, credit: None, beside: Beside::default() }
}

/// A change of nothing.
pub(crate) fn change(message: &Message) -> Change {
    Change::none(&Delivery::new(Arc::new(message.clone()), UPSTREAM), NOW)
}

/// The carrier took the message whole and named it so.
pub(crate) fn taken(message: &Message, reference: &str) -> Change {
    Change { queue: Queue::Leave, awaited: vec![awaited(reference, 0, 1)], ..change(message) }
}

/// A receipt to wait for.
pub(crate) fn awaited(reference: &str, part: u8, parts: u8) -> Awaited {
    Awaited {
        upstream: UPSTREAM,
        reference: reference.into(),
        given: None,
        part,
        parts,
        possible_duplicate: false,
    }
}

/// The message ended so, and its client is to be told.
pub(crate) fn ended(message: &Message, state: State) -> Change {
    let outcome = outcome(state);
    let notice = Notice::of_end(&Arc::new(message.clone()), &outcome, outcome.done_at);
    assert!(notice.is_some(), "a sample's end is told");
    let settlement = message.settlement(state, true);
    Change { queue: Queue::Leave, outcome: Some(outcome), notice, settlement, ..change(message) }
}

/// How a sample ends.
pub(crate) fn outcome(state: State) -> Outcome {
    Outcome {
        state,
        upstream: UPSTREAM,
        reference: Some("a1".into()),
        error: (state != State::Delivered).then(|| "011".into()),
        sent_at: Some(after(1)),
        done_at: after(2),
        parts: 1,
        possible_duplicate: false,
    }
}

/// Records changes.
pub(crate) async fn record(store: &dyn Store, changes: impl IntoIterator<Item = Change>) {
    let record = Record { changes: changes.into_iter().collect(), ..Record::default() };
    store.record(Arc::new(record)).await.expect("samples are recorded");
}

/// Leases from [`UPSTREAM`] what is due [`NOW`].
pub(crate) async fn lease(store: &dyn Store) -> Vec<Delivery> {
    lease_of(store, UPSTREAM, 100, NOW).await
}

/// Leases up to `most` messages of an upstream that are due, whoever sent them.
pub(crate) async fn lease_of(
    store: &dyn Store,
    upstream: UpstreamId,
    most: usize,
    now: Time,
) -> Vec<Delivery> {
    store.lease(upstream, wanted(most, most), now).await.expect("a lease succeeds").deliveries
}

/// `most` messages, up to `each` of an account, from the lowest account on.
pub(crate) const fn wanted(most: usize, each: usize) -> Wanted {
    Wanted { most, each, from: AccountId(0), down_to: Class::Marketing, except: Vec::new() }
}

/// The ids of deliveries.
pub(crate) fn ids(deliveries: &[Delivery]) -> Vec<MessageId> {
    deliveries.iter().map(|delivery| delivery.message.id).collect()
}

/// The delivery, and the part, that waits for a receipt by this name.
pub(crate) async fn find(store: &dyn Store, reference: &str) -> Option<(Delivery, u8)> {
    let mut found = store.find(vec![(UPSTREAM, reference.into())]).await.expect("finding succeeds");
    assert_eq!(found.len(), 1);
    found.pop().flatten()
}
