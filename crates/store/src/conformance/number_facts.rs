//! What is kept of numbers.

use super::Place;
use super::samples::{NOW, after, number};
use postrider_core::dead::{DeadRule, Reach, Unreached};
use postrider_core::lookup::{Assignment, LookedUp, Said};
use postrider_core::number::Number;
use postrider_core::time::Time;
use std::time::Duration;

const OVER: Duration = Duration::from_secs(100);
const HOLDS: Duration = Duration::from_hours(24);

fn failed(last: u64, seconds: u64) -> (Number, Time) {
    (number(447_700_900_000 + last), after(seconds))
}

/// Numbers that failed often enough, over a time, are found, until one is reached or the last failure was long ago.
pub async fn numbers_that_fail_for_days_are_found(place: &impl Place) {
    let store = place.open().await;
    let first = vec![failed(1, 0), failed(2, 0), failed(3, 0), failed(1, 50), failed(3, 10), failed(3, 20)];
    store.note_reach(Reach { reached: Vec::new(), failed: first }, Time(0)).await.expect("noted");
    let second = vec![failed(1, 100), failed(2, 200), failed(4, 200)];
    store.note_reach(Reach { reached: Vec::new(), failed: second }, Time(0)).await.expect("noted");
    store.close().await;
    let store = place.open().await;
    let found = async |failures, now| {
        let rule = DeadRule { failures, over: OVER, holds: HOLDS };
        let found = store.unreached(rule, now, None, 9).await.expect("read");
        found.iter().map(|it| it.number).collect::<Vec<_>>()
    };
    assert_eq!(found(3, NOW).await, [number(447_700_900_001)]);
    let of_two = [number(447_700_900_002), number(447_700_900_001)];
    assert_eq!(found(2, NOW).await, of_two, "the last that failed is the first");
    assert_eq!(found(2, after(100) + HOLDS).await, of_two[..1]);
    let rule = DeadRule { failures: 2, over: OVER, holds: HOLDS };
    let behind = Some((after(200), number(447_700_900_002)));
    let page = store.unreached(rule, NOW, behind, 9).await.expect("read");
    let one = Unreached { number: of_two[1], failures: 3, first: after(0), last: after(100) };
    assert_eq!(page, [one], "the next page");
    assert_eq!(store.unreached_number(of_two[1]).await.expect("read"), Some(one));
    assert_eq!(store.unreached_number(number(447_700_900_009)).await.expect("read"), None);
    let reached = vec![number(447_700_900_002), number(447_700_900_009)];
    store.note_reach(Reach { reached, failed: Vec::new() }, after(100)).await.expect("noted");
    assert_eq!(found(1, NOW).await, [number(447_700_900_001)], "others are forgotten");
}

/// The last that was looked up of a number is found, until it doesn't hold any more.
pub async fn what_was_looked_up_holds_for_a_while(place: &impl Place) {
    let store = place.open().await;
    let looked_up = |last: u64, network: Option<&str>, assignment, until| LookedUp {
        number: number(447_700_900_000 + last),
        said: Said { network: network.map(|code| code.parse().expect("a code")), assignment },
        provider: "hlr".into(),
        at: NOW,
        until: after(until),
    };
    let first = looked_up(1, Some("23410"), Assignment::Assigned, 60);
    let second = looked_up(2, None, Assignment::Unassigned, 10);
    store.keep_looked_up(vec![first.clone(), second.clone()], NOW).await.expect("kept");
    let numbers = vec![first.number, second.number, number(447_700_900_003)];
    let mut found = store.looked_up(numbers.clone(), NOW).await.expect("read");
    found.sort_by_key(|it| it.number);
    assert_eq!(found, [first.clone(), second]);
    assert_eq!(store.looked_up(numbers.clone(), after(10)).await.expect("read"), [first]);
    let other = looked_up(1, Some("310260"), Assignment::Unknown, 90);
    store.keep_looked_up(vec![other.clone()], after(10)).await.expect("kept");
    assert_eq!(store.looked_up(numbers, NOW).await.expect("read"), [other]);
}
