//! The state machine as tables: what happens, and what must come of it.

mod failover;

use super::*;
use crate::cause::Code;
use crate::id::MessageId;
use crate::message::{Body, Receipts};
use crate::message::{Class, Via};
use crate::receipt::{Report, Reported};
use crate::retry::{ATTEMPTS_USUAL, Failure, Retries};
use crate::route::Plan;
use proptest::prelude::*;
use std::time::Duration;

const HERE: UpstreamId = UpstreamId(1);
const THERE: UpstreamId = UpstreamId(2);
/// It reports messages of several parts by one receipt.
const ONCE: UpstreamId = UpstreamId(77);
const NOW: Time = Time(1_800_000_000_000);

fn delivery(class: Class) -> Delivery {
    let message = Message {
        class,
        body: Body::Text("hello".into()),
        due: NOW,
        expires: NOW + Duration::from_hours(1),
        via: Via::Session,
        plan: Arc::new(Plan { route: "world".into(), upstreams: [HERE, THERE].into() }),
        ..crate::testing::message(MessageId::first_at(NOW))
    };
    Delivery::new(Arc::new(message), HERE)
}

fn taken(reference: &str) -> PartOutcome {
    PartOutcome::Accepted(Some(reference.into()))
}

fn refused(kind: FaultKind) -> PartOutcome {
    PartOutcome::Refused(Fault {
        kind,
        cause: Cause::of_carrier(Code::CarrierFault, "0x00000008 ESME_RSYSERR"),
    })
}

fn answered(parts: u8, outcomes: &[(u8, PartOutcome)]) -> Event {
    Event::Answered { parts, outcomes: outcomes.to_vec() }
}

fn reported(part: u8, reported: Reported) -> Event {
    let reference = format!("r{part}").into();
    Event::Reported {
        part,
        report: Report { reference, also: None, between: [None, None], reported, error: Some("001".into()) },
    }
}

fn go(delivery: &mut Delivery, event: Event) -> Option<Change> {
    step(delivery, event, &Links(Unanswered::USUAL), NOW)
}

/// Every upstream is up but [`HERE`], so that a failure leads on; and what upstreams do in doubt.
struct Links([Unanswered; Class::COUNT]);

impl Routing for Links {
    fn retry(&self, delivery: &Delivery, failure: Failure) -> Option<Duration> {
        Retries::default().wait(delivery.message.class, failure, delivery.failed)
    }

    fn ends_by_deadline(&self, _delivery: &Delivery) -> bool {
        false
    }

    fn goes_on(&self, delivery: &Delivery, state: State, _now: Time) -> bool {
        &*delivery.message.plan.route == "second chance" && state == State::Undelivered
    }

    fn is_up(&self, upstream: UpstreamId) -> bool {
        upstream != HERE
    }

    fn one_receipt(&self, upstream: UpstreamId) -> bool {
        upstream == ONCE
    }

    fn unanswered(&self, delivery: &Delivery) -> Unanswered {
        self.0[delivery.message.class as usize]
    }
}

#[test]
fn the_straight_line() {
    let mut delivery = delivery(Class::Otp);
    let sent = go(&mut delivery, answered(1, &[(0, taken("r0"))])).unwrap();
    assert_eq!((delivery.state, sent.queue), (State::Sent, Queue::Leave));
    assert_eq!(sent.awaited.len(), 1);
    assert_eq!((sent.outcome, sent.notice), (None, None));

    let end = go(&mut delivery, reported(0, Reported::Delivered)).unwrap();
    let outcome = end.outcome.unwrap();
    assert_eq!((outcome.state, outcome.error, outcome.sent_at), (State::Delivered, None, Some(NOW)));
    assert_eq!(end.arrived, [(HERE, "r0".into())]);
    assert!(!end.forget_awaited, "one part is forgotten by its name alone");
    assert!(end.notice.is_some());
}

