//! Lists of messages.

use super::Place;
use super::samples::{
    BANK, NOW, SHOP, UPSTREAM, accept, accept_owned, after, ended, id, lease, message, number, outcome,
    record, taken,
};
use postrider_core::contract::{Claim, Entry, Filter, Store};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;
use postrider_core::sender::Sender;
use std::sync::Arc;

fn any() -> Filter {
    Filter::all(Viewer::Everything, 100)
}

async fn list(store: &dyn Store, filter: Filter) -> Vec<MessageId> {
    let entries = store.list(filter).await.expect("listed").entries;
    entries.iter().map(|entry| entry.message.id).collect()
}

/// The cursor is the last line of the page before.
pub async fn the_newest_come_first_page_by_page(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, (1..=5).map(message)).await;
    assert_eq!(list(&*store, Filter { limit: 2, ..any() }).await, [id(5), id(4)]);
    assert_eq!(list(&*store, Filter { limit: 2, before: Some(id(4)), ..any() }).await, [id(3), id(2)]);
    assert_eq!(list(&*store, Filter { limit: 2, before: Some(id(2)), ..any() }).await, [id(1)]);
    assert_eq!(list(&*store, Filter { limit: 0, ..any() }).await, []);
}

/// An administrator sees all.
pub async fn an_account_sees_only_its_own(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1), Message { account: BANK, ..message(2) }, message(3)]).await;
    assert_eq!(list(&*store, Filter { viewer: Viewer::Account(SHOP), ..any() }).await, [id(3), id(1)]);
    assert_eq!(list(&*store, Filter { viewer: Viewer::Account(BANK), ..any() }).await, [id(2)]);
    assert_eq!(list(&*store, any()).await, [id(3), id(2), id(1)]);
}

/// A list tells states apart, and says how what ended ended.
pub async fn each_state_is_found(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1)]).await;
    lease(&*store).await;
    accept(&*store, [message(2)]).await;
    let finals: Vec<State> = State::ALL.into_iter().filter(|state| state.is_final()).collect();
    let samples: Vec<(u64, State)> = (4..).zip(finals.iter().copied()).collect();
    accept_owned(&*store, samples.iter().map(|(n, _)| message(*n)).chain([message(3)])).await;
    record(&*store, samples.iter().map(|(n, state)| ended(&message(*n), *state))).await;
    record(&*store, [taken(&message(3), "a1")]).await;
    let in_state = |state| Filter { state: Some(state), viewer: Viewer::Account(SHOP), ..any() };
    assert_eq!(list(&*store, in_state(State::Queued)).await, [id(2), id(1)]);
    assert_eq!(list(&*store, in_state(State::Sent)).await, [id(3)]);
    for (n, state) in samples {
        let outcome = Some(outcome(state));
        let entry = Entry { message: Arc::new(message(n)), state, outcome, possible_duplicate: false };
        assert_eq!(store.list(in_state(state)).await.expect("listed").entries, [entry]);
    }
}

/// What support is asked for.
pub async fn numbers_and_references_are_found(place: &impl Place) {
    let store = place.open().await;
    let referred = |n, reference: &str| Message { reference: Some(reference.into()), ..message(n) };
    let to_one = Message { to: number(447_700_900_001), ..referred(3, "x") };
    accept(&*store, [message(1), referred(2, "order"), to_one, referred(4, "order")]).await;
    let to = Filter { to: Some(number(447_700_900_001)), ..any() };
    assert_eq!(list(&*store, to).await, [id(3), id(1)]);
    let reference = Filter { reference: Some("order".into()), ..any() };
    assert_eq!(list(&*store, reference).await, [id(4), id(2)]);
}

/// A page says where the next one begins, until there is none.
pub async fn a_page_says_where_the_list_goes_on(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, (1..=5).map(message)).await;
    let page = async |limit, before| {
        let page = store.list(Filter { limit, before, ..any() }).await.expect("listed");
        (page.entries.len(), page.next)
    };
    assert_eq!(page(2, None).await, (2, Some(id(4))));
    assert_eq!(page(2, Some(id(4))).await, (2, Some(id(2))));
    assert_eq!(page(2, Some(id(2))).await, (1, None));
    assert_eq!(page(5, None).await, (5, None));
    assert_eq!(page(9, None).await, (5, None));
}

