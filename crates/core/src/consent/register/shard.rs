//! One shard of the register: a hash table of lines.
//!
//! A line is what a processor fetches from memory at once, and holds eight entries. An entry stands in the line that is its home
//! or, where that is full, in the next one with room. A look-up compares all entries of a line without a branch for each,
//! so that the next look-up needn't wait until this one's memory has answered. All memory is taken in chunks of one size and none is
//! given back, so that the allocator is left with no holes.

use super::{REST_BITS, SCOPE_BITS};

/// Entries of a line.
const LINE: usize = 8;
/// Lines that a shard gets at once.
const CHUNK: usize = 4;

/// Entries, packed from the first on; 0 is an empty place.
#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Line([u64; LINE]);

type Chunk = [Line; CHUNK];

/// The entries of one shard: numbers' rests and their scopes' numbers.
#[derive(Debug, Default)]
pub(super) struct Shard {
    #[expect(clippy::vec_box, reason = "chunks stay where they are while the list of them grows")]
    chunks: Vec<Box<Chunk>>,
    count: usize,
}

const fn entry(rest: u64, scope: u64) -> u64 {
    rest << SCOPE_BITS | scope
}

impl Line {
    const fn is_full(&self) -> bool {
        self.0[LINE - 1] != 0
    }

    /// How many entries it has.
    fn len(&self) -> usize {
        self.0.iter().filter(|entry| **entry != 0).count()
    }

    /// A bit for each place: whether an entry of this rest stands there. An empty place looks like an entry of the rest 0.
    fn places_of(&self, rest: u64) -> u8 {
        let bits = self.0.iter().enumerate().map(|(at, entry)| u8::from(entry >> SCOPE_BITS == rest) << at);
        bits.fold(0, |places, bit| places | bit)
    }
}

impl Shard {
    /// Enters a number's rest with a scope; tells whether that was new.
    pub(super) fn insert(&mut self, rest: u64, scope: u64) -> bool {
        if self.scopes_of(rest).any(|known| known == scope) {
            return false;
        }
        if (self.count + 1) * 5 > self.lines() * LINE * 4 {
            self.grow();
        }
        self.put(entry(rest, scope));
        self.count += 1;
        true
    }

    /// Strikes an entry out; tells whether it was there.
    pub(super) fn remove(&mut self, rest: u64, scope: u64) -> bool {
        let Some((line, place)) = self.find(rest, scope) else { return false };
        self.take(line, place);
        self.count -= 1;
        true
    }

    /// The scopes that a number's rest is entered with.
    pub(super) fn scopes_of(&self, rest: u64) -> impl Iterator<Item = u64> {
        let mut at = self.home(rest);
        let mut line = self.line(at);
        let mut places = line.places_of(rest);
        std::iter::from_fn(move || {
            while places == 0 && line.is_full() {
                at = self.after(at);
                line = self.line(at);
                places = line.places_of(rest);
            }
            let entry = *line.0.get(places.trailing_zeros() as usize)?;
            places &= places - 1;
            (entry != 0).then_some(entry & ((1 << SCOPE_BITS) - 1))
        })
    }

    /// The memory of its entries, in octets.
    pub(super) fn memory(&self) -> usize {
        self.chunks.len() * (size_of::<Chunk>() + size_of::<Box<Chunk>>())
    }

    const fn lines(&self) -> usize {
        self.chunks.len() * CHUNK
    }

    /// The line at this place; an empty one where there is none yet.
    fn line(&self, at: usize) -> &Line {
        const NONE: &Line = &Line([0; LINE]);
        self.chunks.get(at / CHUNK).map_or(NONE, |chunk| &chunk[at % CHUNK])
    }

    fn line_mut(&mut self, at: usize) -> &mut Line {
        &mut self.chunks[at / CHUNK][at % CHUNK]
    }

    /// The line in which a number's entries stand if there is room.
    fn home(&self, rest: u64) -> usize {
        let scaled = u128::from(rest) * self.lines() as u128;
        usize::try_from(scaled >> REST_BITS).unwrap_or_default()
    }

    const fn after(&self, at: usize) -> usize {
        if at + 1 < self.lines() { at + 1 } else { 0 }
    }

    /// Lines from one to another, around the end.
    const fn distance(&self, from: usize, to: usize) -> usize {
        if to >= from { to - from } else { to + self.lines() - from }
    }

    /// Enlarges it by a quarter.
    fn grow(&mut self) {
        let taken = self.chunks.iter_mut().flat_map(|chunk| std::mem::take(&mut **chunk));
        let entries: Vec<u64> = taken.flat_map(|line| line.0).filter(|entry| *entry != 0).collect();
        let more = (self.chunks.len() / 4).max(1);
        self.chunks.reserve_exact(more);
        self.chunks.extend((0..more).map(|_| Box::default()));
        entries.into_iter().for_each(|entry| self.put(entry));
    }

    /// Puts an entry into the first line with room, from its home on.
    fn put(&mut self, entry: u64) {
        let mut at = self.home(entry >> SCOPE_BITS);
        while self.line(at).is_full() {
            at = self.after(at);
        }
        let line = self.line_mut(at);
        let place = line.len();
        line.0[place] = entry;
    }

    /// The line and the place of an entry.
    fn find(&self, rest: u64, scope: u64) -> Option<(usize, usize)> {
        let mut at = self.home(rest);
        loop {
            let line = self.line(at);
            if let Some(place) = line.0.iter().position(|it| *it == entry(rest, scope)) {
                return Some((at, place));
            }
            if !line.is_full() {
                return None;
            }
            at = self.after(at);
        }
    }

    /// Takes an entry out. Into a full line moves one that had found it full, so that a look-up may end at a line with room.
    fn take(&mut self, mut gap: usize, mut place: usize) {
        while self.line(gap).is_full() {
            let Some((from, its_place)) = self.pushed_past(gap) else { break };
            self.line_mut(gap).0[place] = self.line(from).0[its_place];
            (gap, place) = (from, its_place);
        }
        let line = self.line_mut(gap);
        let last = line.len() - 1;
        line.0[place] = line.0[last];
        line.0[last] = 0;
    }

    /// The line and the place of an entry behind this full line that would stand in it if it had room.
    fn pushed_past(&self, gap: usize) -> Option<(usize, usize)> {
        let mut at = gap;
        loop {
            at = self.after(at);
            let line = self.line(at);
            let is_pushed = |entry: &u64| {
                let home = self.home(entry >> SCOPE_BITS);
                *entry != 0 && self.distance(home, at) >= self.distance(gap, at)
            };
            if let Some(place) = line.0.iter().position(is_pushed) {
                return Some((at, place));
            }
            if !line.is_full() {
                return None;
            }
        }
    }
}
