//! Appointments against a store in memory.

use super::*;
use crate::Apps;
use crate::testing::Gateway;
use jiff::civil::DateTime;
use postrider_core::account::AccountId;
use std::time::Duration;

const SHOP: AccountId = AccountId(2);
const TO: &str = "+447700900123";

/// The clock of tests stands at 2027-01-15T08:00:00Z.
fn request(at: &str) -> Request {
    Request {
        to: TO.into(),
        at: at.parse::<DateTime>().unwrap(),
        remind: vec![Duration::from_hours(24), Duration::from_hours(2)],
        text: "See you on {{ weekday }} at {{ time }}".into(),
        answers: Answers { confirm: Some("Thank you".into()), ..Answers::default() },
        ..Request::default()
    }
}

async fn look(apps: &Apps) {
    for _ in 0..2 {
        apps.hear().await.unwrap();
        apps.appointments.send_what_is_due().await.unwrap();
    }
}

async fn state(apps: &Apps, id: &str) -> State {
    apps.appointments.show(SHOP, id).await.unwrap().unwrap().state
}

#[tokio::test]
async fn reminders_are_sent_once_at_their_times_and_answers_are_heard() {
    let (gateway, apps) = Gateway::new().await;
    let shop = gateway.account(SHOP);
    // Monday, in winter: London's clocks show UTC.
    let made = apps.appointments.make(&shop, request("2027-01-18T14:30")).await.unwrap();
    assert_eq!(&*made.zone, "Europe/London");
    gateway.say(TO, "yes").await;
    look(&apps).await;
    assert_eq!(state(&apps, &made.id).await, State::Scheduled, "nobody has asked yet");
    gateway.pass(Duration::from_hours(54));
    look(&apps).await;
    assert!(gateway.texts().await.is_empty());
    gateway.pass(Duration::from_mins(30));
    let other = gateway.second_node();
    gateway.fail(1);
    look(&apps).await;
    tokio::join!(look(&apps), look(&other));
    assert_eq!(gateway.texts().await, ["See you on Monday at 14:30"]);

    gateway.say(TO, "Yes, thanks").await;
    let _ = tokio::join!(apps.hear(), other.hear());
    look(&apps).await;
    assert_eq!(state(&apps, &made.id).await, State::Confirmed);
    assert_eq!(gateway.texts().await[1..], ["Thank you"]);
    gateway.pass(Duration::from_hours(22));
    look(&apps).await;
    assert_eq!(gateway.texts().await.len(), 3, "two hours before");
    gateway.say(TO, "NO").await;
    look(&apps).await;
    let found = apps.appointments.show(SHOP, &made.id).await.unwrap().unwrap();
    assert_eq!((found.state, found.reply.as_deref()), (State::Canceled, Some("NO")));
    assert!(found.reminders.iter().all(|reminder| reminder.message.is_some()));
    let mut told: Vec<String> = gateway.posted().await;
    told.sort_unstable();
    assert_eq!(told, ["appointment.canceled", "appointment.confirmed"]);
}

#[tokio::test]
async fn another_time_is_asked_for_and_set() {
    let (gateway, apps) = Gateway::new().await;
    let shop = gateway.account(SHOP);
    let made = apps.appointments.make(&shop, request("2027-01-16T08:00")).await.unwrap();
    look(&apps).await;
    assert_eq!(gateway.texts().await.len(), 1);
    gateway.say(TO, "move please").await;
    look(&apps).await;
    assert_eq!(state(&apps, &made.id).await, State::MoveRequested);
    gateway.pass(Duration::from_hours(23));
    look(&apps).await;
    assert_eq!(gateway.texts().await.len(), 1, "nobody is reminded of a time that doesn't suit");
    let moved = apps.appointments.move_to(SHOP, &made.id, "2027-01-17T08:00".parse().unwrap()).await.unwrap();
    assert_eq!(moved.state, State::Scheduled);
    gateway.pass(Duration::from_hours(1));
    look(&apps).await;
    assert_eq!(gateway.texts().await[1..], ["See you on Sunday at 08:00"]);
    apps.appointments.cancel(SHOP, &made.id).await.unwrap();
    gateway.pass(Duration::from_hours(23));
    look(&apps).await;
    assert_eq!(gateway.texts().await.len(), 2);
    assert!(apps.appointments.show(AccountId(1), &made.id).await.unwrap().is_none());
}

#[tokio::test]
async fn appointments_of_a_state_are_listed_page_by_page() {
    let (gateway, apps) = Gateway::new().await;
    let shop = gateway.account(SHOP);
    let mut made = Vec::new();
    for day in 18..24 {
        gateway.pass(Duration::from_millis(1));
        made.push(apps.appointments.make(&shop, request(&format!("2027-01-{day}T14:30"))).await.unwrap().id);
    }
    for id in [&made[1], &made[4]] {
        apps.appointments.cancel(SHOP, id).await.unwrap();
    }
    let listed = async |state, after: Option<&str>, most| {
        let found = apps.appointments.list(SHOP, state, after.map(Into::into), most).await.unwrap();
        found.into_iter().map(|it| it.id).collect::<Vec<_>>()
    };
    let expected = |places: &[usize]| places.iter().map(|place| made[*place].clone()).collect::<Vec<_>>();
    assert_eq!(listed(None, None, 9).await, expected(&[5, 4, 3, 2, 1, 0]));
    let waiting = Some(State::Scheduled);
    assert_eq!(listed(waiting, None, 3).await, expected(&[5, 3, 2]));
    assert_eq!(listed(waiting, Some(&made[2]), 3).await, expected(&[0]));
    assert_eq!(listed(Some(State::Canceled), None, 9).await, expected(&[4, 1]));
    assert_eq!(listed(Some(State::Confirmed), None, 9).await, expected(&[]));
    apps.appointments.move_to(SHOP, &made[1], "2027-01-25T08:00".parse().unwrap()).await.unwrap();
    assert_eq!(listed(Some(State::Canceled), None, 9).await, expected(&[4]));
}

#[tokio::test]
async fn mistakes_name_their_field() {
    let (gateway, apps) = Gateway::new().await;
    let shop = gateway.account(SHOP);
    let good = || request("2027-01-18T14:30");
    for (wrong, field) in [
        (Request { at: "2027-01-15T07:59".parse().unwrap(), ..good() }, "at"),
        (Request { zone: Some("Europe/Nowhere".into()), ..good() }, "zone"),
        (Request { to: "+15005550006".into(), ..good() }, "zone"),
        (Request { remind: Vec::new(), ..good() }, "remind"),
        (Request { text: "{{ name }}".into(), ..good() }, "text"),
        (Request { text: " ".into(), ..good() }, "text"),
        (Request { from: Some("a name that is far too long".into()), ..good() }, "from"),
    ] {
        match apps.appointments.make(&shop, wrong).await {
            Err(NotMade::Wrong(found, _)) => assert_eq!(found, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    let wrong = Request { to: "nobody".into(), ..good() };
    assert!(matches!(apps.appointments.make(&shop, wrong).await, Err(NotMade::Number(_))));
}
