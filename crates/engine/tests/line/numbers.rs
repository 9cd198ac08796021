//! What providers and our own messages say of numbers decides about messages.

use crate::house::*;
use async_trait::async_trait;
use postrider_core::contract::{DeadDesk, Intake, NumberFacts, NumberLookup};
use postrider_core::dead::Unreached;
use postrider_core::lookup::{Assignment, LookupProvider, LookupProviders, Said};
use postrider_core::number::Number;
use postrider_core::receipt::Reported;
use postrider_core::route::{Conditions, NetworkMatch, Route, Table};
use postrider_core::rules::Rules;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A provider that knows two numbers, and answers no other.
#[derive(Default)]
struct Provider {
    asked: AtomicUsize,
}

const ASSIGNED: u64 = 447_700_900_123;
const UNASSIGNED: u64 = 447_700_900_124;
const SILENT: u64 = 447_700_900_125;

#[async_trait]
impl NumberLookup for Provider {
    async fn ask(&self, provider: &str, number: Number) -> Result<Said, String> {
        assert_eq!(provider, "hlr");
        self.asked.fetch_add(1, Ordering::Relaxed);
        match number.digits() {
            ASSIGNED => {
                Ok(Said { network: Some("23430".parse().unwrap()), assignment: Assignment::Assigned })
            }
            UNASSIGNED => Ok(Said { network: None, assignment: Assignment::Unassigned }),
            _ => std::future::pending().await,
        }
    }
}

/// A route for one network by the second upstream, and one for all others by the first.
fn rules_with_lookups(daily: Option<u64>) -> Arc<Rules> {
    let conditions = Conditions {
        networks: vec![NetworkMatch::Network("23430".parse().unwrap())],
        ..Conditions::default()
    };
    let ported = Route { order: 1, conditions, ..Route::by_prefix("ee", "", &[SECOND]) };
    let mut changed = (*rules()).clone();
    changed.generation += 1;
    changed.table = Table::new(vec![ported, Route::by_prefix("world", "", &[FIRST])]);
    changed.lookups = LookupProviders::new(vec![LookupProvider {
        name: "hlr".into(),
        enabled: true,
        countries: vec!["GB".parse().unwrap()],
        prefixes: Vec::new(),
        time_limit: Duration::from_millis(50),
        keep: Duration::from_hours(24),
        daily,
    }]);
    Arc::new(changed)
}

async fn decided(house: &House, digits: u64) -> Result<String, &'static str> {
    let explained = house.engine.explain(&account(), to_number(digits)).await.unwrap();
    explained.decided.map(|message| message.plan.route.to_string()).map_err(|refusal| refusal.code())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_look_up_goes_before_the_plan_and_is_kept() {
    let house = House::open().await;
    let provider = Arc::new(Provider::default());
    house.engine.look_up_by(Arc::clone(&provider) as _);
    house.engine.apply(rules_with_lookups(None));
    for _ in 0..2 {
        assert_eq!(decided(&house, ASSIGNED).await.as_deref(), Ok("ee"));
        assert_eq!(decided(&house, UNASSIGNED).await, Err("undeliverable_recipient"));
        assert_eq!(decided(&house, 4_915_112_345_678).await.as_deref(), Ok("world"), "nobody is asked");
    }
    assert_eq!(provider.asked.load(Ordering::Relaxed), 2);
    assert_eq!(decided(&house, SILENT).await.as_deref(), Ok("world"), "the plan decides");

    let house = house.restart().await;
    let provider = Arc::new(Provider::default());
    house.engine.look_up_by(Arc::clone(&provider) as _);
    house.engine.apply(rules_with_lookups(None));
    let known = house.engine.look_up(None, Number::from_digits(ASSIGNED).unwrap()).await.unwrap().unwrap();
    assert_eq!(known.looked_up.unwrap().said.assignment, Assignment::Assigned);
    assert_eq!(provider.asked.load(Ordering::Relaxed), 0, "it is in the store");
    house.pass(Duration::from_hours(25));
    assert_eq!(decided(&house, ASSIGNED).await.as_deref(), Ok("ee"));
    assert_eq!(provider.asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn questions_have_a_budget_and_a_provider_that_fails_is_left_alone() {
    let house = House::open().await;
    let provider = Arc::new(Provider::default());
    house.engine.look_up_by(Arc::clone(&provider) as _);
    house.engine.apply(rules_with_lookups(Some(7)));
    let asked = || provider.asked.load(Ordering::Relaxed);
    // Nothing is asked before it is known what was asked before.
    let until_known = async {
        while asked() == 0 {
            assert!(decided(&house, UNASSIGNED).await.is_ok() || asked() == 1);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), until_known).await.expect("the budget is known");
    for last in 0..9 {
        assert!(decided(&house, 447_700_901_000 + last).await.is_ok());
    }
    assert_eq!(asked(), 6, "five failures in a row are enough");
    house.pass(Duration::from_mins(1));
    for last in 0..9 {
        assert!(decided(&house, 447_700_902_000 + last).await.is_ok());
    }
    assert_eq!(asked(), 7, "the day's questions are asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_fails_for_days_is_dead_until_one_arrives() {
    let house = House::open().await;
    let desk = house.up(FIRST);
    let number = Number::from_digits(ASSIGNED).unwrap();
    for n in 0..3 {
        house.submit(to_number(ASSIGNED)).await;
        let name = format!("a{n}");
        answer(&desk, take_one(&desk).await, vec![accepted(&name)]);
        hear(&desk, vec![report(&name, Reported::Undelivered)]).await;
        let noted = async {
            let noted = |it: Unreached| it.failures > n;
            while !house.store.unreached_number(number).await.unwrap().is_some_and(noted) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), noted).await.expect("the books are kept");
        house.pass(Duration::from_hours(25));
    }
    until(&house, ASSIGNED, false).await;
    let known = house.engine.look_up(None, Number::from_digits(ASSIGNED).unwrap()).await.unwrap().unwrap();
    assert!(known.is_dead);
    let dead = house.engine.dead_numbers(None, 9).await.unwrap();
    assert_eq!(dead.iter().map(|it| (it.number, it.failures)).collect::<Vec<_>>(), [(number, 3)]);
    assert_eq!(decided(&house, UNASSIGNED).await.as_deref(), Ok("world"));
    let mut lenient = account();
    lenient.policy.refused.clear();
    let prepared = house.engine.prepare(&lenient, vec![to_number(ASSIGNED)]).await.unwrap().remove(0);
    house.engine.commit(vec![prepared.unwrap()], None).await.unwrap();
    answer(&desk, take_one(&desk).await, vec![accepted("b")]);
    hear(&desk, vec![report("b", Reported::Delivered)]).await;
    until(&house, ASSIGNED, true).await;
    assert!(!house.engine.clear(number).await.unwrap(), "one was delivered");
}

/// Waits until messages to a number are accepted, or are not.
async fn until(house: &House, digits: u64, accepted: bool) {
    let looked = async {
        while decided(house, digits).await.is_ok() != accepted {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), looked).await.expect("the books are kept");
}
