//! Parts of texts that clients cut themselves: kept until they are joined.

use super::accept;
use super::damage::readable;
use super::errand::Errand;
use super::error::Error;
use super::link::{Link, Transaction, Value};
use super::money;
use super::rows::{self, Arrays, Cells, key, limit};
use crate::damage::{Damage, Row};
use crate::table::{Plans, Stored, numbers_of_texts};
use postrider_core::client_part::{ClientPart, TextKey};
use postrider_core::contract::{Accept, Joined, NotJoined, PartsWanted};
use postrider_core::id::MessageId;
use postrider_core::time::Time;
use std::collections::HashSet;

/// Parts to be kept.
pub(super) struct Collecting(pub(super) Vec<ClientPart>);

impl Errand for Collecting {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let mut parts = Arrays::default();
        self.0.iter().for_each(|part| parts.push(part));
        let values = parts.values().collect::<Vec<_>>();
        transaction.execute(&rows::insert::<ClientPart>("client_part"), &values).await?;
        Ok(())
    }
}

/// Messages that were put together from parts.
pub(super) struct Joining(pub(super) Vec<Joined>);

impl Errand for Joining {
    type Answer = NotJoined;

    fn messages(&self) -> Vec<i64> {
        self.0.iter().map(|joined| key(joined.accept.message.id)).collect()
    }

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<NotJoined, Error> {
        let parts: Vec<i64> = self.0.iter().flat_map(|joined| &joined.parts).map(|part| key(*part)).collect();
        // Another node that joins them at the same time waits here, and finds them joined.
        let lock = "SELECT id FROM client_part WHERE id = ANY($1) AND joined IS NULL ORDER BY id FOR UPDATE";
        let mut waiting = HashSet::new();
        for row in transaction.query(lock, &[&parts]).await? {
            waiting.insert(row.try_get::<_, i64>(0)?);
        }
        let accepts: Vec<&Accept> = self.0.iter().map(|joined| &joined.accept).collect();
        let mut purse = money::take(&accepts, transaction).await?;
        let (mut accepted, mut left_out) = (Vec::new(), NotJoined::default());
        let (mut joined, mut messages): (Vec<i64>, Vec<i64>) = (Vec::new(), Vec::new());
        for (place, Joined { accept, parts }) in self.0.iter().enumerate() {
            let mut pay =
                || accept.credit.as_deref().and_then(|credit| purse.pay(&accept.message, credit).err());
            if !parts.iter().all(|part| waiting.remove(&key(*part))) {
                left_out.joined_before.push(place);
            } else if let Some(refusal) = pay() {
                left_out.unpaid.push((place, refusal));
            } else {
                joined.extend(parts.iter().map(|part| key(*part)));
                messages.extend(parts.iter().map(|_| key(accept.message.id)));
                accepted.push(accept);
            }
        }
        if !accepted.is_empty() {
            let join = "UPDATE client_part p SET joined = n.message \
                        FROM unnest($1::bigint[], $2::bigint[]) AS n (part, message) WHERE p.id = n.part";
            transaction.execute(join, &[&joined, &messages]).await?;
        }
        accept::insert(&accepted, &purse, transaction).await?;
        Ok(left_out)
    }
}

/// Parts that are those of a message again.
pub(super) struct Repeating {
    /// The parts.
    pub(super) parts: Vec<MessageId>,
    /// The message.
    pub(super) of: MessageId,
}

impl Errand for Repeating {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let parts: Vec<i64> = self.parts.iter().map(|part| key(*part)).collect();
        let sql = "UPDATE client_part SET joined = $1 WHERE id = ANY($2) AND joined IS NULL";
        transaction.execute(sql, &[&key(self.of), &parts]).await?;
        Ok(())
    }
}

/// The statement that finds parts of texts: their keys, and since when those count that were joined.
pub(super) fn of_texts() -> String {
    format!(
        "SELECT {} FROM unnest($1::bigint[], $2::bigint[], $3::integer[], $4::smallint[], $5::smallint[]) \
         AS k (account, recipient, reference, kind, total) \
         JOIN LATERAL (SELECT * FROM client_part p WHERE p.account = k.account AND p.recipient = k.recipient \
         AND p.cut_reference = k.reference OFFSET 0) m \
         ON m.cut_kind = k.kind AND m.cut_total = k.total \
         WHERE NOT m.damaged AND (m.joined IS NULL OR m.id >= $6) ORDER BY m.id",
        ClientPart::SELECTED
    )
}

fn with_condition(condition: &str) -> String {
    format!("SELECT {} FROM client_part m WHERE NOT m.damaged AND {condition}", ClientPart::SELECTED)
}

/// Parts that are asked for; and what can't be read.
pub(super) async fn find(link: &Link, wanted: &PartsWanted) -> Result<(Vec<ClientPart>, Damage), Error> {
    match wanted {
        PartsWanted::One(part) => read(link, &with_condition("m.id = $1"), &[&key(*part)]).await,
        PartsWanted::Overdue { by, most } => {
            let condition = "m.joined IS NULL AND m.wait_until <= $1 ORDER BY m.wait_until LIMIT $2";
            read(link, &with_condition(condition), &[&by.0, &limit(*most)]).await
        }
        PartsWanted::Waiting { after, most } => {
            let condition = "m.joined IS NULL AND m.id > $1 ORDER BY m.id LIMIT $2";
            read(link, &with_condition(condition), &[&after.map_or(-1, key), &limit(*most)]).await
        }
        PartsWanted::OfTexts { keys, since } => find_texts(link, keys, *since).await,
    }
}

async fn find_texts(link: &Link, keys: &[TextKey], since: Time) -> Result<(Vec<ClientPart>, Damage), Error> {
    let keys = numbers_of_texts(keys);
    let accounts: Vec<i64> = keys.iter().map(|key| key.0).collect();
    let recipients: Vec<i64> = keys.iter().map(|key| key.1).collect();
    let references: Vec<i32> = keys.iter().map(|key| key.2.into()).collect();
    let kinds: Vec<i16> = keys.iter().map(|key| key.3.into()).collect();
    let totals: Vec<i16> = keys.iter().map(|key| key.4.into()).collect();
    let since = key(MessageId::first_at(since));
    let values: [Value<'_>; 6] = [&accounts, &recipients, &references, &kinds, &totals, &since];
    read(link, &of_texts(), &values).await
}

async fn read(link: &Link, sql: &str, values: &[Value<'_>]) -> Result<(Vec<ClientPart>, Damage), Error> {
    let (mut plans, mut parts, mut damage) = (Plans::default(), Vec::new(), Damage::default());
    for row in link.query(sql, values).await? {
        let part = ClientPart::read(&mut Cells::from(&row, 0, &mut plans)).map_err(Error::from);
        parts.extend(readable(part, &mut damage, || Ok(Row::ClientPart { id: row.try_get(0)? }))?);
    }
    Ok((parts, damage))
}
