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

/// What moved a balance: one transaction's messages, or something that was posted by itself.
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
    /// The key by which a repetition is known: of a top-up, the client's idempotency key.
    pub key: Option<Box<str>>,
    /// What it was for.
    pub note: Option<Box<str>>,
    /// Who posted it.
    pub who: Option<Box<str>>,
}

/// An entry that is no message's: a top-up or a fee. It is made once for its kind and key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The account.
    pub account: AccountId,
    /// The currency.
    pub currency: Currency,
    /// What it is.
    pub kind: EntryKind,
    /// How much.
    pub added: Added,
    /// How far below zero what is available may fall by it; `None` is without limit.
    pub limit: Option<Amount>,
    /// The key by which a repetition is known, of this account and kind, for good.
    pub key: Box<str>,
    /// What it is for.
    pub note: Option<Box<str>>,
    /// Who posts it.
    pub who: Box<str>,
    /// When.
    pub at: Time,
}

/// How much an entry adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// This; below zero it is taken away.
    Amount(Amount),
    /// What is lacking until so much is available; nothing if nothing is.
    UpTo(Amount),
}

impl Added {
    /// Whether a balance that falls by it stays above a limit; what rises always does.
    #[must_use]
    pub fn is_within(self, limit: Option<Amount>, balance: Balance) -> bool {
        let amount = self.to(balance);
        let falls_too_far = |limit| (balance.available() + amount + limit).is_negative();
        amount >= Amount::ZERO || !limit.is_some_and(falls_too_far)
    }

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

/// The result of a posting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Posted {
    /// It is in the balance, which is this now.
    Now(MoneyEntry, Balance),
    /// It was in the balance before, by this entry; the balance is this now.
    Before(MoneyEntry, Balance),
    /// The key was used for another amount, or another currency.
    Conflict,
    /// The account can't pay it.
    Unpaid,
}

/// Which entries somebody wants to see, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryFilter {
    /// Of this account; `None` for all.
    pub account: Option<AccountId>,
    /// Only those of this kind that no message made.
    pub kind: Option<EntryKind>,
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

    /// Makes an entry of its own. A repetition by its key adds nothing.
    async fn post(&self, posting: Posting) -> Result<Posted, StoreError>;

    /// Notes whether the owner of a balance was told that it is low; returns whether that was not noted before.
    async fn note_low(
        &self,
        account: AccountId,
        currency: Currency,
        is_low: bool,
    ) -> Result<bool, StoreError>;
}
