//! Changed inputs, made of kept ones by a fixed seed: the same at each run and on each machine.

/// The first state of the generator.
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;
/// The most changes of one input.
const CHANGES_MAX: usize = 4;
/// The longest piece that is copied, repeated or taken out, in octets.
const PIECE_MAX: usize = 24;
/// Pieces that readers of text and of octets stumble over.
const PIECES: [&[u8]; 20] = [
    b"\0",
    b"\xff",
    b"\x80",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x93\xaf",
    b"\"",
    b"'",
    b"\\u0000",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b"=",
    b"\n",
    b"-1",
    b"18446744073709551616",
    b"1e999",
    b"null",
    b"\x7f\xff\xff\xff",
];

/// Makes inputs out of inputs.
pub(crate) struct Mutator<'a> {
    kept: &'a [Vec<u8>],
    state: u64,
}

impl<'a> Mutator<'a> {
    pub(crate) fn new(kept: &'a [Vec<u8>]) -> Self {
        Self { kept, state: SEED }
    }

    /// A kept input with one to four changes.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        let mut input = self.kept[self.below(self.kept.len())].clone();
        for _ in 0..=self.below(CHANGES_MAX) {
            self.change(&mut input);
        }
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        let end = (at + self.below(PIECE_MAX)).min(input.len());
        match self.below(6) {
            0 if at < input.len() => input[at] ^= 1 << self.below(8),
            1 => drop(input.drain(at..end)),
            2 => {
                let piece = input[at..end].to_vec();
                input.splice(at..at, piece);
            }
            3 => {
                let other = &self.kept[self.below(self.kept.len())];
                let from = self.below(other.len() + 1);
                let piece = &other[from..(from + PIECE_MAX).min(other.len())];
                input.splice(at..at, piece.iter().copied());
            }
            4 => {
                let piece = PIECES[self.below(PIECES.len())];
                input.splice(at..at, piece.iter().copied());
            }
            _ => {
                let octet = self.random().to_le_bytes()[0];
                input.insert(at, octet);
            }
        }
    }

    /// A number below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.random() % u64::try_from(limit).unwrap()).unwrap()
    }

    /// SplitMix64.
    fn random(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}
