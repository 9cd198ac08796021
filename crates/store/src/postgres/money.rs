//! Balances and what moves them. A transaction that pays for messages, or settles them, first takes the rows of all balances
//! that it moves, in their order: so no two of them wait for each other, and what was read still holds when it is written.

use super::Postgres;
use super::errand::Errand;
use super::error::Error;
use super::link::{Call, Link, Transaction, Value};
use super::rows::{code, coded, limit, narrow, time};
use crate::money::{MOVES, country, currency, entry_number};
use async_trait::async_trait;
use postrider_core::account::AccountId;
use postrider_core::contract::{
    Accept, AccountBalance, Credits, EntryFilter, MoneyEntry, Posted, Posting, StoreError,
};
use postrider_core::delivery::Change;
use postrider_core::id::MessageId;
use postrider_core::inbound::Received;
use postrider_core::money::{
    Amount, Balance, BalanceKey, Charge, Currency, EntryKind, Movement, Purse, Settlement, SpentKey,
};
use postrider_core::numbering::Country;
use std::collections::BTreeSet;
use tokio_postgres::Row;

#[async_trait]
impl Credits for Postgres {
    async fn balances(&self, account: Option<AccountId>) -> Result<Vec<AccountBalance>, StoreError> {
        self.reader.read(|link| async move { balances(&link, account).await }).await
    }

    async fn entries(&self, filter: EntryFilter) -> Result<Vec<MoneyEntry>, StoreError> {
        self.reader.read(|link| async move { entries(&link, filter).await }).await
    }

    async fn post(&self, posting: Posting) -> Result<Posted, StoreError> {
        self.errands.run(Enter(posting)).await
    }

    async fn note_low(
        &self,
        account: AccountId,
        currency: Currency,
        is_low: bool,
    ) -> Result<bool, StoreError> {
        self.errands.run(NotingLow { account, currency, is_low }).await
    }
}

/// The statement that makes and takes the rows of balances, in their order.
const TAKE: &str = "INSERT INTO balance (account, currency, posted, reserved) \
     SELECT account, currency, 0, 0 FROM unnest($1::bigint[], $2::text[]) AS k (account, currency) \
     ORDER BY account, currency \
     ON CONFLICT (account, currency) DO UPDATE SET posted = balance.posted \
     RETURNING account, currency, posted, reserved";
/// The statement that reads what was spent on days. The rows of the balances are taken.
const SPENT: &str = "SELECT s.account, s.day, s.country, s.amount \
     FROM unnest($1::bigint[], $2::integer[], $3::text[]) AS k (account, day, country) \
     JOIN spent s ON s.account = k.account AND s.day = k.day AND s.country = k.country";
/// The statement that adds to days' sums, and forgets older days of the same accounts.
const SPEND: &str = "WITH old AS (DELETE FROM spent s USING unnest($1::bigint[], $2::integer[]) AS k (account, day) \
     WHERE s.account = k.account AND s.day < k.day - 1) \
     INSERT INTO spent (account, day, country, amount) \
     SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[], $4::bigint[]) \
     ON CONFLICT (account, day, country) DO UPDATE SET amount = spent.amount + excluded.amount";
/// The statement that moves balances and writes the entries.
const MOVE: &str = "WITH moved AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::smallint[], \
     $5::bigint[], $6::bigint[], $7::bigint[]) AS m (account, currency, at, kind, posted, reserved, messages)), \
     entered AS (INSERT INTO entry (account, currency, at, kind, posted, reserved, messages) SELECT * FROM moved) \
     INSERT INTO balance (account, currency, posted, reserved) \
     SELECT account, currency, sum(posted)::bigint, sum(reserved)::bigint FROM moved GROUP BY account, currency \
     ON CONFLICT (account, currency) DO UPDATE \
     SET posted = balance.posted + excluded.posted, reserved = balance.reserved + excluded.reserved";

