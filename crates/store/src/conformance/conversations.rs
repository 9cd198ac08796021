//! Conversations.

use super::Place;
use super::inbound::received;
use super::samples::{BANK, NOW, SHOP, after, id};
use postrider_core::consent::Intent;
use postrider_core::contract::{ConversationChange, ConversationFilter, Record, Store};
use postrider_core::conversation::{Conversation, ConversationState, Ends, Note};
use postrider_core::inbound::{Inbound, Received};
use postrider_core::message::Body;
use postrider_core::principal::Viewer;
use std::sync::Arc;

const OWN: Viewer = Viewer::Account(SHOP);
const OTHERS: Viewer = Viewer::Account(BANK);

async fn record(store: &dyn Store, inbound: impl IntoIterator<Item = Received>) {
    let inbound = inbound.into_iter().map(Arc::new).collect();
    store.record(Arc::new(Record { inbound, ..Record::default() })).await.expect("recorded");
}

/// Message `n`, of the handset that wrote message `of`.
fn another(n: u64, of: u64) -> Received {
    let inbound = Inbound { from: received(of).inbound.from, ..received(n).inbound };
    Received { inbound, ..received(n) }
}

fn opened(n: u64) -> Conversation {
    Conversation::opened_by(&received(n)).expect("it belongs to an account")
}

async fn list(store: &dyn Store, filter: ConversationFilter) -> Vec<u64> {
    let found = store.conversations(filter).await.expect("read");
    found.iter().map(|conversation| conversation.id.number() - id(0).number()).collect()
}

async fn one(store: &dyn Store, n: u64) -> Conversation {
    store.conversation(OWN, id(n)).await.expect("read").expect("known").0
}

async fn change(store: &dyn Store, viewer: Viewer, change: ConversationChange) -> Option<Conversation> {
    store.change_conversation(viewer, change, after(50)).await.expect("changed")
}

fn set(n: u64, state: ConversationState) -> ConversationChange {
    ConversationChange::Set { id: id(n), state: Some(state), assignee: None, claim: None, most: None }
}

/// A message from a handset begins a conversation; later ones are of the same.
pub async fn a_message_from_a_handset_begins_a_conversation(place: &impl Place) {
    let store = place.open().await;
    let nobodys = Received { account: None, ..received(3) };
    record(&*store, [received(1), received(2), nobodys, another(4, 1)]).await;
    record(&*store, [another(5, 1), another(5, 1)]).await;
    let all = ConversationFilter::all(OWN, 9);
    assert_eq!(list(&*store, all.clone()).await, [1, 2]);
    let last_in = Some(id(5));
    assert_eq!(one(&*store, 1).await, Conversation { updated: after(5), last_in, ..opened(1) });
    assert_eq!(one(&*store, 2).await, opened(2));
    assert_eq!(list(&*store, ConversationFilter::all(OTHERS, 9)).await, []);
    let page = ConversationFilter { limit: 1, ..all.clone() };
    assert_eq!(list(&*store, page.clone()).await, [1]);
    let behind = Some((after(5), id(1)));
    assert_eq!(list(&*store, ConversationFilter { behind, ..page }).await, [2]);
    let handset = Some("+447700900002".into());
    assert_eq!(list(&*store, ConversationFilter { handset, ..all.clone() }).await, [2]);
    assert_eq!(list(&*store, ConversationFilter { number: Some("1".into()), ..all }).await, []);
}

/// A STOP, START or HELP opens no conversation, and changes none that somebody waits in.
pub async fn a_request_waits_for_nobody(place: &impl Place) {
    let store = place.open().await;
    let asks = |n, of| Received { intent: Some(Intent::Stop), ..another(n, of) };
    record(&*store, [asks(1, 1), received(2)]).await;
    let stopped = one(&*store, 1).await;
    assert_eq!((stopped.state, stopped.waiting_since), (ConversationState::Waiting, None));
    change(&*store, OWN, set(1, ConversationState::Closed)).await;
    record(&*store, [asks(60, 1), asks(61, 2)]).await;
    let stopped = one(&*store, 1).await;
    assert_eq!((stopped.state, stopped.last_in), (ConversationState::Closed, Some(id(60))));
    let waits = one(&*store, 2).await;
    assert_eq!((waits.state, waits.waiting_since), (ConversationState::Open, Some(after(2))));
    // In whichever order they come together.
    record(&*store, [asks(70, 70), another(71, 70), another(81, 80), asks(82, 80)]).await;
    for (n, since) in [(70, 71), (81, 81)] {
        let both = one(&*store, n).await;
        assert_eq!((both.state, both.waiting_since), (ConversationState::Open, Some(after(since))));
    }
}

