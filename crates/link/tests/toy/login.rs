//! Hosts, logins and their refusals, and when the next try is.

use super::carrier::{Gateway, settle};
use postrider_core::contract::LinkState;
use std::time::Duration;

/// Checks that a wait is that long, or up to a fifth shorter, give or take a moment of the test's own.
fn is_about(wait: Duration, seconds: u64) {
    let (most, moment) = (Duration::from_secs(seconds), Duration::from_millis(50));
    assert!(wait <= most + moment && wait >= most * 4 / 5 - moment, "{wait:?} of {most:?}");
}

#[tokio::test(start_paused = true)]
async fn tries_come_at_growing_intervals_until_one_succeeds() {
    let mut gateway = Gateway::start();
    let mut before = None;
    for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
        let mut arrived = gateway.arrives().await;
        if let Some((at, seconds)) = before {
            is_about(arrived.at - at, seconds);
        }
        arrived.says(&["NO time"]).await;
        assert_eq!(gateway.desk.down(0).0, "NO time");
        is_about(gateway.desk.down(0).1, seconds);
        before = Some((arrived.at, seconds));
    }
    let carrier = gateway.logs_in().await;
    assert_eq!(gateway.desk.link(0), Some(LinkState::Up));
    let up = carrier.at;
    drop(carrier);
    is_about(gateway.arrives().await.at - up, 1);
}

#[tokio::test(start_paused = true)]
async fn hosts_have_their_turn_and_one_that_is_down_is_passed_over() {
    let mut gateway = Gateway::start_with(&["first", "down", "third"], 1);
    for host in ["first", "third", "third", "first"] {
        let mut arrived = gateway.arrives().await;
        assert_eq!(arrived.host, host);
        arrived.says(&["NO time"]).await;
    }
    gateway.stop().await;
    gateway.ends().await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_login_is_tried_again_late_and_a_dead_session_is_waited_out() {
    let mut gateway = Gateway::start();
    for (word, least, most) in [("login", 300, 375), ("occupied", 0, 1), ("occupied", 120, 150)] {
        let mut arrived = gateway.arrives().await;
        arrived.says(&[&format!("NO {word}")]).await;
        let (reason, retry_in) = gateway.desk.down(0);
        assert_eq!(reason, format!("NO {word}"));
        assert!((least..=most).contains(&retry_in.as_secs()), "{word}: {retry_in:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_login_that_is_never_answered_is_given_up() {
    let mut gateway = Gateway::start();
    let mut silent = gateway.arrives().await;
    silent.hears_nothing(Duration::from_secs(29)).await;
    assert_eq!(gateway.desk.link(0), Some(LinkState::Connecting));
    tokio::time::sleep(Duration::from_millis(1_200)).await;
    assert_eq!(gateway.desk.down(0).0, "not answered in time");
    assert!(silent.is_given_up());
}

#[tokio::test(start_paused = true)]
async fn a_session_that_always_evicts_another_stays_away() {
    let mut gateway = Gateway::start_with(&["host"], 2);
    let mut kept = gateway.logs_in().await;
    let desk = gateway.desk.clone();
    let is_away = |link: usize| match desk.link(link) {
        Some(LinkState::Down { reason, retry_in }) => {
            reason.ends_with("as whenever another session of this upstream is bound")
                && retry_in >= Duration::from_secs(120)
        }
        _ => false,
    };
    // The carrier admits one session, and ends the one before when another comes.
    while !(is_away(0) || is_away(1)) {
        let next = gateway.logs_in().await;
        drop(std::mem::replace(&mut kept, next));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    let away = usize::from(is_away(1));
    gateway.stays_away(Duration::from_secs(100)).await;
    // The other one ends, and nobody would be evicted any more.
    drop(kept);
    settle().await;
    let _both = (gateway.logs_in().await, gateway.logs_in().await);
    assert_eq!(gateway.desk.link(away), Some(LinkState::Up));
}
