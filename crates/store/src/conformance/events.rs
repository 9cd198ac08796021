//! The stream of events.

use super::Place;
use super::inbound::received;
use super::samples::{BANK, SHOP, UPSTREAM, accept_owned, after, change, ended, id, message, outcome};
use postrider_core::account::AccountId;
use postrider_core::contract::{Events, EventsWanted, Record, Store};
use postrider_core::delivery::{Change, Queue, State};
use postrider_core::inbound::Received;
use postrider_core::message::{Message, Receipts};
use postrider_core::principal::Viewer;
use postrider_core::report::EndedMessage;
use postrider_core::stream::{EventFilter, EventPosition, OtherEvent, StreamEvent};
use std::sync::Arc;

const ALL: EventFilter = EventFilter { viewer: Viewer::Everything, types: None };

fn of(account: AccountId) -> EventFilter {
    EventFilter { viewer: Viewer::Account(account), types: None }
}

/// Reads without a pause, as far as it goes.
async fn read(store: &dyn Store, filter: &EventFilter, after: EventPosition, most: usize) -> Events {
    let mut all = Events { next: after, ..Events::default() };
    loop {
        let wanted = EventsWanted { filter: filter.clone(), after: Some(all.next), most };
        let found = store.events(wanted).await.expect("read");
        assert!(found.events.len() <= most, "{found:?}");
        assert!(found.next >= all.next, "{found:?}");
        all.events.extend(found.events);
        all.next = found.next;
        all.forgotten |= found.forgotten;
        if !found.more {
            return all;
        }
    }
}

fn names(events: &Events) -> Vec<String> {
    let name = |event: &StreamEvent| match event {
        StreamEvent::Ended { message, outcome } => {
            format!("{} {}", message.id.number() - id(0).number(), outcome.state.word())
        }
        StreamEvent::Received(received) => format!("{} received", received.id.number() - id(0).number()),
        StreamEvent::Other(event) => event.kind.to_string(),
    };
    events.events.iter().map(|(_, event)| name(event)).collect()
}

fn other(kind: &'static str, account: Option<AccountId>) -> OtherEvent {
    let facts = vec![("number".into(), "+447700900123".into())];
    OtherEvent { kind: kind.into(), account, at: after(3), facts }
}

async fn keep(store: &dyn Store, record: Record) {
    store.record(Arc::new(record)).await.expect("recorded");
}

/// Three records: two ends, two messages from handsets of which one is nobody's, and two other events.
async fn fill(store: &dyn Store) {
    let banks = Message { account: BANK, ..message(2) };
    accept_owned(store, [message(1), banks.clone()]).await;
    let ends = vec![ended(&message(1), State::Delivered), ended(&banks, State::Failed), change(&message(1))];
    keep(store, Record { changes: ends, ..Record::default() }).await;
    let nobodys = Received { account: None, ..received(4) };
    let inbound = vec![Arc::new(received(3)), Arc::new(nobodys)];
    keep(store, Record { inbound, ..Record::default() }).await;
    let events = vec![other("opened", Some(SHOP)), other("closed", None)];
    keep(store, Record { events, ..Record::default() }).await;
}

/// A message ends once, however often its end is recorded: the stream names it once, and so records and reports count it once.
pub async fn an_end_recorded_again_is_named_once(place: &impl Place) {
    let store = place.open().await;
    let untold = Message { receipts: Receipts::None, ..message(3) };
    accept_owned(&*store, [message(1), message(2), untold.clone(), message(4)]).await;
    let by_receipt = |message: &Message| Change {
        queue: Queue::Keep,
        arrived: vec![(UPSTREAM, "a".into())],
        notice: None,
        outcome: Some(outcome(State::Delivered)),
        ..change(message)
    };
    let first = vec![ended(&message(1), State::Delivered), by_receipt(&message(2)), by_receipt(&untold)];
    keep(&*store, Record { changes: first.clone(), ..Record::default() }).await;
    for again in first {
        let changes = vec![again, change(&message(4))];
        keep(&*store, Record { changes, ..Record::default() }).await;
    }
    let mixed = vec![by_receipt(&message(2)), by_receipt(&message(4)), by_receipt(&message(4))];
    keep(&*store, Record { changes: mixed, events: vec![other("opened", None)], ..Record::default() }).await;
    // One by one: a page that is read by itself shows all that it names.
    let all = read(&*store, &ALL, EventPosition::START, 1).await;
    assert_eq!(names(&all), ["1 delivered", "2 delivered", "3 delivered", "4 delivered", "opened"]);
    assert_eq!(store.ended(EventPosition::START, 99).await.expect("ends are read").ended.len(), 4);
}

