use super::*;
use crate::Apps;
use crate::run::{NewRun, Personal, Schedule};
use crate::testing::Gateway;
use postrider_core::contract::WantedRecipients;
use postrider_core::message::Message;
use postrider_core::number::Number;
use std::sync::Arc;

const SHOP: AccountId = AccountId(1);
/// Recipients of a broadcast: a desk of tests takes ten messages at a time.
const MANY: u64 = 10;

fn number(n: u64) -> Number {
    Number::from_digits(447_700_900_000 + n).unwrap()
}

async fn work(apps: &Apps) {
    while apps.runs.step_what_is_due().await.unwrap() {}
}

async fn shown(apps: &Apps, id: u64) -> Run {
    apps.runs.show(SHOP, RunKind::Broadcast, id).await.unwrap().unwrap()
}

fn with(fallback: Fallback) -> NewRun {
    NewRun {
        kind: RunKind::Broadcast,
        name: Some("Flood".into()),
        outgoing: Outgoing { text: Some("Go uphill".into()), ..Outgoing::default() },
        schedule: Schedule::default(),
        pace: None,
        pause_at_failures: None,
        audience: Audience::default(),
        trial: None,
        fallback: Some(fallback),
    }
}

/// A broadcast to so many that was sent, with a fallback after a minute.
async fn sent(apps: &Apps, many: u64) -> Run {
    let fallback = Fallback { after: 60_000, text: Some("Again".into()), ..Fallback::default() };
    let run = apps.runs.make(SHOP, with(fallback), "user:ann").await.unwrap();
    let recipients: Vec<_> = (0..many).map(|n| (number(n), Personal::default())).collect();
    apps.runs.add(SHOP, run.kind, run.id, &recipients).await.unwrap();
    apps.runs.arm(SHOP, run.kind, run.id).await.unwrap();
    work(apps).await;
    apps.runs.launch(SHOP, run.kind, run.id, "user:ann", true).await.unwrap();
    apps.runs.approve(SHOP, run.kind, run.id, "user:bob").await.unwrap();
    work(apps).await;
    shown(apps, run.id).await
}

async fn second(apps: &Apps, first: &Run) -> Option<Run> {
    match shown(apps, first.id).await.fallback.unwrap().outcome {
        Some(FallbackOutcome::Begun(id)) => Some(shown(apps, id).await),
        _ => None,
    }
}

/// The messages of the second broadcast.
async fn again(gateway: &Gateway) -> Vec<Arc<Message>> {
    let is_again = |message: &Arc<Message>| message.body.text() == Some("Again");
    gateway.messages().await.into_iter().filter(is_again).collect()
}

#[tokio::test(start_paused = true)]
async fn those_without_a_receipt_in_time_are_written_to_by_another_upstream() {
    let (gateway, apps) = Gateway::new().await;
    gateway.opt_out(SHOP, number(15)).await;
    let first = sent(&apps, MANY + 6).await;
    assert_eq!((first.state, first.accepted, first.refused), (RunState::Done, 15, 1));
    gateway.fail_delivery_of(number(3)).await;
    gateway.pass(Duration::from_secs(59));
    work(&apps).await;
    assert_eq!(second(&apps, &first).await, None, "receipts may still come");
    assert!(matches!(apps.runs.remove(SHOP, first.kind, first.id).await, Err(NotDone::Wrong("fallback", _))));

    gateway.pass(Duration::from_secs(2));
    // Two nodes at once: one of them begins it.
    let other = gateway.second_node();
    work(&apps).await;
    work(&other).await;
    work(&apps).await;
    let run = second(&apps, &first).await.unwrap();
    assert_eq!((run.state, run.name.as_deref()), (RunState::Done, Some("Flood (fallback)")));
    assert_eq!(run.approved_by, first.approved_by);
    let to: Vec<Number> = again(&gateway).await.iter().map(|message| message.to).collect();
    let expected: Vec<Number> = [3].into_iter().chain(10..15).map(number).collect();
    assert_eq!(to, expected, "who failed, and who isn't heard of; nobody who opted out");
    let before = gateway.ways().await[0];
    assert!(again(&gateway).await.iter().all(|message| message.plan.upstreams[0] != before));
    let told = gateway.told(BROADCAST_FALLBACK).await;
    let fact = |name: &str| told[0].facts.iter().find(|(known, _)| &**known == name).unwrap().1.to_string();
    assert_eq!((told.len(), fact("not_reached"), fact("fallback")), (1, "6".into(), run.id.to_string()));

    // Stopping the first stops the second.
    apps.runs.cancel(SHOP, first.kind, first.id).await.unwrap();
    work(&apps).await;
    assert_eq!(shown(&apps, run.id).await.state, RunState::Canceled);
}

#[tokio::test(start_paused = true)]
async fn where_everybody_was_reached_nothing_follows() {
    let (gateway, apps) = Gateway::new().await;
    let first = sent(&apps, MANY).await;
    gateway.deliver(gateway.ways().await[0]).await;
    gateway.pass(Duration::from_secs(61));
    work(&apps).await;
    assert_eq!(shown(&apps, first.id).await.fallback.unwrap().outcome, Some(FallbackOutcome::NotNeeded));
    assert!(again(&gateway).await.is_empty() && gateway.told(BROADCAST_FALLBACK).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_fallback_hours_later_is_for_people_to_decide() {
    let (gateway, apps) = Gateway::new().await;
    let first = sent(&apps, MANY).await;
    gateway.pass(Duration::from_hours(1));
    work(&apps).await;
    assert_eq!(shown(&apps, first.id).await.fallback.unwrap().outcome, Some(FallbackOutcome::Missed));
    assert!(again(&gateway).await.is_empty());
    assert_eq!(gateway.told(BROADCAST_FALLBACK).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_broadcast_has_no_second() {
    let (gateway, apps) = Gateway::new().await;
    let first = sent(&apps, MANY).await;
    apps.runs.cancel(SHOP, first.kind, first.id).await.unwrap();
    work(&apps).await;
    gateway.pass(Duration::from_secs(61));
    work(&apps).await;
    assert_eq!(second(&apps, &first).await, None);
    let run = shown(&apps, first.id).await;
    let rows = apps.runs.recipients(SHOP, &run, WantedRecipients::All, 0, 20).await.unwrap();
    assert!(rows.iter().all(|(row, _)| !is_unreached(row)), "canceled messages are not sent again");
}

#[tokio::test(start_paused = true)]
async fn what_a_fallback_may_be_is_checked() {
    let (_gateway, apps) = Gateway::new().await;
    let minute = Fallback { after: 60_000, ..Fallback::default() };
    let campaign = NewRun { kind: RunKind::Campaign, ..with(minute.clone()) };
    for (new, field) in [
        (campaign, "fallback"),
        (with(Fallback { after: 999, ..minute.clone() }), "fallback.after"),
        (with(Fallback { after: 86_400_001, ..minute.clone() }), "fallback.after"),
        (with(Fallback { text: Some("".into()), ..minute.clone() }), "fallback.text"),
        (with(Fallback { route: Some("world".into()), ..minute.clone() }), "fallback.route"),
    ] {
        let shown = format!("{new:?}");
        match apps.runs.make(SHOP, new, "ann").await {
            Err(NotDone::Wrong(wrong, _)) => assert_eq!(wrong, field),
            other => panic!("{shown}: {other:?}"),
        }
    }
    assert!(apps.runs.make(SHOP, with(minute), "ann").await.is_ok());
}
