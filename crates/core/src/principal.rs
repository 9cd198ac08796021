//! Principals: who asks. Doors turn credentials into a [`Principal`]; everything behind them asks it.

use crate::account::{Account, AccountId, Permits};
use std::sync::Arc;

/// Somebody who has proved who they are.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The name under which changes are recorded: of an account, or of an administrator's key.
    pub who: Box<str>,
    /// Their permissions.
    pub scope: Scope,
    /// What the key that they came with may be used for.
    pub permits: Permits,
    /// What an administrator's key may be used for.
    pub rights: Rights,
}

/// The permissions of a principal.
#[derive(Clone, Debug)]
pub enum Scope {
    /// Send, and see what this account sent.
    Account(Arc<Account>),
    /// See everything and change the configuration, as far as the key's rights go.
    Administrator,
}

/// What an administrator's key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// See what is declared, messages, nodes and changes.
    pub read: bool,
    /// Change what is declared, cancel messages, reload, and examine upstreams.
    pub write: bool,
    /// See SMPP traffic, with texts and numbers.
    pub trace: bool,
}

impl Rights {
    /// Everything.
    pub const ALL: Self = Self { read: true, write: true, trace: true };
    /// Nothing.
    pub const NONE: Self = Self { read: false, write: false, trace: false };
}

impl Principal {
    /// An account, by one of its keys.
    #[must_use]
    pub fn account(account: Arc<Account>, permits: Permits) -> Self {
        Self { who: account.name.clone(), scope: Scope::Account(account), permits, rights: Rights::NONE }
    }

    /// An administrator, by the name of their key, which may be used for everything.
    #[must_use]
    pub const fn administrator(who: Box<str>) -> Self {
        Self { who, scope: Scope::Administrator, permits: Permits::ALL, rights: Rights::ALL }
    }

    /// The same, with a key that may be used for this alone.
    #[must_use]
    pub fn limited_to(self, rights: Rights) -> Self {
        Self { permits: Permits { send: rights.write, read: rights.read }, rights, ..self }
    }

    /// Which messages they see.
    #[must_use]
    pub fn viewer(&self) -> Viewer {
        match &self.scope {
            Scope::Account(account) => Viewer::Account(account.id),
            Scope::Administrator => Viewer::Everything,
        }
    }
}

/// The view of a question: the messages that it may be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// All messages.
    Everything,
    /// The messages of one account.
    Account(AccountId),
}

impl Viewer {
    /// Whether the viewer sees messages of this account.
    #[must_use]
    pub fn sees(self, account: AccountId) -> bool {
        match self {
            Self::Everything => true,
            Self::Account(own) => own == account,
        }
    }

    /// The one account whose messages the viewer sees; `None` where it sees all.
    #[must_use]
    pub const fn account(self) -> Option<AccountId> {
        match self {
            Self::Everything => None,
            Self::Account(account) => Some(account),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::account;

    #[test]
    fn an_account_sees_its_own_messages_and_an_administrator_all() {
        let own = account();
        let other = AccountId(own.id.0 + 1);
        let (id, by_account) = (own.id, Principal::account(Arc::new(own), Permits::ALL).viewer());
        let by_administrator = Principal::administrator("ops".into()).viewer();
        assert_eq!((by_account.sees(id), by_account.sees(other)), (true, false));
        assert!(by_administrator.sees(id) && by_administrator.sees(other));
        assert_eq!((by_account.account(), by_administrator.account()), (Some(id), None));
    }
}
