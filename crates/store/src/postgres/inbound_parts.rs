//! Parts of messages from handsets: kept until they are joined, and a while longer.

use super::consent::Runs;
use super::conversations::{self, Opened};
use super::damage::readable;
use super::errand::Errand;
use super::error::Error;
use super::events::Pages;
use super::link::{Link, Transaction, Value};
use super::money::{Moved, Taken, charges};
use super::record::notify;
use super::rows::{Arrays, Cells, insert, key, limit, text};
use super::steps::Notices;
use crate::damage::{Damage, Row};
use crate::event_page::EventPage;
use crate::table::{Plans, Stored, reference_numbers};
use postrider_core::contract::{InboundPartsWanted, JoinedParts};
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::inbound::parts::{InboundPart, PartsKey};
use postrider_core::time::Time;

/// The statement that keeps parts.
pub(super) fn keep() -> String {
    format!("{} ON CONFLICT DO NOTHING", insert::<InboundPart>("inbound_part"))
}

/// Parts that become messages, or are those of messages again.
pub(super) struct Joining {
    /// The messages.
    pub(super) joined: Vec<JoinedParts>,
    /// Parts before this one are forgotten, if they were joined.
    pub(super) forget: MessageId,
    /// The messages' page of the stream of events.
    pub(super) page: EventPage,
}

impl Errand for Joining {
    type Answer = Vec<usize>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Vec<usize>, Error> {
        let mut left_out = Vec::new();
        let (mut received, mut notices) = (Arrays::default(), Notices::default());
        let (mut whole, mut changes) = (Vec::new(), Vec::new());
        for (place, joined) in self.joined.iter().enumerate() {
            if take(transaction, joined).await? {
                joined.received.iter().for_each(|message| received.push(&**message));
                whole.extend(joined.received.iter().map(|message| &**message));
                joined.notices.iter().for_each(|notice| notices.push(notice));
                changes.extend(joined.consent.iter().map(|change| &**change));
            } else {
                left_out.push(place);
            }
        }
        let values: Vec<Value<'_>> = received.values().collect();
        if !values.is_empty() {
            let sql = format!("{} ON CONFLICT DO NOTHING", insert::<Received>("inbound"));
            transaction.execute(&sql, &values).await?;
        }
        if !notices.id.is_empty() {
            let node = transaction.node();
            let sql = format!("{} ON CONFLICT DO NOTHING", notify(1));
            transaction.execute(&sql, &notices.values(&node)).await?;
        }
        let mut calls = Vec::new();
        let charged = charges(whole.iter().copied());
        let taken = Taken::of(std::iter::empty(), &charged);
        taken.calls(&mut calls);
        let charged = Moved::of(&charged);
        charged.calls(&mut calls);
        let runs = Runs::of(changes.into_iter());
        runs.calls(&mut calls);
        if !calls.is_empty() {
            transaction.all(&calls).await?;
        }
        let opened: Opened = whole.into_iter().collect();
        if let Some(call) = conversations::call(&opened.rows()) {
            transaction.all(&[call]).await?;
        }
        let page: Pages<'_> = [&self.page].into_iter().collect();
        if let Some(call) = page.call() {
            transaction.all(&[call]).await?;
        }
        let forget = "DELETE FROM inbound_part WHERE id < $1 AND joined > 0";
        transaction.execute(forget, &[&key(self.forget)]).await?;
        Ok(left_out)
    }
}

/// Joins all parts of a message, or none.
async fn take(transaction: &mut Transaction<'_>, joined: &JoinedParts) -> Result<bool, Error> {
    let (of, parts) = (key(joined.of), joined.parts.iter().map(|part| key(*part)).collect::<Vec<i64>>());
    let join = "UPDATE inbound_part SET joined = $1 WHERE id = ANY($2) AND joined IS NULL";
    let taken = transaction.execute(join, &[&of, &parts]).await?;
    if taken == parts.len() as u64 {
        return Ok(true);
    }
    let leave = "UPDATE inbound_part SET joined = NULL WHERE id = ANY($1) AND joined = $2";
    transaction.execute(leave, &[&parts, &of]).await?;
    Ok(false)
}

/// Parts that are asked for.
pub(super) async fn find(
    link: &Link,
    wanted: &InboundPartsWanted,
) -> Result<(Vec<InboundPart>, Damage), Error> {
    let mut damage = Damage::default();
    let parts = match wanted {
        InboundPartsWanted::Overdue { by, most } => {
            let condition = "p.joined IS NULL AND p.wait_until <= $1 ORDER BY p.wait_until LIMIT $2";
            read(link, condition, &[&by.0, &limit(*most)], &mut damage).await?
        }
        InboundPartsWanted::Waiting { after, most } => {
            let condition = "p.joined IS NULL AND p.id > $1 ORDER BY p.id LIMIT $2";
            read(link, condition, &[&after.map_or(-1, key), &limit(*most)], &mut damage).await?
        }
        InboundPartsWanted::Of { keys, since } => {
            let mut parts = Vec::new();
            for key in keys {
                parts.append(&mut of_one(link, key, *since, &mut damage).await?);
            }
            parts
        }
    };
    Ok((parts, damage))
}

async fn of_one(
    link: &Link,
    wanted: &PartsKey,
    since: Time,
    damage: &mut Damage,
) -> Result<Vec<InboundPart>, Error> {
    let (kind, common) = reference_numbers(wanted.reference);
    let condition = "p.sender = $1 AND p.recipient = $2 AND p.common = $3 AND p.kind = $4::bigint \
                     AND p.total = $5::bigint AND (p.joined IS NULL OR p.joined > 0 AND p.id >= $6) ORDER BY p.id";
    let (since, total) = (key(MessageId::first_at(since)), i64::from(wanted.total));
    let values: [Value<'_>; 6] = [&text(&wanted.from), &text(&wanted.to), &common, &kind, &total, &since];
    read(link, condition, &values, damage).await
}

async fn read(
    link: &Link,
    condition: &str,
    values: &[Value<'_>],
    damage: &mut Damage,
) -> Result<Vec<InboundPart>, Error> {
    let sql = format!("SELECT {} FROM inbound_part p WHERE {condition}", InboundPart::SELECTED);
    let (mut plans, mut parts) = (Plans::default(), Vec::new());
    for row in link.query(&sql, values).await? {
        let part = InboundPart::read(&mut Cells::from(&row, 0, &mut plans)).map_err(Error::from);
        parts.extend(readable(part, damage, || Ok(Row::InboundPart { id: row.try_get(0)? }))?);
    }
    Ok(parts)
}
