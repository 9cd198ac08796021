//! Planted faults: each is seen by the checker that watches for it, and without it nothing is seen.

use crate::manners::Manners;
use crate::scenario::{Odds, Plant, Scenario, upstream};
use crate::world;
use postrider_core::account::Account;
use postrider_core::fraud::{FraudRule, Velocity};
use postrider_core::limit::Limits;
use postrider_core::route::{Route, UpstreamId};
use postrider_core::rules::Upstream;
use std::sync::Arc;
use std::time::Duration;

/// The seeds with which a planted fault is looked for, one after the other: not every run gives it an occasion.
const SEEDS: std::ops::Range<u64> = 7..27;

/// A scenario in which much happens in little time, on one upstream.
fn busy(nodes: u8) -> Scenario {
    busy_of(7, nodes)
}

fn busy_of(seed: u64, nodes: u8) -> Scenario {
    let drawn = Scenario::of(seed);
    let upstreams = vec![Upstream { rate: Some(20.0), window: 12, binds: 2, ..upstream(1) }];
    let route = |prefix: &str| Route::by_prefix(prefix, prefix, &[UpstreamId(1)]);
    Scenario {
        nodes,
        accounts: drawn.accounts.into_iter().take(2).map(without_fraud).collect(),
        upstreams,
        manners: [(UpstreamId(1), Manners::SMPP)].into(),
        routes: vec![route("44"), route("49")],
        pauses: Vec::new(),
        limits: Limits::default(),
        busy: Duration::from_mins(5),
        settling: Duration::from_hours(1),
        calm: Duration::from_secs(40),
        pause: Duration::from_secs(1),
        odds: Odds { store: 5, carrier: 40, receipt: 40, client: 20 },
        plant: None,
        ..Scenario::of(seed)
    }
}

fn without_fraud(mut account: Account) -> Account {
    account.policy.fraud.clear();
    account
}

/// The checkers that saw something.
fn seen(scenario: Scenario) -> Vec<&'static str> {
    world::run(scenario).faults.iter().map(|fault| fault.check).collect()
}

/// The same, by an upstream whose protocol is so.
fn spoken(scenario: Scenario, manners: Manners) -> Scenario {
    let mut scenario = Scenario { manners: [(UpstreamId(1), manners)].into(), ..scenario };
    scenario.upstreams.iter_mut().for_each(|upstream| manners.limit(upstream));
    scenario
}

fn is_seen_by(check: &str, nodes: u8, plant: Plant) {
    is_seen_where(check, nodes, plant, Manners::SMPP);
}

fn is_seen_where(check: &str, nodes: u8, plant: Plant, manners: Manners) {
    let mut all = Vec::new();
    for seed in SEEDS {
        all.extend(seen(spoken(Scenario { plant: Some(plant), ..busy_of(seed, nodes) }, manners)));
        if all.contains(&check) {
            return;
        }
    }
    panic!("{plant:?} with {manners:?} was seen by {all:?} only");
}

#[test]
fn nothing_is_seen_where_nothing_is_planted() {
    crate::judge(&busy(1));
    crate::judge(&busy(2));
}

#[test]
fn nothing_is_seen_with_any_protocol_where_nothing_is_planted() {
    for manners in Manners::ALL {
        crate::judge(&spoken(busy(2), manners));
    }
}

#[test]
fn answers_that_are_given_to_each_other_are_seen() {
    is_seen_where("reports", 1, Plant::SwappedAnswers, Manners::WEB);
}

#[test]
fn faults_are_seen_whatever_the_protocol() {
    for manners in [Manners::STAMPED, Manners::MODEM, Manners::WEB] {
        is_seen_where("acks", 1, Plant::LostRecord, manners);
        is_seen_where("copies", 1, Plant::ForgottenMark, manners);
    }
    is_seen_where("money", 1, Plant::LostSettlement, Manners::SILENT);
}

#[test]
fn messages_acknowledged_before_they_are_stored_are_seen() {
    is_seen_by("acks", 1, Plant::EarlyAccept);
    is_seen_by("kept", 1, Plant::EarlyAccept);
}

#[test]
fn receipts_acknowledged_and_not_kept_are_seen() {
    is_seen_by("acks", 1, Plant::LostRecord);
}

#[test]
fn a_forgotten_mark_is_seen() {
    is_seen_by("copies", 1, Plant::ForgottenMark);
}

#[test]
fn a_doubled_rate_is_seen() {
    is_seen_by("rate", 1, Plant::DoubleRate);
}

#[test]
fn a_wider_window_is_seen() {
    is_seen_by("window", 1, Plant::WideWindow);
}

#[test]
fn a_changed_outcome_is_seen() {
    is_seen_by("finals", 1, Plant::ChangedOutcome);
}

#[test]
fn a_lost_notice_is_seen() {
    is_seen_by("told", 1, Plant::LostNotice);
}

#[test]
fn a_repeated_notice_is_seen() {
    is_seen_by("told", 1, Plant::RepeatedNotice);
}

#[test]
fn a_broken_order_is_seen() {
    // Without a rate more than one message goes out at a time.
    let upstreams =
        busy(1).upstreams.into_iter().map(|upstream| Upstream { rate: None, ..upstream }).collect();
    let seen = seen(Scenario { plant: Some(Plant::Reversed), upstreams, ..busy(1) });
    assert!(seen.contains(&"order"), "{seen:?}");
}

#[test]
fn an_ignored_cancel_is_seen() {
    is_seen_by("timely", 1, Plant::IgnoredCancel);
}

#[test]
fn messages_that_are_not_paid_or_not_settled_are_seen() {
    is_seen_by("money", 1, Plant::LostSettlement);
    is_seen_by("money", 1, Plant::Unpaid);
    is_seen_by("money", 2, Plant::LostSettlement);
}

#[test]
fn a_bind_of_two_nodes_is_seen() {
    is_seen_by("binds", 2, Plant::SharedBind);
}

#[test]
fn a_lost_text_of_a_handset_is_seen() {
    is_seen_by("handsets", 1, Plant::LostText);
}

#[test]
fn a_text_of_a_handset_that_is_told_again_is_seen() {
    is_seen_by("handsets", 1, Plant::RepeatedNotice);
}

#[test]
fn an_ignored_stop_is_seen() {
    is_seen_by("stops", 1, Plant::IgnoredStop);
}

#[test]
fn held_messages_that_leave_are_seen() {
    let rule = FraudRule {
        rule: "policies.calm.fraud".into(),
        classes: [true; 4],
        per_range: Some(Velocity { most: 3, per: Duration::from_mins(10) }),
        ..FraudRule::default()
    };
    let mut scenario = busy(1);
    scenario.accounts.iter_mut().for_each(|account| account.policy.fraud = vec![Arc::new(rule.clone())]);
    crate::judge(&scenario);
    let seen = seen(Scenario { plant: Some(Plant::IgnoredHold), ..scenario });
    assert!(seen.contains(&"held"), "{seen:?}");
}
