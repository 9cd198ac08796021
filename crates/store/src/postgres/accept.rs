//! Taking on messages, and the promise that a request is one request however often it comes.

use super::error::Error;
use super::link::{Call, Link, Transaction, Value};
use super::rows::{Columns, code, key, text};
use super::writer::Work;
use postrider_core::account::AccountId;
use postrider_core::contract::{Accept, Accepted, Once};
use postrider_core::message::Message;
use std::borrow::Cow;
use std::collections::HashMap;

/// How long a client's key is remembered: 24 hours by the database's own clock, in milliseconds.
const ONCE_KEPT: &str = "86400000";
/// Forgotten keys that each new key clears away, so that they never pile up.
const ONCE_CLEARED: usize = 4;

/// Messages to be taken on, all or none.
pub(super) struct Accepting {
    /// The messages.
    pub(super) messages: Vec<Accept>,
    /// What makes a repetition harmless.
    pub(super) once: Option<Once>,
}

impl Work for Accepting {
    type Answer = Accepted;
    const LANE: i16 = 0;

    fn rows(&self) -> usize {
        self.messages.len()
    }

    fn messages(&self) -> Vec<i64> {
        self.messages.iter().map(|accept| key(accept.message.id)).collect()
    }

    fn foregone(batch: &[&Self]) -> Option<Vec<Accepted>> {
        let plain = batch.iter().all(|accepting| accepting.once.is_none());
        plain.then(|| vec![Accepted::Now; batch.len()])
    }

    async fn run(batch: &[&Self], transaction: &mut Transaction<'_>) -> Result<Vec<Accepted>, Error> {
        let mut keys = Keys::default();
        let answers = keys.judge(batch, transaction).await?;
        keys.remember(transaction).await?;
        let accepted: Vec<&Accept> = batch
            .iter()
            .zip(&answers)
            .filter(|(_, answer)| **answer == Accepted::Now)
            .flat_map(|(accepting, _)| &accepting.messages)
            .collect();
        insert(&accepted, transaction).await?;
        Ok(answers)
    }
}

pub(super) const MESSAGE: &str = "INSERT INTO message (id, account, class, sender, recipient, text, encoding, header, data, \
     parts, due, expires, reference, metadata, callback, receipts, via, flash, parameters) \
     SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::text[], $5::bigint[], $6::text[], \
     $7::smallint[], $8::bytea[], $9::bytea[], $10::smallint[], $11::bigint[], $12::bigint[], $13::text[], \
     $14::text[], $15::text[], $16::smallint[], $17::smallint[], $18::boolean[], $19::bytea[])";
const QUEUE: &str = "INSERT INTO queue (id, upstream, class, due, expires, failed, taken, possible_duplicate, owner) \
     SELECT id, upstream, class, due, expires, 0, 0, false, owner FROM unnest($1::bigint[], $2::bigint[], \
     $3::smallint[], $4::bigint[], $5::bigint[], $6::smallint[]) AS q (id, upstream, class, due, expires, owner)";

async fn insert(accepted: &[&Accept], transaction: &mut Transaction<'_>) -> Result<(), Error> {
    if accepted.is_empty() {
        transaction.nothing();
        return Ok(());
    }
    let mut rows = Rows::default();
    accepted.iter().for_each(|accept| rows.push(&accept.message));
    let upstreams: Vec<i64> = accepted.iter().map(|accept| accept.upstream.0.into()).collect();
    let node = transaction.node();
    let owners: Vec<i16> = accepted.iter().map(|accept| if accept.owned { node } else { 0 }).collect();
    let queue: [Value<'_>; 6] = [&rows.id, &upstreams, &rows.class, &rows.due, &rows.expires, &owners];
    transaction.all(&[Call::new(MESSAGE, rows.values()), Call::new(QUEUE, queue)]).await?;
    Ok(())
}

/// Messages column by column.
#[derive(Default)]
struct Rows<'m> {
    id: Vec<i64>,
    account: Vec<i64>,
    class: Vec<i16>,
    sender: Vec<Option<String>>,
    recipient: Vec<i64>,
    text: Vec<Option<&'m str>>,
    encoding: Vec<Option<i16>>,
    header: Vec<Option<&'m [u8]>>,
    data: Vec<Option<&'m [u8]>>,
    parts: Vec<i16>,
    due: Vec<i64>,
    expires: Vec<i64>,
    reference: Vec<Option<Cow<'m, str>>>,
    metadata: Vec<Option<Cow<'m, str>>>,
    callback: Vec<Option<Cow<'m, str>>>,
    receipts: Vec<i16>,
    via: Vec<i16>,
    flash: Vec<bool>,
    parameters: Vec<Option<Vec<u8>>>,
}

impl<'m> Rows<'m> {
    fn push(&mut self, message: &'m Message) {
        let body = Columns::from(&message.body);
        self.id.push(key(message.id));
        self.account.push(message.account.0.into());
        self.class.push(code(message.class));
        self.sender.push(message.from.as_ref().map(ToString::to_string));
        self.recipient.push(message.to.digits().cast_signed());
        self.text.push(body.text);
        self.encoding.push(body.encoding);
        self.header.push(body.header);
        self.data.push(body.data);
        self.parts.push(message.parts.into());
        self.due.push(message.due.0);
        self.expires.push(message.expires.0);
        self.reference.push(message.reference.as_deref().map(text));
        self.metadata.push(message.metadata.as_deref().map(text));
        self.callback.push(message.callback.as_deref().map(text));
        self.receipts.push(code(message.receipts));
        self.via.push(code(message.via));
        self.flash.push(message.flash);
        self.parameters.push(crate::parameters::write(&message.parameters));
    }

