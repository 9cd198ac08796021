//! Users of the console, as people declare them.

use crate::account::NETWORKS_MAX;
use crate::document::{Document, SecretPlace};
use crate::limit::AtMost;
use crate::secret::Secret;
use crate::tree::Step;
use crate::written::Written;
use crate::{settings, words};
use postrider_core::account::Network;
use postrider_core::user::Role;
use std::ops::RangeInclusive;

/// The name under which a user's password is kept.
pub(crate) const PASSWORD: &str = "user.password";
/// The name under which the key of a user's one-time codes is kept.
pub(crate) const TOTP: &str = "user.totp";
/// The characters of a user's password.
pub const PASSWORD_LENGTHS: RangeInclusive<usize> = 12..=128;
/// The octets of a key of one-time codes (RFC 4226, section 4).
pub(crate) const TOTP_LENGTHS: RangeInclusive<usize> = 16..=64;

settings! {
    /// A user: a person who signs in to the console.
    pub struct UserDocument {
        /// Its name, by which it signs in: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. It need not
        /// be repeated where it is in a URL or is a table's name.
        name: String = String::new();
        /// Its role: what it may do.
        role: RoleWord;
        /// Whether it may sign in. The sessions of a disabled user are refused at once.
        enabled: bool = true;
        /// The account whose messages it sees alone. An `author` and a `customer` must have one, an `owner` and an `operator` must
        /// have none. Default: none, it sees all accounts.
        account: Option<String> = None;
        /// Addresses and networks that it may come from, such as `192.0.2.0/24`. Default: anywhere.
        allow: Vec<Written<Network>> = Vec::new(), AtMost(NETWORKS_MAX);
        /// Its password, 12 to 128 characters, or the argon2id hash of it. Default: none, the user sets it by a one-time link
        /// (`postrider user link`). What the file declares can be changed only there.
        password: Option<Secret> = None;
        /// The key of its one-time codes (RFC 6238), 16 to 64 octets in base32. Default: none, until the user makes one in the
        /// console.
        totp: Option<Secret> = None;
        /// The user's identifier at the identity provider, its claim `sub`. Such a user signs in there alone. Default: none, the
        /// user signs in by its password.
        subject: Option<String> = None;
    }
}

words! {
    /// What a user is there for.
    pub enum RoleWord {
        /// Does everything, and says who the users are.
        Owner = "owner",
        /// Keeps the gateway running: carriers, routes, accounts and their keys.
        Operator = "operator",
        /// Answers people: sees messages with numbers and texts masked, unmasks single ones, and keeps opt-outs.
        Support = "support",
        /// Keeps prices and balances, and reads reports.
        Billing = "billing",
        /// Writes and sends the messages of an account.
        Author = "author",
        /// A customer: its own account and nothing else.
        Customer = "customer",
    }
}

impl Default for RoleWord {
    /// What stands where the role is missing, which is a mistake: one that goes together with or without an account.
    fn default() -> Self {
        Self::Support
    }
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Owner => Self::Owner,
            RoleWord::Operator => Self::Operator,
            RoleWord::Support => Self::Support,
            RoleWord::Billing => Self::Billing,
            RoleWord::Author => Self::Author,
            RoleWord::Customer => Self::Customer,
        }
    }
}

impl From<Role> for RoleWord {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Self::Owner,
            Role::Operator => Self::Operator,
            Role::Support => Self::Support,
            Role::Billing => Self::Billing,
            Role::Author => Self::Author,
            Role::Customer => Self::Customer,
        }
    }
}

impl UserDocument {
    /// A user with this role and nothing else.
    #[must_use]
    pub fn new(role: Role) -> Self {
        Self {
            name: String::new(),
            role: role.into(),
            enabled: true,
            account: None,
            allow: Vec::new(),
            password: None,
            totp: None,
            subject: None,
        }
    }
}

impl Document for UserDocument {
    /// A new user must not have the sessions of a deleted one of its name.
    const KEEPS_NUMBER: bool = false;
    const IS_NEEDED: bool = false;

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, visit: &mut dyn FnMut(SecretPlace, &mut Option<Secret>)) {
        let place =
            |name: &str, key: &str| SecretPlace { name: name.into(), path: vec![Step::Key(key.into())] };
        visit(place(PASSWORD, "password"), &mut self.password);
        visit(place(TOTP, "totp"), &mut self.totp);
    }
}
