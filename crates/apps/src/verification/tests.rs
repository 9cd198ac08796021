//! Verifications against a store in memory and an intake that keeps what it is given.

use super::*;
use crate::Apps;
use crate::testing::Gateway;
use postrider_core::account::{Account, AccountId};
use postrider_core::message::{Body, Class, Via};
use postrider_core::policy::CodeLimits;
use postrider_core::route::UpstreamId;
use std::time::Duration;

const ACCOUNT: AccountId = AccountId(1);
const OTHER: AccountId = AccountId(2);
const FIRST: UpstreamId = UpstreamId(3);
const SECOND: UpstreamId = UpstreamId(4);
const TO: &str = "+447700900123";

fn request() -> StartRequest {
    StartRequest { to: TO.into(), ..StartRequest::default() }
}

/// The code in a text.
fn code(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// A code that is none of these.
fn wrong(right: &str) -> String {
    right.chars().map(|digit| if digit == '9' { '0' } else { '9' }).collect()
}

async fn start(gateway: &Gateway, apps: &Apps, request: &StartRequest) -> Result<Started, NotStarted> {
    apps.verifications.start(&gateway.account(ACCOUNT), request).await
}

async fn check(apps: &Apps, id: &str, code: &str) -> Result<Checked, NotChecked> {
    apps.verifications.check(ACCOUNT, id, code).await
}

fn held(result: Result<Started, NotStarted>) -> &'static str {
    match result {
        Err(NotStarted::Held(held)) => held.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_code_is_sent_and_checked_once() {
    let (gateway, apps) = Gateway::new().await;
    let started = start(&gateway, &apps, &request()).await.unwrap();
    assert!(started.is_sent);
    let messages = gateway.messages().await;
    let [message] = &*messages else { panic!("one message") };
    assert_eq!((message.class, message.via), (Class::Otp, Via::Verification));
    assert_eq!(message.expires.since(message.due), VALID_DEFAULT);
    let code = code(&gateway.texts().await[0]);
    let id = &started.verification.id;
    assert_eq!(message.metadata.as_deref(), Some(&*format!(r#"{{"verification":"{id}"}}"#)));
    let first = check(&apps, id, &wrong(&code)).await.unwrap();
    assert_eq!((first.is_right, first.verification.status(gateway.now())), (false, Status::Pending));
    let second = check(&apps, id, &code).await.unwrap();
    assert_eq!((second.is_right, second.verification.status(gateway.now())), (true, Status::Approved));
    assert!(matches!(check(&apps, id, &code).await, Err(NotChecked::Missing)));
    assert!(apps.verifications.show(ACCOUNT, id).await.unwrap().is_some());
    assert!(apps.verifications.show(OTHER, id).await.unwrap().is_none());
    assert!(matches!(apps.verifications.check(OTHER, id, &code).await, Err(NotChecked::Missing)));
}

#[tokio::test]
async fn a_repetition_sends_nothing_and_later_the_same_code_by_another_upstream() {
    let (gateway, apps) = Gateway::new().await;
    let first = start(&gateway, &apps, &request()).await.unwrap();
    let again = start(&gateway, &apps, &request()).await.unwrap();
    assert_eq!((&again.verification, again.is_sent), (&first.verification, false));
    gateway.pass(Duration::from_secs(30));
    let later = start(&gateway, &apps, &request()).await.unwrap();
    assert_eq!((&later.verification.id, later.is_sent), (&first.verification.id, true));
    let texts = gateway.texts().await;
    assert_eq!((texts.len(), &texts[0]), (2, &texts[1]));
    assert_eq!(gateway.ways().await, [FIRST, SECOND]);
    let other = StartRequest { purpose: "pay".into(), ..request() };
    assert_ne!(start(&gateway, &apps, &other).await.unwrap().verification.id, first.verification.id);
    assert_ne!(gateway.texts().await[2], texts[0]);
}

#[tokio::test]
async fn wrong_codes_lock_a_verification_and_its_number() {
    let (gateway, apps) = Gateway::new().await;
    for round in 0..2 {
        let started = start(&gateway, &apps, &request()).await.unwrap();
        let (id, right) = (started.verification.id, code(&gateway.texts().await.pop().unwrap()));
        for _ in 0..CHECKS_MAX {
            assert!(!check(&apps, &id, &wrong(&right)).await.unwrap().is_right);
        }
        match check(&apps, &id, &right).await {
            Err(NotChecked::Held(held)) => assert_eq!(held.code, "max_checks_reached"),
            other => panic!("{round}: {other:?}"),
        }
        assert_eq!(held(start(&gateway, &apps, &request()).await), "max_checks_reached");
        gateway.pass(VALID_DEFAULT);
    }
    let started = start(&gateway, &apps, &request()).await.unwrap();
    let right = code(&gateway.texts().await.pop().unwrap());
    match check(&apps, &started.verification.id, &right).await {
        Err(NotChecked::Held(held)) => assert_eq!(held.code, "too_many_wrong_codes"),
        other => panic!("{other:?}"),
    }
}

/// Guesses at once count as guesses one after another do.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_are_all_counted() {
    let (gateway, apps) = Gateway::new().await;
    let apps = std::sync::Arc::new(apps);
    let started = start(&gateway, &apps, &request()).await.unwrap();
    let (id, guess) = (started.verification.id, wrong(&code(&gateway.texts().await[0])));
    let guesses = (0..15).map(|_| {
        let (apps, id, guess) = (std::sync::Arc::clone(&apps), id.clone(), guess.clone());
        tokio::spawn(async move { check(&apps, &id, &guess).await.is_ok() })
    });
    let mut answered = 0;
    for guess in guesses.collect::<Vec<_>>() {
        answered += usize::from(guess.await.unwrap());
    }
    assert!(answered <= CHECKS_MAX.into(), "{answered}");
    assert!(apps.verifications.show(ACCOUNT, &id).await.unwrap().unwrap().checks <= CHECKS_MAX);
}

#[tokio::test]
async fn a_number_and_a_range_get_so_many_codes() {
    let (gateway, apps) = Gateway::new().await;
    for n in 0..10 {
        start(&gateway, &apps, &StartRequest { purpose: n.to_string().into(), ..request() }).await.unwrap();
    }
    assert_eq!(
        held(start(&gateway, &apps, &StartRequest { purpose: "x".into(), ..request() }).await),
        "number_limited"
    );
    for n in 10..100 {
        let to = format!("+4477009002{n}");
        start(&gateway, &apps, &StartRequest { to, ..request() }).await.unwrap();
    }
    let other = StartRequest { to: "+447700900999".into(), ..request() };
    assert_eq!(held(start(&gateway, &apps, &other).await), "prefix_limited");
    assert_eq!(gateway.texts().await.len(), 100);
    gateway.pass(Duration::from_secs(3_661));
    start(&gateway, &apps, &other).await.unwrap();
}

#[tokio::test]
async fn an_address_gets_so_many_codes() {
    let (gateway, apps) = Gateway::new().await;
    let from = |n: u64| StartRequest {
        to: format!("+4477{:08}", n * 10_000),
        address: Some("192.0.2.1".into()),
        ..StartRequest::default()
    };
    for n in 0..20 {
        start(&gateway, &apps, &from(n)).await.unwrap();
    }
    assert_eq!(held(start(&gateway, &apps, &from(20)).await), "address_limited");
}

#[tokio::test]
async fn a_code_without_a_receipt_is_sent_again() {
    let (gateway, apps) = Gateway::new().await;
    let resend_after = Some(Duration::from_secs(20));
    let request = StartRequest { resend_after, ..request() };
    let started = start(&gateway, &apps, &request).await.unwrap();
    gateway.pass(Duration::from_secs(19));
    apps.verifications.send_again_what_is_due().await.unwrap();
    assert_eq!(gateway.texts().await.len(), 1);
    gateway.pass(Duration::from_secs(1));
    for _ in 0..2 {
        apps.verifications.send_again_what_is_due().await.unwrap();
        assert_eq!(gateway.ways().await, [FIRST, SECOND]);
    }
    assert_eq!(apps.verifications.show(ACCOUNT, &started.verification.id).await.unwrap().unwrap().sends, 2);
    let arrived = StartRequest { purpose: "arrived".into(), ..request };
    start(&gateway, &apps, &arrived).await.unwrap();
    gateway.deliver(FIRST).await;
    gateway.pass(Duration::from_secs(20));
    apps.verifications.send_again_what_is_due().await.unwrap();
    assert_eq!(gateway.texts().await.len(), 3);
}

#[tokio::test]
async fn a_test_number_has_its_code_and_no_message() {
    let (gateway, apps) = Gateway::new().await;
    let number = postrider_core::number::Number::parse(TO).unwrap();
    assert!(!apps.verifications.set_test_number(ACCOUNT, number, Some("4711")).await.unwrap());
    for _ in 0..30 {
        let started = start(&gateway, &apps, &request()).await.unwrap();
        assert!(started.verification.is_test);
        assert!(!check(&apps, &started.verification.id, "4712").await.is_ok_and(|it| it.is_right));
        apps.verifications.cancel(ACCOUNT, &started.verification.id).await.unwrap();
        gateway.pass(Duration::from_hours(1));
    }
    let started = start(&gateway, &apps, &request()).await.unwrap();
    assert!(check(&apps, &started.verification.id, "4711").await.unwrap().is_right);
    assert_eq!(
        (gateway.texts().await.len(), apps.verifications.test_numbers(ACCOUNT).await.unwrap().len()),
        (0, 1)
    );
    assert!(apps.verifications.set_test_number(ACCOUNT, number, None).await.unwrap());
    assert!(!start(&gateway, &apps, &request()).await.unwrap().verification.is_test);
}

#[tokio::test]
async fn a_start_that_is_not_stored_can_be_repeated_at_once() {
    let (gateway, apps) = Gateway::new().await;
    gateway.fail(1);
    assert!(matches!(start(&gateway, &apps, &request()).await, Err(NotStarted::Busy(_))));
    let started = start(&gateway, &apps, &request()).await.unwrap();
    assert_eq!((started.is_sent, started.verification.sends), (true, 1));
}

#[tokio::test]
async fn what_is_canceled_or_expired_is_checked_no_more() {
    let (gateway, apps) = Gateway::new().await;
    let started = start(&gateway, &apps, &request()).await.unwrap();
    let (id, right) = (started.verification.id, code(&gateway.texts().await[0]));
    apps.verifications.cancel(ACCOUNT, &id).await.unwrap();
    assert!(matches!(check(&apps, &id, &right).await, Err(NotChecked::Missing)));
    assert!(matches!(apps.verifications.cancel(ACCOUNT, &id).await, Err(NotChecked::Missing)));
    gateway.pass(Duration::from_millis(1));
    let started = start(&gateway, &apps, &request()).await.unwrap();
    let right = code(&gateway.texts().await[1]);
    gateway.pass(VALID_DEFAULT);
    assert!(matches!(check(&apps, &started.verification.id, &right).await, Err(NotChecked::Missing)));
    let listed = apps.verifications.list(ACCOUNT, None, None, 9).await.unwrap();
    let states: Vec<Status> = listed.iter().map(|it| it.status(gateway.now())).collect();
    assert_eq!(states, [Status::Expired, Status::Canceled]);
    gateway.pass(Duration::from_millis(1));
    start(&gateway, &apps, &request()).await.unwrap();
    for status in Status::ALL {
        let listed = apps.verifications.list(ACCOUNT, Some(status), None, 9).await.unwrap();
        let states: Vec<Status> = listed.iter().map(|it| it.status(gateway.now())).collect();
        let is_there = [Status::Pending, Status::Expired, Status::Canceled].contains(&status);
        assert_eq!(states, vec![status; usize::from(is_there)], "{status:?}");
    }
}

#[tokio::test]
async fn nobody_but_the_recipient_sees_the_code() {
    let (gateway, apps) = Gateway::new().await;
    let started = start(&gateway, &apps, &request()).await.unwrap();
    let code = code(&gateway.texts().await[0]);
    let message = std::sync::Arc::clone(&gateway.messages().await[0]);
    assert_ne!(message.body, Body::Redacted);
    let stored = gateway.stored().await;
    assert!(!stored.is_empty() && !stored.contains(&code) && !format!("{started:?}").contains(&code));
    assert_eq!(gateway.history(message.id).await.message.body, Body::Redacted);
}

#[tokio::test]
async fn limits_of_sending_are_the_accounts_own() {
    type Set = fn(&mut CodeLimits);
    let cases: [(Set, &str, &str); 6] = [
        (|codes| codes.number_hour = 1, TO, "number_limited"),
        (|codes| codes.number_day = 1, TO, "number_limited"),
        (|codes| codes.prefix_hour = 1, "+447700900999", "prefix_limited"),
        (|codes| codes.address_hour = 1, "+447700500999", "address_limited"),
        (|codes| codes.network_hour = 1, "+447700500999", "network_limited"),
        (|codes| codes.account_ten_minutes = 1, "+447700500999", "account_limited"),
    ];
    for (set, other, code) in cases {
        let (gateway, apps) = Gateway::new().await;
        let mut account = Account::clone(&gateway.account(ACCOUNT));
        set(&mut account.policy.codes);
        let first = StartRequest { address: Some("192.0.2.1".into()), ..request() };
        apps.verifications.start(&account, &first).await.unwrap();
        let second = StartRequest { to: other.into(), purpose: "other".into(), ..first };
        assert_eq!(held(apps.verifications.start(&account, &second).await), code);
        // The usual limits have room for it.
        start(&gateway, &apps, &StartRequest { address: None, ..second }).await.unwrap();
    }
}
