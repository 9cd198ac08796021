//! Cutting a text into the parts of a message. How its characters are carried has been decided.

use super::plan::Plan;
use super::{MAX_PARTS, grapheme};

/// The number of parts a text takes if they are filled one after the other, which is the fewest there can be.
pub(super) fn count(text: &str, plan: Plan, room: usize) -> usize {
    let mut parts = 0;
    let mut rest = text;
    while !rest.is_empty() {
        rest = &rest[fill(rest, plan, room)..];
        parts += 1;
    }
    parts
}

/// The bytes of `text` that fit a part: whole characters with their escapes and surrogates, at least one.
fn fill(text: &str, plan: Plan, room: usize) -> usize {
    let plain = plan.plain_run(text, room);
    let mut units = plain;
    for (at, character) in text[plain..].char_indices() {
        let at = plain + at;
        units += plan.width(character).unwrap_or(1);
        if units > room && at > 0 {
            return at;
        }
    }
    text.len()
}

/// The parts of a text in order.
pub(super) struct Cuts<'a> {
    rest: &'a str,
    plan: Plan,
    room: usize,
    /// How many parts the rest may take.
    left: usize,
}

impl<'a> Cuts<'a> {
    /// Cuts `text` into as many parts as [`count`] says.
    pub(super) fn new(text: &'a str, plan: Plan, room: usize, parts: usize) -> Self {
        Self { rest: text, plan, room, left: parts }
    }

    /// Where to cut: as late as possible, or earlier to keep a grapheme whole if that takes no additional part.
    fn cut(&self) -> usize {
        let latest = fill(self.rest, self.plan, self.room);
        // Looking ahead for every part would be slow for a text so long that it can't be sent anyway.
        if latest == self.rest.len() || self.left > MAX_PARTS {
            return latest;
        }
        let whole = grapheme::floor(self.rest, latest);
        let keeps_count = |at: usize| count(&self.rest[at..], self.plan, self.room) < self.left;
        if whole == latest || (whole > 0 && keeps_count(whole)) { whole } else { latest }
    }
}

impl<'a> Iterator for Cuts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let (part, rest) = self.rest.split_at(self.cut());
        self.rest = rest;
        self.left = self.left.saturating_sub(1);
        Some(part)
    }
}
