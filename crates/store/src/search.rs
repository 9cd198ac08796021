//! Filters of blocks of messages: which words can't be in a block, so that a search passes over it.
//!
//! A block is so many messages, one after another. Its words are what messages are looked for by: the recipient, the client's
//! reference, the sender, the carrier's references, the state at the end, the upstream and words of the error. They are kept as a Bloom filter, in slices by the word's
//! hash: a search reads one slice of each block, a few kilobytes. Filters are made behind, of messages some hours old, so that no
//! message on its way pays for them. What isn't in a block yet is looked through.

use crate::codes::Code;
use postrider_core::contract::Filter;
use std::collections::BTreeMap;

/// Slices of a block's words: the first bits of a hash say which.
const SLICES: u64 = 64;
/// Bits of a filter for each word, and how many of them a word sets: one word in two thousand is taken for another.
const BITS: usize = 16;
const PROBES: u64 = 8;

/// A word, as its hash. It is kept in stores, so the hash stays as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Word(u64);

impl Word {
    pub(crate) fn recipient(digits: u64) -> Self {
        Self::of(b'r', &digits.to_be_bytes())
    }

    pub(crate) fn reference(text: &str) -> Self {
        Self::text(b'c', text)
    }

    pub(crate) fn sender(text: &str) -> Self {
        Self::text(b's', text)
    }

    pub(crate) fn carrier_reference(text: &str) -> Self {
        Self::text(b'm', text)
    }

    fn error(text: &str) -> Self {
        Self::text(b'e', text)
    }

    /// The state in which messages ended, by its number in the stores.
    fn state(code: i64) -> Self {
        Self::of(b't', &code.to_be_bytes())
    }

    /// The upstream that sent messages, by its number.
    fn upstream(number: i64) -> Self {
        Self::of(b'u', &number.to_be_bytes())
    }

    /// The words of an error: a colon ends one, too.
    pub(crate) fn errors(text: &str) -> impl Iterator<Item = Self> {
        text.split([' ', ':']).filter(|word| !word.is_empty()).map(Self::error)
    }

    /// A text with a zero is the same as what PostgreSQL keeps of it.
    fn text(kind: u8, text: &str) -> Self {
        match text.contains('\0') {
            true => Self::of(kind, text.replace('\0', "\u{FFFD}").as_bytes()),
            false => Self::of(kind, text.as_bytes()),
        }
    }

    /// FNV-1a, with its bits mixed, so that any of them are as good as others.
    fn of(kind: u8, octets: &[u8]) -> Self {
        let step = |hash: u64, octet: u8| (hash ^ u64::from(octet)).wrapping_mul(0x0100_0000_01b3);
        let hash = octets.iter().fold(step(0xcbf2_9ce4_8422_2325, kind), |hash, octet| step(hash, *octet));
        let hash = (hash ^ (hash >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self(hash ^ (hash >> 29))
    }

    /// The slice of a block that has it.
    pub(crate) fn slice(self) -> i16 {
        i16::try_from(self.0 % SLICES).unwrap_or_default()
    }

    /// The bits that it sets in a filter: which octet, and which bit of it.
    fn bits(self, filter: &[u8]) -> impl Iterator<Item = (usize, u8)> + use<> {
        let (first, step, of) = (self.0 / SLICES, (self.0 >> 32) | 1, filter.len() as u64 * 8);
        let bit = move |probe: u64| first.wrapping_add(step.wrapping_mul(probe)) % of;
        (0..PROBES).map(bit).map(|bit| (usize::try_from(bit / 8).unwrap_or_default(), 1 << (bit % 8)))
    }
}

/// What a search looks for. A message that it finds has all of these.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// What is known of a message when it is accepted.
    pub(crate) accepted: Vec<Word>,
    /// What is known of it when it has ended.
    pub(crate) ended: Vec<Word>,
}

impl Wanted {
    /// What a filter looks for; `None` if it has no word, or is about the queue, which is not looked through by blocks.
    pub(crate) fn of(filter: &Filter) -> Option<Self> {
        if filter.is_of_queue() {
            return None;
        }
        let recipient = filter.to.map(|to| Word::recipient(to.digits()));
        let reference = filter.reference.as_deref().map(Word::reference);
        let sender = filter.sender.as_ref().map(|sender| Word::sender(&sender.to_string()));
        // An error of several words is compared word for word only when a message is looked at.
        let error = filter.error.as_deref().filter(|error| !error.contains(' ')).map(Word::error);
        let carrier = filter.carrier_reference.as_deref().map(Word::carrier_reference);
        let state = filter.state.filter(|state| state.is_final()).map(|state| Word::state(state.code()));
        let upstream = filter.upstream.map(|upstream| Word::upstream(upstream.0.into()));
        let wanted = Self {
            accepted: [recipient, reference, sender].into_iter().flatten().collect(),
            ended: [error, carrier, state, upstream].into_iter().flatten().collect(),
        };
        (!wanted.accepted.is_empty() || !wanted.ended.is_empty()).then_some(wanted)
    }

