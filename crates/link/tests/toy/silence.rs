//! Answers that don't come, come late, and carriers that fall silent.

use super::carrier::{Gateway, settle};
use super::protocol::RESPONSE;
use postrider_core::delivery::PartOutcome;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_late_answer_names_its_part() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    gateway.desk.put("one");
    carrier.hears(&["MSG 1 one"]).await;
    carrier.says(&["PONG"]).await;
    tokio::time::sleep(RESPONSE).await;
    assert_eq!(gateway.desk.outcomes(), [PartOutcome::Unanswered]);
    carrier.says(&["RES 1 a1", "RES 1 again"]).await;
    assert_eq!(gateway.desk.late(), [(0, "a1".to_owned())]);
}

#[tokio::test(start_paused = true)]
async fn after_an_unanswered_part_nothing_is_sent_until_the_carrier_is_heard() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    gateway.desk.put("one");
    carrier.hears(&["MSG 1 one"]).await;
    carrier.says(&["PONG"]).await;
    tokio::time::sleep(RESPONSE).await;
    carrier.hears(&["PING"]).await;
    gateway.desk.put("two");
    carrier.hears_nothing(Duration::from_secs(20)).await;
    carrier.says(&["PONG"]).await;
    carrier.hears(&["MSG 2 two"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_carrier_that_was_asked_and_is_silent_is_lost() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    gateway.desk.put("one");
    carrier.hears(&["MSG 1 one"]).await;
    tokio::time::sleep(RESPONSE).await;
    carrier.hears(&["PING"]).await;
    carrier.hears_nothing(RESPONSE - Duration::from_secs(1)).await;
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert!(carrier.is_given_up(), "what it didn't take is not brought there any more");
    assert_eq!(gateway.desk.down(0).0, "not answered in time");
    settle().await;
    gateway.logs_in().await;
}
