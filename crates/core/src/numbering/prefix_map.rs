//! A map from prefixes to values, in which the longest prefix of a number decides.

mod build;

use super::prefix::{Prefix, filled};
use crate::number::Number;

/// Numbers filled up to 15 digits begin with so many different groups of four digits.
const ROOTS: usize = 10_000;
/// The digits of a number behind the first four.
const DIGITS_BEHIND: u32 = 11;
/// The bits of a node's head that say how large it is; those above say its [`Form`].
const SIZE_BITS: u32 = 30;

/// A map from prefixes to values. It is made once and searched often.
///
/// It is a tree by digits. A node looks at as many digits at once as its prefixes fill, and is one stretch of memory. Where prefixes are
/// dense, as networks' ranges are, a search reads one table after the first, two octets for a prefix. So it touches as many lines of memory
/// for ten million prefixes as for one million, and most of them stay in the processor's cache.
#[derive(Clone, Debug)]
pub struct PrefixMap {
    /// What is known of numbers by their first four digits.
    roots: Box<[Word]>,
    /// All nodes, one behind the other: a head and the node's words.
    nodes: Box<[u32]>,
}

/// What a number's next digits lead to: a value, nothing, or the place of a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Word(u32);

/// Where a word leads.
enum Target {
    Value(Option<u32>),
    Node(usize),
}

impl Word {
    /// The bit of words that lead to nodes.
    const NODE: u32 = 1 << 31;

    /// Of a value, which is below 2^31 - 1.
    const fn of_value(value: u32) -> Self {
        Self(value + 1)
    }

    /// Of the node at a place. A map has at most 2^31 words.
    fn of_node(place: usize) -> Self {
        Self(Self::NODE | u32::try_from(place).unwrap_or(u32::MAX))
    }

    const fn target(self) -> Target {
        if self.0 & Self::NODE == 0 {
            Target::Value(self.0.checked_sub(1))
        } else {
            Target::Node((self.0 & !Self::NODE) as usize)
        }
    }
}

/// The form of a node's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Where numbers with another word begin, in order, counted from the node's first number; then the words, one more.
    Starts,
    /// A word for each value of the next digits.
    Table,
    /// The same with two words in one: all are values, and small.
    Pairs,
}

impl Default for PrefixMap {
    fn default() -> Self {
        Self::new(&[])
    }
}

impl PrefixMap {
    /// A map of these prefixes, which are in order (see `Prefix::order`) and all differ. Values are their places.
    #[must_use]
    pub fn new(prefixes: &[Prefix]) -> Self {
        Self::with_values(prefixes, |place| u32::try_from(place).unwrap_or(u32::MAX >> 2))
    }

    /// The same with other values, below 2^30: `value` says that of the prefix at a place. Few different values make a small map.
    #[must_use]
    pub(super) fn with_values(prefixes: &[Prefix], value: impl Fn(usize) -> u32) -> Self {
        debug_assert!(
            prefixes.is_sorted_by(|a, b| a.order() < b.order()),
            "prefixes are in order and differ"
        );
        build::build(prefixes, value)
    }

    /// The value of the longest prefix that the number starts with, if every prefix were as long as the number or shorter.
    #[must_use]
    pub fn find(&self, number: Number) -> Option<usize> {
        let at = filled(number);
        let unit = 10u64.pow(DIGITS_BEHIND);
        let mut word = *self.roots.get(usize::try_from(at / unit).ok()?)?;
        let (mut rest, mut digits) = (at % unit, DIGITS_BEHIND);
        loop {
            match word.target() {
                Target::Value(value) => return value.map(|value| value as usize),
                Target::Node(place) => word = self.look(place, &mut rest, &mut digits)?,
            }
        }
    }

    /// The word of a node for the rest of a number, which has so many digits. A table takes its digits from them.
    fn look(&self, place: usize, rest: &mut u64, digits: &mut u32) -> Option<Word> {
        let (head, words) = self.nodes.get(place..)?.split_first()?;
        let (form, size) = form_and_size(*head);
        if form == Form::Starts {
            let starts = words.get(..size as usize)?;
            let behind = starts.iter().filter(|start| u64::from(**start) <= *rest).count();
            return words.get(starts.len() + behind).copied().map(Word);
        }
        *digits = digits.checked_sub(size)?;
        let unit = 10u64.pow(*digits);
        let index = usize::try_from(*rest / unit).ok()?;
        *rest %= unit;
        if form == Form::Table {
            return words.get(index).copied().map(Word);
        }
        let pair = *words.get(index / 2)?;
        Some(Word(if index.is_multiple_of(2) { pair & 0xFFFF } else { pair >> 16 }))
    }
}