/// By whom it was sent, over whom, under which name of the carrier's, and why it failed.
pub async fn senders_upstreams_carriers_references_and_errors_are_found(place: &impl Place) {
    let store = place.open().await;
    let from = |n, name: &str| Message { from: Some(Sender::parse(name).expect("a sender")), ..message(n) };
    let long = Message { parts: 2, ..from(4, "+447700900123") };
    accept_owned(&*store, [from(1, "Shop"), from(2, "Bank"), from(3, "Shop"), long.clone()]).await;
    accept(&*store, [from(5, "Bank")]).await;
    let failed = |message: &Message, error: &str| {
        let mut change = ended(message, State::Undelivered);
        if let Some(outcome) = &mut change.outcome {
            outcome.error = Some(error.into());
            outcome.reference = Some("c1".into());
        }
        change
    };
    record(&*store, [failed(&from(1, "Shop"), "invalid_recipient 0x0000000B ESME_RINVDSTADR")]).await;
    record(&*store, [failed(&from(2, "Bank"), "receipts_incomplete: receipts came for 1 of 3 parts")]).await;
    record(&*store, [taken(&from(3, "Shop"), "a1"), taken(&long, "a2")]).await;
    let found = async |filter: Filter| list(&*store, filter).await;
    let sender = |name: &str| Filter { sender: Sender::parse(name).ok(), ..any() };
    assert_eq!(found(sender("Shop")).await, [id(3), id(1)]);
    assert_eq!(found(sender("447700900123")).await, [id(4)]);
    let upstream = |upstream| Filter { upstream: Some(upstream), ..any() };
    assert_eq!(found(upstream(UPSTREAM)).await, [5, 4, 3, 2, 1].map(id));
    assert_eq!(found(upstream(UpstreamId(77))).await, []);
    let called = |reference: &str| Filter { carrier_reference: Some(reference.into()), ..any() };
    assert_eq!(found(called("c1")).await, [id(2), id(1)]);
    assert_eq!(found(called("a1")).await, [id(3)]);
    assert_eq!(found(called("a2")).await, [id(4)]);
    assert_eq!(found(called("a")).await, []);
    let error = |words: &str| Filter { error: Some(words.into()), ..any() };
    for words in ["invalid_recipient", "0x0000000B", "ESME_RINVDSTADR", "0x0000000B ESME_RINVDSTADR"] {
        assert_eq!(found(error(words)).await, [id(1)], "{words}");
    }
    assert_eq!(found(error("receipts_incomplete")).await, [id(2)]);
    for words in ["invalid", "0x0000000", "%", "_"] {
        assert_eq!(found(error(words)).await, [], "{words}");
    }
    let both = Filter { state: Some(State::Undelivered), upstream: Some(UPSTREAM), ..sender("Shop") };
    assert_eq!(found(both).await, [id(1)]);
}

/// Filters of blocks rule out what isn't there, and nothing that is: also what ended after they were made.
pub async fn what_is_in_blocks_is_found_as_before(place: &impl Place) {
    let store = place.open().await;
    let named = |n| Message {
        reference: Some(format!("r{n}").into()),
        from: Sender::parse("Shop").ok(),
        ..message(n)
    };
    accept_owned(&*store, (1..=8).map(named)).await;
    record(&*store, (1..=7).map(|n| ended(&named(n), State::Delivered))).await;
    assert!(!store.summarize(NOW, 4).await.expect("asked"), "their time isn't over");
    for block in 0..2 {
        assert!(store.summarize(after(1000), 4).await.expect("made"), "block {block}");
    }
    assert!(!store.summarize(after(1000), 4).await.expect("asked"), "the second has messages under way");
    let found = async |filter: Filter| list(&*store, filter).await;
    let reference = |n: u64| Filter { reference: Some(format!("r{n}")), ..any() };
    for n in 1..=8 {
        assert_eq!(found(reference(n)).await, [id(n)]);
        assert_eq!(found(Filter { to: Some(message(n).to), limit: 1, ..reference(n) }).await, [id(n)]);
    }
    assert_eq!(found(reference(9)).await, []);
    let shop = Filter { sender: Sender::parse("Shop").ok(), ..any() };
    assert_eq!(found(shop.clone()).await, [8, 7, 6, 5, 4, 3, 2, 1].map(id));
    assert_eq!(found(Filter { limit: 3, before: Some(id(6)), ..shop }).await, [5, 4, 3].map(id));
    let called = |reference: &str| Filter { carrier_reference: Some(reference.into()), ..any() };
    let mut change = ended(&named(8), State::Undelivered);
    if let Some(outcome) = &mut change.outcome {
        (outcome.reference, outcome.error) = (Some("a8".into()), Some("absent 0x42".into()));
    }
    record(&*store, [change]).await;
    let failed = |words: &str| Filter { error: Some(words.into()), ..any() };
    let again = async || {
        assert_eq!(found(called("a8")).await, [id(8)]);
        assert_eq!((found(failed("0x42")).await, found(failed("0x43")).await), (vec![id(8)], vec![]));
    };
    let of = |state, upstream| Filter { state: Some(state), upstream: Some(upstream), ..any() };
    let ends = async || {
        assert_eq!(found(of(State::Undelivered, UPSTREAM)).await, [id(8)]);
        assert_eq!(found(of(State::Delivered, UPSTREAM)).await, [7, 6, 5, 4, 3, 2, 1].map(id));
        assert_eq!(found(of(State::Expired, UPSTREAM)).await, []);
        assert_eq!(found(of(State::Delivered, UpstreamId(77))).await, []);
    };
    again().await;
    ends().await;
    assert!(store.summarize(after(1000), 4).await.expect("made"), "all of the second have ended");
    assert!(!store.summarize(after(1000), 4).await.expect("asked"));
    again().await;
    ends().await;
    accept(&*store, [named(9)]).await;
    assert_eq!(found(reference(9)).await, [id(9)], "it is in no block yet");
}

