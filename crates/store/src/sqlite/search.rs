//! Filters of blocks of messages: made of what was accepted, and asked before messages are looked through.

use super::rows::{key, limit};
use super::tables::Tables;
use super::writer::Verb;
use crate::search::{self, Block, Summary, Wanted, Word, Words, may_have, summary};
use postrider_core::contract::Filter;
use postrider_core::id::MessageId;
use postrider_core::time::Time;
use rusqlite::{Connection, OptionalExtension, Result, params};
use std::collections::HashSet;

/// The summary of the next block, if so many messages were accepted before this; or else that of a block whose messages have all ended
/// since its own was made.
pub(super) fn next(connection: &Connection, before: Time, most: usize) -> Result<Option<Summary>> {
    let behind: i64 = connection
        .prepare_cached("SELECT coalesce(max(last), -1) FROM search_block")?
        .query_row([], |row| row.get(0))?;
    let last: Option<i64> = connection
        .prepare_cached("SELECT id FROM message WHERE id > ?1 AND id < ?2 ORDER BY id LIMIT 1 OFFSET ?3")?
        .query_row(params![behind, key(MessageId::first_at(before)), limit(most) - 1], |row| row.get(0))
        .optional()?;
    match last {
        Some(last) => read(connection, Block { behind, last, is_open: false }).map(Some),
        None => ended(connection)?.map(|block| read(connection, block)).transpose(),
    }
}

/// An open block none of whose messages is under way any more.
fn ended(connection: &Connection) -> Result<Option<Block>> {
    connection
        .prepare_cached(
            "SELECT behind, last FROM search_block b WHERE open = 1 \
             AND NOT EXISTS (SELECT 1 FROM queue WHERE id > b.behind AND id <= b.last) \
             AND NOT EXISTS (SELECT 1 FROM waiting WHERE message > b.behind AND message <= b.last) ORDER BY last LIMIT 1",
        )?
        .query_row([], |row| Ok(Block { behind: row.get(0)?, last: row.get(1)?, is_open: false }))
        .optional()
}

fn read(connection: &Connection, mut block: Block) -> Result<Summary> {
    let mut words: Vec<Word> = Vec::new();
    let mut statement = connection.prepare_cached(
        "SELECT m.recipient, m.reference, m.sender, o.reference, o.error, o.state, o.upstream FROM message m \
         LEFT JOIN outcome o ON o.id = m.id WHERE m.id > ?1 AND m.id <= ?2",
    )?;
    let mut rows = statement.query([block.behind, block.last])?;
    while let Some(row) = rows.next()? {
        let text = |column: usize| row.get_ref(column)?.as_str_or_null().map_err(Into::into);
        let text = |column: usize| -> Result<Option<&str>> { text(column) };
        let message = Words {
            recipient: row.get::<_, i64>(0)?.cast_unsigned(),
            reference: text(1)?,
            sender: text(2)?,
            carrier_reference: text(3)?,
            error: text(4)?,
            end: (row.get(5)?, row.get(6)?),
        };
        words.extend(message.each());
        block.is_open |= message.end.0.is_none();
    }
    let mut parts = connection.prepare_cached(
        "SELECT reference FROM part WHERE message > ?1 AND message <= ?2 AND reference IS NOT NULL",
    )?;
    let mut rows = parts.query([block.behind, block.last])?;
    while let Some(row) = rows.next()? {
        words.push(Word::carrier_reference(row.get_ref(0)?.as_str()?));
    }
    Ok(summary(block, words))
}

/// A summary to be kept.
pub(super) struct Keeping(pub(super) Summary);

impl Verb for Keeping {
    type Answer = bool;

    fn run(&self, tables: &mut Tables<'_>) -> Result<bool> {
        let Summary { block, slices } = &self.0;
        let connection = tables.connection;
        connection
            .prepare_cached("INSERT OR REPLACE INTO search_block (last, behind, open) VALUES (?1, ?2, ?3)")?
            .execute(params![block.last, block.behind, block.is_open])?;
        connection.prepare_cached("DELETE FROM search_filter WHERE last = ?1")?.execute([block.last])?;
        let mut put = connection
            .prepare_cached("INSERT INTO search_filter (slice, last, words) VALUES (?1, ?2, ?3)")?;
        for (slice, words) in slices {
            put.execute(params![slice, block.last, words])?;
        }
        // What was forgotten needs no filter.
        for table in ["search_block", "search_filter"] {
            connection
                .prepare_cached(&format!("DELETE FROM {table} WHERE last < (SELECT min(id) FROM message)"))?
                .execute([])?;
        }
        Ok(true)
    }
}

/// Has the filters of a message's block made again, without it.
pub(super) fn forget(connection: &Connection, message: i64) -> Result<()> {
    let block = "SELECT min(last) FROM search_block WHERE last >= ?1";
    connection
        .prepare_cached(&format!("UPDATE search_block SET open = 1 WHERE last = ({block})"))?
        .execute([message])
        .map(drop)
}

/// The stretches of messages that may have what a filter looks for, the newest first.
pub(super) fn stretches(
    connection: &Connection,
    filter: &Filter,
    from: i64,
    before: i64,
) -> Result<Vec<(i64, i64)>> {
    let Some(wanted) = Wanted::of(filter) else { return Ok(vec![(from, before)]) };
    let blocks: Vec<Block> = connection
        .prepare_cached(
            "SELECT behind, last, open FROM search_block WHERE last >= ?1 AND behind < ?2 ORDER BY last",
        )?
        .query_map([from, before], |row| {
            Ok(Block { behind: row.get(0)?, last: row.get(1)?, is_open: row.get(2)? })
        })?
        .collect::<Result<_>>()?;
    let mut found: HashSet<(Word, i64)> = HashSet::new();
    for word in wanted.words() {
        let mut slices = connection
            .prepare_cached("SELECT last, words FROM search_filter WHERE slice = ?1 AND last >= ?2")?;
        let mut rows = slices.query(params![word.slice(), from])?;
        while let Some(row) = rows.next()? {
            if may_have(row.get_ref(1)?.as_blob()?, word) {
                found.insert((word, row.get(0)?));
            }
        }
    }
    let told = |block: Block| {
        let may_have = wanted.may_be_in(&block, |word| found.contains(&(word, block.last)));
        (block, may_have)
    };
    let blocks: Vec<_> = blocks.into_iter().map(told).collect();
    Ok(search::stretches(&blocks, from, before))
}
