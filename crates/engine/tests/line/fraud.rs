//! What rules against fraud hold, on a real store.

use crate::house::*;
use postrider_core::account::Account;
use postrider_core::contract::{
    Accepted, Action, Archive, BULK_MAX, Bulk, BulkDone, Cancel, Filter, Intake, Prepared,
};
use postrider_core::delivery::State;
use postrider_core::fraud::{FraudRule, Velocity};
use postrider_core::id::MessageId;
use postrider_core::message::Class;
use postrider_core::policy::Policy;
use postrider_core::principal::Viewer;
use postrider_core::selector::Selector;
use postrider_core::submission::{Refusal, Submission};
use std::sync::Arc;
use std::time::Duration;

fn watched(rule: FraudRule) -> Account {
    let rule =
        FraudRule { rule: "policies.otp.fraud".into(), key: 7, classes: [false, true, false, false], ..rule };
    Account { policy: Policy { fraud: vec![Arc::new(rule)], ..Policy::default() }, ..account() }
}

fn code(to: u64) -> Submission {
    Submission { to: format!("+{to}"), class: Some(Class::Otp), ..text("Your code is 123456") }
}

/// Accepts a code for each of these numbers, and returns them.
async fn accept(house: &House, account: &Account, to: impl IntoIterator<Item = u64>) -> Vec<Prepared> {
    let submissions = to.into_iter().map(code).collect();
    let prepared = house.engine.prepare(account, submissions).await.unwrap();
    let prepared: Vec<Prepared> = prepared.into_iter().collect::<Result<_, _>>().unwrap();
    assert_eq!(house.engine.commit(prepared.clone(), None).await.unwrap(), Accepted::ALL);
    prepared
}

fn held(prepared: &[Prepared]) -> Vec<MessageId> {
    prepared.iter().filter(|it| it.message.hold.is_some()).map(|it| it.message.id).collect()
}

async fn act(house: &House, action: Action, selector: Selector) -> BulkDone {
    let filter = Filter::all(Viewer::Everything, 100);
    let reason = Some("they are ours (root)".into());
    house.engine.act(Bulk { filter, selector, action, reason, dry_run: false, most: BULK_MAX }).await.unwrap()
}

const SEQUENCE: Option<Velocity> = Some(Velocity { most: 3, per: Duration::from_secs(600) });

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_says_why_and_stays_until_it_is_released() {
    let house = House::open().await;
    house.up(FIRST);
    let account = watched(FraudRule { sequence: SEQUENCE, ..FraudRule::default() });
    let prepared = accept(&house, &account, 447_700_900_100..447_700_900_106).await;
    let held = held(&prepared);
    assert_eq!(held, [3, 4, 5].map(|place: usize| prepared[place].message.id));
    let history = house.engine.history(OWN, held[0]).await.unwrap().unwrap();
    let (_, remark) = &history.remarks[0];
    assert!(remark.starts_with("fraud_suspected: policies.otp.fraud.sequence: 4 numbers in 10m"), "{remark}");
    assert_eq!(history.queued, Some((history.message.expires, 0)));
    let by = |rule: &str| Filter { held_by: Some(rule.into()), ..Filter::all(OWN, 10) };
    assert_eq!(house.engine.list(by("policies.otp")).await.unwrap().entries.len(), 3);

    // Nothing else lets it go.
    assert_eq!(
        act(&house, Action::RetryNow, Selector::default()).await.selected,
        3,
        "those that aren't held"
    );
    assert_eq!(act(&house, Action::Move(SECOND), one(held[0])).await.done, 1);
    let moved = house.engine.history(OWN, held[0]).await.unwrap().unwrap();
    assert_eq!(moved.queued.map(|(due, _)| due), Some(moved.message.expires));

    assert_eq!(act(&house, Action::Release, one(held[1])).await.done, 1);
    let released = house.engine.history(OWN, held[1]).await.unwrap().unwrap();
    assert!(released.message.hold.is_none());
    assert_eq!(released.queued.map(|(due, _)| due), Some(released.message.due));
    assert_eq!(&*released.remarks.last().unwrap().1, "released: they are ours (root)");
    assert_eq!(act(&house, Action::Release, Selector::default()).await.done, 2, "and all that are left");
    assert_eq!(house.engine.list(by("")).await.unwrap().entries.len(), 0);
}

