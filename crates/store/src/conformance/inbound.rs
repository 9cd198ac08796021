//! Messages from handsets.

use super::Place;
use super::samples::{NOW, SHOP, UPSTREAM, after, id, number};
use postrider_core::account::AccountId;
use postrider_core::contract::{InboundFilter, InboundPartsWanted, JoinedParts, Record, Store, Told};
use postrider_core::id::MessageId;
use postrider_core::inbound::parts::{InboundPart, PartsKey, Reference};
use postrider_core::inbound::{Address, Inbound, Received};
use postrider_core::message::{Body, Encoding, Parameter};
use postrider_core::notice::{Attempt, Lane, Notice, What};
use postrider_core::numbers::{Destination, Owner};
use postrider_core::principal::Viewer;
use postrider_core::sender::Sender;
use std::sync::Arc;

const EVERYTHING: InboundFilter = InboundFilter::all(Viewer::Everything, 9);

/// Sample `n`: a plain text from a handset to a short code.
pub(crate) fn received(n: u64) -> Received {
    let from = number(447_700_900_000 + n);
    let inbound = Inbound {
        from: Address { given: from.digits().to_string().into(), understood: Some(Sender::Number(from)) },
        to: Address { given: "60006".into(), understood: Some(Sender::Code("60006".into())) },
        body: Body::Text(format!("STOP {n}").into()),
        encoding: Encoding::Gsm7,
        flash: false,
        reference: None,
        parameters: Box::default(),
    };
    Received::new(id(n), UPSTREAM, after(n), inbound, Some(&owner()))
}

fn owner() -> Owner {
    Owner { account: SHOP, destination: Destination::Both, keyword: None }
}

pub(crate) async fn record_received(store: &dyn Store, inbound: Vec<Received>) {
    let inbound: Vec<_> = inbound.into_iter().map(Arc::new).collect();
    let notices = inbound.iter().filter(|received| received.account.is_some());
    let notices = notices.flat_map(|received| received.notices(&owner()).collect::<Vec<_>>()).collect();
    let record = Record { inbound, notices, ..Record::default() };
    store.record(Arc::new(record)).await.expect("recorded");
}

/// Every field comes back as it was.
pub async fn what_was_received_reads_back_whole(place: &impl Place) {
    let store = place.open().await;
    let mut odd = received(2);
    odd.inbound = Inbound {
        from: Address { given: "not a number".into(), understood: None },
        to: Address { given: "Shop".into(), understood: Some(Sender::Name("Shop".into())) },
        body: Body::Data {
            encoding: Encoding::Octets,
            header: (*b"\x05\x00\x03\x01\x02\x01").into(),
            data: (*b"\x00\xff").into(),
        },
        encoding: Encoding::Octets,
        flash: true,
        reference: Some("r7".into()),
        parameters: [Parameter { tag: 0x1400, value: (*b"23415").into() }].into(),
    };
    (odd.keyword, odd.parts, odd.missing) = (Some("stop".into()), 3, 1);
    let mut with_zero = Received { account: None, ..received(3) };
    with_zero.inbound.body = Body::Text("a\0b".into());
    let all = [received(1), odd, with_zero];
    record_received(&*store, all.to_vec()).await;
    let mut found = store.inbound(EVERYTHING).await.expect("read");
    found.reverse();
    assert_eq!(found, all.map(Arc::new));
}