/// State and assignee are set by who sees the conversation; the handset's next message opens it again.
pub async fn a_conversation_is_assigned_closed_and_opened_again(place: &impl Place) {
    let store = place.open().await;
    record(&*store, [received(1), received(2)]).await;
    assert_eq!(change(&*store, OTHERS, set(1, ConversationState::Closed)).await, None);
    assert_eq!(change(&*store, OWN, set(9, ConversationState::Closed)).await, None);
    let assignee = Some(Some("ann".into()));
    let assigned = ConversationChange::Set { id: id(1), state: None, assignee, claim: None, most: None };
    let (assignee, assigned_at) = (Some("ann".into()), Some(after(50)));
    let expected = Conversation { assignee, assigned_at, updated: after(50), ..opened(1) };
    assert_eq!(change(&*store, OWN, assigned).await, Some(expected.clone()));
    let closed = change(&*store, OWN, set(1, ConversationState::Closed)).await;
    let (state, waiting_since) = (ConversationState::Closed, None);
    assert_eq!(closed, Some(Conversation { state, waiting_since, ..expected.clone() }));
    let all = ConversationFilter::all(OWN, 9);
    let found = |state| list(&*store, ConversationFilter { state: Some(state), ..all.clone() });
    assert_eq!(found(ConversationState::Closed).await, [1]);
    assert_eq!(found(ConversationState::Open).await, [2]);
    let of =
        |assignee: &str| list(&*store, ConversationFilter { assignee: Some(assignee.into()), ..all.clone() });
    assert_eq!((of("ann").await, of("").await), (vec![1], vec![2]));
    record(&*store, [another(60, 1)]).await;
    let (waiting_since, last_in) = (Some(after(60)), Some(id(60)));
    assert_eq!(
        one(&*store, 1).await,
        Conversation { updated: after(60), waiting_since, last_in, ..expected }
    );
    let nobody =
        ConversationChange::Set { id: id(1), state: None, assignee: Some(None), claim: None, most: None };
    assert_eq!(change(&*store, OWN, nobody).await.and_then(|it| it.assignee), None);
}

/// A handset waits since its first message that nobody has answered.
pub async fn a_handset_waits_since_its_first_message_without_an_answer(place: &impl Place) {
    let store = place.open().await;
    record(&*store, [received(1), another(4, 1), received(2)]).await;
    record(&*store, [another(5, 1)]).await;
    assert_eq!(one(&*store, 1).await.waiting_since, Some(after(1)));
    let all = ConversationFilter::all(OWN, 9);
    let waiting =
        |since| list(&*store, ConversationFilter { waiting_since: Some(after(since)), ..all.clone() });
    assert_eq!((waiting(0).await, waiting(1).await), (vec![], vec![1]));
    let answered = change(&*store, OWN, set(1, ConversationState::Waiting)).await.expect("known");
    assert_eq!((answered.waiting_since, waiting(99).await), (None, vec![2]));
    let opened = change(&*store, OWN, set(1, ConversationState::Open)).await.expect("known");
    assert_eq!(opened.waiting_since, Some(after(50)), "opened by hand");
}

/// Of two who answer what both have seen, one may; what was begun in vain is taken back.
pub async fn one_reply_follows_what_was_seen(place: &impl Place) {
    let store = place.open().await;
    record(&*store, [received(1)]).await;
    let reply = |seen, reply: Option<u64>| {
        let reply = ConversationChange::Reply { id: id(1), seen, reply: reply.map(id) };
        let store = &*store;
        async move { change(store, OWN, reply).await.expect("known").last_reply }
    };
    assert_eq!(reply(Some(None), Some(10)).await, Some(id(10)));
    assert_eq!(reply(Some(None), Some(11)).await, Some(id(10)), "somebody else was first");
    assert_eq!(reply(Some(Some(id(10))), Some(12)).await, Some(id(12)));
    assert_eq!(reply(Some(Some(id(12))), Some(10)).await, Some(id(10)), "taken back");
    assert_eq!(reply(None, Some(13)).await, Some(id(13)), "whatever was seen");
    let others = ConversationChange::Reply { id: id(1), seen: None, reply: None };
    assert_eq!(change(&*store, OTHERS, others).await, None);
}

