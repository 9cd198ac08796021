//! What was used of limits: added up whoever used it, and forgotten in time.

use super::Place;
use super::samples::{NOW, after};
use postrider_core::contract::Used;

fn used(what: &str, start: u64, count: u64) -> Used {
    Used { what: what.into(), start: after(start), end: after(start + 60), count }
}

/// What is used again of a stretch is added to what was.
pub async fn what_was_used_adds_up(place: &impl Place) {
    let store = place.open().await;
    store
        .add_used(vec![used("acme", 0, 5), used("acme", 60, 1), used("other", 0, 9)], NOW)
        .await
        .expect("kept");
    store.add_used(vec![used("acme", 0, 2)], NOW).await.expect("kept");
    store.close().await;
    let store = place.open().await;
    let found = store.used(vec!["acme".into(), "none".into()], NOW).await.expect("read");
    assert_eq!(found, [used("acme", 0, 7), used("acme", 60, 1)], "it survives");
}

/// A stretch that is over is forgotten when more is used.
pub async fn what_was_used_long_ago_is_forgotten(place: &impl Place) {
    let store = place.open().await;
    store.add_used(vec![used("acme", 0, 5)], NOW).await.expect("kept");
    store.add_used(vec![used("acme", 0, 1), used("acme", 60, 2)], after(60)).await.expect("kept");
    let found = store.used(vec!["acme".into()], NOW).await.expect("read");
    assert_eq!(found, [used("acme", 60, 2)]);
}
