//! The window, pauses, questions and receipts.

use super::carrier::{Gateway, settle};
use postrider_core::contract::LinkState;
use postrider_core::delivery::PartOutcome;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn no_more_is_taken_than_the_window_has_room_for() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    for text in ["a", "b", "c", "d", "e"] {
        gateway.desk.put(text);
    }
    carrier.hears(&["MSG 1 a", "MSG 2 b", "MSG 3 c"]).await;
    carrier.hears_nothing(Duration::from_secs(5)).await;
    assert_eq!(gateway.desk.waiting(), 2);
    carrier.says(&["RES 2 x"]).await;
    carrier.hears(&["MSG 4 d"]).await;
    assert_eq!(gateway.desk.waiting(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_bind_without_room_by_its_limits_asks_again() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    gateway.desk.limit_bind(2);
    for text in ["a", "b", "c"] {
        gateway.desk.put(text);
    }
    carrier.hears(&["MSG 1 a", "MSG 2 b"]).await;
    carrier.says(&["RES 1 x", "RES 2 y"]).await;
    carrier.hears_nothing(Duration::from_secs(60)).await;
    assert_eq!(gateway.desk.waiting(), 1);
    gateway.desk.limit_bind(2);
    carrier.hears(&["MSG 3 c"]).await;
}

#[tokio::test(start_paused = true)]
async fn parts_of_a_message_go_in_order_and_none_after_a_refusal() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    gateway.desk.put("one two three four five");
    gateway.desk.put("next");
    carrier.hears(&["MSG 1 one", "MSG 2 two", "MSG 3 three"]).await;
    carrier.says(&["ERR 2 wrong"]).await;
    carrier.hears(&["MSG 4 next"]).await;
    carrier.says(&["RES 1 a", "RES 3 c"]).await;
    let accepted = gateway.desk.outcomes().iter().filter(|it| matches!(it, PartOutcome::Accepted(_))).count();
    let unsent = gateway.desk.outcomes().iter().filter(|it| **it == PartOutcome::NotSent).count();
    assert_eq!((accepted, unsent), (2, 2));
    let mut parts = gateway.desk.parts();
    parts.sort_unstable();
    assert_eq!(parts, [0, 1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn a_pause_keeps_the_session_and_sends_nothing() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    gateway.desk.put("one");
    carrier.hears(&["MSG 1 one"]).await;
    carrier.says(&["ERR 1 pause"]).await;
    assert_eq!(
        gateway.desk.down(0),
        ("paused, since the carrier answered pause".into(), Duration::from_secs(60))
    );
    gateway.desk.put("two");
    carrier.says(&["RCPT r1"]).await;
    carrier.hears(&["ACK r1"]).await;
    carrier.hears_nothing(Duration::from_secs(59)).await;
    carrier.hears(&["MSG 2 two"]).await;
    assert_eq!(gateway.desk.link(0), Some(LinkState::Up));
}

#[tokio::test(start_paused = true)]
async fn a_pause_outlasts_the_session() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    gateway.desk.put("one");
    carrier.hears(&["MSG 1 one"]).await;
    carrier.says(&["ERR 1 pause"]).await;
    drop(carrier);
    gateway.stays_away(Duration::from_secs(59)).await;
    gateway.logs_in().await;
}

#[tokio::test(start_paused = true)]
async fn receipts_are_kept_before_they_are_acknowledged() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    carrier.says(&["RCPT r1", "RCPT r2"]).await;
    carrier.hears(&["ACK r1", "ACK r2"]).await;
    assert_eq!(gateway.desk.kept(), 2);
    gateway.desk.fail();
    carrier.says(&["RCPT r3"]).await;
    carrier.hears(&["NAK r3"]).await;
    assert_eq!(gateway.desk.kept(), 2);
}

#[tokio::test(start_paused = true)]
async fn parts_are_asked_about_and_what_is_said_of_them_is_brought() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    gateway.desk.put_question("a7");
    carrier.hears(&["ASK 1 a7"]).await;
    carrier.says(&["SAID 1 a7"]).await;
    assert_eq!(gateway.desk.replies(), ["a7"]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_leaves_what_was_written_in_doubt() {
    let mut gateway = Gateway::start();
    let mut carrier = gateway.logs_in().await;
    gateway.desk.put("one two three four");
    carrier.hears(&["MSG 1 one", "MSG 2 two", "MSG 3 three"]).await;
    carrier.says(&["RES 1 a1"]).await;
    carrier.hears(&["MSG 4 four"]).await;
    drop(carrier);
    settle().await;
    let mut expected = vec![PartOutcome::Accepted(Some("a1".into()))];
    expected.extend([const { PartOutcome::Unanswered }; 3]);
    assert_eq!(gateway.desk.outcomes(), expected);
    assert_eq!(gateway.desk.down(0).0, "the carrier closed the connection");
}
