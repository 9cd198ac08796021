//! Applies rules to what a session has written, and takes back from what it is to read what only it may know: the
//! numbers of its requests.

use super::draft::{self, Draft};
use super::parameters::Parameters;
use super::rule::{Octets, Rule, Sequence, Twist, Which};
use crate::dice::scramble;
use bytes::BytesMut;
use postrider_wire::smpp::{Command, Frame, Header, Status};
use std::collections::{HashMap, VecDeque};

/// The most requests remembered by the number that they got; beyond it those with the same number are mixed up.
const MAX_NUMBERED: usize = 100_000;

/// The manners of one connection.
#[derive(Debug)]
pub(crate) struct Twister {
    octets: Octets,
    /// Which connection this is, from 1.
    connection: u64,
    /// How often each rule was applied here.
    applied: Vec<u64>,
    has_begun: bool,
    /// The session's own numbers, by the peer's numbers; oldest first.
    numbered: HashMap<u32, VecDeque<u32>>,
}

/// Where what becomes of one PDU goes.
#[derive(Debug, Default)]
struct Outcome {
    before: Vec<u8>,
    after: Vec<u8>,
    copies: usize,
    is_last: bool,
}

impl Twister {
    pub(crate) fn new(octets: Octets, connection: u64) -> Self {
        let applied = vec![0; octets.rules.len()];
        Self { octets, connection, applied, has_begun: false, numbered: HashMap::new() }
    }

    /// Has other manners from now on.
    pub(crate) fn adopt(&mut self, octets: &Octets) {
        if self.octets != *octets {
            self.applied = vec![0; octets.rules.len()];
            self.octets = octets.clone();
        }
    }

    /// The most octets that are written at once.
    pub(crate) fn stride(&self) -> usize {
        if self.octets.one_by_one { 1 } else { usize::MAX }
    }

    /// Rewrites the PDUs in `output` from octet `from` on.
    pub(crate) fn send(&mut self, output: &mut BytesMut, from: usize) {
        if self.octets.rules.is_empty() && self.octets.sequence == Sequence::Counted {
            return;
        }
        let plain = output.split_off(from.min(output.len()));
        let mut twisted = self.beginning();
        let mut last = Vec::new();
        let mut rest: &[u8] = &plain;
        while let Ok(Some(frame)) = Frame::peek(rest, usize::MAX) {
            rest = rest.get(frame.octets()..).unwrap_or_default();
            self.twist(&frame, &mut twisted, &mut last);
        }
        twisted.extend_from_slice(&last);
        // Octets that are no PDU were written so by intention.
        twisted.extend_from_slice(rest);
        output.extend_from_slice(&twisted);
    }

    /// Gives answers in `input` the numbers that the session knows its requests by. Call it once for all that was read
    /// since the session last looked.
    pub(crate) fn receive(&mut self, input: &mut BytesMut) {
        if self.octets.sequence == Sequence::Counted && self.numbered.is_empty() {
            return;
        }
        let mut at = 0;
        while let Some((header, octets)) = whole(input.get(at..).unwrap_or_default()) {
            if let Some(sequence) = self.own_number(&header)
                && let Some(place) = input.get_mut(at + 12..at + 16)
            {
                place.copy_from_slice(&sequence.to_be_bytes());
            }
            at += octets;
        }
    }

    fn own_number(&mut self, header: &Header) -> Option<u32> {
        if !header.command.is_response() {
            return None;
        }
        let waiting = self.numbered.get_mut(&header.sequence)?;
        let own = waiting.pop_front();
        if waiting.is_empty() {
            self.numbered.remove(&header.sequence);
        }
        own
    }

    fn beginning(&mut self) -> Vec<u8> {
        if std::mem::replace(&mut self.has_begun, true) {
            return Vec::new();
        }
        let here = |rule: &&Rule| {
            rule.which == Which::Beginning && rule.connections.is_none_or(|most| self.connection <= most)
        };
        let mut octets = Vec::new();
        for rule in self.octets.rules.iter().filter(here) {
            if let Twist::Before(before) = &rule.twist {
                octets.extend_from_slice(before);
            }
        }
        octets
    }

