//! Accounts: the keys and logins by which they prove themselves, and their limits.

use crate::budget::PartLimits;
use crate::message::Class;
use crate::money::Billing;
use crate::numbering::Country;
use crate::sender::Sender;
use crate::time::Time;
use postrider_text::{Alphabet, NameAlphabet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

/// An account's number in the store; its name is what people use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(pub u32);

/// The SHA-256 of an API key: keys are random and long, so that a plain hash keeps them.
pub type KeyHash = [u8; 32];

/// An account, with everything that a door needs to know of it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Its name, unique.
    pub name: Box<str>,
    /// Whether doors let it in. The queued messages of a disabled account still go out.
    pub enabled: bool,
    /// API keys.
    pub keys: Vec<Key>,
    /// The login of its sessions, if it may open any.
    pub login: Option<Arc<Login>>,
    /// Where notices go, if it wants them by webhook.
    pub webhook: Option<Arc<Webhook>>,
    /// The country whose national numbers it may write; `None` is for international numbers alone.
    pub country: Option<Country>,
    /// The sender used when a submission names none.
    pub default_sender: Option<Sender>,
    /// The class used when a submission names none.
    pub default_class: Class,
    /// How long a message may wait when a submission doesn't say.
    pub default_validity: Duration,
    /// Parts it may submit a second, over every door together; `None` is no limit.
    pub rate: Option<f64>,
    /// Requests a second that read, preview or cancel messages.
    pub request_rate: u32,
    /// Messages that may wait in the queue; `None` is no limit.
    pub queue_max: Option<u32>,
    /// Parts that it may submit in a minute, an hour, a day and a month (UTC).
    pub quota: PartLimits,
    /// The recipients and sizes that it is held to.
    pub policy: crate::policy::Policy,
    /// How it pays; `None` if its messages are free.
    pub billing: Option<Arc<Billing>>,
    /// How long its texts and records are kept.
    pub retention: crate::retention::Retention,
    /// How its people share conversations.
    pub conversations: crate::conversation::Sharing,
}

/// The usual [`Account::request_rate`].
pub const REQUEST_RATE: u32 = 100;

/// An API key of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name, unique in the account.
    pub name: Box<str>,
    /// Its hash.
    pub hash: KeyHash,
    /// What it may be used for.
    pub permits: Permits,
    /// Addresses that it may be used from; empty is anywhere.
    pub allowed: Vec<Network>,
    /// When it ceases to be valid, if ever.
    pub expires: Option<Time>,
}

impl Key {
    /// A key without restrictions.
    #[must_use]
    pub fn unrestricted(name: &str, hash: KeyHash) -> Self {
        Self { name: name.into(), hash, permits: Permits::ALL, allowed: Vec::new(), expires: None }
    }

    /// Whether it may be used from this address.
    #[must_use]
    pub fn is_allowed(&self, peer: IpAddr) -> bool {
        self.allowed.is_empty() || self.allowed.iter().any(|network| network.contains(peer))
    }

    /// Whether it is no longer valid.
    #[must_use]
    pub fn has_expired(&self, now: Time) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// What an account's key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permits {
    /// Send, preview and cancel messages.
    pub send: bool,
    /// List and look up messages.
    pub read: bool,
}

impl Permits {
    /// Everything.
    pub const ALL: Self = Self { send: true, read: true };
}

/// A user name and its password, for doors that keep sessions.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user name (SMPP's `system_id`).
    pub user: Box<str>,
    /// The password, as far as it is kept.
    pub proof: Proof,
    /// How many sessions may be open at once.
    pub sessions_max: u32,
    /// How many requests of a session may wait for our answer.
    pub window: u32,
    /// Addresses it may come from; empty is anywhere.
    pub allowed: Vec<Network>,
    /// The alphabet of its texts, both ways, where they name none.
    pub alphabet: Alphabet,
    /// Whether a zero at the end of its texts is none of their characters.
    pub drops_nul: bool,
    /// Whether receipts are told as data rather than as messages, where its protocol has both.
    pub receipts_as_data: bool,
    /// How long parts of a text that it cut itself wait for the others.
    pub parts_wait: Duration,
    /// The alphabet of its senders' names.
    pub name_alphabet: NameAlphabet,
    /// The form of messages from handsets that need several parts.
    pub long: LongForm,
}

/// The form in which a client gets a text that needs several parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LongForm {
    /// In parts with a header whose reference has 8 bits.
    #[default]
    Udh8,
    /// In parts with a header whose reference has 16 bits.
    Udh16,
    /// In parts that parameters number.
    Sar,
    /// Whole, in a parameter.
    Payload,
}

