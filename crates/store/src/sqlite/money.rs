//! Balances and what moves them. The messages of a transaction move a balance once, at the transaction's end.

use super::Sqlite;
use super::rows::limit;
use super::tables::Tables;
use super::writer::Verb;
use crate::codes::Code;
use crate::money::{MOVES, country, currency, entry_number};
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{
    Accept, AccountBalance, Credits, EntryFilter, MoneyEntry, Posted, Posting, StoreError,
};
use postrider_core::money::{Amount, Balance, BalanceKey, Currency, EntryKind, Purse, SpentKey};
use postrider_core::submission::Refusal;
use postrider_core::time::Time;
use rusqlite::{Connection, OptionalExtension, Result, Row, params};

#[async_trait]
impl Credits for Sqlite {
    async fn balances(&self, account: Option<AccountId>) -> Result<Vec<AccountBalance>, StoreError> {
        self.reader.read(move |connection| balances(connection, account)).await
    }

    async fn entries(&self, filter: EntryFilter) -> Result<Vec<MoneyEntry>, StoreError> {
        self.reader.read(move |connection| entries(connection, filter)).await
    }

    async fn post(&self, posting: Posting) -> Result<Posted, StoreError> {
        self.write(Enter(posting)).await
    }

    async fn note_low(
        &self,
        account: AccountId,
        currency: Currency,
        is_low: bool,
    ) -> Result<bool, StoreError> {
        self.write(NotingLow { account, currency, is_low }).await
    }
}

/// Pays for a message that is accepted, or says why it can't be paid.
pub(super) fn pay(tables: &mut Tables<'_>, accept: &Accept) -> Result<Option<Refusal>> {
    let (message, Some(credit)) = (&*accept.message, &accept.credit) else { return Ok(None) };
    if let Some((key, days)) = Purse::needs(message, credit) {
        if !tables.purse.knows(key) {
            let balance = balance(tables.connection, key)?;
            tables.purse.learn(key, balance);
        }
        for day in days {
            if !tables.purse.knows_spent(day) {
                let spent = spent(tables.connection, day)?;
                tables.purse.learn_spent(day, spent);
            }
        }
    }
    Ok(tables.purse.pay(message, credit).err())
}

fn balance(connection: &Connection, (account, currency): BalanceKey) -> Result<Balance> {
    let sql = "SELECT posted, reserved FROM balance WHERE account = ?1 AND currency = ?2";
    let found = connection.prepare_cached(sql)?.query_row(params![account.0, currency.code()], |row| {
        Ok(Balance { posted: Amount(row.get(0)?), reserved: Amount(row.get(1)?) })
    });
    Ok(found.optional()?.unwrap_or_default())
}

fn spent(connection: &Connection, (account, day, of): SpentKey) -> Result<Amount> {
    let sql = "SELECT amount FROM spent WHERE account = ?1 AND day = ?2 AND country = ?3";
    let found =
        connection.prepare_cached(sql)?.query_row(params![account.0, day, country(of)], |row| row.get(0));
    Ok(found.optional()?.map(Amount).unwrap_or_default())
}

/// Writes what the transaction has moved: a row for each balance and an entry for each kind.
pub(super) fn write(tables: &mut Tables<'_>) -> Result<()> {
    if tables.purse.is_idle() {
        return Ok(());
    }
    let purse = std::mem::take(&mut tables.purse);
    for ((account, currency), kind, moved) in purse.entries() {
        add(tables.connection, (account, currency), moved.posted, moved.reserved)?;
        tables
            .connection
            .prepare_cached(
                "INSERT INTO entry (account, currency, at, kind, posted, reserved, messages) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                account.0,
                currency.code(),
                purse.at().0,
                kind.code(),
                moved.posted.0,
                moved.reserved.0,
                moved.messages.cast_signed(),
            ])?;
    }
    for ((account, day, of), amount) in purse.spending() {
        let forget = "DELETE FROM spent WHERE account = ?1 AND day < ?2 - 1";
        tables.connection.prepare_cached(forget)?.execute(params![account.0, day])?;
        tables
            .connection
            .prepare_cached(
                "INSERT INTO spent (account, day, country, amount) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (account, day, country) DO UPDATE SET amount = amount + excluded.amount",
            )?
            .execute(params![account.0, day, country(of), amount.0])?;
    }
    Ok(())
}

fn add(
    connection: &Connection,
    (account, currency): BalanceKey,
    posted: Amount,
    reserved: Amount,
) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO balance (account, currency, posted, reserved) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (account, currency) DO UPDATE \
             SET posted = posted + excluded.posted, reserved = reserved + excluded.reserved",
        )?
        .execute(params![account.0, currency.code(), posted.0, reserved.0])
        .map(drop)
}

/// An entry of its own.
pub(super) struct Enter(pub(super) Posting);

impl Verb for Enter {
    type Answer = Posted;

