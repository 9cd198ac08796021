//! A message's parameters as one column keeps them: of each its tag, its length and its octets, the two numbers in two
//! octets with the high one first. Their meaning is not known here.

use postrider_core::message::Parameter;

/// The octets of a tag and a length.
const HEAD: usize = 4;

/// The column's octets; `None` for a message without parameters.
pub(crate) fn write(parameters: &[Parameter]) -> Option<Vec<u8>> {
    let mut block = Vec::new();
    for Parameter { tag, value } in parameters {
        // Messages with longer values are refused.
        let length = u16::try_from(value.len()).ok()?;
        block.extend_from_slice(&tag.to_be_bytes());
        block.extend_from_slice(&length.to_be_bytes());
        block.extend_from_slice(value);
    }
    (!block.is_empty()).then_some(block)
}

/// The parameters in the column; `None` if it holds something else.
pub(crate) fn read(column: Option<&[u8]>) -> Option<Box<[Parameter]>> {
    let mut rest = column.unwrap_or_default();
    let mut parameters = Vec::new();
    while !rest.is_empty() {
        let ([t0, t1, l0, l1], after) = rest.split_first_chunk::<HEAD>()?;
        let (value, after) = after.split_at_checked(u16::from_be_bytes([*l0, *l1]).into())?;
        parameters.push(Parameter { tag: u16::from_be_bytes([*t0, *t1]), value: value.into() });
        rest = after;
    }
    Some(parameters.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_read_back() {
        let parameter = |tag, value: &[u8]| Parameter { tag, value: value.into() };
        let several = [parameter(0x1400, b"1701"), parameter(0x130C, b""), parameter(1, &[0, 255])];
        let block = write(&several).unwrap();
        assert_eq!(block, b"\x14\0\0\x041701\x13\x0c\0\0\0\x01\0\x02\0\xff");
        assert_eq!(read(Some(&block)).as_deref(), Some(&several[..]));
        assert_eq!((write(&[]), read(None)), (None, Some(Box::default())));
        for damaged in [&block[..3], &block[..7]] {
            assert_eq!(read(Some(damaged)), None);
        }
    }
}
