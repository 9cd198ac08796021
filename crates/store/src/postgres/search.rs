//! Filters of blocks of messages: made of what was accepted, and asked before messages are looked through.

use super::error::Error;
use super::link::Link;
use super::rows::{key, limit, with_outcome};
use crate::search::{self, Block, Summary, Wanted, Word, Words, may_have, summary};
use postrider_core::contract::Filter;
use postrider_core::id::MessageId;
use postrider_core::time::Time;
use std::collections::HashSet;

/// The block behind the last one, if it is full.
pub(super) const NEXT: &str =
    "SELECT id FROM message WHERE id > $1::bigint AND id < $2::bigint ORDER BY id OFFSET $3::bigint LIMIT 1";
/// An open block none of whose messages is under way any more.
const ENDED: &str = "SELECT behind, last FROM search_block b WHERE open \
     AND NOT EXISTS (SELECT FROM queue WHERE id > b.behind AND id <= b.last) \
     AND NOT EXISTS (SELECT FROM waiting WHERE message > b.behind AND message <= b.last) ORDER BY last LIMIT 1";

/// Has the filters of messages' blocks made again, without them.
pub(super) const FORGET: &str = "UPDATE search_block b SET open = true \
     WHERE EXISTS (SELECT FROM unnest($1::bigint[]) AS e (id) WHERE e.id > b.behind AND e.id <= b.last)";

/// Makes the summary of the next block, if so many messages were accepted before this; or else that of a block whose messages have all
/// ended since its own was made. Returns whether it made one.
pub(super) async fn summarize(link: &Link, before: Time, most: usize) -> Result<bool, Error> {
    let behind: i64 = match link.query("SELECT coalesce(max(last), -1) FROM search_block", &[]).await?.first()
    {
        Some(row) => row.try_get(0)?,
        None => -1,
    };
    let (end, full) = (key(MessageId::first_at(before)), limit(most) - 1);
    let block = match link.query(NEXT, &[&behind, &end, &full]).await?.first() {
        Some(row) => Block { behind, last: row.try_get(0)?, is_open: false },
        None => match link.query(ENDED, &[]).await?.first() {
            Some(row) => Block { behind: row.try_get(0)?, last: row.try_get(1)?, is_open: false },
            None => return Ok(false),
        },
    };
    keep(link, &read(link, block).await?).await?;
    Ok(true)
}

async fn read(link: &Link, mut block: Block) -> Result<Summary, Error> {
    let messages = format!(
        "SELECT m.recipient, m.reference, m.sender, o.reference, o.error, o.state::bigint, o.upstream FROM message m {} \
         WHERE m.id > $1::bigint AND m.id <= $2::bigint",
        with_outcome("m.id")
    );
    let mut words: Vec<Word> = Vec::new();
    for row in link.query(&messages, &[&block.behind, &block.last]).await? {
        let message = Words {
            recipient: row.try_get::<_, i64>(0)?.cast_unsigned(),
            reference: row.try_get(1)?,
            sender: row.try_get(2)?,
            carrier_reference: row.try_get(3)?,
            error: row.try_get(4)?,
            end: (row.try_get(5)?, row.try_get(6)?),
        };
        words.extend(message.each());
        block.is_open |= message.end.0.is_none();
    }
    let parts = "SELECT reference FROM part WHERE message > $1::bigint AND message <= $2::bigint AND reference IS NOT NULL";
    for row in link.query(parts, &[&block.behind, &block.last]).await? {
        words.push(Word::carrier_reference(row.try_get(0)?));
    }
    Ok(summary(block, words))
}

async fn keep(link: &Link, Summary { block, slices }: &Summary) -> Result<(), Error> {
    let (numbers, words): (Vec<i16>, Vec<&[u8]>) =
        slices.iter().map(|(slice, words)| (*slice, &**words)).unzip();
    link.script("BEGIN").await?;
    link.execute(
        "INSERT INTO search_block (last, behind, open) VALUES ($1, $2, $3) ON CONFLICT (last) DO UPDATE SET open = excluded.open",
        &[&block.last, &block.behind, &block.is_open],
    )
    .await?;
    link.execute("DELETE FROM search_filter WHERE last = $1", &[&block.last]).await?;
    link.execute(
        "INSERT INTO search_filter (slice, last, words) SELECT t.slice, $1::bigint, t.words FROM unnest($2::smallint[], $3::bytea[]) \
         AS t (slice, words)",
        &[&block.last, &numbers, &words],
    )
    .await?;
    // What was forgotten needs no filter.
    for table in ["search_block", "search_filter"] {
        let forget = format!("DELETE FROM {table} WHERE last < (SELECT min(id) FROM message)");
        link.execute(&forget, &[]).await?;
    }
    link.script("COMMIT").await
}

/// The stretches of messages that may have what a filter looks for, the newest first.
pub(super) async fn stretches(
    link: &Link,
    filter: &Filter,
    from: i64,
    before: i64,
) -> Result<Vec<(i64, i64)>, Error> {
    let Some(wanted) = Wanted::of(filter) else { return Ok(vec![(from, before)]) };
    let blocks = "SELECT behind, last, open FROM search_block WHERE last >= $1 AND behind < $2 ORDER BY last";
    let blocks = link.query(blocks, &[&from, &before]).await?;
    let mut found: HashSet<(Word, i64)> = HashSet::new();
    if !blocks.is_empty() {
        for word in wanted.words() {
            let slices = "SELECT last, words FROM search_filter WHERE slice = $1 AND last >= $2";
            for row in link.query(slices, &[&word.slice(), &from]).await? {
                if may_have(row.try_get(1)?, word) {
                    found.insert((word, row.try_get(0)?));
                }
            }
        }
    }
    let mut told = Vec::with_capacity(blocks.len());
    for row in blocks {
        let block = Block { behind: row.try_get(0)?, last: row.try_get(1)?, is_open: row.try_get(2)? };
        let may_have = wanted.may_be_in(&block, |word| found.contains(&(word, block.last)));
        told.push((block, may_have));
    }
    Ok(search::stretches(&told, from, before))
}
