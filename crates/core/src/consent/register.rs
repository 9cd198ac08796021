//! The register: what holds of numbers, exact and compact, in memory.
//!
//! An entry takes eight octets: most of the number's digits, and the number of its scope. The rest of the digits is where it
//! stands: a bijection scatters numbers over shards, whose slots are found by open addressing with linear probing. All
//! entries of a number stand together, so that a look-up reads one or two cache lines whatever scopes there are. Shards grow by
//! a quarter, one by one: ten million entries take about 112 MB, and growing takes no second copy of them. All memory is
//! taken in chunks of one size and none is given back, so that the allocator is left with no holes.

use super::change::{Change, Kind, Scope, folded};
use super::pseudonym::PseudonymKey;
use super::quiet::QuietHours;
use crate::account::AccountId;
use crate::message::Class;
use crate::number::Number;
use crate::sender::Sender;
use crate::time::Time;
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// Bits of a number's digits: at most 15 digits (ITU-T E.164).
const NUMBER_BITS: u32 = 50;
/// Bits of a number that choose its shard.
const SHARD_BITS: u32 = 10;
/// Bits of a number in its entry.
const REST_BITS: u32 = NUMBER_BITS - SHARD_BITS;
/// Bits of a scope's number in an entry.
const SCOPE_BITS: u32 = 64 - REST_BITS;
/// The most scopes: accounts, and senders of theirs to which somebody has written STOP.
pub const SCOPES_MAX: usize = (1 << SCOPE_BITS) - 1;
/// Slots that a shard gets at once: so many that the places of all chunks stay in a processor's cache, and so few that a register
/// with an entry in each shard takes 8 MB.
const CHUNK: usize = 1024;

/// What holds of numbers.
#[derive(Debug)]
pub struct Register {
    shards: Box<[Shard]>,
    /// Scopes by their numbers, which begin with 1.
    scopes: Vec<Scope>,
    numbers: HashMap<Scope, u32>,
    /// Entries of each kind.
    counts: [usize; Kind::ALL.len()],
    /// Accounts of which opt-outs spare some classes: which ones, by their places among [`Class::ALL`].
    spared: HashMap<AccountId, [bool; Class::ALL.len()]>,
    /// Accounts' quiet hours.
    quiet: HashMap<AccountId, QuietHours>,
    /// The first digits of numbers that accounts must not write to.
    prefixes: HashMap<AccountId, Vec<Box<str>>>,
    /// The key of pseudonyms, once some number was erased.
    key: Option<PseudonymKey>,
    /// Entries of pseudonyms.
    pseudonyms: usize,
    /// How often something was entered that may forbid what was not forbidden before; it begins with 1.
    version: u64,
}

impl Default for Register {
    fn default() -> Self {
        let shards = (0..1 << SHARD_BITS).map(|_| Shard::default()).collect();
        Self {
            shards,
            scopes: Vec::new(),
            numbers: HashMap::new(),
            counts: [0; Kind::ALL.len()],
            spared: HashMap::new(),
            quiet: HashMap::new(),
            prefixes: HashMap::new(),
            key: None,
            pseudonyms: 0,
            version: 1,
        }
    }
}

impl Register {
    /// Takes in a change; tells whether it changed anything.
    pub fn apply(&mut self, change: &Change) -> bool {
        if change.holds {
            self.insert(change.number, &change.scope)
        } else {
            self.remove(change.number, &change.scope)
        }
    }

    /// Enters a number; tells whether it was new.
    pub fn insert(&mut self, number: Number, scope: &Scope) -> bool {
        let (place, rest) = place(number);
        let is_new = self.scope_number(scope).is_some_and(|scope| self.shards[place].insert(rest, scope));
        self.counts[scope.kind as usize] += usize::from(is_new);
        self.pseudonyms += usize::from(is_new && number.is_pseudonym());
        self.version += u64::from(is_new);
        is_new
    }

    /// Strikes a number out; tells whether it was there.
    pub fn remove(&mut self, number: Number, scope: &Scope) -> bool {
        let (place, rest) = place(number);
        let was_there =
            self.numbers.get(scope).is_some_and(|scope| self.shards[place].remove(rest, u64::from(*scope)));
        self.counts[scope.kind as usize] -= usize::from(was_there);
        self.pseudonyms -= usize::from(was_there && number.is_pseudonym());
        was_there
    }

