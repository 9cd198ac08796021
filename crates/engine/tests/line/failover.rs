//! Messages go by the next upstream of their route: since the first is full, or since its receipt says that it delivered nothing.

use crate::house::*;
use postrider_core::contract::{Archive, Intake};
use postrider_core::delivery::State;
use postrider_core::message::Class;
use postrider_core::receipt::Reported;
use postrider_core::route::{AfterReceipt, Route, Table};
use postrider_core::rules::{Rules, Upstream};
use std::sync::Arc;
use std::time::Duration;

/// The usual rules, where what is undelivered goes by the next upstream within ten minutes, and the first is full at `full_at`.
fn rules_of_failover(full_at: Option<u32>) -> Arc<Rules> {
    let limited = |upstream: &Arc<Upstream>| Upstream {
        full_at: full_at.filter(|_| upstream.id == FIRST),
        ..(**upstream).clone()
    };
    let rule = AfterReceipt {
        states: vec![State::Undelivered],
        classes: [true; Class::COUNT],
        within: Duration::from_mins(10),
    };
    let route =
        Route { after_receipt: Some(Arc::new(rule)), ..Route::by_prefix("world", "", &[FIRST, SECOND]) };
    let upstreams = rules().upstreams().map(limited).collect();
    Arc::new(Rules::new(2, vec![account()], upstreams, Table::new(vec![route])))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_wasnt_delivered_goes_by_the_next_upstream_and_its_sender_hears_of_the_last() {
    let house = House::open().await;
    house.engine.apply(rules_of_failover(None));
    let (first, second) = (house.up(FIRST), house.up(SECOND));
    let id = house.submit(text("hello")).await;
    answer(&first, take_one(&first).await, vec![accepted("a1")]);
    hear(&first, vec![report("a1", Reported::Undelivered)]).await;
    let again = take_one(&second).await;
    assert_eq!((again.message.id, &*again.message.tried), (id, &[FIRST][..]));
    answer(&second, again, vec![accepted("b1")]);
    // The first carrier thinks otherwise of it: nobody waits for that any more.
    hear(&first, vec![report("a1", Reported::Delivered)]).await;
    hear(&second, vec![report("b1", Reported::Delivered)]).await;
    let (ended, outcome) = house.end().await;
    assert_eq!((ended, outcome.state, outcome.upstream), (id, State::Delivered, SECOND));
    let history = house.engine.history(OWN, id).await.unwrap().unwrap();
    assert_eq!(&*history.message.tried, &[FIRST]);
    assert_eq!(history.remarks.iter().map(|(_, text)| &**text).collect::<Vec<_>>(), ["undeliverable"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_message_and_one_of_before_a_restart_go_on_too_and_an_old_one_ends() {
    let house = House::open().await;
    house.engine.apply(rules_of_failover(None));
    let (first, other) = (house.up(FIRST), house.up(SECOND));
    let long = house.submit(text(&"long ".repeat(60))).await;
    answer(&first, take_one(&first).await, vec![accepted("a0"), accepted("a1")]);
    hear(&first, vec![report("a0", Reported::Undelivered)]).await;
    assert_eq!(house.state(long).await, State::Sent);
    drop((first, other));
    let house = house.restart().await;
    house.engine.apply(rules_of_failover(None));
    let (first, second) = (house.up(FIRST), house.up(SECOND));
    hear(&first, vec![report("a1", Reported::Undelivered)]).await;
    let again = take_one(&second).await;
    assert_eq!((again.message.id, again.taken.count()), (long, 0));
    answer(&second, again, vec![accepted("b0"), accepted("b1")]);
    hear(&second, vec![report("b0", Reported::Delivered), report("b1", Reported::Delivered)]).await;
    let (ended, outcome) = house.end().await;
    assert_eq!((ended, outcome.state, outcome.upstream), (long, State::Delivered, SECOND));

    house.pass(Duration::from_secs(1));
    let old = house.submit(text("hello")).await;
    answer(&first, take_one(&first).await, vec![accepted("a2")]);
    house.pass(Duration::from_mins(10));
    hear(&first, vec![report("a2", Reported::Undelivered)]).await;
    assert_eq!(house.state(old).await, State::Undelivered);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn new_messages_pass_over_a_full_upstream_until_it_has_room() {
    let house = House::open().await;
    house.engine.apply(rules_of_failover(Some(2)));
    let (first, second) = (house.up(FIRST), house.up(SECOND));
    let explained = || async { house.engine.explain(&account(), text("hello")).await.unwrap() };
    for _ in 0..2 {
        house.submit(text("hello")).await;
    }
    // What was being stored while the store counted is missing until the next count.
    let full = async {
        while explained().await.full != [FIRST] {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), full).await.expect("it is full");
    assert_eq!(explained().await.upstream, Some(SECOND));
    let third = house.submit(text("hello")).await;
    assert_eq!(take_one(&second).await.message.id, third);
    take_many(&first, 2).await;
    let free = explained().await;
    assert_eq!((free.upstream, free.full), (Some(FIRST), vec![]));
}
