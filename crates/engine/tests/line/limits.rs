//! Upstreams keep to their limits of a minute, a day and a month, also after a restart.

use crate::house::*;
use postrider_core::budget::{PartLimits, Period};
use postrider_core::contract::{Desk, Intake};
use postrider_core::route::UpstreamId;
use postrider_core::rules::{Rules, Upstream};
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_messages_of_a_month_go_by_one_upstream_and_the_rest_by_the_next() {
    let house = House::open().await;
    house.engine.apply(rules_limited(limit(Period::Month, 3)));
    let (first, second) = (house.up(FIRST), house.up(SECOND));
    house.submit(text("hello")).await;
    // The upstream sends nothing before it is known what was used.
    send(&first, 1).await;
    for _ in 0..4 {
        house.submit(text("hello")).await;
    }
    send(&first, 2).await;
    send(&second, 2).await;
    assert!(first.take(10).is_empty());
    assert_eq!(goes_by(&house).await, Some(SECOND));
    drop((first, second));

    let house = house.restart().await;
    house.engine.apply(rules_limited(limit(Period::Month, 3)));
    let (first, _second) = (house.up(FIRST), house.up(SECOND));
    let until_heard = async {
        while goes_by(&house).await != Some(SECOND) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), until_heard).await.expect("what was used survives");
    assert!(first.take(10).is_empty());
    house.pass(Duration::from_hours(24 * 31));
    let until_next_month = async {
        while goes_by(&house).await != Some(FIRST) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), until_next_month).await.expect("a month begins anew");
}
