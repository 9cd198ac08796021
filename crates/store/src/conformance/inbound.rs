//! Messages from handsets.

use super::Place;
use super::samples::{NOW, UPSTREAM, after, id, number};
use postrider_core::contract::{Record, Store};
use postrider_core::id::MessageId;
use postrider_core::inbound::{Address, Inbound, Received};
use postrider_core::message::{Body, Encoding, Parameter};
use postrider_core::sender::Sender;
use std::sync::Arc;

/// Sample `n`: a plain text from a handset to a short code.
pub(crate) fn received(n: u64) -> Received {
    let from = number(447_700_900_000 + n);
    let inbound = Inbound {
        from: Address { given: from.digits().to_string().into(), understood: Some(Sender::Number(from)) },
        to: Address { given: "60006".into(), understood: Some(Sender::Code("60006".into())) },
        body: Body::Text(format!("STOP {n}").into()),
        reference: None,
        parameters: Box::default(),
    };
    Received { id: id(n), upstream: UPSTREAM, at: after(n), inbound }
}

async fn record(store: &dyn Store, inbound: Vec<Received>) {
    let record = Record { inbound, ..Record::default() };
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
        reference: Some("r7".into()),
        parameters: [Parameter { tag: 0x1400, value: (*b"23415").into() }].into(),
    };
    let mut with_zero = received(3);
    with_zero.inbound.body = Body::Text("a\0b".into());
    let all = [received(1), odd, with_zero];
    record(&*store, all.to_vec()).await;
    let mut found = store.inbound(None, 9).await.expect("read");
    found.reverse();
    assert_eq!(found, all);
}

/// Pages go from the newest to the oldest; what is recorded again is there once.
pub async fn the_newest_come_first_page_by_page(place: &impl Place) {
    let store = place.open().await;
    record(&*store, (1..=5).map(received).collect()).await;
    record(&*store, vec![received(3)]).await;
    let page = async |before: Option<MessageId>| {
        let found = store.inbound(before, 2).await.expect("read");
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
    assert_eq!(store.inbound(None, 9).await.expect("read").len(), 1);
    store.purge(after(172_800), 9).await.expect("purged");
    assert_eq!(store.inbound(None, 9).await.expect("read"), []);
}
