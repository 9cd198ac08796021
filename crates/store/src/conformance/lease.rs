//! Giving out what is queued.

use super::Place;
use super::samples::{ELSEWHERE, NOW, UPSTREAM, accept, accept_by, after, id, ids, lease, lease_of, message};
use postrider_core::delivery::{Delivery, State};
use postrider_core::message::{Class, Message};
use std::sync::Arc;

/// The order is by class, by the time due, by id.
pub async fn the_most_urgent_class_goes_first_then_the_earliest_due(place: &impl Place) {
    let store = place.open().await;
    let sample = |n, class, due| Message { class, due, ..message(n) };
    accept(
        &*store,
        [
            sample(1, Class::Marketing, NOW),
            sample(2, Class::Transactional, after(2)),
            sample(3, Class::Transactional, after(1)),
            sample(4, Class::Otp, after(3)),
            sample(5, Class::Transactional, after(1)),
        ],
    )
    .await;
    let leased = lease_of(&*store, UPSTREAM, 10, after(3)).await;
    assert_eq!(ids(&leased), [id(4), id(3), id(5), id(2), id(1)]);
}

/// Nothing is given out before its time.
pub async fn what_is_not_due_waits(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [Message { due: after(60), class: Class::Otp, ..message(1) }, message(2)]).await;
    assert_eq!(ids(&lease(&*store).await), [id(2)]);
    let later = lease_of(&*store, UPSTREAM, 10, after(60)).await;
    assert_eq!(ids(&later), [id(1)]);
}

/// A leased delivery is as it was accepted, and nobody else gets it.
pub async fn what_is_leased_is_leased_once(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1)]).await;
    let leased = lease(&*store).await;
    assert_eq!(leased, [Delivery::new(Arc::new(message(1)), UPSTREAM)]);
    assert_eq!(leased[0].state, State::Queued);
    assert_eq!(lease(&*store).await, []);
}

/// No more than asked for, and only what goes that way.
pub async fn a_lease_keeps_to_its_upstream_and_its_bound(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, (1..=5).map(message)).await;
    accept_by(&*store, ELSEWHERE, false, [message(6)]).await;
    assert_eq!(ids(&lease_of(&*store, UPSTREAM, 2, NOW).await), [id(1), id(2)]);
    assert_eq!(lease_of(&*store, UPSTREAM, 0, NOW).await, []);
    assert_eq!(ids(&lease_of(&*store, ELSEWHERE, 10, NOW).await), [id(6)]);
    assert_eq!(ids(&lease(&*store).await), [id(3), id(4), id(5)]);
}

/// Those who lease at the same time share what there is.
pub async fn leases_at_once_do_not_overlap(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, (1..=40).map(message)).await;
    let (one, two, three) = tokio::join!(
        lease_of(&*store, UPSTREAM, 15, NOW),
        lease_of(&*store, UPSTREAM, 15, NOW),
        lease_of(&*store, UPSTREAM, 15, NOW)
    );
    let mut all = [one, two, three].map(|leased| ids(&leased)).concat();
    all.sort();
    assert_eq!(all, (1..=40).map(id).collect::<Vec<_>>());
}

/// What is returned unsent can't have been sent twice.
pub async fn what_is_released_comes_back_untouched(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [message(1), message(2)]).await;
    let leased = lease(&*store).await;
    store.release(vec![id(1)]).await.expect("released");
    assert_eq!(lease(&*store).await, leased[..1]);
}