#[test]
fn a_part_without_a_name_among_others_is_waited_for_until_nothing_comes() {
    let mut delivery = delivery(Class::Otp);
    let change =
        go(&mut delivery, answered(2, &[(0, taken("r0")), (1, PartOutcome::Accepted(None))])).unwrap();
    let names: Vec<_> =
        change.awaited.iter().map(|awaited| (awaited.part, is_stand_in(&awaited.reference))).collect();
    assert_eq!(names, [(0, false), (1, true)]);
    assert_eq!(go(&mut delivery, reported(0, Reported::Delivered)).unwrap().outcome, None);
    assert_eq!(go(&mut delivery, Event::Silent).unwrap().outcome.unwrap().state, State::Unknown);
}

#[test]
fn what_a_carrier_takes_without_a_name_can_never_be_known() {
    let mut delivery = delivery(Class::Otp);
    let change = go(&mut delivery, answered(1, &[(0, PartOutcome::Accepted(None))])).unwrap();
    let outcome = change.outcome.unwrap();
    assert_eq!((outcome.state, outcome.sent_at, change.queue), (State::Unknown, Some(NOW), Queue::Leave));
}

#[test]
fn a_final_state_is_final() {
    let mut ended = delivery(Class::Otp);
    go(&mut ended, Event::Canceled(None));
    for event in [
        answered(1, &[(0, taken("r0"))]),
        reported(0, Reported::Delivered),
        Event::Expired,
        Event::Silent,
        Event::Canceled(None),
        Event::Rerouted(UpstreamId(9)),
    ] {
        assert_eq!(go(&mut ended, event), None);
        assert_eq!(ended.state, State::Canceled);
    }
}

#[test]
fn what_waits_goes_by_another_upstream_unless_the_first_has_parts_of_it() {
    let put = |change: Option<Change>| match change.map(|change| change.queue) {
        Some(Queue::Put { upstream, failed, .. }) => (upstream, failed),
        other => panic!("{other:?}"),
    };
    let mut waiting = delivery(Class::Otp);
    assert_eq!(put(go(&mut waiting, Event::Rerouted(UpstreamId(9)))), (UpstreamId(9), 0));
    let mut begun = delivery(Class::Otp);
    let before = begun.upstream;
    begun.taken = begun.taken.with(0);
    assert_eq!(put(go(&mut begun, Event::Rerouted(UpstreamId(9)))), (before, 0));
}

#[test]
fn what_is_scheduled_keeps_its_time_on_another_upstream() {
    let mut waiting = delivery(Class::Otp);
    let due = NOW + Duration::from_mins(5);
    waiting.message = Arc::new(Message { due, ..(*waiting.message).clone() });
    let change = go(&mut waiting, Event::Rerouted(UpstreamId(9))).unwrap();
    assert!(matches!(change.queue, Queue::Put { due: put, .. } if put == due), "{:?}", change.queue);
}

#[test]
fn refusals_mean_what_their_kind_says() {
    let cases = [
        (refused(FaultKind::Permanent), State::Rejected, 0),
        (refused(FaultKind::Temporary), State::Queued, 1),
        (refused(FaultKind::Throttled), State::Queued, 0),
        (refused(FaultKind::Paused), State::Queued, 0),
        (refused(FaultKind::Elsewhere), State::Queued, 1),
        (refused(FaultKind::QueueFull), State::Queued, 1),
        (PartOutcome::NotSent, State::Queued, 0),
        (PartOutcome::Unanswered, State::Queued, 1),
    ];
    for (outcome, state, failed) in cases {
        let mut delivery = delivery(Class::Transactional);
        let in_doubt = outcome == PartOutcome::Unanswered;
        go(&mut delivery, answered(1, &[(0, outcome.clone())]));
        assert_eq!((delivery.state, delivery.failed), (state, failed), "{outcome:?}");
        assert_eq!(delivery.possible_duplicate, in_doubt, "{outcome:?}");
    }
}

