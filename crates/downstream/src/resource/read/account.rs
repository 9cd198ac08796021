//! Reads an account.

use super::super::mint::{WEBHOOK_PREFIX, hash_key, is_password_hash, read_hash};
use super::super::mistake::Notes;
use super::super::{
    AccountDocument, Entry, KeyDocument, ReceiptCommand, Secrets, SmppDocument, WebhookDocument,
};
use super::route::prefix;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postrider_core::account::{Account, AccountId, KeyHash, Login, Network, Proof, Webhook};
use postrider_core::policy::Policy;
use postrider_core::sender::Sender;
use postrider_core::submission::PARTS_MAX;
use std::sync::Arc;

/// The most API keys of an account.
const KEYS_MAX: usize = 32;
/// The most address ranges of a login.
const NETWORKS_MAX: usize = 100;
/// The most starts of numbers that an account is held to.
const PREFIXES_MAX: usize = 1_000;
/// The longest URL, in characters.
const URL_MAX: usize = 2_048;

/// The account that the document declares.
pub(super) fn read(entry: &Entry<AccountDocument>, id: u32, notes: &mut Notes<'_>) -> Account {
    let document = &entry.document;
    notes.name("", &document.name);
    let keys = keys(&document.keys, &entry.secrets, notes);
    let login = document.smpp.as_ref().map(|smpp| Arc::new(login(smpp, &entry.secrets, notes)));
    let webhook =
        document.webhook.as_ref().map(|webhook| Arc::new(self::webhook(webhook, &entry.secrets, notes)));
    let sender = document.sender.as_ref().and_then(|text| notes.take("sender", Sender::parse(text)));
    notes.rate("rate", document.rate);
    notes.at_most("allow_to", document.allow_to.len(), PREFIXES_MAX);
    for (index, start) in document.allow_to.iter().take(PREFIXES_MAX).enumerate() {
        prefix(&format!("allow_to[{index}]"), start, 1, notes);
    }
    notes.within("parts_max", &document.parts_max, 1..=PARTS_MAX);
    Account {
        id: AccountId(id),
        name: document.name.as_str().into(),
        enabled: document.enabled,
        keys,
        login,
        webhook,
        default_sender: sender,
        default_class: document.class.into(),
        default_validity: notes.span("valid_for", &document.valid_for, "1s", "7d"),
        rate: document.rate,
        policy: Policy {
            recipients: document.allow_to.iter().map(|start| start.as_str().into()).collect(),
            parts_max: document.parts_max,
        },
    }
}

fn keys(keys: &[KeyDocument], secrets: &Secrets, notes: &mut Notes<'_>) -> Vec<KeyHash> {
    notes.at_most("keys", keys.len(), KEYS_MAX);
    let mut hashes = Vec::new();
    for (index, key) in keys.iter().take(KEYS_MAX).enumerate() {
        let path = format!("keys[{index}].key");
        if keys.iter().take(index).any(|before| before.name == key.name) {
            notes.mistake(&format!("keys[{index}].name"), format_args!("'{}' stands here twice", key.name));
            continue;
        }
        notes.name(&format!("keys[{index}].name"), &key.name);
        match secrets.get(&format!("keys.{}", key.name)) {
            None => notes.mistake(&path, "the key is missing"),
            Some(text) => match read_hash(text) {
                Some(hash) => hashes.push(hash),
                None => {
                    notes.ascii(&path, text, 20..=200);
                    hashes.push(hash_key(text));
                }
            },
        }
    }
    hashes
}

fn login(smpp: &SmppDocument, secrets: &Secrets, notes: &mut Notes<'_>) -> Login {
    notes.ascii("smpp.system_id", &smpp.system_id, 1..=15);
    let proof = match secrets.get("smpp.password") {
        Some(hash) if is_password_hash(hash) => Proof::Hash(hash.into()),
        Some(password) => {
            notes.ascii("smpp.password", password, 1..=8);
            Proof::Referred(password.into())
        }
        None => {
            notes.mistake("smpp.password", "the password is missing");
            Proof::Referred("".into())
        }
    };
    notes.within("smpp.sessions", &smpp.sessions, 1..=256);
    notes.within("smpp.window", &smpp.window, 1..=10_000);
    notes.at_most("smpp.allow", smpp.allow.len(), NETWORKS_MAX);
    let mut allowed = Vec::new();
    for (index, text) in smpp.allow.iter().take(NETWORKS_MAX).enumerate() {
        allowed.extend(notes.take(&format!("smpp.allow[{index}]"), Network::parse(text)));
    }
    Login {
        user: smpp.system_id.as_str().into(),
        proof,
        sessions_max: smpp.sessions,
        window: smpp.window,
        allowed,
        alphabet: smpp.alphabet.into(),
        drops_nul: smpp.drop_nul,
        receipts_as_data: smpp.receipts == ReceiptCommand::DataSm,
        name_alphabet: smpp.address_alphabet.into(),
    }
}

fn webhook(webhook: &WebhookDocument, secrets: &Secrets, notes: &mut Notes<'_>) -> Webhook {
    notes.take("webhook.url", check_url(&webhook.url));
    let secret = match secrets.get("webhook.secret") {
        None => {
            notes.mistake("webhook.secret", "the secret is missing");
            Vec::new()
        }
        Some(text) => notes.take("webhook.secret", webhook_secret(text)).unwrap_or_default(),
    };
    Webhook { url: webhook.url.as_str().into(), secret: secret.into(), allow_private: webhook.allow_private }
}

/// The octets of a `whsec_` secret.
fn webhook_secret(text: &str) -> Result<Vec<u8>, &'static str> {
    let octets = text.strip_prefix(WEBHOOK_PREFIX).and_then(|text| STANDARD.decode(text).ok());
    octets
        .filter(|octets| (24..=64).contains(&octets.len()))
        .ok_or("a webhook's secret is 'whsec_' and 24 to 64 octets in base64")
}

/// Whether notices can be posted to this URL, as far as its form says.
pub(crate) fn check_url(text: &str) -> Result<(), &'static str> {
    if text.len() > URL_MAX {
        return Err("a URL has at most 2,048 characters");
    }
    let url = reqwest::Url::parse(text).map_err(|_| "this is no URL: write https://host/path")?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err("only http and https URLs can be posted to");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("a URL with user name and password would show them in logs: leave them out");
    }
    Ok(())
}
