//! Reads an account.

use super::policy::caps;
use super::{billing, fraud};
use crate::account::{
    AccountDocument, ClassWord, ConversationsDocument, KEYS_MAX, KeyDocument, KeyScope, PREFIXES_MAX,
    ReceiptCommand, SmppDocument, WebhookDocument,
};
use crate::endpoint::Endpoints;
use crate::limit::{check_ascii, check_count};
use crate::mint::{WEBHOOK_PREFIX, hash_key, is_password_hash, read_hash};
use crate::mistake::Notes;
use crate::rule::DayWord;
use crate::secret::Secrets;
use crate::set::Entry;
use crate::span::Span;
use crate::upstream::PartLimitsDocument;
use crate::url_form::read_url;
use crate::written::{Prefix, Written};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use postrider_core::account::{Account, AccountId, Key, Login, Menu, Permits, Proof, Webhook};
use postrider_core::consent::{CalendarSet, Preset, QuietHours};
use postrider_core::conversation::Sharing;
use postrider_core::message::Class;
use postrider_core::numbering::Country;
use postrider_core::policy::Policy;
use postrider_core::retention::Retention;
use postrider_core::route::SenderMatch;
use postrider_core::ussd::is_code;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The minutes of a day.
const MINUTES_A_DAY: u16 = 24 * 60;

/// The account that the document declares.
pub(super) fn read(entry: &Entry<AccountDocument>, id: u32, notes: &Notes<'_>) -> Account {
    let document = &entry.document;
    let webhook_notes = notes.key("webhook");
    let login = document.smpp.as_ref().map(|smpp| login(smpp, &entry.secrets, &notes.key("smpp")));
    let webhook = document.webhook.as_ref().map(|hook| webhook(hook, &entry.secrets, &webhook_notes));
    for (index, sender) in document.senders.iter().enumerate() {
        if sender.trim().is_empty() {
            notes.key("senders").index(index).wrong("this can't be empty", "");
        }
    }
    for (country, senders) in &document.senders_by_country {
        check_count(senders.len(), PREFIXES_MAX, &notes.key("senders_by_country").key(country));
    }
    let billing = document.billing.as_ref().and_then(|billing| billing::read(billing, &notes.key("billing")));
    Account {
        id: AccountId(id),
        name: document.name.as_str().into(),
        enabled: document.enabled,
        keys: keys(&document.keys, &entry.secrets, &notes.key("keys")),
        login: login.map(Arc::new),
        webhook: webhook.map(Arc::new),
        country: document.country.as_ref().map(|country| **country),
        default_sender: document.sender.as_ref().map(|sender| (**sender).clone()),
        default_class: document.class.into(),
        default_validity: document.valid_for.get(),
        rate: document.rate,
        request_rate: document.request_rate,
        queue_max: document.queue_max,
        quota: document.quota.as_ref().map(PartLimitsDocument::limits).unwrap_or_default(),
        policy: policy(document, AccountId(id), notes),
        billing: billing.map(Arc::new),
        retention: Retention {
            texts: document.retention.texts.as_ref().map(Span::get),
            records: document.retention.records.as_ref().map(Span::get),
            redact: document.retention.redact.into(),
        },
        conversations: sharing(document, &notes.key("conversations")),
    }
}

/// How its people share conversations.
fn sharing(document: &AccountDocument, notes: &Notes<'_>) -> Sharing {
    let ConversationsDocument { per_person, give_back } = &document.conversations;
    if *per_person == Some(0) {
        notes.key("per_person").wrong("0 is out of range", "write 1 or more, or leave it out");
    }
    Sharing { per_person: *per_person, give_back: give_back.as_ref().map(Span::get) }
}

/// The senders of countries.
fn senders_by_country(document: &AccountDocument, notes: &Notes<'_>) -> BTreeMap<Country, Vec<SenderMatch>> {
    let read = |(country, senders): (&String, &Vec<String>)| {
        let notes = notes.key("senders_by_country");
        let named = country.parse::<Country>().map_err(|why| why.to_string());
        let senders = senders.iter().map(|text| SenderMatch::new(text)).collect();
        Some((notes.key(country).take(named)?, senders))
    };
    document.senders_by_country.iter().filter_map(read).collect()
}

