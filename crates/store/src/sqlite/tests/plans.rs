//! Lists walk along an index in their order, newest first: nothing is sorted, so that the first page costs as
//! little in a large log as in a small one.

use super::Directory;
use crate::sqlite::{chores, lease, list, open};
use postrider_core::account::AccountId;
use postrider_core::contract::Filter;
use postrider_core::delivery::State;
use postrider_core::principal::Viewer;
use postrider_core::route::UpstreamId;
use postrider_core::sender::Sender;
use rusqlite::params_from_iter;

/// The filter, and it with each condition that needs other tables.
fn narrowed(filter: &Filter) -> [Filter; 6] {
    [
        filter.clone(),
        Filter { upstream: Some(UpstreamId(1)), ..filter.clone() },
        Filter { carrier_reference: Some("a1".into()), ..filter.clone() },
        Filter { error: Some("012".into()), ..filter.clone() },
        Filter { sender: Some(Sender::parse("Shop").unwrap()), ..filter.clone() },
        Filter { held_by: Some("policies.otp".into()), ..filter.clone() },
    ]
}

#[tokio::test]
async fn no_list_is_sorted() {
    let directory = Directory::new();
    let _store = directory.sqlite();
    let connection = open::reading(directory.0.path(), 1).unwrap();
    for state in State::ALL.into_iter().map(Some).chain([None]) {
        for viewer in [Viewer::Everything, Viewer::Account(AccountId(1))] {
            for filter in narrowed(&Filter { state, ..Filter::all(viewer, 50) }) {
                let query = list::query(&filter);
                let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
                let steps: Vec<String> = plan
                    .query_map([0; 5], |row| row.get("detail"))
                    .unwrap()
                    .collect::<Result<_, _>>()
                    .unwrap();
                let steps = steps.join("; ");
                assert!(!steps.contains("TEMP B-TREE"), "{query}: {steps}");
                let by_account = viewer.account().is_some() && !filter.is_of_queue();
                assert_eq!(steps.contains("message_account"), by_account, "{query}: {steps}");
                assert_eq!(steps.contains("queue_held"), filter.held_by.is_some(), "{query}: {steps}");
                // Each row's look-ups enter their tables at that row.
                assert!(!steps.contains("SCAN w") && !steps.contains("SCAN p"), "{query}: {steps}");
            }
        }
    }
}

/// Each step of a lease enters the index at the rows that are wanted, and takes them in its order.
#[tokio::test]
async fn a_lease_goes_from_account_to_account() {
    let directory = Directory::new();
    let _store = directory.sqlite();
    let connection = open::reading(directory.0.path(), 1).unwrap();
    for (sql, bounds, values) in [
        (lease::NEXT_ACCOUNT.to_owned(), "(upstream=? AND class=? AND account>? AND account<?)", 4),
        (lease::OF_ACCOUNT.sql(), "(upstream=? AND class=? AND account=? AND due<?)", 5),
        (chores::BEHIND.sql(), "(upstream=? AND (class,account,due)>(?,?,?))", 6),
    ] {
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let steps: Vec<String> = plan
            .query_map(params_from_iter(vec![0; values]), |row| row.get("detail"))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let steps = steps.join("; ");
        assert!(steps.contains(bounds) && !steps.contains("TEMP B-TREE"), "{sql}: {steps}");
    }
}
