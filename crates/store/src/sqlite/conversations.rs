//! Conversations.

use super::list::shown;
use super::rows::{Binding, Cells, id, insert, key, limit};
use super::tables::Tables;
use super::writer::Verb;
use crate::limits::{LIST_MAX, NOTES_MAX, SCAN_MAX};
use crate::table::{Cell, Numbered, Plans, Sink, Stored, names, places, read_marks};
use postrider_core::account::AccountId;
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
    let change = "DO UPDATE SET state = CASE WHEN excluded.state = 0 THEN 0 ELSE state END, updated = max(updated, excluded.updated), \
                  waiting_since = coalesce(waiting_since, excluded.waiting_since), \
                  last_in = max(coalesce(last_in, 0), excluded.last_in)";
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
         AND (?10 IS NULL OR c.last_in IS NOT NULL AND (instr(coalesce(c.read_marks, ''), ?10) = 0 \
              OR substr(c.read_marks, instr(c.read_marks, ?10) - 19, 19) < printf('%019d', c.last_in))) \
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
    let unread_by = filter.unread_by.as_ref().map(|person| format!("\t{person}\n"));
    let mut rows = statement
        .query(params![account, updated, id, state, assignee, handset, number, waiting, most, unread_by])?;
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

/// Whether so many open conversations are assigned to somebody as may be.
fn has_enough(connection: &Connection, account: AccountId, person: &str, most: Option<u32>) -> Result<bool> {
    let Some(most) = most else { return Ok(false) };
    let sql = "SELECT count(*) FROM conversation WHERE account = ?1 AND assignee = ?2 AND state = 0 \
               AND assignee IS NOT NULL";
    let count: u32 =
        connection.prepare_cached(sql)?.query_row(params![account.0, person], |row| row.get(0))?;
    Ok(count >= most)
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
            ConversationChange::Take { account, person, most, overdue } => {
                return self.take(connection, *account, person, *most, *overdue);
            }
            ConversationChange::Set { id, .. }
            | ConversationChange::Read { id, .. }
            | ConversationChange::Reply { id, .. }
            | ConversationChange::Note { id, .. } => *id,
        };
        let before = read(connection, id)?.filter(|it| self.viewer.sees(it.ends.account));
        let Some(before) = before else { return Ok(None) };
        self.apply(connection, &before)?;
        read(connection, id)
    }
}

impl Changing {
    /// Assigns the conversation that has waited longest.
    fn take(
        &self,
        connection: &Connection,
        account: AccountId,
        person: &str,
        most: Option<u32>,
        overdue: Option<Time>,
    ) -> Result<Option<Conversation>> {
        if has_enough(connection, account, person, most)? {
            return Ok(None);
        }
        let sql = format!(
            "UPDATE conversation SET assignee = ?2, assigned_at = ?3, updated = max(updated, ?3) WHERE id = \
             (SELECT id FROM (SELECT id, assignee, waiting_since, assigned_at FROM conversation INDEXED BY conversation_open \
              WHERE account = ?1 AND state = 0 ORDER BY waiting_since, id LIMIT {SCAN_MAX}) \
              WHERE assignee IS NULL OR assignee <> ?2 AND waiting_since <= ?4 AND coalesce(assigned_at, 0) <= ?4 \
              ORDER BY waiting_since, id LIMIT 1) RETURNING id"
        );
        let values = params![account.0, person, self.now.0, overdue.map(|overdue| overdue.0)];
        match connection.prepare_cached(&sql)?.query_row(values, |row| id(row, 0)).optional()? {
            Some(taken) => read(connection, taken),
            None => Ok(None),
        }
    }

    fn apply(&self, connection: &Connection, before: &Conversation) -> Result<()> {
        let id = before.id;
        match &self.change {
            ConversationChange::Open { .. } | ConversationChange::Take { .. } => Ok(()),
            ConversationChange::Read { person, upto, .. } => {
                let marks = before.marks_with(person, *upto);
                let sql = "UPDATE conversation SET read_marks = ?2 WHERE id = ?1";
                connection.prepare_cached(sql)?.execute(params![key(id), read_marks(&marks)]).map(drop)
            }
            ConversationChange::Set { state, assignee, claim, most, .. } => {
                let new = assignee.iter().flatten().find(|person| before.assignee.as_ref() != Some(person));
                if let Some(person) = new
                    && has_enough(connection, before.ends.account, person, *most)?
                {
                    return Ok(());
                }
                let (state, now) = (state.map(|state| state.to_number()), self.now.0);
                let sql = "UPDATE conversation SET state = coalesce(?2, state), \
                     waiting_since = CASE ?2 WHEN 0 THEN coalesce(waiting_since, ?7) WHEN 1 THEN NULL WHEN 2 THEN NULL \
                                     ELSE waiting_since END, \
                     assignee = iif(?3, ?4, assignee), \
                     assigned_at = iif(?3, iif(?4 IS NULL, NULL, iif(?4 IS assignee, assigned_at, ?7)), assigned_at), \
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
