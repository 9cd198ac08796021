//! How many parts a text takes, and the parts: the cheapest encoding that loses nothing, cut where it may be cut.
//! What the encodings and headers look like inside is for [`crate::alphabet`] and [`crate::header`].

mod cut;
mod grapheme;
mod join;
mod plan;
mod split;

pub use join::{decode, join};
pub use split::{split, split_octets};

use crate::Encoding;
use crate::header::Ports;
use crate::national::{Languages, Shifts};
use cut::Cuts;

/// The user data of one message: 140 octets, header and all (3GPP TS 23.040, 9.2.3.24).
pub const USER_DATA_OCTETS: usize = 140;

/// The most parts a message can have, because their number is one octet (3GPP TS 23.040, 9.2.3.24.1).
pub const MAX_PARTS: usize = 255;

/// How wide the reference is that the parts of a message share. A wide one repeats less often, but costs a septet
/// or a 16-bit unit of each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum ReferenceWidth {
    /// 8 bits: parts of 153 septets, 67 units or 134 octets.
    #[default]
    Eight,
    /// 16 bits: parts of 152 septets, 66 units or 133 octets.
    Sixteen,
}

/// What a text may be sent with. The default is what every carrier takes: the GSM 7-bit default alphabet or UCS-2,
/// with 8-bit references.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// The width of the reference that parts share.
    pub reference: ReferenceWidth,
    /// The languages whose shift tables may be used where that takes fewer parts.
    pub languages: Languages,
    /// Whether Latin-1 may be used where that takes fewer parts.
    pub latin1: bool,
    /// Whether it is sent in UCS-2 though a smaller encoding would hold it.
    pub ucs2_only: bool,
    /// The application ports that every part names, if any.
    pub ports: Option<Ports>,
}

/// What a text needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// How the characters are to be carried.
    pub encoding: Encoding,
    /// The national language tables used, if the encoding is GSM 7-bit.
    pub shifts: Shifts,
    /// Septets with their escapes, 16-bit units, or octets, headers not counted.
    pub units: usize,
    /// Parts, at least 1. More than [`MAX_PARTS`] can't be sent.
    pub parts: usize,
    /// The units that each part has room for.
    pub room: usize,
    /// The units that the last part has left.
    pub units_left: usize,
    /// The first character because of which it has to be UCS-2, and its index in characters: by it, the last of
    /// the alphabets allowed has failed.
    pub forced_by: Option<(char, usize)>,
}

/// A text as parts ready to be carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segments {
    /// How the characters are carried, in all parts alike.
    pub encoding: Encoding,
    /// The parts in order. Empty only if there would be more than [`MAX_PARTS`].
    pub parts: Vec<Part>,
}

/// A part of a text, or all of a short one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The user data header without its length octet; empty if none is needed.
    pub header: Vec<u8>,
    /// The user data in the encoding; GSM 7-bit as unpacked septets, one to an octet.
    pub data: Vec<u8>,
}

/// Says what a text needs: the encoding that takes the fewest parts, and of those the one that most handsets read
/// (the default alphabet, then Latin-1, a single shift table, a locking shift table, both, UCS-2).
///
/// The number of parts is exact: septet pairs and surrogate pairs stay whole. Graphemes do too as long as that
/// takes no additional part.
pub fn cost(text: &str, options: &Options) -> Cost {
    let choice = plan::choose(text, options);
    let room = choice.plan.room(options, choice.parts > 1);
    let in_last = if choice.parts == 1 {
        choice.units
    } else {
        let last = Cuts::new(text, choice.plan, room, choice.parts).last().unwrap_or_default();
        choice.plan.units(last).unwrap_or_default()
    };
    Cost {
        encoding: choice.plan.encoding(),
        shifts: choice.plan.shifts(),
        units: choice.units,
        parts: choice.parts,
        room,
        units_left: room.saturating_sub(in_last),
        forced_by: choice
            .forced_by
            .map(|missing| (missing.character, text[..missing.position].chars().count())),
    }
}

/// The units of an encoding that fit one message next to a header of `header_length` octets, not counting its
/// length octet; 0 means no header, and so no length octet either.
pub fn room(encoding: Encoding, header_length: usize) -> usize {
    let taken = if header_length == 0 { 0 } else { 1 + header_length };
    let octets = USER_DATA_OCTETS.saturating_sub(taken);
    match encoding {
        Encoding::Gsm7 => octets * 8 / 7,
        Encoding::Ucs2 => octets / 2,
        Encoding::Latin1 | Encoding::Octets => octets,
    }
}
