//! Lists walk along an index in their order, newest first: nothing is sorted, so that the first page costs as
//! little in a large log as in a small one.

use super::Directory;
use crate::sqlite::{list, open};
use postrider_core::account::AccountId;
use postrider_core::contract::Filter;
use postrider_core::delivery::State;
use postrider_core::principal::Viewer;

#[tokio::test]
async fn no_list_is_sorted() {
    let directory = Directory::new();
    let _store = directory.sqlite();
    let connection = open::reading(directory.0.path(), 1).unwrap();
    for state in State::ALL.into_iter().map(Some).chain([None]) {
        for viewer in [Viewer::Everything, Viewer::Account(AccountId(1))] {
            let query = list::query(&Filter { state, ..Filter::all(viewer, 50) });
            let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}")).unwrap();
            let steps: Vec<String> = plan
                .query_map([0, 0, 0], |row| row.get("detail"))
                .unwrap()
                .collect::<Result<_, _>>()
                .unwrap();
            let steps = steps.join("; ");
            assert!(!steps.contains("TEMP B-TREE"), "{query}: {steps}");
            let by_account = viewer.account().is_some() && state != Some(State::Queued);
            assert_eq!(steps.contains("message_account"), by_account, "{query}: {steps}");
        }
    }
}
