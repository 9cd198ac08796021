//! Carriers are asked about parts whose receipts don't come.

use crate::house::*;
use postrider_core::contract::{Archive, Desk, LinkState, Unheard};
use postrider_core::delivery::{PartOutcome, State};
use postrider_core::id::MessageId;
use postrider_core::receipt::{Report, Reported};
use std::sync::Arc;
use std::time::Duration;

const HANDSET: u64 = 447_700_900_100;

/// Sends a message to which the carrier gives this name.
async fn sent(house: &House, desk: &Arc<dyn Desk>, name: &str) -> MessageId {
    let id = house.submit(to_number(HANDSET)).await;
    answer(desk, take_one(desk).await, vec![accepted(name)]);
    settle(desk).await;
    id
}

/// What was answered is recorded when this returns.
async fn settle(desk: &Arc<dyn Desk>) {
    hear(desk, vec![report("settles the inbox", Reported::Underway)]).await;
}

/// What is to be asked about next, waiting for it.
async fn asked(desk: &Arc<dyn Desk>) -> Vec<Unheard> {
    let waiting = async {
        let mut seen = 0;
        loop {
            let asked = desk.ask(100);
            if !asked.is_empty() {
                return asked;
            }
            seen = desk.work(seen).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.expect("nothing to ask")
}

fn names(asked: &[Unheard]) -> Vec<(&str, &str)> {
    asked.iter().map(|part| (&*part.key, &*part.given)).collect()
}

/// What the carrier says of a part.
fn reply(part: &Unheard, reported: Reported) -> Report {
    report(&part.key, reported)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_overdue_is_asked_about_as_fast_as_is_declared_and_ends_as_the_carrier_says() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let mut ids = Vec::new();
    for n in 1..=3 {
        ids.push(sent(&house, &desk, &format!("00A{n}")).await);
    }
    house.pass(ASK_AFTER + Duration::from_secs(1));
    let first = asked(&desk).await;
    assert_eq!(
        names(&first),
        [("a1", "00A1"), ("a2", "00A2")],
        "as many as are declared, by their given names"
    );
    let second = asked(&desk).await;
    assert_eq!(names(&second), [("a3", "00A3")]);

    desk.replied(vec![reply(&first[0], Reported::Undelivered), reply(&second[0], Reported::Delivered)]);
    settle(&desk).await;
    let states = [house.state(ids[0]).await, house.state(ids[1]).await, house.state(ids[2]).await];
    assert_eq!(states, [State::Undelivered, State::Sent, State::Delivered]);

    // Of what isn't known the carrier is asked again in its time, and no sooner; what has ended isn't asked about.
    let probe = sent(&house, &desk, "00B1").await;
    house.pass(ASK_AFTER);
    assert_eq!(names(&asked(&desk).await)[0], ("a2", "00A2"));
    assert_eq!(house.state(probe).await, State::Sent);
    // What ended meanwhile ended.
    desk.replied(vec![reply(&first[0], Reported::Delivered)]);
    settle(&desk).await;
    assert_eq!(house.state(ids[0]).await, State::Undelivered);
    assert_eq!(house.engine.unmatched(10).await.unwrap(), [], "an answer is no receipt to be kept");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_message_ends_part_by_part_and_a_restart_loses_nothing() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let id = house.submit(text(&"long ".repeat(60))).await;
    answer(&desk, take_one(&desk).await, vec![accepted("b0"), accepted("b1")]);
    settle(&desk).await;
    house.pass(ASK_AFTER + Duration::from_secs(1));
    let parts = asked(&desk).await;
    assert_eq!(names(&parts), [("b0", "b0"), ("b1", "b1")]);
    desk.replied(vec![reply(&parts[1], Reported::Delivered)]);
    settle(&desk).await;
    assert_eq!(house.state(id).await, State::Sent);
    drop(desk);

    let house = house.restart().await;
    let desk = house.up(FIRST);
    let parts = asked(&desk).await;
    assert_eq!(names(&parts), [("b0", "b0")], "at once after a restart");
    desk.replied(vec![reply(&parts[0], Reported::Delivered)]);
    settle(&desk).await;
    assert_eq!(house.state(id).await, State::Delivered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_by_a_name_that_no_carrier_gave() {
    let house = House::open().await;
    house.engine.apply(rules_that_hold());
    let desk = house.up(FIRST);
    let held = house.submit(to_number(HANDSET)).await;
    answer(&desk, take_one(&desk).await, vec![PartOutcome::Unanswered]);
    let named = sent(&house, &desk, "c1").await;
    assert_eq!([house.state(held).await, house.state(named).await], [State::Sent, State::Sent]);
    house.pass(ASK_AFTER + Duration::from_secs(1));
    assert_eq!(names(&asked(&desk).await), [("c1", "c1")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upstream_that_is_down_is_not_asked_and_its_questions_wait() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    sent(&house, &desk, "d1").await;
    desk.link(0, LinkState::Connecting);
    house.pass(ASK_AFTER + Duration::from_secs(1));
    // The other upstream may ask, and isn't declared to.
    let other = house.up(SECOND);
    assert!(desk.ask(10).is_empty() && other.ask(10).is_empty());
    desk.link(0, LinkState::Up);
    assert_eq!(names(&asked(&desk).await), [("d1", "d1")]);
}
