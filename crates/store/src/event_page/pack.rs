//! Numbers and texts as few octets, and back.

/// Octets that are being packed.
#[derive(Default)]
pub(super) struct Packer(pub(super) Vec<u8>);

impl Packer {
    pub(super) fn octet(&mut self, octet: u8) {
        self.0.push(octet);
    }

    /// A number in groups of seven bits, the lowest first.
    pub(super) fn number(&mut self, mut number: u64) {
        while number > 0x7F {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }

    /// A number that may be negative: its sign is the lowest bit.
    pub(super) fn signed(&mut self, number: i64) {
        self.number((number << 1 ^ number >> 63).cast_unsigned());
    }

    /// A text behind its length.
    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }
}

/// Octets that are still to be unpacked. Everything is `None` where they are too few, or no value.
pub(super) struct Unpacker<'o>(pub(super) &'o [u8]);

impl<'o> Unpacker<'o> {
    pub(super) fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let octet = self.octet()?;
            number |= u64::from(octet & 0x7F) << shift;
            if octet < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    pub(super) fn text(&mut self) -> Option<&'o str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_read_back() {
        let mut packer = Packer::default();
        let numbers = [0, 1, 127, 128, 300, 1 << 61, u64::MAX];
        let signed = [0, -1, 1, -64, 64, i64::MIN, i64::MAX];
        numbers.iter().for_each(|number| packer.number(*number));
        signed.iter().for_each(|number| packer.signed(*number));
        packer.text("\u{e4}");
        let mut unpacker = Unpacker(&packer.0);
        numbers.iter().for_each(|number| assert_eq!(unpacker.number(), Some(*number)));
        signed.iter().for_each(|number| assert_eq!(unpacker.signed(), Some(*number)));
        assert_eq!(unpacker.text(), Some("\u{e4}"));
        assert_eq!(unpacker.octet(), None);
    }

    #[test]
    fn what_is_no_value_is_not_read() {
        assert_eq!(Unpacker(&[0x80]).number(), None);
        assert_eq!(Unpacker(&[0xFF; 11]).number(), None);
        assert_eq!(Unpacker(&[2, b'a']).text(), None);
        assert_eq!(Unpacker(&[1, 0xFF]).text(), None);
    }
}
