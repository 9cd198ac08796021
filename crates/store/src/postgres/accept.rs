//! Acceptance of messages, and the promise that a request is one request however often it comes.

use super::counted::Beside;
use super::error::Error;
use super::link::{Call, Link, Transaction, Value};
use super::money::{self, Moved};
use super::rows::{self, Arrays, key, text};
use super::withdrawal;
use super::writer::Work;
use crate::decided;
use crate::limits::{ONCE_CLEARED, ONCE_KEPT};
use crate::table::declared::{Place, place};
use crate::verdicts::Verdicts;
use postrider_core::account::AccountId;
use postrider_core::contract::{Accept, Accepted, Decided, Once};
use postrider_core::message::Message;
use postrider_core::money::Purse;
use std::borrow::Cow;
use std::collections::HashMap;
use std::convert::Infallible;

/// Messages to be accepted together.
pub(super) struct Accepting {
    pub(super) messages: Vec<Accept>,
    pub(super) once: Option<Once>,
}

impl Accepting {
    /// These messages; `once` makes a repetition harmless.
    pub(super) const fn new(messages: Vec<Accept>, once: Option<Once>) -> Self {
        Self { messages, once }
    }

    /// Whether one of its messages may be refused: its account is billed.
    fn is_billed(&self) -> bool {
        self.messages.iter().any(|accept| accept.credit.is_some())
    }

    /// Pays for its messages, or refuses them.
    fn paid(&self, purse: &mut Purse) -> Verdicts<'_> {
        let pay = |accept: &Accept| {
            let credit = accept.credit.as_deref();
            Ok::<_, Infallible>(credit.and_then(|credit| purse.pay(&accept.message, credit).err()))
        };
        Verdicts::of(&self.messages, pay).unwrap_or_else(|never| match never {})
    }
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

    async fn done_after_all(works: &[Self], transaction: Transaction<'_>) -> Result<(), Error> {
        withdrawal::withdraw(works, transaction).await
    }

    fn foregone(batch: &[&Self]) -> Option<Vec<Accepted>> {
        let is_plain = batch.iter().all(|accepting| accepting.once.is_none() && !accepting.is_billed());
        is_plain.then(|| vec![Accepted::ALL; batch.len()])
    }

    async fn run(batch: &[&Self], transaction: &mut Transaction<'_>) -> Result<Vec<Accepted>, Error> {
        let mut keys = Keys::default();
        keys.recall(batch, transaction).await?;
        let all: Vec<&Accept> = batch.iter().flat_map(|accepting| &accepting.messages).collect();
        let mut purse = money::take(&all, transaction).await?;
        let mut answers = Vec::with_capacity(batch.len());
        let mut accepted: Vec<&Accept> = Vec::new();
        for accepting in batch {
            if let Some(known) = accepting.once.as_ref().and_then(|once| keys.known(once)) {
                answers.push(known);
                continue;
            }
            let verdicts = accepting.paid(&mut purse);
            if let Some(once) = accepting.once.as_ref().filter(|_| verdicts.accept_any()) {
                keys.note(once, &verdicts);
            }
            accepted.extend(verdicts.accepted());
            answers.push(verdicts.answer());
        }
        keys.remember(transaction).await?;
        insert(&accepted, &purse, transaction).await?;
        Ok(answers)
    }
}

/// Writes the rows of accepted messages, and what they moved of balances.
pub(super) async fn insert(
    accepted: &[&Accept],
    purse: &Purse,
    transaction: &mut Transaction<'_>,
) -> Result<(), Error> {
    if accepted.is_empty() {
        transaction.nothing();
        return Ok(());
    }
    let node = transaction.node().into();
    let places: Vec<Place> = accepted.iter().map(|accept| place(accept, node)).collect();
    let (mut messages, mut queue) = (Arrays::default(), Arrays::default());
    accepted.iter().for_each(|accept| messages.push(&*accept.message));
    places.iter().for_each(|place| queue.push(place));
    let beside = Beside::of(accepted);
    let counted = beside.arrays();
    let mut calls = vec![
        Call::new(rows::insert::<Message>("message"), messages.values().collect::<Vec<_>>()),
        Call::new(rows::insert::<Place>("queue"), queue.values().collect::<Vec<_>>()),
    ];
    let moved = Moved::of(purse);
    moved.calls(&mut calls);
    beside.calls(&counted, &mut calls);
    transaction.all(&calls).await?;
    Ok(())
}

/// The meaning of a key: the digest of its request, and the decisions on it.
type Promise = ([u8; 32], Vec<Decided>);

