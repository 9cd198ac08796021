//! Exchange rates between currencies, each from a day on. Costs are converted by them, and rounded up to a millionth: no cost is
//! understated.

use super::{Amount, Currency};
use crate::numbering::day_of;
use crate::time::Time;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Decimals of a rate.
const DECIMALS: usize = 9;
/// A rate of one.
const ONE: u64 = 1_000_000_000;
/// The highest rate: a billion.
const RATE_MAX: u64 = ONE * 1_000_000_000;

/// How many units of one currency a unit of another is, in billionths; never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeRate(u64);

/// A text is no exchange rate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not an exchange rate: write a number above 0 with at most 9 decimals, such as \"0.9215\"")]
pub struct NotARate(pub String);

impl FromStr for ExchangeRate {
    type Err = NotARate;

    fn from_str(text: &str) -> Result<Self, NotARate> {
        let wrong = || NotARate(text.to_owned());
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
        if !are_digits(whole) || !are_digits(part) || part.len() > DECIMALS {
            return Err(wrong());
        }
        let (whole, part) = (whole.parse::<u64>(), format!("{part:0<DECIMALS$}").parse::<u64>());
        let rate = whole.ok().and_then(|whole| whole.checked_mul(ONE)?.checked_add(part.ok()?));
        rate.filter(|rate| (1..=RATE_MAX).contains(rate)).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for ExchangeRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / ONE, self.0 % ONE);
        let part = format!("{part:0DECIMALS$}");
        let part = part.trim_end_matches('0');
        if part.is_empty() { write!(f, "{whole}") } else { write!(f, "{whole}.{part}") }
    }
}

/// Rates of pairs of currencies.
#[derive(Clone, Debug, Default)]
pub struct Exchange(BTreeMap<(Currency, Currency), Vec<(u32, ExchangeRate)>>);

impl Exchange {
    /// Adds a rate from one currency to another, from a day (UTC) on.
    pub fn add(&mut self, from: Currency, to: Currency, day: u32, rate: ExchangeRate) {
        let rates = self.0.entry((from, to)).or_default();
        rates.push((day, rate));
        rates.sort_by_key(|(day, _)| *day);
    }

    /// An amount in another currency at a time, rounded up; `None` without a rate that holds. A pair that is declared the other way round
    /// alone counts by that.
    #[must_use]
    pub fn convert(&self, amount: Amount, from: Currency, to: Currency, now: Time) -> Option<Amount> {
        if from == to {
            return Some(amount);
        }
        let amount = i128::from(amount.0);
        let (product, divisor) = match (self.rate(from, to, now), self.rate(to, from, now)) {
            (Some(rate), _) => (amount * i128::from(rate.0), i128::from(ONE)),
            (None, Some(rate)) => (amount * i128::from(ONE), i128::from(rate.0)),
            (None, None) => return None,
        };
        i64::try_from((product + divisor - 1).div_euclid(divisor)).ok().map(Amount)
    }

    fn rate(&self, from: Currency, to: Currency, now: Time) -> Option<ExchangeRate> {
        let today = day_of(now);
        let rates = self.0.get(&(from, to))?;
        rates.iter().rev().find(|(day, _)| *day <= today).map(|(_, rate)| *rate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    #[test]
    fn an_amount_is_converted_by_the_newest_rate_and_rounded_up() {
        let currency = |code: &str| code.parse::<Currency>().unwrap();
        let (euro, dollar, pound) = (currency("EUR"), currency("USD"), currency("GBP"));
        let mut exchange = Exchange::default();
        exchange.add(dollar, euro, 10, "0.95".parse().unwrap());
        exchange.add(dollar, euro, 0, "0.9215".parse().unwrap());
        let convert = |amount: i64, from, to, day| {
            exchange.convert(Amount(amount), from, to, Time(day * DAY)).map(|amount| amount.0)
        };
        assert_eq!(convert(1_000_000, dollar, euro, 9), Some(921_500));
        assert_eq!(convert(1_000_000, dollar, euro, 10), Some(950_000));
        assert_eq!(convert(1, dollar, euro, 10), Some(1), "it is rounded up");
        assert_eq!(convert(950_000, euro, dollar, 10), Some(1_000_000), "the other way round");
        assert_eq!(convert(1_000_000, euro, dollar, 10), Some(1_052_632));
        assert_eq!(convert(5, pound, pound, 0), Some(5));
        assert_eq!(convert(5, pound, euro, 0), None);
    }

    #[test]
    fn a_rate_has_nine_decimals() {
        for (text, shown) in
            [("0.9215", "0.9215"), ("16000", "16000"), ("0.000058123", "0.000058123"), ("1.10", "1.1")]
        {
            assert_eq!(text.parse::<ExchangeRate>().unwrap().to_string(), shown);
        }
        for wrong in ["", "0", "0.0", "-1", "1.", "1.0000000001", "1e3", "1,5", "2000000000"] {
            assert!(wrong.parse::<ExchangeRate>().is_err(), "{wrong}");
        }
    }
}