/// The balances of a batch, taken for this transaction.
pub(super) async fn take(accepts: &[&Accept], transaction: &mut Transaction<'_>) -> Result<Purse, Error> {
    let (mut balances, mut days) = (BTreeSet::new(), BTreeSet::new());
    for accept in accepts {
        let needs = accept.credit.as_deref().and_then(|credit| Purse::needs(&accept.message, credit));
        if let Some((key, of_days)) = needs {
            balances.insert(key);
            days.extend(of_days);
        }
    }
    let mut purse = Purse::default();
    if balances.is_empty() {
        return Ok(purse);
    }
    let (accounts, currencies) = keys(&balances);
    for row in transaction.query(TAKE, &[&accounts, &currencies]).await? {
        let key = (AccountId(narrow(&row, 0)?), currency(row.try_get(1)?)?);
        purse.learn(key, Balance { posted: Amount(row.try_get(2)?), reserved: Amount(row.try_get(3)?) });
    }
    if !days.is_empty() {
        let of = Days::of(days.iter().map(|day| (*day, Amount::ZERO)));
        for row in transaction.query(SPENT, &[&of.account, &of.day, &of.country]).await? {
            let text: &str = row.try_get(2)?;
            let country: Option<Country> = text.parse().ok();
            let day: i32 = row.try_get(1)?;
            let key = (AccountId(narrow(&row, 0)?), day.cast_unsigned(), country);
            purse.learn_spent(key, Amount(row.try_get(3)?));
        }
    }
    Ok(purse)
}

fn keys<'k>(balances: impl IntoIterator<Item = &'k BalanceKey>) -> (Vec<i64>, Vec<String>) {
    balances.into_iter().map(|(account, currency)| (i64::from(account.0), currency.to_string())).unzip()
}

/// Sums of days as columns have them.
#[derive(Default)]
struct Days {
    account: Vec<i64>,
    day: Vec<i32>,
    country: Vec<String>,
    amount: Vec<i64>,
}

impl Days {
    fn of(days: impl Iterator<Item = (SpentKey, Amount)>) -> Self {
        let mut all = Self::default();
        for ((account, day, of), amount) in days {
            all.account.push(account.0.into());
            all.day.push(day.cast_signed());
            all.country.push(country(of));
            all.amount.push(amount.0);
        }
        all
    }
}

/// Entries as columns have them.
#[derive(Default)]
struct Entries {
    account: Vec<i64>,
    currency: Vec<String>,
    at: Vec<i64>,
    kind: Vec<i16>,
    posted: Vec<i64>,
    reserved: Vec<i64>,
    messages: Vec<i64>,
}

impl Entries {
    fn push(&mut self, (account, currency): BalanceKey, at: i64, kind: EntryKind, moved: Movement) {
        self.account.push(account.0.into());
        self.currency.push(currency.to_string());
        self.at.push(at);
        self.kind.push(code(kind));
        self.posted.push(moved.posted.0);
        self.reserved.push(moved.reserved.0);
        self.messages.push(moved.messages.cast_signed());
    }

    fn values(&self) -> [Value<'_>; 7] {
        let Self { account, currency, at, kind, posted, reserved, messages } = self;
        [account, currency, at, kind, posted, reserved, messages]
    }
}

/// What a transaction has moved, to be written with its other statements.
#[derive(Default)]
pub(super) struct Moved {
    entries: Entries,
    days: Days,
}

impl Moved {
    /// What this purse has moved.
    pub(super) fn of(purse: &Purse) -> Self {
        let mut entries = Entries::default();
        for (key, kind, moved) in purse.entries() {
            entries.push(key, purse.at().0, kind, moved);
        }
        Self { entries, days: Days::of(purse.spending()) }
    }

