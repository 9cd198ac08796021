//! Taking a single message out of the queue in order to change it, and returning it changed.

use super::errand::Errand;
use super::error::Error;
use super::lease::{Free, take};
use super::link::Transaction;
use super::rows::{Columns, code, coded, key, narrow, text};
use postrider_core::account::AccountId;
use postrider_core::contract::Claim;
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::message::Message;
use std::sync::Arc;

/// A message to be taken out of the queue.
pub(super) struct Claiming {
    /// Whose it must be; `None` is anybody's.
    pub(super) account: Option<AccountId>,
    /// The message.
    pub(super) message: MessageId,
}

const ONE: Free = Free { condition: "f.id = $2::bigint", order: "id", bound: "1" };

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
            let taken = take(transaction, &ONE, &[&message]).await?.pop();
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
        if self.account.is_some_and(|own| own != account) {
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

/// A claimed message, rewritten.
pub(super) struct Replacing(pub(super) Arc<Message>);

impl Errand for Replacing {
    type Answer = ();

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let message = &*self.0;
        let body = Columns::from(&message.body);
        let (id, class) = (key(message.id), code(message.class));
        transaction
            .execute(
                "UPDATE message SET class = $2, sender = $3, text = $4, encoding = $5, header = $6, data = $7, \
                 parts = $8, due = $9, expires = $10, reference = $11, metadata = $12, callback = $13, \
                 receipts = $14, via = $15, flash = $16, parameters = $17 WHERE id = $1",
                &[
                    &id,
                    &class,
                    &message.from.as_ref().map(ToString::to_string),
                    &body.text,
                    &body.encoding,
                    &body.header,
                    &body.data,
                    &i16::from(message.parts),
                    &message.due.0,
                    &message.expires.0,
                    &message.reference.as_deref().map(text),
                    &message.metadata.as_deref().map(text),
                    &message.callback.as_deref().map(text),
                    &code(message.receipts),
                    &code(message.via),
                    &message.flash,
                    &crate::parameters::write(&message.parameters),
                ],
            )
            .await?;
        // A retry that waits longer than the message asks goes on waiting.
        let node = transaction.node();
        transaction
            .execute(
                "UPDATE queue SET class = $2, due = greatest(due, $3), expires = $4, owner = 0 \
                 WHERE id = $1 AND owner = $5",
                &[&id, &class, &message.due.0, &message.expires.0, &node],
            )
            .await?;
        Ok(())
    }
}
