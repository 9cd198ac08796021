//! Principals: who asks. Doors turn credentials into a [`Principal`]; everything behind them asks it.

use crate::account::{Account, AccountId, Permits};
use crate::user::{Permission, Reach, Role};
use std::sync::Arc;

/// Somebody who has proved who they are.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The name under which changes are recorded: of an account, of an administrator's key, or of a user.
    pub who: Box<str>,
    /// Their permissions.
    pub scope: Scope,
    /// What the key that they came with may be used for.
    pub permits: Permits,
    /// What an administrator's key may be used for.
    pub rights: Rights,
    /// The role of a user of the console; `None` for keys.
    pub role: Option<Role>,
}

/// The permissions of a principal.
#[derive(Clone, Debug)]
pub enum Scope {
    /// Send, and see what this account sent.
    Account(Arc<Account>),
    /// See everything and change the configuration, as far as the key's rights go.
    Administrator,
}

/// What stands before the name of a user who changed a declaration, so that it is no key's.
pub const USER_PREFIX: &str = "user:";

impl Scope {
    /// Whether what the permission is about lies within.
    const fn reaches(&self, permission: Permission) -> bool {
        matches!((self, permission.reach()), (Self::Administrator, _) | (_, Reach::Account))
    }
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
        let who = account.name.clone();
        Self { who, scope: Scope::Account(account), permits, rights: Rights::NONE, role: None }
    }

    /// An administrator, by the name of their key, which may be used for everything.
    #[must_use]
    pub const fn administrator(who: Box<str>) -> Self {
        Self { who, scope: Scope::Administrator, permits: Permits::ALL, rights: Rights::ALL, role: None }
    }

    /// A user of the console with this name and role, who sees this account alone if there is one.
    #[must_use]
    pub fn user(who: Box<str>, role: Role, account: Option<Arc<Account>>) -> Self {
        let scope = account.map_or(Scope::Administrator, Scope::Account);
        let may = |permission: Permission| role.may(permission) && scope.reaches(permission);
        let permits = Permits { send: may(Permission::SendMessages), read: may(Permission::ReadMessages) };
        let rights = Rights {
            read: may(Permission::ReadConfiguration),
            write: may(Permission::WriteConfiguration),
            trace: may(Permission::Trace),
        };
        Self { who, scope, permits, rights, role: Some(role) }
    }

    /// Whether a user may do this. A key may do nothing by this table: its scopes say what it is for.
    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.role.is_some_and(|role| role.may(permission)) && self.scope.reaches(permission)
    }

    /// Whether numbers and texts are masked for them.
    #[must_use]
    pub fn is_masked(&self) -> bool {
        self.role.is_some_and(|role| !role.may(Permission::ReadWhole))
    }

    /// The name under which the declarations that they change are recorded. A user's says that it is one: [`USER_PREFIX`].
    #[must_use]
    pub fn recorded_as(&self) -> String {
        let prefix = if self.role.is_some() { USER_PREFIX } else { "" };
        format!("{prefix}{}", self.who)
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

    #[test]
    fn a_user_with_an_account_sees_it_alone_and_changes_nothing_of_the_gateway() {
        let account = Arc::new(account());
        let customer = Principal::user("anna".into(), Role::Customer, Some(Arc::clone(&account)));
        assert_eq!(customer.viewer(), Viewer::Account(account.id));
        assert_eq!((customer.permits, customer.rights), (Permits::ALL, Rights::NONE));
        // Whatever its role is: the account bounds it.
        let narrow = Principal::user("otto".into(), Role::Operator, Some(account));
        assert!(narrow.may(Permission::SendMessages) && !narrow.may(Permission::WriteConfiguration));
        let operator = Principal::user("otto".into(), Role::Operator, None);
        assert_eq!((operator.viewer(), operator.rights), (Viewer::Everything, Rights::ALL));
    }

    #[test]
    fn support_sees_masked_numbers_and_keys_see_whole_ones() {
        let user = |role| Principal::user("anna".into(), role, None);
        assert!(user(Role::Support).is_masked() && !user(Role::Operator).is_masked());
        let key = Principal::administrator("anna".into());
        assert!(!key.is_masked() && !key.may(Permission::ReadMessages));
        assert_eq!((&*key.recorded_as(), &*user(Role::Owner).recorded_as()), ("anna", "user:anna"));
    }
}