#[test]
fn what_was_never_sent_or_throttled_costs_no_write() {
    for outcome in [PartOutcome::NotSent, refused(FaultKind::Throttled), refused(FaultKind::Paused)] {
        let mut delivery = delivery(Class::Transactional);
        assert_eq!(go(&mut delivery, answered(1, &[(0, outcome)])), None);
        assert_eq!(delivery.upstream, HERE);
    }
}

#[test]
fn what_is_throttled_again_and_again_steps_aside() {
    let mut delivery = delivery(Class::Transactional);
    let throttled = || answered(1, &[(0, refused(FaultKind::Throttled))]);
    for _ in 1..THROTTLED_MAX {
        assert_eq!(go(&mut delivery, throttled()), None);
    }
    let change = go(&mut delivery, throttled()).unwrap();
    let Queue::Put { due, failed, .. } = change.queue else { panic!("{change:?}") };
    assert!(due > NOW);
    assert_eq!((failed, delivery.state), (1, State::Queued));
}

#[test]
fn after_a_failure_it_goes_elsewhere_and_later() {
    let mut delivery = delivery(Class::Transactional);
    let change = go(&mut delivery, answered(1, &[(0, refused(FaultKind::Temporary))])).unwrap();
    let Queue::Put { upstream, due, failed, .. } = change.queue else { panic!("{change:?}") };
    assert_eq!((upstream, failed), (THERE, 1));
    assert!(due > NOW);
    assert_eq!(change.remark.as_deref(), Some("carrier_fault 0x00000008 ESME_RSYSERR"));
}

#[test]
fn what_is_not_for_here_goes_on_at_once_and_ends_with_the_route() {
    let code = Some("carrier_fault 0x00000008 ESME_RSYSERR");
    let mut delivery = delivery(Class::Transactional);
    let change = go(&mut delivery, answered(1, &[(0, refused(FaultKind::Elsewhere))])).unwrap();
    let Queue::Put { upstream, due, failed, .. } = change.queue else { panic!("{change:?}") };
    assert_eq!((upstream, due, failed, change.remark.as_deref()), (THERE, NOW, 1, code));

    let end = go(&mut delivery, answered(1, &[(0, refused(FaultKind::Elsewhere))])).unwrap();
    let outcome = end.outcome.unwrap();
    assert_eq!(
        (outcome.state, outcome.error.map(|cause| cause.to_string()).as_deref(), end.queue),
        (State::Rejected, code, Queue::Leave)
    );
}

#[test]
fn of_several_parts_one_that_is_not_for_here_decides_unless_another_is_in_doubt() {
    let elsewhere = || refused(FaultKind::Elsewhere);
    for (first, state, upstream) in [
        (PartOutcome::NotSent, State::Queued, THERE),
        (refused(FaultKind::Temporary), State::Queued, THERE),
        (refused(FaultKind::Permanent), State::Rejected, HERE),
        // No other carrier can complete what one holds.
        (taken("r0"), State::Rejected, HERE),
    ] {
        let mut delivery = delivery(Class::Transactional);
        go(&mut delivery, answered(2, &[(0, first.clone()), (1, elsewhere())]));
        assert_eq!((delivery.state, delivery.upstream), (state, upstream), "{first:?}");
    }
    let mut doubtful = delivery(Class::Transactional);
    let change = go(&mut doubtful, answered(2, &[(0, PartOutcome::Unanswered), (1, elsewhere())])).unwrap();
    let Queue::Put { due, .. } = change.queue else { panic!("{change:?}") };
    assert!(doubtful.possible_duplicate && due > NOW);
}

#[test]
fn an_advertisement_is_never_sent_twice() {
    let mut delivery = delivery(Class::Marketing);
    let change = go(&mut delivery, answered(1, &[(0, PartOutcome::Unanswered)])).unwrap();
    assert_eq!(change.outcome.unwrap().state, State::Unknown);
}

#[test]
fn retries_end_with_the_validity() {
    let mut delivery = delivery(Class::Transactional);
    let mut steps = 0;
    while delivery.state == State::Queued {
        go(&mut delivery, answered(1, &[(0, refused(FaultKind::Temporary))]));
        steps += 1;
        assert!(steps <= u32::from(ATTEMPTS_USUAL) + 1);
    }
    assert_eq!(delivery.state, State::Failed);
}

