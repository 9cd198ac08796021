//! How what holds of numbers, and what handsets ask for, become columns.

use super::{Kept, Numbered};
use crate::codes::Code;
use crate::table::{Cell, Sink, Source};
use postrider_core::account::AccountId;
use postrider_core::consent::{Intent, Scope};

impl Kept for Option<Intent> {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        sink.put(self.map_or(Cell::Null, |intent| Cell::Number(intent.code())));
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let number = source.number()?;
        let intent =
            |number| Intent::from_code(number).ok_or_else(|| format!("{number}, which is no value of it"));
        number.map(intent).transpose()
    }
}

/// `consent.account` of what holds for all accounts.
const ALL_ACCOUNTS: i64 = 0;

/// The columns are the kind, the account, and the sender or the purpose.
impl Kept for Scope {
    fn keep<'v>(&'v self, sink: &mut impl Sink<'v>) {
        self.kind.keep(sink);
        sink.put(Cell::Number(scope_account(self)));
        self.only.keep(sink);
    }

    fn read<'r>(source: &mut impl Source<'r>) -> Result<Self, String> {
        let (kind, account): (_, i64) = (Kept::read(source)?, Kept::read(source)?);
        let account = match account {
            ALL_ACCOUNTS => None,
            account => Some(AccountId::from_number(account).ok_or_else(|| format!("the account {account}"))?),
        };
        Ok(Self { kind, account, only: Kept::read(source)? })
    }
}

/// `consent.account` of a scope.
pub(crate) fn scope_account(scope: &Scope) -> i64 {
    scope.account.map_or(ALL_ACCOUNTS, |account| account.0.into())
}
