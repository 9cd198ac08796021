//! The `address_range` of a bind: the addresses that the client serves (SMPP 3.4, 2.7.3 and 5.2.7). Messages from handsets to
//! other addresses are for other sessions of the account; receipts come to any.

use postrider_core::inbound::Address;
use regex_lite::{Regex, RegexBuilder};
use std::sync::Arc;

/// The most octets that a pattern may need when it is compiled. A pattern of 40 octets needs a few thousand, unless it repeats
/// what repeats.
const COMPILED_MAX: usize = 64 << 10;

/// The addresses that a session serves.
#[derive(Clone, Debug, Default)]
pub(crate) enum AddressRange {
    /// All: it names none.
    #[default]
    All,
    /// One, or those that begin so.
    Digits {
        /// The digits, or the name.
        text: Box<str>,
        /// Whether others begin with it.
        is_prefix: bool,
    },
    /// Those in which the pattern is found, as `grep -E` finds it.
    Pattern(Arc<Regex>),
}

impl AddressRange {
    /// The range of a bind; `None` for a pattern that can't be read.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text == "*" {
            return Some(Self::All);
        }
        let digits = text.strip_prefix('+').unwrap_or(text);
        let plain = digits.strip_suffix('*').unwrap_or(digits);
        if plain.bytes().all(|octet| octet.is_ascii_alphanumeric()) {
            return Some(Self::Digits { text: plain.into(), is_prefix: plain.len() < digits.len() });
        }
        // A plus sign is no part of the addresses that are compared.
        let pattern = text.replace("\\+", "").replace("^+", "^");
        let built = RegexBuilder::new(&pattern).size_limit(COMPILED_MAX).build();
        built.ok().map(|pattern| Self::Pattern(Arc::new(pattern)))
    }

    /// Whether it serves this address, in one of its spellings.
    pub(crate) fn contains(&self, address: &Address) -> bool {
        if matches!(self, Self::All) {
            return true;
        }
        let understood = address.understood.as_ref().map(ToString::to_string);
        let spellings = [Some(&*address.given), understood.as_deref()].into_iter().flatten();
        spellings.map(|spelling| spelling.strip_prefix('+').unwrap_or(spelling)).any(|it| self.has(it))
    }

    fn has(&self, address: &str) -> bool {
        match self {
            Self::All => true,
            Self::Digits { text, is_prefix: false } => **text == *address,
            Self::Digits { text, is_prefix: true } => address.starts_with(&**text),
            Self::Pattern(pattern) => pattern.is_match(address),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::sender::Sender;

    fn serves(range: &str, address: &str) -> bool {
        let address = Address { given: address.into(), understood: Sender::parse(address).ok() };
        AddressRange::read(range).unwrap().contains(&address)
    }

    #[test]
    fn a_range_is_empty_an_address_a_prefix_or_a_pattern() {
        for (range, served, others) in [
            ("", &["60006", "+447700900123", "Shop"][..], &[][..]),
            ("*", &["60006", "Shop"], &[]),
            (".*", &["60006", "Shop"], &[]),
            ("60006", &["60006"], &["600061", "160006"]),
            ("+447700900123", &["447700900123", "+447700900123"], &["07700900123"]),
            ("Shop", &["Shop"], &["Shopping"]),
            ("6000*", &["6000", "60006"], &["16000"]),
            ("^6000", &["6000", "60006"], &["16000"]),
            ("^6000[67]$", &["60006", "60007"], &["60008", "600067"]),
            ("^(60006|447700900123)$", &["60006", "+447700900123"], &["60007"]),
            ("^\\+44", &["+447700900123"], &["+491700000001"]),
            ("^+44", &["+447700900123"], &["+491700000001"]),
            ("[0-9]{6}", &["123456", "+447700900123"], &["60006"]),
        ] {
            served.iter().for_each(|address| assert!(serves(range, address), "{range} serves {address}"));
            others.iter().for_each(|address| assert!(!serves(range, address), "{range}, {address}"));
        }
    }

    #[test]
    fn a_pattern_that_can_not_be_read_or_is_too_large_is_none() {
        for range in ["^(600", "[", "((((((.{99}){99}){99}){99})))"] {
            assert!(AddressRange::read(range).is_none(), "{range}");
        }
    }
}
