//! Conversations.

use super::list::shown;
use super::rows::{Binding, Cells, insert, key, limit};
use super::tables::Tables;
use super::writer::Verb;
use crate::limits::{LIST_MAX, NOTES_MAX, SCAN_MAX};
use crate::table::{Cell, Numbered, Plans, Sink, Stored, names, places};
use postrider_core::contract::{ConversationChange, ConversationFilter};
use postrider_core::conversation::{Conversation, Ends, Note};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::principal::Viewer;
use postrider_core::time::Time;
use rusqlite::{Connection, OptionalExtension, Result, params};

/// Opens the conversation that a message from a handset belongs to.
pub(super) fn open_by(connection: &Connection, received: &Received) -> Result<()> {
    let Some(conversation) = Conversation::opened_by(received) else { return Ok(()) };
    let change = "DO UPDATE SET state = 0, updated = max(updated, excluded.updated), \
                  waiting_since = coalesce(waiting_since, excluded.waiting_since)";
    write(connection, &conversation, change)
}

fn write(connection: &Connection, conversation: &Conversation, otherwise: &str) -> Result<()> {
    let insert = insert::<Conversation>("conversation");
    let sql = format!("{insert} ON CONFLICT (account, handset, number) {otherwise}");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut plans = Plans::default();
    let mut row = Binding::new(&mut statement, &mut plans);
    conversation.write(&mut row);
    row.execute().map(drop)
}

/// The conversations that meet all of the filter's conditions, those that changed last first.
pub(super) fn list(connection: &Connection, filter: &ConversationFilter) -> Result<Vec<Conversation>> {
    let sql = format!(
        "SELECT {} FROM (SELECT * FROM conversation WHERE {} AND (updated, id) < (?2, ?3) \
         ORDER BY updated DESC, id DESC LIMIT {SCAN_MAX}) c \
         WHERE (?4 IS NULL OR c.state = ?4) AND (?5 IS NULL OR coalesce(c.assignee, '') = ?5) \
         AND (?6 IS NULL OR c.handset = ?6) AND (?7 IS NULL OR c.number = ?7) \
         AND (?8 IS NULL OR c.waiting_since <= ?8) \
         ORDER BY c.updated DESC, c.id DESC LIMIT ?9",
        Conversation::SELECTED,
        match filter.viewer {
            Viewer::Account(_) => "account = ?1",
            Viewer::Everything => "?1 = ?1",
        }
    );
    let account = filter.viewer.account().map_or(-1, |account| i64::from(account.0));
    let (updated, id) = filter.behind.map_or((i64::MAX, i64::MAX), |(at, id)| (at.0, key(id)));
    let state = filter.state.map(|state| state.to_number());
    let most = limit(filter.limit.min(LIST_MAX));
    let (assignee, handset, number) =
        (filter.assignee.as_deref(), filter.handset.as_deref(), filter.number.as_deref());
    let mut statement = connection.prepare_cached(&sql)?;
    let waiting = filter.waiting_since.map(|since| since.0);
    let mut rows =
        statement.query(params![account, updated, id, state, assignee, handset, number, waiting, most])?;
    let (mut found, mut plans) = (Vec::new(), Plans::default());
    while let Some(row) = rows.next()? {
        let read = Conversation::read(&mut Cells::from(row, 0, &mut plans)).map_err(Into::into);
        found.extend(shown(read, row.get(0)?)?);
    }
    Ok(found)
}

