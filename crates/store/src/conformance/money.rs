//! Money: messages are paid in the transaction that accepts them, and settled in the one that ends them.

use super::Place;
use super::inbound::{joined, keep, part, received, record_received};
use super::samples::{
    NOW, SHOP, UPSTREAM, accepting, after, ended, id, lease, message, outcome, record, taken,
};
use postrider_core::contract::{
    Accept, Accepted, Added, Decided, EntryFilter, InboundFilter, Joined, JoinedParts, MoneyEntry, NotJoined,
    Once, Posted, Posting, Record, Store,
};
use postrider_core::delivery::{Change, State};
use postrider_core::inbound::Received;
use postrider_core::message::Message;
use postrider_core::money::{
    Amount, Balance, Charge, ChargeAt, Credit, Currency, EntryKind, Price, Refunds, Terms,
};
use postrider_core::principal::Viewer;
use postrider_core::submission::Refusal;
use std::sync::Arc;

fn euro() -> Currency {
    "EUR".parse().expect("a currency")
}

/// Sample `n`, whose parts cost three millionths each.
fn priced(n: u64, parts: u8, at: ChargeAt) -> Message {
    let terms = Terms { currency: euro(), at, refunds: Refunds::usual() };
    let charge = Charge { terms, price: Some(Amount(3)), costs: [Some(Amount(2)), None].into() };
    Message { parts, charge: Some(Box::new(charge)), ..message(n) }
}

fn prepaid() -> Credit {
    Credit { limit: Some(Amount::ZERO), ..Credit::default() }
}

fn billed(message: Message, credit: Credit) -> Accept {
    Accept { credit: Some(Arc::new(credit)), ..accepting(message, UPSTREAM, false) }
}

fn of_amount(key: &str, amount: i64) -> Posting {
    Posting {
        account: SHOP,
        currency: euro(),
        kind: EntryKind::TopUp,
        limit: None,
        added: Added::Amount(Amount(amount)),
        key: key.into(),
        note: Some("invoice 7".into()),
        who: "ops".into(),
        at: NOW,
    }
}

async fn top_up(store: &dyn Store, amount: i64) {
    let made = store.post(of_amount("first", amount)).await.expect("topped up");
    assert!(matches!(made, Posted::Now(..)), "{made:?}");
}

async fn accept(store: &dyn Store, accepts: Vec<Accept>) -> Vec<(usize, Refusal)> {
    match store.accept(accepts, None).await.expect("accepted") {
        Accepted::Now { refused } => refused,
        other => panic!("{other:?}"),
    }
}

async fn balance(store: &dyn Store) -> Balance {
    let balances = store.balances(Some(SHOP)).await.expect("balances are read");
    let balance = balances.first().map(|it| it.balance).unwrap_or_default();
    // It is always the sum of its entries.
    let entries = entries(store).await;
    let posted = entries.iter().map(|entry| entry.posted).sum();
    let reserved = entries.iter().map(|entry| entry.reserved).sum();
    assert_eq!(balance, Balance { posted, reserved });
    balance
}

async fn entries(store: &dyn Store) -> Vec<MoneyEntry> {
    let filter = EntryFilter { account: Some(SHOP), kind: None, before: None, limit: 1_000 };
    store.entries(filter).await.expect("entries are read")
}

fn kinds(entries: &[MoneyEntry]) -> Vec<(EntryKind, i64, i64, u64)> {
    entries.iter().rev().map(|it| (it.kind, it.posted.0, it.reserved.0, it.messages)).collect()
}

const fn amounts(posted: i64, reserved: i64) -> Balance {
    Balance { posted: Amount(posted), reserved: Amount(reserved) }
}

/// A batch is paid in its order, to the last millionth and not beyond, by one entry.
pub async fn what_can_not_be_paid_is_refused(place: &impl Place) {
    let store = place.open().await;
    let none = accept(&*store, vec![billed(priced(1, 1, ChargeAt::Accepted), prepaid())]).await;
    assert_eq!(none, [(0, Refusal::InsufficientCredit)]);
    top_up(&*store, 10).await;
    let batch = (2..=5).map(|n| billed(priced(n, 1, ChargeAt::Accepted), prepaid()));
    let batch = batch.chain([accepting(message(6), UPSTREAM, false)]).collect();
    assert_eq!(accept(&*store, batch).await, [(3, Refusal::InsufficientCredit)]);
    assert_eq!(balance(&*store).await, amounts(1, 0));
    assert_eq!(kinds(&entries(&*store).await), [(EntryKind::TopUp, 10, 0, 0), (EntryKind::Charge, -9, 0, 3)]);
    assert_eq!(lease(&*store).await.len(), 4);
    let owing = Credit { limit: Some(Amount(20)), ..Credit::default() };
    let more = vec![
        billed(priced(7, 7, ChargeAt::Accepted), owing.clone()),
        billed(priced(8, 1, ChargeAt::Accepted), owing),
    ];
    assert_eq!(accept(&*store, more).await, [(1, Refusal::InsufficientCredit)]);
    assert_eq!(balance(&*store).await, amounts(-20, 0));
}

