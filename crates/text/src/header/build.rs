//! Building headers. What an element means is told by the parent.

use super::{Concat, Element, MAX_LENGTH, Ports, Reference, id};
use crate::national::Language;
use std::fmt;

/// Why a header can't be built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuildError {
    /// The part number is 0 or more than the total.
    PartNumber,
    /// The language has no locking shift table.
    NoLockingTable(Language),
    /// The elements together are longer than [`MAX_LENGTH`].
    TooLong,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PartNumber => f.write_str("the part number must be from 1 to the number of parts"),
            Self::NoLockingTable(language) => {
                write!(f, "there is no locking shift table for {}", language.name())
            }
            Self::TooLong => write!(f, "the elements take more than {MAX_LENGTH} octets"),
        }
    }
}

impl std::error::Error for BuildError {}

/// Writes elements as a header, without its length octet, in the order given.
///
/// # Errors
/// What [`BuildError`] names.
pub fn build(elements: &[Element<'_>]) -> Result<Vec<u8>, BuildError> {
    let mut header = Vec::new();
    for element in elements {
        match *element {
            Element::Concat(concat) if !(1..=concat.total).contains(&concat.number) => {
                return Err(BuildError::PartNumber);
            }
            Element::LockingShift(language) if !language.has_locking() => {
                return Err(BuildError::NoLockingTable(language));
            }
            Element::Other { data, .. } if data.len() > MAX_LENGTH => return Err(BuildError::TooLong),
            element => push(&mut header, element),
        }
    }
    if header.len() > MAX_LENGTH {
        return Err(BuildError::TooLong);
    }
    Ok(header)
}

/// A header and what follows it as the user data of one message: the length octet, the header, the data.
///
/// # Errors
/// [`BuildError::TooLong`] if the header is longer than [`MAX_LENGTH`]; the length of the data is not judged.
pub fn prefixed(header: &[u8], data: &[u8]) -> Result<Vec<u8>, BuildError> {
    let length = u8::try_from(header.len()).map_err(|_| BuildError::TooLong)?;
    if header.len() > MAX_LENGTH {
        return Err(BuildError::TooLong);
    }
    let mut user_data = Vec::with_capacity(1 + header.len() + data.len());
    user_data.push(length);
    user_data.extend_from_slice(header);
    user_data.extend_from_slice(data);
    Ok(user_data)
}

/// Appends an element; the caller has seen to it that its contents fit their length octet.
pub(crate) fn push(header: &mut Vec<u8>, element: Element<'_>) {
    match element {
        Element::Concat(Concat { reference: Reference::Eight(reference), total, number }) => {
            header.extend_from_slice(&[id::CONCAT_8, 3, reference, total, number]);
        }
        Element::Concat(Concat { reference: Reference::Sixteen(reference), total, number }) => {
            let [high, low] = reference.to_be_bytes();
            header.extend_from_slice(&[id::CONCAT_16, 4, high, low, total, number]);
        }
        Element::Ports8(destination, source) => {
            header.extend_from_slice(&[id::PORTS_8, 2, destination, source]);
        }
        Element::Ports16(Ports { destination, source }) => {
            let ([a, b], [c, d]) = (destination.to_be_bytes(), source.to_be_bytes());
            header.extend_from_slice(&[id::PORTS_16, 4, a, b, c, d]);
        }
        Element::SingleShift(language) => {
            header.extend_from_slice(&[id::SINGLE_SHIFT, 1, language.identifier()]);
        }
        Element::LockingShift(language) => {
            header.extend_from_slice(&[id::LOCKING_SHIFT, 1, language.identifier()]);
        }
        Element::Other { id, data } => {
            header.extend_from_slice(&[id, data.len() as u8]);
            header.extend_from_slice(data);
        }
    }
}
