//! The world's numbering: a table that is compiled in.

use super::country::Country;
use super::destination::Destination;
use super::kind::NumberKind;
use super::prefix::{Prefix, count};
use super::prefix_map::PrefixMap;
use crate::number::Number;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The table as it is written; its first lines say what stands where.
const TABLE: &str = include_str!("world.txt");
/// The prefix of international numbers where a country has no other.
const USUAL_IDD: &str = "00";

/// The table as it is searched. It is a constant that takes a few milliseconds to unfold.
static WORLD: LazyLock<World> = LazyLock::new(|| World::read(TABLE));

/// A calling code, and how numbers are dialled behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CallingCode {
    /// The code.
    pub(crate) code: Prefix,
    /// Its country, or the greatest of several; none for codes of the whole world.
    country: Option<Country>,
    /// How many digits its national numbers have.
    lengths: Lengths,
    /// The prefix that is dialled before national numbers; empty for none.
    pub(crate) trunk: &'static str,
    /// The prefixes that are dialled before international numbers.
    pub(crate) idds: Vec<&'static str>,
}

/// Numbers of digits, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lengths(u32);

impl Lengths {
    fn read(text: &str) -> Option<Self> {
        let bit = |length: &str| {
            length.parse::<u32>().ok().filter(|length| *length < u32::BITS).map(|length| 1 << length)
        };
        text.split(',').map(bit).try_fold(0, |set, bit| Some(set | bit?)).map(Self)
    }

    const fn contain(self, length: u32) -> bool {
        self.0 & (1 << length) != 0
    }
}

/// What numbers have in common that begin alike.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// The place of their calling code.
    code: usize,
    country: Option<Country>,
    kind: NumberKind,
    /// How many digits the national numbers of the kind have.
    lengths: Lengths,
}

struct World {
    codes: Vec<CallingCode>,
    rows: Vec<Row>,
    map: PrefixMap,
    by_country: HashMap<Country, usize>,
}

impl World {
    /// Reads the table. What can't be read is left out; a test says that nothing is.
    fn read(table: &'static str) -> Self {
        let (mut codes, mut rows): (Vec<CallingCode>, Vec<(Prefix, Row)>) = (Vec::new(), Vec::new());
        let mut below = None;
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            if !line.starts_with(' ') {
                if let Some(code) = read_code(line) {
                    let row = Row {
                        code: codes.len(),
                        country: code.country,
                        kind: NumberKind::Unknown,
                        lengths: code.lengths,
                    };
                    rows.push((code.code, row));
                    codes.push(code);
                }
                continue;
            }
            let mut words = line.split_ascii_whitespace();
            if !line.starts_with("    ") {
                below = words.next().and_then(|word| read_kind(word, codes.last()?, codes.len() - 1));
            }
            let Some((row, code)) = below.zip(codes.last()) else { continue };
            rows.extend(words.filter_map(|digits| Some((code.code.followed_by(national(digits)?), row))));
        }
        Self::of(codes, rows)
    }

    fn of(codes: Vec<CallingCode>, mut rows: Vec<(Prefix, Row)>) -> Self {
        // What a kind says of all numbers behind a code takes the place of what the code says.
        rows.reverse();
        rows.sort_by_key(|(prefix, _)| prefix.order());
        rows.dedup_by_key(|(prefix, _)| *prefix);
        let prefixes: Vec<Prefix> = rows.iter().map(|(prefix, _)| *prefix).collect();
        let rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
        let mut by_country = HashMap::new();
        for row in &rows {
            if let Some(country) = row.country {
                by_country.entry(country).or_insert(row.code);
            }
        }
        Self { codes, map: PrefixMap::new(&prefixes), rows, by_country }
    }
}

/// `44 GB 7,9,10 trunk=0 idd=00`.
fn read_code(line: &'static str) -> Option<CallingCode> {
    let mut words = line.split(' ');
    let code = words.next()?.parse().ok()?;
    let country = read_country(words.next()?);
    let lengths = Lengths::read(words.next()?)?;
    let (mut trunk, mut idds) = ("", vec![USUAL_IDD]);
    for word in words {
        match word.split_once('=')? {
            ("trunk", digits) => trunk = digits,
            ("idd", several) => idds = several.split(',').collect(),
            _ => return None,
        }
    }
    Some(CallingCode { code, country, lengths, trunk, idds })
}

/// `fixed:GG/9,10`.
fn read_kind(word: &str, code: &CallingCode, place: usize) -> Option<Row> {
    let (name, lengths) = word.split_once('/').map_or((word, None), |(name, lengths)| (name, Some(lengths)));
    let (kind, country) =
        name.split_once(':').map_or((name, code.country), |(kind, country)| (kind, read_country(country)));
    let lengths = lengths.map_or(Some(code.lengths), Lengths::read)?;
    Some(Row { code: place, country, kind: NumberKind::from_word(kind)?, lengths })
}

