//! Alerts against a store in memory: reports, texts, answers, and crashes between any two of them.

use super::group::testing::group;
use super::*;
use crate::Apps;
use crate::testing::Gateway;
use postrider_core::account::AccountId;
use postrider_core::message::Class;
use serde_json::json;
use std::time::Duration;

const SHOP: AccountId = AccountId(2);
const OTHER: AccountId = AccountId(1);
const ANN: &str = "+447700900001";
const BOB: &str = "+447700900002";

/// A gateway with the group `ops` and a source of this format. Its clock stands in 2027, in one of Ann's turns.
async fn gateway(format: Format, heartbeat: Option<u64>) -> (Gateway, Apps) {
    let (gateway, apps) = Gateway::new().await;
    apps.alerts.set_group(&gateway.account(SHOP), group()).await.unwrap();
    let source = Source { name: "tool".into(), format, group: "ops".into(), fields: None, heartbeat };
    assert!(apps.alerts.set_source(SHOP, &source).await.unwrap());
    (gateway, apps)
}

/// One alert of Alertmanager, known by its key.
fn report(key: &str, status: &str) -> serde_json::Value {
    json!({ "status": status, "labels": { "alertname": key }, "fingerprint": key })
}

async fn receive(apps: &Apps, alerts: &[serde_json::Value]) -> Reception {
    let body = json!({ "alerts": alerts }).to_string();
    apps.alerts.receive(SHOP, "tool", None, body.as_bytes()).await.unwrap()
}

/// Looks as the applications do, until nothing is due.
async fn look(apps: &Apps) {
    for _ in 0..3 {
        apps.alerts.do_what_is_due().await.unwrap();
        apps.hear().await.unwrap();
    }
}

/// Who got which texts since so many.
async fn told(gateway: &Gateway, since: usize) -> Vec<(String, String)> {
    let (messages, texts) = (gateway.messages().await, gateway.texts().await);
    let told = messages.iter().zip(texts).map(|(message, text)| (message.to.to_string(), text));
    told.skip(since).collect()
}

fn pair(to: &str, text: &str) -> (String, String) {
    (to.to_owned(), text.to_owned())
}

#[tokio::test]
async fn a_report_is_told_once_and_goes_on_until_somebody_answers() {
    let (gateway, apps) = gateway(Format::Alertmanager, None).await;
    let on_call = apps.alerts.shifts(&group(), 1)[0].people[0].clone();
    let (first, next) = if &*on_call == "ann" { (ANN, BOB) } else { (BOB, ANN) };
    assert_eq!(receive(&apps, &[report("Down", "firing")]).await.opened, [1]);
    assert_eq!(receive(&apps, &[report("Down", "firing")]).await.repeated, [1]);
    look(&apps).await;
    assert_eq!(told(&gateway, 0).await, [pair(first, "Alert 1: Down. Reply ACK 1")]);
    assert_eq!(gateway.messages().await[0].class, Class::Emergency);

    gateway.pass(Duration::from_mins(5));
    look(&apps).await;
    assert_eq!(told(&gateway, 1).await, [pair(next, "Alert 1: Down. Reply ACK 1")]);

    gateway.say(next, "ok 1 on my way").await;
    gateway.say("+447700900009", "ack 1").await;
    look(&apps).await;
    assert_eq!(told(&gateway, 2).await, [pair(next, "1 is yours: Down")], "a stranger is not answered");
    gateway.pass(Duration::from_hours(2));
    look(&apps).await;
    assert_eq!(told(&gateway, 3).await, []);
    let alert = apps.alerts.show(SHOP, 1).await.unwrap().unwrap();
    assert_eq!((alert.state, alert.count), (State::Acknowledged, 2));
    assert!(alert.history.last().unwrap().what.ends_with(": on my way"), "{:?}", alert.history);

    assert_eq!(receive(&apps, &[report("Down", "resolved")]).await.resolved, [1]);
    look(&apps).await;
    let mut over = told(&gateway, 3).await;
    over.sort();
    assert_eq!(over, [pair(ANN, "Over: 1 Down"), pair(BOB, "Over: 1 Down")]);
    assert_eq!(receive(&apps, &[report("Down", "firing")]).await.opened, [2], "it happens anew");
}

#[tokio::test]
async fn a_storm_is_one_text_and_one_answer() {
    let (gateway, apps) = gateway(Format::Alertmanager, None).await;
    let storm: Vec<_> = (0..450).map(|place| report(&format!("Thing{place}"), "firing")).collect();
    assert_eq!(receive(&apps, &storm).await.opened.len(), 450);
    look(&apps).await;
    look(&apps).await;
    let told_now = told(&gateway, 0).await;
    let texts: Vec<&str> = told_now.iter().map(|(_, text)| &**text).collect();
    assert!(
        texts.len() <= 2 && texts[0].starts_with("200 alerts: 1 Thing0; 2 Thing1; 3 Thing2 and 197 more."),
        "{texts:?}"
    );
    gateway.pass(Duration::from_mins(2));
    look(&apps).await;
    gateway.say(&told_now[0].0, "ack all").await;
    look(&apps).await;
    let last = told(&gateway, 0).await.pop().unwrap().1;
    assert_eq!(last, "450 alerts are yours: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 …");
}

