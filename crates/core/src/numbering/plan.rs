//! A numbering plan that operators import: ranges of numbers with their networks.

use super::csv::{self, Rows};
use super::dated::{Dated, DatedPrefixes, day_of};
use super::kind::NumberKind;
use super::network::Network;
use super::prefix::Prefix;
use crate::csv::{CsvMistake, CsvMistakes};
use crate::number::Number;
use crate::time::Time;
use std::collections::HashMap;
use std::fmt;

/// The most ranges of a plan.
pub const RANGES_MAX: usize = 20_000_000;
/// The place that no range and no network has.
const NONE: u32 = u32::MAX;

/// Numbers that begin alike: their network and kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first digits.
    pub prefix: Prefix,
    /// The network's place in the plan, if one is named.
    pub network: Option<u32>,
    /// The kind; unknown leaves it to the world's table.
    pub kind: NumberKind,
    /// The day from which it holds, in days since 1970-01-01 (UTC).
    pub from: u32,
}

/// Ranges of numbers with networks and kinds, as operators import them. The longest prefix that holds already decides.
#[derive(Default)]
pub struct NumberingPlan {
    networks: Vec<Network>,
    /// The network's place, or [`NONE`], and the kind of each range: 16 octets with the rest.
    ranges: DatedPrefixes<(u32, NumberKind)>,
}

/// Shown as sizes: ranges are millions.
impl fmt::Debug for NumberingPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NumberingPlan({} ranges, {} networks)", self.len(), self.networks.len())
    }
}

impl NumberingPlan {
    /// Reads a plan from CSV.
    ///
    /// # Errors
    /// All that is wrong with it, by lines. Then nothing of it is taken.
    pub fn read(octets: &[u8]) -> Result<Self, CsvMistakes> {
        Self::of(csv::read(octets)?)
    }

    fn of(Rows { ranges: mut rows, networks }: Rows) -> Result<Self, CsvMistakes> {
        rows.sort_unstable_by_key(|(range, line)| (range.prefix.order(), range.from, *line));
        twice(&rows)?;
        let dated = rows.iter().map(|(range, _)| Dated {
            prefix: range.prefix,
            from: range.from,
            value: (range.network.unwrap_or(NONE), range.kind),
        });
        let ranges = DatedPrefixes::new(dated);
        Ok(Self { networks, ranges })
    }

    /// The network's place and the kind that hold for the number at this time.
    pub(super) fn find(&self, number: Number, now: Time) -> Option<(Option<u32>, NumberKind)> {
        let ((network, kind), _) = self.ranges.find(number, day_of(now))?;
        Some(((network != NONE).then_some(network), kind))
    }

    /// The network at this place.
    #[must_use]
    pub fn network(&self, place: u32) -> Option<&Network> {
        self.networks.get(place as usize)
    }

    /// All networks.
    #[must_use]
    pub fn networks(&self) -> &[Network] {
        &self.networks
    }

    /// How many ranges it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether it has no range.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.len() == 0
    }
}

/// Ranges with one prefix and one day.
fn twice(rows: &[(Range, u32)]) -> Result<(), CsvMistakes> {
    let pairs = rows.iter().zip(rows.iter().skip(1));
    let same = pairs.filter(|((one, _), (other, _))| (one.prefix, one.from) == (other.prefix, other.from));
    let mut mistakes = CsvMistakes::default();
    for ((range, before), (_, line)) in same {
        mistakes.note(CsvMistake {
            line: *line,
            column: Some("prefix"),
            what: format!("{} has a range already, in line {before}: leave one of them out", range.prefix),
        });
    }
    mistakes.none()
}

/// Networks, each once.
#[derive(Default)]
pub(super) struct Networks {
    networks: Vec<Network>,
    places: HashMap<Network, u32>,
}

impl Networks {
    /// The place of a network.
    pub(super) fn place(&mut self, network: Network) -> u32 {
        if let Some(place) = self.places.get(&network) {
            return *place;
        }
        let place = u32::try_from(self.networks.len()).unwrap_or(NONE);
        self.networks.push(network.clone());
        self.places.insert(network, place);
        place
    }

    pub(super) fn into_vec(self) -> Vec<Network> {
        self.networks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Milliseconds of a day.
    const DAY: i64 = 24 * 60 * 60 * 1000;
    const PLAN: &str = "prefix,mccmnc,name,valid_from\n44,,Britain,\n4477,23410,O2,\n4477,23430,EE,1970-01-11\n\
        447700,23415,Vodafone,1970-01-21\n49,26201,Telekom,1970-01-11\n4477009001234,23420,Three,\n";

    #[test]
    fn what_holds_already_decides() {
        let plan = NumberingPlan::read(PLAN.as_bytes()).unwrap();
        let name = |number: &str, day: i64| {
            let (network, _) = plan.find(Number::parse_recipient(number).unwrap(), Time(day * DAY))?;
            Some(&*plan.network(network?)?.name)
        };
        for (number, day, expected) in [
            ("447700900123", 0, Some("O2")),
            ("447700900123", 10, Some("EE")),
            ("447700900123", 19, Some("EE")),
            ("447700900123", 20, Some("Vodafone")),
            ("447600900123", 20, Some("Britain")),
            ("4915112345678", 9, None),
            ("4915112345678", 10, Some("Telekom")),
            ("15005550006", 20, None),
            ("44123", 20, None),
        ] {
            assert_eq!(name(number, day), expected, "{number} {day}");
        }
    }

    #[test]
    fn a_range_twice_is_told_with_both_lines() {
        let mistakes = NumberingPlan::read(b"prefix,name\n44,a\n45,b\n44,c\n").unwrap_err();
        assert_eq!(
            mistakes.to_string(),
            "line 4, prefix: 44 has a range already, in line 2: leave one of them out"
        );
    }
}
