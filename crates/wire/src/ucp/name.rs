//! Alphanumeric senders (`OTOA` 5039): a length octet, and GSM 7-bit septets that the caller packs and unpacks, all in
//! hexadecimal digits.

use crate::hex;
use bytes::BytesMut;

/// The most septets of a name.
pub const SEPTETS_MAX: usize = 11;

/// Appends a name of so many septets. Its length octet counts half octets in use.
pub fn write(septets: usize, packed: &[u8], out: &mut BytesMut) {
    let half_octets = (7 * septets).div_ceil(4);
    out.extend_from_slice(&hex::pair(u8::try_from(half_octets).unwrap_or(u8::MAX)));
    hex::write(packed, out);
}

/// The packed septets of a name, and how many there are; `None` if it has no such form.
#[must_use]
pub fn read(field: &[u8]) -> Option<(usize, Vec<u8>)> {
    let mut octets = hex::read(field)?;
    if octets.is_empty() {
        return None;
    }
    let half_octets = usize::from(octets.remove(0));
    let septets = half_octets * 4 / 7;
    (half_octets.div_ceil(2) <= octets.len() + 1).then_some((septets.min(octets.len() * 8 / 7), octets))
}