    pub(crate) fn words(&self) -> impl Iterator<Item = Word> {
        self.accepted.iter().chain(&self.ended).copied()
    }
}

/// A block of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The identifier behind which it begins: the last one of the block before, or -1.
    pub(crate) behind: i64,
    /// Its last message.
    pub(crate) last: i64,
    /// Whether some of its messages had not ended when its filter was made.
    pub(crate) is_open: bool,
}

impl Wanted {
    /// Whether a block may have it, by what its filters say of words. What hadn't ended when they were made may have ended since.
    pub(crate) fn may_be_in(&self, block: &Block, may_have: impl Fn(Word) -> bool) -> bool {
        let has_all = |words: &[Word]| words.iter().all(|word| may_have(*word));
        has_all(&self.accepted) && (block.is_open || has_all(&self.ended))
    }
}

/// A block with the filters of its slices.
#[derive(Debug)]
pub(crate) struct Summary {
    pub(crate) block: Block,
    pub(crate) slices: Vec<(i16, Vec<u8>)>,
}

/// What a message is looked for by. Empty columns have no word.
pub(crate) struct Words<'w> {
    pub(crate) recipient: u64,
    pub(crate) reference: Option<&'w str>,
    pub(crate) sender: Option<&'w str>,
    pub(crate) carrier_reference: Option<&'w str>,
    pub(crate) error: Option<&'w str>,
    /// The state at the end, and the upstream, by their numbers.
    pub(crate) end: (Option<i64>, Option<i64>),
}

impl Words<'_> {
    pub(crate) fn each(&self) -> impl Iterator<Item = Word> {
        let texts = [
            self.reference.map(Word::reference),
            self.sender.map(Word::sender),
            self.carrier_reference.map(Word::carrier_reference),
        ];
        let (state, upstream) = self.end;
        let numbers =
            [Some(Word::recipient(self.recipient)), state.map(Word::state), upstream.map(Word::upstream)];
        let errors = self.error.into_iter().flat_map(Word::errors);
        numbers.into_iter().chain(texts).flatten().chain(errors)
    }
}

/// Makes the summary of a block.
pub(crate) fn summary(block: Block, words: impl IntoIterator<Item = Word>) -> Summary {
    let mut slices: BTreeMap<i16, Vec<Word>> = BTreeMap::new();
    for word in words {
        slices.entry(word.slice()).or_default().push(word);
    }
    Summary { block, slices: slices.into_iter().map(|(slice, words)| (slice, filled(words))).collect() }
}

/// The filter of these words.
fn filled(mut words: Vec<Word>) -> Vec<u8> {
    words.sort_unstable();
    words.dedup();
    let mut filter = vec![0; words.len() * BITS / 8];
    for word in words {
        for (octet, bit) in word.bits(&filter) {
            filter[octet] |= bit;
        }
    }
    filter
}

