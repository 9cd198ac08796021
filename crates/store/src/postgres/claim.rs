//! Claims: a single message is taken out of the queue in order to change it, and returned changed.

use super::errand::Errand;
use super::error::Error;
use super::lease::{Free, take};
use super::link::{Link, Transaction, Value};
use super::rows::{Single, code, coded, id, key, limit, narrow};
use crate::limits::SCHEDULED_MAX;
use crate::table::{Numbered, Stored, assignments};
use postrider_core::account::AccountId;
use postrider_core::contract::{Claim, Scheduled, WaitsFor};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use postrider_core::number::Number;
use postrider_core::principal::Viewer;
use std::sync::Arc;

/// A message to be taken out of the queue.
pub(super) struct Claiming {
    /// The viewer, who must see it.
    pub(super) viewer: Viewer,
    /// The message.
    pub(super) message: MessageId,
}

const ONE: Free = Free { condition: "f.id = $2::bigint", order: "id", bound: "$3::bigint" };

impl Errand for Claiming {
    type Answer = Claim;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Claim, Error> {
        let message = key(self.message);
        let rows = transaction
            .query(
                "SELECT m.account, q.owner, o.state FROM message m LEFT JOIN queue q ON q.id = m.id \
                 LEFT JOIN outcome o ON o.id = m.id WHERE m.id = $1",
                &[&message],
            )
            .await?;
        let claim = self.judge(rows.first())?;
        let Some(claim) = claim else {
            // Another node may have taken it since.
            let taken = take(transaction, &ONE, &[&message], 1).await?.pop();
            return Ok(taken.map_or(Claim::Busy, |delivery| Claim::Taken(Box::new(delivery))));
        };
        transaction.nothing();
        Ok(claim)
    }
}

impl Claiming {
    /// Why it can't be taken; nothing if it can.
    fn judge(&self, row: Option<&tokio_postgres::Row>) -> Result<Option<Claim>, Error> {
        let Some(row) = row else { return Ok(Some(Claim::Missing)) };
        let account = AccountId(narrow(row, 0)?);
        if !self.viewer.sees(account) {
            return Ok(Some(Claim::Missing));
        }
        if row.try_get::<_, Option<i16>>(2)?.is_some() {
            return Ok(Some(Claim::Ended(coded::<State>(row, 2)?)));
        }
        Ok(match row.try_get::<_, Option<i16>>(1)? {
            None => Some(Claim::Sent),
            Some(0) => None,
            Some(_) => Some(Claim::Busy),
        })
    }
}

/// The messages to these recipients that are due later, or that a reply cancels.
pub(super) async fn scheduled_to(
    link: &Link,
    recipients: &[(AccountId, Number)],
) -> Result<Vec<Scheduled>, Error> {
    let (accounts, numbers): (Vec<i64>, Vec<i64>) =
        recipients.iter().map(|(account, to)| (account.to_number(), to.to_number())).unzip();
    let most = limit(SCHEDULED_MAX);
    let rows = link
        .query(
            "SELECT q.account, q.scheduled_to, q.id, m.cancel_on_reply \
             FROM unnest($1::bigint[], $2::bigint[]) AS wanted (account, number) \
             CROSS JOIN LATERAL (SELECT * FROM queue q WHERE q.account = wanted.account \
               AND q.scheduled_to = wanted.number ORDER BY q.id LIMIT $3) AS q JOIN message m ON m.id = q.id",
            &[&accounts, &numbers, &most],
        )
        .await?;
    let mut found = Vec::new();
    for row in &rows {
        let (account, to) = (AccountId(narrow(row, 0)?), Number::from_number(row.try_get(1)?));
        let (message, cancel_on_reply) = (id(row, 2)?, row.try_get(3)?);
        found.extend(to.map(|to| Scheduled { account, to, message, cancel_on_reply }));
    }
    Ok(found)
}

/// A claimed message, rewritten.
pub(super) struct Replacing {
    pub(super) message: Arc<Message>,
    pub(super) place: Option<WaitsFor>,
}

impl Errand for Replacing {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let message = &*self.message;
        let (id, class) = (key(message.id), code(message.class));
        let sql = format!("UPDATE message SET {} WHERE id = $1", assignments('$', Message::COLUMNS));
        transaction.execute(&sql, &Single::of(message).values()).await?;
        let node = transaction.node();
        if let Some(WaitsFor { upstream, due }) = self.place {
            let (upstream, to) = (i64::from(upstream.0), message.scheduled_to().map(|to| to.to_number()));
            let sql = "UPDATE queue SET class = $2, upstream = $3, due = $4, expires = $5, scheduled_to = $6, owner = 0 \
                       WHERE id = $1 AND owner = $7";
            let values: [Value<'_>; 7] = [&id, &class, &upstream, &due.0, &message.expires.0, &to, &node];
            transaction.execute(sql, &values).await?;
            return Ok(());
        }
        // A retry that waits longer than the message asks goes on waiting. What was held is due when it expires.
        transaction
            .execute(
                "UPDATE queue SET class = $2, due = CASE WHEN due = expires THEN $3 ELSE greatest(due, $3) END, expires = $4, owner = 0 \
                 WHERE id = $1 AND owner = $5",
                &[&id, &class, &message.leaves_from().0, &message.expires.0, &node],
            )
            .await?;
        Ok(())
    }
}
