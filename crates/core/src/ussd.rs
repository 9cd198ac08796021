//! USSD: dialogues of handsets with menus, and of the gateway's own SIMs with their networks. A dialogue lives as long as the
//! network holds the line, seconds to minutes. Nothing of it is stored.

use regex_lite::{Regex, RegexBuilder};

/// The most characters of a page in the GSM alphabet: 160 octets of septets (3GPP TS 23.038, 6.1.2.3).
pub const PAGE_MAX: usize = 182;
/// The most memory that a pattern takes, in octets.
const PATTERN_MAX: usize = 64 * 1_024;

/// What a handset, or a network, said in a dialogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Names the dialogue among those that are open at the upstream.
    pub session: Box<str>,
    /// The handset's number as the carrier writes it; empty where a network began the dialogue.
    pub from: Box<str>,
    /// The service code that was dialled, such as `*123#`; the SIM's number where a network began the dialogue.
    pub code: Box<str>,
    /// What was entered: in the first turn the code as it was dialled.
    pub text: Box<str>,
    /// Whether the dialogue begins with it.
    pub is_first: bool,
}

/// What is shown next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The text.
    pub text: Box<str>,
    /// Whether an answer is expected; otherwise the dialogue is over.
    pub goes_on: bool,
}

/// Whether a text can be dialled: digits, `*` and `#`, of which at least one is `*` or `#`.
#[must_use]
pub fn is_code(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_digit() || matches!(octet, b'*' | b'#'))
        && text.bytes().any(|octet| matches!(octet, b'*' | b'#'))
}

/// Whether a menu that is declared for `code` serves what was dialled: the code itself, or the code with more behind it, as
/// `*123*4#` is for `*123#`.
#[must_use]
pub fn serves(code: &str, dialled: &str) -> bool {
    let beginning = code.strip_suffix('#').unwrap_or(code);
    let rest = dialled.strip_prefix(beginning);
    code == dialled || is_code(code) && rest.is_some_and(|rest| rest.starts_with('*'))
}

/// A pattern that finds a balance in a network's text: its first group is the amount. The default finds none.
#[derive(Clone, Debug, Default)]
pub struct BalancePattern(Option<Regex>);

impl BalancePattern {
    /// Reads a regular expression with a group around the amount.
    ///
    /// # Errors
    /// In words, when it is none or has no group.
    pub fn new(text: &str) -> Result<Self, String> {
        let built = RegexBuilder::new(text).size_limit(PATTERN_MAX).build();
        let pattern = built.map_err(|error| format!("invalid regular expression '{text}': {error}"))?;
        if pattern.captures_len() < 2 {
            return Err(format!("the pattern '{text}' has no group: put the amount in brackets"));
        }
        Ok(Self(Some(pattern)))
    }

    /// The amount in a text.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<f64> {
        amount(self.0.as_ref()?.captures(text)?.get(1)?.as_str())
    }
}

impl PartialEq for BalancePattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_ref().map(Regex::as_str) == other.0.as_ref().map(Regex::as_str)
    }
}

/// An amount as networks write it: `12.34`, `12,34`, `1.234,56`, `1,234.56`, `1 234,56`, `-3`. The last point or comma is the
/// decimal one, unless it stands there twice.
fn amount(text: &str) -> Option<f64> {
    let text = text.trim().replace(['\'', ' ', '\u{a0}'], "");
    let decimal = text.rfind(['.', ',']).filter(|place| {
        let mark = text.as_bytes().get(*place);
        let repeats = text.bytes().filter(|octet| Some(octet) == mark).count() > 1;
        !repeats
    });
    let digits: String = text
        .char_indices()
        .filter_map(|(place, c)| match c {
            '.' | ',' if Some(place) == decimal => Some('.'),
            '.' | ',' => None,
            other => Some(other),
        })
        .collect();
    digits.parse().ok().filter(|amount: &f64| amount.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_serves_its_code_and_what_is_behind_it() {
        for (code, dialled, expected) in [
            ("*123#", "*123#", true),
            ("*123#", "*123*4#", true),
            ("*123#", "*1234#", false),
            ("*123#", "*12#", false),
            ("*123*4#", "*123#", false),
            ("60006", "60006", true),
            ("60006", "60006*1", false),
        ] {
            assert_eq!(serves(code, dialled), expected, "{code} {dialled}");
        }
        assert!(
            is_code("*100#") && is_code("#123*4#") && !is_code("100") && !is_code("*1a#") && !is_code("")
        );
    }

    #[test]
    fn a_balance_is_read_as_networks_write_it() {
        for (pattern, text, expected) in [
            ("([0-9.,]+) EUR", "Your balance is 12.34 EUR", Some(12.34)),
            ("(?i)credit: *([0-9., ]+)", "Credit: 1 234,56 till 31.12.", Some(1_234.56)),
            ("([0-9.,]+)", "1.234,56", Some(1_234.56)),
            ("([0-9.,]+)", "1,234.56", Some(1_234.56)),
            ("([0-9.,]+)", "1.234.567", Some(1_234_567.0)),
            ("(-?[0-9.,]+)", "-3", Some(-3.0)),
            ("([0-9.,]+) EUR", "no money", None),
            ("(x+)", "xxx", None),
        ] {
            assert_eq!(BalancePattern::new(pattern).unwrap().find(text), expected, "{text}");
        }
        assert!(BalancePattern::new("[0-9]+").unwrap_err().contains("no group"));
        assert!(BalancePattern::new("([0-9]+").unwrap_err().contains("invalid"));
    }
}
