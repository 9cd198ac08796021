//! Sessions are passed on: nothing of them is sealed, since tokens are kept as hashes.

use super::Sealed;
use async_trait::async_trait;
use postrider_core::contract::{EndedSessions, Sessions, StoreError};
use postrider_core::time::Time;
use postrider_core::user::{LinkHash, OverSessions, Session, SessionId, SetupLink, TokenHash, UserId};

#[async_trait]
impl Sessions for Sealed {
    async fn begin_session(&self, session: Session, over: OverSessions) -> Result<(), StoreError> {
        self.inner.begin_session(session, over).await
    }

    async fn session(&self, token: TokenHash) -> Result<Option<Session>, StoreError> {
        self.inner.session(token).await
    }

    async fn sessions(&self, user: Option<UserId>, most: usize) -> Result<Vec<Session>, StoreError> {
        self.inner.sessions(user, most).await
    }

    async fn use_session(&self, session: SessionId, seen: Time, proved: Time) -> Result<(), StoreError> {
        self.inner.use_session(session, seen, proved).await
    }

    async fn end_sessions(&self, ended: EndedSessions) -> Result<usize, StoreError> {
        self.inner.end_sessions(ended).await
    }

    async fn take_code(&self, user: UserId, step: u64) -> Result<bool, StoreError> {
        self.inner.take_code(user, step).await
    }

    async fn keep_link(&self, link: SetupLink, now: Time) -> Result<(), StoreError> {
        self.inner.keep_link(link, now).await
    }

    async fn link(&self, token: LinkHash) -> Result<Option<SetupLink>, StoreError> {
        self.inner.link(token).await
    }

    async fn take_link(&self, token: LinkHash, now: Time) -> Result<Option<SetupLink>, StoreError> {
        self.inner.take_link(token, now).await
    }
}
