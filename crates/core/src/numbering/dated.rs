//! Values of ranges of numbers that hold from a day on. The longest prefix that holds already decides.

use super::prefix::{Prefix, count};
use super::prefix_map::PrefixMap;
use crate::number::Number;
use crate::time::Time;
use std::collections::HashMap;
use std::hash::Hash;

/// Milliseconds of a day.
const DAY: i64 = 24 * 60 * 60 * 1000;
/// The place that nothing has.
const NONE: u32 = u32::MAX >> 2;
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

/// A value as it is kept, once for all prefixes that have the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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
    rows: usize,
}

impl<V> Default for DatedPrefixes<V> {
    fn default() -> Self {
        Self { kept: Box::default(), map: PrefixMap::default(), rows: 0 }
    }
}

impl<V: Copy + Eq + Hash> DatedPrefixes<V> {
    /// The values of these rows, which are in the order of [`Prefix::order`] and then of their days.
    pub(crate) fn new(rows: impl ExactSizeIterator<Item = Dated<V>>) -> Self {
        let count = rows.len();
        let mut prefixes: Vec<Prefix> = Vec::with_capacity(count);
        let mut newest: Vec<u32> = Vec::with_capacity(count);
        let mut kept = KeptOnce::default();
        // The prefixes around the one that is looked at, with where they end.
        let mut around: Vec<(u64, usize)> = Vec::new();
        for row in rows {
            let (start, end) = row.prefix.span();
            while around.pop_if(|(end, _)| *end <= start).is_some() {}
            let is_again = prefixes.last() == Some(&row.prefix);
            let instead = if is_again {
                newest.pop()
            } else {
                let outer = around.last().and_then(|(_, outer)| newest.get(*outer).copied());
                around.push((end, prefixes.len()));
                prefixes.push(row.prefix);
                outer
            };
            newest.push(kept.place(Kept {
                value: row.value,
                from_and_length: row.from | u32::from(row.prefix.length()) << DAY_BITS,
                instead: instead.unwrap_or(NONE),
            }));
        }
        let map = PrefixMap::with_values(&prefixes, |prefix| newest.get(prefix).copied().unwrap_or(NONE));
        Self { kept: kept.values.into(), map, rows: count }
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
    pub(crate) const fn len(&self) -> usize {
        self.rows
    }
}

/// Values, each once. Millions of prefixes have few different ones, which stay in the processor's cache.
struct KeptOnce<V> {
    values: Vec<Kept<V>>,
    places: HashMap<Kept<V>, u32>,
}

impl<V> Default for KeptOnce<V> {
    fn default() -> Self {
        Self { values: Vec::new(), places: HashMap::new() }
    }
}

impl<V: Copy + Eq + Hash> KeptOnce<V> {
    fn place(&mut self, kept: Kept<V>) -> u32 {
        let next = u32::try_from(self.values.len()).unwrap_or(NONE);
        *self.places.entry(kept).or_insert_with(|| {
            self.values.push(kept);
            next
        })
    }
}

/// The day of a moment, in days since 1970-01-01 (UTC).
pub(crate) fn day_of(now: Time) -> u32 {
    u32::try_from(now.0.div_euclid(DAY)).unwrap_or(0)
}
