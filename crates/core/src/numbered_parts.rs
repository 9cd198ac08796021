//! Parts of one message that come one by one: each number once, and those that came again.

use crate::id::MessageId;
use crate::time::Time;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// A part with a number.
pub(crate) trait NumberedPart {
    /// Its identifier.
    fn id(&self) -> MessageId;
    /// Its place in its message, from 1.
    fn number(&self) -> u8;
    /// The number of parts of its message.
    fn total(&self) -> u8;
    /// Until when the others are waited for.
    fn until(&self) -> Time;
    /// Whether this is the same part, come again.
    fn repeats(&self, other: &Self) -> bool;
}

/// Parts of one message: at least one.
#[derive(Clone, Debug)]
pub(crate) struct NumberedParts<'p, P> {
    first_come: &'p P,
    by_number: BTreeMap<u8, &'p P>,
    repeats: Vec<&'p P>,
}

impl<'p, P: NumberedPart> NumberedParts<'p, P> {
    pub(crate) fn of(part: &'p P) -> Self {
        Self { first_come: part, by_number: BTreeMap::from([(part.number(), part)]), repeats: Vec::new() }
    }

    /// Whether the part is one that is lacking, or one that is there.
    pub(crate) fn has_room_for(&self, part: &P) -> bool {
        self.by_number.get(&part.number()).is_none_or(|own| own.repeats(part))
    }

    pub(crate) fn add(&mut self, part: &'p P) {
        match self.by_number.entry(part.number()) {
            Entry::Vacant(place) => {
                place.insert(part);
            }
            Entry::Occupied(_) => self.repeats.push(part),
        }
    }

    /// The part that came first.
    pub(crate) fn first_come(&self) -> &'p P {
        self.first_come
    }

    /// The number of parts of the whole message.
    pub(crate) fn total(&self) -> u8 {
        self.first_come.total()
    }

    /// How many of them are there.
    pub(crate) fn count(&self) -> usize {
        self.by_number.len()
    }

    /// Whether all of them are there.
    pub(crate) fn is_whole(&self) -> bool {
        self.count() == usize::from(self.total())
    }

    /// The parts, by their numbers.
    pub(crate) fn each(&self) -> impl Iterator<Item = &'p P> {
        self.by_number.values().copied()
    }

    /// The parts that came again.
    pub(crate) fn repeats(&self) -> impl Iterator<Item = &'p P> {
        self.repeats.iter().copied()
    }

    /// The identifiers of all of them.
    pub(crate) fn ids(&self) -> Vec<MessageId> {
        self.each().chain(self.repeats()).map(NumberedPart::id).collect()
    }

    /// Until when those that are lacking are waited for.
    pub(crate) fn until(&self) -> Time {
        self.each().map(NumberedPart::until).min().unwrap_or(self.first_come.until())
    }
}