/// Who is about to answer says so, until the conversation is answered or they say otherwise. It counts as no change.
pub async fn a_conversation_is_claimed_until_it_is_answered(place: &impl Place) {
    let store = place.open().await;
    record(&*store, [received(1)]).await;
    let claim = |who: Option<&str>| {
        let claim = Some(who.map(Into::into));
        let claim = ConversationChange::Set { id: id(1), state: None, assignee: None, claim, most: None };
        let store = &*store;
        async move { change(store, OWN, claim).await.expect("known") }
    };
    let by = |conversation: &Conversation| conversation.claimed_by.clone();
    let claimed = claim(Some("ann")).await;
    assert_eq!((by(&claimed).as_deref(), claimed.claimed_at), (Some("ann"), Some(after(50))));
    assert_eq!(claimed.updated, after(1));
    let given_back = claim(None).await;
    assert_eq!((by(&given_back), given_back.claimed_at), (None, None));
    claim(Some("ben")).await;
    let answered = change(&*store, OWN, set(1, ConversationState::Waiting)).await.expect("known");
    assert_eq!((by(&answered), answered.claimed_at), (None, None));
}

/// Each person has read by themselves; what the handset writes is unread again, what it is answered is not.
pub async fn a_conversation_is_read_by_each_person(place: &impl Place) {
    let store = place.open().await;
    record(&*store, [received(1), received(2)]).await;
    let read = async |of: u64, person: &str, upto: Option<u64>| {
        let read = ConversationChange::Read { id: id(of), person: person.into(), upto: upto.map(id) };
        change(&*store, OWN, read).await.expect("known")
    };
    let unread = async |person: &str| {
        let all = ConversationFilter::all(OWN, 9);
        list(&*store, ConversationFilter { unread_by: Some(person.into()), ..all }).await
    };
    assert_eq!((unread("ann").await, unread("n").await), (vec![2, 1], vec![2, 1]));
    let marked = read(1, "ann", Some(1)).await;
    assert_eq!((marked.updated, marked.is_unread_by("ann")), (after(1), false));
    read(1, "anna", Some(1)).await;
    read(2, "bob", Some(2)).await;
    assert_eq!((unread("ann").await, unread("n").await), (vec![2], vec![2, 1]));
    assert_eq!((unread("anna").await, unread("bob").await), (vec![2], vec![1]));
    change(&*store, OWN, set(1, ConversationState::Waiting)).await.expect("known");
    assert_eq!(unread("ann").await, [2], "an answer is nothing to be read");
    record(&*store, [another(5, 1)]).await;
    assert_eq!(unread("ann").await, [1, 2]);
    read(1, "ann", Some(5)).await;
    assert_eq!(unread("ann").await, [2]);
    read(1, "ann", None).await;
    assert_eq!(unread("ann").await, [1, 2], "marked as unread");
    let others = ConversationChange::Read { id: id(1), person: "ann".into(), upto: None };
    assert_eq!(change(&*store, OTHERS, others).await, None);
}

