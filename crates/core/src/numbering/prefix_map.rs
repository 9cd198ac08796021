//! A map from prefixes to values, in which the longest prefix of a number decides.

use super::prefix::{Prefix, filled};
use crate::number::Number;

/// Numbers filled up to 15 digits fall into so many buckets, by their first four digits.
const BUCKETS: usize = 10_000;
/// The digits of a number behind those of its bucket.
const DIGITS_BEHIND: u32 = 11;
/// The numbers of one bucket.
const BUCKET: u64 = 10u64.pow(DIGITS_BEHIND);
/// The most intervals that are searched by halves, where they lie evenly: two lines of the processor's cache.
const SEARCHED: usize = 16;

/// A map from prefixes to values. It is made once and searched often: the numbers of all prefixes are cut into intervals,
/// each with the longest prefix that covers it. A search is one step into the bucket of the first four digits, one into its stretch
/// of the digits behind them, as many as the bucket needs, and a search by halves among a few intervals. So it touches as many
/// lines of memory for ten million prefixes as for one million.
#[derive(Clone, Debug)]
pub struct PrefixMap {
    /// Where intervals begin, in order.
    starts: Box<[u64]>,
    /// The value of the prefix that covers each interval, and 0 for none; values are kept one higher.
    covers: Box<[u32]>,
    buckets: Box<[Bucket]>,
    /// The first interval that begins in each stretch of a bucket or behind it, and at the end of the bucket.
    stretches: Box<[u32]>,
}

/// The numbers with the same first four digits.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// The first interval that begins in it or behind it.
    first: u32,
    /// Where its stretches are.
    stretches: u32,
    /// The numbers of one of its stretches; 0 where it has none.
    unit: u64,
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
        let (buckets, stretches) = divide(&starts);
        Self { starts: starts.into(), covers: covers.into(), buckets, stretches }
    }

    /// The same with other values: `value` says each of a prefix's place.
    #[must_use]
    pub(super) fn with_values(mut self, value: impl Fn(usize) -> Option<u32>) -> Self {
        for cover in &mut self.covers {
            let place = (*cover as usize).checked_sub(1);
            *cover = place.and_then(&value).map_or(0, |value| value + 1);
        }
        self
    }

    /// The value of the longest prefix that the number starts with, if every prefix were as long as the number or shorter.
    #[must_use]
    pub fn find(&self, number: Number) -> Option<usize> {
        let at = filled(number);
        let place = usize::try_from(at / BUCKET).unwrap_or(BUCKETS);
        let Bucket { first, stretches, unit } = *self.buckets.get(place)?;
        let (from, to) = match (at % BUCKET).checked_div(unit) {
            None => (first, self.buckets.get(place + 1)?.first),
            Some(stretch) => {
                let stretch = stretches as usize + usize::try_from(stretch).unwrap_or(usize::MAX);
                (*self.stretches.get(stretch)?, *self.stretches.get(stretch + 1)?)
            }
        };
        let (from, to) = (from as usize, to as usize);
        let behind = from + self.starts.get(from..to)?.partition_point(|start| *start <= at);
        let cover = *self.covers.get(behind.checked_sub(1)?)?;
        (cover as usize).checked_sub(1)
    }
}

/// The buckets of intervals, and the stretches of those that have many.
fn divide(starts: &[u64]) -> (Box<[Bucket]>, Box<[u32]>) {
    let index = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let (mut buckets, mut stretches) = (Vec::with_capacity(BUCKETS + 1), Vec::new());
    let mut first = 0;
    for bucket in 0..=BUCKETS as u64 {
        let (base, next) = (bucket * BUCKET, (bucket + 1) * BUCKET);
        let count = starts.get(first..).map_or(0, |rest| rest.partition_point(|start| *start < next));
        let digits = (0..DIGITS_BEHIND).find(|digits| SEARCHED * 10usize.pow(*digits) >= count);
        let digits = digits.unwrap_or(DIGITS_BEHIND);
        let mut made = Bucket { first: index(first), stretches: index(stretches.len()), unit: 0 };
        if digits > 0 {
            made.unit = BUCKET / 10u64.pow(digits);
            let mut at = first;
            for stretch in 0..=10u64.pow(digits) {
                let begin = base + stretch * made.unit;
                at += starts.get(at..).map_or(0, |rest| rest.iter().take_while(|it| **it < begin).count());
                stretches.push(index(at));
            }
        }
        buckets.push(made);
        first += count;
    }
    (buckets.into(), stretches.into())
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

    #[test]
    fn a_full_bucket_has_stretches() {
        let mut texts: Vec<String> = (0..2_000).map(|n| format!("4477{:04}", n * 3)).collect();
        texts.extend(["44".to_owned(), "4477000".into(), "447799999999999".into(), "4478".into()]);
        let (map, prefixes) = map(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(map.stretches.len(), 1_001, "the one bucket that needs them");
        for n in 0..20_000_u64 {
            let number = Number::from_digits(447_700_000_000 + n * 4_999).unwrap();
            let scanned = prefixes.iter().filter(|it| it.starts(number)).max_by_key(|it| it.length());
            assert_eq!(map.find(number).map(|place| prefixes[place]), scanned.copied(), "{number:?}");
        }
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