#[test]
fn a_long_message_ends_when_its_last_part_is_reported() {
    let mut delivery = delivery(Class::Otp);
    let outcomes = [(0, taken("r0")), (1, taken("r1")), (2, taken("r2"))];
    assert_eq!(go(&mut delivery, answered(3, &outcomes)).unwrap().awaited.len(), 3);

    let first = go(&mut delivery, reported(2, Reported::Delivered)).unwrap();
    assert_eq!(first.part.unwrap().part, 2);
    assert_eq!(go(&mut delivery, reported(2, Reported::Undelivered)), None, "a part is reported once");
    assert_eq!(go(&mut delivery, reported(0, Reported::Underway)), None);
    assert_eq!(go(&mut delivery, reported(0, Reported::Undelivered)).unwrap().outcome, None);

    let end = go(&mut delivery, reported(1, Reported::Delivered)).unwrap();
    assert_eq!(end.outcome.unwrap().state, State::Undelivered, "the worst part decides");
    assert!(end.forget_awaited);
}

#[test]
fn a_carrier_that_reports_once_means_all_parts() {
    for (part, how, state) in
        [(0, Reported::Delivered, State::Delivered), (2, Reported::Undelivered, State::Undelivered)]
    {
        let mut delivery = Delivery { upstream: ONCE, ..delivery(Class::Otp) };
        let outcomes = [(0, taken("r0")), (1, taken("r1")), (2, taken("r2"))];
        go(&mut delivery, answered(3, &outcomes));
        assert_eq!(go(&mut delivery, reported(part, Reported::Underway)), None);
        let end = go(&mut delivery, reported(part, how)).unwrap();
        assert_eq!(end.outcome.unwrap().state, state);
        assert!(end.forget_awaited);
    }
}

#[test]
fn a_carrier_that_reports_once_may_do_so_before_the_last_part_is_sent() {
    let mut delivery = Delivery { upstream: ONCE, ..delivery(Class::Otp) };
    go(&mut delivery, answered(2, &[(0, taken("r0")), (1, PartOutcome::NotSent)]));
    assert_eq!(go(&mut delivery, reported(0, Reported::Delivered)).unwrap().outcome, None);
    go(&mut delivery, answered(2, &[(1, taken("r1"))]));
    assert_eq!(delivery.state, State::Sent);
    let end = go(&mut delivery, Event::Silent).unwrap();
    assert_eq!(end.outcome.unwrap().state, State::Delivered);
}

#[test]
fn silence_of_some_parts_says_so() {
    let mut delivery = delivery(Class::Otp);
    go(&mut delivery, answered(3, &[(0, taken("r0")), (1, taken("r1")), (2, taken("r2"))]));
    go(&mut delivery, reported(1, Reported::Delivered));
    let outcome = go(&mut delivery, Event::Silent).unwrap().outcome.unwrap();
    assert_eq!(outcome.state, State::Unknown);
    assert_eq!(
        outcome.error,
        Some(Cause::with_detail(Code::ReceiptsIncomplete, "receipts came for 1 of 3 parts"))
    );
}

#[test]
fn parts_that_the_carrier_holds_stay_with_it() {
    let mut delivery = delivery(Class::Otp);
    let outcomes = [(0, taken("r0")), (1, refused(FaultKind::Throttled)), (2, PartOutcome::NotSent)];
    let change = go(&mut delivery, answered(3, &outcomes)).unwrap();
    let Queue::Put { upstream, due, failed, taken: held, .. } = change.queue else { panic!("{change:?}") };
    assert_eq!((upstream, due, failed), (HERE, NOW, 0));
    assert_eq!(held, PartSet::default().with(0));
    assert_eq!(change.awaited.len(), 1);

    let rest = go(&mut delivery, answered(3, &[(1, taken("r1")), (2, taken("r2"))])).unwrap();
    assert_eq!((delivery.state, rest.awaited.len()), (State::Sent, 2));
    assert_eq!(delivery.reference.as_deref(), Some("r0"));
}

