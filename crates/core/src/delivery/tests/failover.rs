//! What wasn't delivered goes by the next upstream.

use super::*;

/// A message whose route has undelivered ones go by the next upstream.
fn with_second_chance() -> Delivery {
    let plain = delivery(Class::Transactional);
    let plan = Arc::new(Plan { route: "second chance".into(), upstreams: [HERE, THERE].into() });
    let message = Message { plan, receipts: Receipts::All, ..(*plain.message).clone() };
    Delivery { message: Arc::new(message), ..plain }
}

#[test]
fn what_was_not_delivered_goes_by_the_next_upstream_and_ends_there() {
    let mut delivery = with_second_chance();
    go(&mut delivery, answered(1, &[(0, taken("r0"))]));
    let change = go(&mut delivery, reported(0, Reported::Undelivered)).unwrap();
    assert_eq!((&change.outcome, &change.notice, &change.settlement), (&None, &None, &None));
    assert_eq!(change.arrived, [(HERE, "r0".into())]);
    assert_eq!(change.remark.as_deref(), Some("undeliverable 001"));
    let Queue::Return(back) = change.queue else { panic!("{change:?}") };
    assert_eq!((back.upstream, back.due, back.failed, &*back.message.tried), (THERE, NOW, 1, &[HERE][..]));
    let attempt = &back.attempt;
    assert_eq!((attempt.state, attempt.upstream, attempt.sent_at), (State::Undelivered, HERE, Some(NOW)));
    assert_eq!((delivery.state, delivery.upstream, delivery.sent_at), (State::Queued, THERE, None));
    // There is no further upstream: now it ends.
    go(&mut delivery, answered(1, &[(0, taken("s0"))]));
    let end = go(&mut delivery, reported(0, Reported::Undelivered)).unwrap().outcome.unwrap();
    assert_eq!((end.state, end.upstream), (State::Undelivered, THERE));
}

#[test]
fn a_message_ends_by_its_receipts_where_nothing_else_is_said() {
    for (parts, reports) in [
        (1, vec![Reported::Expired]),
        // Its recipient has a part of it.
        (2, vec![Reported::Delivered, Reported::Undelivered]),
        (2, vec![Reported::Undelivered, Reported::Delivered]),
    ] {
        let mut delivery = with_second_chance();
        let outcomes: Vec<_> = (0..parts).map(|part| (part, taken(&format!("r{part}")))).collect();
        go(&mut delivery, answered(parts, &outcomes));
        for (part, report) in (0..).zip(&reports) {
            go(&mut delivery, reported(part, *report));
        }
        assert!(delivery.state.is_final(), "{reports:?}");
    }
    // One that may be under way twice.
    let mut delivery = with_second_chance();
    go(&mut delivery, answered(1, &[(0, PartOutcome::Unanswered)]));
    go(&mut delivery, answered(1, &[(0, taken("r0"))]));
    go(&mut delivery, reported(0, Reported::Undelivered));
    assert_eq!(delivery.state, State::Undelivered);
}

#[test]
fn a_long_message_goes_on_when_none_of_its_parts_arrived() {
    let mut delivery = with_second_chance();
    go(&mut delivery, answered(2, &[(0, taken("r0")), (1, taken("r1"))]));
    assert!(go(&mut delivery, reported(0, Reported::Undelivered)).unwrap().part.is_some());
    let change = go(&mut delivery, reported(1, Reported::Undelivered)).unwrap();
    assert!(matches!(change.queue, Queue::Return(_)) && change.forget_awaited && change.part.is_none());
    assert_eq!((delivery.taken, delivery.reported, delivery.parts), (PartSet(0), PartSet(0), 0));
}
