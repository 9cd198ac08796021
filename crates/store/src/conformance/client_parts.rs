//! Parts of texts that clients cut themselves.

use super::Place;
use super::samples::{ELSEWHERE, UPSTREAM, accepting, after, id, ids, lease, message};
use postrider_core::client_part::{Alphabet, ClientPart, Cut, CutReference, TextKey};
use postrider_core::contract::{Joined, NotJoined, PartsWanted, Store};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Encoding, KnownAs, Message, Octets, Receipts, Via};
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;
use postrider_core::sender::Sender;
use std::sync::Arc;

/// The recipient of the samples.
fn recipient() -> Number {
    super::samples::number(447_700_900_123)
}

/// Part `number` of two, in sample `n`; the others are waited for until `n` seconds after it came.
pub(crate) fn part(n: u64, number: u8) -> ClientPart {
    let body = Body::Data {
        encoding: Encoding::Gsm7,
        header: Box::from([0, 3, 7, 2, number]),
        data: format!("part {number}").into_bytes().into(),
    };
    let message = Message { to: recipient(), body, via: Via::Session, ..message(n) };
    let cut = Cut { reference: CutReference::Eight(7), total: 2, number, alphabet: Some(Alphabet::Gsm7) };
    ClientPart { message: Arc::new(message), cut, until: after(n), joined: None }
}

fn joined(message: Message, upstream: UpstreamId, owned: bool) -> Joined {
    let parts = message.known_as.iter().map(|part| part.id).collect();
    Joined { accept: accepting(message, upstream, owned), parts }
}

fn with(part: &ClientPart, change: impl FnOnce(&mut Message)) -> ClientPart {
    let mut message = (*part.message).clone();
    change(&mut message);
    ClientPart { message: Arc::new(message), ..part.clone() }
}

/// Message `n`, which was put together from these parts.
fn whole(n: u64, parts: &[u64]) -> Message {
    let known = |n: &u64| KnownAs { id: id(*n), receipts: Receipts::All, reference: Some("9".into()) };
    Message { to: recipient(), known_as: parts.iter().map(known).collect(), ..message(n) }
}

async fn collect(store: &dyn Store, parts: &[ClientPart]) {
    store.collect(parts.to_vec()).await.expect("kept");
}

async fn found(store: &dyn Store, wanted: PartsWanted) -> Vec<ClientPart> {
    store.client_parts(wanted).await.expect("found")
}

async fn of_text(store: &dyn Store, key: TextKey) -> Vec<MessageId> {
    let parts = found(store, PartsWanted::OfTexts { keys: vec![key], since: after(0) }).await;
    parts.iter().map(|part| part.message.id).collect()
}

/// Every field comes back as it was.
pub async fn what_was_collected_reads_back_whole(place: &impl Place) {
    let store = place.open().await;
    let plain = part(1, 1);
    let sixteen = CutReference::Sixteen(0xFFFF);
    let odd = ClientPart {
        cut: Cut { reference: sixteen, total: 255, number: 254, alphabet: None },
        ..with(&part(2, 2), |message| {
            message.from = Some(Sender::Name("Shop".into()));
            message.reference = Some("0x010203".into());
            message.flash = true;
        })
    };
    let by_parameters = Cut { reference: CutReference::Parameter(7), ..plain.cut };
    let third = ClientPart { cut: Cut { alphabet: Some(Alphabet::Ucs2), ..by_parameters }, ..part(3, 1) };
    let all = [plain, odd, third];
    collect(&*store, &all).await;
    drop(store);
    let store = place.open().await;
    assert_eq!(found(&*store, PartsWanted::Waiting { after: None, most: 9 }).await, all);
    for part in &all {
        assert_eq!(found(&*store, PartsWanted::One(part.message.id)).await, std::slice::from_ref(part));
    }
    assert_eq!(store.history(Viewer::Everything, id(1)).await.expect("read"), None);
}

/// They are found by their text, by their limit, and in their order.
pub async fn parts_that_wait_are_found(place: &impl Place) {
    let store = place.open().await;
    let other_text =
        ClientPart { cut: Cut { reference: CutReference::Sixteen(7), ..part(3, 1).cut }, ..part(3, 1) };
    let other_recipient = with(&part(4, 1), |message| message.to = super::samples::number(447_700_900_999));
    collect(&*store, &[part(2, 1), part(1, 2), other_text.clone(), other_recipient]).await;
    assert_eq!(of_text(&*store, part(1, 1).key()).await, [id(1), id(2)]);
    assert_eq!(of_text(&*store, other_text.key()).await, [id(3)]);
    // Each part once, however often its text is asked for.
    let other_sender = TextKey { from: Some(Sender::Name("Shop".into())), ..part(1, 1).key() };
    let keys = vec![part(1, 1).key(), other_text.key(), part(2, 1).key(), other_sender];
    assert_eq!(found(&*store, PartsWanted::OfTexts { keys, since: after(0) }).await.len(), 3);
    let overdue = found(&*store, PartsWanted::Overdue { by: after(3), most: 2 }).await;
    assert_eq!(overdue.iter().map(|part| part.message.id).collect::<Vec<_>>(), [id(1), id(2)]);
    let rest = found(&*store, PartsWanted::Waiting { after: Some(id(2)), most: 1 }).await;
    assert_eq!(rest.iter().map(|part| part.message.id).collect::<Vec<_>>(), [id(3)]);
}

