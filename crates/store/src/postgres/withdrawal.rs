//! Messages that were committed though their clients were told to try again: PostgreSQL stood still, or the connection went, for
//! longer than a client waits. They are taken out again before anybody sends them, where that is possible.

use super::accept::Accepting;
use super::days::Days;
use super::error::Error;
use super::link::{Call, Transaction, Value};
use super::money;
use super::rows::key;
use postrider_core::contract::Accept;

/// The statement that takes out messages `$1`, unless an attempt at one was made, or somebody has it in hand. Those of `$3` were
/// accepted into the hands of node `$2`, which knows nothing of them. It is one statement: a lease has a row before, or
/// doesn't find it.
fn take_out(days: Days) -> String {
    format!(
        "WITH gone AS (DELETE FROM queue q WHERE q.id = ANY($1) AND q.failed = 0 AND q.taken = 0 \
         AND (q.owner = 0 OR q.owner = $2::smallint AND q.id = ANY($3::bigint[])) RETURNING q.id) \
         DELETE FROM message m USING gone WHERE m.id = gone.id AND {} \
         RETURNING m.id, m.account, m.price, m.terms, m.parts",
        days.hold("m.id")
    )
}

/// The statement that counts those of messages `$1` that are stored.
fn stored(days: Days) -> String {
    format!("SELECT count(*) FROM message m WHERE m.id = ANY($1) AND {}", days.hold("m.id"))
}

/// Messages of a request with an idempotency key are sent: its repetition is told that they were accepted. Nobody has those of
/// messages `$1` in hand that lie there as node `$2`'s.
const FREE: &str = "UPDATE queue SET owner = 0 WHERE id = ANY($1) AND owner = $2::smallint";

/// Takes out what was committed, and counts what stays.
pub(super) async fn withdraw(works: &[Accepting], mut transaction: Transaction<'_>) -> Result<(), Error> {
    let (plain, keyed): (Vec<&Accepting>, Vec<&Accepting>) =
        works.iter().partition(|accepting| accepting.once.is_none());
    let unkeyed = accepted(&plain, |_| true);
    let all = [&unkeyed[..], &accepted(&keyed, |_| true)].concat();
    let Some(days) = Days::of(&all) else { return Ok(()) };
    let node = transaction.node();
    let (in_hand, to_free) =
        (accepted(&plain, |accept| accept.owned), accepted(&keyed, |accept| accept.owned));
    let withdrawn = transaction.query(&take_out(days), &[&unkeyed, &node, &in_hand]).await?;
    money::give_back(&withdrawn, &mut transaction).await?;
    transaction.all(&[Call::new(FREE, [&to_free as Value<'_>, &node])]).await?;
    metrics::counter!("postrider_refused_and_withdrawn_total").increment(withdrawn.len() as u64);
    let rows = transaction.link().query(&stored(days), &[&all]).await?;
    let stay: i64 = rows.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
    metrics::counter!("postrider_refused_and_stored_total").increment(stay.unsigned_abs());
    Ok(())
}

/// The numbers of accepted messages, of those that `is_meant`.
fn accepted(works: &[&Accepting], is_meant: impl Fn(&Accept) -> bool) -> Vec<i64> {
    // Those that the store refused were not stored, so that their numbers find nothing.
    let accepted = works.iter().flat_map(|accepting| &accepting.messages);
    accepted.filter(|accept| is_meant(accept)).map(|accept| key(accept.message.id)).collect()
}
