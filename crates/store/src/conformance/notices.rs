//! Telling clients how their messages ended.

use super::Place;
use super::samples::{BANK, NOW, SHOP, accept_owned, after, ended, id, message, outcome, record};
use postrider_core::account::AccountId;
use postrider_core::contract::{Due, Store, Told};
use postrider_core::delivery::State;
use postrider_core::message::{Message, Via};
use postrider_core::notice::{Attempt, Lane, Notice, NoticeId, What};
use postrider_core::principal::Viewer;
use std::sync::Arc;

/// Messages that ended and are to be told.
async fn told_of(store: &dyn Store, messages: impl IntoIterator<Item = Message>) {
    let messages: Vec<_> = messages.into_iter().collect();
    accept_owned(store, messages.clone()).await;
    record(store, messages.iter().map(|message| ended(message, State::Delivered))).await;
}

/// Leases what is due, and returns it.
async fn due(store: &dyn Store, lane: Lane) -> Vec<NoticeId> {
    let leased = lease(store, lane, 100).await;
    store.release_notices(lane, leased.clone()).await.expect("released");
    leased
}

async fn lease(store: &dyn Store, lane: Lane, most: usize) -> Vec<NoticeId> {
    let due = store.lease_notices(lane, most, after(2)).await.expect("leased");
    assert!(due.notices.iter().all(|notice| notice.owned));
    due.notices.iter().map(|notice| notice.id).collect()
}

/// The notice of the end of message `n`.
fn notice(n: u64) -> NoticeId {
    id(n).into()
}

fn of_sessions(n: u64, account: AccountId) -> Message {
    Message { account, via: Via::Session, ..message(n) }
}

/// It holds the message and its outcome.
pub async fn a_notice_says_what_the_outcome_said(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1)]).await;
    record(&*store, [ended(&message(1), State::Undelivered)]).await;
    let notice = Notice {
        id: id(1).into(),
        lane: Lane::Webhooks,
        what: What::Ended { message: Arc::new(message(1)), outcome: outcome(State::Undelivered) },
        failed: 0,
        due: after(2),
        owned: true,
    };
    assert_eq!(store.lease_notices(Lane::Webhooks, 10, after(2)).await.expect("leased").notices, [notice]);
}

/// An account's sessions hear of its messages that are told by session.
pub async fn sessions_get_their_own_account_only(place: &impl Place) {
    let store = place.open().await;
    told_of(&*store, [of_sessions(1, SHOP), of_sessions(2, BANK), message(3), of_sessions(4, SHOP)]).await;
    assert_eq!(due(&*store, Lane::Sessions(SHOP)).await, [notice(1), notice(4)]);
    assert_eq!(due(&*store, Lane::Sessions(BANK)).await, [notice(2)]);
    assert_eq!(due(&*store, Lane::Sessions(AccountId(0))).await, []);
}

/// Webhooks are told from one list.
pub async fn webhooks_are_told_of_all_accounts(place: &impl Place) {
    let store = place.open().await;
    told_of(&*store, [message(1), of_sessions(2, BANK), Message { account: BANK, ..message(3) }]).await;
    assert_eq!(due(&*store, Lane::Webhooks).await, [notice(1), notice(3)]);
}

/// Nothing is told before its time, which whoever asks too early learns.
pub async fn what_is_not_due_is_not_told(place: &impl Place) {
    let store = place.open().await;
    told_of(&*store, [message(1)]).await;
    let early = store.lease_notices(Lane::Webhooks, 10, after(1)).await.expect("leased");
    assert_eq!(early, Due { notices: vec![], next: Some(after(2)) });
    assert_eq!(due(&*store, Lane::Webhooks).await, [notice(1)]);
}

/// What somebody tells is given to nobody else, until it is returned.
pub async fn a_notice_is_given_out_once(place: &impl Place) {
    let store = place.open().await;
    told_of(&*store, (1..=5).map(message)).await;
    assert_eq!(lease(&*store, Lane::Webhooks, 2).await, [notice(1), notice(2)]);
    assert_eq!(lease(&*store, Lane::Webhooks, 2).await, [notice(3), notice(4)]);
    store.release_notices(Lane::Webhooks, vec![notice(2), notice(9)]).await.expect("released");
    assert_eq!(lease(&*store, Lane::Webhooks, 9).await, [notice(2), notice(5)]);
    assert_eq!(store.lease_notices(Lane::Webhooks, 9, after(2)).await.expect("leased"), Due::default());
}

/// What is told at once is leased by nobody.
pub async fn an_owned_notice_is_nobody_elses(place: &impl Place) {
    let store = place.open().await;
    accept_owned(&*store, [message(1)]).await;
    let mut end = ended(&message(1), State::Delivered);
    end.notice.as_mut().expect("a notice").owned = true;
    record(&*store, [end]).await;
    assert_eq!(store.lease_notices(Lane::Webhooks, 9, after(2)).await.expect("leased"), Due::default());
    store.release_notices(Lane::Webhooks, vec![notice(1)]).await.expect("released");
    assert_eq!(lease(&*store, Lane::Webhooks, 9).await, [notice(1)]);
}

/// What a process that died, or closed the store, had in its hands is told by the next.
pub async fn notices_survive_who_had_them_in_hand(place: &impl Place) {
    let store = place.open().await;
    told_of(&*store, [message(1), of_sessions(2, SHOP)]).await;
    assert_eq!(lease(&*store, Lane::Webhooks, 9).await, [notice(1)]);
    drop(store);
    let store = place.open().await;
    assert_eq!(lease(&*store, Lane::Webhooks, 9).await, [notice(1)]);
    assert_eq!(lease(&*store, Lane::Sessions(SHOP), 9).await, [notice(2)]);
    store.close().await;
    drop(store);
    let store = place.open().await;
    assert_eq!(lease(&*store, Lane::Webhooks, 9).await, [notice(1)]);
    assert_eq!(lease(&*store, Lane::Sessions(SHOP), 9).await, [notice(2)]);
}

fn told(n: u64) -> Told {
    Told { notice: id(n).into(), again: None, failed: 0, attempt: None }
}

/// What was told is not told again, by whichever way it went.
pub async fn what_was_told_is_gone(place: &impl Place) {
    let store = place.open().await;
    told_of(&*store, [message(1), message(2), of_sessions(3, SHOP), of_sessions(4, SHOP)]).await;
    store.told(Lane::Webhooks, vec![told(2), told(9)]).await.expect("recorded");
    store.told(Lane::Sessions(SHOP), vec![told(3)]).await.expect("recorded");
    assert_eq!(due(&*store, Lane::Webhooks).await, [notice(1)]);
    assert_eq!(due(&*store, Lane::Sessions(SHOP)).await, [notice(4)]);
}

/// What could not be told is told later, and the timeline says why.
pub async fn what_failed_is_told_again(place: &impl Place) {
    let store = place.open().await;
    told_of(&*store, [message(1), message(2)]).await;
    let attempt = Attempt { at: NOW, result: "503 in 31 ms".into() };
    let again = Told { again: Some(after(60)), failed: 3, attempt: Some(attempt.clone()), ..told(1) };
    store.told(Lane::Webhooks, vec![again]).await.expect("recorded");
    assert_eq!(due(&*store, Lane::Webhooks).await, [notice(2)]);
    let later = store.lease_notices(Lane::Webhooks, 10, after(60)).await.expect("leased").notices;
    assert_eq!((later.len(), later[1].failed, later[1].due), (2, 3, after(60)));
    let history = store.history(Viewer::Everything, id(1)).await.expect("read").expect("known");
    assert_eq!(history.attempts, [attempt]);
}