/// Pages go from the newest to the oldest; what is recorded again is there once.
pub async fn the_newest_come_first_page_by_page(place: &impl Place) {
    let store = place.open().await;
    record_received(&*store, (1..=5).map(received).collect()).await;
    record_received(&*store, vec![received(3)]).await;
    let page = async |before: Option<MessageId>| {
        let filter = InboundFilter { before, limit: 2, ..EVERYTHING };
        let found = store.inbound(filter).await.expect("read");
        found.iter().map(|received| received.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, [id(5), id(4)]);
    assert_eq!(page(Some(id(4))).await, [id(3), id(2)]);
    assert_eq!(page(Some(id(2))).await, [id(1)]);
    assert_eq!(page(Some(id(1))).await, []);
}

/// What is old is forgotten with the messages of its time.
pub async fn purging_forgets_what_is_old(place: &impl Place) {
    let store = place.open().await;
    record_received(&*store, vec![received(1)]).await;
    store.purge(NOW, 9).await.expect("purged");
    assert_eq!(store.inbound(EVERYTHING).await.expect("read").len(), 1);
    store.purge(after(172_800), 9).await.expect("purged");
    assert_eq!(store.inbound(EVERYTHING).await.expect("read"), []);
    let due = store.lease_notices(Lane::Webhooks, 9, after(200_000)).await.expect("leased");
    assert_eq!(due.notices, []);
}

/// An account sees its own, an administrator all, and those of nobody apart.
pub async fn messages_from_handsets_are_seen_by_their_owner(place: &impl Place) {
    let store = place.open().await;
    let nobodys = Received { account: None, ..received(2) };
    record_received(&*store, vec![received(1), nobodys, received(3)]).await;
    let found = async |filter: InboundFilter| {
        let found = store.inbound(filter).await.expect("read");
        found.iter().map(|received| received.id).collect::<Vec<_>>()
    };
    let own = Viewer::Account(SHOP);
    let other = Viewer::Account(AccountId(SHOP.0 + 1));
    let from = Some("+447700900003".into());
    assert_eq!(found(EVERYTHING).await, [id(3), id(2), id(1)]);
    assert_eq!(found(InboundFilter { unowned: true, ..EVERYTHING }).await, [id(2)]);
    assert_eq!(found(InboundFilter::all(own, 9)).await, [id(3), id(1)]);
    assert_eq!(found(InboundFilter::all(other, 9)).await, []);
    assert_eq!(found(InboundFilter { from, ..EVERYTHING }).await, [id(3)]);
    assert_eq!(found(InboundFilter { to: Some("60007".into()), ..EVERYTHING }).await, []);
    for (viewer, message, sees) in
        [(own, 1, true), (own, 2, false), (other, 1, false), (Viewer::Everything, 2, true)]
    {
        assert_eq!(
            store.received(viewer, id(message)).await.expect("read").is_some(),
            sees,
            "{viewer:?} {message}"
        );
    }
}

/// Its owner is told on each lane, and how that went is shown.
pub async fn a_message_from_a_handset_is_told_on_its_lanes(place: &impl Place) {
    let store = place.open().await;
    record_received(&*store, vec![received(1)]).await;
    for lane in [Lane::Webhooks, Lane::Sessions(SHOP)] {
        let due = store.lease_notices(lane, 9, after(1)).await.expect("leased").notices;
        let what = What::Received { account: SHOP, received: Arc::new(received(1)) };
        assert_eq!(due, [Notice { id: id(1).into(), lane, what, failed: 0, due: after(1), owned: true }]);
        let attempt = Some(Attempt { at: after(3), result: format!("{lane:?}").into() });
        let told = Told { notice: id(1).into(), again: None, failed: 0, attempt };
        store.told(lane, vec![told]).await.expect("told");
        assert_eq!(store.lease_notices(lane, 9, after(9)).await.expect("leased").notices, []);
    }
    let (_, attempts) = store.received(Viewer::Everything, id(1)).await.expect("read").expect("known");
    assert_eq!(attempts.len(), 2);
}

/// Part `number` of a message of three, with identifier `n`.
pub(super) fn part(n: u64, number: u8) -> InboundPart {
    let body =
        Body::Data { encoding: Encoding::Gsm7, header: [0, 3, 9, 3, number].into(), data: [b'a'].into() };
    let inbound = Inbound { body, ..received(1).inbound };
    let (key, number) = PartsKey::of(&inbound).expect("a part");
    InboundPart { id: id(n), upstream: UPSTREAM, until: after(60), joined: None, key, number, inbound }
}

pub(super) async fn keep(store: &dyn Store, parts: Vec<InboundPart>) {
    store.record(Arc::new(Record { parts, ..Record::default() })).await.expect("recorded");
}

async fn ids(store: &dyn Store, wanted: InboundPartsWanted) -> Vec<(MessageId, Option<MessageId>)> {
    let parts = store.inbound_parts(wanted).await.expect("read");
    parts.iter().map(|part| (part.id, part.joined)).collect()
}

pub(super) fn joined(of: u64, parts: &[u64], is_new: bool) -> JoinedParts {
    let received = is_new.then(|| Arc::new(Received { parts: 3, ..received(of) }));
    let notices = received.iter().flat_map(|it| it.notices(&owner()).collect::<Vec<_>>()).collect();
    JoinedParts {
        of: id(of),
        parts: parts.iter().map(|part| id(*part)).collect(),
        received,
        consent: Vec::new(),
        notices,
    }
}

/// Records the parts of message 7, and joins them.
pub(crate) async fn put_together(store: &dyn Store) {
    keep(store, vec![part(1, 1), part(2, 2), part(3, 3)]).await;
    store.join_inbound(vec![joined(7, &[1, 2, 3], true)], id(0)).await.expect("joined");
}

/// Parts wait, are found by what they have in common and by their limit, and read back whole.
pub async fn parts_from_handsets_wait_for_the_others(place: &impl Place) {
    let store = place.open().await;
    let mut other = part(4, 1);
    other.key.reference = Reference::Sixteen(9);
    other.until = after(30);
    keep(&*store, vec![part(1, 1), part(2, 3), other.clone()]).await;
    let key = part(1, 1).key;
    let of = |keys| InboundPartsWanted::Of { keys, since: NOW };
    assert_eq!(store.inbound_parts(of(vec![key])).await.expect("read"), [part(1, 1), part(2, 3)]);
    assert_eq!(store.inbound_parts(of(vec![other.key.clone()])).await.expect("read"), [other]);
    let overdue = |by| InboundPartsWanted::Overdue { by: after(by), most: 9 };
    assert_eq!(ids(&*store, overdue(29)).await, []);
    assert_eq!(ids(&*store, overdue(59)).await, [(id(4), None)]);
    assert_eq!(ids(&*store, overdue(60)).await.len(), 3);
    let waiting = |after, most| InboundPartsWanted::Waiting { after, most };
    assert_eq!(ids(&*store, waiting(None, 2)).await, [(id(1), None), (id(2), None)]);
    assert_eq!(ids(&*store, waiting(Some(id(2)), 2)).await, [(id(4), None)]);
}

/// Parts become one message once, with its notices; those that come again are known for a while.
pub async fn parts_from_handsets_become_one_message(place: &impl Place) {
    let store = place.open().await;
    keep(&*store, vec![part(1, 1), part(2, 2), part(3, 3)]).await;
    let join = async |of, parts: &[u64], is_new| {
        store.join_inbound(vec![joined(of, parts, is_new)], id(0)).await.expect("joined")
    };
    assert_eq!(join(7, &[1, 2, 3], true).await, Vec::<usize>::new());
    keep(&*store, vec![part(4, 1)]).await;
    assert_eq!(join(8, &[4, 2], true).await, [0]);
    let of = || InboundPartsWanted::Of { keys: vec![part(1, 1).key], since: NOW };
    let known = |n| (id(n), Some(id(7)));
    assert_eq!(ids(&*store, of()).await, [known(1), known(2), known(3), (id(4), None)]);
    assert_eq!(join(7, &[4], false).await, Vec::<usize>::new());
    assert_eq!(ids(&*store, of()).await, [known(1), known(2), known(3), known(4)]);
    let found = store.inbound(EVERYTHING).await.expect("read");
    assert_eq!(found, [Arc::new(Received { parts: 3, ..received(7) })]);
    for lane in [Lane::Webhooks, Lane::Sessions(SHOP)] {
        let due = store.lease_notices(lane, 9, after(9)).await.expect("leased");
        assert_eq!(due.notices.len(), 1, "{lane:?}");
    }
    store.join_inbound(Vec::new(), id(4)).await.expect("forgotten");
    assert_eq!(ids(&*store, of()).await, [known(4)]);
}
