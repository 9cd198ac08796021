//! Sessions of users, codes that were used, and links by which passwords are set.

use super::Postgres;
use super::errand::Errand;
use super::error::Error;
use super::link::{Link, Transaction, Value};
use super::rows::{limit, narrow, text, time};
use crate::sessions::{LINK, SESSION, ended, first_owner};
use async_trait::async_trait;
use postrider_core::contract::{EndedSessions, Sessions, StoreError};
use postrider_core::time::Time;
use postrider_core::user::{LinkHash, OverSessions, Session, SessionId, SetupLink, TokenHash, UserId};
use tokio_postgres::Row;

#[async_trait]
impl Sessions for Postgres {
    async fn begin_session(&self, session: Session, over: OverSessions) -> Result<(), StoreError> {
        self.errands.run(Beginning { session, over }).await
    }

    async fn session(&self, token: TokenHash) -> Result<Option<Session>, StoreError> {
        let token = &token;
        self.reader.read(|link| async move { of_token(&link, token).await }).await
    }

    async fn sessions(&self, user: Option<UserId>, most: usize) -> Result<Vec<Session>, StoreError> {
        self.reader.read(|link| async move { list(&link, user, most).await }).await
    }

    async fn use_session(&self, session: SessionId, seen: Time, proved: Time) -> Result<(), StoreError> {
        self.errands.run(Using { session, seen, proved }).await
    }

    async fn end_sessions(&self, ended: EndedSessions) -> Result<usize, StoreError> {
        self.errands.run(Ending(ended)).await
    }

    async fn take_code(&self, user: UserId, step: u64) -> Result<bool, StoreError> {
        self.errands.run(TakingCode { user, step }).await
    }

    async fn keep_link(&self, link: SetupLink, now: Time) -> Result<(), StoreError> {
        self.errands.run(KeepingLink { link, now }).await
    }

    async fn link(&self, token: LinkHash) -> Result<Option<SetupLink>, StoreError> {
        let token = &token;
        self.reader.read(|link| async move { find_link(&link, token).await }).await
    }

    async fn take_link(&self, token: LinkHash, now: Time) -> Result<Option<SetupLink>, StoreError> {
        self.errands.run(TakingLink { token, now }).await
    }
}

/// A session to begin.
struct Beginning {
    /// The session.
    session: Session,
    /// Those that are over.
    over: OverSessions,
}

impl Errand for Beginning {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let Self { session, over } = self;
        let forget = "DELETE FROM user_session WHERE seen <= $1 OR created <= $2";
        transaction.execute(forget, &[&over.seen.0, &over.created.0]).await?;
        let places = crate::table::places('$', 8);
        let insert = format!("INSERT INTO user_session ({SESSION}) VALUES ({places})");
        let (id, token, user) =
            (session.id.0.cast_signed(), session.token.as_slice(), i64::from(session.user.0));
        transaction
            .execute(
                &insert,
                &[
                    &id,
                    &token,
                    &user,
                    &session.created.0,
                    &session.seen.0,
                    &session.proved.0,
                    &text(&session.address),
                    &text(&session.agent),
                ],
            )
            .await?;
        Ok(())
    }
}

/// The session with this token.
async fn of_token(link: &Link, token: &TokenHash) -> Result<Option<Session>, Error> {
    let sql = format!("SELECT {SESSION} FROM user_session WHERE token = $1");
    link.query(&sql, &[&token.as_slice()]).await?.first().map(session).transpose()
}

/// Sessions of one user or of all.
async fn list(link: &Link, user: Option<UserId>, most: usize) -> Result<Vec<Session>, Error> {
    let sql = format!(
        "SELECT {SESSION} FROM user_session WHERE $1::bigint IS NULL OR user_id = $1 \
         ORDER BY seen DESC, id LIMIT $2"
    );
    let user = user.map(|user| i64::from(user.0));
    link.query(&sql, &[&user, &limit(most)]).await?.iter().map(session).collect()
}

