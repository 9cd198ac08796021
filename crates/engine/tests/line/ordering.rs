//! Messages with the same ordering key leave one after the other, through retries and a restart.

use crate::house::*;
use postrider_core::delivery::{FaultKind, State};
use postrider_core::submission::Submission;
use std::time::Duration;

fn keyed(key: &str) -> Submission {
    Submission { ordering_key: Some(key.into()), ..text("hello") }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_one_waits_for_the_answer_of_the_one_before() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let first = house.submit(keyed("order-7")).await;
    let second = house.submit(keyed("order-7")).await;
    let other = house.submit(keyed("order-8")).await;
    let plain = house.submit(text("hello")).await;
    let mut taken = Vec::new();
    while taken.len() < 3 {
        taken.push(take_one(&desk).await);
    }
    let mut ids: Vec<_> = taken.iter().map(|delivery| delivery.message.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [first, other, plain]);
    let place = taken.iter().position(|delivery| delivery.message.id == first).unwrap();
    answer(&desk, taken.swap_remove(place), vec![refused(FaultKind::Temporary)]);
    for (n, delivery) in taken.into_iter().enumerate() {
        answer(&desk, delivery, vec![accepted(&format!("a{n}"))]);
    }
    while house.state(plain).await != State::Sent {
        tokio::task::yield_now().await;
    }
    // What is due behind it is leased at the latest with this one.
    let behind = house.submit(text("hello")).await;
    let delivery = take_one(&desk).await;
    assert_eq!(delivery.message.id, behind, "the first one waits for another attempt");
    answer(&desk, delivery, vec![accepted("c")]);
    while house.state(behind).await != State::Sent {
        tokio::task::yield_now().await;
    }
    drop(desk);

    let house = house.restart().await;
    let desk = house.up(FIRST);
    house.pass(Duration::from_mins(5));
    let delivery = take_one(&desk).await;
    assert_eq!(delivery.message.id, first);
    assert!(desk.take(10).is_empty());
    answer(&desk, delivery, vec![accepted("b")]);
    assert_eq!(take_one(&desk).await.message.id, second);
}