fn read_country(text: &str) -> Option<Country> {
    <[u8; 2]>::try_from(text.as_bytes()).ok().and_then(Country::from_letters)
}

fn national(digits: &str) -> Option<Prefix> {
    if digits == "*" { Some(Prefix::NONE) } else { Prefix::of_digits(digits) }
}

/// Whether the country has numbers.
pub(super) fn has(country: Country) -> bool {
    WORLD.by_country.contains_key(&country)
}

/// The calling code of a country.
pub(crate) fn calling_code_of(country: Country) -> Option<&'static CallingCode> {
    WORLD.by_country.get(&country).and_then(|place| WORLD.codes.get(*place))
}

/// What the table knows of a number.
pub(super) fn find(number: Number) -> Destination {
    if number.is_short_code() {
        return Destination { kind: NumberKind::ShortCode, is_allocated: true, ..Destination::default() };
    }
    let row = WORLD.map.find(number).and_then(|place| WORLD.rows.get(place));
    let Some((row, code)) = row.and_then(|row| Some((row, WORLD.codes.get(row.code)?))) else {
        return Destination::default();
    };
    let length = count(number).saturating_sub(code.code.length().into());
    Destination {
        country: row.country,
        kind: row.kind,
        network: None,
        is_allocated: true,
        has_length: code.lengths.contain(length),
        is_dead: false,
        is_of_kind: row.kind != NumberKind::Unknown && row.lengths.contain(length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_table_is_read() {
        let is_row = |line: &&str| !line.starts_with('#');
        for line in TABLE.lines().filter(is_row) {
            if line.starts_with("    ") {
                continue;
            } else if let Some(kind) = line.strip_prefix("  ") {
                let code = read_code("44 GB 10").unwrap();
                assert!(read_kind(kind.split(' ').next().unwrap(), &code, 0).is_some(), "{line}");
            } else {
                assert!(read_code(line).is_some(), "{line}");
            }
        }
        assert_eq!((WORLD.codes.len(), WORLD.by_country.len()), (215, 244));
    }

    #[test]
    fn numbers_have_countries_and_kinds() {
        for (number, country, kind) in [
            ("447700900123", "GB", "mobile"),
            ("442071234567", "GB", "fixed"),
            ("447400123456", "GB", "mobile"),
            ("447797123456", "JE", "mobile"),
            ("441534123456", "JE", "fixed"),
            ("449012345678", "GB", "premium"),
            ("448001234567", "GB", "toll_free"),
            ("12025550123", "US", "fixed_or_mobile"),
            ("14165550123", "CA", "fixed_or_mobile"),
            ("18005550123", "US", "toll_free"),
            ("19005550123", "US", "premium"),
            ("18765550123", "JM", "mobile"),
            ("4915112345678", "DE", "mobile"),
            ("493012345678", "DE", "fixed"),
            ("33612345678", "FR", "mobile"),
            ("33123456789", "FR", "fixed"),
            ("393471234567", "IT", "mobile"),
            ("79161234567", "RU", "mobile"),
            ("77011234567", "KZ", "mobile"),
            ("919812345678", "IN", "mobile"),
            ("8613812345678", "CN", "mobile"),
            ("2348031234567", "NG", "mobile"),
            ("5511987654321", "BR", "mobile"),
            ("61412345678", "AU", "mobile"),
            ("870773123456", "-", "satellite"),
            ("881612345678", "-", "satellite"),
            ("8821612345678", "-", "satellite"),
            ("999123456789", "-", "unknown"),
        ] {
            let found = find(Number::parse(number).unwrap());
            let country_found = found.country.map_or_else(|| "-".to_owned(), |country| country.to_string());
            assert_eq!((&*country_found, found.kind.word()), (country, kind), "{number}");
        }
    }

    #[test]
    fn a_country_says_how_it_dials() {
        for (country, code, trunk, idds) in [
            ("GB", "44", "0", vec!["00"]),
            ("US", "1", "1", vec!["011"]),
            ("RU", "7", "8", vec!["810"]),
            ("IT", "39", "", vec!["00"]),
            ("HU", "36", "06", vec!["00"]),
            ("JE", "44", "0", vec!["00"]),
        ] {
            let found = calling_code_of(country.parse().unwrap()).unwrap();
            assert_eq!(
                (&*found.code.to_string(), found.trunk, &found.idds),
                (code, trunk, &idds),
                "{country}"
            );
        }
    }
}
