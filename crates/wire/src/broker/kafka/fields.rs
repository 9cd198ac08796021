//! Fields of requests and responses: integers, texts, octets, and lists of them.

use crate::broker::Malformed;
use bytes::{Buf, BufMut, Bytes, BytesMut};

const SHORT: Malformed = Malformed("a response ends too early");
/// The most elements of a list.
const LIST_MAX: usize = 100_000;

/// Reads fields from the beginning on.
pub(super) struct Reader(pub(super) Bytes);

impl Reader {
    pub(super) fn i8(&mut self) -> Result<i8, Malformed> {
        self.0.try_get_i8().map_err(|_| SHORT)
    }

    pub(super) fn i16(&mut self) -> Result<i16, Malformed> {
        self.0.try_get_i16().map_err(|_| SHORT)
    }

    pub(super) fn i32(&mut self) -> Result<i32, Malformed> {
        self.0.try_get_i32().map_err(|_| SHORT)
    }

    pub(super) fn i64(&mut self) -> Result<i64, Malformed> {
        self.0.try_get_i64().map_err(|_| SHORT)
    }

    pub(super) fn octets(&mut self, length: usize) -> Result<Bytes, Malformed> {
        if self.0.len() < length { Err(SHORT) } else { Ok(self.0.split_to(length)) }
    }

    /// A text that may be missing.
    pub(super) fn nullable_text(&mut self) -> Result<Option<String>, Malformed> {
        let Ok(length) = usize::try_from(self.i16()?) else { return Ok(None) };
        let octets = self.octets(length)?;
        let text = std::str::from_utf8(&octets).map_err(|_| Malformed("a text is not UTF-8"))?;
        Ok(Some(text.to_owned()))
    }

    pub(super) fn text(&mut self) -> Result<String, Malformed> {
        self.nullable_text()?.ok_or(Malformed("a text is missing"))
    }

    /// Octets with their length before them; none if they are missing.
    pub(super) fn long_octets(&mut self) -> Result<Bytes, Malformed> {
        match usize::try_from(self.i32()?) {
            Ok(length) => self.octets(length),
            Err(_) => Ok(Bytes::new()),
        }
    }

    /// A list, each element of which is read so. A missing one is empty.
    pub(super) fn list<T>(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let many = usize::try_from(self.i32()?).unwrap_or(0);
        if many > LIST_MAX {
            return Err(Malformed("a list is too long"));
        }
        (0..many).map(|_| one(self)).collect()
    }

    /// A signed integer of variable length: zigzag, seven bits an octet.
    pub(super) fn varint(&mut self) -> Result<i64, Malformed> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let octet = self.0.try_get_u8().map_err(|_| SHORT)?;
            value |= u64::from(octet & 0x7F) << shift;
            if octet & 0x80 == 0 {
                return Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed());
            }
        }
        Err(Malformed("a number is too long"))
    }

    /// Octets with a length of variable size before them; `None` if they are missing.
    pub(super) fn varint_octets(&mut self) -> Result<Option<Bytes>, Malformed> {
        match usize::try_from(self.varint()?) {
            Ok(length) => self.octets(length).map(Some),
            Err(_) => Ok(None),
        }
    }
}

pub(super) fn put_text(to: &mut BytesMut, text: &str) {
    to.put_i16(i16::try_from(text.len()).unwrap_or(i16::MAX));
    to.put_slice(text.as_bytes());
}

pub(super) fn put_length(to: &mut BytesMut, length: usize) {
    to.put_i32(i32::try_from(length).unwrap_or(i32::MAX));
}

pub(super) fn put_octets(to: &mut BytesMut, octets: &[u8]) {
    put_length(to, octets.len());
    to.put_slice(octets);
}

pub(super) fn put_varint(to: &mut BytesMut, value: i64) {
    let mut left = (value << 1).cast_unsigned() ^ (value >> 63).cast_unsigned();
    while left > 0x7F {
        to.put_u8((left & 0x7F) as u8 | 0x80);
        left >>= 7;
    }
    to.put_u8((left & 0x7F) as u8);
}

pub(super) fn put_varint_octets(to: &mut BytesMut, octets: &[u8]) {
    put_varint(to, i64::try_from(octets.len()).unwrap_or(i64::MAX));
    to.put_slice(octets);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_variable_length_are_zigzag() {
        for (value, octets) in [
            (0, &[0][..]),
            (-1, &[1]),
            (1, &[2]),
            (63, &[126]),
            (64, &[0x80, 1]),
            (-65, &[0x81, 1]),
            (300, &[0xD8, 4]),
            (i64::MIN, &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]),
        ] {
            let mut to = BytesMut::new();
            put_varint(&mut to, value);
            assert_eq!(&to[..], octets, "{value}");
            assert_eq!(Reader(to.freeze()).varint().unwrap(), value);
        }
        assert!(Reader(Bytes::from_static(&[0x80; 11])).varint().is_err());
    }

    #[test]
    fn what_ends_too_early_is_refused() {
        let reader = |octets: &'static [u8]| Reader(Bytes::from_static(octets));
        assert!(reader(&[0]).i16().is_err());
        assert!(reader(&[0, 2, b'a']).text().is_err());
        assert!(reader(&[0xFF, 0xFF]).text().is_err());
        assert_eq!(reader(&[0xFF, 0xFF]).nullable_text().unwrap(), None);
        assert!(reader(&[0x7F, 0, 0, 0]).list(Reader::i8).is_err());
        assert_eq!(reader(&[0xFF, 0xFF, 0xFF, 0xFF]).list(Reader::i8).unwrap(), Vec::<i8>::new());
    }
}