/// The limits that it is held to.
fn policy(document: &AccountDocument, id: AccountId, notes: &Notes<'_>) -> Policy {
    let plain = Policy {
        recipients: prefixes(&document.allow_to, &notes.key("allow_to")),
        countries: document.countries.iter().map(|country| **country).collect(),
        routes: document.routes.iter().map(|name| name.as_str().into()).collect(),
        parts_max: document.parts_max,
        senders: document.senders.iter().map(|text| SenderMatch::new(text)).collect(),
        senders_by_country: senders_by_country(document, notes),
        deadlines: document.deadlines.by_class(),
        refused: document.refuse_to.iter().map(|word| (*word).into()).collect(),
        codes: (&document.codes).into(),
        converts: classes(&document.conversions),
        ..Policy::default()
    };
    let Some(policy) = &document.policy else { return plain };
    let notes = notes.key("policy");
    let preset = policy.preset.map(Preset::from);
    let mut quiet_classes = classes(&policy.quiet_classes);
    for (class, what) in [(Class::Emergency, "an emergency"), (Class::Otp, "a one-time password")] {
        if std::mem::take(&mut quiet_classes[class as usize]) {
            let advice = format_args!("leave '{}' out", class.word());
            notes.key("quiet_classes").wrong(format_args!("{what} never waits"), advice);
        }
    }
    let declared = policy.quiet.as_ref().map(|quiet| (quiet.0, quiet.1 % MINUTES_A_DAY));
    let calendars: Vec<CalendarSet> = match &policy.calendars {
        Some(words) => words.iter().map(|word| CalendarSet::from(*word)).collect(),
        None => preset.map(Preset::calendars).unwrap_or_default().to_vec(),
    };
    let has_days = !policy.quiet_days.is_empty() || !policy.quiet_dates.is_empty() || !calendars.is_empty();
    let hours = declared.or_else(|| preset.and_then(Preset::quiet)).or(has_days.then_some((0, 0)));
    let quiet = hours.map(|(from, until)| QuietHours {
        from,
        until,
        classes: quiet_classes,
        zone: policy.zone.as_ref().map(|zone| zone.0.clone()),
        days: DayWord::ALL.map(|day| policy.quiet_days.contains(&day)),
        dates: policy.quiet_dates.iter().map(|date| date.0).collect(),
        calendars,
    });
    let required = policy.require_consent.as_deref().map(classes);
    let place = format!("accounts.{}.policy", document.name);
    Policy {
        spared: classes(&policy.opt_outs_spare),
        blocked: prefixes(&policy.block_to, &notes.key("block_to")),
        needs_consent: required.or_else(|| preset.map(Preset::needs_consent)).unwrap_or_default(),
        purposes: policy.purposes.iter().map(|purpose| purpose.trim().to_lowercase().into()).collect(),
        quiet,
        duplicates: policy.duplicates.as_ref().map(Span::get),
        caps: caps(&policy.caps, &place, &[id].into(), &notes.key("caps")),
        fraud: policy.fraud.iter().map(|fraud| fraud::fraud(fraud, &place, &notes.key("fraud"))).collect(),
        ..plain
    }
}

/// The first digits of numbers.
pub(super) fn prefixes(written: &[Written<Prefix>], notes: &Notes<'_>) -> Vec<Box<str>> {
    for (index, prefix) in written.iter().enumerate() {
        if prefix.0.is_empty() {
            notes.index(index).wrong("a prefix can't be empty", "write a digit at least");
        }
    }
    written.iter().map(|prefix| prefix.0.clone()).collect()
}

/// Classes by their places.
pub(super) fn classes(words: &[ClassWord]) -> [bool; Class::ALL.len()] {
    Class::ALL.map(|class| words.iter().any(|word| Class::from(*word) == class))
}

fn keys(keys: &[KeyDocument], secrets: &Secrets, notes: &Notes<'_>) -> Vec<Key> {
    let mut read = Vec::new();
    for (index, key) in keys.iter().take(KEYS_MAX).enumerate() {
        let notes = notes.index(index);
        if keys.iter().take(index).any(|before| before.name == key.name) {
            notes.key("name").wrong(format_args!("'{}' is given twice", key.name), "");
            continue;
        }
        let notes = notes.key("key");
        let Some(text) = secrets.get(&format!("keys.{}", key.name)) else {
            notes.wrong("the key is missing", "");
            continue;
        };
        let hash = read_hash(text).unwrap_or_else(|| {
            check_ascii(text, &(20..=200), &notes);
            hash_key(text)
        });
        read.push(Key {
            name: key.name.as_str().into(),
            hash,
            permits: Permits {
                send: key.scopes.contains(&KeyScope::Send),
                read: key.scopes.contains(&KeyScope::Read),
            },
            allowed: key.allow.iter().map(|network| **network).collect(),
            expires: key.expires.as_ref().map(|expires| expires.0),
        });
    }
    read
}