#[test]
fn silence_is_unknown_and_forgets_the_receipt() {
    let mut delivery = delivery(Class::Otp);
    go(&mut delivery, answered(1, &[(0, taken("r0"))]));
    let change = go(&mut delivery, Event::Silent).unwrap();
    assert_eq!(change.outcome.unwrap().state, State::Unknown);
    assert!(change.forget_awaited);
}

#[test]
fn silence_after_every_part_was_reported_is_the_end_that_was_missed() {
    for (worst, state) in [(State::Delivered, State::Delivered), (State::Undelivered, State::Undelivered)] {
        let mut delivery = delivery(Class::Otp);
        go(&mut delivery, answered(2, &[(0, taken("r0")), (1, taken("r1"))]));
        delivery.reported = PartSet::default().with(0).with(1);
        delivery.worst = Some((worst, Some("17".into())));
        let change = go(&mut delivery, Event::Silent).unwrap();
        let outcome = change.outcome.unwrap();
        assert_eq!(outcome.state, state);
        assert_eq!(outcome.error.is_some(), state != State::Delivered);
        assert!(change.forget_awaited);
    }
}

#[test]
fn clients_hear_what_they_asked_for() {
    let cases = [
        (Via::Session, Receipts::All, Reported::Delivered, true),
        (Via::Webhook, Receipts::Failures, Reported::Delivered, false),
        (Via::Webhook, Receipts::Failures, Reported::Rejected, true),
        (Via::Session, Receipts::Successes, Reported::Expired, false),
        (Via::Session, Receipts::None, Reported::Delivered, false),
        (Via::Asking, Receipts::All, Reported::Delivered, false),
    ];
    for (via, receipts, how, told) in cases {
        let mut delivery = delivery(Class::Otp);
        let message = Message { via, receipts, ..(*delivery.message).clone() };
        delivery.message = Arc::new(message);
        go(&mut delivery, answered(1, &[(0, taken("r0"))]));
        let change = go(&mut delivery, reported(0, how)).unwrap();
        assert_eq!(change.notice.is_some(), told, "{via:?} {receipts:?} {how:?}");
    }
}

fn any_outcome() -> impl Strategy<Value = PartOutcome> {
    prop_oneof![
        "[a-z0-9]{1,8}".prop_map(|r| taken(&r)),
        Just(PartOutcome::Accepted(None)),
        Just(refused(FaultKind::Throttled)),
        Just(refused(FaultKind::Temporary)),
        Just(refused(FaultKind::Permanent)),
        Just(refused(FaultKind::Elsewhere)),
        Just(refused(FaultKind::Paused)),
        Just(PartOutcome::Unanswered),
        Just(PartOutcome::NotSent),
    ]
}

fn any_event() -> impl Strategy<Value = Event> {
    let how = prop_oneof![
        Just(Reported::Underway),
        Just(Reported::Delivered),
        Just(Reported::Undelivered),
        Just(Reported::Unknown)
    ];
    prop_oneof![
        4 => (1u8..4, proptest::collection::vec(any_outcome(), 1..4)).prop_map(|(parts, outcomes)| {
            let outcomes = (0u8..).zip(outcomes).filter(|(part, _)| *part < parts).collect();
            Event::Answered { parts, outcomes }
        }),
        4 => (0u8..4, how).prop_map(|(part, how)| reported(part, how)),
        1 => Just(Event::Expired),
        1 => Just(Event::Silent),
        1 => Just(Event::Canceled(None)),
        1 => (0u8..4).prop_map(|part| named(part, 4)),
    ]
}

