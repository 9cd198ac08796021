//! Countries by their codes.

use super::world;
use std::fmt;
use std::str::FromStr;

/// A country or territory that has telephone numbers, by its code of two letters (ISO 3166-1 alpha-2): `GB`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

/// A text is no code of a country that has telephone numbers.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not the code of a country: write two letters (ISO 3166), such as GB")]
pub struct NotACountry(pub String);

impl Country {
    /// The country with this code, in letters of either case; whether it has numbers is not looked at.
    #[must_use]
    pub const fn from_letters(letters: [u8; 2]) -> Option<Self> {
        if letters[0].is_ascii_alphabetic() && letters[1].is_ascii_alphabetic() {
            Some(Self([letters[0].to_ascii_uppercase(), letters[1].to_ascii_uppercase()]))
        } else {
            None
        }
    }

    /// The code as a text.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl FromStr for Country {
    type Err = NotACountry;

    fn from_str(text: &str) -> Result<Self, NotACountry> {
        let letters = <[u8; 2]>::try_from(text.as_bytes()).ok().and_then(Self::from_letters);
        letters.filter(|country| world::has(*country)).ok_or_else(|| NotACountry(text.to_owned()))
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_has_numbers() {
        for (text, code) in [("GB", "GB"), ("de", "DE"), ("Je", "JE"), ("KZ", "KZ")] {
            assert_eq!(text.parse::<Country>().unwrap().code(), code);
        }
        for text in ["", "G", "GBR", "XX", "UK", "1a", "é"] {
            assert!(text.parse::<Country>().is_err(), "{text}");
        }
    }
}
