//! Runs that keep to hours and caps, by a clock that tests move.

use super::super::tests::{SHOP, batch, number, sent, shown, text, work};
use super::*;
use crate::run::{NewRun, NotDone, Pace, Personal, RunKind, RunState, Schedule};
use crate::testing::Gateway;
use std::time::Duration;

/// Hours of UTC that begin and end so many minutes from now.
fn from_now(gateway: &Gateway, from: i64, until: i64) -> SendingHours {
    let minute = gateway.now().0 / 60_000;
    let of_day = |more: i64| u16::try_from((minute + more).rem_euclid(24 * 60)).unwrap();
    SendingHours {
        span: Some((of_day(from), of_day(until))),
        zone: Some("UTC".into()),
        ..SendingHours::default()
    }
}

fn within(hours: SendingHours, pace: Option<Pace>) -> NewRun {
    let schedule = Schedule { sending_hours: Some(hours), ..Schedule::default() };
    NewRun { schedule, pace, ..text(RunKind::Batch, "x") }
}

#[tokio::test(start_paused = true)]
async fn a_run_waits_for_its_hours_and_goes_on_in_the_next_ones() {
    let (gateway, apps) = Gateway::new().await;
    let pace = Some(Pace { per_minute: 60, ramp: 0 });
    let run = batch(&apps, within(from_now(&gateway, 30, 40), pace), 0..700).await;
    work(&apps).await;
    let waits = shown(&apps, &run).await;
    assert!(sent(&gateway).await.is_empty() && waits.started.is_none() && waits.is_scheduled(gateway.now()));
    gateway.pass(waits.stands_still(gateway.now()).unwrap().until.since(gateway.now()));
    for _ in 0..599 {
        work(&apps).await;
        gateway.pass(Duration::from_secs(1));
    }
    let runs = shown(&apps, &run).await;
    assert_eq!((runs.stands_still(gateway.now()), runs.accepted), (None, 599));
    gateway.pass(Duration::from_secs(60));
    work(&apps).await;
    let still = shown(&apps, &run).await;
    let until = still.stands_still(gateway.now()).unwrap().until;
    assert_eq!((still.state, still.accepted, still.next), (RunState::Running, 599, until.0));
    // Many hours later it isn't taken for one that an outage has held up.
    gateway.pass(until.since(gateway.now()));
    work(&apps).await;
    let goes_on = shown(&apps, &run).await;
    assert_eq!((goes_on.state, goes_on.accepted), (RunState::Running, 600));
    assert!(goes_on.finishes_at(gateway.now()).is_some());
}

#[tokio::test(start_paused = true)]
async fn other_hours_are_effective_at_once_and_a_last_moment_holds() {
    let (gateway, apps) = Gateway::new().await;
    let last = gateway.now() + Duration::from_hours(2);
    let mut new = within(from_now(&gateway, 600, 660), None);
    new.schedule.not_after = Some(last.0);
    let run = batch(&apps, new, 0..20).await;
    work(&apps).await;
    assert_eq!(shown(&apps, &run).await.next, last.0, "it is looked at when it is too late");
    let capped = SendingHours { daily_cap: Some(9), ..from_now(&gateway, -5, 55) };
    apps.runs.set_sending_hours(SHOP, run.kind, run.id, Some(capped.clone())).await.unwrap();
    work(&apps).await;
    assert_eq!(sent(&gateway).await.len(), 9);
    let still = shown(&apps, &run).await;
    assert_eq!(still.stands_still(gateway.now()).unwrap().why, WhyStill::DailyCap);
    let larger = SendingHours { daily_cap: Some(12), ..capped };
    apps.runs.set_sending_hours(SHOP, run.kind, run.id, Some(larger)).await.unwrap();
    work(&apps).await;
    assert_eq!(sent(&gateway).await.len(), 12);
    gateway.pass(Duration::from_hours(2));
    work(&apps).await;
    let done = shown(&apps, &run).await;
    assert_eq!((done.state, done.reason.as_deref(), done.accepted), (RunState::Done, Some("too_late"), 12));
    let late = apps.runs.set_sending_hours(SHOP, run.kind, run.id, None).await;
    assert!(matches!(late, Err(NotDone::State(RunState::Done))));
}

