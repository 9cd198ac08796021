//! A carrier's memory of the parts it received: the parts themselves, and digests of the accepted ones, by
//! which it knows a part that comes again.

use super::Recording;
use super::judge::digest;
use super::part::{Part, Submission};
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// The most digests kept; after that, duplicates are no longer noticed.
const MAX_DIGESTS: usize = 100_000_000;

/// Parts received, and digests of them.
#[derive(Debug)]
pub(crate) struct Record {
    parts: VecDeque<Part>,
    most: usize,
    digests: HashSet<u64, BuildHasherDefault<AsIs>>,
}

/// Digests are hashes already.
#[derive(Debug, Default)]
pub(crate) struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, octets: &[u8]) {
        for octet in octets {
            self.0 = self.0 << 8 | u64::from(*octet);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

impl Record {
    pub(crate) fn new(recording: Recording) -> Self {
        let (most, digests) = match recording {
            Recording::Parts(most) => (most, 0),
            Recording::Counts(expected) => (0, expected.min(MAX_DIGESTS)),
        };
        let digests = HashSet::with_capacity_and_hasher(digests, BuildHasherDefault::default());
        Self { parts: VecDeque::new(), most, digests }
    }

    /// Whether whole parts are kept.
    pub(crate) fn keeps_parts(&self) -> bool {
        self.most > 0
    }

    /// Keeps a part, and forgets the oldest if there are too many.
    pub(crate) fn keep(&mut self, part: Part) {
        if self.parts.len() >= self.most {
            self.parts.pop_front();
        }
        self.parts.push_back(part);
    }

    /// Notes that a submission was accepted. The answer is whether the same was before.
    pub(crate) fn is_duplicate(&mut self, submission: &Submission<'_>) -> bool {
        self.digests.len() < MAX_DIGESTS && !self.digests.insert(digest(submission))
    }

    /// The newest part of which this is so.
    pub(crate) fn newest(&self, is_it: impl Fn(&Part) -> bool) -> Option<&Part> {
        self.parts.iter().rev().find(|part| is_it(part))
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter()
    }

    pub(crate) fn forget(&mut self) {
        self.parts.clear();
        self.digests.clear();
    }
}