    /// The statements that write it.
    pub(super) fn calls<'m>(&'m self, calls: &mut Vec<Call<'m>>) {
        if !self.entries.account.is_empty() {
            calls.push(Call::new(MOVE, self.entries.values()));
        }
        let Days { account, day, country, amount } = &self.days;
        if !account.is_empty() {
            calls.push(Call::new(SPEND, [account as Value<'m>, day, country, amount]));
        }
    }
}

/// What the ends of a record do to balances, as far as they are the first ends of their messages.
#[derive(Default)]
pub(super) struct Settled {
    message: Vec<i64>,
    entries: Entries,
}

impl Settled {
    /// Adds one.
    pub(super) fn push(&mut self, message: i64, change: &Change, settlement: &Settlement) {
        let Settlement { currency, posted, freed } = *settlement;
        let moved = Movement { posted, reserved: -freed, messages: 1 };
        self.message.push(message);
        self.entries.push((change.account, currency), change.at.0, settlement.kind(), moved);
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.message.is_empty()
    }

    /// The values of [`settle`].
    pub(super) fn values(&self) -> impl Iterator<Item = Value<'_>> {
        let message: Value<'_> = &self.message;
        let [account, currency, at, kind, posted, reserved, _] = self.entries.values();
        [message, account, currency, at, kind, posted, reserved].into_iter()
    }
}

/// Further tables of a statement, which settle the messages of its table `ended`. Its first value has place `first`.
pub(super) fn settle(first: usize) -> String {
    let [message, account, currency, at, kind, posted, reserved] = std::array::from_fn(|place| first + place);
    format!(
        "settled AS (SELECT s.account, s.currency, max(s.at) AS at, s.kind, sum(s.posted)::bigint AS posted, \
         sum(s.reserved)::bigint AS reserved, count(*) AS messages \
         FROM unnest(${message}::bigint[], ${account}::bigint[], ${currency}::text[], ${at}::bigint[], ${kind}::smallint[], \
         ${posted}::bigint[], ${reserved}::bigint[]) AS s (id, account, currency, at, kind, posted, reserved) \
         WHERE (s.id IN (SELECT id FROM ended)) IS TRUE GROUP BY s.account, s.currency, s.kind), \
         entered AS (INSERT INTO entry (account, currency, at, kind, posted, reserved, messages) SELECT * FROM settled), \
         balanced AS (INSERT INTO balance (account, currency, posted, reserved) \
         SELECT account, currency, sum(posted)::bigint, sum(reserved)::bigint FROM settled GROUP BY account, currency \
         ON CONFLICT (account, currency) DO UPDATE \
         SET posted = balance.posted + excluded.posted, reserved = balance.reserved + excluded.reserved)"
    )
}

/// The balances that a record moves, to be taken before anything else.
#[derive(Default)]
pub(super) struct Taken {
    accounts: Vec<i64>,
    currencies: Vec<String>,
}

impl Taken {
    /// Those of these changes, and those that this purse has moved.
    pub(super) fn of<'c>(changes: impl Iterator<Item = &'c Change>, purse: &Purse) -> Self {
        let key = |change: &Change| Some((change.account, change.settlement.as_ref()?.currency));
        let moved = purse.entries().map(|(key, ..)| key);
        let balances: BTreeSet<BalanceKey> = changes.filter_map(key).chain(moved).collect();
        let (accounts, currencies) = keys(&balances);
        Self { accounts, currencies }
    }

