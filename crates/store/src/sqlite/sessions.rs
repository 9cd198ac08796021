//! Sessions of users, codes that were used, and links by which passwords are set.

use super::Sqlite;
use super::rows::{limit, time};
use super::tables::Tables;
use super::writer::Verb;
use crate::sessions::{LINK, SESSION, ended, first_owner};
use async_trait::async_trait;
use postrider_core::contract::{EndedSessions, Sessions, StoreError};
use postrider_core::time::Time;
use postrider_core::user::{LinkHash, OverSessions, Session, SessionId, SetupLink, TokenHash, UserId};
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

#[async_trait]
impl Sessions for Sqlite {
    async fn begin_session(&self, session: Session, over: OverSessions) -> Result<(), StoreError> {
        self.write_at_once(Beginning { session, over }).await
    }

    async fn session(&self, token: TokenHash) -> Result<Option<Session>, StoreError> {
        self.reader.read(move |connection| of_token(connection, &token)).await
    }

    async fn sessions(&self, user: Option<UserId>, most: usize) -> Result<Vec<Session>, StoreError> {
        self.reader.read(move |connection| list(connection, user, most)).await
    }

    async fn use_session(&self, session: SessionId, seen: Time, proved: Time) -> Result<(), StoreError> {
        self.write(Using { session, seen, proved }).await
    }

    async fn end_sessions(&self, ended: EndedSessions) -> Result<usize, StoreError> {
        self.write_at_once(Ending(ended)).await
    }

    async fn take_code(&self, user: UserId, step: u64) -> Result<bool, StoreError> {
        self.write_at_once(TakingCode { user, step }).await
    }

    async fn keep_link(&self, link: SetupLink, now: Time) -> Result<(), StoreError> {
        self.write_at_once(KeepingLink { link, now }).await
    }

    async fn link(&self, token: LinkHash) -> Result<Option<SetupLink>, StoreError> {
        self.reader.read(move |connection| find_link(connection, &token)).await
    }

    async fn take_link(&self, token: LinkHash, now: Time) -> Result<Option<SetupLink>, StoreError> {
        self.write_at_once(TakingLink { token, now }).await
    }
}

/// A session to begin.
struct Beginning {
    /// The session.
    session: Session,
    /// Those that are over.
    over: OverSessions,
}

impl Verb for Beginning {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let Self { session, over } = self;
        tables
            .connection
            .prepare_cached("DELETE FROM user_session WHERE seen <= ?1 OR created <= ?2")?
            .execute([over.seen.0, over.created.0])?;
        let places = crate::table::places('?', 8);
        tables
            .connection
            .prepare_cached(&format!("INSERT INTO user_session ({SESSION}) VALUES ({places})"))?
            .execute(params![
                session.id.0.cast_signed(),
                session.token.as_slice(),
                session.user.0,
                session.created.0,
                session.seen.0,
                session.proved.0,
                session.address,
                session.agent
            ])
            .map(drop)
    }
}

/// The session with this token.
fn of_token(connection: &Connection, token: &TokenHash) -> Result<Option<Session>> {
    connection
        .prepare_cached(&format!("SELECT {SESSION} FROM user_session WHERE token = ?1"))?
        .query_row([token.as_slice()], session)
        .optional()
}

/// Sessions of one user or of all.
fn list(connection: &Connection, user: Option<UserId>, most: usize) -> Result<Vec<Session>> {
    connection
        .prepare_cached(&format!(
            "SELECT {SESSION} FROM user_session WHERE ?1 IS NULL OR user_id = ?1 ORDER BY seen DESC, id LIMIT ?2"
        ))?
        .query_map(params![user.map(|user| user.0), limit(most)], session)?
        .collect()
}

fn session(row: &Row<'_>) -> Result<Session> {
    Ok(Session {
        id: SessionId(row.get::<_, i64>(0)?.cast_unsigned()),
        token: row.get(1)?,
        user: UserId(row.get(2)?),
        created: time(row, 3)?,
        seen: time(row, 4)?,
        proved: time(row, 5)?,
        address: row.get(6)?,
        agent: row.get(7)?,
    })
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

impl Verb for Using {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        tables
            .connection
            .prepare_cached(
                "UPDATE user_session SET seen = max(seen, ?2), proved = max(proved, ?3) WHERE id = ?1",
            )?
            .execute([self.session.0.cast_signed(), self.seen.0, self.proved.0])
            .map(drop)
    }
}

/// Sessions to end.
struct Ending(EndedSessions);

impl Verb for Ending {
    type Answer = usize;

    fn run(&self, tables: &mut Tables<'_>) -> Result<usize> {
        let (column, which, spared) = ended(self.0);
        tables
            .connection
            .prepare_cached(&format!("DELETE FROM user_session WHERE {column} = ?1 AND id <> ?2"))?
            .execute([which, spared])
    }
}

/// A code to be taken.
struct TakingCode {
    /// Whose.
    user: UserId,
    /// Its step of time.
    step: u64,
}

impl Verb for TakingCode {
    type Answer = bool;

    fn run(&self, tables: &mut Tables<'_>) -> Result<bool> {
        let taken = tables
            .connection
            .prepare_cached(
                "INSERT INTO user_code (user_id, step) VALUES (?1, ?2) \
                 ON CONFLICT (user_id) DO UPDATE SET step = excluded.step WHERE step < excluded.step",
            )?
            .execute(params![self.user.0, self.step.cast_signed()])?;
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

impl Verb for KeepingLink {
    type Answer = ();

    fn run(&self, tables: &mut Tables<'_>) -> Result<()> {
        let Self { link, now } = self;
        tables.connection.prepare_cached("DELETE FROM user_link WHERE expires <= ?1")?.execute([now.0])?;
        tables
            .connection
            .prepare_cached(&format!("INSERT INTO user_link ({LINK}) VALUES (?1, ?2, ?3)"))?
            .execute(params![link.token.as_slice(), first_owner(link.user), link.expires.0])
            .map(drop)
    }
}

/// The link with this token.
fn find_link(connection: &Connection, token: &LinkHash) -> Result<Option<SetupLink>> {
    connection
        .prepare_cached(&format!("SELECT {LINK} FROM user_link WHERE token = ?1"))?
        .query_row([token.as_slice()], |row| {
            let user: u32 = row.get(1)?;
            Ok(SetupLink {
                token: row.get(0)?,
                user: (user > 0).then_some(UserId(user)),
                expires: time(row, 2)?,
            })
        })
        .optional()
}

/// A link to be taken.
struct TakingLink {
    /// Which one.
    token: LinkHash,
    /// The time now.
    now: Time,
}

impl Verb for TakingLink {
    type Answer = Option<SetupLink>;

    fn run(&self, tables: &mut Tables<'_>) -> Result<Option<SetupLink>> {
        let found = find_link(tables.connection, &self.token)?.filter(|link| link.expires > self.now);
        if let Some(link) = &found {
            tables
                .connection
                .prepare_cached("DELETE FROM user_link WHERE user_id = ?1")?
                .execute([first_owner(link.user)])?;
        }
        Ok(found)
    }
}
