//! Removal of texts and records whose time is over.

use super::Place;
use super::client_parts::part;
use super::inbound::{received, record_received};
use super::samples::{BANK, SHOP, accept_owned, change, ended, id, message, record, taken};
use postrider_core::account::AccountId;
use postrider_core::contract::{
    EndedText, Filter, InboundFilter, Joined, NotJoined, Outdated, PartsWanted, Record, Store, Told,
};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::message::{Body, KnownAs, Message, Receipts};
use postrider_core::notice::Lane;
use postrider_core::principal::Viewer;
use std::sync::Arc;

fn outdated(account: AccountId, before: u64, most: usize) -> Outdated {
    Outdated { account: Some(account), before: id(before), most }
}

async fn body(store: &dyn Store, message: MessageId) -> Body {
    let history = store.history(Viewer::Everything, message).await.expect("read").expect("known");
    history.message.body.clone()
}

/// Ends messages with their texts.
async fn end(store: &dyn Store, message: &Message, rows: &[u64]) {
    let text = |row: &u64| EndedText { message: message.id, row: id(*row) };
    let redacted = rows.iter().map(text).collect();
    let record = Record { changes: vec![ended(message, State::Delivered)], redacted, ..Record::default() };
    store.record(Arc::new(record)).await.expect("recorded");
}

/// Message `n`, put together from two parts that its client cut itself.
async fn joined(store: &dyn Store, n: u64, parts: [u64; 2]) -> Message {
    let collected = [(parts[0], 1), (parts[1], 2)].map(|(n, number)| part(n, number));
    store.collect(collected.to_vec()).await.expect("kept");
    let known = |n: u64| KnownAs { id: id(n), receipts: Receipts::All, reference: None };
    let whole = Message { known_as: parts.map(known).into(), ..message(n) };
    let accept = super::samples::accepting(whole.clone(), super::samples::UPSTREAM, true);
    let left_out = store.join(vec![Joined { accept, parts: parts.map(id).into() }]).await.expect("joined");
    assert_eq!(left_out, NotJoined::default());
    whole
}

async fn part_body(store: &dyn Store, n: u64) -> Option<Body> {
    let found = store.client_parts(PartsWanted::One(id(n))).await.expect("found").pop();
    found.map(|part| part.message.body.clone())
}

/// Of the message and of the parts that its client cut itself; not of a message that has not ended.
pub async fn a_text_goes_with_the_end_of_its_message(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1), message(2), message(3)]).await;
    let whole = joined(&*store, 9, [7, 8]).await;
    end(&*store, &message(1), &[1]).await;
    end(&*store, &whole, &[7, 8, 9]).await;
    let early = Record {
        changes: vec![taken(&message(2), "a2")],
        redacted: vec![EndedText { message: id(2), row: id(2) }],
        ..Record::default()
    };
    store.record(Arc::new(early)).await.expect("recorded");
    assert_eq!(body(&*store, id(1)).await, Body::Redacted);
    assert_eq!(body(&*store, id(9)).await, Body::Redacted);
    assert_eq!(part_body(&*store, 7).await, Some(Body::Redacted));
    assert_eq!(part_body(&*store, 8).await, Some(Body::Redacted));
    for n in [2, 3] {
        assert_eq!(body(&*store, id(n)).await, message(n).body);
    }
}

/// Batch after batch, and account by account. What has not ended stays.
pub async fn old_texts_are_removed_once_their_message_has_ended(place: &impl Place) {
    let store = place.open().await;
    let by_bank = Message { account: BANK, ..message(5) };
    accept_owned(&*store, [1, 2, 3, 4].map(message).into_iter().chain([by_bank.clone(), message(6)])).await;
    let changes = [1, 2, 4, 6].map(|n| ended(&message(n), State::Delivered));
    record(&*store, changes.into_iter().chain([ended(&by_bank, State::Failed)])).await;
    assert_eq!(store.redact(outdated(SHOP, 6, 2)).await.expect("removed"), 2);
    assert_eq!(body(&*store, id(4)).await, message(4).body, "the batch is full");
    assert_eq!(store.redact(outdated(SHOP, 6, 3)).await.expect("removed"), 2);
    assert_eq!(store.redact(outdated(SHOP, 6, 3)).await.expect("removed"), 0);
    for n in [1, 2, 4] {
        assert_eq!(body(&*store, id(n)).await, Body::Redacted, "{n}");
    }
    for n in [3, 5, 6] {
        assert_eq!(body(&*store, id(n)).await, message(n).body, "{n}");
    }
    let accounts = store.number(vec![("account".into(), "a".into())]).await.expect("numbered");
    assert_eq!(store.accounts().await.expect("read"), [AccountId(accounts[0])]);
}

/// They are needed until then, however old they are.
pub async fn texts_from_handsets_stay_until_they_are_told(place: &impl Place) {
    let store = place.open().await;
    let of_nobody = Received { account: None, ..received(3) };
    record_received(&*store, vec![received(1), received(2), of_nobody]).await;
    let texts = async || {
        let found = store.inbound(InboundFilter::all(Viewer::Everything, 9)).await.expect("read");
        found.iter().rev().map(|it| it.inbound.body != Body::Redacted).collect::<Vec<_>>()
    };
    assert_eq!(store.redact(outdated(SHOP, 9, 9)).await.expect("removed"), 0);
    assert_eq!(texts().await, [true, true, true]);
    for lane in [Lane::Webhooks, Lane::Sessions(SHOP)] {
        let told = Told { notice: id(1).into(), again: None, failed: 0, attempt: None };
        store.told(lane, vec![told]).await.expect("recorded");
    }
    assert_eq!(store.redact(outdated(SHOP, 9, 9)).await.expect("removed"), 1);
    assert_eq!(texts().await, [false, true, true]);
    let nobodys = Outdated { account: None, before: id(9), most: 9 };
    assert_eq!(store.redact(nobodys).await.expect("removed"), 1);
    assert_eq!(texts().await, [false, true, false]);
    assert_eq!(store.forget(nobodys).await.expect("forgotten"), 1);
    assert_eq!(texts().await, [false, true]);
}

/// With the parts that clients cut themselves. What has not ended stays.
pub async fn records_are_forgotten_account_by_account(place: &impl Place) {
    let store = place.open().await;
    let by_bank = Message { account: BANK, ..message(2) };
    accept_owned(&*store, [message(1), by_bank.clone(), message(3)]).await;
    let whole = joined(&*store, 6, [4, 5]).await;
    record(&*store, [ended(&by_bank, State::Failed), ended(&message(3), State::Failed)]).await;
    record(&*store, [ended(&whole, State::Failed), change(&message(1))]).await;
    assert_eq!(store.forget(outdated(SHOP, 9, 1)).await.expect("forgotten"), 1);
    assert_eq!(store.forget(outdated(SHOP, 9, 9)).await.expect("forgotten"), 1);
    assert_eq!(store.forget(outdated(SHOP, 9, 9)).await.expect("forgotten"), 0);
    let left = store.list(Filter::all(Viewer::Everything, 9)).await.expect("listed").entries;
    assert_eq!(left.iter().map(|entry| entry.message.id).collect::<Vec<_>>(), [id(2), id(1)]);
    assert_eq!((part_body(&*store, 4).await, part_body(&*store, 5).await), (None, None));
}
