//! Currencies by their codes.

use super::Amount;
use std::fmt;
use std::str::FromStr;

/// A currency, by its code of three letters (ISO 4217): `EUR`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// A text is no code of a currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not the code of a currency: write three letters (ISO 4217), such as EUR")]
pub struct NotACurrency(pub String);

impl Currency {
    /// The code.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// An amount in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// The currency.
    pub currency: Currency,
    /// The amount.
    pub amount: Amount,
}

impl FromStr for Currency {
    type Err = NotACurrency;

    fn from_str(text: &str) -> Result<Self, NotACurrency> {
        let letters = <[u8; 3]>::try_from(text.as_bytes()).ok();
        let letters = letters.filter(|letters| letters.iter().all(u8::is_ascii_alphabetic));
        letters
            .map(|letters| Self(letters.map(|it| it.to_ascii_uppercase())))
            .ok_or_else(|| NotACurrency(text.to_owned()))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_currency_is_three_letters() {
        assert_eq!("eur".parse::<Currency>().unwrap().to_string(), "EUR");
        for text in ["", "EU", "EURO", "E1R", "€"] {
            assert!(text.parse::<Currency>().is_err(), "{text}");
        }
    }
}
