//! Amounts of money: whole numbers of millionths, as the API has them.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

/// The millionths of a unit.
const UNIT: i128 = 1_000_000;

/// An amount. Sums of amounts are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Amount(i128);

impl Amount {
    /// The amount that a text of the API stands for; nothing for what is none.
    pub(crate) fn read(text: &str) -> Self {
        text.parse().unwrap_or_default()
    }

    /// So many times the amount.
    pub(crate) const fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(count as i128))
    }

    pub(crate) fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl FromStr for Amount {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |digits| (-1, digits));
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |text: &str| text.bytes().all(|octet| octet.is_ascii_digit());
        if whole.is_empty() || part.len() > 6 || !is_number(whole) || !is_number(part) {
            return Err(());
        }
        let whole: i128 = whole.parse().map_err(drop)?;
        let part: i128 = format!("{part:0<6}").parse().map_err(drop)?;
        let millionths = whole.checked_mul(UNIT).and_then(|whole| whole.checked_add(part)).ok_or(())?;
        Ok(Self(sign * millionths))
    }
}

impl Sum for Amount {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self(amounts.fold(0_i128, |sum, amount| sum.saturating_add(amount.0)))
    }
}

/// As the API writes it: with two decimals, or as many more as it takes.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let millionths = self.0.unsigned_abs();
        let part = format!("{:06}", millionths % UNIT.unsigned_abs());
        let (cents, rest) = part.split_at(2);
        write!(f, "{sign}{}.{cents}{}", millionths / UNIT.unsigned_abs(), rest.trim_end_matches('0'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_added_and_written_exactly() {
        for (text, written) in [
            ("12.5", "12.50"),
            ("-0.0125", "-0.0125"),
            ("7", "7.00"),
            ("0.000001", "0.000001"),
            ("x", "0.00"),
        ] {
            assert_eq!(Amount::read(text).to_string(), written);
        }
        assert_eq!(["0.1", "0.2", "-0.3"].map(Amount::read).into_iter().sum::<Amount>(), Amount::default());
        assert_eq!(Amount::read("0.045").times(1_000).to_string(), "45.00");
        assert!("1.0000001".parse::<Amount>().is_err() && "".parse::<Amount>().is_err());
    }
}