/// Events come in the order of their records, with all that is told of them; each viewer sees its own.
pub async fn events_come_in_the_order_in_which_they_were_recorded(place: &impl Place) {
    let store = place.open().await;
    fill(&*store).await;
    let all = read(&*store, &ALL, EventPosition::START, 99).await;
    let expected = ["1 delivered", "2 failed", "3 received", "4 received", "opened", "closed"];
    assert_eq!(names(&all), expected);
    let message = Arc::new(message(1));
    assert_eq!(all.events[0].1, StreamEvent::Ended { message, outcome: outcome(State::Delivered) });
    assert_eq!(all.events[2].1, StreamEvent::Received(Arc::new(received(3))));
    assert_eq!(all.events[4].1, StreamEvent::Other(other("opened", Some(SHOP))));
    let shops = read(&*store, &of(SHOP), EventPosition::START, 99).await;
    assert_eq!(names(&shops), ["1 delivered", "3 received", "opened"]);
    assert_eq!(names(&read(&*store, &of(BANK), EventPosition::START, 99).await), ["2 failed"]);
    let types = Some(["message.received".into(), "closed".into()].into());
    let some = read(&*store, &EventFilter { types, ..ALL }, EventPosition::START, 99).await;
    assert_eq!(names(&some), ["3 received", "4 received", "closed"]);
}

/// Reports see each message that ended, page by page, with what they count of it.
pub async fn reports_see_each_end(place: &impl Place) {
    let store = place.open().await;
    fill(&*store).await;
    let (mut after, mut seen) = (EventPosition::START, Vec::new());
    loop {
        let found = store.ended(after, 1).await.expect("ends are read");
        assert!(!found.forgotten);
        seen.extend(found.ended);
        if !found.more {
            break;
        }
        after = found.next;
    }
    let one = (EndedMessage::from(&message(1)), outcome(State::Delivered));
    assert_eq!(seen[0], one);
    let states: Vec<_> = seen.iter().map(|(message, outcome)| (message.id, outcome.state)).collect();
    assert_eq!(states, [(message(1).id, State::Delivered), (message(2).id, State::Failed)]);
}

/// Whoever goes on behind an event gets all that come after it, however few at once.
pub async fn a_stream_goes_on_behind_any_event(place: &impl Place) {
    let store = place.open().await;
    fill(&*store).await;
    let all = read(&*store, &ALL, EventPosition::START, 99).await;
    for (place, (position, _)) in all.events.iter().enumerate() {
        let rest = read(&*store, &ALL, *position, 1).await;
        assert_eq!(rest.events, all.events[place + 1..], "{position}");
    }
    let passed = read(&*store, &of(AccountId(9)), EventPosition::START, 1).await;
    assert_eq!((passed.events.len(), passed.next), (0, all.next));
}

/// The end of the stream is where nothing is behind, until something is recorded.
pub async fn the_end_of_the_stream_has_nothing_behind_it(place: &impl Place) {
    let store = place.open().await;
    let end = async || {
        let wanted = EventsWanted { filter: ALL, after: None, most: 9 };
        store.events(wanted).await.expect("read").next
    };
    assert_eq!(end().await, EventPosition::START);
    fill(&*store).await;
    let last = end().await;
    assert_eq!(names(&read(&*store, &ALL, last, 9).await), Vec::<String>::new());
    keep(&*store, Record { events: vec![other("later", None)], ..Record::default() }).await;
    assert_eq!(names(&read(&*store, &ALL, last, 9).await), ["later"]);
    // What tells nothing is no page.
    let before = end().await;
    keep(&*store, Record { changes: vec![change(&message(1))], ..Record::default() }).await;
    assert_eq!(end().await, before);
}

/// Old pages go, all but the last; whoever was behind them is told.
pub async fn forgotten_events_are_told_of(place: &impl Place) {
    let store = place.open().await;
    fill(&*store).await;
    let all = read(&*store, &ALL, EventPosition::START, 99).await;
    let at = |n: usize| all.events[n].0;
    assert_eq!(store.purge_events(after(0), 9).await.expect("purged"), 0);
    assert_eq!(store.purge_events(after(100), 1).await.expect("purged"), 1);
    let rest = read(&*store, &ALL, at(0), 9).await;
    assert!(!rest.forgotten, "the next page is kept");
    assert_eq!(store.purge_events(after(100), 9).await.expect("purged"), 1);
    let rest = read(&*store, &ALL, at(0), 9).await;
    assert_eq!((names(&rest), rest.forgotten), (vec!["opened".into(), "closed".into()], true));
    assert!(!read(&*store, &ALL, EventPosition::START, 9).await.forgotten);
    assert!(!read(&*store, &ALL, at(5), 9).await.forgotten);
}

/// An event whose message is not kept any more is passed over.
pub async fn an_event_without_its_message_is_passed_over(place: &impl Place) {
    let store = place.open().await;
    fill(&*store).await;
    place.sql("DELETE FROM inbound; DELETE FROM outcome").await;
    assert_eq!(names(&read(&*store, &ALL, EventPosition::START, 9).await), ["opened", "closed"]);
}

/// A message that was put together from parts is an event.
pub async fn a_message_of_parts_is_an_event_when_it_is_whole(place: &impl Place) {
    let store = place.open().await;
    super::inbound::put_together(&*store).await;
    assert_eq!(names(&read(&*store, &ALL, EventPosition::START, 9).await), ["7 received"]);
}