    /// Whether exactly this holds of the number.
    #[must_use]
    pub fn contains(&self, number: Number, scope: &Scope) -> bool {
        let wanted = self.numbers.get(scope);
        wanted.is_some_and(|wanted| self.scopes_of(number).any(|scope| scope == u64::from(*wanted)))
    }

    /// Takes the key of pseudonyms. Without it, what holds of numbers that were erased isn't found.
    pub const fn set_key(&mut self, key: PseudonymKey) {
        self.key = Some(key);
        self.version += 1;
    }

    /// Whether the key of pseudonyms is known.
    #[must_use]
    pub const fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// What stands for a number, if anything holds of numbers that were erased.
    #[must_use]
    pub fn pseudonym_of(&self, number: Number) -> Option<Number> {
        self.key.filter(|_| self.pseudonyms > 0).map(|key| key.of(number))
    }

    /// Whether exactly this holds of the number, or of its pseudonym.
    #[must_use]
    pub fn holds(&self, number: Number, scope: &Scope) -> bool {
        let of_pseudonym = || self.pseudonym_of(number).is_some_and(|it| self.contains(it, scope));
        self.contains(number, scope) || of_pseudonym()
    }

    /// Why the account may not write to the number as this sender, if it may not. An opt-out from a sender holds for messages
    /// of its account that name no sender, too: the carrier may choose that one.
    #[must_use]
    pub fn forbids(
        &self,
        number: Number,
        account: AccountId,
        sender: Option<&Sender>,
        class: Class,
    ) -> Option<&Scope> {
        if self.is_empty() {
            return None;
        }
        let is_meant = |scope: &&Scope| {
            let is_forbidding = match scope.kind {
                Kind::OptOut => !self.spares(account, class),
                Kind::Block => true,
                Kind::Consent | Kind::Zone => false,
            };
            let is_accounts = scope.account.is_none_or(|of| of == account);
            let is_senders = || match sender {
                _ if scope.only.is_empty() => true,
                Some(sender) => folded(sender) == scope.only,
                None => scope.account.is_some(),
            };
            is_forbidding && is_accounts && is_senders()
        };
        let erased = self.pseudonym_of(number).into_iter().flat_map(|it| self.scopes_of(it));
        let scopes = self.scopes_of(number).chain(erased);
        scopes.filter_map(|scope| self.scope(scope)).find(is_meant)
    }

    /// The version of what forbids: while it is the same, [`Register::forbids`] forbids nothing that it did not forbid before.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Says which classes of accounts' messages opt-outs spare, in the place of what was said before.
    pub fn spare(&mut self, spared: impl IntoIterator<Item = (AccountId, [bool; Class::ALL.len()])>) {
        self.version += 1;
        self.spared = spared.into_iter().filter(|(_, classes)| classes.contains(&true)).collect();
    }

    /// Says when accounts' messages wait, in the place of what was said before.
    pub fn hush(&mut self, quiet: impl IntoIterator<Item = (AccountId, QuietHours)>) {
        self.quiet = quiet.into_iter().collect();
    }

    /// Says which first digits accounts must not write to, in the place of what was said before.
    pub fn bar(&mut self, prefixes: impl IntoIterator<Item = (AccountId, Vec<Box<str>>)>) {
        self.prefixes = prefixes.into_iter().filter(|(_, prefixes)| !prefixes.is_empty()).collect();
    }

    /// Whether the account must not write to numbers that begin as this one.
    #[must_use]
    pub fn bars(&self, number: Number, account: AccountId) -> bool {
        self.prefixes.get(&account).is_some_and(|prefixes| is_barred(number, prefixes))
    }

