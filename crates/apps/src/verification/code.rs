//! Codes: derived, compared, and never stored.

use crate::random::{NoRandomness, from_hex, hex, octets};
use ring::hmac;
use subtle::ConstantTimeEq;

/// The fewest digits of a code.
pub const DIGITS_MIN: u8 = 4;
/// The most digits of a code.
pub const DIGITS_MAX: u8 = 10;
/// The digits of a code if nothing is said.
pub const DIGITS_DEFAULT: u8 = 6;

/// The secret that codes are derived from.
pub(super) struct CodeSecret(hmac::Key);

impl CodeSecret {
    /// A new secret, in hexadecimal.
    pub(super) fn make() -> Result<String, NoRandomness> {
        Ok(hex(&octets::<32>()?))
    }

    /// The secret in a hexadecimal text.
    pub(super) fn read(text: &str) -> Option<Self> {
        let octets = from_hex(text).filter(|octets| octets.len() == 32)?;
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, &octets)))
    }

    /// The code of a verification. Each code of so many digits is as likely as any other: a number in the part of the range that
    /// would favour some is passed over.
    pub(super) fn code(&self, verification: &str, digits: u8) -> String {
        let digits = digits.clamp(DIGITS_MIN, DIGITS_MAX);
        let codes = 10_u64.pow(digits.into());
        let fair = u64::MAX - u64::MAX % codes;
        let numbers = (0_u32..).flat_map(|round| self.numbers(verification, digits, round));
        let number = numbers.into_iter().find(|number| *number < fair).unwrap_or_default() % codes;
        format!("{number:0width$}", width = digits.into())
    }

    /// Numbers that are as good as random to whoever has no secret.
    fn numbers(&self, verification: &str, digits: u8, round: u32) -> [u64; 4] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(b"postrider verification code 1\0");
        context.update(verification.as_bytes());
        context.update(&[0, digits]);
        context.update(&round.to_be_bytes());
        let tag = context.sign();
        let mut numbers = [0; 4];
        for (number, octets) in numbers.iter_mut().zip(tag.as_ref().chunks_exact(8)) {
            *number = octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet));
        }
        numbers
    }
}

/// Whether a code was given; it takes as long for each wrong one of its length. Spaces and hyphens between digits don't matter.
pub(super) fn matches(code: &str, given: &str) -> bool {
    let given: String = given.chars().filter(|it| !it.is_whitespace() && *it != '-').collect();
    code.as_bytes().ct_eq(given.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> CodeSecret {
        CodeSecret::read(&"07".repeat(32)).unwrap()
    }

    #[test]
    fn a_code_has_its_digits_and_stays_the_same() {
        for digits in DIGITS_MIN..=DIGITS_MAX {
            let code = secret().code("one", digits);
            assert_eq!(code.len(), usize::from(digits));
            assert!(code.bytes().all(|digit| digit.is_ascii_digit()));
            assert_eq!(secret().code("one", digits), code);
            assert_ne!(secret().code("two", digits), code);
        }
        let other = CodeSecret::read(&CodeSecret::make().unwrap()).unwrap();
        assert_ne!(other.code("one", 10), secret().code("one", 10));
        assert!(CodeSecret::read("07").is_none() && CodeSecret::read(&"xx".repeat(32)).is_none());
    }

    /// Chi-squared over each place of 20,000 codes: with nine degrees of freedom less than 40 but once in 130,000 times.
    #[test]
    fn every_digit_is_as_likely_in_every_place() {
        let secret = secret();
        let codes: Vec<String> = (0..20_000).map(|n| secret.code(&n.to_string(), 6)).collect();
        for place in 0..6 {
            let mut counts = [0_f64; 10];
            for code in &codes {
                counts[usize::from(code.as_bytes()[place] - b'0')] += 1.0;
            }
            let deviation: f64 = counts.iter().map(|count| (count - 2_000.0).powi(2) / 2_000.0).sum();
            assert!(deviation < 40.0, "{place}: {counts:?}");
        }
    }

    #[test]
    fn only_the_whole_code_matches() {
        for given in ["123456", "123 456", "123-456", " 123456\n"] {
            assert!(matches("123456", given), "{given}");
        }
        for given in ["", "12345", "1234567", "123457", "١٢٣٤٥٦"] {
            assert!(!matches("123456", given), "{given}");
        }
    }
}
