//! A map from prefixes to values, in which the longest prefix of a number decides.

use super::prefix::{Prefix, filled};
use crate::number::Number;

/// Numbers filled up to 15 digits fall into so many buckets, by their first four digits.
const BUCKETS: usize = 10_000;
/// The numbers of one bucket.
const BUCKET: u64 = 100_000_000_000;

/// A map from prefixes to values. It is made once and searched often: the numbers of all prefixes are cut into intervals,
/// each with the longest prefix that covers it, so that a search is one step into the bucket of the first four digits and a
/// search by halves within. Ten times as many prefixes cost three or four comparisons more.
#[derive(Clone, Debug)]
pub struct PrefixMap {
    /// Where intervals begin, in order.
    starts: Box<[u64]>,
    /// The place of the prefix that covers each interval, and 0 for none.
    covers: Box<[u32]>,
    /// The first interval that begins in each bucket or behind it.
    buckets: Box<[u32]>,
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
        debug_assert!(
            prefixes.is_sorted_by(|a, b| a.order() < b.order()),
            "prefixes are in order and differ"
        );
        let mut cuts = Cuts::default();
        for (place, prefix) in prefixes.iter().enumerate() {
            let (start, end) = prefix.span();
            cuts.close(start);
            cuts.open.push((end, u32::try_from(place).unwrap_or(u32::MAX - 1) + 1));
            cuts.cut(start);
        }
        cuts.close(u64::MAX);
        let Cuts { starts, covers, .. } = cuts;
        let first = |bucket: usize| {
            let at = bucket as u64 * BUCKET;
            u32::try_from(starts.partition_point(|start| *start < at)).unwrap_or(u32::MAX)
        };
        let buckets = (0..=BUCKETS).map(first).collect();
        Self { starts: starts.into(), covers: covers.into(), buckets }
    }

    /// The place of the longest prefix that the number starts with, if every prefix were as long as the number or shorter.
    #[must_use]
    pub fn find(&self, number: Number) -> Option<usize> {
        let at = filled(number);
        let bucket = usize::try_from(at / BUCKET).unwrap_or(BUCKETS);
        let (from, to) = (*self.buckets.get(bucket)? as usize, *self.buckets.get(bucket + 1)? as usize);
        let behind = from + self.starts.get(from..to)?.partition_point(|start| *start <= at);
        let cover = *self.covers.get(behind.checked_sub(1)?)?;
        (cover as usize).checked_sub(1)
    }
}

/// Intervals as they come about, and the prefixes that are open.
#[derive(Default)]
struct Cuts {
    starts: Vec<u64>,
    covers: Vec<u32>,
    /// The prefixes around the place that is being cut, with their ends, outermost first.
    open: Vec<(u64, u32)>,
}

impl Cuts {
    /// Ends prefixes that end at or before this.
    fn close(&mut self, at: u64) {
        while let Some((end, _)) = self.open.pop_if(|(end, _)| *end <= at) {
            self.cut(end);
        }
    }

    /// Begins an interval of the innermost open prefix.
    fn cut(&mut self, start: u64) {
        let cover = self.open.last().map_or(0, |(_, place)| *place);
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.covers.pop();
        }
        if self.covers.last().copied().unwrap_or(0) != cover {
            self.starts.push(start);
            self.covers.push(cover);
        }
    }
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

    proptest! {
        #[test]
        fn it_finds_what_a_scan_finds(
            prefixes in proptest::collection::vec("([1-3][0-3]{0,4})?", 0..40),
            digits in "[1-4][0-3]{6,9}",
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
