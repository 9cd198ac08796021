//! Leases of binds, and the ends of links in order.

use super::carrier::{Gateway, settle};
use postrider_core::contract::LinkState;
use postrider_core::delivery::PartOutcome;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_bind_is_kept_while_it_is_this_nodes() {
    let mut gateway = Gateway::start();
    gateway.desk.lend(Err(Duration::from_secs(5)));
    gateway.stays_away(Duration::from_secs(60)).await;
    assert_eq!(gateway.desk.link(0), Some(LinkState::Elsewhere));
    gateway.desk.lend(Ok(()));
    let mut carrier = gateway.logs_in().await;
    gateway.desk.put("one");
    carrier.hears(&["MSG 1 one"]).await;
    gateway.desk.lend(Err(Duration::from_secs(5)));
    settle().await;
    gateway.desk.put("two");
    carrier.hears_nothing(Duration::from_secs(4)).await;
    carrier.says(&["RES 1 a1"]).await;
    carrier.hears(&["BYE"]).await;
    settle().await;
    assert_eq!(gateway.desk.outcomes(), [PartOutcome::Accepted(Some("a1".into()))]);
    assert_eq!((gateway.desk.link(0), gateway.desk.waiting()), (Some(LinkState::Elsewhere), 1));
    gateway.stays_away(Duration::from_secs(60)).await;
    gateway.desk.lend(Ok(()));
    gateway.logs_in().await.hears(&["MSG 1 two"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_stopped_upstream_waits_for_answers_as_long_as_its_drain_says() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    gateway.desk.put("one two");
    carrier.hears(&["MSG 1 one", "MSG 2 two"]).await;
    gateway.stop().await;
    carrier.says(&["RES 1 a1"]).await;
    carrier.hears_nothing(Duration::from_secs(9)).await;
    carrier.hears(&["BYE"]).await;
    let desk = gateway.desk.clone();
    gateway.ends().await;
    assert_eq!(desk.outcomes(), [PartOutcome::Accepted(Some("a1".into())), PartOutcome::Unanswered]);
}

#[tokio::test(start_paused = true)]
async fn what_was_begun_is_written_to_its_end_before_the_link_ends() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    gateway.desk.put("one two three four");
    gateway.desk.put("next");
    carrier.hears(&["MSG 1 one", "MSG 2 two", "MSG 3 three"]).await;
    gateway.stop().await;
    carrier.says(&["RES 1 a1"]).await;
    carrier.hears(&["MSG 4 four"]).await;
    carrier.says(&["RES 2 a2", "RES 3 a3", "RES 4 a4"]).await;
    carrier.hears(&["BYE"]).await;
    let desk = gateway.desk.clone();
    gateway.ends().await;
    assert_eq!((desk.outcomes().len(), desk.waiting()), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn a_carrier_that_says_goodbye_may_answer_first() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    gateway.desk.put("one");
    carrier.hears(&["MSG 1 one"]).await;
    carrier.says(&["BYE"]).await;
    carrier.hears_nothing(Duration::from_secs(1)).await;
    carrier.says(&["RES 1 a1"]).await;
    carrier.hears(&["BYE"]).await;
    settle().await;
    assert_eq!(gateway.desk.outcomes(), [PartOutcome::Accepted(Some("a1".into()))]);
    let mut carrier = gateway.logs_in().await;
    gateway.desk.put("two");
    carrier.hears(&["MSG 1 two"]).await;
    carrier.says(&["BYE"]).await;
    carrier.hears(&["BYE"]).await;
    settle().await;
    assert_eq!(gateway.desk.outcomes()[1..], [PartOutcome::Unanswered], "it had two seconds");
}

#[tokio::test(start_paused = true)]
async fn a_stop_while_connecting_ends_at_once() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.arrives().await;
    gateway.stop().await;
    carrier.hears(&["BYE"]).await;
    gateway.ends().await;
}