/// The queue gives the conversation that has waited longest, and nobody gets more than they may.
pub async fn who_is_free_gets_what_has_waited_longest(place: &impl Place) {
    let store = place.open().await;
    record(&*store, [received(1), received(2), received(3), received(4)]).await;
    let take = async |person: &str, most, overdue: Option<u64>| {
        let person = person.into();
        let take = ConversationChange::Take { account: SHOP, person, most, overdue: overdue.map(after) };
        let taken = change(&*store, OWN, take).await?;
        Some((taken.id.number() - id(0).number(), taken.assignee.expect("it is assigned").to_string()))
    };
    let got = |n: u64, person: &str| Some((n, person.to_owned()));
    assert_eq!(take("ann", Some(2), None).await, got(1, "ann"));
    assert_eq!(take("bob", Some(2), None).await, got(2, "bob"));
    change(&*store, OWN, set(3, ConversationState::Closed)).await.expect("known");
    assert_eq!(take("ann", Some(2), None).await, got(4, "ann"), "a closed one is nothing to take");
    assert_eq!(take("ann", Some(2), None).await, None, "ann has as many as may be");
    assert_eq!(take("bob", None, Some(49)).await, None, "none is assigned for long enough");
    assert_eq!(take("bob", None, Some(50)).await, got(1, "bob"), "it was left waiting");
    // The same limit holds for who assigns.
    let assign = async |n: u64, person: &str| {
        let assignee = Some(Some(person.into()));
        let set = ConversationChange::Set { id: id(n), state: None, assignee, claim: None, most: Some(2) };
        change(&*store, OWN, set).await.expect("known").assignee
    };
    assert_eq!(assign(4, "bob").await.as_deref(), Some("ann"));
    assert_eq!(assign(1, "bob").await.as_deref(), Some("bob"));
    change(&*store, OWN, set(1, ConversationState::Waiting)).await.expect("known");
    assert_eq!(assign(4, "bob").await.as_deref(), Some("bob"), "an answered one doesn't count");
    let nobodys = ConversationChange::Take { account: BANK, person: "ann".into(), most: None, overdue: None };
    assert_eq!(change(&*store, OTHERS, nobodys).await, None);
}

/// A conversation is opened once, whoever opens it.
pub async fn a_conversation_is_opened_once(place: &impl Place) {
    let store = place.open().await;
    let ends = Ends { handset: "+447700900077".into(), ..opened(1).ends };
    let open = |n| ConversationChange::Open { id: id(n), ends: ends.clone() };
    let first = change(&*store, OWN, open(7)).await.expect("opened");
    assert_eq!((first.id, first.state, &first.ends), (id(7), ConversationState::Open, &ends));
    assert_eq!(change(&*store, OWN, open(8)).await, Some(first));
    assert_eq!(list(&*store, ConversationFilter::all(OWN, 9)).await, [7]);
}

/// Notes are kept in their order, for who sees the conversation.
pub async fn notes_are_kept_in_their_order(place: &impl Place) {
    let store = place.open().await;
    record(&*store, [received(1), received(2)]).await;
    let note = |n: u64| Note {
        id: id(100 + n),
        at: after(n),
        author: (n > 1).then(|| "ann".into()),
        body: Body::Text(format!("n{n}").into()),
    };
    for n in 1..=3 {
        let noted = ConversationChange::Note { id: id(1), note: note(n) };
        assert!(change(&*store, OWN, noted).await.is_some());
    }
    let refused = ConversationChange::Note { id: id(1), note: note(9) };
    assert_eq!(change(&*store, OTHERS, refused).await, None);
    let (conversation, notes) = store.conversation(OWN, id(1)).await.expect("read").expect("known");
    assert_eq!((conversation.updated, notes), (after(50), vec![note(1), note(2), note(3)]));
    assert_eq!(store.conversation(OTHERS, id(1)).await.expect("read"), None);
    let (_, none) = store.conversation(Viewer::Everything, id(2)).await.expect("read").expect("known");
    assert_eq!(none, []);
}

/// Conversations are forgotten when nothing happened in them for long, with their notes.
pub async fn purging_forgets_conversations_that_rest(place: &impl Place) {
    let store = place.open().await;
    record(&*store, [received(1), received(2)]).await;
    let note = Note { id: id(100), at: NOW, author: None, body: Body::Text("n".into()) };
    change(&*store, OWN, ConversationChange::Note { id: id(1), note }).await;
    store.purge(after(49), 9).await.expect("purged");
    assert_eq!(list(&*store, ConversationFilter::all(OWN, 9)).await, [1]);
    store.purge(after(51), 9).await.expect("purged");
    assert_eq!(list(&*store, ConversationFilter::all(OWN, 9)).await, []);
    record(&*store, [received(1)]).await;
    let (_, notes) = store.conversation(OWN, id(1)).await.expect("read").expect("known");
    assert_eq!(notes, []);
}
