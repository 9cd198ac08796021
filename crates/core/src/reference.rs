//! Carriers' names for parts, and how to know one again: many carriers spell a name otherwise in their receipts than in
//! their answers.

use crate::route::UpstreamId;
use std::borrow::Cow;

/// The carrier's form of names: how a receipt's name becomes that of the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ReferenceForm {
    /// To be found out from the first receipts.
    #[default]
    Auto,
    /// The same in both, but for case, leading zeros and `0x`.
    Same,
    /// To the letter the same in both.
    Exact,
    /// Hexadecimal in answers, decimal in receipts.
    HexThenDecimal,
    /// Decimal in answers, hexadecimal in receipts.
    DecimalThenHex,
    /// In receipts, the hexadecimal octets of the answer's characters.
    Octets,
}

impl ReferenceForm {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Auto, Self::Same, Self::Exact, Self::HexThenDecimal, Self::DecimalThenHex, Self::Octets];
    /// The forms among which it can be found out.
    const TRIED: [Self; 3] = [Self::Same, Self::HexThenDecimal, Self::DecimalThenHex];

    /// The word for it in settings and logs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Same => "same",
            Self::Exact => "exact",
            Self::HexThenDecimal => "hex_then_decimal",
            Self::DecimalThenHex => "decimal_then_hex",
            Self::Octets => "octets",
        }
    }

    /// The form with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.word() == word)
    }

    /// The key of a reference in an answer.
    #[must_use]
    pub fn key(self, answered: &str) -> Cow<'_, str> {
        match self {
            Self::Exact => Cow::Borrowed(answered),
            _ => fold(answered),
        }
    }

    /// The key of a reference in a receipt in this form, and in [`Self::Auto`] the likeliest; `None` if it can't be in it.
    #[must_use]
    pub fn key_of_receipt(self, reported: &str) -> Option<Box<str>> {
        match self {
            Self::Auto | Self::Same => Some(fold(reported).into()),
            Self::Exact => Some(reported.into()),
            Self::HexThenDecimal => Some(convert(reported, 10, 16)?.into()),
            Self::DecimalThenHex => Some(convert(&fold(reported), 16, 10)?.into()),
            Self::Octets => Some(fold(&characters(reported)?).into()),
        }
    }

    /// All keys that a reference in a receipt may stand for, with the form that it is then in, the likeliest first.
    pub fn keys(self, reported: &str) -> impl Iterator<Item = (Self, Box<str>)> {
        let tried = if self == Self::Auto { Self::TRIED.map(Some) } else { [Some(self), None, None] };
        tried.into_iter().flatten().filter_map(|form| Some((form, form.key_of_receipt(reported)?)))
    }
}

/// A name without what carriers change about it: in lower case, without `0x` and leading zeros.
fn fold(name: &str) -> Cow<'_, str> {
    let is_folded = |octet: u8| octet.is_ascii_digit() || octet.is_ascii_lowercase();
    if !name.starts_with('0') && name.bytes().all(is_folded) {
        return Cow::Borrowed(name);
    }
    let name = name.trim_matches(|end: char| end.is_whitespace() || end == '\0');
    let bare = name.strip_prefix("0x").or_else(|| name.strip_prefix("0X")).unwrap_or(name);
    let bare = if bare.is_empty() { name } else { bare };
    let stripped = bare.trim_start_matches('0');
    // A name of nothing but zeros is a name.
    let stripped = if stripped.is_empty() { bare.get(..1).unwrap_or_default() } else { stripped };
    if stripped.bytes().any(|octet| octet.is_ascii_uppercase()) {
        Cow::Owned(stripped.to_ascii_lowercase())
    } else {
        Cow::Borrowed(stripped)
    }
}

/// A number of whatever width written to another base, without leading zeros; `None` if it isn't a number.
fn convert(digits: &str, from: u32, to: u32) -> Option<String> {
    let digits = digits.trim();
    if digits.is_empty() {
        return None;
    }
    // The number in the new base, the lowest digit first.
    let mut written: Vec<u32> = vec![0];
    for digit in digits.chars() {
        let mut carry = digit.to_digit(from)?;
        for place in &mut written {
            let value = *place * from + carry;
            (*place, carry) = (value % to, value / to);
        }
        while carry > 0 {
            written.push(carry % to);
            carry /= to;
        }
    }
    written.iter().rev().map(|digit| char::from_digit(*digit, to)).collect()
}

/// The characters whose octets these hexadecimal digits are.
fn characters(digits: &str) -> Option<String> {
    let digits = digits.trim().as_bytes();
    if digits.is_empty() || !digits.len().is_multiple_of(2) {
        return None;
    }
    let octet = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let octets: Option<Vec<u8>> = digits.chunks(2).map(octet).collect();
    String::from_utf8(octets?).ok().filter(|text| text.bytes().all(|octet| octet.is_ascii_graphic()))
}

/// The form of an upstream's references in receipts, as it was found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Learnt {
    /// The upstream.
    pub upstream: UpstreamId,
    /// The form.
    pub form: ReferenceForm,
    /// Where the upstream led then ([`Upstream::place`](crate::rules::Upstream::place)): who is elsewhere may spell otherwise.
    pub place: Box<str>,
}

