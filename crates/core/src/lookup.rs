//! Look-ups: what a provider says of a number, its network after porting and whether somebody has it.

use crate::number::Number;
use crate::numbering::{Country, NetworkCode, Numbering, Prefix};
use crate::route::is_prefix;
use crate::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Whether somebody has a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Assignment {
    /// The provider doesn't say.
    #[default]
    Unknown,
    /// Somebody has it.
    Assigned,
    /// Nobody has it.
    Unassigned,
}

impl Assignment {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Unknown, Self::Assigned, Self::Unassigned];

    /// The word for it in every API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Assigned => "assigned",
            Self::Unassigned => "unassigned",
        }
    }
}

/// What a provider said of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// The network that serves it; `None` if the provider doesn't say.
    pub network: Option<NetworkCode>,
    /// Whether somebody has it.
    pub assignment: Assignment,
}

/// What a provider said of a number, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedUp {
    /// The number.
    pub number: Number,
    /// What was said.
    pub said: Said,
    /// The provider's name.
    pub provider: Box<str>,
    /// When it was asked.
    pub at: Time,
    /// Until when it isn't asked again.
    pub until: Time,
}

/// What was looked up of the numbers of a batch.
pub type LookedUpNumbers = BTreeMap<Number, LookedUp>;

/// A provider of look-ups, as far as the core needs to know it: how it is asked is its adapter's affair.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupProvider {
    /// Its name, unique.
    pub name: Box<str>,
    /// A disabled provider isn't asked.
    pub enabled: bool,
    /// The countries whose numbers it is asked about; empty is all.
    pub countries: Vec<Country>,
    /// The first digits of numbers that it is asked about; empty is all.
    pub prefixes: Vec<Prefix>,
    /// How long it is waited for.
    pub time_limit: Duration,
    /// How long its answers are kept.
    pub keep: Duration,
    /// The most questions on a day (UTC), over all nodes; `None` is without limit.
    pub daily: Option<u64>,
}

impl LookupProvider {
    fn takes(&self, number: Number, country: Option<Country>) -> bool {
        self.enabled
            && !number.is_short_code()
            && (self.countries.is_empty() || country.is_some_and(|it| self.countries.contains(&it)))
            && (self.prefixes.is_empty() || self.prefixes.iter().any(|prefix| is_prefix(*prefix, number)))
    }
}

/// All providers that are declared, by name. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct LookupProviders(Arc<[LookupProvider]>);

impl LookupProviders {
    /// These providers.
    #[must_use]
    pub fn new(providers: Vec<LookupProvider>) -> Self {
        Self(providers.into())
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &LookupProvider> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The provider that is asked about a number: the first one by name that takes it. Numbers that no message can go to aren't asked
    /// about.
    #[must_use]
    pub fn of(&self, number: Number, numbering: &Numbering, now: Time) -> Option<&LookupProvider> {
        if self.0.is_empty() {
            return None;
        }
        let destination = numbering.find(number, now);
        let is_possible = destination.is_allocated && destination.has_length;
        self.0.iter().find(|provider| is_possible && provider.takes(number, destination.country))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_provider_that_takes_a_number_is_asked() {
        let provider = |name: &str, countries: &[&str], prefixes: &[&str]| LookupProvider {
            name: name.into(),
            enabled: name != "off",
            countries: countries.iter().map(|it| it.parse().unwrap()).collect(),
            prefixes: prefixes.iter().map(|it| it.parse().unwrap()).collect(),
            time_limit: Duration::from_secs(1),
            keep: Duration::from_secs(60),
            daily: None,
        };
        let providers = LookupProviders::new(vec![
            provider("off", &[], &[]),
            provider("enum", &["DE"], &[]),
            provider("hlr", &["GB", "US"], &["4477", "1"]),
        ]);
        let asked = |number: &str| {
            let number = Number::parse_recipient(number).unwrap();
            providers.of(number, &Numbering::default(), Time(0)).map(|it| &*it.name)
        };
        for (number, name) in [
            ("+4915112345678", Some("enum")),
            ("+447700900123", Some("hlr")),
            ("+447800900123", None),
            ("+12025550123", Some("hlr")),
            ("+33612345678", None),
            ("60006", None),
            ("+44770090012345", None),
        ] {
            assert_eq!(asked(number), name, "{number}");
        }
    }
}
