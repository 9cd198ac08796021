//! Upstreams keep to their limits of a minute, a day and a month, also after a restart; and all of them to declared limits.

use crate::house::*;
use postrider_core::budget::{PartLimits, Period};
use postrider_core::contract::{Archive, Desk, Intake, Usage};
use postrider_core::id::MessageId;
use postrider_core::limit::{Each, Limit, Limits, Names};
use postrider_core::route::UpstreamId;
use postrider_core::rules::{Rules, Upstream};
use postrider_core::selector::Selector;
use postrider_core::submission::Submission;
use postrider_engine::Clock;
use std::sync::Arc;
use std::time::Duration;

/// The usual rules, with limits of the first upstream.
fn rules_limited(limits: PartLimits) -> Arc<Rules> {
    let limited = |upstream: &Arc<Upstream>| Upstream {
        limits: if upstream.id == FIRST { limits } else { PartLimits::default() },
        ..(**upstream).clone()
    };
    let upstreams = rules().upstreams().map(limited).collect();
    Arc::new(Rules::new(2, vec![account()], upstreams, rules().table.clone()))
}

fn limit(period: Period, most: u64) -> PartLimits {
    let mut limits = PartLimits::default();
    limits.0[period as usize] = Some(most);
    limits
}

/// Sends by an upstream as much as it takes, each message taken by its carrier.
async fn send(desk: &Arc<dyn Desk>, count: usize) {
    for (n, delivery) in take_many(desk, count).await.into_iter().enumerate() {
        let name = format!("{}-{n}", delivery.message.id);
        answer(desk, delivery, vec![accepted(&name)]);
    }
}

/// The upstream that a new message would go by.
async fn goes_by(house: &House) -> Option<UpstreamId> {
    house.engine.explain(&account(), text("hello")).await.unwrap().upstream
}

/// Waits until a new message would go by an upstream. What waits is counted now and then, and a message that leaves during a count is
/// counted wrongly until the next.
async fn goes_soon_by(house: &House, upstream: UpstreamId) {
    let goes = async {
        while goes_by(house).await != Some(upstream) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), goes).await.expect("it goes by that upstream");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_minute_takes_so_many_parts_and_the_next_one_the_rest() {
    let house = House::open().await;
    house.engine.apply(rules_limited(limit(Period::Minute, 3)));
    let desk = house.up(FIRST);
    for _ in 0..5 {
        house.submit(text("hello")).await;
    }
    send(&desk, 3).await;
    assert!(desk.take(10).is_empty());
    assert_eq!(goes_by(&house).await, Some(FIRST), "a minute is short: messages wait for it");
    house.pass(Duration::from_mins(1));
    send(&desk, 2).await;
}

