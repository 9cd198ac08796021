//! The engine on a real store.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is how a test fails")]

mod ask;
mod automation;
mod failover;
mod fraud;
mod handsets;
mod house;
mod limit;
mod limits;
mod numbers;
mod ordering;
mod policies;
mod queue;
mod receipts;
mod rerouting;

use house::*;
use postrider_core::account::{Account, AccountId};
use postrider_core::contract::{
    Accepted, Archive, Busy, Cancel, Claim, Decided, Intake, LinkState, Once, Outbox, Refused, Store,
};
use postrider_core::delivery::{FaultKind, PartOutcome, State};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Class};
use postrider_core::principal::Viewer;
use postrider_core::receipt::Reported;
use postrider_core::submission::Submission;
use postrider_engine::Clock;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_goes_out_and_its_end_is_told() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = house.submit(text("hello")).await;
    assert_eq!(house.state(id).await, State::Queued);

    let delivery = take_one(&desk).await;
    assert_eq!(delivery.message.id, id);
    answer(&desk, delivery, vec![accepted("a1")]);
    hear(&desk, vec![report("a1", Reported::Underway)]).await;
    assert_eq!(house.state(id).await, State::Sent);

    hear(&desk, vec![report("a1", Reported::Delivered)]).await;
    assert_eq!(house.state(id).await, State::Delivered);
    let (ended, outcome) = house.end().await;
    assert_eq!((ended, outcome.state), (id, State::Delivered));
    assert!(!outcome.possible_duplicate);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_may_come_before_its_answer() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = house.submit(text("hello")).await;
    let delivery = take_one(&desk).await;
    hear(&desk, vec![report("early", Reported::Delivered)]).await;
    answer(&desk, delivery, vec![accepted("early")]);
    assert_eq!(house.end().await.0, id);
    assert_eq!(house.state(id).await, State::Delivered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_early_receipt_outlives_a_restart() {
    let house = House::open().await;
    hear(&house.up(FIRST), vec![report("early", Reported::Delivered)]).await;
    let house = house.restart().await;
    let desk = house.up(FIRST);
    let id = house.submit(text("hello")).await;
    answer(&desk, take_one(&desk).await, vec![accepted("early")]);
    assert_eq!(house.end().await.0, id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receipt_finds_its_message_after_a_restart() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = house.submit(text("hello")).await;
    answer(&desk, take_one(&desk).await, vec![accepted("a1")]);
    drop(desk);
    let house = house.restart().await;
    hear(&house.up(FIRST), vec![report("a1", Reported::Undelivered)]).await;
    assert_eq!(house.state(id).await, State::Undelivered);
    assert_eq!(house.end().await.1.state, State::Undelivered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_outlives_a_restart_unmarked() {
    let house = House::open().await;
    house.up(FIRST);
    let id = house.submit(text("hello")).await;
    let house = house.restart().await;
    let delivery = take_one(&house.up(FIRST)).await;
    assert_eq!(delivery.message.id, id);
    assert!(!delivery.possible_duplicate, "it was never sent, and the stop was in order");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_hand_and_unrecorded_never_exceeds_the_window() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    for _ in 0..WINDOW * 2 {
        house.submit(text("hello")).await;
    }
    let taken = take_many(&desk, WINDOW).await;
    assert!(desk.take(1_000).is_empty());
    for (n, delivery) in taken.into_iter().enumerate() {
        answer(&desk, delivery, vec![accepted(&format!("a{n}"))]);
    }
    hear(&desk, vec![report("a0", Reported::Delivered)]).await;
    take_many(&desk, WINDOW).await;
    assert!(desk.take(1_000).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn throttled_messages_go_first_again_and_slow_the_upstream_down() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let first = house.submit(text("one")).await;
    house.submit(text("two")).await;
    let delivery = take_one(&desk).await;
    answer(&desk, delivery, vec![refused(FaultKind::Throttled)]);
    hear(&desk, vec![report("settles the inbox", Reported::Underway)]).await;
    assert!(desk.take(10).is_empty(), "all is still for a moment");
    house.pass(Duration::from_millis(1_500));
    let again = take_one(&desk).await;
    assert_eq!((again.message.id, again.failed), (first, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_number_that_is_always_throttled_holds_nobody_up() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let stuck = house.submit(text("stuck")).await;
    let other = house.submit(text("other")).await;
    loop {
        house.pass(Duration::from_secs(5));
        let delivery = take_one(&desk).await;
        if delivery.message.id == other {
            break;
        }
        assert_eq!(delivery.message.id, stuck);
        answer(&desk, delivery, vec![refused(FaultKind::Throttled)]);
        hear(&desk, vec![report("settles the inbox", Reported::Underway)]).await;
    }
    assert_eq!(house.state(stuck).await, State::Queued);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_temporary_failure_is_tried_elsewhere_later() {
    let house = House::open().await;
    let first = house.up(FIRST);
    let second = house.up(SECOND);
    let id = house.submit(text("hello")).await;
    answer(&first, take_one(&first).await, vec![refused(FaultKind::Temporary)]);
    hear(&first, vec![report("settles the inbox", Reported::Underway)]).await;
    assert!(second.take(1).is_empty(), "not before its time");
    house.pass(Duration::from_secs(3));
    let delivery = take_one(&second).await;
    assert_eq!((delivery.message.id, delivery.failed), (id, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_permanent_refusal_ends_it() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = house.submit(text("hello")).await;
    answer(&desk, take_one(&desk).await, vec![refused(FaultKind::Permanent)]);
    let (ended, outcome) = house.end().await;
    assert_eq!((ended, outcome.state), (id, State::Rejected));
    assert_eq!(outcome.error, Some("throttled 0x00000058 ESME_RTHROTTLED".into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_message_ends_with_its_last_part() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = house.submit(text(&"long ".repeat(80))).await;
    let delivery = take_one(&desk).await;
    assert_eq!(delivery.message.parts, 3);
    answer(&desk, delivery, vec![accepted("p0"), accepted("p1"), refused(FaultKind::Throttled)]);
    hear(&desk, vec![report("p1", Reported::Delivered)]).await;
    house.pass(Duration::from_millis(1_500));

    let rest = take_one(&desk).await;
    assert_eq!((rest.message.id, rest.taken.count()), (id, 2));
    answer(&desk, rest, vec![accepted("p0"), accepted("p1"), accepted("p2")]);
    hear(&desk, vec![report("p2", Reported::Delivered), report("p0", Reported::Delivered)]).await;
    assert_eq!(house.end().await.1.state, State::Delivered);
    assert_eq!(house.state(id).await, State::Delivered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_leaves_when_the_upstream_comes_up_the_urgent_first() {
    let house = House::open().await;
    let slow = house.submit(Submission { class: Some(Class::Marketing), ..text("offer") }).await;
    let urgent = house.submit(Submission { class: Some(Class::Otp), ..text("code") }).await;
    let desk = house.up(FIRST);
    assert_eq!(take_one(&desk).await.message.id, urgent);
    assert_eq!(take_one(&desk).await.message.id, slow);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scheduled_message_waits_for_its_time() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let later = house.clock.now() + Duration::from_mins(1);
    let id = house.submit(Submission { send_at: Some(later), ..text("later") }).await;
    let now = house.submit(text("now")).await;
    assert_eq!(take_one(&desk).await.message.id, now);
    assert!(desk.take(10).is_empty());
    house.pass(Duration::from_mins(1));
    assert_eq!(take_one(&desk).await.message.id, id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_expired_is_not_sent_but_told() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = house.submit(Submission { valid_for: Some(Duration::from_mins(1)), ..text("hello") }).await;
    house.pass(Duration::from_mins(2));
    let (ended, outcome) = tokio::select! {
        end = house.end() => end,
        () = takes_nothing(&desk) => unreachable!("it asks for ever"),
    };
    assert_eq!((ended, outcome.state), (id, State::Expired));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_an_upstream_that_stays_down_goes_by_the_next() {
    let house = House::open().await;
    let id = house.submit(text("nobody is there")).await;
    let desk = house.up(SECOND);
    let delivery = take_one(&desk).await;
    assert_eq!((delivery.message.id, delivery.failed), (id, 0));
    answer(&desk, delivery, vec![accepted("b1")]);
    hear(&desk, vec![report("b1", Reported::Delivered)]).await;
    assert_eq!(house.state(id).await, State::Delivered);
    let history = house.engine.history(OWN, id).await.unwrap().unwrap();
    assert!(history.remarks.iter().any(|(_, remark)| remark.contains("goes by another")), "{history:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_message_can_be_taken_back_and_a_sent_one_cannot() {
    let house = House::open().await;
    let down = house.submit(text("in the store")).await;
    assert_eq!(house.engine.cancel(Viewer::Account(AccountId(9)), down).await.unwrap(), Cancel::Missing);
    assert_eq!(house.engine.cancel(OWN, down).await.unwrap(), Cancel::Done);
    assert_eq!(house.state(down).await, State::Canceled);

    let desk = house.up(SECOND);
    let shelved = house.submit(text("on the shelf")).await;
    assert_eq!(house.engine.cancel(Viewer::Account(AccountId(9)), shelved).await.unwrap(), Cancel::Missing);
    assert_eq!(house.engine.cancel(OWN, shelved).await.unwrap(), Cancel::Done);

    let sent = house.submit(text("gone")).await;
    let delivery = take_one(&desk).await;
    assert_eq!(house.engine.cancel(OWN, sent).await.unwrap(), Cancel::TooLate(State::Queued));
    answer(&desk, delivery, vec![accepted("a1")]);
    hear(&desk, vec![report("settles the inbox", Reported::Underway)]).await;
    assert_eq!(house.engine.cancel(OWN, sent).await.unwrap(), Cancel::TooLate(State::Sent));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_begun_to_be_taken_back_is_though_the_client_goes_away() {
    let house = House::open().await;
    let id = house.submit(text("in the store")).await;
    // Nobody waits for the answer.
    let _asked = tokio::time::timeout(Duration::ZERO, house.engine.cancel(OWN, id)).await;
    let canceled = async {
        while house.state(id).await != State::Canceled {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), canceled).await.expect("it stays as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_message_can_be_given_another_text() {
    let house = House::open().await;
    let id = house.submit(text("first thought")).await;
    let body = Body::Text("second thought".into());
    assert_eq!(house.engine.replace(ACCOUNT, id, body.clone()).await.unwrap(), Cancel::Done);
    assert_eq!(take_one(&house.up(FIRST)).await.message.body, body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_request_is_one_request() {
    let house = House::open().await;
    let decided = || {
        let (code, detail) = ("empty_message".into(), "there is nothing to send".into());
        let refused = Refused { code, detail, field: Some("text".into()) };
        vec![Decided::Refused(refused), Decided::Accepted(MessageId::from_number(17))]
    };
    let once = |request: u8| Once {
        account: ACCOUNT,
        key: "order-17".into(),
        request: [request; 32],
        decided: decided(),
    };
    let go = async |request: u8| {
        let prepared = house.prepare(text("hello")).await;
        house.engine.commit(vec![prepared], Some(once(request))).await.unwrap()
    };
    assert_eq!(go(1).await, Accepted::ALL);
    assert_eq!(go(1).await, Accepted::Before(decided()));
    assert_eq!(go(2).await, Accepted::Conflict);
    let desk = house.up(FIRST);
    take_one(&desk).await;
    assert!(desk.take(10).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn notices_wait_for_a_client_that_is_away() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = house.submit(text("hello")).await;
    answer(&desk, take_one(&desk).await, vec![accepted("a1")]);
    hear(&desk, vec![report("a1", Reported::Delivered)]).await;
    drop(desk);
    let house = house.restart().await;
    let taken = house.engine.take(LANE, 10).await;
    assert_eq!(taken.len(), 1);
    house.engine.give_back(LANE, taken);
    assert_eq!(house.end().await.0, id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rate_is_held_and_its_excess_told() {
    let house = House::open().await;
    let account = Account { rate: Some(5.0), ..account() };
    let submissions = (0..8).map(|_| text("hi")).collect();
    let verdicts = house.engine.prepare(&account, submissions).await.unwrap();
    assert_eq!(verdicts.iter().filter(|verdict| verdict.is_ok()).count(), 5);
    assert!(verdicts.into_iter().filter_map(Result::err).all(|refusal| refusal.code() == "rate_limited"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draining_gateway_says_so() {
    let house = House::open().await;
    let prepared = house.prepare(text("hi")).await;
    house.engine.drain();
    assert!(matches!(house.engine.commit(vec![prepared], None).await, Err(Busy::Draining)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_the_shelf_of_an_upstream_that_is_down_goes_back_to_the_store() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = house.submit(text("hello")).await;
    let taken = take_one(&desk).await;
    answer(&desk, taken, vec![PartOutcome::NotSent]);
    hear(&desk, vec![report("settles the inbox", Reported::Underway)]).await;
    desk.link(0, LinkState::Down { reason: "gone".into(), retry_in: Duration::from_secs(1) });
    house.pass(Duration::from_secs(6));

    let owned = async {
        while matches!(house.store.claim(OWN, id, house.clock.now()).await.unwrap(), Claim::Busy) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), owned).await.expect("it stays in hand");
}
