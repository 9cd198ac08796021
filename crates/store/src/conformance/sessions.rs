//! Sessions of users, one-time codes, and links by which passwords are set.

use super::Place;
use super::samples::{NOW, after};
use postrider_core::contract::EndedSessions;
use postrider_core::time::Time;
use postrider_core::user::{OverSessions, Session, SessionId, SetupLink, UserId};

/// A user.
pub(crate) const ANNA: UserId = UserId(7);
const OTTO: UserId = UserId(8);
/// Nothing is over since then.
pub(crate) const NEVER: OverSessions = OverSessions { seen: Time(0), created: Time(0) };

/// A session of a user, last used then.
pub(crate) fn session(id: u64, user: UserId, seen: Time) -> Session {
    Session {
        id: SessionId(id),
        token: [u8::try_from(id % 251).unwrap_or_default(); 32],
        user,
        created: NOW,
        seen,
        proved: NOW,
        address: "192.0.2.1".into(),
        agent: "Firefox/123.0 \u{e9}".into(),
    }
}

/// By its token, and in lists.
pub async fn a_session_reads_back_whole(place: &impl Place) {
    let store = place.open().await;
    let first = session(u64::MAX, ANNA, NOW);
    store.begin_session(first.clone(), NEVER).await.expect("begun");
    store.begin_session(session(2, OTTO, after(1)), NEVER).await.expect("begun");
    store.close().await;
    drop(store);
    let store = place.open().await;
    assert_eq!(store.session(first.token).await.expect("read"), Some(first.clone()));
    assert_eq!(store.session([9; 32]).await.expect("read"), None);
    assert_eq!(store.sessions(None, 9).await.expect("read"), [session(2, OTTO, after(1)), first.clone()]);
    assert_eq!(store.sessions(Some(ANNA), 9).await.expect("read"), [first]);
    assert_eq!(store.sessions(None, 1).await.expect("read").len(), 1);
}

/// Times of a session never go back, in whatever order nodes write them.
pub async fn the_uses_of_a_session_are_kept(place: &impl Place) {
    let store = place.open().await;
    store.begin_session(session(1, ANNA, NOW), NEVER).await.expect("begun");
    store.use_session(SessionId(1), after(60), after(30)).await.expect("noted");
    store.use_session(SessionId(1), after(50), after(40)).await.expect("noted");
    store.use_session(SessionId(2), after(70), NOW).await.expect("of nobody's session nothing is kept");
    let sessions = store.sessions(None, 9).await.expect("read");
    assert_eq!(sessions, [Session { proved: after(40), ..session(1, ANNA, after(60)) }]);
}

/// One, those of a user, those of a user but one; and those that are over, when another begins.
pub async fn sessions_end(place: &impl Place) {
    let store = place.open().await;
    let left = async || -> Vec<u64> {
        let mut left: Vec<u64> =
            store.sessions(None, 99).await.expect("read").iter().map(|session| session.id.0).collect();
        left.sort_unstable();
        left
    };
    for (id, user) in [(1, ANNA), (2, ANNA), (3, ANNA), (4, OTTO), (5, OTTO)] {
        store.begin_session(session(id, user, after(id)), NEVER).await.expect("begun");
    }
    let end = async |ended| store.end_sessions(ended).await.expect("ended");
    assert_eq!(end(EndedSessions::One(SessionId(4))).await, 1);
    assert_eq!(end(EndedSessions::One(SessionId(4))).await, 0);
    assert_eq!(end(EndedSessions::OthersOfUser(ANNA, SessionId(2))).await, 2);
    assert_eq!(left().await, [2, 5]);
    assert_eq!(end(EndedSessions::OfUser(OTTO)).await, 1);
    let over = OverSessions { seen: after(2), created: Time(0) };
    store.begin_session(session(6, OTTO, after(9)), over).await.expect("begun");
    assert_eq!(left().await, [6], "what wasn't used since is forgotten");
    let over = OverSessions { seen: Time(0), created: NOW };
    store.begin_session(session(7, OTTO, after(9)), over).await.expect("begun");
    assert_eq!(left().await, [7], "what is too old is forgotten");
}

/// Not even by another node, and none from before.
pub async fn a_code_is_taken_once(place: &impl Place) {
    let store = place.open().await;
    let take = async |user, step| store.take_code(user, step).await.expect("asked");
    assert!(take(ANNA, 100).await);
    assert!(!take(ANNA, 100).await);
    assert!(!take(ANNA, 99).await);
    assert!(take(OTTO, 100).await && take(ANNA, 101).await);
    let both = tokio::join!(store.take_code(ANNA, 102), store.take_code(ANNA, 102));
    assert_eq!([both.0.expect("asked"), both.1.expect("asked")].iter().filter(|taken| **taken).count(), 1);
}

/// With it go the user's other links.
pub async fn a_link_is_taken_once_and_in_time(place: &impl Place) {
    let store = place.open().await;
    let link = |token, user, expires| SetupLink { token: [token; 32], user, expires };
    for link in [
        link(1, Some(ANNA), after(10)),
        link(2, Some(ANNA), after(10)),
        link(3, None, after(10)),
        link(4, None, after(20)),
    ] {
        store.keep_link(link, NOW).await.expect("kept");
    }
    let look = async |token| store.link([token; 32]).await.expect("read");
    let take = async |token, now| store.take_link([token; 32], now).await.expect("asked");
    assert_eq!(look(1).await, Some(link(1, Some(ANNA), after(10))));
    assert_eq!(take(1, after(9)).await, Some(link(1, Some(ANNA), after(10))));
    assert_eq!((take(1, after(9)).await, look(2).await), (None, None));
    assert_eq!(take(3, after(10)).await, None, "it has expired");
    assert_eq!(look(3).await, Some(link(3, None, after(10))));
    store.keep_link(link(5, Some(OTTO), after(30)), after(10)).await.expect("kept");
    assert_eq!(look(3).await, None, "what has expired is forgotten");
    assert_eq!(take(4, after(19)).await, Some(link(4, None, after(20))));
    let both = tokio::join!(store.take_link([5; 32], after(19)), store.take_link([5; 32], after(19)));
    let taken = [both.0.expect("asked"), both.1.expect("asked")];
    assert_eq!(taken.iter().flatten().count(), 1);
}
