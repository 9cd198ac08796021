//! The conditions of a route.

use super::strategy::mix;
use super::table::{Asked, is_prefix};
use crate::account::AccountId;
use crate::automation::Hours;
use crate::message::{Body, Class};
use crate::numbering::{Country, NetworkCode, NotANetworkCode, NumberKind, Prefix};
use crate::sender::Sender;
use postrider_text::{Encoding, segment};
use std::str::FromStr;

/// The conditions that a message must meet, all of them. Of the values of one condition it must meet one; no value is no
/// condition.
#[derive(Clone, Debug)]
pub struct Conditions {
    /// Accounts.
    pub accounts: Vec<AccountId>,
    /// Senders.
    pub senders: Vec<SenderMatch>,
    /// The first digits of the recipient.
    pub prefixes: Vec<Prefix>,
    /// Countries of the recipient.
    pub countries: Vec<Country>,
    /// Networks of the recipient.
    pub networks: Vec<NetworkMatch>,
    /// Kinds of the recipient's number.
    pub kinds: Vec<NumberKind>,
    /// Classes.
    pub classes: Vec<Class>,
    /// Words, one of which the message is marked with.
    pub tags: Vec<Box<str>>,
    /// Words that the text contains, in lower or upper case.
    pub words: Vec<Box<str>>,
    /// The fewest and the most parts.
    pub parts: Option<(u8, u8)>,
    /// Encodings.
    pub encodings: Vec<Encoding>,
    /// The hours of the week.
    pub hours: Option<Hours>,
    /// The share of recipients, in percent.
    pub percent: u8,
    /// What makes the share of one route other recipients than that of another.
    pub salt: u64,
}

impl Default for Conditions {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            senders: Vec::new(),
            prefixes: Vec::new(),
            countries: Vec::new(),
            networks: Vec::new(),
            kinds: Vec::new(),
            classes: Vec::new(),
            tags: Vec::new(),
            words: Vec::new(),
            parts: None,
            encodings: Vec::new(),
            hours: None,
            percent: 100,
            salt: 0,
        }
    }
}

/// The condition that a message doesn't meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mismatch {
    /// Another account.
    Account,
    /// Another sender.
    Sender,
    /// Other first digits.
    Prefix,
    /// Another country.
    Country,
    /// Another network, or an unknown one.
    Network,
    /// Another kind of number.
    Type,
    /// Another class.
    Class,
    /// None of the tags.
    Tag,
    /// None of the words.
    Content,
    /// More parts, or fewer.
    Parts,
    /// Another encoding.
    Encoding,
    /// Another time.
    Hours,
    /// Another share of the recipients.
    Percent,
}

impl Mismatch {
    /// The route's setting that isn't met.
    #[must_use]
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Account => "accounts",
            Self::Sender => "senders",
            Self::Prefix => "prefix",
            Self::Country => "countries",
            Self::Network => "networks",
            Self::Type => "types",
            Self::Class => "classes",
            Self::Tag => "tags",
            Self::Content => "text_contains",
            Self::Parts => "parts",
            Self::Encoding => "encodings",
            Self::Hours => "hours",
            Self::Percent => "percent",
        }
    }
}

/// A network, or all networks of a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum NetworkMatch {
    /// The networks with this mobile country code.
    Country(u16),
    /// This network.
    Network(NetworkCode),
}

impl FromStr for NetworkMatch {
    type Err = NotANetworkCode;

    /// Reads `23410`, or `234` for all networks with that mobile country code.
    fn from_str(text: &str) -> Result<Self, NotANetworkCode> {
        match text.parse() {
            Ok(mcc @ 200..=999) if text.len() == 3 => Ok(Self::Country(mcc)),
            _ => text.parse().map(Self::Network),
        }
    }
}

impl NetworkMatch {
    /// Whether it is this network.
    #[must_use]
    pub fn takes(self, network: NetworkCode) -> bool {
        match self {
            Self::Country(mcc) => network.mcc == mcc,
            Self::Network(code) => network == code,
        }
    }
}

/// Senders: one, or all that begin alike. Case doesn't matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderMatch {
    /// In lower case.
    text: Box<str>,
    is_start: bool,
}

