//! Amounts of money.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Neg, Sub};
use std::str::FromStr;

/// Millionths of a unit.
const UNIT: i64 = 1_000_000;
/// The most decimals.
const DECIMALS: usize = 6;
/// The largest amount that is read: a trillion units.
const READ_MAX: i64 = 1_000_000_000_000;

/// An amount of money in millionths of a currency's unit; which currency, its place says. Sums stop at the largest number
/// rather than turn round: they are far beyond any money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(pub i64);

/// A text is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an amount: write a decimal number with at most 6 decimals, such as 12.50 or 0.0125")]
pub struct NotAnAmount(pub String);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many times the amount.
    #[must_use]
    pub const fn times(self, count: u8) -> Self {
        Self(self.0.saturating_mul(count as i64))
    }

    /// The amount to so many decimals, as people are told it: `61.20`, `61`. Halves are rounded away from zero.
    #[must_use]
    pub fn rounded(self, decimals: u32) -> String {
        let decimals = decimals.min(6);
        let step = 10_u64.pow(6 - decimals);
        let units = (self.0.unsigned_abs() + step / 2) / step;
        let sign = if self.0 < 0 && units > 0 { "-" } else { "" };
        let (whole, part) = (units / 10_u64.pow(decimals), units % 10_u64.pow(decimals));
        match usize::try_from(decimals) {
            Ok(width @ 1..) => format!("{sign}{whole}.{part:0width$}"),
            _ => format!("{sign}{whole}"),
        }
    }

    /// Whether it is below zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.0 < 0
    }
}

impl Add for Amount {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Amount {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Neg for Amount {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl FromStr for Amount {
    type Err = NotAnAmount;

    /// Reads `12`, `12.5`, `-0.000001`. What has more decimals than are kept is refused rather than rounded; zeros at the end
    /// don't count.
    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        let wrong = || NotAnAmount(text.to_owned());
        let (is_negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
        let kept = decimals.trim_end_matches('0');
        if !is_number(whole) || !is_number(decimals) || kept.len() > DECIMALS {
            return Err(wrong());
        }
        let whole: i64 = whole.parse().ok().filter(|whole| *whole <= READ_MAX).ok_or_else(wrong)?;
        let millionths: i64 = format!("{kept:0<DECIMALS$}").parse().map_err(|_| wrong())?;
        let amount = whole * UNIT + millionths;
        Ok(Self(if is_negative { -amount } else { amount }))
    }
}

/// With two decimals, and as many more as it needs: `12.50`, `0.0125`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, millionths) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        let decimals = format!("{millionths:06}");
        let kept = decimals.trim_end_matches('0').len().max(2);
        let sign = if self.0 < 0 { "-" } else { "" };
        write!(f, "{sign}{whole}.{}", &decimals[..kept])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amounts_are_exact_decimals() {
        for (text, millionths, shown) in [
            ("12", 12_000_000, "12.00"),
            ("12.5", 12_500_000, "12.50"),
            ("0.0125", 12_500, "0.0125"),
            ("-0.000001", -1, "-0.000001"),
            ("0.1000000000", 100_000, "0.10"),
            ("-3", -3_000_000, "-3.00"),
            ("0", 0, "0.00"),
        ] {
            assert_eq!(text.parse(), Ok(Amount(millionths)), "{text}");
            assert_eq!(Amount(millionths).to_string(), shown);
        }
        for text in ["", ".5", "1.", "1,5", "+1", "1e3", "0.0000001", "--1", "1 ", "9999999999999", "NaN"] {
            assert_eq!(text.parse::<Amount>(), Err(NotAnAmount(text.into())), "{text}");
        }
    }

    #[test]
    fn people_are_told_whole_cents() {
        for (millionths, decimals, shown) in [
            (61_204_999, 2, "61.20"),
            (61_205_000, 2, "61.21"),
            (-61_205_000, 2, "-61.21"),
            (-4_999, 2, "0.00"),
            (61_500_000, 0, "62"),
            (1_234_567, 3, "1.235"),
            (999_999, 2, "1.00"),
        ] {
            assert_eq!(Amount(millionths).rounded(decimals), shown, "{millionths}");
        }
    }

    proptest! {
        #[test]
        fn an_amount_reads_back_what_it_shows(millionths in -1_000_000_000_000_000i64..1_000_000_000_000_000) {
            prop_assert_eq!(Amount(millionths).to_string().parse(), Ok(Amount(millionths)));
        }
    }
}
