use super::*;
use crate::carrier::testing::delivery;
use postrider_core::delivery::{FaultKind, PartSet};
use postrider_core::message::Body;

/// A part holds 153 characters.
fn admit(flights: &mut Flights<()>, delivery: Delivery) {
    let Body::Text(text) = &delivery.message.body else { panic!("no text") };
    let parts = text.len().div_ceil(153) as u8;
    flights.admit(delivery, parts, ());
}

/// Writes up to `most` parts; returns their tokens and numbers.
fn write(flights: &mut Flights<()>, most: usize) -> Vec<Token> {
    let mut tokens = Vec::new();
    while tokens.len() < most
        && let Some(token) = flights.next(crate::now()).map(|next| next.token)
    {
        flights.written(token);
        tokens.push(token);
    }
    tokens
}

fn accepted(id: &str) -> PartOutcome {
    PartOutcome::Accepted(Some(id.into()))
}

fn throttled() -> PartOutcome {
    PartOutcome::Refused(Fault { kind: FaultKind::Throttled, cause: "0x58".into() })
}

#[test]
fn one_answer_once_all_parts_are_answered() {
    let mut flights = Flights::<()>::default();
    admit(&mut flights, delivery(&"x".repeat(400)));
    let tokens = write(&mut flights, 10);
    assert_eq!(tokens.len(), 3);
    flights.answered(tokens[2], accepted("c"));
    flights.answered(tokens[0], accepted("a"));
    assert!(flights.take_answers().is_empty());
    flights.answered(tokens[1], accepted("b"));
    let answers = flights.take_answers();
    assert_eq!(answers[0].parts, 3);
    assert_eq!(answers[0].outcomes, [(2, accepted("c")), (0, accepted("a")), (1, accepted("b"))]);
    assert!(flights.is_empty());
}

#[test]
fn parts_that_the_carrier_has_are_not_sent_again() {
    let mut flights = Flights::<()>::default();
    let again = Delivery { taken: PartSet::default().with(0).with(2), ..delivery(&"x".repeat(500)) };
    admit(&mut flights, again);
    let tokens = write(&mut flights, 10);
    assert_eq!(tokens.iter().map(|token| token.part).collect::<Vec<_>>(), [1, 3]);
    for token in tokens {
        flights.answered(token, accepted("x"));
    }
    assert_eq!(flights.take_answers()[0].outcomes, [(1, accepted("x")), (3, accepted("x"))]);
}

#[test]
fn after_a_throttled_part_the_rest_stays_unsent() {
    let mut flights = Flights::<()>::default();
    admit(&mut flights, delivery(&"x".repeat(600)));
    admit(&mut flights, delivery("next"));
    let tokens = write(&mut flights, 2);
    flights.answered(tokens[0], throttled());
    flights.answered(tokens[1], accepted("b"));
    let answers = flights.take_answers();
    let expected =
        [(0, throttled()), (2, PartOutcome::NotSent), (3, PartOutcome::NotSent), (1, accepted("b"))];
    assert_eq!(answers[0].outcomes, expected);
    assert_eq!(write(&mut flights, 10).len(), 1, "the next message goes on");
}

#[test]
fn what_was_in_flight_when_the_link_went_is_in_doubt() {
    let mut flights = Flights::<()>::default();
    admit(&mut flights, delivery(&"x".repeat(400)));
    admit(&mut flights, delivery("next"));
    let tokens = write(&mut flights, 2);
    flights.answered(tokens[0], accepted("a"));
    flights.lose_all();
    let outcomes: Vec<_> = flights.take_answers().into_iter().map(|answer| answer.outcomes).collect();
    assert_eq!(outcomes[0], [(0, accepted("a")), (1, PartOutcome::Unanswered), (2, PartOutcome::NotSent)]);
    assert_eq!(outcomes[1], [(0, PartOutcome::NotSent)]);
    assert!(flights.is_empty() && !flights.has_unwritten());
}

#[test]
fn what_cannot_be_carried_is_given_back_refused() {
    let mut flights = Flights::<()>::default();
    let fault = Fault { kind: FaultKind::Permanent, cause: "too long".into() };
    flights.refuse(delivery("hi"), &fault);
    admit(&mut flights, delivery("hi"));
    let token = flights.next(crate::now()).unwrap().token;
    flights.unwritable(token, PartOutcome::Refused(fault.clone()));
    for answer in flights.take_answers() {
        assert_eq!(answer.outcomes, [(0, PartOutcome::Refused(fault.clone()))]);
    }
    assert!(flights.next(crate::now()).is_none());
}

#[test]
fn what_is_not_begun_or_not_written_to_its_end_can_be_left() {
    let mut flights = Flights::<()>::default();
    admit(&mut flights, delivery(&"x".repeat(400)));
    admit(&mut flights, delivery("not begun"));
    let tokens = write(&mut flights, 1);
    flights.leave_unwritten();
    assert!(!flights.has_unwritten());
    assert_eq!(flights.take_answers()[0].outcomes, [(0, PartOutcome::NotSent)]);
    flights.answered(tokens[0], accepted("a"));
    let outcomes = [(1, PartOutcome::NotSent), (2, PartOutcome::NotSent), (0, accepted("a"))];
    assert_eq!(flights.take_answers()[0].outcomes, outcomes);
    assert!(flights.is_empty());
}