    fn twist(&mut self, frame: &Frame<'_>, out: &mut Vec<u8>, last: &mut Vec<u8>) {
        let mut draft = Draft::of(frame);
        let mut outcome = Outcome { copies: 1, ..Outcome::default() };
        for (rule, applied) in self.octets.rules.iter().zip(&mut self.applied) {
            let is_due = rule.means(&frame.header)
                && rule.times.is_none_or(|most| *applied < most)
                && rule.connections.is_none_or(|most| self.connection <= most);
            if is_due {
                *applied += 1;
                apply(&rule.twist, &mut draft, &mut outcome);
            }
        }
        self.number(&mut draft);
        let out = if outcome.is_last { last } else { out };
        out.extend_from_slice(&outcome.before);
        for _ in 0..outcome.copies {
            draft::write(out, draft.header, &draft.body);
        }
        out.extend_from_slice(&outcome.after);
    }

    fn number(&mut self, draft: &mut Draft) {
        let own = draft.header.sequence;
        if draft.header.command.is_response() || self.octets.sequence == Sequence::Counted {
            return;
        }
        let given = match self.octets.sequence {
            Sequence::Counted => own,
            Sequence::Zero => 0,
            Sequence::High => own | 0x8000_0000,
            Sequence::Random => (scramble(u64::from(own)) >> 33) as u32,
            Sequence::Short => own % 5 + 1,
        };
        draft.header.sequence = given;
        if self.numbered.len() < MAX_NUMBERED && draft.header.command.response().is_some() {
            self.numbered.entry(given).or_default().push_back(own);
        }
    }
}

/// The header and the length of the PDU at the start of `octets`, if it is all there.
fn whole(octets: &[u8]) -> Option<(Header, usize)> {
    let frame = Frame::peek(octets, usize::MAX).ok()??;
    Some((frame.header, frame.octets()))
}

fn apply(twist: &Twist, draft: &mut Draft, outcome: &mut Outcome) {
    match twist {
        Twist::Vanish => outcome.copies = 0,
        Twist::Twice => outcome.copies = 2,
        Twist::Last => outcome.is_last = true,
        Twist::Nack { zero } => nack(draft, *zero),
        Twist::Command(command) => draft.header.command = *command,
        Twist::Status(status) => draft.header.status = Status(*status),
        Twist::Body(body) => draft.body.clone_from(body),
        Twist::Append(octets) => draft.body.extend_from_slice(octets),
        Twist::Cut(octets) => draft.body.truncate(draft.body.len().saturating_sub(*octets)),
        Twist::Before(octets) => outcome.before.extend_from_slice(octets),
        Twist::After(octets) => outcome.after.extend_from_slice(octets),
        Twist::Field(index, octets) => {
            if let Some(place) = draft.place(*index) {
                draft.replace(place, octets);
            }
        }
        Twist::Prefix(index, octets) => {
            if let Some(place) = draft.place(*index) {
                draft.replace(place.start..place.start, octets);
            }
        }
        Twist::NulAfterText { counted } => nul_after_text(draft, *counted),
        Twist::TextLength(length) => {
            if let Some(place) = draft.text() {
                draft.replace(place.start..place.start + 1, &[*length]);
            }
        }
        _ => apply_to_parameters(twist, draft),
    }
}

fn nack(draft: &mut Draft, zero: bool) {
    draft.header.command = Command::GENERIC_NACK;
    draft.header.status = Status::RINVCMDID;
    draft.header.sequence = if zero { 0 } else { draft.header.sequence };
    draft.body.clear();
}

fn nul_after_text(draft: &mut Draft, counted: bool) {
    let Some(place) = draft.text() else { return };
    draft.replace(place.end..place.end, &[0]);
    // The octet before a text is its length, less than 255 since short_message isn't longer.
    if counted && let Some(length) = draft.body.get_mut(place.start) {
        *length = length.saturating_add(1);
    }
}

fn apply_to_parameters(twist: &Twist, draft: &mut Draft) {
    let Some(from) = draft.end() else { return };
    let mut parameters = Parameters::read(draft.body.get(from..).unwrap_or_default());
    match twist {
        Twist::Parameter(tag, value) => parameters.add(*tag, value),
        Twist::Without(tag) => parameters.remove(*tag),
        Twist::Rename(from, to) => parameters.rename(*from, *to),
        Twist::Value(tag, value) => parameters.change(*tag, |_| value.clone()),
        Twist::Around(tag, before, after) => parameters.change(*tag, |value| {
            let end = value.iter().position(|octet| *octet == 0).unwrap_or(value.len());
            [before, value.get(..end).unwrap_or_default(), after].concat()
        }),
        Twist::Widen(tag) => parameters.change(*tag, |value| [&[0], value].concat()),
        Twist::Repeat => parameters.repeat(),
        Twist::Reverse => parameters.reverse(),
        _ => return,
    }
    draft.body.truncate(from);
    draft.body.extend_from_slice(&parameters.write());
}

#[cfg(test)]
mod tests;
