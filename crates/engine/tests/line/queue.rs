//! What operators do with messages that wait, and how many of an account may.

use crate::house::*;
use postrider_core::account::Account;
use postrider_core::budget::{PartLimits, Period};
use postrider_core::cause::Code;
use postrider_core::contract::{
    Accepted, Action, Archive, BULK_MAX, Bulk, BulkDone, Filter, Intake, Live, Usage,
};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::principal::Viewer;
use postrider_core::route::{Conditions, Route, Table};
use postrider_core::rules::Rules;
use postrider_core::selector::Selector;
use postrider_core::sender::Sender;
use postrider_core::submission::{Refusal, Submission};
use std::sync::Arc;
use std::time::Duration;

async fn act(house: &House, action: Action) -> BulkDone {
    let filter = Filter::all(Viewer::Everything, 100);
    let (selector, reason) = (Selector::default(), Some("tidying (root)".into()));
    house.engine.act(Bulk { filter, selector, action, reason, dry_run: false, most: BULK_MAX }).await.unwrap()
}

async fn last_remark(house: &House, id: MessageId) -> String {
    house.engine.history(OWN, id).await.unwrap().unwrap().remarks.last().unwrap().1.to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_wait_get_another_sender() {
    let house = House::open().await;
    let id = house.submit(text("hello")).await;
    let club = Sender::parse("Club").unwrap();
    assert_eq!(act(&house, Action::SetSender(club.clone())).await.done, 1);
    assert_eq!(last_remark(&house, id).await, "sender changed: tidying (root)");
    assert_eq!(take_one(&house.up(FIRST)).await.message.from, Some(club));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scheduled_messages_go_earlier_or_later() {
    let house = House::open().await;
    let now = house.engine.now();
    let (soon, late) = (now + Duration::from_mins(1), now + Duration::from_hours(5));
    let id = house.submit(Submission { send_at: Some(now + Duration::from_hours(2)), ..text("later") }).await;
    assert_eq!(act(&house, Action::Reschedule(late)).await.done, 1);
    let history = house.engine.history(OWN, id).await.unwrap().unwrap();
    assert_eq!((history.message.due, history.queued), (late, Some((late, 0))));
    assert_eq!(history.message.expires, late + Duration::from_hours(24), "it may wait as long as before");
    assert_eq!(act(&house, Action::Reschedule(soon)).await.done, 1);
    let desk = house.up(FIRST);
    assert!(desk.take(1).is_empty());
    house.pass(Duration::from_mins(2));
    assert_eq!(take_one(&desk).await.message.id, id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_wait_go_by_the_routes_in_force() {
    let house = House::open().await;
    let id = house.submit(text("hello")).await;
    let british = Conditions { countries: vec!["GB".parse().unwrap()], ..Conditions::default() };
    let route = Route { order: 1, conditions: british, ..Route::by_prefix("british", "", &[SECOND]) };
    let (before, table) = (rules(), Table::new(vec![route]));
    let upstreams = before.upstreams().map(|upstream| (**upstream).clone()).collect();
    house.engine.apply(Arc::new(Rules::new(2, vec![account()], upstreams, table)));
    assert_eq!(act(&house, Action::Reroute).await.done, 1);
    let delivery = take_one(&house.up(SECOND)).await;
    assert_eq!((delivery.message.id, &*delivery.message.plan.route), (id, "british"));
    assert_eq!(act(&house, Action::Reroute).await.left, 1, "what is under way stays as it is");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_wait_fail_with_a_reason() {
    let house = House::open().await;
    let id = house.submit(text("hello")).await;
    assert_eq!(act(&house, Action::Fail).await.done, 1);
    let (ended, outcome) = house.end().await;
    let error = outcome.error.unwrap();
    assert_eq!((ended, outcome.state, error.code), (id, State::Failed, Code::EndedByOperator));
    assert_eq!(error.detail(), Some("tidying (root)"));
}

/// What the store knows to be used of the account's day.
async fn used(house: &House) -> u64 {
    let kept = house.store.used(vec!["quota 1 day".into()], house.engine.now()).await.unwrap();
    kept.iter().map(|used| used.count).sum()
}

async fn try_one(house: &House, account: &Account) -> Result<(), Refusal> {
    let prepared = house.engine.prepare(account, vec![text("hello")]).await.unwrap().remove(0)?;
    assert_eq!(house.engine.commit(vec![prepared], None).await.unwrap(), Accepted::ALL);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_queue_takes_messages_again_when_some_have_gone() {
    let house = House::open().await;
    let account = Account { queue_max: Some(2), ..account() };
    let known = rules();
    let upstreams = known.upstreams().map(|upstream| (**upstream).clone()).collect();
    house.engine.apply(Arc::new(Rules::new(2, vec![account.clone()], upstreams, known.table.clone())));
    assert_eq!((try_one(&house, &account).await, try_one(&house, &account).await), (Ok(()), Ok(())));
    // One that is being stored while the store counts is missing until the next count.
    let mut waiting = 2;
    while try_one(&house, &account).await == Ok(()) {
        waiting += 1;
        assert!(waiting < 5, "the queue is never full");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(try_one(&house, &account).await, Err(Refusal::QueueFull { most: 2 }));
    let desk = house.up(FIRST);
    take_many(&desk, waiting).await;
    let again = async {
        while try_one(&house, &account).await != Ok(()) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), again).await.expect("it takes messages again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_outlives_a_restart() {
    let house = House::open().await;
    let quota = PartLimits([None, None, Some(2), None]);
    let account = Account { quota, ..account() };
    let limited = || {
        let known = rules();
        let upstreams = known.upstreams().map(|upstream| (**upstream).clone()).collect();
        Arc::new(Rules::new(2, vec![account.clone()], upstreams, known.table.clone()))
    };
    house.engine.apply(limited());
    // What was used before is known within two seconds.
    let wait_until_known = async |house: &House| loop {
        match try_one(house, &account).await {
            Err(Refusal::TooFast { .. }) => tokio::time::sleep(Duration::from_millis(50)).await,
            other => return other,
        }
    };
    assert_eq!(wait_until_known(&house).await, Ok(()));
    assert_eq!(try_one(&house, &account).await, Ok(()));
    let refused = try_one(&house, &account).await;
    assert!(
        matches!(refused, Err(Refusal::QuotaReached { most: 2, period: Period::Day, .. })),
        "{refused:?}"
    );
    // It is told within two seconds.
    let told = async {
        while used(&house).await < 2 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), told).await.unwrap();
    let house = house.restart().await;
    house.engine.apply(limited());
    assert!(matches!(wait_until_known(&house).await, Err(Refusal::QuotaReached { .. })));
}
