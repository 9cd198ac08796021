//! What accounts must keep to towards recipients, on a real store.

use crate::house::*;
use postrider_core::account::Account;
use postrider_core::consent::{Change, Kind, Scope, Source};
use postrider_core::contract::{
    Accepted, Archive, ConsentDesk, ConsentFilter, Intake, PersonPlace, PersonalData, Prepared, Store,
};
use postrider_core::message::Class;
use postrider_core::number::Number;
use postrider_core::policy::{Beyond, Cap, Policy};
use postrider_core::principal::Viewer;
use postrider_core::submission::{Refusal, Submission};
use postrider_engine::Clock;
use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);

/// An account of which a recipient gets at most one message a day.
fn capped(beyond: Beyond) -> Account {
    let cap = Cap {
        rule: "accounts.shop.policy.caps[0]".into(),
        most: 1,
        per: DAY,
        classes: [false, false, false, true],
        accounts: [ACCOUNT].into(),
        beyond,
    };
    Account { policy: Policy { caps: vec![cap], ..Policy::default() }, ..account() }
}

fn offer(to: &str) -> Submission {
    Submission { to: to.into(), class: Some(Class::Marketing), ..text("an offer") }
}

async fn prepare(
    house: &House,
    account: &Account,
    submissions: Vec<Submission>,
) -> Vec<Result<Prepared, Refusal>> {
    house.engine.prepare(account, submissions).await.unwrap()
}

async fn commit(house: &House, prepared: &[Result<Prepared, Refusal>]) {
    let prepared = prepared.iter().filter_map(|it| it.as_ref().ok()).cloned().collect();
    assert_eq!(house.engine.commit(prepared, None).await.unwrap(), Accepted::ALL);
}

const HANDSET: &str = "+447700900123";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_capped_message_waits_and_says_why() {
    let house = House::open().await;
    house.up(FIRST);
    let now = house.clock.now();
    let account = capped(Beyond::Hold);
    let batch = vec![offer(HANDSET), offer(HANDSET), offer("+447700900124"), offer(HANDSET)];
    let prepared = prepare(&house, &account, batch).await;
    let due: Vec<_> = prepared.iter().map(|it| it.as_ref().ok().map(|it| it.message.due)).collect();
    assert_eq!(due, [Some(now), Some(now + DAY), Some(now), None], "it would wait for longer than a day");
    commit(&house, &prepared).await;
    let held = prepared[1].as_ref().unwrap().message.id;
    let history = house.engine.history(OWN, held).await.unwrap().unwrap();
    let (at, remark) = &history.remarks[0];
    assert!(*at == now && remark.starts_with("frequency_cap: it waits until "), "{remark}");
    assert!(remark.ends_with("1 in 1d, by accounts.shop.policy.caps[0]"), "{remark}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cap_counts_over_a_restart_and_lets_go_in_time() {
    let house = House::open().await;
    house.up(FIRST);
    let account = capped(Beyond::Refuse);
    let first = prepare(&house, &account, vec![offer(HANDSET)]).await;
    commit(&house, &first).await;
    let house = house.restart().await;
    let refused = |house: &House| {
        let (house, account) = (house.engine.clone(), account.clone());
        async move {
            let prepared = house.prepare(&account, vec![offer(HANDSET)]).await.unwrap();
            prepared.into_iter().next().unwrap().err().map(|refusal| refusal.code())
        }
    };
    assert_eq!(refused(&house).await, Some("frequency_cap"));
    house.pass(DAY - Duration::from_secs(1));
    assert_eq!(refused(&house).await, Some("frequency_cap"));
    house.pass(Duration::from_secs(1));
    assert_eq!(refused(&house).await, None);
}

fn number_of(text: &str) -> Number {
    Number::parse(text).unwrap()
}

fn opt_out(house: &House, number: &str) -> Change {
    Change {
        id: house.engine.identify(),
        at: house.clock.now(),
        number: number_of(number),
        scope: Scope::opt_out(Some(ACCOUNT), None),
        holds: true,
        source: Source::Api,
        reason: Some("by telephone".into()),
        by: None,
        inbound: None,
        obtained: None,
        shown: None,
        proof: None,
    }
}

async fn refusal(house: &House, to: &str) -> Option<&'static str> {
    let prepared = prepare(house, &account(), vec![offer(to)]).await;
    prepared.into_iter().next().unwrap().err().map(|refusal| refusal.code())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erased_number_stays_opted_out_and_is_stored_nowhere() {
    let house = House::open().await;
    house.up(FIRST);
    house.engine.change(vec![opt_out(&house, HANDSET)]).await.unwrap();
    let person = number_of(HANDSET);
    let page = house.engine.export(OWN, person, PersonPlace::default()).await.unwrap();
    assert_eq!(page.consents.len(), 1);
    let mut from = Some(PersonPlace::default());
    while let Some(place) = from {
        from = house.engine.erase(OWN, person, place, false).await.unwrap().next;
    }
    assert_eq!(refusal(&house, HANDSET).await, Some("opted_out"));
    assert_eq!(refusal(&house, "+447700900124").await, None);
    let house = house.restart().await;
    house.up(FIRST);
    assert_eq!(refusal(&house, HANDSET).await, Some("opted_out"), "after a restart");
    let all = ConsentFilter { history: true, ..ConsentFilter::all(Kind::OptOut, Viewer::Everything, 9) };
    let kept = house.store.consents(all.clone()).await.unwrap();
    assert!(kept.iter().all(|kept| kept.change.number.is_pseudonym()) && kept.len() == 1, "{kept:?}");
    // Who looks for the number finds it, and can lift it.
    let found = house.engine.consents(ConsentFilter { number: Some(person), ..all }).await.unwrap();
    let lift = Change { id: house.engine.identify(), holds: false, ..found[0].change.clone() };
    assert_eq!(house.engine.change(vec![lift]).await.unwrap(), [true]);
    assert_eq!(refusal(&house, HANDSET).await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_content_is_refused_for_a_while_and_names_the_first() {
    let house = House::open().await;
    house.up(FIRST);
    let policy = Policy { duplicates: Some(Duration::from_mins(10)), ..Policy::default() };
    let account = Account { policy, ..account() };
    let other = || Submission { from: Some("Shop".into()), ..offer(HANDSET) };
    let batch = vec![offer(HANDSET), offer(HANDSET), offer("+447700900124"), other()];
    let prepared = prepare(&house, &account, batch).await;
    let first = prepared[0].as_ref().unwrap().message.id;
    assert_eq!(prepared[1].as_ref().unwrap_err(), &Refusal::Duplicate(first), "in the same batch");
    assert!(prepared[2].is_ok() && prepared[3].is_ok());
    commit(&house, &prepared).await;
    let again = || vec![offer(HANDSET), Submission { is_resent: true, ..offer(HANDSET) }];
    house.pass(Duration::from_secs(61));
    let house = house.restart().await;
    house.up(FIRST);
    let prepared = prepare(&house, &account, again()).await;
    assert_eq!(prepared[0].as_ref().unwrap_err(), &Refusal::Duplicate(first), "after a restart");
    assert!(prepared[1].is_ok(), "sent again on purpose");
    house.pass(Duration::from_mins(10));
    assert!(prepare(&house, &account, vec![offer(HANDSET)]).await[0].is_ok());
}