/// A message takes its parts once, whole or not at all; neighbours aren't harmed.
pub async fn parts_are_joined_once(place: &impl Place) {
    let store = place.open().await;
    collect(&*store, &(1..=6).map(|n| part(n, 1)).collect::<Vec<_>>()).await;
    let join = async |messages: Vec<Message>| {
        let joined = messages.into_iter().map(|message| joined(message, UPSTREAM, false)).collect();
        store.join(joined).await.expect("joined").joined_before
    };
    assert_eq!(join(vec![whole(11, &[1, 2])]).await, []);
    assert_eq!(join(vec![whole(12, &[3, 1]), whole(13, &[4, 5]), whole(14, &[2])]).await, [0, 2]);
    assert_eq!(ids(&lease(&*store).await), [id(11), id(13)]);
    let joined_to = async |n| found(&*store, PartsWanted::One(id(n))).await[0].joined;
    assert_eq!(
        (joined_to(1).await, joined_to(3).await, joined_to(4).await),
        (Some(id(11)), None, Some(id(13)))
    );
    let history = store.history(Viewer::Everything, id(11)).await.expect("read").expect("known");
    assert_eq!(*history.message, whole(11, &[1, 2]));
    store.repeat(vec![id(3), id(1)], id(11)).await.expect("noted");
    assert_eq!(
        (joined_to(3).await, joined_to(1).await, joined_to(4).await),
        (Some(id(11)), Some(id(11)), Some(id(13)))
    );
    assert_eq!(found(&*store, PartsWanted::Waiting { after: None, most: 9 }).await, [part(6, 1)]);
    assert_eq!(of_text(&*store, part(1, 1).key()).await, [1, 2, 3, 4, 5, 6].map(id));
}

/// Parts that go out as they came are one message too.
pub async fn several_parts_read_back_whole(place: &impl Place) {
    let store = place.open().await;
    collect(&*store, &[part(1, 1)]).await;
    let octets =
        |encoding, header: &[u8], data: &[u8]| Octets { encoding, header: header.into(), data: data.into() };
    let parts =
        [octets(Encoding::Gsm7, &[0, 3, 7, 2, 1], &[b'a'; 153]), octets(Encoding::Octets, b"", b"\0")];
    let message = Message { body: Body::Parts(parts.into()), ..whole(11, &[1]) };
    assert_eq!(
        store.join(vec![joined(message.clone(), ELSEWHERE, true)]).await.expect("joined"),
        NotJoined::default()
    );
    let history = store.history(Viewer::Everything, id(11)).await.expect("read").expect("known");
    assert_eq!(*history.message, message);
}

/// Those that wait are counted, and never forgotten; those that were joined are, with time.
pub async fn parts_that_wait_are_counted_and_kept(place: &impl Place) {
    let store = place.open().await;
    collect(&*store, &[part(1, 1), part(2, 1), part(3, 2)]).await;
    store.join(vec![joined(whole(11, &[2]), UPSTREAM, false)]).await.expect("joined");
    let account = part(1, 1).message.account;
    assert_eq!(store.depths().await.expect("counted").collected, [(account, 2)]);
    store.purge(after(99), 9).await.expect("purged");
    assert_eq!(found(&*store, PartsWanted::One(id(2))).await, []);
    assert_eq!(found(&*store, PartsWanted::Waiting { after: None, most: 9 }).await.len(), 2);
}

/// A part that can't be read is set aside, and holds nobody up.
pub async fn a_damaged_part_is_set_aside(place: &impl Place) {
    let store = place.open().await;
    collect(&*store, &[part(1, 1), part(2, 1)]).await;
    place.sql(&format!("UPDATE client_part SET cut_kind = 9 WHERE id = {}", id(1))).await;
    for _ in 0..2 {
        assert_eq!(found(&*store, PartsWanted::Overdue { by: after(9), most: 9 }).await, [part(2, 1)]);
        assert_eq!(store.depths().await.expect("counted").damaged, 1);
    }
}