/// `since` is the first moment, `until` the first that is too late.
pub async fn times_bound_it(place: &impl Place) {
    let store = place.open().await;
    let at = |seconds| Message { id: MessageId::first_at(after(seconds)), ..message(0) };
    accept(&*store, [at(0), at(1), at(2)]).await;
    let within = Filter { since: Some(after(1)), until: Some(after(2)), ..any() };
    assert_eq!(list(&*store, within).await, [at(1).id]);
    assert_eq!(list(&*store, Filter { until: Some(NOW), ..any() }).await, []);
    assert_eq!(list(&*store, Filter { since: Some(after(2)), ..any() }).await, [at(2).id]);
}

/// Every condition narrows the others.
pub async fn conditions_hold_together(place: &impl Place) {
    let store = place.open().await;
    let sample = |n| Message { to: number(447_700_900_001), reference: Some("r".into()), ..message(n) };
    accept(&*store, [sample(1), Message { account: BANK, ..sample(2) }, sample(3), message(4)]).await;
    accept_owned(&*store, [sample(5), sample(6)]).await;
    record(&*store, [ended(&sample(5), State::Delivered), taken(&sample(6), "a1")]).await;
    let all = Filter {
        viewer: Viewer::Account(SHOP),
        to: Some(number(447_700_900_001)),
        reference: Some("r".into()),
        since: Some(NOW),
        until: Some(after(1)),
        ..any()
    };
    assert_eq!(list(&*store, all.clone()).await, [id(6), id(5), id(3), id(1)]);
    for (state, expected) in [
        (State::Queued, vec![id(1)]),
        (State::Sent, vec![]),
        (State::Delivered, vec![]),
        (State::Failed, vec![]),
    ] {
        let filter = Filter { state: Some(state), before: Some(id(3)), ..all.clone() };
        assert_eq!(list(&*store, filter).await, expected, "{state:?}");
    }
    assert_eq!(list(&*store, Filter { state: Some(State::Delivered), ..all }).await, [id(5)]);
}

/// Identifiers lead to the account's own messages alone.
pub async fn an_accounts_messages_are_read_by_their_identifiers(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1), Message { account: BANK, ..message(2) }, message(3)]).await;
    let mut found = store.messages(SHOP, (1..=4).map(id).collect()).await.expect("read");
    found.sort_by_key(|message| message.id);
    assert_eq!(found, [message(1), message(3)].map(Arc::new));
    assert_eq!(store.messages(SHOP, Vec::new()).await.expect("read"), []);
}

/// What rules against fraud hold is found by them, isn't leased before its time is over, and goes once it is released.
pub async fn what_is_held_is_found_and_released(place: &impl Place) {
    let store = place.open().await;
    let held = |n, rule: &str| Message { hold: Some(format!("{rule}: too many").into()), ..message(n) };
    let (first, second) = (held(2, "policies.otp.fraud.sequence"), held(3, "policies.all.fraud.per_range"));
    accept(&*store, [message(1), first.clone(), second]).await;
    let by = |rule: &str| Filter { held_by: Some(rule.into()), ..any() };
    assert_eq!(list(&*store, by("")).await, [id(3), id(2)]);
    assert_eq!(list(&*store, by("policies.otp.fraud")).await, [id(2)]);
    assert_eq!(list(&*store, Filter { before: Some(id(3)), limit: 1, ..by("") }).await, [id(2)]);
    assert_eq!(list(&*store, by("policies.none")).await, []);
    let leased: Vec<MessageId> = lease(&*store).await.iter().map(|delivery| delivery.message.id).collect();
    assert_eq!(leased, [id(1)], "the others are held");
    assert!(matches!(store.claim(Viewer::Everything, id(2), NOW).await.expect("claimed"), Claim::Taken(_)));
    store.replace(Arc::new(Message { hold: None, ..first }), None).await.expect("released");
    assert_eq!(list(&*store, by("")).await, [id(3)]);
    let leased: Vec<MessageId> = lease(&*store).await.iter().map(|delivery| delivery.message.id).collect();
    assert_eq!(leased, [id(2)]);
}