fn session(row: &Row) -> Result<Session, Error> {
    Ok(Session {
        id: SessionId(row.try_get::<_, i64>(0)?.cast_unsigned()),
        token: hash(row, 1)?,
        user: UserId(narrow(row, 2)?),
        created: time(row, 3)?,
        seen: time(row, 4)?,
        proved: time(row, 5)?,
        address: row.try_get(6)?,
        agent: row.try_get(7)?,
    })
}

/// A hash; what is none is one that no token has.
fn hash(row: &Row, column: usize) -> Result<[u8; 32], Error> {
    Ok(row.try_get::<_, &[u8]>(column)?.try_into().unwrap_or([0; 32]))
}

/// A session that was used.
struct Using {
    /// Which one.
    session: SessionId,
    /// When.
    seen: Time,
    /// When its user proved last who they are.
    proved: Time,
}

impl Errand for Using {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let sql =
            "UPDATE user_session SET seen = greatest(seen, $2), proved = greatest(proved, $3) WHERE id = $1";
        let id = self.session.0.cast_signed();
        transaction.execute(sql, &[&id, &self.seen.0, &self.proved.0]).await?;
        Ok(())
    }
}

/// Sessions to end.
struct Ending(EndedSessions);

impl Errand for Ending {
    type Answer = usize;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<usize, Error> {
        let (column, which, spared) = ended(self.0);
        let sql = format!("DELETE FROM user_session WHERE {column} = $1 AND id <> $2");
        let ended = transaction.execute(&sql, &[&which, &spared]).await?;
        Ok(usize::try_from(ended).unwrap_or(0))
    }
}

/// A code to be taken.
struct TakingCode {
    /// Whose.
    user: UserId,
    /// Its step of time.
    step: u64,
}

impl Errand for TakingCode {
    type Answer = bool;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, Error> {
        let sql = "INSERT INTO user_code AS c (user_id, step) VALUES ($1, $2) \
                   ON CONFLICT (user_id) DO UPDATE SET step = excluded.step WHERE c.step < excluded.step";
        let taken = transaction.execute(sql, &[&i64::from(self.user.0), &self.step.cast_signed()]).await?;
        Ok(taken > 0)
    }
}

/// A link to keep.
struct KeepingLink {
    /// The link.
    link: SetupLink,
    /// The time now.
    now: Time,
}

impl Errand for KeepingLink {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let Self { link, now } = self;
        transaction.execute("DELETE FROM user_link WHERE expires <= $1", &[&now.0]).await?;
        let insert = format!("INSERT INTO user_link ({LINK}) VALUES ($1, $2, $3)");
        let values: [Value<'_>; 3] = [&link.token.as_slice(), &first_owner(link.user), &link.expires.0];
        transaction.execute(&insert, &values).await?;
        Ok(())
    }
}

/// The link with this token.
async fn find_link(link: &Link, token: &LinkHash) -> Result<Option<SetupLink>, Error> {
    let sql = format!("SELECT {LINK} FROM user_link WHERE token = $1");
    link.query(&sql, &[&token.as_slice()]).await?.first().map(read_link).transpose()
}

fn read_link(row: &Row) -> Result<SetupLink, Error> {
    let user: u32 = narrow(row, 1)?;
    Ok(SetupLink { token: hash(row, 0)?, user: (user > 0).then_some(UserId(user)), expires: time(row, 2)? })
}

/// A link to be taken.
struct TakingLink {
    /// Which one.
    token: LinkHash,
    /// The time now.
    now: Time,
}

impl Errand for TakingLink {
    type Answer = Option<SetupLink>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Option<SetupLink>, Error> {
        let take = format!("DELETE FROM user_link WHERE token = $1 AND expires > $2 RETURNING {LINK}");
        let rows = transaction.query(&take, &[&self.token.as_slice(), &self.now.0]).await?;
        let found = rows.first().map(read_link).transpose()?;
        if let Some(link) = &found {
            transaction
                .execute("DELETE FROM user_link WHERE user_id = $1", &[&first_owner(link.user)])
                .await?;
        }
        Ok(found)
    }
}