fn one(message: MessageId) -> Selector {
    Selector { messages: vec![message], ..Selector::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_ends_with_its_validity_or_is_canceled() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let account = watched(FraudRule { sequence: SEQUENCE, ..FraudRule::default() });
    let prepared = accept(&house, &account, 447_700_900_100..447_700_900_105).await;
    let held = held(&prepared);
    let sent: Vec<_> = take_many(&desk, 3).await.iter().map(|delivery| delivery.message.id).collect();
    assert!(held.iter().all(|id| !sent.contains(id)), "honest ones flow");
    assert_eq!(house.engine.cancel(OWN, held[0]).await.unwrap(), Cancel::Done);
    assert_eq!(house.end().await.0, held[0]);
    house.pass(account.default_validity);
    let (id, outcome) = tokio::select! {
        end = house.end() => end,
        () = takes_nothing(&desk) => unreachable!("it asks for ever"),
    };
    assert_eq!((id, outcome.state), (held[1], State::Expired));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn explaining_counts_nothing() {
    let house = House::open().await;
    let account = watched(FraudRule { sequence: SEQUENCE, ..FraudRule::default() });
    for _ in 0..10 {
        let explained = house.engine.explain(&account, code(447_700_900_100)).await.unwrap();
        assert!(explained.trace.held.is_none());
    }
    accept(&house, &account, 447_700_900_100..447_700_900_103).await;
    let explained = house.engine.explain(&account, code(447_700_900_103)).await.unwrap();
    assert_eq!(explained.trace.held.unwrap().cause().code.word(), "fraud_suspected");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_refuses_refuses_for_as_long_as_the_attack_goes_on() {
    let house = House::open().await;
    house.up(FIRST);
    let per_range = Some(Velocity { most: 3, per: Duration::from_secs(600) });
    let account = watched(FraudRule { per_range, refuses: true, ..FraudRule::default() });
    let submissions = |count: u64| (0..count).map(|n| code(447_700_900_100 + 7 * n)).collect();
    let prepared = house.engine.prepare(&account, submissions(8)).await.unwrap();
    assert!(prepared[..3].iter().all(Result::is_ok));
    for refused in &prepared[3..] {
        let Err(Refusal::FraudSuspected(suspicion)) = refused else { panic!("{refused:?}") };
        assert_eq!(&*suspicion.rule, "policies.otp.fraud.per_range");
    }
    let explained = house.engine.explain(&account, code(447_700_900_500)).await.unwrap();
    assert_eq!(explained.decided.unwrap_err().code(), "fraud_suspected");
    house.pass(Duration::from_secs(300));
    let later = house.engine.prepare(&account, submissions(1)).await.unwrap();
    assert!(later[0].is_err(), "what was refused counts, and fades");
    house.pass(Duration::from_secs(1_200));
    assert!(house.engine.prepare(&account, submissions(1)).await.unwrap()[0].is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_refuses_goes_before_one_that_holds() {
    let house = House::open().await;
    house.up(FIRST);
    let holding = watched(FraudRule { sequence: SEQUENCE, ..FraudRule::default() });
    let mut account = watched(FraudRule { sequence: SEQUENCE, refuses: true, ..FraudRule::default() });
    account.policy.fraud.insert(0, Arc::clone(&holding.policy.fraud[0]));
    let submissions = (0..4).map(|n| code(447_700_900_100 + n)).collect();
    let prepared = house.engine.prepare(&account, submissions).await.unwrap();
    assert!(matches!(prepared[3], Err(Refusal::FraudSuspected(_))), "{:?}", prepared[3]);
}