    /// The statement that takes them.
    pub(super) fn calls<'t>(&'t self, calls: &mut Vec<Call<'t>>) {
        if !self.accounts.is_empty() {
            calls.push(Call::new(TAKE, [&self.accounts as Value<'t>, &self.currencies]));
        }
    }
}

/// What messages from handsets cost their accounts.
pub(super) fn charges<'r>(received: impl Iterator<Item = &'r Received>) -> Purse {
    let mut purse = Purse::default();
    received.for_each(|received| purse.charge_inbound(received));
    purse
}

/// Gives back what was paid for messages that are taken out again.
pub(super) async fn give_back(withdrawn: &[Row], transaction: &mut Transaction<'_>) -> Result<(), Error> {
    let mut purse = Purse::default();
    for row in withdrawn {
        let (price, terms): (Option<i64>, Option<&str>) = (row.try_get(2)?, row.try_get(3)?);
        let terms = terms.and_then(|terms| terms.parse().ok());
        let Some((price, terms)) = price.zip(terms) else { continue };
        let parts = u8::try_from(row.try_get::<_, i16>(4)?).unwrap_or(u8::MAX);
        let charge = Charge { terms, price: Some(Amount(price)), costs: Box::default() };
        let id = MessageId::from_number(narrow(row, 0)?);
        purse.settle(AccountId(narrow(row, 1)?), &charge.given_back(parts), id.time());
    }
    let moved = Moved::of(&purse);
    let mut calls = Vec::new();
    moved.calls(&mut calls);
    if !calls.is_empty() {
        transaction.all(&calls).await?;
    }
    Ok(())
}

/// An entry of its own.
pub(super) struct Enter(pub(super) Posting);

impl Errand for Enter {
    type Answer = Posted;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Posted, Error> {
        let posting = &self.0;
        let key = (posting.account, posting.currency);
        let (accounts, currencies) = keys([&key]);
        let rows = transaction.query(TAKE, &[&accounts, &currencies]).await?;
        let row = rows.first().ok_or_else(|| Error::Damaged("a balance was not made".into()))?;
        let balance = Balance { posted: Amount(row.try_get(2)?), reserved: Amount(row.try_get(3)?) };
        let amount = posting.added.to(balance);
        let is_within = posting.added.is_within(posting.limit, balance);
        let account = i64::from(posting.account.0);
        let insert = format!(
            "INSERT INTO entry (account, currency, at, kind, posted, reserved, messages, key, note, who) \
             SELECT $1::bigint, $2::text, $3::bigint, $4::smallint, $5::bigint, 0, 0, $6::text, $7::text, $8::text WHERE $9::boolean \
             ON CONFLICT (account, kind, key) DO NOTHING RETURNING {ENTRY}"
        );
        let kind = code(posting.kind);
        let note = posting.note.as_deref();
        let currency = posting.currency.to_string();
        let (text_key, who) = (&*posting.key, &*posting.who);
        let values: [Value<'_>; 9] =
            [&account, &currency, &posting.at.0, &kind, &amount.0, &text_key, &note, &who, &is_within];
        if let Some(made) = transaction.query(&insert, &values).await?.first() {
            let made = entry(made)?;
            let sql = "UPDATE balance SET posted = posted + $3 WHERE account = $1 AND currency = $2";
            transaction.execute(sql, &[&account, &currency, &amount.0]).await?;
            let posted = balance.posted + amount;
            return Ok(Posted::Now(made, Balance { posted, ..balance }));
        }
        let sql = format!("SELECT {ENTRY} FROM entry WHERE account = $1 AND kind = $2 AND key = $3");
        let before = transaction.query(&sql, &[&account, &kind, &text_key]).await?;
        let before = match before.first() {
            Some(before) => entry(before)?,
            None if is_within => return Err(Error::Raced),
            None => return Ok(Posted::Unpaid),
        };
        let is_same = before.currency == posting.currency && posting.added.may_have_been(before.posted);
        Ok(if is_same { Posted::Before(before, balance) } else { Posted::Conflict })
    }
}

/// Whether an owner was told that a balance is low.
pub(super) struct NotingLow {
    pub(super) account: AccountId,
    pub(super) currency: Currency,
    pub(super) is_low: bool,
}

impl Errand for NotingLow {
    type Answer = bool;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<bool, Error> {
        let sql = "UPDATE balance SET low = $3 WHERE account = $1 AND currency = $2 AND low <> $3";
        let account = i64::from(self.account.0);
        Ok(transaction.execute(sql, &[&account, &self.currency.to_string(), &self.is_low]).await? == 1)
    }
}

/// Balances, of one account or of all.
pub(super) async fn balances(link: &Link, account: Option<AccountId>) -> Result<Vec<AccountBalance>, Error> {
    let sql = "SELECT account, currency, posted, reserved, low FROM balance WHERE $1::bigint IS NULL OR account = $1 \
               ORDER BY account, currency";
    let rows = link.query(sql, &[&account.map(|account| i64::from(account.0))]).await?;
    let read = |row: &Row| {
        Ok(AccountBalance {
            account: AccountId(narrow(row, 0)?),
            currency: currency(row.try_get(1)?)?,
            balance: Balance { posted: Amount(row.try_get(2)?), reserved: Amount(row.try_get(3)?) },
            is_low: row.try_get(4)?,
        })
    };
    rows.iter().map(read).collect()
}

/// What moved balances, the newest first.
pub(super) async fn entries(link: &Link, filter: EntryFilter) -> Result<Vec<MoneyEntry>, Error> {
    let of = if filter.account.is_some() { "account = $1 AND" } else { "$1::bigint IS NULL AND" };
    // By the index of keys: those that were posted by themselves have one, and are few.
    let kind = match filter.kind {
        Some(_) => "kind = $4 AND key IS NOT NULL AND",
        None => "$4::smallint IS NULL AND",
    };
    let sql =
        format!("SELECT {ENTRY} FROM entry WHERE {of} {kind} id < $2 AND {MOVES} ORDER BY id DESC LIMIT $3");
    let account = filter.account.map(|account| i64::from(account.0));
    let before = filter.before.map_or(i64::MAX, entry_number);
    let kind = filter.kind.map(code);
    let rows = link.query(&sql, &[&account, &before, &limit(filter.limit), &kind]).await?;
    rows.iter().map(entry).collect()
}

/// The columns of an entry.
const ENTRY: &str = "id, account, currency, at, kind, posted, reserved, messages, key, note, who";

fn entry(row: &Row) -> Result<MoneyEntry, Error> {
    let text = |column| Ok::<_, Error>(row.try_get::<_, Option<&str>>(column)?.map(Into::into));
    Ok(MoneyEntry {
        id: narrow(row, 0)?,
        account: AccountId(narrow(row, 1)?),
        currency: currency(row.try_get(2)?)?,
        at: time(row, 3)?,
        kind: coded(row, 4)?,
        posted: Amount(row.try_get(5)?),
        reserved: Amount(row.try_get(6)?),
        messages: narrow(row, 7)?,
        key: text(8)?,
        note: text(9)?,
        who: text(10)?,
    })
}
