//! What is kept of a person.

use super::Place;
use super::client_parts::part;
use super::inbound::{received, record_received};
use super::samples::{BANK, NOW, SHOP, UPSTREAM, accept_owned, ended, id, message, number, record};
use postrider_core::account::AccountId;
use postrider_core::contract::{
    Filter, InboundFilter, Parked, PartsWanted, PersonFound, PersonRows, PersonSearch, Record, Store,
};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::message::Message;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use postrider_core::receipt::{Report, Reported};
use std::sync::Arc;

/// The number of whom parts of the samples are for.
fn person() -> Number {
    number(447_700_900_123)
}

fn search(rows: PersonRows, viewer: Viewer) -> PersonSearch {
    PersonSearch { viewer, number: person(), rows, after: MessageId::from_number(0), most: 9 }
}

async fn found(store: &dyn Store, search: PersonSearch) -> PersonFound {
    store.find_person(search).await.expect("found")
}

fn to_person(n: u64, account: AccountId) -> Message {
    Message { to: person(), account, ..message(n) }
}

fn from_person(n: u64, spelling: &str) -> Received {
    let mut received = received(n);
    (received.inbound.from.given, received.inbound.from.understood) = (spelling.into(), None);
    received
}

/// In each spelling that networks have. Pages go on where the one before ended.
pub async fn a_person_is_found_by_number_wherever_it_stands(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [to_person(1, SHOP), message(2), to_person(3, SHOP), to_person(4, BANK)]).await;
    store.collect(vec![part(5, 1)]).await.expect("kept");
    let spellings = ["447700900123", "+447700900123", "00447700900123"];
    record_received(&*store, (6..).zip(spellings).map(|(n, spelling)| from_person(n, spelling)).collect())
        .await;
    record_received(&*store, vec![received(123), received(9)]).await;
    let all = async |rows| found(&*store, search(rows, Viewer::Everything)).await.messages;
    assert_eq!(all(PersonRows::Messages).await, [1, 3, 4].map(id));
    assert_eq!(all(PersonRows::Parts).await, [id(5)]);
    assert_eq!(all(PersonRows::Received).await, [6, 7, 8, 123].map(id));
    let two = PersonSearch { most: 2, ..search(PersonRows::Messages, Viewer::Everything) };
    let first = found(&*store, two).await;
    assert_eq!(first, PersonFound { messages: vec![id(1), id(3)], next: Some(id(3)) });
    let rest = found(&*store, PersonSearch { after: id(3), ..two }).await;
    assert_eq!(rest, PersonFound { messages: vec![id(4)], next: None });
}

/// With notices, parts and receipts without a message.
pub async fn what_has_ended_is_erased_and_nothing_else(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [to_person(1, SHOP), to_person(2, SHOP), message(3)]).await;
    record(&*store, [ended(&to_person(1, SHOP), State::Delivered)]).await;
    record_received(&*store, vec![received(123), received(9)]).await;
    let report = |between| Report {
        reference: format!("{between:?}").into(),
        also: None,
        between: [None, between],
        reported: Reported::Delivered,
        error: None,
    };
    let parked = [Some(person().digits()), Some(1)].map(|between| {
        let report = report(between);
        Parked { upstream: UPSTREAM, key: report.reference.clone(), report, at: NOW }
    });
    let record = Record { parked: parked.to_vec(), ..Record::default() };
    store.record(Arc::new(record)).await.expect("recorded");
    store.collect(vec![part(5, 1), part(6, 2)]).await.expect("kept");
    store.repeat(vec![id(5)], id(1)).await.expect("noted");
    assert_eq!(store.erase(vec![id(1), id(2)], vec![id(123)]).await.expect("erased"), 2);
    // With the conversation that the message from the handset began.
    assert_eq!(store.erase_traces(Viewer::Everything, person()).await.expect("erased"), 3);
    let left = store.list(Filter::all(Viewer::Everything, 9)).await.expect("listed").entries;
    assert_eq!(left.iter().map(|entry| entry.message.id).collect::<Vec<_>>(), [id(3), id(2)]);
    let left = store.inbound(InboundFilter::all(Viewer::Everything, 9)).await.expect("read");
    assert_eq!(left.iter().map(|received| received.id).collect::<Vec<_>>(), [id(9)]);
    assert_eq!(store.parked(9).await.expect("read").len(), 1);
    let waiting = PartsWanted::Waiting { after: None, most: 9 };
    assert_eq!(store.client_parts(waiting).await.expect("read").len(), 1, "it waits for its other part");
    assert_eq!(store.client_parts(PartsWanted::One(id(5))).await.expect("read"), []);
}

/// And not what other accounts sent to the same person.
pub async fn an_account_reaches_its_own_alone(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [to_person(1, SHOP), to_person(2, BANK)]).await;
    record_received(
        &*store,
        vec![received(123), Received { account: None, ..from_person(4, "447700900123") }],
    )
    .await;
    let of = async |rows, account| found(&*store, search(rows, Viewer::Account(account))).await.messages;
    assert_eq!(of(PersonRows::Messages, SHOP).await, [id(1)]);
    assert_eq!(of(PersonRows::Messages, BANK).await, [id(2)]);
    assert_eq!(of(PersonRows::Received, SHOP).await, [id(123)]);
    assert_eq!(of(PersonRows::Received, BANK).await, [0u64; 0].map(id));
}
