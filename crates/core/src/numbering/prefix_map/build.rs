//! How a map of prefixes is put together.
//!
//! The numbers of all prefixes are cut into stretches, each with the value of the longest prefix that covers it. Then each node is given the
//! cuts within its numbers, and says how it divides them.

use super::{DIGITS_BEHIND, Form, PrefixMap, ROOTS, Word, head};
use crate::numbering::prefix::Prefix;

/// The most starts of a node: they are read one after another, and take one line of the processor's cache.
const STARTS_MAX: usize = 15;
/// The most digits behind a node that has starts: their numbers fit in 32 bits.
const STARTS_DIGITS: u32 = 9;
/// A table has a cut in at least one of so many of its words, unless there is no other form.
const SPARSE: usize = 4;
/// Words below this fit in half a word.
const HALF: u32 = 1 << 16;

/// Where numbers with another word begin.
#[derive(Clone, Copy, Debug)]
struct Cut {
    start: u64,
    word: Word,
}

/// The map of prefixes in order with these values by place.
pub(super) fn build(prefixes: &[Prefix], value: impl Fn(usize) -> u32) -> PrefixMap {
    let mut cuts = Cuts::default();
    for (place, prefix) in prefixes.iter().enumerate() {
        let (start, end) = prefix.span();
        cuts.close(start);
        cuts.open.push((end, Word::of_value(value(place))));
        cuts.cut(start);
    }
    cuts.close(u64::MAX);
    let all =
        Region { base: 0, digits: DIGITS_BEHIND + ROOTS.ilog10(), before: Word::default(), cuts: &cuts.made };
    let mut nodes = Vec::new();
    let roots: Vec<Word> = all.divided(ROOTS.ilog10()).map(|region| word_of(&region, &mut nodes)).collect();
    PrefixMap { roots: roots.into(), nodes: nodes.into() }
}

/// Cuts as they come about, and the prefixes that are open.
#[derive(Default)]
struct Cuts {
    made: Vec<Cut>,
    /// The prefixes around the place that is being cut, with their ends, outermost first.
    open: Vec<(u64, Word)>,
}

impl Cuts {
    /// Ends prefixes that end at or before this.
    fn close(&mut self, at: u64) {
        while let Some((end, _)) = self.open.pop_if(|(end, _)| *end <= at) {
            self.cut(end);
        }
    }

    /// Begins a stretch of the innermost open prefix.
    fn cut(&mut self, start: u64) {
        let word = self.open.last().map_or_else(Word::default, |(_, word)| *word);
        self.made.pop_if(|last| last.start == start);
        if self.made.last().map_or_else(Word::default, |last| last.word) != word {
            self.made.push(Cut { start, word });
        }
    }
}

/// Numbers that begin alike, with the cuts within them.
#[derive(Clone, Copy, Debug)]
struct Region<'a> {
    /// The first of the numbers.
    base: u64,
    /// In how many digits they differ.
    digits: u32,
    /// The word of the first of them.
    before: Word,
    /// Cuts behind the first of them, in order.
    cuts: &'a [Cut],
}

impl<'a> Region<'a> {
    /// The regions by the next digits.
    fn divided(self, by: u32) -> impl Iterator<Item = Region<'a>> {
        let (digits, unit) = (self.digits - by, 10u64.pow(self.digits - by));
        let (mut before, mut left) = (self.before, self.cuts);
        (0..10u64.pow(by)).map(move |place| {
            let base = self.base + place * unit;
            if let Some((first, behind)) = left.split_first().filter(|(first, _)| first.start == base) {
                (before, left) = (first.word, behind);
            }
            let within = left.iter().take_while(|cut| cut.start < base + unit).count();
            let (cuts, behind) = left.split_at(within);
            let region = Region { base, digits, before, cuts };
            before = cuts.last().map_or(before, |last| last.word);
            left = behind;
            region
        })
    }

    /// Whether all cuts stand between regions by so many of the next digits.
    fn is_resolved_by(self, digits: u32) -> bool {
        let unit = 10u64.pow(self.digits - digits);
        self.cuts.iter().all(|cut| (cut.start - self.base).is_multiple_of(unit))
    }

    /// The most digits by which a table is no sparser than it may be; 0 if there are none.
    fn dense_digits(self) -> u32 {
        let is_dense = |digits: &u32| {
            let unit = 10u64.pow(self.digits - digits);
            let place = |cut: &Cut| (cut.start - self.base) / unit;
            let count = self.cuts.chunk_by(|one, other| place(one) == place(other)).count();
            count * SPARSE >= 10usize.pow(*digits)
        };
        (1..=self.digits).take_while(is_dense).last().unwrap_or(0)
    }
}

/// The word of a region: the value of all its numbers, or the node that is made of it.
fn word_of(region: &Region<'_>, nodes: &mut Vec<u32>) -> Word {
    if region.cuts.is_empty() {
        return region.before;
    }
    let dense = region.dense_digits();
    let is_small = region.cuts.len() <= STARTS_MAX && region.digits <= STARTS_DIGITS;
    let place = nodes.len();
    if is_small && (dense == 0 || !region.is_resolved_by(dense)) {
        starts(region, nodes);
    } else {
        table(region, dense.max(1), nodes);
    }
    Word::of_node(place)
}

/// A node of starts.
fn starts(region: &Region<'_>, nodes: &mut Vec<u32>) {
    // At most as many as the constants say.
    let narrow = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    nodes.push(head(Form::Starts, narrow(region.cuts.len() as u64)));
    nodes.extend(region.cuts.iter().map(|cut| narrow(cut.start - region.base)));
    nodes.push(region.before.0);
    nodes.extend(region.cuts.iter().map(|cut| cut.word.0));
}

/// A table by so many digits, and behind it the nodes that it leads to.
fn table(region: &Region<'_>, digits: u32, nodes: &mut Vec<u32>) {
    let place = nodes.len();
    let end = place + 1 + 10usize.pow(digits);
    nodes.resize(end, 0);
    nodes[place] = head(Form::Table, digits);
    for (at, region) in (place + 1..end).zip(region.divided(digits)) {
        nodes[at] = word_of(&region, nodes).0;
    }
    if nodes[place + 1..].iter().all(|word| *word < HALF) {
        // A node further down would be a word above that.
        let pairs: Vec<u32> = nodes[place + 1..].chunks(2).map(|two| two[0] | two[1] << 16).collect();
        nodes.truncate(place);
        nodes.push(head(Form::Pairs, digits));
        nodes.extend(pairs);
    }
}
