//! Giving out what is queued.

use super::Place;
use super::samples::{
    ELSEWHERE, NOW, UPSTREAM, accept, accept_by, after, change, id, ids, lease, lease_of, message, number,
    record, taken, wanted,
};
use postrider_core::account::AccountId;
use postrider_core::contract::{Scheduled, Wanted};
use postrider_core::delivery::{Change, Delivery, PartSet, Queue, State};
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

/// Message `n` of an account.
fn of(account: u32, n: u64) -> Message {
    Message { account: AccountId(account), ..message(n) }
}

/// No account waits for all that another one has queued.
pub async fn accounts_take_turns(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, (1..=9).map(|n| of(1, n))).await;
    accept(&*store, (11..=12).map(|n| of(2, n))).await;
    accept(&*store, (21..=23).map(|n| of(3, n))).await;
    let leased = store.lease(UPSTREAM, wanted(100, 3), NOW).await.expect("leased");
    let expected = [1, 2, 3, 11, 12, 21, 22, 23].map(id);
    assert_eq!((ids(&leased.deliveries), leased.next), (expected.into(), None));
    let mut more = leased.more;
    more.sort();
    assert_eq!(more, [(Class::Transactional, AccountId(1)), (Class::Transactional, AccountId(3))]);
    let leased = store.lease(UPSTREAM, wanted(100, 3), NOW).await.expect("leased");
    assert_eq!(ids(&leased.deliveries), [id(4), id(5), id(6)]);
}

/// A lease that is full says whose turn it is next; a round ends at the account where it began.
pub async fn a_lease_begins_where_the_last_one_ended(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, (1..=5).flat_map(|account| [1, 2].map(|n| of(account, u64::from(account) * 10 + n))))
        .await;
    let from = |from| Wanted { from: AccountId(from), ..wanted(3, 1) };
    let mut seen = Vec::new();
    for begin in [2, 5] {
        let leased = store.lease(UPSTREAM, from(begin), NOW).await.expect("leased");
        seen.push((ids(&leased.deliveries), leased.next));
    }
    let first = (vec![id(21), id(31), id(41)], Some(AccountId(5)));
    let second = (vec![id(51), id(11), id(22)], Some(AccountId(3)));
    assert_eq!(seen, [first, second]);
    let rest = store.lease(UPSTREAM, Wanted { most: 9, ..from(3) }, NOW).await.expect("leased");
    assert_eq!((ids(&rest.deliveries), rest.next), ([32, 42, 52, 12].map(id).into(), None));
}

/// The first due goes first, and of those due at once the first accepted, however many are taken at a time.
pub async fn an_accounts_messages_keep_their_order(place: &impl Place) {
    let store = place.open().await;
    let due = [(1, 3), (2, 1), (3, 2), (4, 1), (5, 3)];
    accept(&*store, due.map(|(n, due)| Message { due: after(due), ..message(n) })).await;
    let mut taken = Vec::new();
    for _ in 0..3 {
        let leased = store.lease(UPSTREAM, wanted(9, 2), after(3)).await.expect("leased");
        taken.extend(ids(&leased.deliveries));
    }
    assert_eq!(taken, [2, 4, 3, 1, 5].map(id));
}

/// An account is left out of the classes of which this node holds enough, and of no others.
pub async fn accounts_that_are_left_out_keep_theirs(place: &impl Place) {
    let store = place.open().await;
    accept(&*store, [of(1, 1), Message { class: Class::Otp, ..of(1, 2) }, of(2, 3)]).await;
    let except = vec![(Class::Transactional, AccountId(1)), (Class::Otp, AccountId(2))];
    let leased = store.lease(UPSTREAM, Wanted { except, ..wanted(9, 9) }, NOW).await.expect("leased");
    assert_eq!(ids(&leased.deliveries), [id(2), id(3)]);
    assert_eq!(ids(&lease(&*store).await), [id(1)]);
}

/// However many accounts have messages for later, others and less urgent classes have their turn within a few leases.
pub async fn what_is_not_due_of_many_accounts_holds_nobody_up(place: &impl Place) {
    let store = place.open().await;
    let later = |account: u32| Message { due: after(60), ..of(account, account.into()) };
    accept(&*store, (1..=300).map(later)).await;
    accept(&*store, [of(301, 301), Message { class: Class::Marketing, ..of(1, 302) }]).await;
    let first = store.lease(UPSTREAM, wanted(9, 9), NOW).await.expect("leased");
    assert_eq!(ids(&first.deliveries), [id(302)]);
    let from = first.next.expect("not all were visited");
    let second = store.lease(UPSTREAM, Wanted { from, ..wanted(9, 9) }, NOW).await.expect("leased");
    assert_eq!(ids(&second.deliveries), [id(301)]);
}

/// Of an account's messages with the same ordering key the first alone is given out, until it leaves the queue: whatever upstream it
/// goes by, and though it waits for another attempt.
pub async fn messages_with_an_ordering_key_leave_one_after_the_other(place: &impl Place) {
    let store = place.open().await;
    let keyed = |n, key: &str| Message { ordering_key: Some(key.into()), ..message(n) };
    let first = keyed(1, "a");
    accept_by(&*store, ELSEWHERE, false, [first.clone()]).await;
    let other = Message { account: AccountId(2), ..keyed(4, "a") };
    accept(&*store, [keyed(2, "a"), keyed(3, "b"), other, message(5), keyed(6, "a")]).await;
    let mut leased = ids(&lease(&*store).await);
    leased.sort();
    assert_eq!(leased, [3, 4, 5].map(id), "the first one waits at another upstream");
    assert_eq!(ids(&lease_of(&*store, ELSEWHERE, 9, NOW).await), [id(1)]);
    let retry = Queue::Put {
        upstream: UPSTREAM,
        due: after(60),
        failed: 1,
        taken: PartSet::default(),
        possible_duplicate: false,
    };
    record(&*store, [Change { queue: retry, ..change(&first) }]).await;
    assert_eq!(ids(&lease(&*store).await), []);
    assert_eq!(ids(&lease_of(&*store, UPSTREAM, 9, after(60)).await), [id(1)]);
    record(&*store, [taken(&first, "x")]).await;
    assert_eq!(ids(&lease(&*store).await), [id(2)]);
}

/// What is due later, or is canceled by a reply, is found by its account and recipient for as long as it waits.
pub async fn what_is_scheduled_is_found_by_its_recipient(place: &impl Place) {
    let store = place.open().await;
    let to = message(1).to;
    let at_once = |n| Message { to, due: message(n).created(), ..message(n) };
    let later = Message { due: after(60), ..message(1) };
    let awaiting = Message { cancel_on_reply: true, ..at_once(2) };
    let others = Message { account: AccountId(2), ..later.clone() };
    let others = Message { id: id(4), ..others };
    accept(&*store, [later.clone(), awaiting, at_once(3), others]).await;
    let found = async |account| {
        let mut found =
            store.scheduled_to(vec![(account, to), (account, number(447_700_900_099))]).await.expect("read");
        found.sort_by_key(|it| it.message);
        found
    };
    let account = later.account;
    let scheduled = |n, cancel_on_reply| Scheduled { account, to, message: id(n), cancel_on_reply };
    assert_eq!(found(account).await, [scheduled(1, false), scheduled(2, true)]);
    assert_eq!(found(AccountId(77)).await, []);
    lease_of(&*store, UPSTREAM, 9, after(60)).await;
    record(&*store, [taken(&later, "x")]).await;
    assert_eq!(found(account).await, [scheduled(2, true)], "the other one has left");
}
