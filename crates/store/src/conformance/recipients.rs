//! Recipients of campaigns and batches.

use super::Place;
use super::samples::{BANK, SHOP, number};
use postrider_core::contract::{
    AudienceKey, RecipientCounts, RecipientResult, RecipientRow, Store, WantedRecipients,
};
use postrider_core::id::MessageId;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use std::sync::Arc;

const AUDIENCE: AudienceKey = AudienceKey { account: SHOP, run: 7 };

/// Adds numbers; tells the places of those that were there.
async fn add(store: &dyn Store, audience: AudienceKey, numbers: &[u64]) -> Vec<usize> {
    let known = |digits: &u64| (number(*digits), format!("{{\"n\":{digits}}}").into());
    store.add_recipients(audience, numbers.iter().map(known).collect()).await.expect("added")
}

async fn list(store: &dyn Store, wanted: WantedRecipients, after: u64) -> Vec<RecipientRow> {
    store.recipients(AUDIENCE, wanted, after, 100).await.expect("read")
}

async fn numbers(store: &dyn Store, wanted: WantedRecipients) -> Vec<u64> {
    let found = list(store, wanted, 0).await;
    found.into_iter().filter_map(|row| row.recipient.number).map(Number::digits).collect()
}

const A: u64 = 447_700_900_001;
const B: u64 = 447_700_900_002;
const C: u64 = 447_700_900_003;

/// A number is once in an audience, in the order in which it came, however often it comes.
pub async fn a_number_is_once_in_an_audience(place: &impl Place) {
    let store = place.open().await;
    assert_eq!(add(&*store, AUDIENCE, &[B, A, B]).await, [2]);
    assert_eq!(add(&*store, AUDIENCE, &[A, C]).await, [0]);
    assert_eq!(add(&*store, AudienceKey { run: 8, ..AUDIENCE }, &[A]).await, [0; 0]);
    assert_eq!(add(&*store, AudienceKey { account: BANK, ..AUDIENCE }, &[A]).await, [0; 0]);
    let found = list(&*store, WantedRecipients::All, 0).await;
    let shown: Vec<_> = found.iter().map(|row| (row.recipient.number, &*row.recipient.document)).collect();
    let known = |digits: u64| (Some(number(digits)), format!("{{\"n\":{digits}}}"));
    let expected = [known(B), known(A), known(C)];
    assert_eq!(shown, expected.each_ref().map(|(number, document)| (*number, &**document)));
    assert!(found.is_sorted_by(|one, other| one.recipient.position < other.recipient.position));
    let behind = list(&*store, WantedRecipients::All, found[1].recipient.position).await;
    assert_eq!(behind.len(), 1);
    let [first, second] = [None, Some(AUDIENCE)].map(|after| store.next_audience(after));
    assert_eq!(first.await.expect("read"), Some(AUDIENCE));
    assert_eq!(second.await.expect("read"), Some(AudienceKey { run: 8, ..AUDIENCE }));
}

/// Those who add at the same time don't lose each other's.
pub async fn who_adds_at_once_loses_nothing(place: &impl Place) {
    let store = place.open().await;
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { add(&*store, AUDIENCE, &[A, A + 10 + task, A + 100 + task]).await })
        })
        .collect();
    let mut added = 0;
    for task in tasks {
        added += 3 - task.await.expect("it ends").len();
    }
    assert_eq!((added, list(&*store, WantedRecipients::All, 0).await.len()), (17, 17));
}

/// Each recipient gets a result, by which it is found and counted.
pub async fn results_are_kept_and_counted(place: &impl Place) {
    let store = place.open().await;
    add(&*store, AUDIENCE, &[A, B, C]).await;
    let position = |row: &RecipientRow| row.recipient.position;
    let places: Vec<u64> = list(&*store, WantedRecipients::All, 0).await.iter().map(position).collect();
    let message = MessageId::from_number(77);
    let results = vec![
        (places[0], RecipientResult::Accepted(message)),
        (places[1], RecipientResult::Refused("opted_out".into())),
    ];
    store.note_results(AUDIENCE, results).await.expect("noted");
    assert_eq!(numbers(&*store, WantedRecipients::Accepted).await, [A]);
    assert_eq!(numbers(&*store, WantedRecipients::Refused).await, [B]);
    assert_eq!(numbers(&*store, WantedRecipients::Open).await, [C]);
    assert_eq!(numbers(&*store, WantedRecipients::Delivered).await, [0; 0]);
    let first = list(&*store, WantedRecipients::All, 0).await.remove(0);
    assert_eq!(first.recipient.result, RecipientResult::Accepted(message));
    let counts = store.count_recipients(AUDIENCE).await.expect("counted");
    let refused = vec![("opted_out".into(), 1)];
    assert_eq!(counts, RecipientCounts { open: 1, under_way: 1, ended: Vec::new(), refused });
    assert_eq!(store.forget_recipients(AUDIENCE, 2).await.expect("done"), 2);
    assert_eq!(numbers(&*store, WantedRecipients::All).await, [C]);
}

/// An erased person leaves an empty place, and may be added again.
pub async fn an_erased_person_leaves_an_empty_place(place: &impl Place) {
    let store = place.open().await;
    add(&*store, AUDIENCE, &[A, B]).await;
    store.erase_traces(Viewer::Account(BANK), number(A)).await.expect("done");
    assert_eq!(numbers(&*store, WantedRecipients::All).await, [A, B]);
    store.erase_traces(Viewer::Account(SHOP), number(A)).await.expect("done");
    let found = list(&*store, WantedRecipients::All, 0).await;
    assert_eq!((found[0].recipient.number, &*found[0].recipient.document), (None, ""));
    assert_eq!(found[1].recipient.number, Some(number(B)));
}
