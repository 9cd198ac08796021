//! Validity periods (3GPP TS 23.040, 9.2.3.12).

use super::reader::Reader;
use super::{Malformed, Stamp};
use std::time::Duration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// How long the service centre tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// As long as it wants.
    Unsaid,
    /// A span; [`Validity::span`] says which.
    Relative(u8),
    /// The enhanced form, as octets.
    Enhanced([u8; 7]),
    /// Until a moment, as octets: [`Stamp`].
    Absolute([u8; 7]),
}

impl Validity {
    /// The shortest relative period that lasts as long as this, up to 63 weeks.
    #[must_use]
    pub fn lasting(span: Duration) -> Self {
        let found = (0..=u8::MAX).find(|value| Self::span(*value) >= span);
        Self::Relative(found.unwrap_or(u8::MAX))
    }

    /// The period until this moment.
    #[must_use]
    pub fn until(stamp: &Stamp) -> Self {
        Self::Absolute(stamp.write())
    }

    /// The span that a relative period stands for.
    #[must_use]
    pub const fn span(value: u8) -> Duration {
        let number = value as u64;
        Duration::from_secs(match value {
            0..=143 => (number + 1) * 5 * MINUTE,
            144..=167 => 12 * HOUR + (number - 143) * 30 * MINUTE,
            168..=196 => (number - 166) * DAY,
            197..=255 => (number - 192) * 7 * DAY,
        })
    }

    /// The bits of the first octet that say which form it has (TP-VPF).
    pub(super) const fn format(&self) -> u8 {
        match self {
            Self::Unsaid => 0x00,
            Self::Enhanced(_) => 0x08,
            Self::Relative(_) => 0x10,
            Self::Absolute(_) => 0x18,
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>, first: u8) -> Result<Self, Malformed> {
        Ok(match first & 0x18 {
            0x00 => Self::Unsaid,
            0x10 => Self::Relative(reader.octet("TP-VP")?),
            0x08 => Self::Enhanced(reader.seven("TP-VP")?),
            _ => Self::Absolute(reader.seven("TP-VP")?),
        })
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Unsaid => {}
            Self::Relative(value) => out.push(*value),
            Self::Enhanced(octets) | Self::Absolute(octets) => out.extend_from_slice(octets),
        }
    }
}
