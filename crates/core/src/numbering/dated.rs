//! Values of ranges of numbers that hold from a day on. The longest prefix that holds already decides.

use super::prefix::{Prefix, count};
use super::prefix_map::PrefixMap;
use crate::number::Number;
use crate::time::Time;

/// Milliseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1000;
/// The place that nothing has.
const NONE: u32 = u32::MAX;
/// The bits of a day; those above have the length of the prefix.
const DAY_BITS: u32 = 28;

/// The value of a prefix from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dated<V> {
    /// The first digits.
    pub(crate) prefix: Prefix,
    /// The day from which it holds, in days since 1970-01-01 (UTC).
    pub(crate) from: u32,
    /// The value.
    pub(crate) value: V,
}

/// A value as it is kept.
#[derive(Clone, Copy, Debug)]
struct Kept<V> {
    value: V,
    /// The day from which it holds, and above it the length of the prefix.
    from_and_length: u32,
    /// What holds where this doesn't yet: an older value of the prefix, or that of the prefix around it.
    instead: u32,
}

/// Values of prefixes. They are put together once and looked up often.
#[derive(Clone, Debug)]
pub(crate) struct DatedPrefixes<V> {
    kept: Box<[Kept<V>]>,
    /// The place of the newest value of each prefix.
    map: PrefixMap,
}

impl<V> Default for DatedPrefixes<V> {
    fn default() -> Self {
        Self { kept: Box::default(), map: PrefixMap::default() }
    }
}

impl<V: Copy> DatedPrefixes<V> {
    /// The values of these rows, which are in the order of [`Prefix::order`] and then of their days.
    pub(crate) fn new(rows: impl ExactSizeIterator<Item = Dated<V>>) -> Self {
        let mut prefixes: Vec<Prefix> = Vec::new();
        let mut newest: Vec<u32> = Vec::new();
        let mut kept: Vec<Kept<V>> = Vec::with_capacity(rows.len());
        // The prefixes around the one that is looked at, with where they end.
        let mut around: Vec<(u64, usize)> = Vec::new();
        for row in rows {
            let (start, end) = row.prefix.span();
            while around.pop_if(|(end, _)| *end <= start).is_some() {}
            let place = u32::try_from(kept.len()).unwrap_or(NONE);
            let instead = match prefixes.last() {
                Some(last) if *last == row.prefix => newest.last().copied(),
                _ => {
                    let outer = around.last().and_then(|(_, outer)| newest.get(*outer).copied());
                    around.push((end, prefixes.len()));
                    prefixes.push(row.prefix);
                    newest.push(place);
                    outer
                }
            };
            if let Some(newest) = newest.last_mut() {
                *newest = place;
            }
            let from_and_length = row.from | u32::from(row.prefix.length()) << DAY_BITS;
            kept.push(Kept { value: row.value, from_and_length, instead: instead.unwrap_or(NONE) });
        }
        let map = PrefixMap::new(&prefixes).with_values(|prefix| newest.get(prefix).copied());
        Self { kept: kept.into(), map }
    }

    /// The value that holds for a number on this day, with the length of its prefix. A short code has none.
    pub(crate) fn find(&self, number: Number, today: u32) -> Option<(V, u8)> {
        if number.is_short_code() {
            return None;
        }
        let mut place = self.map.find(number)?;
        loop {
            let kept = self.kept.get(place)?;
            let (from, length) =
                (kept.from_and_length & ((1 << DAY_BITS) - 1), kept.from_and_length >> DAY_BITS);
            if from <= today && length <= count(number) {
                return Some((kept.value, u8::try_from(length).unwrap_or(0)));
            }
            place = kept.instead as usize;
        }
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }
}

/// The day of a moment, in days since 1970-01-01 (UTC).
pub(crate) fn day_of(now: Time) -> u32 {
    u32::try_from(now.0.div_euclid(DAY)).unwrap_or(0)
}
