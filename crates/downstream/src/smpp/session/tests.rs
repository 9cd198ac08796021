//! Sessions in virtual time: a client at the other end of a pipe, and an engine that is told what to say.

mod client;

use super::*;
use crate::sessions::testing::{ACCOUNT, Engine};
use client::Client;
use std::time::Duration;
use tokio::time::sleep;

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_client_that_never_binds_is_left_after_ten_seconds() {
    let mut client = Client::connect(&Engine::new());
    let begun = client.now();
    assert_eq!(client.hears().await, "closed");
    assert_eq!(client.now() - begun, SECOND * 10);
}

#[tokio::test(start_paused = true)]
async fn a_message_is_answered_once_it_is_stored() {
    let engine = Engine::new();
    let mut client = Client::bind(&engine).await;
    engine.store_takes(SECOND * 3);
    let begun = client.now();
    client.submit();
    assert_eq!(client.hears().await, "submit_sm_resp ESME_ROK (0x00)");
    assert_eq!(client.now() - begun, SECOND * 3);
}

#[tokio::test(start_paused = true)]
async fn more_requests_than_the_window_holds_are_throttled_at_once() {
    let engine = Engine::new();
    let mut client = Client::bind(&engine).await;
    engine.store_takes(SECOND * 3);
    for _ in 0..3 {
        client.submit();
    }
    let begun = client.now();
    assert_eq!(client.hears().await, "submit_sm_resp ESME_RTHROTTLED (0x58)");
    assert_eq!(client.now(), begun);
    for _ in 0..2 {
        assert_eq!(client.hears().await, "submit_sm_resp ESME_ROK (0x00)");
    }
    client.submit();
    assert_eq!(client.hears().await, "submit_sm_resp ESME_ROK (0x00)");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_answers_what_it_has_takes_nothing_more_and_unbinds() {
    let engine = Engine::new();
    let mut client = Client::bind(&engine).await;
    engine.store_takes(SECOND * 3);
    client.submit();
    client.lets_pass(SECOND).await;
    client.server_stops();
    client.lets_pass(SECOND).await;
    client.submit();
    assert_eq!(client.hears().await, "submit_sm_resp ESME_RSYSERR (0x08)");
    assert_eq!(client.hears().await, "submit_sm_resp ESME_ROK (0x00)");
    assert_eq!(client.hears().await, "unbind");
    client.answers_unbind();
    assert_eq!(client.hears().await, "unbound");
    drop(client);
    sleep(SECOND).await;
    assert!(!engine.is_open());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_lets_nobody_in_whose_bind_is_under_way() {
    let engine = Engine::new();
    let mut client = Client::connect(&engine);
    client.asks_to_bind();
    client.server_stops();
    assert_ne!(client.hears().await, "bind_transceiver_resp ESME_ROK (0x00)");
    assert!(!engine.is_open());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stops_waits_no_longer_than_its_drain_says() {
    let engine = Engine::new();
    let mut client = Client::bind(&engine).await;
    engine.store_takes(SECOND * 100);
    client.submit();
    client.lets_pass(SECOND).await;
    let begun = client.now();
    client.server_stops();
    assert_eq!(client.hears().await, "unbind");
    assert_eq!(client.now() - begun, SECOND * 10);
}

#[tokio::test(start_paused = true)]
async fn a_clients_unbind_is_answered_after_its_messages() {
    let engine = Engine::new();
    let mut client = Client::bind(&engine).await;
    engine.store_takes(SECOND * 3);
    client.submit();
    client.unbind();
    assert_eq!(client.hears().await, "submit_sm_resp ESME_ROK (0x00)");
    assert_eq!(client.hears().await, "unbound");
    sleep(SECOND).await;
    assert!(!engine.is_open());
}

#[tokio::test(start_paused = true)]
async fn a_disabled_accounts_session_ends_at_the_next_review() {
    let engine = Engine::new();
    let mut client = Client::bind(&engine).await;
    engine.disable_account();
    let begun = client.now();
    assert_eq!(client.hears().await, "unbind");
    assert!(client.now() - begun <= REVIEW_EVERY);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_accounts_session_ends_at_once_when_it_asks_for_something() {
    let engine = Engine::new();
    let mut client = Client::bind(&engine).await;
    engine.disable_account();
    let begun = client.now();
    client.submit();
    assert_eq!(client.hears().await, "submit_sm_resp ESME_RSUBMITFAIL (0x45)");
    assert_eq!(client.hears().await, "unbind");
    assert_eq!(client.now(), begun);
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_asked_and_then_left() {
    let engine = Engine::new();
    let mut client = Client::bind(&engine).await;
    let begun = client.now();
    // Nobody reads what comes.
    sleep(SECOND * 59).await;
    assert!(engine.is_open());
    sleep(SECOND * 2).await;
    assert!(!engine.is_open());
    assert_eq!(client.hears().await, "closed");
    assert_eq!(client.now() - begun, SECOND * 61);
}

#[tokio::test(start_paused = true)]
async fn a_receipt_is_told_once_it_is_acknowledged() {
    let engine = Engine::new();
    let mut client = Client::bind(&engine).await;
    engine.put_notice(7);
    assert_eq!(client.hears().await, "deliver_sm");
    assert!(engine.told().is_empty());
    client.answers_receipt(Status::ROK);
    client.lets_pass(SECOND).await;
    assert_eq!(engine.told(), [(7, false, 0)]);
}

#[tokio::test(start_paused = true)]
async fn a_receipt_that_is_not_acknowledged_is_told_again_later() {
    let engine = Engine::new();
    let mut client = Client::bind(&engine).await;
    engine.put_notice(7);
    assert_eq!(client.hears().await, "deliver_sm");
    client.lets_pass(SECOND * 31).await;
    assert_eq!(engine.told(), [(7, true, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_too_fast_gets_no_receipt_for_a_second() {
    let engine = Engine::new();
    let mut client = Client::bind(&engine).await;
    engine.put_notice(7);
    assert_eq!(client.hears().await, "deliver_sm");
    client.answers_receipt(Status::RTHROTTLED);
    client.lets_pass(SECOND / 10).await;
    assert_eq!(engine.told(), [(7, true, 1)]);
    let begun = client.now();
    // One fetch was under way already.
    engine.put_notice(8);
    assert_eq!(client.hears().await, "deliver_sm");
    client.answers_receipt(Status::ROK);
    engine.put_notice(9);
    assert_eq!(client.hears().await, "deliver_sm");
    assert!(client.now() - begun >= SECOND * 8 / 10, "{:?}", client.now() - begun);
}

#[tokio::test(start_paused = true)]
async fn receipts_that_were_not_acknowledged_go_back_when_the_session_ends() {
    let engine = Engine::new();
    let mut client = Client::bind(&engine).await;
    engine.put_notice(7);
    assert_eq!(client.hears().await, "deliver_sm");
    drop(client);
    sleep(SECOND).await;
    assert_eq!((engine.given_back(), engine.told()), (vec![7], vec![]));
    assert_eq!(engine.sessions(), [(ACCOUNT, true), (ACCOUNT, false)]);
}