proptest! {
    /// Whatever happens, in any order: an end comes once, is told once, and nothing follows it.
    #[test]
    fn an_end_comes_once(events in proptest::collection::vec(any_event(), 1..30)) {
        let mut delivery = delivery(Class::Transactional);
        let mut ends = 0;
        for event in events {
            let was = delivery.state;
            let change = go(&mut delivery, event);
            prop_assert!(!was.is_final() || change.is_none());
            let Some(change) = change else { continue };
            ends += usize::from(change.outcome.is_some());
            prop_assert_eq!(change.outcome.is_some(), delivery.state.is_final());
            prop_assert_eq!(change.notice.is_some(), change.outcome.is_some());
            prop_assert!(!delivery.state.is_final() || change.queue == Queue::Leave || was == State::Sent);
        }
        prop_assert!(ends <= 1);
    }
}

#[test]
fn what_is_held_waits_for_what_the_carrier_may_say_yet() {
    let hold = Links([Unanswered::Hold; Class::COUNT]);
    let mut delivery = delivery(Class::Otp);
    let outcomes = answered(2, &[(0, taken("r0")), (1, PartOutcome::Unanswered)]);
    let change = step(&mut delivery, outcomes, &hold, NOW).unwrap();
    assert_eq!((delivery.state, change.queue), (State::Sent, Queue::Leave));
    assert_eq!(change.awaited.iter().map(|awaited| awaited.part).collect::<Vec<_>>(), [0, 1]);
    assert!(change.remark.is_some() && !delivery.possible_duplicate);
    step(&mut delivery, reported(0, Reported::Delivered), &hold, NOW).unwrap();
    let end = step(&mut delivery, Event::Silent, &hold, NOW).unwrap();
    assert_eq!(end.outcome.unwrap().state, State::Unknown);
}

#[test]
fn what_cannot_be_completed_is_not_held() {
    let hold = Links([Unanswered::Hold; Class::COUNT]);
    let mut delivery = delivery(Class::Otp);
    let outcomes = answered(2, &[(0, PartOutcome::Unanswered), (1, PartOutcome::NotSent)]);
    let end = step(&mut delivery, outcomes, &hold, NOW).unwrap();
    assert_eq!(end.outcome.unwrap().state, State::Unknown);
}

/// A crash is one more way of not being answered.
#[test]
fn what_a_node_may_have_sent_before_it_stopped_is_treated_as_unanswered() {
    let mut marked = Delivery { possible_duplicate: true, ..delivery(Class::Marketing) };
    let end = go(&mut marked, Event::InDoubt).unwrap();
    let outcome = end.outcome.unwrap();
    assert_eq!((outcome.state, end.queue, end.notice.is_some()), (State::Unknown, Queue::Leave, true));
    assert!(outcome.possible_duplicate && outcome.error.is_some_and(|error| error.code == Code::Unanswered));
    assert_eq!(go(&mut delivery(Class::Otp), Event::InDoubt), None, "it is sent again");

    let hold = Links([Unanswered::Hold; Class::COUNT]);
    let mut held = delivery(Class::Otp);
    let change = step(&mut held, Event::InDoubt, &hold, NOW).unwrap();
    assert_eq!((held.state, change.queue, change.awaited.len()), (State::Sent, Queue::Leave, 1));
    assert!(change.awaited.iter().all(|awaited| is_stand_in(&awaited.reference)));
}

fn named(part: u8, parts: u8) -> Event {
    Event::Named { part, parts, reference: "late".into() }
}

#[test]
fn a_late_name_is_one_more_to_be_reported_by() {
    let mut delivery = delivery(Class::Otp);
    go(&mut delivery, answered(1, &[(0, PartOutcome::Unanswered)]));
    let change = go(&mut delivery, named(0, 1)).unwrap();
    assert_eq!((change.queue, change.arrived, delivery.state), (Queue::Keep, vec![], State::Queued));
    let [awaited] = &change.awaited[..] else { panic!("{:?}", change.awaited) };
    assert_eq!((&*awaited.reference, awaited.part, awaited.possible_duplicate), ("late", 0, true));

    // The first copy arrived before the second was sent.
    let end = go(&mut delivery, reported(0, Reported::Delivered)).unwrap();
    assert_eq!((end.outcome.unwrap().state, end.queue), (State::Delivered, Queue::Leave));
    assert!(end.forget_awaited);
}