/// Whether a word may be among those of a filter.
pub(crate) fn may_have(filter: &[u8], word: Word) -> bool {
    !filter.is_empty() && word.bits(filter).all(|(octet, bit)| filter[octet] & bit != 0)
}

/// Where messages have to be looked at between two identifiers, the second not included: stretches of the same form, the newest first.
/// Blocks come in their order, each with whether it may have what is looked for; what no block covers may.
pub(crate) fn stretches(blocks: &[(Block, bool)], from: i64, before: i64) -> Vec<(i64, i64)> {
    let mut found = Vec::new();
    let mut end = before;
    for (block, _) in blocks.iter().rev().filter(|(_, may_have)| !may_have) {
        if block.last + 1 < end {
            found.push((block.last + 1, end));
        }
        end = end.min(block.behind + 1);
    }
    found.push((from, end));
    found.retain_mut(|(begin, end)| {
        *begin = from.max(*begin);
        *begin < *end
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::delivery::State;
    use postrider_core::principal::Viewer;
    use postrider_core::route::UpstreamId;

    fn block(behind: i64, last: i64) -> Block {
        Block { behind, last, is_open: false }
    }

    #[test]
    fn a_filter_has_its_words_and_hardly_any_other() {
        let words = |from: u64| (from..from + 20_000).map(|n| Word::recipient(491_700_000_000 + n));
        let summary = summary(block(0, 9), words(0));
        let filters: BTreeMap<_, _> = summary.slices.iter().map(|(slice, filter)| (*slice, filter)).collect();
        let has = |word: &Word| filters.get(&word.slice()).is_some_and(|filter| may_have(filter, *word));
        assert!(words(0).all(|word| has(&word)));
        let others = words(1_000_000).filter(has).count();
        assert!(others < 60, "{others} of 20,000 words are taken for others");
        assert_eq!(filters.len(), 64);
    }

    #[test]
    fn words_of_one_kind_are_not_those_of_another() {
        assert_ne!(Word::reference("a"), Word::carrier_reference("a"));
        assert_ne!(Word::sender("a"), Word::error("a"));
        assert!(Word::errors("failed:0x0B ESME").eq(["failed", "0x0B", "ESME"].map(Word::error)));
        assert!(!may_have(&[], Word::sender("a")));
    }

    #[test]
    fn a_filter_of_a_list_has_the_words_that_all_of_it_have() {
        let all = Filter::all(Viewer::Everything, 10);
        assert_eq!(Wanted::of(&all), None);
        let named = Filter { reference: Some("r".into()), error: Some("a b".into()), ..all.clone() };
        assert_eq!(
            Wanted::of(&named).unwrap(),
            Wanted { accepted: vec![Word::reference("r")], ended: vec![] }
        );
        let carriers = Filter { carrier_reference: Some("m".into()), error: Some("x".into()), ..all.clone() };
        assert_eq!(Wanted::of(&carriers).unwrap().words().count(), 2);
        let failed = Filter { state: Some(State::Failed), upstream: Some(UpstreamId(7)), ..all.clone() };
        assert_eq!(
            Wanted::of(&failed).unwrap(),
            Wanted { accepted: vec![], ended: vec![Word::state(State::Failed.code()), Word::upstream(7)] }
        );
        assert_eq!(Wanted::of(&Filter { state: Some(State::Sent), ..all }), None);
    }

    #[test]
    fn what_no_block_rules_out_is_looked_at() {
        let blocks =
            [(block(-1, 10), false), (block(10, 20), true), (block(20, 30), false), (block(30, 40), true)];
        for ((from, before), expected) in [
            ((0, 100), &[(31, 100), (11, 21)][..]),
            ((0, 31), &[(11, 21)]),
            ((15, 35), &[(31, 35), (15, 21)]),
            ((0, 11), &[]),
            ((22, 28), &[]),
            ((12, 14), &[(12, 14)]),
        ] {
            assert_eq!(stretches(&blocks, from, before), expected, "{from} {before}");
        }
        assert_eq!(stretches(&[], 5, 9), [(5, 9)]);
    }
}
