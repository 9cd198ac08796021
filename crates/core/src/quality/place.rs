//! Places: what upstreams are measured towards.

use crate::numbering::{Country, Destination, NetworkCode, Numbering};
use std::fmt;
use std::str::FromStr;

/// The recipient's network where the numbering plan knows it, or else the country.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A network.
    Network(NetworkCode),
    /// A country.
    Country(Country),
    /// Numbers of no country, and short codes.
    #[default]
    World,
}

/// A text is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a place: write the code of a network, such as 23410, or of a country, such as GB")]
pub struct NotAPlace;

impl Place {
    /// The place of a destination.
    #[must_use]
    pub fn of(destination: &Destination, numbering: &Numbering) -> Self {
        Self::new(numbering.network(destination).and_then(|network| network.code), destination)
    }

    /// The place of a destination in this network, if it is known.
    #[must_use]
    pub fn new(network: Option<NetworkCode>, destination: &Destination) -> Self {
        let country = || destination.country.map_or(Self::World, Self::Country);
        network.map_or_else(country, Self::Network)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(code) => code.fmt(f),
            Self::Country(country) => f.write_str(country.code()),
            Self::World => f.write_str("*"),
        }
    }
}

impl FromStr for Place {
    type Err = NotAPlace;

    fn from_str(text: &str) -> Result<Self, NotAPlace> {
        if text == "*" {
            return Ok(Self::World);
        }
        let network = text.parse().ok().map(Self::Network);
        network.or_else(|| text.parse().ok().map(Self::Country)).ok_or(NotAPlace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_its_text() {
        for text in ["23410", "310260", "GB", "*"] {
            assert_eq!(text.parse::<Place>().map(|place| place.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("nowhere".parse::<Place>(), Err(NotAPlace));
    }
}
