//! A disk that is full, and a data directory that is taken away.

use crate::harness::{Gateway, Http, Plan, SmallDisk, Webhook, carrier, eventually};
use reqwest::Method;
use serde_json::json;

/// Waits until `/readyz` answers with this status. Returns the answer's text.
async fn readiness(gateway: &Gateway, status: u16) -> String {
    let asked = async || {
        let answer = gateway.stranger().get("/readyz").await;
        (answer.status == status).then_some(answer)
    };
    eventually(&format!("/readyz to answer {status}"), asked).await.body.to_string()
}

/// The status of a request to send.
async fn sends(shop: &Http) -> u16 {
    let body = json!({ "to": "+491700000001", "text": "x".repeat(1_000) });
    shop.post("/v1/messages", &body).await.status
}

/// Lines of the log at this level that have these words.
fn lines(gateway: &Gateway, level: &str, words: &str) -> usize {
    let log = gateway.log();
    log.lines().filter(|line| line.contains(level) && line.contains(words)).count()
}

#[tokio::test]
async fn a_full_disk_is_survived_without_help() {
    let Some(disk) = SmallDisk::of(64).await else { return println!("this user can't mount a file system") };
    let carrier = carrier().await;
    let webhook = Webhook::listen().await;
    let plan = Plan::simple(carrier.address()).webhook("shop", &webhook).on(&disk);
    let mut gateway = plan.start().await;
    let shop = gateway.http("shop");
    let before = shop.send("+491700000001", "before").await;
    shop.message_in(&before, "delivered").await;

    disk.fill(0);
    // The log may have some room left in its file.
    let refused = async || (sends(&shop).await == 503).then_some(());
    eventually("the disk to be full", refused).await;
    let why = readiness(&gateway, 503).await;
    assert!(why.contains("the disk is full") && why.contains("MiB are free"), "{why}");
    for _ in 0..200 {
        assert_eq!(sends(&shop).await, 503);
    }
    assert_eq!(lines(&gateway, "ERROR", ""), 1, "one line for the outage");
    assert_eq!(lines(&gateway, "WARN", "could not be answered"), 0);

    disk.empty();
    readiness(&gateway, 200).await;
    let after = shop.send("+491700000001", "after").await;
    shop.message_in(&after, "delivered").await;
    gateway.says("the store is well again").await;

    // A start on a full disk has the reserve.
    gateway.stop().await;
    disk.fill(0);
    gateway.begin_again();
    let body = json!({ "to": "+491700000001", "text": "x".repeat(1_000) });
    let refused = async || {
        let answer = shop.ask(Method::POST, "/v1/messages", &[], Some(&body)).await;
        answer.is_ok_and(|answer| answer.status == 503).then_some(())
    };
    eventually("the disk to be full", refused).await;
    readiness(&gateway, 503).await;
    assert_eq!(gateway.http("shop").message(&after).await["state"], "delivered");
    disk.empty();
    readiness(&gateway, 200).await;
}

#[tokio::test]
async fn what_is_under_way_is_recorded_in_the_reserve() {
    let Some(disk) = SmallDisk::of(64).await else { return println!("this user can't mount a file system") };
    let carrier = carrier().await;
    let webhook = Webhook::listen().await;
    let gateway = Plan::simple(carrier.address()).webhook("shop", &webhook).on(&disk).start().await;
    let shop = gateway.http("shop");
    disk.fill(1_024);
    let mut accepted = Vec::new();
    while accepted.len() < 5_000 {
        let body = json!({ "to": "+491700000001", "text": "x".repeat(1_000) });
        let answer = shop.post("/v1/messages", &body).await;
        if answer.status == 503 {
            break;
        }
        accepted.push(answer.accepted()["id"].as_str().unwrap().to_owned());
    }
    assert!((1..5_000).contains(&accepted.len()), "{} were accepted", accepted.len());
    for id in &accepted {
        shop.message_in(id, "delivered").await;
    }
    readiness(&gateway, 503).await;
}

#[tokio::test]
async fn a_directory_that_is_taken_away_is_noticed() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    assert_eq!(sends(&shop).await, 202);
    let (data, away) = (gateway.folder().join("data"), gateway.folder().join("away"));
    std::fs::rename(&data, &away).unwrap();
    let why = readiness(&gateway, 503).await;
    assert!(why.contains("postrider.db was removed or replaced"), "{why}");
    assert_eq!(sends(&shop).await, 503);
    assert_eq!(lines(&gateway, "ERROR", "was removed or replaced"), 1);

    // Back again it is the same store.
    std::fs::rename(&away, &data).unwrap();
    readiness(&gateway, 200).await;
    assert_eq!(sends(&shop).await, 202);
    std::fs::remove_dir_all(&data).unwrap();
    readiness(&gateway, 503).await;
    assert_eq!(sends(&shop).await, 503);
}
