//! Numbers that handsets write to: whose they are, and where their messages go.

use crate::account::AccountId;
use crate::consent::Requests;
use crate::inbound::Address;
use crate::route::UpstreamId;
use crate::sender::Sender;
use std::collections::{BTreeMap, HashMap};

/// Where the messages to a number go. All of them stand in the account's list besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Nowhere else.
    List,
    /// The account's webhook.
    Webhook,
    /// The account's sessions (SMPP).
    Sessions,
    /// The account's webhook and its sessions.
    Both,
}

/// An account that has a number, or a keyword of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The account.
    pub account: AccountId,
    /// Where its messages go.
    pub destination: Destination,
}

/// A number that is declared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnNumber {
    /// The number, short code or name, and other spellings of it; none is every number that nobody has declared.
    pub spellings: Vec<Sender>,
    /// The upstreams that it is reached by; none is all.
    pub upstreams: Vec<UpstreamId>,
    /// The account of messages that no keyword takes.
    pub holder: Option<Holder>,
    /// Accounts that share the number, by keyword: the first word of the text, folded as [`keyword`] does.
    pub keywords: BTreeMap<Box<str>, Holder>,
    /// What becomes of STOP, START and HELP.
    pub consent: Requests,
}

/// The owner of a message from a handset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// The account.
    pub account: AccountId,
    /// Where the message goes.
    pub destination: Destination,
    /// The keyword that decided it.
    pub keyword: Option<Box<str>>,
}

/// All numbers that are declared.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    numbers: Vec<OwnNumber>,
    by_spelling: HashMap<Box<str>, Vec<usize>>,
    /// Those that take every number that nobody has declared.
    others: Vec<usize>,
}

impl Numbers {
    /// The table of these.
    #[must_use]
    pub fn new(numbers: Vec<OwnNumber>) -> Self {
        let mut table = Self::default();
        for (index, number) in numbers.iter().enumerate() {
            for spelling in &number.spellings {
                table.by_spelling.entry(folded(&spelling.to_string())).or_default().push(index);
            }
            if number.spellings.is_empty() {
                table.others.push(index);
            }
        }
        table.numbers = numbers;
        table
    }

    /// The owner of a message to this address, if anybody has declared it: by keyword, then by number, then by the
    /// declaration that takes all other numbers.
    #[must_use]
    pub fn owner(&self, upstream: UpstreamId, to: &Address, text: Option<&str>) -> Option<Owner> {
        let declared = self.find(upstream, to).and_then(|number| number.owner(text));
        declared.or_else(|| self.on(&self.others, upstream)?.owner(text))
    }

    /// The declaration that a message to this address falls under.
    #[must_use]
    pub fn declared(&self, upstream: UpstreamId, to: &Address) -> Option<&OwnNumber> {
        self.find(upstream, to).or_else(|| self.on(&self.others, upstream))
    }

    /// Whether somebody has declared this number.
    #[must_use]
    pub fn has(&self, number: &Sender) -> bool {
        self.by_spelling.contains_key(&folded(&number.to_string()))
    }

    fn find(&self, upstream: UpstreamId, to: &Address) -> Option<&OwnNumber> {
        if self.by_spelling.is_empty() {
            return None;
        }
        let understood = to.understood.as_ref().and_then(|to| self.by_spelling.get(&folded(&to.to_string())));
        let found = understood.or_else(|| self.by_spelling.get(&folded(&to.given)))?;
        self.on(found, upstream)
    }

    /// The one that names the upstream, or else one for all upstreams.
    fn on(&self, numbers: &[usize], upstream: UpstreamId) -> Option<&OwnNumber> {
        let declared = || numbers.iter().filter_map(|index| self.numbers.get(*index));
        let named = declared().find(|number| number.upstreams.contains(&upstream));
        named.or_else(|| declared().find(|number| number.upstreams.is_empty()))
    }
}