/// How often the same form must be seen before it is believed.
const BELIEVED: u8 = 3;

/// Finds a carrier's form out from its first receipts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learner {
    seen: Vec<(ReferenceForm, u8)>,
}

impl Learner {
    /// A receipt found its message by this form, and was about its recipient; returns the form once it is certain.
    pub fn learn(&mut self, form: ReferenceForm) -> Option<ReferenceForm> {
        let place = self.seen.iter().position(|(seen, _)| *seen == form).unwrap_or_else(|| {
            self.seen.push((form, 0));
            self.seen.len() - 1
        });
        self.seen[place].1 = self.seen[place].1.saturating_add(1);
        let others = self.seen.iter().filter(|(seen, _)| *seen != form).map(|(_, times)| *times).max();
        // Two forms that both fit by chance are told apart by what comes after.
        (self.seen[place].1 >= BELIEVED.saturating_add(others.unwrap_or(0) * 2)).then_some(form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a receipt's name leads to that of an answer, in a form.
    fn meets(form: ReferenceForm, answered: &str, reported: &str) -> bool {
        form.keys(reported).any(|(_, key)| *key == *form.key(answered))
    }

    #[test]
    fn what_carriers_change_makes_no_difference() {
        for (answered, reported) in [
            ("00B8BE19", "B8BE19"),
            ("0e999f21", "E999F21"),
            ("0972660181", "972660181"),
            ("0xA1", "a1"),
            ("1A2b", "1a2B"),
            ("abc\0", "abc "),
            ("0", "0000000000"),
            ("1101C1-C9D03D-F000", "1101c1-c9d03d-f000"),
            // From jookies/jasmin#418.
            ("SAR-2347039245475-1eedf843-2-1", "SAR-2347039245475-1EEDF843-2-1"),
            ("3F2504E0-4F89-41D3-9A0C-0305E82C3301", "3f2504e0-4f89-41d3-9a0c-0305e82c3301"),
        ] {
            assert!(meets(ReferenceForm::Same, answered, reported), "{answered} {reported}");
            assert!(meets(ReferenceForm::Auto, answered, reported), "{answered} {reported}");
            assert!(!meets(ReferenceForm::Exact, answered, reported), "{answered} {reported}");
        }
        assert!(meets(ReferenceForm::Exact, "aB", "aB") && !meets(ReferenceForm::Exact, "aB", "Ab"));
        assert!(!meets(ReferenceForm::Same, "10", "100"));
    }

    #[test]
    fn numbers_of_any_width_change_their_base() {
        let wide = "340282366920938463463374607431768211456";
        for (hex, decimal) in [
            ("B8BE19", "12107289"),
            ("00b8be19", "12107289"),
            ("0", "0"),
            ("FFFFFFFFFFFFFFFF", "18446744073709551615"),
            // Pairs from public threads: jookies/jasmin#535 and #1050, opentelecoms-org/jsmpp#56.
            ("10C8F40D", "281605133"),
            ("5f878c79", "1602718841"),
            ("33E95179", "870928761"),
            ("100000000000000000000000000000000", wide),
        ] {
            assert!(meets(ReferenceForm::HexThenDecimal, hex, decimal), "{hex}");
            assert!(meets(ReferenceForm::DecimalThenHex, decimal, hex), "{hex}");
            assert!(
                meets(ReferenceForm::Auto, hex, decimal) && meets(ReferenceForm::Auto, decimal, hex),
                "{hex}"
            );
            let padded = format!("000{decimal}");
            assert!(meets(ReferenceForm::HexThenDecimal, hex, &padded), "{padded}");
        }
    }

    #[test]
    fn what_is_no_number_is_never_taken_for_one() {
        for name in ["1101C1-C9D03D-F000", "SAR-2347039245475-1", "xyz", ""] {
            assert_eq!(ReferenceForm::Auto.keys(name).count(), 1, "{name}");
            assert_eq!(ReferenceForm::HexThenDecimal.keys(name).count(), 0, "{name}");
        }
    }

    #[test]
    fn octets_spell_characters() {
        assert!(meets(ReferenceForm::Octets, "ABC", "414243"));
        assert_eq!(ReferenceForm::Octets.keys("4142430").count(), 0);
        assert_eq!(ReferenceForm::Octets.keys("0001").count(), 0);
    }

    #[test]
    fn words_lead_back() {
        for form in ReferenceForm::ALL {
            assert_eq!(ReferenceForm::from_word(form.word()), Some(form));
        }
    }

    #[test]
    fn a_form_is_believed_when_it_was_seen_often_enough() {
        let mut learner = Learner::default();
        let seen: Vec<_> = (0..3).map(|_| learner.learn(ReferenceForm::HexThenDecimal)).collect();
        assert_eq!(seen, [None, None, Some(ReferenceForm::HexThenDecimal)]);

        let mut torn = Learner::default();
        torn.learn(ReferenceForm::Same);
        let seen: Vec<_> = (0..5).map(|_| torn.learn(ReferenceForm::HexThenDecimal)).collect();
        assert_eq!(seen, [None, None, None, None, Some(ReferenceForm::HexThenDecimal)]);
    }
}