/// The clients' keys of a batch.
#[derive(Default)]
struct Keys<'b> {
    /// The meaning of each account's keys, remembered or new.
    known: HashMap<(i64, Cow<'b, str>), Promise>,
    new: Vec<(&'b Once, String)>,
}

impl<'b> Keys<'b> {
    /// Reads the meaning of the batch's keys.
    async fn recall(
        &mut self,
        batch: &[&'b Accepting],
        transaction: &mut Transaction<'_>,
    ) -> Result<(), Error> {
        let asked: Vec<&Once> = batch.iter().filter_map(|accepting| accepting.once.as_ref()).collect();
        if asked.is_empty() {
            return Ok(());
        }
        let accounts: Vec<i64> = asked.iter().map(|once| once.account.0.into()).collect();
        let keys: Vec<Cow<'_, str>> = asked.iter().map(|once| text(&once.key)).collect();
        let sql = format!(
            "SELECT o.account, o.key, o.request, o.decided FROM unnest($1::bigint[], $2::text[]) AS a (account, key) \
             JOIN once o ON o.account = a.account AND o.key = a.key WHERE o.at > now_ms() - {ONCE_KEPT}"
        );
        for row in transaction.query(&sql, &[&accounts, &keys]).await? {
            let name: String = row.try_get(1)?;
            let promise = (request(row.try_get(2)?)?, decisions(row.try_get(3)?)?);
            self.known.insert((row.try_get(0)?, name.into()), promise);
        }
        Ok(())
    }

    /// The answer to a request whose key is known.
    fn known(&self, once: &'b Once) -> Option<Accepted> {
        let (request, decided) = self.known.get(&(i64::from(once.account.0), text(&once.key)))?;
        let is_same = *request == once.request;
        Some(if is_same { Accepted::Before(decided.clone()) } else { Accepted::Conflict })
    }

    /// A new key is known from here on.
    fn note(&mut self, once: &'b Once, verdicts: &Verdicts<'_>) {
        let decided = verdicts.decided(once);
        self.new.push((once, decided::write(&decided)));
        let key = (i64::from(once.account.0), text(&once.key));
        self.known.insert(key, (once.request, decided.into_owned()));
    }

    async fn remember(&self, transaction: &mut Transaction<'_>) -> Result<(), Error> {
        if self.new.is_empty() {
            return Ok(());
        }
        let accounts: Vec<i64> = self.new.iter().map(|(once, _)| once.account.0.into()).collect();
        let keys: Vec<Cow<'_, str>> = self.new.iter().map(|(once, _)| text(&once.key)).collect();
        let requests: Vec<&[u8]> = self.new.iter().map(|(once, _)| &once.request[..]).collect();
        let decided: Vec<&str> = self.new.iter().map(|(_, decided)| &**decided).collect();
        let clear = format!(
            "DELETE FROM once WHERE id IN (SELECT id FROM once ORDER BY id LIMIT {} FOR UPDATE SKIP LOCKED) \
             AND at <= now_ms() - {ONCE_KEPT}",
            ONCE_CLEARED * self.new.len().next_power_of_two()
        );
        // A row that has the key here is older than 24 hours, or another node's of this moment.
        let remember = format!(
            "INSERT INTO once AS o (account, key, request, decided, at) \
             SELECT account, key, request, decided, now_ms() \
             FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::text[]) AS n (account, key, request, decided) \
             ORDER BY account, key \
             ON CONFLICT (account, key) DO UPDATE SET id = DEFAULT, request = excluded.request, \
             decided = excluded.decided, at = excluded.at WHERE o.at <= now_ms() - {ONCE_KEPT}"
        );
        let values: [Value<'_>; 4] = [&accounts, &keys, &requests, &decided];
        let changed = transaction.all(&[Call::new(clear, []), Call::new(remember, values)]).await?;
        if changed.last().copied() == u64::try_from(self.new.len()).ok() { Ok(()) } else { Err(Error::Raced) }
    }
}

fn request(octets: &[u8]) -> Result<[u8; 32], Error> {
    octets.try_into().map_err(|_| Error::Damaged("a digest of a request is not 32 octets long".into()))
}

fn decisions(text: &str) -> Result<Vec<Decided>, Error> {
    decided::read(text).ok_or_else(|| Error::Damaged(format!("'{text}' is no decisions on a request")))
}

/// The decisions on the request with this key, if there was one in the last 24 hours.
pub(super) async fn remembered(link: &Link, account: AccountId, asked: &str) -> Result<Option<Once>, Error> {
    let sql = format!(
        "SELECT key, request, decided FROM once WHERE account = $1 AND key = $2 AND at > now_ms() - {ONCE_KEPT}"
    );
    let rows = link.query(&sql, &[&i64::from(account.0), &text(asked)]).await?;
    rows.first()
        .map(|row| {
            let request = request(row.try_get(1)?)?;
            Ok(Once { account, key: row.try_get(0)?, request, decided: decisions(row.try_get(2)?)? })
        })
        .transpose()
}
