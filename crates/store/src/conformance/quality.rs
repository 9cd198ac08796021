//! What was measured of upstreams: added up whoever measured it, and forgotten in time.

use super::Place as Lies;
use super::samples::UPSTREAM;
use postrider_core::contract::Measured;
use postrider_core::quality::{Count, Place};
use postrider_core::time::Time;

const STRETCH: Time = Time(1_800_000_000_000);

fn measured(stretch: Time, place: &str, ended: u32, delivered: u32) -> Measured {
    let place: Place = place.parse().expect("a place");
    let log_ms = u64::from(delivered) * 8_000;
    let count = Count { ended, delivered, log_ms, convertible: 2 * ended, converted: 3 * delivered };
    Measured { stretch, upstream: UPSTREAM, place, count }
}

/// What is measured again of a stretch is added to what was.
pub async fn measurements_add_up(place: &impl Lies) {
    let store = place.open().await;
    let first = vec![measured(STRETCH, "23410", 5, 4), measured(STRETCH, "GB", 1, 0)];
    store.measure(first, STRETCH).await.expect("kept");
    let second = vec![measured(STRETCH, "23410", 2, 2), measured(Time(STRETCH.0 + 300_000), "23410", 1, 1)];
    store.measure(second, STRETCH).await.expect("kept");
    let all = [
        measured(STRETCH, "23410", 7, 6),
        measured(STRETCH, "GB", 1, 0),
        measured(Time(STRETCH.0 + 300_000), "23410", 1, 1),
    ];
    assert_eq!(store.measured(STRETCH).await.expect("read"), all);
    store.close().await;
    let again = place.open().await;
    assert_eq!(again.measured(Time(STRETCH.0 + 1)).await.expect("read"), all[2..], "it survives");
}

/// What is too old is forgotten when more is measured.
pub async fn old_measurements_are_forgotten(place: &impl Lies) {
    let store = place.open().await;
    store.measure(vec![measured(STRETCH, "*", 5, 4)], STRETCH).await.expect("kept");
    let later = Time(STRETCH.0 + 3_600_000);
    store.measure(vec![measured(later, "*", 1, 1)], later).await.expect("kept");
    assert_eq!(store.measured(Time(0)).await.expect("read"), [measured(later, "*", 1, 1)]);
}
