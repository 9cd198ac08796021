//! What the keys of programs may do, in the words of the table of permissions. Operations ask for the keys' own scopes, which
//! this follows; it tells pages what to offer.

use super::Permission;
use crate::account::Permits;
use crate::principal::{Principal, Rights, Scope};

impl Permission {
    /// Whether a key of an account may do this.
    const fn is_of_account_key(self, permits: Permits) -> bool {
        match self {
            Self::ReadStatus
            | Self::ReadMessages
            | Self::ReadWhole
            | Self::ReadConversations
            | Self::ReadConsent
            | Self::Export => permits.read,
            Self::SendMessages | Self::CancelMessages | Self::AnswerConversations | Self::WriteConsent => {
                permits.send
            }
            _ => false,
        }
    }

    /// Whether an administrator's key may do this. It doesn't send, and sees no texts.
    const fn is_of_administrator_key(self, rights: Rights) -> bool {
        match self {
            Self::Trace => rights.trace,
            Self::SendMessages | Self::Unmask => false,
            Self::ReadStatus
            | Self::ReadMessages
            | Self::ReadWhole
            | Self::ReadConversations
            | Self::ReadConsent
            | Self::ReadConfiguration
            | Self::ReadAccounts
            | Self::ReadPrices
            | Self::ReadMargin
            | Self::ReadReports
            | Self::Export
            | Self::ReadUnmatched
            | Self::ReadSystem
            | Self::ReadAudit
            | Self::ReadUsers => rights.read,
            _ => rights.write,
        }
    }
}

impl Principal {
    /// All that they may do, whether they came with a key or signed in.
    #[must_use]
    pub fn permissions(&self) -> Vec<Permission> {
        let has = |permission: &Permission| match (self.role, &self.scope) {
            (Some(_), _) => self.may(*permission),
            (None, Scope::Account(_)) => permission.is_of_account_key(self.permits),
            (None, Scope::Administrator) => permission.is_of_administrator_key(self.rights),
        };
        Permission::ALL.into_iter().filter(has).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::account;
    use crate::user::Role;

    #[test]
    fn keys_and_roles_are_told_in_the_same_words() {
        let reads = Principal::account(account().into(), Permits { send: false, read: true }).permissions();
        assert!(reads.contains(&Permission::ReadMessages) && !reads.contains(&Permission::SendMessages));
        assert!(!reads.contains(&Permission::ReadConfiguration));
        let rights = Rights { write: false, trace: false, ..Rights::ALL };
        let watches = Principal::administrator("ops".into()).limited_to(rights).permissions();
        assert!(watches.contains(&Permission::ReadConfiguration) && !watches.contains(&Permission::Trace));
        assert!(!watches.contains(&Permission::WriteConfiguration));
        let owner = Principal::user("anna".into(), Role::Owner, None).permissions();
        assert_eq!(owner, Permission::ALL);
    }
}
