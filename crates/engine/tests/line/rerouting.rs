//! Upstreams and routes go while messages wait, and come again.

use crate::house::*;
use postrider_core::delivery::State;
use postrider_core::route::{Route, UpstreamId};
use postrider_core::rules::{Rules, Upstream};
use postrider_core::submission::Submission;
use std::sync::Arc;
use std::time::Duration;

fn route(prefix: &str, upstreams: &[UpstreamId]) -> Route {
    Route::by_prefix("new", prefix, upstreams)
}

/// Long enough for several rounds of chores.
async fn some_rounds() {
    tokio::time::sleep(Duration::from_millis(600)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_outlives_rules_that_know_no_upstream() {
    let house = House::open().await;
    let id = house.submit(text("hello")).await;
    house.engine.apply(rules_left(2, &[], Vec::new()));
    some_rounds().await;
    assert_eq!(house.state(id).await, State::Queued);

    house.engine.apply(rules());
    assert_eq!(take_one(&house.up(FIRST)).await.message.id, id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_goes_when_a_route_leads_there_again_and_the_rest_stays() {
    let house = House::open().await;
    let british = house.submit(to_number(447_700_900_123)).await;
    let french = house.submit(to_number(33_600_000_001)).await;
    house.engine.apply(rules_left(2, &[], Vec::new()));
    some_rounds().await;
    // Neither upstream of their plan comes again, but another.
    let third =
        Upstream { id: UpstreamId(3), name: "third".into(), ..(**rules().upstream(FIRST).unwrap()).clone() };
    let table = postrider_core::route::Table::new(vec![route("44", &[third.id])]);
    house.engine.apply(Arc::new(Rules::new(3, vec![account()], vec![third], table)));
    let desk = house.up(UpstreamId(3));
    assert_eq!(take_one(&desk).await.message.id, british);
    some_rounds().await;
    assert_eq!(house.state(french).await, State::Queued);
    assert!(desk.take(9).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_an_upstream_that_was_disabled_goes_by_the_route_that_there_is() {
    let house = House::open().await;
    house.engine.apply(rules_left(2, &[FIRST], vec![route("", &[FIRST])]));
    let id = house.submit(text("hello")).await;
    let disable =
        |upstream: &Arc<Upstream>| Upstream { enabled: upstream.id != FIRST, ..(**upstream).clone() };
    let upstreams = rules().upstreams().map(disable).collect();
    let table = postrider_core::route::Table::new(vec![route("", &[SECOND])]);
    house.engine.apply(Arc::new(Rules::new(3, vec![account()], upstreams, table)));
    assert_eq!(take_one(&house.up(SECOND)).await.message.id, id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_upstream_can_take_ends_when_its_time_runs_out() {
    let house = House::open().await;
    let id = house.submit(Submission { valid_for: Some(Duration::from_mins(1)), ..text("hello") }).await;
    house.engine.apply(rules_left(2, &[], Vec::new()));
    some_rounds().await;
    house.pass(Duration::from_mins(2));
    let (ended, outcome) = house.end().await;
    assert_eq!((ended, outcome.state), (id, State::Expired));
}
