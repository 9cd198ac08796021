//! Schedules against a store in memory.

use super::*;
use crate::Apps;
use crate::testing::Gateway;
use postrider_core::account::AccountId;
use postrider_core::time::Time;
use std::time::Duration;

const SHOP: AccountId = AccountId(2);

/// The clock of tests stands at 2027-01-15T08:00:00Z, a Friday.
fn request(cron: &str) -> Request {
    Request {
        to: vec!["+447700900123".into(), "+447700900124".into(), "+447700900123".into()],
        text: "Water the plants".into(),
        cron: cron.into(),
        zone: Some("Europe/Berlin".into()),
        ..Request::default()
    }
}

async fn look(apps: &Apps) {
    for _ in 0..2 {
        apps.schedules.send_what_is_due().await.unwrap();
    }
}

async fn shown(apps: &Apps, id: &str) -> Schedule {
    apps.schedules.show(SHOP, id).await.unwrap().unwrap()
}

#[tokio::test]
async fn each_time_has_its_messages_once_though_the_store_fails_and_two_nodes_look() {
    let (gateway, apps) = Gateway::new().await;
    let shop = gateway.account(SHOP);
    let made = apps.schedules.make(&shop, request("0 10 * * *")).await.unwrap();
    assert_eq!(made.next().unwrap().0, 1_800_000_000_000 + 3_600_000, "ten o'clock in Berlin");
    look(&apps).await;
    assert!(gateway.texts().await.is_empty());
    let other = gateway.second_node();
    for day in 1..=3 {
        gateway.pass(Duration::from_hours(if day == 1 { 1 } else { 24 }));
        gateway.fail(1);
        let _ = apps.schedules.send_what_is_due().await;
        tokio::join!(look(&apps), look(&other));
        assert_eq!(gateway.texts().await.len(), 2 * day, "two recipients");
        assert_eq!(shown(&apps, &made.id).await.sent, day as u64);
    }
    let last = shown(&apps, &made.id).await.last.unwrap();
    assert_eq!((last.messages.len(), last.refused.len()), (2, 0));
}

#[tokio::test]
async fn what_was_missed_is_passed_over_and_an_end_ends_it() {
    let (gateway, apps) = Gateway::new().await;
    let shop = gateway.account(SHOP);
    let ends = Some(Time(1_800_000_000_000) + Duration::from_hours(60));
    let made = apps.schedules.make(&shop, Request { ends, ..request("0 10 * * *") }).await.unwrap();
    gateway.pass(Duration::from_hours(25) + Duration::from_mins(59));
    look(&apps).await;
    let seen = shown(&apps, &made.id).await;
    assert_eq!((seen.sent, seen.missed, seen.state), (1, 1, State::Active), "an hour late is not too late");
    gateway.pass(Duration::from_hours(24));
    look(&apps).await;
    let seen = shown(&apps, &made.id).await;
    assert_eq!((seen.sent, seen.state, seen.next()), (2, State::Ended, None));
}

#[tokio::test]
async fn a_schedule_pauses_goes_on_and_is_canceled() {
    let (gateway, apps) = Gateway::new().await;
    let shop = gateway.account(SHOP);
    let id = apps.schedules.make(&shop, request("*/30 * * * *")).await.unwrap().id;
    let set = |state| apps.schedules.set(SHOP, &id, state);
    assert_eq!(set(State::Paused).await.unwrap().next(), None);
    gateway.pass(Duration::from_hours(5));
    look(&apps).await;
    assert!(gateway.texts().await.is_empty());
    let next = set(State::Active).await.unwrap().next().unwrap();
    assert_eq!(next.0, 1_800_000_000_000 + 5 * 3_600_000 + 1_800_000, "nothing is made up for");
    set(State::Canceled).await.unwrap();
    gateway.pass(Duration::from_hours(1));
    look(&apps).await;
    assert!(gateway.texts().await.is_empty());
    assert!(matches!(set(State::Active).await, Err(NotScheduled::Over)));
}

#[tokio::test]
async fn what_is_wrong_with_a_schedule_is_said() {
    let (gateway, apps) = Gateway::new().await;
    let shop = gateway.account(SHOP);
    for (change, field) in [
        (Request { to: Vec::new(), ..request("@daily") }, "to"),
        (Request { text: " ".into(), ..request("@daily") }, "text"),
        (Request { zone: Some("Berlin".into()), ..request("@daily") }, "zone"),
        (request("61 * * * *"), "cron"),
        (request("0 0 31 feb *"), "cron"),
        (Request { ends: Some(Time(0)), ..request("@daily") }, "cron"),
        (Request { from: Some("a name that is far too long".into()), ..request("@daily") }, "from"),
    ] {
        match apps.schedules.make(&shop, change).await {
            Err(NotScheduled::Wrong(wrong, _)) => assert_eq!(wrong, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}