/// Waits until both binds have room for so many parts.
async fn until_room(desk: &Arc<dyn Desk>, room: [usize; 2]) {
    let has = |bind: usize| desk.room_of_bind(bind).unwrap_or(0) == room[bind];
    let until = async {
        while !(has(0) && has(1)) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), until).await.expect("the binds have room");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_bind_has_limits_of_its_own_that_outlast_restarts() {
    let limited = |upstream: &Arc<Upstream>| Upstream {
        binds: 2,
        bind_limits: PartLimits([Some(5), None, Some(9), None]),
        ..(**upstream).clone()
    };
    let limited_rules = || {
        let upstreams = rules().upstreams().map(limited).collect();
        Arc::new(Rules::new(2, vec![account()], upstreams, rules().table.clone()))
    };
    let house = House::open().await;
    house.engine.apply(limited_rules());
    let desk = house.up(FIRST);
    until_room(&desk, [5, 5]).await;
    desk.spent_by_bind(0, 3);
    desk.spent_by_bind(1, 5);
    assert_eq!(desk.room_of_bind(0), Ok(2));
    assert!(desk.room_of_bind(1).is_err(), "the other bind goes on");
    let told = async {
        while house
            .store
            .used(vec!["upstream 1 bind 1 day".into()], house.clock.now())
            .await
            .unwrap()
            .is_empty()
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), told).await.expect("it is kept");
    drop(desk);
    let house = house.restart().await;
    house.engine.apply(limited_rules());
    let desk = house.up(FIRST);
    until_room(&desk, [2, 0]).await;
    house.pass(Duration::from_mins(1));
    until_room(&desk, [5, 4]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_an_upstream_whose_month_is_used_up_goes_by_the_next() {
    let house = House::open().await;
    house.engine.apply(rules_limited(limit(Period::Month, 3)));
    let first = house.up(FIRST);
    let mut waiting = Vec::new();
    for _ in 0..5 {
        waiting.push(house.submit(text("hello")).await);
    }
    send(&first, 3).await;
    assert!(first.take(10).is_empty(), "no other is up: they wait");
    let second = house.up(SECOND);
    let rest = take_many(&second, 2).await;
    let rest: Vec<_> = rest.iter().map(|delivery| delivery.message.id).collect();
    assert_eq!(rest, waiting[3..]);
    assert!(first.take(10).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_a_day_that_is_used_up_leaves_on_the_next() {
    let house = House::open().await;
    house.engine.apply(rules_limited(limit(Period::Day, 1)));
    let first = house.up(FIRST);
    house.submit(text("hello")).await;
    let valid_for = Some(Duration::from_hours(48));
    let second = house.submit(Submission { valid_for, ..text("hello") }).await;
    send(&first, 1).await;
    assert!(first.take(10).is_empty());
    house.pass(Duration::from_hours(24));
    assert_eq!(take_one(&first).await.message.id, second);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_messages_of_a_month_go_by_one_upstream_and_the_rest_by_the_next() {
    let house = House::open().await;
    house.engine.apply(rules_limited(limit(Period::Month, 3)));
    let (first, second) = (house.up(FIRST), house.up(SECOND));
    house.submit(text("hello")).await;
    // The upstream sends nothing before it is known what was used.
    send(&first, 1).await;
    for upstream in [FIRST, FIRST, SECOND, SECOND] {
        goes_soon_by(&house, upstream).await;
        house.submit(text("hello")).await;
    }
    send(&first, 2).await;
    send(&second, 2).await;
    assert!(first.take(10).is_empty());
    goes_soon_by(&house, SECOND).await;
    drop((first, second));

    let house = house.restart().await;
    house.engine.apply(rules_limited(limit(Period::Month, 3)));
    let (first, _second) = (house.up(FIRST), house.up(SECOND));
    goes_soon_by(&house, SECOND).await;
    assert!(first.take(10).is_empty(), "what was used survives");
    house.pass(Duration::from_hours(24 * 31));
    goes_soon_by(&house, FIRST).await;
}

/// Whether a message waits for the next day by a limit.
async fn limited(house: &House, id: MessageId) -> bool {
    let history = house.engine.history(OWN, id).await.unwrap().unwrap();
    let is_later = history.queued.is_some_and(|(due, _)| due > house.clock.now() + Duration::from_secs(1));
    is_later && history.remarks.iter().any(|(_, remark)| remark.starts_with("limited: brands sender=: 3/day"))
}

/// The usual rules, with a limit for each sender.
fn rules_limiting_senders(second: Option<f64>, periods: PartLimits) -> Arc<Rules> {
    let mut changed = (*rules()).clone();
    changed.generation += 1;
    let selector = Selector { accounts: vec![account().id], ..Selector::default() };
    let limit = Limit { name: "brands".into(), selector, each: vec![Each::Sender], second, periods };
    changed.limits = Limits::new(vec![limit], Names::default());
    Arc::new(changed)
}

/// Sends so many, each taken by its carrier, as the clock goes on.
async fn send_as_time_goes_on(house: &House, desk: &Arc<dyn Desk>, count: usize) {
    let sending = async {
        let mut sent = 0;
        while sent < count {
            for delivery in desk.take(1) {
                let name = delivery.message.id.to_string();
                answer(desk, delivery, vec![accepted(&name)]);
                sent += 1;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            house.pass(Duration::from_millis(50));
        }
    };
    tokio::time::timeout(Duration::from_secs(60), sending).await.expect("all are sent");
}

/// Takes so many from a desk, as the clock goes on. Returns when each was taken, in milliseconds.
async fn taken_at(house: &House, desk: &Arc<dyn Desk>, count: usize) -> Vec<i64> {
    let begin = house.clock.now().0;
    let taking = async {
        let mut taken = Vec::new();
        while taken.len() < count {
            let now = house.clock.now().0 - begin;
            taken.extend(desk.take(100).iter().map(|_| now));
            tokio::time::sleep(Duration::from_millis(20)).await;
            house.pass(Duration::from_millis(50));
        }
        taken
    };
    tokio::time::timeout(Duration::from_secs(60), taking).await.expect("all are sent")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_beyond_a_limit_wait_for_their_slots_whatever_upstream_they_go_by() {
    let house = House::open().await;
    house.engine.apply(rules_limiting_senders(Some(4.0), PartLimits::default()));
    let desk = house.up(FIRST);
    for _ in 0..8 {
        house.submit(text("hello")).await;
    }
    let taken = taken_at(&house, &desk, 8).await;
    // Half a second's at once, and then four a second.
    for window in taken.windows(7) {
        assert!(window[6] - window[0] >= 1_000, "{taken:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_used_of_a_day_survives_a_restart_and_a_limit_that_goes_lets_all_go() {
    let house = House::open().await;
    let day = rules_limiting_senders(None, limit(Period::Day, 3));
    house.engine.apply(Arc::clone(&day));
    let desk = house.up(FIRST);
    for _ in 0..5 {
        house.submit(text("hello")).await;
    }
    send_as_time_goes_on(&house, &desk, 3).await;
    drop(desk);
    let house = house.restart().await;
    house.engine.apply(day);
    let desk = house.up(FIRST);
    let last = house.submit(text("hello")).await;
    let waits = async {
        while !limited(&house, last).await {
            assert!(desk.take(10).is_empty());
            house.pass(Duration::from_millis(50));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), waits).await.expect("it is put off");
    assert!(desk.take(10).is_empty());
    house.engine.apply(rules());
    send_as_time_goes_on(&house, &desk, 3).await;
}
