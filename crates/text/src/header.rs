//! The user data header: what precedes the text of a part (3GPP TS 23.040, 9.2.3.24).
//! Reading takes what it can; building refuses what a handset would have to ignore.
//!
//! A header here is its information elements without the octet that says how long they are; [`split_off`] and
//! [`prefixed`] convert between that and the user data of a message whose header indicator (UDHI) is set.

mod build;

pub(crate) use build::push;
pub use build::{BuildError, build, prefixed};

use crate::national::{Language, Shifts};

/// The longest header, in octets without its length octet: all of the 140 octets of user data.
pub const MAX_LENGTH: usize = 139;

/// Identifiers of information elements.
pub(crate) mod id {
    pub(crate) const CONCAT_8: u8 = 0x00;
    pub(crate) const PORTS_8: u8 = 0x04;
    pub(crate) const PORTS_16: u8 = 0x05;
    pub(crate) const CONCAT_16: u8 = 0x08;
    pub(crate) const SINGLE_SHIFT: u8 = 0x24;
    pub(crate) const LOCKING_SHIFT: u8 = 0x25;
}

/// What the parts of one message have in common, in either width. The two widths never mean the same message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// An 8-bit reference (information element 0x00).
    Eight(u8),
    /// A 16-bit reference (information element 0x08).
    Sixteen(u16),
}

/// Which part of how many (3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Concat {
    /// What the parts have in common.
    pub reference: Reference,
    /// How many parts there are, from 1.
    pub total: u8,
    /// Which of them this is, from 1 to `total`.
    pub number: u8,
}

/// Application ports (3GPP TS 23.040, 9.2.3.24.3 and 9.2.3.24.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ports {
    /// The receiver's port.
    pub destination: u16,
    /// The sender's port.
    pub source: u16,
}

/// An information element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element<'a> {
    /// Concatenation (0x00 or 0x08).
    Concat(Concat),
    /// Ports as 8-bit numbers (0x04): the destination and the source.
    Ports8(u8, u8),
    /// Ports as 16-bit numbers (0x05).
    Ports16(Ports),
    /// The language whose single shift table is in force (0x24).
    SingleShift(Language),
    /// The language whose locking shift table is in force (0x25).
    LockingShift(Language),
    /// Anything else, including a known identifier with contents that make no sense.
    Other {
        /// The identifier.
        id: u8,
        /// The contents, at most 255 octets.
        data: &'a [u8],
    },
}

/// Reads the elements of a header. Never fails: an element that claims more octets than there are ends the header.
pub fn parse(header: &[u8]) -> Elements<'_> {
    Elements { rest: header }
}

/// The concatenation in a header; of several the last, as the specification has it.
pub fn concat(header: &[u8]) -> Option<Concat> {
    parse(header)
        .filter_map(|element| match element {
            Element::Concat(concat) => Some(concat),
            _ => None,
        })
        .last()
}

/// The ports in a header, of either width; of several the last.
pub fn ports(header: &[u8]) -> Option<Ports> {
    parse(header)
        .filter_map(|element| match element {
            Element::Ports8(destination, source) => {
                Some(Ports { destination: destination.into(), source: source.into() })
            }
            Element::Ports16(ports) => Some(ports),
            _ => None,
        })
        .last()
}

/// The national language tables that a header puts in force.
pub fn shifts(header: &[u8]) -> Shifts {
    parse(header).fold(Shifts::NONE, |shifts, element| match element {
        Element::SingleShift(language) => Shifts { single: Some(language), ..shifts },
        Element::LockingShift(language) => Shifts { locking: Some(language), ..shifts },
        _ => shifts,
    })
}

/// Divides the user data of a message whose header indicator is set into its header and what follows it.
/// None when there is not even a length octet; a length beyond the end makes all of it header.
pub fn split_off(user_data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = user_data.split_first()?;
    Some(rest.split_at(usize::from(length).min(rest.len())))
}

/// Whether octets can be a header: their elements fill them exactly (3GPP TS 23.040, 9.2.3.24). An empty one can.
pub fn is_header(octets: &[u8]) -> bool {
    let mut elements = parse(octets);
    elements.by_ref().for_each(drop);
    elements.rest.is_empty()
}

/// Divides user data into its header and what follows it, if it begins with octets that can be a header: the length octet
/// leads no further than the end, and the elements fill that length. Others are a text whose header indicator is wrong.
pub fn split_valid(user_data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&length, rest) = user_data.split_first()?;
    let (header, data) = rest.split_at_checked(length.into())?;
    is_header(header).then_some((header, data))
}

/// The elements of a header, from [`parse`].
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    fn next(&mut self) -> Option<Element<'a>> {
        let [id, length, rest @ ..] = self.rest else { return None };
        // An element that doesn't fit is the rest.
        let (data, after) = rest.split_at_checked(usize::from(*length))?;
        self.rest = after;
        Some(element(*id, data))
    }
}

fn element(id: u8, data: &[u8]) -> Element<'_> {
    let known = match (id, data) {
        (id::CONCAT_8, &[reference, total, number]) => {
            part(Reference::Eight(reference), total, number).map(Element::Concat)
        }
        (id::CONCAT_16, &[high, low, total, number]) => {
            part(Reference::Sixteen(u16::from_be_bytes([high, low])), total, number).map(Element::Concat)
        }
        (id::PORTS_8, &[destination, source]) => Some(Element::Ports8(destination, source)),
        (id::PORTS_16, &[a, b, c, d]) => Some(Element::Ports16(Ports {
            destination: u16::from_be_bytes([a, b]),
            source: u16::from_be_bytes([c, d]),
        })),
        (id::SINGLE_SHIFT, &[language]) => Language::from_identifier(language).map(Element::SingleShift),
        (id::LOCKING_SHIFT, &[language]) => {
            Language::from_identifier(language).filter(|l| l.has_locking()).map(Element::LockingShift)
        }
        _ => None,
    };
    known.unwrap_or(Element::Other { id, data })
}

/// Part numbers that make sense; others are to be ignored (3GPP TS 23.040, 9.2.3.24.1).
fn part(reference: Reference, total: u8, number: u8) -> Option<Concat> {
    (1..=total).contains(&number).then_some(Concat { reference, total, number })
}