/// Every write is followed by a crash: another process goes on with what was kept.
#[tokio::test]
async fn two_processes_tell_each_step_once() {
    let (gateway, apps) = gateway(Format::Alertmanager, None).await;
    let other = gateway.second_node();
    receive(&apps, &[report("Down", "firing")]).await;
    gateway.fail(1);
    look(&apps).await;
    tokio::join!(look(&apps), look(&other));
    assert_eq!(told(&gateway, 0).await.len(), 1);
    gateway.pass(Duration::from_mins(5));
    tokio::join!(look(&other), look(&apps));
    assert_eq!(told(&gateway, 0).await.len(), 2);
    let who = told(&gateway, 1).await[0].0.clone();
    gateway.say(&who, "ack").await;
    let _ = tokio::join!(apps.hear(), other.hear());
    tokio::join!(look(&other), look(&apps));
    assert_eq!(told(&gateway, 2).await, [pair(&who, "1 is yours: Down")]);
}

#[tokio::test]
async fn a_source_that_is_silent_is_an_alert() {
    let (gateway, apps) = gateway(Format::Heartbeat, Some(60_000)).await;
    gateway.pass(Duration::from_secs(59));
    look(&apps).await;
    assert_eq!(told(&gateway, 0).await, []);
    assert_eq!(apps.alerts.receive(SHOP, "tool", None, b"").await.unwrap(), Reception::default());
    gateway.pass(Duration::from_secs(59));
    look(&apps).await;
    assert_eq!(told(&gateway, 0).await, []);
    gateway.pass(Duration::from_secs(1));
    look(&apps).await;
    assert_eq!(told(&gateway, 0).await[0].1, "Alert 1: tool is silent: nothing for 60 s. Reply ACK 1");
    assert!(apps.alerts.source(SHOP, "tool").await.unwrap().unwrap().1.unwrap().is_silent);
    assert_eq!(apps.alerts.receive(SHOP, "tool", None, b"").await.unwrap().resolved, [1]);
    look(&apps).await;
    assert_eq!(told(&gateway, 1).await[0].1, "Over: 1 tool is silent: nothing for 60 s");
}

#[tokio::test]
async fn accounts_see_their_own() {
    let (_gateway, apps) = gateway(Format::Json, None).await;
    let body = br#"{"title":"Backup","message":"failed"}"#;
    let wrong = apps.alerts.receive(OTHER, "tool", None, body).await;
    assert!(matches!(wrong, Err(NotReceived::NoSource)));
    assert_eq!(apps.alerts.receive(SHOP, "tool", None, body).await.unwrap().opened, [1]);
    assert!(apps.alerts.show(OTHER, 1).await.unwrap().is_none());
    assert!(apps.alerts.acknowledge(OTHER, 1, "eve", None).await.unwrap().is_none());
    let found = apps.alerts.acknowledge(SHOP, 1, "ann", Some("mine")).await.unwrap().unwrap();
    assert_eq!((found.state, found.acknowledged_by.as_deref()), (State::Acknowledged, Some("ann")));
    let firing = Filter { state: Some(State::Firing), most: 10, ..Filter::default() };
    assert!(apps.alerts.list(SHOP, &firing).await.unwrap().0.is_empty());
    let wrong = apps.alerts.remove_group(SHOP, "ops").await;
    assert!(matches!(wrong, Err(NotSet::InUse(_))));
    assert!(apps.alerts.remove_source(SHOP, "tool").await.unwrap());
    assert!(apps.alerts.remove_group(SHOP, "ops").await.unwrap());
}

#[tokio::test]
async fn people_of_a_group_open_alerts_by_text_where_it_allows_them() {
    let (gateway, apps) = gateway(Format::Alertmanager, None).await;
    look(&apps).await;
    gateway.say(ANN, "ALERT pump 3 is on fire").await;
    look(&apps).await;
    assert_eq!(told(&gateway, 0).await, [], "the group doesn't allow it");
    let open = Group { report_by_text: true, from: Some("60006".into()), ..group() };
    apps.alerts.set_group(&gateway.account(SHOP), open).await.unwrap();
    look(&apps).await;
    gateway.say(ANN, "ALERT pump 3 is on fire").await;
    gateway.say("+447700900009", "ALERT I am a stranger").await;
    look(&apps).await;
    let texts = told(&gateway, 0).await;
    assert!(texts.contains(&pair(ANN, "Alert 1 is open: pump 3 is on fire")), "{texts:?}");
    assert!(texts.iter().any(|(_, text)| text.starts_with("Alert 1: pump 3 is on fire")), "{texts:?}");
    let alert = apps.alerts.show(SHOP, 1).await.unwrap().unwrap();
    assert_eq!((&*alert.group, alert.detail.as_deref()), ("ops", Some("ann wrote: pump 3 is on fire")));
    assert!(apps.alerts.show(SHOP, 2).await.unwrap().is_none(), "a stranger opens nothing");
}