/// However many ask at once, credit is spent once.
pub async fn credit_is_spent_once_by_those_who_ask_at_once(place: &impl Place) {
    let store = place.open().await;
    top_up(&*store, 30).await;
    let asking = (0..40).map(|n| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            accept(&*store, vec![billed(priced(100 + n, 1, ChargeAt::Accepted), prepaid())]).await.is_empty()
        })
    });
    let mut accepted = 0;
    for asked in asking.collect::<Vec<_>>() {
        accepted += i64::from(asked.await.expect("it is answered"));
    }
    assert_eq!((accepted, balance(&*store).await), (10, amounts(0, 0)));
}

/// An end gives back what was charged, once, however often it is recorded.
pub async fn an_end_settles_its_message_once(place: &impl Place) {
    let store = place.open().await;
    top_up(&*store, 100).await;
    let messages: Vec<Message> = (1..=4).map(|n| priced(n, 2, ChargeAt::Accepted)).collect();
    let batch = messages.iter().map(|message| billed(message.clone(), prepaid())).collect();
    assert_eq!(accept(&*store, batch).await, []);
    assert_eq!(balance(&*store).await, amounts(76, 0));
    record(&*store, [taken(&messages[0], "a"), taken(&messages[1], "b")]).await;
    let by_receipt = |message: &Message, name: &str, state| {
        let arrived = vec![(UPSTREAM, name.into())];
        Change { arrived, ..ended(message, state) }
    };
    let failed = by_receipt(&messages[0], "a", State::Undelivered);
    record(&*store, [failed.clone(), by_receipt(&messages[1], "b", State::Delivered)]).await;
    assert_eq!(balance(&*store).await, amounts(82, 0));
    record(&*store, [failed.clone(), failed]).await;
    assert_eq!(balance(&*store).await, amounts(82, 0));
    // Those that end in the queue, one of them twice in one record.
    let canceled = ended(&messages[2], State::Canceled);
    record(&*store, [canceled.clone(), ended(&messages[3], State::Expired), canceled]).await;
    assert_eq!(balance(&*store).await, amounts(94, 0));
}

/// What is charged later is reserved, and captured or released by the end.
pub async fn what_is_charged_later_is_reserved(place: &impl Place) {
    let store = place.open().await;
    top_up(&*store, 12).await;
    let messages: Vec<Message> = (1..=5).map(|n| priced(n, 1, ChargeAt::Delivered)).collect();
    let batch = messages.iter().map(|message| billed(message.clone(), prepaid())).collect();
    assert_eq!(accept(&*store, batch).await, [(4, Refusal::InsufficientCredit)]);
    assert_eq!(balance(&*store).await, amounts(12, 12));
    let changes = [(0, State::Delivered), (1, State::Unknown), (2, State::Rejected)];
    record(&*store, changes.map(|(place, state)| ended(&messages[place], state))).await;
    assert_eq!(balance(&*store).await, amounts(9, 3));
    let kinds = kinds(&entries(&*store).await);
    assert!(kinds.contains(&(EntryKind::Reservation, 0, 12, 4)), "{kinds:?}");
    assert!(kinds.contains(&(EntryKind::Capture, -3, -3, 1)), "{kinds:?}");
    assert!(kinds.contains(&(EntryKind::Release, 0, -6, 2)), "{kinds:?}");
}