    fn values(&self) -> [Value<'_>; 19] {
        [
            &self.id,
            &self.account,
            &self.class,
            &self.sender,
            &self.recipient,
            &self.text,
            &self.encoding,
            &self.header,
            &self.data,
            &self.parts,
            &self.due,
            &self.expires,
            &self.reference,
            &self.metadata,
            &self.callback,
            &self.receipts,
            &self.via,
            &self.flash,
            &self.parameters,
        ]
    }
}

/// What a key stands for: the digest of its request, and the answer.
type Promise = ([u8; 32], Box<str>);

/// The clients' keys of a batch.
#[derive(Default)]
struct Keys<'b> {
    /// What each account's keys stand for, whether remembered or new.
    known: HashMap<(i64, Cow<'b, str>), Promise>,
    new: Vec<&'b Once>,
}

impl<'b> Keys<'b> {
    /// What comes of each request, in the order in which they came.
    async fn judge(
        &mut self,
        batch: &[&'b Accepting],
        transaction: &mut Transaction<'_>,
    ) -> Result<Vec<Accepted>, Error> {
        let asked: Vec<&Once> = batch.iter().filter_map(|accepting| accepting.once.as_ref()).collect();
        if !asked.is_empty() {
            self.recall(&asked, transaction).await?;
        }
        Ok(batch
            .iter()
            .map(|accepting| accepting.once.as_ref().map_or(Accepted::Now, |once| self.answer(once)))
            .collect())
    }

    async fn recall(&mut self, asked: &[&'b Once], transaction: &mut Transaction<'_>) -> Result<(), Error> {
        let accounts: Vec<i64> = asked.iter().map(|once| once.account.0.into()).collect();
        let keys: Vec<Cow<'_, str>> = asked.iter().map(|once| text(&once.key)).collect();
        let sql = format!(
            "SELECT o.account, o.key, o.request, o.answer FROM unnest($1::bigint[], $2::text[]) AS a (account, key) \
             JOIN once o ON o.account = a.account AND o.key = a.key WHERE o.at > now_ms() - {ONCE_KEPT}"
        );
        for row in transaction.query(&sql, &[&accounts, &keys]).await? {
            let name: String = row.try_get(1)?;
            self.known.insert((row.try_get(0)?, name.into()), (request(row.try_get(2)?)?, row.try_get(3)?));
        }
        Ok(())
    }

    fn answer(&mut self, once: &'b Once) -> Accepted {
        let key = (i64::from(once.account.0), text(&once.key));
        match self.known.get(&key) {
            Some((request, answer)) if *request == once.request => Accepted::Before(answer.clone()),
            Some(_) => Accepted::Conflict,
            None => {
                self.known.insert(key, (once.request, once.answer.clone()));
                self.new.push(once);
                Accepted::Now
            }
        }
    }

    async fn remember(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        if self.new.is_empty() {
            return Ok(());
        }
        let accounts: Vec<i64> = self.new.iter().map(|once| once.account.0.into()).collect();
        let keys: Vec<Cow<'_, str>> = self.new.iter().map(|once| text(&once.key)).collect();
        let requests: Vec<&[u8]> = self.new.iter().map(|once| &once.request[..]).collect();
        let answers: Vec<Cow<'_, str>> = self.new.iter().map(|once| text(&once.answer)).collect();
        let clear = format!(
            "DELETE FROM once WHERE id IN (SELECT id FROM once ORDER BY id LIMIT {} FOR UPDATE SKIP LOCKED) \
             AND at <= now_ms() - {ONCE_KEPT}",
            ONCE_CLEARED * self.new.len().next_power_of_two()
        );
        // What stands under a key here is older than 24 hours, or another node's of this moment.
        let remember = format!(
            "INSERT INTO once AS o (account, key, request, answer, at) \
             SELECT account, key, request, answer, now_ms() \
             FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::text[]) AS n (account, key, request, answer) \
             ORDER BY account, key \
             ON CONFLICT (account, key) DO UPDATE SET id = DEFAULT, request = excluded.request, \
             answer = excluded.answer, at = excluded.at WHERE o.at <= now_ms() - {ONCE_KEPT}"
        );
        let values: [Value<'_>; 4] = [&accounts, &keys, &requests, &answers];
        let changed = transaction.all(&[Call::new(clear, []), Call::new(remember, values)]).await?;
        if changed.last().copied() == u64::try_from(self.new.len()).ok() { Ok(()) } else { Err(Error::Raced) }
    }
}

fn request(octets: &[u8]) -> Result<[u8; 32], Error> {
    octets.try_into().map_err(|_| Error::Damaged("a digest of a request is not 32 octets long".into()))
}

/// What was promised to this key in the last 24 hours.
pub(super) async fn remembered(link: &Link, account: AccountId, asked: &str) -> Result<Option<Once>, Error> {
    let sql = format!(
        "SELECT key, request, answer FROM once WHERE account = $1 AND key = $2 AND at > now_ms() - {ONCE_KEPT}"
    );
    let rows = link.query(&sql, &[&i64::from(account.0), &text(asked)]).await?;
    rows.first()
        .map(|row| {
            let request = request(row.try_get(1)?)?;
            Ok(Once { account, key: row.try_get(0)?, request, answer: row.try_get(2)? })
        })
        .transpose()
}
