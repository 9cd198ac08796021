//! Messages that frequency caps count, and remarks that are kept with acceptance.

use super::Place;
use super::samples::{NOW, UPSTREAM, accepting, id, message};
use postrider_core::contract::{Accept, Accepted, Beside, Store};
use postrider_core::policy::Counted;
use postrider_core::principal::Viewer;
use postrider_core::time::Time;

/// Message `n`, which caps count.
fn counting(n: u64) -> Accept {
    let remark = (n == 1).then(|| "frequency_cap: it waits".into());
    Accept {
        beside: Beside { counts: true, content: 7 * n, remark },
        ..accepting(message(n), UPSTREAM, false)
    }
}

async fn counted(store: &dyn Store, since: Time) -> Vec<Counted> {
    let mut found = store.counted(vec![message(1).to, message(2).to], since).await.expect("read");
    found.sort_by_key(|it| it.message);
    found.dedup();
    found
}

/// What counts is kept with the message, in one transaction, and what doesn't is not.
pub async fn messages_that_count_are_kept_with_them(place: &impl Place) {
    let store = place.open().await;
    let batch = vec![counting(1), counting(2), accepting(message(3), UPSTREAM, false)];
    assert_eq!(store.accept(batch, None).await.expect("accepted"), Accepted::ALL);
    let both = [1, 2].map(|n| Counted::of(&message(n), 7 * n));
    let long_ago = Time(0);
    assert_eq!(counted(&*store, long_ago).await, both);
    assert_eq!(counted(&*store, both[0].at.max(both[1].at)).await, []);
    let history = store.history(Viewer::Everything, id(1)).await.expect("read").expect("known");
    assert_eq!(history.remarks, [(message(1).created(), "frequency_cap: it waits".into())]);
}

/// What counts no more is forgotten, so many at once; what was erased of a person as well.
pub async fn messages_that_count_no_more_are_forgotten(place: &impl Place) {
    let store = place.open().await;
    let batch = vec![counting(1), counting(2)];
    assert_eq!(store.accept(batch, None).await.expect("accepted"), Accepted::ALL);
    let first = message(1).due.min(message(2).due);
    assert_eq!(store.forget_counted(first, 10).await.expect("forgotten"), 0);
    let later = message(1).due.max(message(2).due).max(NOW) + std::time::Duration::from_secs(1);
    assert_eq!(store.forget_counted(later, 1).await.expect("forgotten"), 1);
    store.erase_traces(Viewer::Everything, message(1).to).await.expect("erased");
    store.erase_traces(Viewer::Everything, message(2).to).await.expect("erased");
    assert_eq!(counted(&*store, Time(0)).await, []);
}