impl SenderMatch {
    /// Senders with this text (`+447700900123`, `60006`, `Shop`), or with this start where `*` is behind it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let (text, is_start) = text.strip_suffix('*').map_or((text, false), |start| (start, true));
        Self { text: text.to_lowercase().into(), is_start }
    }

    /// Whether it is this sender.
    #[must_use]
    pub fn takes(&self, sender: &Sender) -> bool {
        let sender = sender.to_string().to_lowercase();
        if self.is_start { sender.starts_with(&*self.text) } else { *sender == *self.text }
    }
}

impl Conditions {
    /// Whether nothing but prefixes is a condition.
    #[must_use]
    pub fn are_prefixes_alone(&self) -> bool {
        let has_values = !self.accounts.is_empty()
            || !self.senders.is_empty()
            || !self.countries.is_empty()
            || !self.networks.is_empty()
            || !self.kinds.is_empty()
            || !self.classes.is_empty()
            || !self.tags.is_empty()
            || !self.words.is_empty()
            || !self.encodings.is_empty();
        !has_values && self.parts.is_none() && self.hours.is_none() && self.percent >= 100
    }

    /// The first condition that the message doesn't meet.
    #[must_use]
    pub fn mismatch(&self, asked: &Asked<'_>) -> Option<Mismatch> {
        let checks: [(bool, Mismatch); 6] = [
            (is_one(&self.accounts, |account| *account == asked.account), Mismatch::Account),
            (is_one(&self.prefixes, |prefix| is_prefix(*prefix, asked.to)), Mismatch::Prefix),
            (
                is_one(&self.countries, |country| asked.destination.country == Some(*country)),
                Mismatch::Country,
            ),
            (
                is_one(&self.networks, |network| asked.network.is_some_and(|code| network.takes(code))),
                Mismatch::Network,
            ),
            (is_one(&self.kinds, |kind| *kind == asked.destination.kind), Mismatch::Type),
            (is_one(&self.classes, |class| *class == asked.class), Mismatch::Class),
        ];
        let cheap = checks.into_iter().find(|(is_met, _)| !is_met).map(|(_, mismatch)| mismatch);
        cheap.or_else(|| self.costly_mismatch(asked))
    }

    fn costly_mismatch(&self, asked: &Asked<'_>) -> Option<Mismatch> {
        if !is_one(&self.tags, |tag| asked.tags.is_some_and(|tags| tags.lines().any(|it| it == &**tag))) {
            return Some(Mismatch::Tag);
        }
        if !is_one(&self.senders, |sender| asked.from.is_some_and(|from| sender.takes(from))) {
            return Some(Mismatch::Sender);
        }
        if self.parts.is_some_and(|(least, most)| !(least..=most).contains(&asked.parts)) {
            return Some(Mismatch::Parts);
        }
        if !self.words.is_empty() && !contains_one(asked.body, &self.words) {
            return Some(Mismatch::Content);
        }
        if !self.encodings.is_empty() && !self.encodings.contains(&encoding(asked.body)) {
            return Some(Mismatch::Encoding);
        }
        if self.hours.as_ref().is_some_and(|hours| !hours.contain(asked.now)) {
            return Some(Mismatch::Hours);
        }
        let is_in_share =
            self.percent >= 100 || mix(asked.to.digits(), self.salt) % 100 < self.percent.into();
        (!is_in_share).then_some(Mismatch::Percent)
    }
}

/// Whether one of the values fits, or there are none.
fn is_one<T>(values: &[T], fits: impl Fn(&T) -> bool) -> bool {
    values.is_empty() || values.iter().any(fits)
}

fn contains_one(body: &Body, words: &[Box<str>]) -> bool {
    let Some(text) = body.text() else { return false };
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(&word.to_lowercase()))
}

/// The encoding of a message, as it is counted when it is accepted.
fn encoding(body: &Body) -> Encoding {
    match body {
        Body::Text(text) => segment::cost(text, &segment::Options::default()).encoding,
        Body::Multimedia(media) => segment::cost(&media.as_text(), &segment::Options::default()).encoding,
        Body::Data { encoding, .. } => *encoding,
        Body::Parts(parts) => parts.first().map_or(Encoding::Octets, |part| part.encoding),
        Body::Redacted | Body::Sealed(_) => Encoding::Octets,
    }
}