impl OwnNumber {
    fn owner(&self, text: Option<&str>) -> Option<Owner> {
        let word = if self.keywords.is_empty() { None } else { text.and_then(keyword) };
        if let Some((keyword, holder)) = word.and_then(|word| self.keywords.get_key_value(&*word)) {
            return Some(holder.owner(Some(keyword.clone())));
        }
        self.holder.map(|holder| holder.owner(None))
    }
}

impl Holder {
    fn owner(self, keyword: Option<Box<str>>) -> Owner {
        Owner { account: self.account, destination: self.destination, keyword }
    }
}

/// The keyword of a text: its first word in lower case, without quotes and punctuation around it.
#[must_use]
pub fn keyword(text: &str) -> Option<Box<str>> {
    let words = text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    words.map(str::to_lowercase).find(|word| !word.is_empty()).map(String::into_boxed_str)
}

/// What is the same in all spellings of an address: its digits, or its name in lower case.
#[must_use]
pub fn folded(address: &str) -> Box<str> {
    let digits = address.strip_prefix('+').unwrap_or(address);
    let is_number = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
    if is_number { digits.into() } else { address.to_lowercase().into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACME: UpstreamId = UpstreamId(1);
    const OTHER: UpstreamId = UpstreamId(2);

    fn holder(account: u32) -> Holder {
        Holder { account: AccountId(account), destination: Destination::Webhook }
    }

    fn number(spellings: &[&str], upstreams: &[UpstreamId], account: u32) -> OwnNumber {
        OwnNumber {
            spellings: spellings.iter().map(|text| Sender::parse(text).unwrap()).collect(),
            upstreams: upstreams.into(),
            holder: (account > 0).then(|| holder(account)),
            keywords: BTreeMap::new(),
            consent: Requests::default(),
        }
    }

    fn to(given: &str) -> Address {
        Address { given: given.into(), understood: Sender::parse(given).ok() }
    }

    #[test]
    fn a_message_belongs_to_whoever_declared_its_number() {
        let numbers = Numbers::new(vec![
            number(&["+447700900123", "07700900123"], &[], 1),
            number(&["60006"], &[OTHER], 2),
            number(&["60006"], &[], 3),
            number(&["Shop"], &[], 4),
            number(&["70007"], &[OTHER], 5),
        ]);
        let owner = |upstream, address: &str| {
            numbers.owner(upstream, &to(address), None).map(|owner| owner.account.0)
        };
        for (upstream, address, account) in [
            (ACME, "447700900123", Some(1)),
            (ACME, "+447700900123", Some(1)),
            (ACME, "07700900123", Some(1)),
            (ACME, "60006", Some(3)),
            (OTHER, "60006", Some(2)),
            (ACME, "SHOP", Some(4)),
            (ACME, "70007", None),
            (ACME, "60007", None),
        ] {
            assert_eq!(owner(upstream, address), account, "{address} on {upstream:?}");
        }
    }

    #[test]
    fn a_shared_number_goes_by_the_first_word() {
        let mut shared = number(&["60006"], &[], 0);
        shared.keywords = [("pizza".into(), holder(7)), ("\u{e4}pfel".into(), holder(8))].into();
        let numbers = Numbers::new(vec![shared, number(&[], &[], 9)]);
        for (text, account, keyword) in [
            (Some("PIZZA two please"), 7, Some("pizza")),
            (Some("  \u{201c}Pizza!\u{201d} now"), 7, Some("pizza")),
            (Some("\u{c4}PFEL"), 8, Some("\u{e4}pfel")),
            (Some("a pizza"), 9, None),
            (Some(""), 9, None),
            (None, 9, None),
        ] {
            let owner = numbers.owner(ACME, &to("60006"), text).unwrap();
            assert_eq!((owner.account.0, owner.keyword.as_deref()), (account, keyword), "{text:?}");
        }
        assert_eq!(numbers.owner(ACME, &to("1"), None).unwrap().account.0, 9);
    }
}
