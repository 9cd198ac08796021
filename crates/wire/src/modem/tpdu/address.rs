//! Addresses (3GPP TS 23.040, 9.1.2.5): digits as semi-octets, or a name in packed septets.

use super::Malformed;
use super::reader::Reader;

/// The most semi-octets of an address.
const SEMI_OCTETS_MAX: u8 = 20;
/// Semi-octets as characters; the last fills an octet up.
const CHARACTERS: &[u8; 15] = b"0123456789*#abc";
const FILLER: u8 = 0x0F;

/// The type of an address: type of number and numbering plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind(pub u8);

impl Kind {
    /// A number in international form.
    pub const INTERNATIONAL: Self = Self(0x91);
    /// A number as the network knows it, such as a short code.
    pub const UNKNOWN: Self = Self(0x81);
    /// A number in national form.
    pub const NATIONAL: Self = Self(0xA1);
    /// A name.
    pub const NAME: Self = Self(0xD0);

    /// Whether the address is a name.
    #[must_use]
    pub const fn is_name(self) -> bool {
        self.0 & 0x70 == 0x50
    }

    /// Whether the number is in international form.
    #[must_use]
    pub const fn is_international(self) -> bool {
        self.0 & 0x70 == 0x10
    }
}

/// The value of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of `0-9*#abc`.
    Digits(Box<str>),
    /// A name: septets of the default alphabet, packed.
    Packed {
        /// The half octets that count: four bits each.
        semi_octets: u8,
        /// The octets.
        octets: Box<[u8]>,
    },
}

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its type.
    pub kind: Kind,
    /// Its value.
    pub value: Value,
}

impl Address {
    /// A number of this kind. Characters that an address can't hold are left out.
    #[must_use]
    pub fn number(kind: Kind, digits: &str) -> Self {
        let digits: String = digits.chars().filter(|c| semi_octet(*c).is_some()).collect();
        Self { kind, value: Value::Digits(digits.into()) }
    }

    /// A name of so many septets, packed.
    #[must_use]
    pub fn name(septets: usize, packed: &[u8]) -> Self {
        let semi_octets = u8::try_from((septets * 7).div_ceil(4)).unwrap_or(SEMI_OCTETS_MAX);
        Self { kind: Kind::NAME, value: Value::Packed { semi_octets, octets: packed.into() } }
    }

    /// The digits of a number; `None` for a name.
    #[must_use]
    pub fn digits(&self) -> Option<&str> {
        match &self.value {
            Value::Digits(digits) => Some(digits),
            Value::Packed { .. } => None,
        }
    }

    /// The septets of a name, and their octets.
    #[must_use]
    pub fn packed(&self) -> Option<(usize, &[u8])> {
        match &self.value {
            Value::Digits(_) => None,
            Value::Packed { semi_octets, octets } => Some((usize::from(*semi_octets) * 4 / 7, octets)),
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, Malformed> {
        let semi_octets = reader.octet(field)?;
        if semi_octets > SEMI_OCTETS_MAX {
            return Err(Malformed::Address);
        }
        let kind = Kind(reader.octet(field)?);
        let octets = reader.octets(usize::from(semi_octets).div_ceil(2), field)?;
        let value = if kind.is_name() {
            Value::Packed { semi_octets, octets: octets.into() }
        } else {
            Value::Digits(characters(octets, semi_octets.into()).into())
        };
        Ok(Self { kind, value })
    }

    /// Writes its length in semi-octets, its type and its value.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match &self.value {
            Value::Digits(digits) => {
                out.push(u8::try_from(digits.len()).unwrap_or(SEMI_OCTETS_MAX));
                out.push(self.kind.0);
                write_digits(digits, out);
            }
            Value::Packed { semi_octets, octets } => {
                out.extend_from_slice(&[*semi_octets, self.kind.0]);
                out.extend_from_slice(octets);
            }
        }
    }

    /// Writes it as the address of a service centre, whose length counts octets (3GPP TS 27.005, 3.1).
    pub(super) fn write_centre(&self, out: &mut Vec<u8>) {
        let mut octets = vec![self.kind.0];
        match &self.value {
            Value::Digits(digits) => write_digits(digits, &mut octets),
            Value::Packed { octets: packed, .. } => octets.extend_from_slice(packed),
        }
        out.push(u8::try_from(octets.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(&octets);
    }
}

fn characters(octets: &[u8], semi_octets: usize) -> String {
    let nibbles = octets.iter().flat_map(|octet| [octet & 0x0F, octet >> 4]).take(semi_octets);
    nibbles.filter_map(|nibble| CHARACTERS.get(usize::from(nibble)).copied().map(char::from)).collect()
}

fn semi_octet(character: char) -> Option<u8> {
    let place = CHARACTERS.iter().position(|known| char::from(*known) == character)?;
    u8::try_from(place).ok()
}

fn write_digits(digits: &str, out: &mut Vec<u8>) {
    let nibbles: Vec<u8> = digits.chars().filter_map(semi_octet).collect();
    out.extend(nibbles.chunks(2).map(|pair| match pair {
        [low, high] => high << 4 | low,
        [low] => FILLER << 4 | low,
        _ => FILLER << 4 | FILLER,
    }));
}
