//! What is kept of a person, found by number and erased. There is no index of numbers: it is walked over all messages, so
//! many at once.

use super::chores::{forget_message, forget_received};
use super::rows::{id, key, limit};
use super::search;
use super::tables::Tables;
use super::writer::Verb;
use crate::limits::{LIST_MAX, SCAN_MAX};
use crate::person::{account, deletes, spellings, table};
use postrider_core::contract::{PersonFound, PersonSearch};
use postrider_core::id::MessageId;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use rusqlite::{Connection, Result, params};

/// Messages of a person, behind a place.
pub(super) fn find(connection: &Connection, search: &PersonSearch) -> Result<PersonFound> {
    let (table, is_it) = table(search.rows);
    let after = key(search.after);
    let stretch =
        format!("SELECT count(*), max(id) FROM (SELECT id FROM {table} WHERE id > ?1 ORDER BY id LIMIT ?2)");
    let (seen, last): (i64, Option<i64>) = connection
        .prepare_cached(&stretch)?
        .query_row(params![after, limit(SCAN_MAX)], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let Some(last) = last else { return Ok(PersonFound::default()) };
    let [digits, plus, zeros] = spellings(search.number);
    let sql = format!(
        "SELECT id FROM {table} WHERE id > ?1 AND id <= ?2 AND (?3 < 0 OR account = ?3) AND {} ORDER BY id LIMIT ?4",
        is_it('?')
    );
    let most = search.most.min(LIST_MAX);
    let account = account(search.viewer);
    let number = search.number.digits().cast_signed();
    let values = params![after, last, account, limit(most), number, digits, plus, zeros];
    let messages =
        connection.prepare_cached(&sql)?.query_map(values, |row| id(row, 0))?.collect::<Result<Vec<_>>>()?;
    let next = match messages.last() {
        Some(last) if messages.len() == most => Some(*last),
        _ if seen == limit(SCAN_MAX) => u64::try_from(last).ok().map(MessageId::from_number),
        _ => None,
    };
    Ok(PersonFound { messages, next })
}

/// Messages to be erased.
pub(super) struct Erasing {
    /// Messages; those that have not ended stay.
    pub(super) messages: Vec<MessageId>,
    /// Messages from handsets.
    pub(super) received: Vec<MessageId>,
}

impl Verb for Erasing {
    type Answer = usize;

    fn rows(&self) -> usize {
        self.messages.len() + self.received.len()
    }

    fn run(&self, tables: &mut Tables<'_>) -> Result<usize> {
        let connection = tables.connection;
        let mut erased = self.received.len();
        let mut ended = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM outcome WHERE id = ?1)")?;
        for message in &self.messages {
            if ended.query_row([key(*message)], |row| row.get(0))? {
                forget_message(connection, key(*message))?;
                search::forget(connection, key(*message))?;
                erased += 1;
            }
        }
        for message in &self.received {
            forget_received(connection, key(*message))?;
        }
        Ok(erased)
    }
}

/// A number of which nothing is to hold any more.
pub(super) struct ErasingConsents {
    /// Who asks.
    pub(super) viewer: Viewer,
    /// The number.
    pub(super) number: Number,
}

impl Verb for ErasingConsents {
    type Answer = usize;

    fn run(&self, tables: &mut Tables<'_>) -> Result<usize> {
        let sql = "DELETE FROM consent WHERE number = ?1 AND (?2 < 0 OR account = ?2)";
        let values = [self.number.digits().cast_signed(), account(self.viewer)];
        tables.connection.prepare_cached(sql)?.execute(values)
    }
}

/// The key of pseudonyms is to be made, if there is none.
pub(super) struct MakingKey;

impl Verb for MakingKey {
    type Answer = [u8; 16];

    fn run(&self, tables: &mut Tables<'_>) -> Result<[u8; 16]> {
        let sql = "INSERT INTO pseudonym_key (one, key) VALUES (1, randomblob(16)) ON CONFLICT DO NOTHING";
        tables.connection.prepare_cached(sql)?.execute([])?;
        tables.connection.query_row("SELECT key FROM pseudonym_key", [], |row| row.get(0))
    }
}

/// A number whose traces are to be erased.
pub(super) struct ErasingTraces {
    /// Who asks.
    pub(super) viewer: Viewer,
    /// The number.
    pub(super) number: Number,
}

impl Verb for ErasingTraces {
    type Answer = usize;

    fn run(&self, tables: &mut Tables<'_>) -> Result<usize> {
        let connection = tables.connection;
        let (account, number) = (account(self.viewer), self.number.digits().cast_signed());
        let parts = "DELETE FROM client_part WHERE recipient = ?1 AND joined IS NOT NULL AND (?2 < 0 OR account = ?2)";
        let mut erased = connection.prepare_cached(parts)?.execute([number, account])?;
        let [_, plus, _] = spellings(self.number);
        let states = "DELETE FROM rule_state WHERE sender = ?1 AND (?2 < 0 OR account = ?2)";
        erased += connection.prepare_cached(states)?.execute(params![plus, account])?;
        let [digits, plus, zeros] = spellings(self.number);
        for delete in deletes('?') {
            erased += connection.prepare_cached(&delete)?.execute(params![digits, plus, zeros, account])?;
        }
        let counted = "DELETE FROM counted WHERE recipient = ?1 AND (?2 < 0 OR account = ?2)";
        erased += connection.prepare_cached(counted)?.execute([number, account])?;
        erased += connection.prepare_cached(&crate::recipients::erase('?'))?.execute([number, account])?;
        if self.viewer == Viewer::Everything {
            let media = "DELETE FROM media WHERE person = ?1";
            erased += connection.prepare_cached(media)?.execute([number])?;
            for table in ["unreached", "looked_up"] {
                let known = format!("DELETE FROM {table} WHERE number = ?1");
                erased += connection.prepare_cached(&known)?.execute([number])?;
            }
            let parked = "DELETE FROM parked WHERE one = ?1 OR other = ?1";
            erased += connection.prepare_cached(parked)?.execute([number])?;
            let parts = "DELETE FROM inbound_part WHERE from_given IN (?1, ?2, ?3) OR from_understood = ?2";
            erased += connection.prepare_cached(parts)?.execute(params![digits, plus, zeros])?;
        }
        Ok(erased)
    }
}