/// A top-up is made once for its key.
pub async fn a_top_up_is_made_once(place: &impl Place) {
    let store = place.open().await;
    top_up(&*store, 10).await;
    let again = store.post(of_amount("first", 10)).await.expect("it is answered");
    let Posted::Before(entry, kept) = again else { panic!("{again:?}") };
    assert_eq!((entry.posted, entry.note.as_deref(), kept), (Amount(10), Some("invoice 7"), amounts(10, 0)));
    assert_eq!(store.post(of_amount("first", 11)).await.expect("it is answered"), Posted::Conflict);
    let taken_away = store.post(of_amount("second", -4)).await.expect("it is answered");
    assert!(matches!(taken_away, Posted::Now(_, balance) if balance == amounts(6, 0)), "{taken_away:?}");
    assert_eq!(balance(&*store).await, amounts(6, 0));
    let up_to = |key, target| Posting { added: Added::UpTo(Amount(target)), ..of_amount(key, 0) };
    for (key, target, expected) in
        [("third", 20, 20), ("third", 20, 20), ("fourth", 20, 20), ("fifth", 6, 20)]
    {
        let made = store.post(up_to(key, target)).await.expect("it is answered");
        let (Posted::Now(_, now) | Posted::Before(_, now)) = made else { panic!("{made:?}") };
        assert_eq!(now, amounts(expected, 0), "{key}");
    }
    let shown = entries(&*store).await;
    let added: Vec<i64> = shown.iter().map(|entry| entry.posted.0).collect();
    assert_eq!(added, [14, -4, 10], "what added nothing is not shown");
    let page = EntryFilter { account: None, kind: None, before: Some(shown[1].id), limit: 9 };
    assert_eq!(store.entries(page).await.expect("entries are read").len(), 1);
    let correction = Posting { kind: EntryKind::Correction, ..of_amount("first", -3) };
    store.post(correction).await.expect("it is answered");
    let corrections =
        EntryFilter { account: Some(SHOP), kind: Some(EntryKind::Correction), before: None, limit: 9 };
    let corrections = store.entries(corrections).await.expect("entries are read");
    assert_eq!(kinds(&corrections), [(EntryKind::Correction, -3, 0, 0)]);
}

/// A fee is paid once for its key, which top-ups may have too, and not beyond its limit.
pub async fn a_fee_is_paid_once_within_the_limit(place: &impl Place) {
    let store = place.open().await;
    top_up(&*store, 10).await;
    let fee = |key, amount: i64, limit: Option<i64>| {
        let limit = limit.map(Amount);
        store.post(Posting { kind: EntryKind::Lookup, limit, ..of_amount(key, -amount) })
    };
    let paid = async |key, amount, limit| match fee(key, amount, limit).await.expect("it is answered") {
        Posted::Now(entry, _) => format!("now {}", entry.posted.0),
        Posted::Before(entry, _) => format!("before {}", entry.posted.0),
        other => format!("{other:?}"),
    };
    assert_eq!(paid("first", 4, Some(0)).await, "now -4", "the key is a top-up's");
    assert_eq!(paid("first", 4, Some(0)).await, "before -4");
    assert_eq!(paid("first", 5, Some(0)).await, "Conflict");
    assert_eq!(paid("second", 7, Some(0)).await, "Unpaid");
    assert_eq!(balance(&*store).await, amounts(6, 0));
    assert_eq!(paid("second", 7, Some(1)).await, "now -7");
    assert_eq!(paid("third", 7, None).await, "now -7", "without a limit");
    assert_eq!(balance(&*store).await, amounts(-8, 0));
}

/// A request of which nothing could be paid is tried anew when it is repeated.
pub async fn a_request_that_was_not_paid_is_tried_anew(place: &impl Place) {
    let store = place.open().await;
    let request =
        || Once { account: SHOP, key: "k".into(), request: [1; 32], decided: vec![Decided::Accepted(id(1))] };
    let batch = || vec![billed(priced(1, 1, ChargeAt::Accepted), prepaid())];
    let refused = store.accept(batch(), Some(request())).await.expect("it is answered");
    assert_eq!(refused, Accepted::Now { refused: vec![(0, Refusal::InsufficientCredit)] });
    top_up(&*store, 9).await;
    assert_eq!(store.accept(batch(), Some(request())).await.expect("it is answered"), Accepted::ALL);
    let before = store.accept(batch(), Some(request())).await.expect("it is answered");
    assert_eq!(before, Accepted::Before(vec![Decided::Accepted(id(1))]));
    assert_eq!(balance(&*store).await, amounts(6, 0));
}

/// What is spent a day, and a day on a country, has bounds.
pub async fn days_have_caps(place: &impl Place) {
    let store = place.open().await;
    top_up(&*store, 1_000).await;
    let british = "GB".parse().expect("a country");
    let capped =
        || Credit { daily: Some(Amount(9)), daily_by_country: vec![(british, Amount(6))], ..prepaid() };
    let batch = (1..=3).map(|n| billed(priced(n, 1, ChargeAt::Accepted), capped())).collect();
    assert_eq!(accept(&*store, batch).await, [(2, Refusal::DailyCap(Some(british)))]);
    let abroad =
        |n| Message { to: super::samples::number(491_511_234_567), ..priced(n, 1, ChargeAt::Accepted) };
    let batch = (4..=5).map(|n| billed(abroad(n), capped())).collect();
    assert_eq!(accept(&*store, batch).await, [(1, Refusal::DailyCap(None))]);
    assert_eq!(balance(&*store).await, amounts(991, 0));
}

