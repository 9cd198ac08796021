//! Which message a receipt is about.

use super::Place;
use super::samples::{
    ELSEWHERE, NOW, UPSTREAM, accept_owned, after, awaited, change, find, id, message, record, taken,
};
use postrider_core::delivery::{Awaited, Change, Delivery, PartReport, PartSet, Queue, State};
use postrider_core::message::Message;
use postrider_core::principal::Viewer;
use postrider_core::reference::{Learnt, ReferenceForm};
use std::sync::Arc;

/// The same name may be another carrier's; answers stand in the order of the questions.
pub async fn a_receipt_finds_its_message_by_upstream_and_name(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, (1..=3).map(message)).await;
    let elsewhere = Awaited { upstream: ELSEWHERE, possible_duplicate: true, ..awaited("a1", 0, 1) };
    let other = Change { at: after(4), awaited: vec![elsewhere], ..taken(&message(2), "") };
    record(&*store, [taken(&message(1), "a1"), other, taken(&message(3), "A1")]).await;
    let names = [(ELSEWHERE, "a1"), (UPSTREAM, "a2"), (UPSTREAM, "a1"), (UPSTREAM, "A1")];
    let found =
        store.find(names.map(|(upstream, name)| (upstream, name.into())).to_vec()).await.expect("found");
    let ids: Vec<_> =
        found.iter().map(|one| one.as_ref().map(|(delivery, part)| (delivery.message.id, *part))).collect();
    assert_eq!(ids, [Some((id(2), 0)), None, Some((id(1), 0)), Some((id(3), 0))]);
    let sent = Delivery {
        upstream: ELSEWHERE,
        state: State::Sent,
        parts: 1,
        taken: PartSet::default().with(0),
        sent_at: Some(after(4)),
        reference: Some("a1".into()),
        possible_duplicate: true,
        ..Delivery::new(Arc::new(message(2)), ELSEWHERE)
    };
    assert_eq!(found[0], Some((sent, 0)));
}

/// A receipt that comes twice finds nothing the second time.
pub async fn what_has_arrived_is_found_no_more(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1), message(2)]).await;
    record(&*store, [taken(&message(1), "a1"), taken(&message(2), "a2")]).await;
    record(&*store, [Change { arrived: vec![(UPSTREAM, "a1".into())], ..change(&message(1)) }]).await;
    assert_eq!(find(&*store, "a1").await, None);
    assert!(find(&*store, "a2").await.is_some());
}

fn long() -> Message {
    Message { parts: 3, ..message(1) }
}

fn reported(part: u8, seconds: u64, state: State, error: &str) -> Change {
    Change {
        at: after(seconds),
        arrived: vec![(UPSTREAM, format!("a{part}").into())],
        part: Some(PartReport { part, state, error: Some(error.into()) }),
        ..change(&long())
    }
}

/// A delivery of several parts is put together from what is known of each.
pub async fn parts_know_what_the_others_came_to(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [long()]).await;
    let sent = |part: u8, seconds, queue| Change {
        at: after(seconds),
        queue,
        awaited: vec![awaited(&format!("a{part}"), part, 3)],
        ..change(&long())
    };
    record(&*store, [sent(0, 1, Queue::Keep), sent(1, 2, Queue::Keep), sent(2, 3, Queue::Leave)]).await;
    let whole = Delivery {
        state: State::Sent,
        parts: 3,
        taken: PartSet(0b111),
        sent_at: Some(after(3)),
        reference: Some("a0".into()),
        ..Delivery::new(Arc::new(long()), UPSTREAM)
    };
    assert_eq!(find(&*store, "a1").await, Some((whole.clone(), 1)));
    record(&*store, [reported(2, 5, State::Delivered, "000")]).await;
    let one = Delivery {
        reported: PartSet(0b100),
        has_arrived: true,
        worst: Some((State::Delivered, Some("000".into()))),
        ..whole.clone()
    };
    assert_eq!(find(&*store, "a1").await, Some((one, 1)));
    record(&*store, [reported(0, 4, State::Expired, "069")]).await;
    let two = Delivery {
        reported: PartSet(0b101),
        has_arrived: true,
        worst: Some((State::Expired, Some("069".into()))),
        ..whole
    };
    assert_eq!(find(&*store, "a1").await, Some((two, 1)));
}