    fn run(&self, tables: &mut Tables<'_>) -> Result<Posted> {
        let posting = &self.0;
        let key = (posting.account, posting.currency);
        let sql = format!("SELECT {ENTRY} FROM entry WHERE account = ?1 AND kind = ?2 AND key = ?3");
        let before = tables
            .connection
            .prepare_cached(&sql)?
            .query_row(params![posting.account.0, posting.kind.code(), posting.key], entry)
            .optional()?;
        if let Some(before) = before {
            let is_same = before.currency == posting.currency && posting.added.may_have_been(before.posted);
            let balance = balance_now(tables, key)?;
            return Ok(if is_same { Posted::Before(before, balance) } else { Posted::Conflict });
        }
        let before = balance_now(tables, key)?;
        if !posting.added.is_within(posting.limit, before) {
            return Ok(Posted::Unpaid);
        }
        let amount = posting.added.to(before);
        add(tables.connection, key, amount, Amount::ZERO)?;
        let sql = format!(
            "INSERT INTO entry (account, currency, at, kind, posted, reserved, messages, key, note, who) \
             VALUES (?1, ?2, ?3, ?4, ?5, 0, 0, ?6, ?7, ?8) RETURNING {ENTRY}"
        );
        let made = tables.connection.prepare_cached(&sql)?.query_row(
            params![
                posting.account.0,
                posting.currency.code(),
                posting.at.0,
                posting.kind.code(),
                amount.0,
                posting.key,
                posting.note,
                posting.who,
            ],
            entry,
        )?;
        // What this transaction knows of the balance is from before.
        if tables.purse.knows(key) {
            tables.purse.learn(key, balance(tables.connection, key)?);
        }
        let balance = balance_now(tables, key)?;
        Ok(Posted::Now(made, balance))
    }
}

/// A balance with what the transaction has moved so far.
fn balance_now(tables: &Tables<'_>, key: BalanceKey) -> Result<Balance> {
    let mut purse = tables.purse.clone();
    purse.learn(key, balance(tables.connection, key)?);
    Ok(purse.balance(key))
}

/// Whether an owner was told that a balance is low.
pub(super) struct NotingLow {
    pub(super) account: AccountId,
    pub(super) currency: Currency,
    pub(super) is_low: bool,
}

impl Verb for NotingLow {
    type Answer = bool;

    fn run(&self, tables: &mut Tables<'_>) -> Result<bool> {
        let sql = "UPDATE balance SET low = ?3 WHERE account = ?1 AND currency = ?2 AND low <> ?3";
        let values = params![self.account.0, self.currency.code(), self.is_low];
        Ok(tables.connection.prepare_cached(sql)?.execute(values)? == 1)
    }
}

/// Balances, of one account or of all.
pub(super) fn balances(connection: &Connection, account: Option<AccountId>) -> Result<Vec<AccountBalance>> {
    let sql = "SELECT account, currency, posted, reserved, low FROM balance WHERE ?1 IS NULL OR account = ?1 \
               ORDER BY account, currency";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([account.map(|account| account.0)], |row| {
        Ok(AccountBalance {
            account: AccountId(row.get(0)?),
            currency: currency(&row.get::<_, String>(1)?)?,
            balance: Balance { posted: Amount(row.get(2)?), reserved: Amount(row.get(3)?) },
            is_low: row.get(4)?,
        })
    })?;
    rows.collect()
}

/// What moved balances, the newest first.
pub(super) fn entries(connection: &Connection, filter: EntryFilter) -> Result<Vec<MoneyEntry>> {
    let of = if filter.account.is_some() { "account = ?1 AND" } else { "?1 IS NULL AND" };
    // By the index of keys: those that were posted by themselves have one, and are few.
    let kind = if filter.kind.is_some() { "kind = ?4 AND key IS NOT NULL AND" } else { "?4 IS NULL AND" };
    let sql =
        format!("SELECT {ENTRY} FROM entry WHERE {of} {kind} id < ?2 AND {MOVES} ORDER BY id DESC LIMIT ?3");
    let before = filter.before.map_or(i64::MAX, entry_number);
    let (account, kind) = (filter.account.map(|account| account.0), filter.kind.map(Code::code));
    let values = params![account, before, limit(filter.limit), kind];
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(values, entry)?;
    rows.collect()
}

/// The columns of an entry.
const ENTRY: &str = "id, account, currency, at, kind, posted, reserved, messages, key, note, who";

fn entry(row: &Row<'_>) -> Result<MoneyEntry> {
    let kind: i64 = row.get(4)?;
    let unknown = || crate::table::Damaged { columns: "kind", found: kind.to_string() };
    Ok(MoneyEntry {
        id: row.get::<_, i64>(0)?.cast_unsigned(),
        account: AccountId(row.get(1)?),
        currency: currency(&row.get::<_, String>(2)?)?,
        at: Time(row.get(3)?),
        kind: EntryKind::from_code(kind).ok_or_else(unknown)?,
        posted: Amount(row.get(5)?),
        reserved: Amount(row.get(6)?),
        messages: row.get::<_, i64>(7)?.cast_unsigned(),
        key: row.get(8)?,
        note: row.get(9)?,
        who: row.get(10)?,
    })
}
