//! Accounts as people declare them.

use super::dialect::{AddressAlphabet, Alphabet};
use super::{Document, Entry, Secret, Set, Span};
use postrider_core::message::Class;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Who may send messages: its keys and logins, its defaults and its limits.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountDocument {
    /// Its name: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit. Where it stands in a URL or
    /// is a table's name it need not be repeated.
    #[serde(default)]
    pub name: String,
    /// Whether it may submit. Default: true. A disabled account is refused at every door; what it has queued still
    /// goes out.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Its API keys, up to 32. Default: none.
    #[serde(default)]
    pub keys: Vec<KeyDocument>,
    /// Its login for SMPP sessions. Default: none, it may open no session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smpp: Option<SmppDocument>,
    /// Where its notices are posted. Default: nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookDocument>,
    /// The sender of messages that name none: a number, a code of up to 20 digits, or a name of up to 11 characters.
    /// Default: none, the carrier decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// The class of messages that name none. Default: `transactional`.
    #[serde(default)]
    pub class: ClassWord,
    /// How long a message that doesn't say may wait until it is sent, from 1s to 7d. Default: `24h`.
    #[serde(default = "a_day")]
    pub valid_for: Span,
    /// Parts that it may submit a second, over all doors together, above 0. Default: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(exclusive_minimum = 0)]
    pub rate: Option<f64>,
    /// The first digits, without `+`, of the numbers that it may send to, up to 1,000 of them. Default: every number.
    #[serde(default)]
    pub allow_to: Vec<String>,
    /// The most parts of one message, 1 to 64. Default: 10.
    #[serde(default = "ten")]
    #[schema(minimum = 1, maximum = 64)]
    pub parts_max: u8,
}

/// A key for the HTTP API.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyDocument {
    /// Its name, unique in the account, by which it is revoked; written like an account's.
    pub name: String,
    /// The key, 20 to 200 characters. Over the API it may be left out: then the key with this name is kept, or one is
    /// made and shown once.
    #[serde(default, skip_serializing_if = "hidden")]
    pub key: Option<Secret>,
}

/// A login for SMPP sessions.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SmppDocument {
    /// The user name, 1 to 15 printable ASCII characters, unique among accounts.
    pub system_id: String,
    /// The password, 1 to 8 printable ASCII characters as SMPP allows. Over the API it may be left out: then it is kept
    /// as it is, or one is made and shown once.
    #[serde(default, skip_serializing_if = "hidden")]
    pub password: Option<Secret>,
    /// Sessions that may be open at once, 1 to 256. Default: 4.
    #[serde(default = "four")]
    #[schema(minimum = 1, maximum = 256)]
    pub sessions: u32,
    /// Requests of a session that may wait for an answer, 1 to 10,000. Default: 100.
    #[serde(default = "hundred")]
    #[schema(minimum = 1, maximum = 10_000)]
    pub window: u32,
    /// Addresses that it may come from, up to 100: `192.0.2.0/24`, `2001:db8::/32` or one address. Default: anywhere.
    #[serde(default)]
    pub allow: Vec<String>,
    /// What it means by `data_coding` 0, in texts that it sends and in receipts that it is sent. A session keeps what held
    /// when it was bound. Default: `gsm7`.
    #[serde(default)]
    pub alphabet: Alphabet,
    /// What its alphanumeric addresses are in. Default: `latin1`.
    #[serde(default)]
    pub address_alphabet: AddressAlphabet,
    /// Whether a zero at the end of a text in the GSM alphabet is dropped, since programs end texts so and count it, rather
    /// than read as the `@` that it is there. Default: true.
    #[serde(default = "yes")]
    pub drop_nul: bool,
    /// How receipts come. Default: `deliver_sm`.
    #[serde(default)]
    pub receipts: ReceiptCommand,
}

/// The request in which a client gets receipts. One that bound with 3.3 gets `deliver_sm` in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptCommand {
    /// `deliver_sm`, with the text in `short_message`.
    #[default]
    DeliverSm,
    /// `data_sm`, with the text in `message_payload`.
    DataSm,
}

/// Where notices are posted.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookDocument {
    /// An http or https URL of up to 2,048 characters, without user name and password.
    pub url: String,
    /// The key of the signatures as Standard Webhooks writes it: `whsec_` and 24 to 64 octets in base64. Over the API it
    /// may be left out: then it is kept as it is, or one is made and shown once.
    #[serde(default, skip_serializing_if = "hidden")]
    pub secret: Option<Secret>,
    /// Whether the URL, and callbacks of single messages, may lead to private, loopback and link-local addresses.
    /// Default: false.
    #[serde(default)]
    pub allow_private: bool,
}

/// What a message is for. It decides who goes first, and what happens when an outcome is unknown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClassWord {
    /// A one-time password: first in every queue, sent again when in doubt.
    Otp,
    /// Something that the recipient waits for: sent again when in doubt.
    #[default]
    Transactional,
    /// Advertising: last in every queue, never sent twice.
    Marketing,
}

impl From<ClassWord> for Class {
    fn from(word: ClassWord) -> Self {
        match word {
            ClassWord::Otp => Self::Otp,
            ClassWord::Transactional => Self::Transactional,
            ClassWord::Marketing => Self::Marketing,
        }
    }
}

impl From<Class> for ClassWord {
    fn from(class: Class) -> Self {
        match class {
            Class::Otp => Self::Otp,
            Class::Transactional => Self::Transactional,
            Class::Marketing => Self::Marketing,
        }
    }
}

impl Document for AccountDocument {
    const KIND: &'static str = "account";
    const PLURAL: &'static str = "accounts";

    fn name(&self) -> &str {
        &self.name
    }

    fn set_name(&mut self, name: &str) {
        name.clone_into(&mut self.name);
    }

    fn each_secret(&mut self, visit: &mut dyn FnMut(String, &mut Option<Secret>)) {
        for key in &mut self.keys {
            visit(format!("keys.{}", key.name), &mut key.key);
        }
        if let Some(smpp) = &mut self.smpp {
            visit("smpp.password".to_owned(), &mut smpp.password);
        }
        if let Some(webhook) = &mut self.webhook {
            visit("webhook.secret".to_owned(), &mut webhook.secret);
        }
    }

    fn of(set: &Set) -> &BTreeMap<String, Arc<Entry<Self>>> {
        &set.accounts
    }

    fn of_mut(set: &mut Set) -> &mut BTreeMap<String, Arc<Entry<Self>>> {
        &mut set.accounts
    }
}

/// Whether there is nothing of a secret that may be shown; a reference may.
pub(super) fn hidden(secret: &Option<Secret>) -> bool {
    matches!(secret, None | Some(Secret::Literal(_)))
}

const fn yes() -> bool {
    true
}

const fn four() -> u32 {
    4
}

const fn hundred() -> u32 {
    100
}

const fn ten() -> u8 {
    10
}

fn a_day() -> Span {
    Span::new("24h")
}