/// The head of a node: its form, and how many starts it has or how many digits it looks at.
const fn head(form: Form, size: u32) -> u32 {
    (form as u32) << SIZE_BITS | size
}

const fn form_and_size(head: u32) -> (Form, u32) {
    let form = match head >> SIZE_BITS {
        0 => Form::Starts,
        1 => Form::Table,
        _ => Form::Pairs,
    };
    (form, head & ((1 << SIZE_BITS) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn map(prefixes: &[&str]) -> (PrefixMap, Vec<Prefix>) {
        let mut prefixes: Vec<Prefix> =
            prefixes.iter().map(|text| Prefix::of_digits(text).unwrap()).collect();
        prefixes.sort_unstable_by_key(|prefix| prefix.order());
        prefixes.dedup();
        (PrefixMap::new(&prefixes), prefixes)
    }

    #[test]
    fn the_longest_prefix_decides() {
        let (map, prefixes) = map(&["44", "447", "4477", "44770090", "45", "1", "999999999999999"]);
        for (number, expected) in [
            ("447700900123", Some("44770090")),
            ("447700800123", Some("4477")),
            ("447600900123", Some("447")),
            ("442071234567", Some("44")),
            ("451234567", Some("45")),
            ("461234567", None),
            ("15005550006", Some("1")),
            ("999999999999999", Some("999999999999999")),
            ("999999999999998", None),
        ] {
            let found = map.find(Number::parse(number).unwrap());
            assert_eq!(found.map(|place| prefixes[place].to_string()).as_deref(), expected, "{number}");
        }
        assert_eq!(PrefixMap::default().find(Number::parse("447700900123").unwrap()), None);
    }

    /// Looks every number up in the map and by a scan.
    fn compare(texts: &[String], numbers: impl Iterator<Item = u64>) -> PrefixMap {
        let (map, prefixes) = map(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        for number in numbers.filter_map(Number::from_digits) {
            let scanned = prefixes.iter().filter(|it| it.starts(number)).max_by_key(|it| it.length());
            assert_eq!(map.find(number).map(|place| prefixes[place]), scanned.copied(), "{number:?}");
        }
        map
    }

    #[test]
    fn dense_prefixes_are_one_table_of_pairs() {
        let texts: Vec<String> = (0..1_000).map(|n| format!("4477{n:03}")).collect();
        let map = compare(&texts, (0..5_000).map(|n| 447_600_000_000 + n * 49_999_999));
        assert_eq!(map.nodes.len(), 1 + 500);
        assert_eq!(form_and_size(map.nodes[0]), (Form::Pairs, 3));
    }

    #[test]
    fn prefixes_of_all_lengths_beside_each_other() {
        let mut texts: Vec<String> = (0..2_000).map(|n| format!("4477{:04}", n * 3)).collect();
        texts.extend((0..300).map(|n| format!("4478{:08}", n * 77_003)));
        texts.extend(["44".to_owned(), "4477000".into(), "447799999999999".into(), "4479".into()]);
        let random = (0..3_000_u64).map(|n| 447_700_000_000 + n * 99_999_777 % 300_000_000);
        compare(&texts, random.chain((0..300).map(|n| 447_800_000_000 + n * 77_003)));
    }

    #[test]
    fn single_numbers_take_few_octets() {
        let texts: Vec<String> =
            (0..20_000_u64).map(|n| format!("4477{:08}", n * 7_919 * 7_919 % 100_000_000)).collect();
        let map = compare(&texts, (0..50).map(|n| 447_700_000_000 + n * 7_919 * 7_919 % 100_000_000));
        assert!(map.nodes.len() < 20_000 * 10, "{}", map.nodes.len());
    }

    #[test]
    fn few_values_make_a_small_map() {
        let prefixes: Vec<Prefix> = (0..1_000).map(|n| format!("4477{n:03}").parse().unwrap()).collect();
        let map = PrefixMap::with_values(&prefixes, |_| 7);
        assert_eq!(map.find(Number::parse("447712345678").unwrap()), Some(7));
        assert!(map.nodes.len() < 100, "{}", map.nodes.len());
    }

    proptest! {
        #[test]
        fn it_finds_what_a_scan_finds(
            prefixes in proptest::collection::vec("([1-3][0-3]{0,9})?", 0..120),
            digits in "[1-4][0-3]{9,14}",
        ) {
            let texts: Vec<&str> = prefixes.iter().map(String::as_str).collect();
            let (map, prefixes) = map(&texts);
            let number = Number::from_digits(digits.parse().unwrap()).unwrap();
            let found = map.find(number).map(|place| prefixes[place]);
            let scanned = prefixes.iter().filter(|prefix| prefix.starts(number)).max_by_key(|prefix| prefix.length());
            prop_assert_eq!(found, scanned.copied());
        }
    }
}
