//! Users: people who sign in to the console. Their role says what they may do, and their account, if they have one, whose
//! messages they see.

mod key;
mod masking;
mod permission;
mod session;

pub use masking::{mask_number, mask_text};
pub use permission::{Permission, Reach};
pub use session::{LinkHash, OverSessions, Session, SessionId, SessionLimits, SetupLink, TokenHash};

use crate::account::{AccountId, Network, Proof};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

/// A user's number in the store. A deleted user's number is never given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(pub u32);

/// A user.
#[derive(Clone, Debug)]
pub struct User {
    /// Its number.
    pub id: UserId,
    /// The name that it signs in by, unique. Changes are recorded under it.
    pub name: Box<str>,
    /// Its role.
    pub role: Role,
    /// Whether it may sign in. The sessions of a disabled user are refused.
    pub enabled: bool,
    /// The account whose messages it sees alone; `None` is all accounts.
    pub account: Option<AccountId>,
    /// Its password; `None` until it has set one.
    pub proof: Option<Proof>,
    /// The key of its one-time codes (RFC 6238), if it has one.
    pub code_key: Option<CodeKey>,
    /// Who it is at the identity provider, where it signs in; `None` if it signs in by its password.
    pub subject: Option<Box<str>>,
    /// Addresses that it may come from; empty is anywhere.
    pub allowed: Vec<Network>,
}

impl User {
    /// Whether it may come from this address.
    #[must_use]
    pub fn is_allowed(&self, peer: IpAddr) -> bool {
        self.allowed.is_empty() || self.allowed.iter().any(|network| network.contains(peer))
    }
}

/// All users, by name and by number.
#[derive(Clone, Debug, Default)]
pub struct Users {
    by_name: BTreeMap<Box<str>, Arc<User>>,
    by_id: HashMap<UserId, Arc<User>>,
}

impl Users {
    /// These users.
    #[must_use]
    pub fn new(users: impl IntoIterator<Item = User>) -> Self {
        let mut all = Self::default();
        for user in users.into_iter().map(Arc::new) {
            all.by_id.insert(user.id, Arc::clone(&user));
            all.by_name.insert(user.name.clone(), user);
        }
        all
    }

    /// The user with this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Arc<User>> {
        self.by_name.get(name)
    }

    /// The user with this number.
    #[must_use]
    pub fn with_id(&self, id: UserId) -> Option<&Arc<User>> {
        self.by_id.get(&id)
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &Arc<User>> {
        self.by_name.values()
    }

    /// Whether an owner can sign in: one is enabled, and has a password or signs in at the provider.
    #[must_use]
    pub fn has_owner(&self) -> bool {
        self.all().any(|user| {
            user.role == Role::Owner && user.enabled && (user.proof.is_some() || user.subject.is_some())
        })
    }
}

/// The key of a user's one-time codes.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeKey(pub Box<[u8]>);

impl std::fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// What a user is there for. [`Role::may`] says what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Does everything, and says who the users are.
    Owner,
    /// Keeps the gateway running: carriers, routes, accounts and their keys.
    Operator,
    /// Answers people: messages with numbers and texts masked, opt-outs, conversations.
    Support,
    /// Keeps prices and balances, and reads reports.
    Billing,
    /// Writes and sends messages.
    Author,
    /// A customer: its own account and nothing else.
    Customer,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Owner, Self::Operator, Self::Support, Self::Billing, Self::Author, Self::Customer];

    /// Its word, as documents and lists have it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Operator => "operator",
            Self::Support => "support",
            Self::Billing => "billing",
            Self::Author => "author",
            Self::Customer => "customer",
        }
    }

    /// Whether its users have an account: `Some(true)` if they must, `Some(false)` if they must not.
    #[must_use]
    pub const fn has_account(self) -> Option<bool> {
        match self {
            Self::Owner | Self::Operator => Some(false),
            Self::Author | Self::Customer => Some(true),
            Self::Support | Self::Billing => None,
        }
    }

    /// Whether it may do this.
    #[must_use]
    pub fn may(self, permission: Permission) -> bool {
        permission.roles().contains(&self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_comes_from_its_addresses_alone() {
        let user = User {
            id: UserId(1),
            name: "anna".into(),
            role: Role::Operator,
            enabled: true,
            account: None,
            proof: None,
            code_key: Some(CodeKey([7; 20].into())),
            subject: None,
            allowed: vec![Network::parse("192.0.2.0/24").unwrap()],
        };
        let from = |address: &str| user.is_allowed(address.parse().unwrap());
        assert_eq!((from("192.0.2.9"), from("198.51.100.1")), (true, false));
        assert!(!format!("{user:?}").contains("[7"), "secrets don't show");
    }
}