    /// Whether a look-up can find nothing.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.quiet.is_empty() && self.prefixes.is_empty() && self.is_empty()
    }

    /// Until when a message that could leave now must wait for the end of quiet hours, if it must, and these hours in words.
    #[must_use]
    pub fn held_until(
        &self,
        number: Number,
        account: AccountId,
        class: Class,
        now: Time,
    ) -> Option<(Time, Box<str>)> {
        let quiet = self.quiet.get(&account).filter(|quiet| quiet.waits(class))?;
        let own = self.zones_of(number, account);
        Some((quiet.held_until(number, &own, class, now)?, quiet.words(number, &own)))
    }

    /// The time zones that were set for the number, for messages of the account: its own, or else those for all accounts.
    #[must_use]
    pub fn zones_of(&self, number: Number, account: AccountId) -> Vec<TimeZone> {
        let set = |of: Option<AccountId>| -> Vec<TimeZone> {
            let names = self.only_of(number, Kind::Zone, of);
            names.filter_map(|name| TimeZone::get(name).ok()).collect()
        };
        if self.count(Kind::Zone) == 0 {
            return Vec::new();
        }
        let own = set(Some(account));
        if own.is_empty() { set(None) } else { own }
    }

    /// What entries of a kind and account cover of a number: senders, purposes, or names of zones.
    pub fn only_of(
        &self,
        number: Number,
        kind: Kind,
        account: Option<AccountId>,
    ) -> impl Iterator<Item = &str> {
        let scopes = self.scopes_of(number).filter_map(|scope| self.scope(scope));
        scopes.filter(move |scope| scope.kind == kind && scope.account == account).map(|scope| &*scope.only)
    }

    fn spares(&self, account: AccountId, class: Class) -> bool {
        self.spared.get(&account).is_some_and(|classes| classes[class as usize])
    }

    /// Whether nothing holds of any number.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.iter().all(|count| *count == 0)
    }

    /// Whether the recipient has agreed to messages of the account for one of these purposes; an empty list is any purpose.
    #[must_use]
    pub fn has_consent(&self, number: Number, account: AccountId, purposes: &[Box<str>]) -> bool {
        let agrees = |scope: &Scope| {
            let is_purpose = purposes.is_empty() || purposes.contains(&scope.only);
            scope.kind == Kind::Consent && scope.account == Some(account) && is_purpose
        };
        self.scopes_of(number).filter_map(|scope| self.scope(scope)).any(agrees)
    }

    /// How many entries of a kind there are.
    #[must_use]
    pub const fn count(&self, kind: Kind) -> usize {
        self.counts[kind as usize]
    }

    /// The memory that the entries take, in octets.
    #[must_use]
    pub fn memory(&self) -> usize {
        let chunks: usize = self.shards.iter().map(|shard| shard.chunks.len()).sum();
        chunks * (size_of::<Chunk>() + size_of::<Box<Chunk>>()) + self.shards.len() * size_of::<Shard>()
    }

    fn scope(&self, number: u64) -> Option<&Scope> {
        self.scopes.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// The numbers of the scopes that the number is entered with.
    fn scopes_of(&self, number: Number) -> impl Iterator<Item = u64> {
        let (place, rest) = place(number);
        self.shards[place].scopes_of(rest)
    }

    /// The number of the scope, given anew if need be; that of the wider scope where there are too many.
    fn scope_number(&mut self, scope: &Scope) -> Option<u64> {
        if let Some(number) = self.numbers.get(scope) {
            return Some((*number).into());
        }
        if self.scopes.len() >= SCOPES_MAX {
            // To hold for more messages than asked for is lawful; to hold for fewer isn't.
            let wider = Scope { only: Box::default(), ..scope.clone() };
            return self.numbers.get(&wider).map(|number| (*number).into());
        }
        self.scopes.push(scope.clone());
        let number = u32::try_from(self.scopes.len()).ok()?;
        self.numbers.insert(scope.clone(), number);
        Some(number.into())
    }
}

/// Whether a number begins so; short codes begin like no number.
pub(crate) fn is_barred(number: Number, prefixes: &[Box<str>]) -> bool {
    if prefixes.is_empty() || number.is_short_code() {
        return false;
    }
    let digits = number.digits().to_string();
    prefixes.iter().any(|start| digits.starts_with(&**start))
}

/// The number's shard, and the rest of the number, which together say which it is.
fn place(number: Number) -> (usize, u64) {
    const MASK: u64 = (1 << NUMBER_BITS) - 1;
    // Each line is a bijection on 50 bits, so that no two numbers fall together.
    let mut scattered = number.digits().wrapping_mul(0x9E37_79B9_7F4A_7C15) & MASK;
    scattered ^= scattered >> 25;
    scattered = scattered.wrapping_mul(0xD6E8_FEB8_6659_FD93) & MASK;
    scattered ^= scattered >> 25;
    (usize::try_from(scattered >> REST_BITS).unwrap_or_default(), scattered & ((1 << REST_BITS) - 1))
}