#[test]
fn what_is_sent_twice_is_waited_for_by_no_name_once_it_has_ended() {
    for end in [reported(0, Reported::Delivered), Event::Silent] {
        let mut delivery = delivery(Class::Otp);
        go(&mut delivery, answered(1, &[(0, PartOutcome::Unanswered)]));
        go(&mut delivery, named(0, 1));
        go(&mut delivery, answered(1, &[(0, taken("again"))]));
        assert!(go(&mut delivery, end).unwrap().forget_awaited);
    }
    for end in [Event::Expired, Event::Canceled(None)] {
        let mut delivery = delivery(Class::Otp);
        go(&mut delivery, answered(1, &[(0, PartOutcome::Unanswered)]));
        go(&mut delivery, named(0, 1));
        assert!(go(&mut delivery, end).unwrap().forget_awaited);
    }
}

#[test]
fn what_is_held_is_known_by_its_late_name_instead() {
    let hold = Links([Unanswered::Hold; Class::COUNT]);
    let mut delivery = delivery(Class::Otp);
    let held = step(&mut delivery, answered(1, &[(0, PartOutcome::Unanswered)]), &hold, NOW).unwrap();
    let change = step(&mut delivery, named(0, 1), &hold, NOW).unwrap();
    let stood_in: Vec<_> = held.awaited.into_iter().map(|it| (it.upstream, it.reference)).collect();
    assert_eq!(change.arrived, stood_in);
    assert!(!change.awaited[0].possible_duplicate, "it was sent once");
}

#[test]
fn what_was_failed_when_its_answer_was_missed_stays_so() {
    let mut delivery = delivery(Class::Marketing);
    assert_eq!(go(&mut delivery, named(0, 1)), None);
}

#[test]
fn an_unclear_receipt_is_remarked_and_ends_nothing() {
    let unclear = |part, word: Option<&str>| Event::Reported {
        part,
        report: Report {
            reference: format!("r{part}").into(),
            also: None,
            between: [None, None],
            reported: Reported::Unclear,
            error: word.map(Into::into),
        },
    };
    for (parts, word, remark) in [
        (1, Some("BLOCKED, err 9"), "a receipt came with an unknown state: BLOCKED, err 9"),
        (1, None, "a receipt came without a state"),
        (2, Some("BLOCKED"), "a receipt for part 1 came with an unknown state: BLOCKED"),
    ] {
        let mut delivery = delivery(Class::Transactional);
        let outcomes: Vec<_> = (0..parts).map(|part| (part, taken(&format!("r{part}")))).collect();
        go(&mut delivery, answered(parts, &outcomes));
        let change = go(&mut delivery, unclear(0, word)).unwrap();
        assert_eq!(change, Change { remark: Some(remark.into()), ..Change::none(&delivery, NOW) });
        assert_eq!(delivery.state, State::Sent);
        for part in 0..parts {
            go(&mut delivery, reported(part, Reported::Delivered));
        }
        assert_eq!(delivery.state, State::Delivered);
        assert_eq!(go(&mut delivery, unclear(0, word)), None);
    }
}

#[test]
fn what_came_again_ends_as_it_ended_before() {
    let mut first = delivery(Class::Transactional);
    go(&mut first, answered(1, &[(0, taken("r0"))])).unwrap();
    let end = go(&mut first, reported(0, Reported::Undelivered)).unwrap().outcome.unwrap();
    let mut again = delivery(Class::Transactional);
    let change =
        go(&mut again, Event::Repeated { of: first.message.id, end: Box::new(end.clone()) }).unwrap();
    assert!(change.notice.is_some() && change.queue == Queue::Leave);
    assert!(change.remark.unwrap().contains(&first.message.id.to_string()));
    assert_eq!(change.outcome, Some(end));
}
