//! Messages from handsets.

use super::Place;
use super::samples::{NOW, SHOP, UPSTREAM, after, id, number};
use postrider_core::account::AccountId;
use postrider_core::contract::{InboundFilter, Record, Store, Told};
use postrider_core::id::MessageId;
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

async fn record(store: &dyn Store, inbound: Vec<Received>) {
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
    record(&*store, all.to_vec()).await;
    let mut found = store.inbound(EVERYTHING).await.expect("read");
    found.reverse();
    assert_eq!(found, all.map(Arc::new));
}

/// Pages go from the newest to the oldest; what is recorded again is there once.
pub async fn the_newest_come_first_page_by_page(place: &impl Place) {
    let store = place.open().await;
    record(&*store, (1..=5).map(received).collect()).await;
    record(&*store, vec![received(3)]).await;
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
    record(&*store, vec![received(1)]).await;
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
    record(&*store, vec![received(1), nobodys, received(3)]).await;
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
    record(&*store, vec![received(1)]).await;
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