/// A conversation and its notes, the oldest first, if the viewer sees it.
pub(super) fn one(
    connection: &Connection,
    viewer: Viewer,
    id: MessageId,
) -> Result<Option<(Conversation, Vec<Note>)>> {
    let Some(conversation) = read(connection, id)?.filter(|it| viewer.sees(it.ends.account)) else {
        return Ok(None);
    };
    let sql = format!(
        "SELECT {} FROM (SELECT * FROM conversation_note WHERE conversation = ?1 \
         ORDER BY id DESC LIMIT {NOTES_MAX}) n ORDER BY n.id",
        Note::SELECTED
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let mut plans = Plans::default();
    let notes =
        statement.query_map([key(id)], |row| Ok(Note::read(&mut Cells::from(row, 0, &mut plans))?))?;
    Ok(Some((conversation, notes.collect::<Result<_>>()?)))
}

fn read(connection: &Connection, id: MessageId) -> Result<Option<Conversation>> {
    select(connection, "c.id = ?1", params![key(id)])
}

fn between(connection: &Connection, ends: &Ends) -> Result<Option<Conversation>> {
    let values = params![ends.account.0, ends.handset, ends.number];
    select(connection, "c.account = ?1 AND c.handset = ?2 AND c.number = ?3", values)
}

fn select(
    connection: &Connection,
    condition: &str,
    values: &[&dyn rusqlite::ToSql],
) -> Result<Option<Conversation>> {
    let sql = format!("SELECT {} FROM conversation c WHERE {condition}", Conversation::SELECTED);
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement
        .query_row(values, |row| Ok(Conversation::read(&mut Cells::from(row, 0, &mut Plans::default()))?));
    found.optional()
}

/// A change of a conversation.
pub(super) struct Changing {
    /// Who changes it.
    pub(super) viewer: Viewer,
    /// The change.
    pub(super) change: ConversationChange,
    /// When.
    pub(super) now: Time,
}

impl Verb for Changing {
    type Answer = Option<Conversation>;

    fn run(&self, tables: &mut Tables<'_>) -> Result<Option<Conversation>> {
        let connection = tables.connection;
        let id = match &self.change {
            ConversationChange::Open { id, ends } => {
                write(connection, &Conversation::opened(*id, ends.clone(), self.now), "DO NOTHING")?;
                return between(connection, ends);
            }
            ConversationChange::Set { id, .. }
            | ConversationChange::Reply { id, .. }
            | ConversationChange::Note { id, .. } => *id,
        };
        if !read(connection, id)?.is_some_and(|it| self.viewer.sees(it.ends.account)) {
            return Ok(None);
        }
        self.apply(connection, id)?;
        read(connection, id)
    }
}

impl Changing {
    fn apply(&self, connection: &Connection, id: MessageId) -> Result<()> {
        match &self.change {
            ConversationChange::Open { .. } => Ok(()),
            ConversationChange::Set { state, assignee, claim, .. } => {
                let (state, now) = (state.map(|state| state.to_number()), self.now.0);
                let sql = "UPDATE conversation SET state = coalesce(?2, state), \
                     waiting_since = CASE ?2 WHEN 0 THEN coalesce(waiting_since, ?7) WHEN 1 THEN NULL WHEN 2 THEN NULL \
                                     ELSE waiting_since END, \
                     assignee = iif(?3, ?4, assignee), \
                     claimed_by = iif(?5, ?6, iif(?2 > 0, NULL, claimed_by)), \
                     claimed_at = iif(?5, iif(?6 IS NULL, NULL, ?7), iif(?2 > 0, NULL, claimed_at)), \
                     updated = iif(?2 IS NULL AND NOT ?3, updated, max(updated, ?7)) WHERE id = ?1";
                let (sets, assignee) = (assignee.is_some(), assignee.as_ref().and_then(Option::as_deref));
                let (claims, claim) = (claim.is_some(), claim.as_ref().and_then(Option::as_deref));
                let values = params![key(id), state, sets, assignee, claims, claim, now];
                connection.prepare_cached(sql)?.execute(values).map(drop)
            }
            ConversationChange::Reply { seen, reply, .. } => {
                let sql =
                    "UPDATE conversation SET last_reply = ?4 WHERE id = ?1 AND (NOT ?2 OR last_reply IS ?3)";
                let (asks, seen) = (seen.is_some(), seen.flatten().map(key));
                connection
                    .prepare_cached(sql)?
                    .execute(params![key(id), asks, seen, reply.map(key)])
                    .map(drop)
            }
            ConversationChange::Note { note, .. } => {
                let (columns, count) = (names(Note::COLUMNS), Note::COLUMNS.len() + 1);
                let sql = format!(
                    "INSERT INTO conversation_note ({columns}, conversation) VALUES ({})",
                    places('?', count)
                );
                let (mut statement, mut plans) = (connection.prepare_cached(&sql)?, Plans::default());
                let mut row = Binding::new(&mut statement, &mut plans);
                note.write(&mut row);
                row.put(Cell::Number(key(id)));
                row.execute()?;
                let sql = "UPDATE conversation SET updated = max(updated, ?2) WHERE id = ?1";
                connection.prepare_cached(sql)?.execute(params![key(id), self.now.0]).map(drop)
            }
        }
    }
}

/// Forgets conversations that changed last before then, and their notes.
pub(super) fn forget(connection: &Connection, before: Time, most: i64) -> Result<()> {
    let old = "SELECT id FROM conversation WHERE updated < ?1 LIMIT ?2";
    for sql in [
        format!("DELETE FROM conversation_note WHERE conversation IN ({old})"),
        format!("DELETE FROM conversation WHERE id IN ({old})"),
    ] {
        connection.prepare_cached(&sql)?.execute(params![before.0, most])?;
    }
    Ok(())
}