/// A password, as far as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// A PHC string (argon2id), as the store keeps passwords.
    Hash(Box<str>),
    /// A password that the configuration file refers to: held in memory only, never stored.
    Referred(Box<str>),
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("(secret)")
    }
}

/// Where an account's notices are posted.
#[derive(Clone, PartialEq, Eq)]
pub struct Webhook {
    /// An http or https URL.
    pub url: Box<str>,
    /// The key of the signatures.
    pub secret: Box<[u8]>,
    /// The key before it, which signs as well while receivers change over.
    pub previous_secret: Option<Box<[u8]>>,
    /// Whether plain http is allowed; it is refused otherwise.
    pub allow_http: bool,
    /// The file of the authorities that its endpoints are trusted by; the system's if there is none.
    pub ca_file: Option<Box<str>>,
    /// Whether private addresses are allowed; refused otherwise.
    pub allow_private: bool,
    /// The menu for USSD, if there is one.
    pub menu: Option<Menu>,
    /// The most events of one post. If it is more than one, events are posted as lists.
    pub batch: usize,
    /// Whether `X-Kannel-*` fields in answers say how a reply is sent.
    pub kannel_headers: bool,
}

/// A menu for USSD behind a webhook's secret and rules of addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Menu {
    /// An http or https URL.
    pub url: Box<str>,
    /// The codes that it serves, as [`ussd::serves`](crate::ussd::serves) says.
    pub codes: Vec<Box<str>>,
}

impl Webhook {
    /// Whether events are posted as lists, a single one too.
    #[must_use]
    pub const fn has_lists(&self) -> bool {
        self.batch > 1
    }
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("url", &self.url).finish_non_exhaustive()
    }
}

/// A range of addresses in CIDR form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

/// A text is no address range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no address range: write 192.0.2.0/24, 2001:db8::/32 or one address")]
pub struct NotANetwork(pub String);

impl Network {
    /// Reads `address/bits`, or one address.
    pub fn parse(text: &str) -> Result<Self, NotANetwork> {
        let wrong = || NotANetwork(text.to_owned());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let base: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most { Err(wrong()) } else { Ok(Self { base, bits }) }
    }

    /// Whether `address` lies in the range; an IPv4 address mapped into IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(other)) => {
                let shift = 32 - u32::from(self.bits.min(32));
                u32::from(base).checked_shr(shift) == u32::from(other).checked_shr(shift)
            }
            (IpAddr::V6(base), IpAddr::V6(other)) => {
                let shift = 128 - u32::from(self.bits);
                u128::from(base).checked_shr(shift) == u128::from(other).checked_shr(shift)
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_holds_its_addresses_and_no_others() {
        let cases = [
            ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "::ffff:192.0.2.7", true),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "::1", false),
            ("2001:db8::/32", "2001:db8:1::5", true),
            ("::/0", "2001:db8::1", true),
        ];
        for (range, address, inside) in cases {
            assert_eq!(
                Network::parse(range).unwrap().contains(address.parse().unwrap()),
                inside,
                "{range} {address}"
            );
        }
        for bad in ["", "192.0.2.0/33", "192.0.2/24", "x/8", "::/129"] {
            assert!(Network::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_is_held_to_its_addresses_and_its_time() {
        let key = Key {
            allowed: vec![Network::parse("192.0.2.0/24").unwrap()],
            expires: Some(Time(5)),
            ..Key::unrestricted("main", [7; 32])
        };
        let from = |address: &str| key.is_allowed(address.parse().unwrap());
        assert_eq!((from("192.0.2.9"), from("198.51.100.1")), (true, false));
        assert_eq!((key.has_expired(Time(4)), key.has_expired(Time(5))), (false, true));
        let open = Key::unrestricted("main", [7; 32]);
        assert!(open.is_allowed("198.51.100.1".parse().unwrap()) && !open.has_expired(Time(i64::MAX)));
    }

    #[test]
    fn secrets_do_not_show_in_debug() {
        let webhook = Webhook {
            url: "https://example.org".into(),
            secret: (*b"hush").into(),
            previous_secret: None,
            menu: None,
            allow_http: false,
            ca_file: None,
            allow_private: false,
            batch: 1,
            kannel_headers: false,
        };
        let shown = format!("{webhook:?} {:?}", Proof::Referred("hush".into()));
        assert!(!shown.contains("hush") && !shown.contains("104"), "{shown}");
    }
}