#[tokio::test(start_paused = true)]
async fn hours_that_can_not_be_kept_are_refused() {
    let (gateway, apps) = Gateway::new().await;
    let hours = from_now(&gateway, 0, 60);
    let refused = async |new: NewRun| match apps.runs.make(SHOP, new, "shop").await {
        Err(NotDone::Wrong(field, _)) => field,
        other => panic!("{other:?}"),
    };
    let never = SendingHours { span: Some((60, 60)), ..hours.clone() };
    assert_eq!(refused(within(never, None)).await, "sending_hours.hours");
    let none = SendingHours { daily_cap: Some(0), ..hours.clone() };
    assert_eq!(refused(within(none, None)).await, "sending_hours.daily_cap");
    let mut local = within(hours.clone(), None);
    local.schedule.send_at_local = Some("2030-01-31T09:00:00".into());
    assert_eq!(refused(local).await, "sending_hours.zone");
    let broadcast = NewRun { kind: RunKind::Broadcast, ..within(hours, None) };
    assert_eq!(refused(broadcast).await, "sending_hours");
}

#[tokio::test(start_paused = true)]
async fn each_message_leaves_in_the_hours_of_its_recipient_and_not_too_late() {
    let (gateway, apps) = Gateway::new().await;
    // The hours are over in UTC, and begin in four hours in a zone that is behind.
    let theirs = SendingHours { zone: None, ..from_now(&gateway, -300, -60) };
    let mut new = within(theirs, None);
    new.schedule.not_after = Some((gateway.now() + Duration::from_hours(12)).0);
    let run = apps.runs.make(SHOP, new, "shop").await.unwrap();
    let zones = ["Etc/GMT+3", "Etc/GMT", "Etc/GMT+9"];
    let personal = |zone: &str| Personal { zone: Some(zone.into()), ..Personal::default() };
    let recipients: Vec<_> = (0..).map(number).zip(zones.map(personal)).collect();
    apps.runs.add(SHOP, run.kind, run.id, &recipients).await.unwrap();
    apps.runs.launch(SHOP, run.kind, run.id, "shop", false).await.unwrap();
    work(&apps).await;
    let run = shown(&apps, &run).await;
    // It would be the next day for the one in UTC: too late.
    assert_eq!((run.state, run.accepted, run.refused), (RunState::Done, 2, 1));
    let last = run.schedule.not_after.unwrap();
    let minute = gateway.now().0 / 60_000 * 60_000;
    let messages = gateway.messages().await;
    assert!(messages[0].due <= gateway.now() && messages[0].expires.0 <= last);
    let opens = Time(minute) + Duration::from_hours(4);
    assert!(messages[1].due >= opens && messages[1].due < opens + SPREAD, "{:?}", messages[1].due);
    assert!(messages[1].expires.0 <= last);
}

/// Whatever crashes, on two nodes: nobody gets it twice, and no day has more than its cap.
#[tokio::test(start_paused = true)]
async fn caps_and_hours_hold_whatever_crashes() {
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    for seed in 0..25 {
        let (gateway, apps) = Gateway::new().await;
        let other = gateway.second_node();
        gateway.faults.set(seed, 0);
        let capped = SendingHours { daily_cap: Some(11), ..from_now(&gateway, 60, 120) };
        let run = batch(&apps, within(capped.clone(), None), 0..40).await;
        gateway.faults.set(seed, 200);
        for _ in 0..2_000 {
            let node = if gateway.faults.roll(2) == 0 { &apps } else { &other };
            gateway.fail(u32::from(gateway.faults.roll(5) == 0));
            if node.runs.step_what_is_due().await.is_err() {
                gateway.pass(Duration::from_secs(gateway.faults.roll(20)));
            }
            let (it, now) = (shown(&apps, &run).await, gateway.now());
            if it.ended.is_some() {
                break;
            }
            if let Some(still) = it.stands_still(now).filter(|still| still.until.0 == it.next) {
                // All that was handed in is written down before the night: its key doesn't last until the morning.
                assert_eq!(it.accepted, sent(&gateway).await.len() as u64, "seed {seed}");
                gateway.pass(still.until.since(now));
            }
            gateway.pass(Duration::from_millis(600));
        }
        gateway.faults.set(seed, 0);
        let run = shown(&apps, &run).await;
        assert_eq!((run.state, run.accepted), (RunState::Done, 40), "seed {seed}: {run:?}");
        let mut sent = sent(&gateway).await;
        sent.sort_unstable();
        assert_eq!(sent, (0..40).collect::<Vec<_>>(), "seed {seed}");
        let mut days = std::collections::BTreeMap::<i64, u64>::new();
        for message in gateway.messages().await {
            let created = message.created();
            *days.entry(created.0.div_euclid(DAY)).or_default() += 1;
            assert_eq!(capped.stands_still(None, created), None, "seed {seed}");
        }
        assert!(days.values().all(|many| *many <= 11) && days.len() == 4, "seed {seed}: {days:?}");
    }
}
