//! The books of a load: every message by its number, whether it was accepted, and whether a receipt with the same
//! identifier has come back. Eight octets a message, so that millions fit.

use std::hash::{DefaultHasher, Hasher};

/// In an entry, that the message was accepted.
const ACCEPTED: u64 = 1;
/// In an entry, that its receipt came.
const RECEIPTED: u64 = 2;
/// In an entry, the digest of the identifier given at acceptance, combined with that of the one in the receipt: what
/// comes first doesn't matter, and nothing is left if they are the same.
const DIGEST: u64 = !(ACCEPTED | RECEIPTED);

/// The books.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// The number that the first message goes to.
    first: u64,
    entries: Vec<u64>,
}

/// The kind of a receipt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// The first for its message.
    New,
    /// Another for the same message.
    Again,
    /// For no message of this load.
    Stranger,
}

impl Ledger {
    pub(crate) fn new(first: u64) -> Self {
        Self { first, entries: Vec::new() }
    }

    /// A message more; the answer is the number it goes to.
    pub(crate) fn issue(&mut self) -> u64 {
        let number = self.first + self.entries.len() as u64;
        self.entries.push(0);
        number
    }

    pub(crate) fn issued(&self) -> u64 {
        self.entries.len() as u64
    }

    fn entry(&mut self, number: u64) -> Option<&mut u64> {
        let index = usize::try_from(number.checked_sub(self.first)?).ok()?;
        self.entries.get_mut(index)
    }

    /// The message to this number was accepted under an identifier.
    pub(crate) fn accepted(&mut self, number: u64, id: &[u8]) {
        if let Some(entry) = self.entry(number) {
            *entry = (*entry ^ digest(id)) | ACCEPTED;
        }
    }

    /// A receipt of the message to this number came.
    pub(crate) fn receipt(&mut self, number: u64, id: &[u8]) -> Entered {
        match self.entry(number) {
            None => Entered::Stranger,
            Some(entry) if *entry & RECEIPTED != 0 => Entered::Again,
            Some(entry) => {
                *entry = (*entry ^ digest(id)) | RECEIPTED;
                Entered::New
            }
        }
    }

    /// Messages that were accepted and have no receipt.
    pub(crate) fn missing(&self) -> u64 {
        let missing = |entry: &&u64| **entry & (ACCEPTED | RECEIPTED) == ACCEPTED;
        self.entries.iter().filter(missing).count() as u64
    }

    /// Messages whose receipt has another identifier than their acceptance.
    pub(crate) fn mismatched(&self) -> u64 {
        let both = ACCEPTED | RECEIPTED;
        let mismatched = |entry: &&u64| **entry & both == both && **entry & DIGEST != 0;
        self.entries.iter().filter(mismatched).count() as u64
    }
}

fn digest(id: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(id);
    hasher.finish() & DIGEST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn receipts_are_matched_whatever_comes_first() {
        let mut ledger = Ledger::new(1000);
        let numbers: Vec<u64> = (0..5).map(|_| ledger.issue()).collect();
        assert_eq!(numbers, [1000, 1001, 1002, 1003, 1004]);
        ledger.accepted(1000, b"a");
        assert_eq!(ledger.receipt(1000, b"a"), Entered::New);
        assert_eq!(ledger.receipt(1001, b"b"), Entered::New);
        ledger.accepted(1001, b"b");
        ledger.accepted(1002, b"c");
        assert_eq!((ledger.missing(), ledger.mismatched()), (1, 0));
        assert_eq!(ledger.receipt(1002, b"x"), Entered::New);
        assert_eq!((ledger.missing(), ledger.mismatched()), (0, 1));
        assert_eq!(ledger.receipt(1000, b"a"), Entered::Again);
        assert_eq!(ledger.receipt(999, b"a"), Entered::Stranger);
        assert_eq!(ledger.receipt(1005, b"a"), Entered::Stranger);
        assert_eq!(ledger.mismatched(), 1);
    }
}
