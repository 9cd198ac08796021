//! Balances of accounts: read, topped up, and what moved them.

use super::StoreError;
use crate::account::AccountId;
use crate::money::{Amount, Balance, Currency, EntryKind};
use crate::time::Time;
use async_trait::async_trait;

/// A balance, with whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccountBalance {
    /// The account.
    pub account: AccountId,
    /// The currency.
    pub currency: Currency,
    /// What it has.
    pub balance: Balance,
    /// Whether its owner was told that it is low.
    pub is_low: bool,
}

/// What moved a balance: one transaction's messages, or a top-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoneyEntry {
    /// Its number; later ones are higher.
    pub id: u64,
    /// Whose balance it moved.
    pub account: AccountId,
    /// In which currency.
    pub currency: Currency,
    /// When.
    pub at: Time,
    /// Its kind.
    pub kind: EntryKind,
    /// What it added to the balance.
    pub posted: Amount,
    /// What it added to what is reserved.
    pub reserved: Amount,
    /// How many messages it is about.
    pub messages: u64,
    /// The idempotency key of a top-up.
    pub key: Option<Box<str>>,
    /// What a top-up was for.
    pub note: Option<Box<str>>,
    /// Who made a top-up.
    pub who: Option<Box<str>>,
}

/// Credit to be added to a balance, or, below zero, to be taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUp {
    /// The account.
    pub account: AccountId,
    /// The currency.
    pub currency: Currency,
    /// How much.
    pub added: Added,
    /// The key by which a repetition is known, of this account, for good.
    pub key: Box<str>,
    /// What it is for.
    pub note: Option<Box<str>>,
    /// Who adds it.
    pub who: Box<str>,
    /// When.
    pub at: Time,
}

/// How much a top-up adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// This; below zero it is taken away.
    Amount(Amount),
    /// What is lacking until so much is available; nothing if nothing is.
    UpTo(Amount),
}

impl Added {
    /// The amount that is added to a balance.
    #[must_use]
    pub fn to(self, balance: Balance) -> Amount {
        match self {
            Self::Amount(amount) => amount,
            Self::UpTo(target) => (target - balance.available()).max(Amount::ZERO),
        }
    }

    /// Whether an entry that was made under the same key may be this one's: of what was lacking then, nothing is known any more.
    #[must_use]
    pub fn may_have_been(self, posted: Amount) -> bool {
        match self {
            Self::Amount(amount) => amount == posted,
            Self::UpTo(_) => posted >= Amount::ZERO,
        }
    }
}

/// The result of a top-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToppedUp {
    /// It is in the balance, which is this now.
    Now(MoneyEntry, Balance),
    /// It was in the balance before, by this entry; the balance is this now.
    Before(MoneyEntry, Balance),
    /// The key was used for another amount, or another currency.
    Conflict,
}

/// Which entries somebody wants to see, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryFilter {
    /// Of this account; `None` for all.
    pub account: Option<AccountId>,
    /// Older than this one.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// The verbs of money. Messages move balances in the transactions that accept and end them.
#[async_trait]
pub trait Credits: Send + Sync {
    /// Balances, of one account or of all.
    async fn balances(&self, account: Option<AccountId>) -> Result<Vec<AccountBalance>, StoreError>;

    /// What moved balances, the newest first.
    async fn entries(&self, filter: EntryFilter) -> Result<Vec<MoneyEntry>, StoreError>;

    /// Adds to a balance. A repetition by its key adds nothing.
    async fn top_up(&self, top_up: TopUp) -> Result<ToppedUp, StoreError>;

    /// Notes whether the owner of a balance was told that it is low; returns whether that was not noted before.
    async fn note_low(
        &self,
        account: AccountId,
        currency: Currency,
        is_low: bool,
    ) -> Result<bool, StoreError>;
}