/// A message of parts that can't be paid is not accepted, and its parts go on waiting.
pub async fn parts_are_paid_when_they_are_joined(place: &impl Place) {
    let store = place.open().await;
    top_up(&*store, 4).await;
    let parts = [super::client_parts::part(1, 1), super::client_parts::part(2, 2)];
    store.collect(parts.to_vec()).await.expect("kept");
    let join = |n, parts: u8| {
        let accept = billed(priced(n, parts, ChargeAt::Accepted), prepaid());
        store.join(vec![Joined { accept, parts: vec![id(1), id(2)] }])
    };
    let unpaid = NotJoined { unpaid: vec![(0, Refusal::InsufficientCredit)], ..NotJoined::default() };
    assert_eq!(join(10, 2).await.expect("it is answered"), unpaid);
    assert_eq!(join(11, 1).await.expect("it is answered"), NotJoined::default());
    let late = NotJoined { joined_before: vec![0], ..NotJoined::default() };
    assert_eq!(join(12, 1).await.expect("it is answered"), late);
    assert_eq!(balance(&*store).await, amounts(1, 0));
}

/// A message from a handset is charged when it is recorded, whatever the balance, and its price stays with it.
pub async fn messages_from_handsets_are_charged_once(place: &impl Place) {
    let store = place.open().await;
    let price = Some(Price { currency: euro(), amount: Amount(4) });
    let [one, other] = [1, 2].map(|n| Received { price, ..received(n) });
    let free = received(3);
    record_received(&*store, vec![one.clone(), other, free]).await;
    assert_eq!(kinds(&entries(&*store).await), [(EntryKind::Inbound, -8, 0, 2)]);
    assert_eq!(balance(&*store).await, amounts(-8, 0), "what was sent can't be refused");
    keep(&*store, vec![part(11, 1), part(12, 2), part(13, 3)]).await;
    let whole = |of| {
        let joined = joined(of, &[11, 12, 13], true);
        let received = joined.received.as_deref().map(|it| Arc::new(Received { price, ..it.clone() }));
        JoinedParts { received, ..joined }
    };
    assert_eq!(store.join_inbound(vec![whole(17)], id(0)).await.expect("joined"), Vec::<usize>::new());
    assert_eq!(store.join_inbound(vec![whole(18)], id(0)).await.expect("joined"), [0]);
    assert_eq!(balance(&*store).await, amounts(-12, 0), "parts are joined once");
    store.close().await;
    drop(store);
    let store = place.open().await;
    let found = store.inbound(InboundFilter::all(Viewer::Account(SHOP), 9)).await.expect("messages are read");
    assert!(found.contains(&Arc::new(one)) && balance(&*store).await == amounts(-12, 0), "{found:?}");
}

/// What was paid is paid after a restart, and what a message cost stays with it.
pub async fn money_survives(place: &impl Place) {
    let store = place.open().await;
    top_up(&*store, 10).await;
    let message = priced(1, 1, ChargeAt::Accepted);
    assert_eq!(accept(&*store, vec![billed(message.clone(), prepaid())]).await, []);
    assert!(store.note_low(SHOP, euro(), true).await.expect("noted"));
    assert!(!store.note_low(SHOP, euro(), true).await.expect("noted"));
    store.close().await;
    drop(store);
    let store = place.open().await;
    assert_eq!(balance(&*store).await, amounts(7, 0));
    assert!(store.balances(None).await.expect("balances are read")[0].is_low);
    let known = store.messages(SHOP, vec![id(1)]).await.expect("messages are read");
    assert_eq!(*known[0], message);
    let outcome = outcome(State::Delivered);
    assert_eq!(known[0].paid_and_cost(&outcome), (Some(Amount(3)), Some(Amount(2))));
    let change = Change { settlement: None, outcome: Some(outcome), ..ended(&message, State::Delivered) };
    let recorded = store.record(Arc::new(Record { changes: vec![change], ..Record::default() })).await;
    assert!(recorded.is_ok() && balance(&*store).await == amounts(7, 0), "{:?} {recorded:?}", after(1));
}
