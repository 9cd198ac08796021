//! Sessions of users, as the store keeps them.

use super::StoreError;
use crate::time::Time;
use crate::user::{LinkHash, OverSessions, Session, SessionId, SetupLink, TokenHash, UserId};
use async_trait::async_trait;

/// Sessions that are to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedSessions {
    /// This one.
    One(SessionId),
    /// All of a user.
    OfUser(UserId),
    /// All of a user but this one.
    OthersOfUser(UserId, SessionId),
}

/// Sessions of users, one-time codes that were used, and links by which passwords are set. There is one list for all nodes of a
/// store.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Begins a session, and forgets those that are over.
    async fn begin_session(&self, session: Session, over: OverSessions) -> Result<(), StoreError>;

    /// The session with this token, over or not.
    async fn session(&self, token: TokenHash) -> Result<Option<Session>, StoreError>;

    /// Sessions of one user or of all, the one that was used last first; at most so many.
    async fn sessions(&self, user: Option<UserId>, most: usize) -> Result<Vec<Session>, StoreError>;

    /// Notes when a session was used, and when its user proved last who they are. Neither time goes back.
    async fn use_session(&self, session: SessionId, seen: Time, proved: Time) -> Result<(), StoreError>;

    /// Ends sessions; returns how many.
    async fn end_sessions(&self, ended: EndedSessions) -> Result<usize, StoreError>;

    /// Takes the one-time code of this step of time. `false` if it, or a later one of the user, was taken before.
    async fn take_code(&self, user: UserId, step: u64) -> Result<bool, StoreError>;

    /// Keeps a link, and forgets those that have expired.
    async fn keep_link(&self, link: SetupLink, now: Time) -> Result<(), StoreError>;

    /// The link with this token, expired or not.
    async fn link(&self, token: LinkHash) -> Result<Option<SetupLink>, StoreError>;

    /// Takes the link with this token away, and all others of its user, if it hasn't expired. Of several who take it at once one
    /// gets it.
    async fn take_link(&self, token: LinkHash, now: Time) -> Result<Option<SetupLink>, StoreError>;
}