/// Once a part was sent a second time, the message may have come twice, whichever of its parts is reported last.
pub async fn a_mark_of_one_part_is_all_parts(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [long(), message(2)]).await;
    let sent = |part: u8, possible_duplicate| Change {
        awaited: vec![Awaited { possible_duplicate, ..awaited(&format!("a{part}"), part, 3) }],
        ..change(&long())
    };
    record(&*store, [sent(0, false), sent(1, false), taken(&message(2), "b")]).await;
    record(&*store, [sent(2, true)]).await;
    record(&*store, [reported(2, 5, State::Delivered, "000")]).await;
    for (name, marked) in [("a0", true), ("a1", true), ("b", false)] {
        assert_eq!(find(&*store, name).await.expect("found").0.possible_duplicate, marked, "{name}");
    }
}

/// Receipts may come while other parts still wait to be sent.
pub async fn a_half_sent_message_is_found_as_queued(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [long()]).await;
    let queue = Queue::Put {
        upstream: UPSTREAM,
        due: after(30),
        failed: 2,
        taken: PartSet(0b001),
        possible_duplicate: true,
    };
    record(&*store, [Change { queue, awaited: vec![awaited("a0", 0, 3)], ..change(&long()) }]).await;
    let half = Delivery {
        failed: 2,
        parts: 3,
        taken: PartSet(0b001),
        sent_at: Some(NOW),
        reference: Some("a0".into()),
        possible_duplicate: true,
        ..Delivery::new(Arc::new(long()), UPSTREAM)
    };
    assert_eq!(find(&*store, "a0").await, Some((half, 0)));
}

/// When a message has ended, none of its parts is waited for.
pub async fn what_is_forgotten_is_found_no_more(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [long(), message(2)]).await;
    let awaited = (0..3).map(|part| awaited(&format!("a{part}"), part, 3)).collect();
    let sent = Change { queue: Queue::Leave, awaited, ..change(&long()) };
    record(&*store, [sent, taken(&message(2), "b")]).await;
    record(&*store, [Change { forget_awaited: true, ..change(&long()) }]).await;
    for name in ["a0", "a1", "a2"] {
        assert_eq!(find(&*store, name).await, None, "{name}");
    }
    assert!(find(&*store, "b").await.is_some());
}

/// Carriers count names round.
pub async fn a_name_used_again_is_the_newer_message(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1), message(2)]).await;
    record(&*store, [taken(&message(1), "a1"), taken(&message(2), "a1")]).await;
    let (found, _) = find(&*store, "a1").await.expect("found");
    assert_eq!(found.message.id, id(2));
    record(&*store, [taken(&message(2), "a1")]).await;
    let (found, _) = find(&*store, "a1").await.expect("found");
    assert_eq!((found.message.id, found.parts), (id(2), 1));
}

/// A name is found by what it is known by, and told as the carrier gave it: while its receipt is waited for, and after.
pub async fn a_name_is_shown_as_it_was_given(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [long()]).await;
    let given = |part: u8| Awaited {
        given: Some(format!("00A{part}").into()),
        ..awaited(&format!("a{part}"), part, 3)
    };
    let sent = Change { queue: Queue::Leave, awaited: (0..3).map(given).collect(), ..change(&long()) };
    record(&*store, [sent]).await;
    let (delivery, _) = find(&*store, "a1").await.expect("found");
    assert_eq!(delivery.reference.as_deref(), Some("00A0"));
    let history = store.history(Viewer::Everything, id(1)).await.expect("read").expect("known");
    let names: Vec<_> = history.awaited.iter().map(|(_, name, _)| &**name).collect();
    assert_eq!(names, ["00A0", "00A1", "00A2"]);
    record(&*store, [reported(0, 9, State::Delivered, "000")]).await;
    let (delivery, _) = find(&*store, "a1").await.expect("found");
    assert_eq!(delivery.reference.as_deref(), Some("00A0"));
}

/// What was found out of a carrier is known at the next start, with where it was, and can be found out anew.
pub async fn the_form_of_names_is_kept(place: &impl Place) {
    let store = place.open().await;
    let learnt = |upstream, form, place: &str| Learnt { upstream, form, place: place.into() };
    let (first, last) = (
        learnt(UPSTREAM, ReferenceForm::Same, "one.example:2775"),
        learnt(UPSTREAM, ReferenceForm::HexThenDecimal, "two.example:2775"),
    );
    let other = learnt(ELSEWHERE, ReferenceForm::DecimalThenHex, "one.example:2775");
    for learnt in [first, other.clone(), last.clone()] {
        store.learn(learnt).await.expect("kept");
    }
    drop(store);
    let mut known = place.open().await.learnt().await.expect("read");
    known.sort_by_key(|learnt| learnt.upstream != UPSTREAM);
    assert_eq!(known, [last, other]);
}
