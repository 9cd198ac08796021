//! How a carrier spells its message identifiers, which may differ between its answers and its receipts.
//! The identifier itself is a number; uniqueness is for who counts it.

use crate::dice::scramble;

/// A spelling of a message_id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IdForm {
    /// Decimal digits.
    #[default]
    Decimal,
    /// Decimal digits with zeros in front, twenty in all.
    Padded,
    /// Lower-case hexadecimal digits.
    Hex,
    /// Upper-case hexadecimal digits.
    UpperHex,
    /// Hexadecimal digits with zeros in front, sixteen in all.
    PaddedHex,
    /// A UUID, from which the number can't be told.
    Uuid,
    /// Upper-case hexadecimal digits in three groups: `1101C1-C9D03D-F000`.
    Dashed,
    /// Decimal digits among all marks that were seen in identifiers.
    Marks,
    /// Decimal digits with zeros in front, 64 in all: as long as an identifier may be.
    Long,
    /// The hexadecimal digits of the ASCII codes of the decimal digits.
    HexText,
}

impl IdForm {
    /// Appends identifier `id` in this form.
    pub(crate) fn write(self, id: u64, out: &mut Vec<u8>) {
        use std::io::Write;
        // Writing to a Vec can't fail.
        let _ = match self {
            Self::Decimal => write!(out, "{id}"),
            Self::Padded => write!(out, "{id:020}"),
            Self::Hex => write!(out, "{id:x}"),
            Self::UpperHex => write!(out, "{id:X}"),
            Self::PaddedHex => write!(out, "{id:016x}"),
            Self::Uuid => write_uuid(id, out),
            Self::Dashed => {
                write!(out, "{:06X}-{:06X}-{:04X}", id >> 40, id >> 16 & 0xFF_FFFF, id & 0xFFFF)
            }
            Self::Marks => write!(out, "sms.{id}_a-b/c+d="),
            Self::Long => write!(out, "9{id:063}"),
            Self::HexText => id.to_string().bytes().try_for_each(|digit| write!(out, "{digit:02x}")),
        };
    }

    /// Identifier `id` in this form.
    pub(crate) fn spell(self, id: u64) -> String {
        let mut out = Vec::new();
        self.write(id, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// A UUID of version 4 as far as it can be seen (RFC 9562 section 5.4), the same for the same number.
fn write_uuid(id: u64, out: &mut Vec<u8>) -> std::io::Result<()> {
    use std::io::Write;
    let (high, low) = (scramble(id), scramble(!id));
    write!(
        out,
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFF,
        low >> 48 & 0x3FFF | 0x8000,
        low & 0xFFFF_FFFF_FFFF
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spells_a_number_in_each_form() {
        assert_eq!(IdForm::Decimal.spell(45_054), "45054");
        assert_eq!(IdForm::Padded.spell(45_054), "00000000000000045054");
        assert_eq!(IdForm::Hex.spell(45_054), "affe");
        assert_eq!(IdForm::UpperHex.spell(45_054), "AFFE");
        assert_eq!(IdForm::PaddedHex.spell(45_054), "000000000000affe");
        assert_eq!(IdForm::Dashed.spell(0x1101_C1C9_D03D_F000), "1101C1-C9D03D-F000");
        assert_eq!(IdForm::Marks.spell(7), "sms.7_a-b/c+d=");
        assert_eq!(IdForm::Long.spell(7).len(), 64);
        assert_eq!(IdForm::HexText.spell(47), "3437");
        let uuid = IdForm::Uuid.spell(45_054);
        assert_eq!((uuid.len(), &uuid[14..15]), (36, "4"));
        assert_ne!(uuid, IdForm::Uuid.spell(45_055));
    }
}