/// A stretch of slots; 0 is an empty one.
type Chunk = [u64; CHUNK];

/// The entries of one shard: numbers' rests and their scopes' numbers.
#[derive(Debug, Default)]
struct Shard {
    /// They stay where they are while the list of them grows.
    chunks: Vec<Box<Chunk>>,
    count: usize,
}

const fn entry(rest: u64, scope: u64) -> u64 {
    rest << SCOPE_BITS | scope
}

impl Shard {
    const fn slots(&self) -> usize {
        self.chunks.len() * CHUNK
    }

    fn slot(&self, at: usize) -> u64 {
        self.chunks[at / CHUNK][at % CHUNK]
    }

    fn set(&mut self, at: usize, entry: u64) {
        self.chunks[at / CHUNK][at % CHUNK] = entry;
    }

    fn insert(&mut self, rest: u64, scope: u64) -> bool {
        if self.scopes_of(rest).any(|known| known == scope) {
            return false;
        }
        if (self.count + 1) * 5 > self.slots() * 4 {
            self.grow();
        }
        self.put(entry(rest, scope));
        self.count += 1;
        true
    }

    /// Enlarges it by a quarter.
    fn grow(&mut self) {
        let taken = self.chunks.iter_mut().flat_map(|chunk| std::mem::replace(&mut **chunk, [0; CHUNK]));
        let entries: Vec<u64> = taken.filter(|entry| *entry != 0).collect();
        let more = (self.chunks.len() / 4).max(1);
        self.chunks.reserve_exact(more);
        self.chunks.extend((0..more).map(|_| Box::new([0; CHUNK])));
        entries.into_iter().for_each(|entry| self.put(entry));
    }

    /// Puts an entry in. Who is nearer to its home makes room for who is farther, so that a look-up in vain ends early too.
    fn put(&mut self, mut entry: u64) {
        let (mut at, mut far) = (self.home(entry >> SCOPE_BITS), 0);
        while self.slot(at) != 0 {
            let its = self.home_distance(at);
            if its < far {
                let slot = self.slot(at);
                self.set(at, entry);
                (entry, far) = (slot, its);
            }
            (at, far) = (self.after(at), far + 1);
        }
        self.set(at, entry);
    }

    /// Strikes an entry out, and moves those behind it nearer to their homes.
    fn remove(&mut self, rest: u64, scope: u64) -> bool {
        if self.chunks.is_empty() {
            return false;
        }
        let mut gap = self.home(rest);
        while self.slot(gap) != entry(rest, scope) {
            if self.slot(gap) == 0 {
                return false;
            }
            gap = self.after(gap);
        }
        let mut next = self.after(gap);
        while self.slot(next) != 0 && self.home_distance(next) > 0 {
            self.set(gap, self.slot(next));
            (gap, next) = (next, self.after(next));
        }
        self.set(gap, 0);
        self.count -= 1;
        true
    }

    fn scopes_of(&self, rest: u64) -> impl Iterator<Item = u64> {
        let (mut at, mut far) = (self.home(rest), 0);
        let entries = std::iter::from_fn(move || {
            let slot = self.chunks.get(at / CHUNK)?[at % CHUNK];
            if slot == 0 || self.home_distance(at) < far {
                return None;
            }
            (at, far) = (self.after(at), far + 1);
            Some(slot)
        });
        entries.filter(move |entry| entry >> SCOPE_BITS == rest).map(|entry| entry & ((1 << SCOPE_BITS) - 1))
    }

    /// Slots from the home of the entry in this slot to the slot.
    fn home_distance(&self, at: usize) -> usize {
        self.distance(self.home(self.slot(at) >> SCOPE_BITS), at)
    }

    /// The first slot in which a number may stand.
    fn home(&self, rest: u64) -> usize {
        let scaled = u128::from(rest) * self.slots() as u128;
        usize::try_from(scaled >> REST_BITS).unwrap_or_default()
    }

    const fn after(&self, at: usize) -> usize {
        if at + 1 < self.slots() { at + 1 } else { 0 }
    }

    /// Slots from one to another, around the end.
    const fn distance(&self, from: usize, to: usize) -> usize {
        if to >= from { to - from } else { to + self.slots() - from }
    }
}

#[cfg(test)]
mod tests;
