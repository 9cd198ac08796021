//! Several parts of octets as one column keeps them: of each its encoding, the lengths of its header and its data, and both.

use crate::codes::Code;
use postrider_core::message::{Encoding, Octets};

/// The number in the column of encodings where there are several parts.
pub(crate) const ENCODING: i64 = 4;

/// The column's octets.
pub(crate) fn write(parts: &[Octets]) -> Vec<u8> {
    let mut block = Vec::new();
    for Octets { encoding, header, data } in parts {
        // Longer ones are refused.
        let length = |octets: &[u8]| u8::try_from(octets.len()).unwrap_or(u8::MAX);
        block.extend([u8::try_from(encoding.code()).unwrap_or(u8::MAX), length(header), length(data)]);
        block.extend_from_slice(header);
        block.extend_from_slice(data);
    }
    block
}

/// The parts in the column; `None` if it holds something else.
pub(crate) fn read(column: &[u8]) -> Option<Box<[Octets]>> {
    let mut rest = column;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let ([encoding, header, data], after) = rest.split_first_chunk()?;
        let (header, after) = after.split_at_checked((*header).into())?;
        let (data, after) = after.split_at_checked((*data).into())?;
        let encoding = Encoding::from_code((*encoding).into())?;
        parts.push(Octets { encoding, header: header.into(), data: data.into() });
        rest = after;
    }
    Some(parts.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_read_back() {
        let part = |encoding, header: &[u8], data: &[u8]| Octets {
            encoding,
            header: header.into(),
            data: data.into(),
        };
        let several =
            [part(Encoding::Gsm7, &[0, 3, 1, 2, 1], &[b'a'; 153]), part(Encoding::Octets, b"", b"\0")];
        let block = write(&several);
        assert_eq!(read(&block).as_deref(), Some(&several[..]));
        for damaged in [&block[..2], &block[..20], &[9, 0, 0]] {
            assert_eq!(read(damaged), None);
        }
    }
}