fn login(smpp: &SmppDocument, secrets: &Secrets, notes: &Notes<'_>) -> Login {
    let password = notes.key("password");
    let proof = match secrets.get("smpp.password") {
        Some(hash) if is_password_hash(hash) => Proof::Hash(hash.into()),
        Some(text) => {
            check_ascii(text, &(1..=8), &password);
            Proof::Referred(text.into())
        }
        None => {
            password.wrong("the password is missing", "");
            Proof::Referred("".into())
        }
    };
    Login {
        user: smpp.system_id.as_str().into(),
        proof,
        sessions_max: smpp.sessions,
        window: smpp.window,
        allowed: smpp.allow.iter().map(|network| **network).collect(),
        alphabet: smpp.alphabet,
        drops_nul: smpp.drop_nul,
        parts_wait: smpp.parts_wait.get(),
        receipts_as_data: smpp.receipts == ReceiptCommand::DataSm,
        name_alphabet: smpp.address_alphabet,
        long: smpp.long.into(),
    }
}

fn webhook(webhook: &WebhookDocument, secrets: &Secrets, notes: &Notes<'_>) -> Webhook {
    let may = Endpoints { allow_http: webhook.allow_http, allow_private: webhook.allow_private };
    notes.key("url").take(check_url(&webhook.url).and_then(|()| may.check(&webhook.url)));
    let secret = match secrets.get("webhook.secret") {
        None => {
            notes.key("secret").wrong("the secret is missing", "");
            Vec::new()
        }
        Some(text) => notes.key("secret").take(webhook_secret(text)).unwrap_or_default(),
    };
    let previous = secrets.get("webhook.previous_secret");
    let previous = previous.and_then(|text| notes.key("previous_secret").take(webhook_secret(text)));
    Webhook {
        url: webhook.url.as_str().into(),
        secret: secret.into(),
        previous_secret: previous.map(Into::into),
        ca_file: webhook.ca_file.as_deref().map(Into::into),
        allow_http: webhook.allow_http,
        allow_private: webhook.allow_private,
        batch: webhook.batch.into(),
        kannel_headers: webhook.kannel_headers,
        menu: menu(webhook, may, notes),
    }
}

/// The menu for USSD; it has a URL and codes, or neither.
fn menu(webhook: &WebhookDocument, may: Endpoints, notes: &Notes<'_>) -> Option<Menu> {
    let codes: Vec<Box<str>> = webhook.ussd_codes.iter().map(|code| code.as_str().into()).collect();
    for code in codes.iter().filter(|code| !is_menu_code(code)) {
        let why = format!("'{code}' is no service code");
        notes
            .key("ussd_codes")
            .wrong(why, "write digits with '*' and '#', such as '*123#', or a modem's number");
    }
    match &webhook.ussd_url {
        Some(url) => {
            notes.key("ussd_url").take(check_url(url).and_then(|()| may.check(url)));
            if codes.is_empty() {
                notes.key("ussd_codes").wrong("the menu serves no code", "write ussd_codes = ['*123#']");
            }
            Some(Menu { url: url.as_str().into(), codes })
        }
        None if codes.is_empty() => None,
        None => {
            notes.key("ussd_url").wrong("the codes have no menu", "write ussd_url = 'https://...'");
            None
        }
    }
}

/// Whether a menu may be declared for it: a service code, or a number.
fn is_menu_code(code: &str) -> bool {
    let digits = code.strip_prefix('+').unwrap_or(code);
    let is_number = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
    is_number || is_code(code)
}

/// The octets of a `whsec_` secret.
fn webhook_secret(text: &str) -> Result<Vec<u8>, &'static str> {
    let octets = text.strip_prefix(WEBHOOK_PREFIX).and_then(|text| STANDARD.decode(text).ok());
    octets
        .filter(|octets| (24..=64).contains(&octets.len()))
        .ok_or("a webhook's secret is 'whsec_' and 24 to 64 octets in base64")
}

/// Whether notices can be posted to this URL, as far as its form says.
pub fn check_url(text: &str) -> Result<(), String> {
    read_url(text).map(drop)
}
