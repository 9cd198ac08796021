//! Telling clients how their messages ended.

use super::Place;
use super::samples::{BANK, NOW, SHOP, accept_owned, after, ended, id, message, outcome, record};
use postrider_core::account::AccountId;
use postrider_core::contract::{Store, Told};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::message::{Message, Via};
use postrider_core::notice::{Attempt, Notice};
use std::sync::Arc;

/// Messages that ended and are to be told.
async fn told_of(store: &dyn Store, messages: impl IntoIterator<Item = Message>) {
    let messages: Vec<_> = messages.into_iter().collect();
    accept_owned(store, messages.clone()).await;
    record(store, messages.iter().map(|message| ended(message, State::Delivered))).await;
}

async fn due(store: &dyn Store, sessions_of: Option<AccountId>) -> Vec<MessageId> {
    let notices = store.notices(sessions_of, None, 100, after(2)).await.expect("read");
    notices.iter().map(|notice| notice.message.id).collect()
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
        message: Arc::new(message(1)),
        outcome: outcome(State::Undelivered),
        failed: 0,
        due: after(2),
    };
    assert_eq!(store.notices(None, None, 10, after(2)).await.expect("read"), [notice]);
}

/// An account's sessions hear of its messages that are told by session.
pub async fn sessions_get_their_own_account_only(place: &impl Place) {
    let store = place.open().await;
    told_of(&*store, [of_sessions(1, SHOP), of_sessions(2, BANK), message(3), of_sessions(4, SHOP)]).await;
    assert_eq!(due(&*store, Some(SHOP)).await, [id(1), id(4)]);
    assert_eq!(due(&*store, Some(BANK)).await, [id(2)]);
    assert_eq!(due(&*store, Some(AccountId(0))).await, []);
}

/// Webhooks are told from one list.
pub async fn webhooks_are_told_of_all_accounts(place: &impl Place) {
    let store = place.open().await;
    told_of(&*store, [message(1), of_sessions(2, BANK), Message { account: BANK, ..message(3) }]).await;
    assert_eq!(due(&*store, None).await, [id(1), id(3)]);
}

/// Nothing is told before its time.
pub async fn what_is_not_due_is_not_told(place: &impl Place) {
    let store = place.open().await;
    told_of(&*store, [message(1)]).await;
    assert_eq!(store.notices(None, None, 10, after(1)).await.expect("read"), []);
    assert_eq!(due(&*store, None).await, [id(1)]);
}

/// A page starts behind the one before.
pub async fn pages_follow_each_other(place: &impl Place) {
    let store = place.open().await;
    told_of(&*store, (1..=5).map(message)).await;
    let page = async |after_id| {
        let notices = store.notices(None, after_id, 2, after(2)).await.expect("read");
        notices.iter().map(|notice| notice.message.id).collect::<Vec<_>>()
    };
    assert_eq!(page(None).await, [id(1), id(2)]);
    assert_eq!(page(Some(id(2))).await, [id(3), id(4)]);
    assert_eq!(page(Some(id(4))).await, [id(5)]);
    assert_eq!(page(Some(id(5))).await, []);
}

fn told(n: u64) -> Told {
    Told { message: id(n), again: None, failed: 0, attempt: None }
}

/// What was told is not told again, by whichever way it went.
pub async fn what_was_told_is_gone(place: &impl Place) {
    let store = place.open().await;
    told_of(&*store, [message(1), message(2), of_sessions(3, SHOP), of_sessions(4, SHOP)]).await;
    store.told(None, vec![told(2), told(9)]).await.expect("recorded");
    store.told(Some(SHOP), vec![told(3)]).await.expect("recorded");
    assert_eq!(due(&*store, None).await, [id(1)]);
    assert_eq!(due(&*store, Some(SHOP)).await, [id(4)]);
}

/// What could not be told is told later, and the timeline says why.
pub async fn what_failed_is_told_again(place: &impl Place) {
    let store = place.open().await;
    told_of(&*store, [message(1), message(2)]).await;
    let attempt = Attempt { at: NOW, result: "503 in 31 ms".into() };
    let again = Told { again: Some(after(60)), failed: 3, attempt: Some(attempt.clone()), ..told(1) };
    store.told(None, vec![again]).await.expect("recorded");
    assert_eq!(due(&*store, None).await, [id(2)]);
    let later = store.notices(None, None, 10, after(60)).await.expect("read");
    assert_eq!((later.len(), later[0].failed, later[0].due), (2, 3, after(60)));
    let history = store.history(None, id(1)).await.expect("read").expect("known");
    assert_eq!(history.attempts, [attempt]);
}
