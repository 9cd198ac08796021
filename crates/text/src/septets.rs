//! Seven-bit packing: eight septets in seven octets (3GPP TS 23.038, 6.1.2.1). Not the meaning of the septets.
//!
//! After a user data header, septets start on a septet boundary counted from the start of the user data, which
//! leaves fill bits between the two (3GPP TS 23.040, 9.2.3.24); [`fill_bits`] says how many.

/// The fill bits after a header, 0 to 6, from its octets including its length octet.
pub fn fill_bits(header_octets: usize) -> u8 {
    // The remainder of a division by seven fits.
    ((7 - header_octets * 8 % 7) % 7) as u8
}

/// The number of octets that `septets` septets take after `fill` bits.
pub fn packed_length(septets: usize, fill: u8) -> usize {
    (septets * 7 + usize::from(fill)).div_ceil(8)
}

/// Appends septets (one to an octet; the eighth bit is ignored) to `out` packed, after `fill` zero bits, 0 to 6.
pub fn pack(septets: &[u8], fill: u8, out: &mut Vec<u8>) {
    out.reserve(packed_length(septets.len(), fill));
    let mut bits: u16 = 0;
    let mut held = u32::from(fill.min(6));
    for &septet in septets {
        bits |= u16::from(septet & 0x7F) << held;
        held += 7;
        if held >= 8 {
            out.push(bits as u8);
            bits >>= 8;
            held -= 8;
        }
    }
    if held > 0 && !septets.is_empty() {
        out.push(bits as u8);
    }
}

/// Adds a carriage return to septets that would leave seven spare bits behind `fill` bits, which a reader who doesn't know
/// their count takes for an `@` (3GPP TS 23.038, 6.1.2.3.1).
pub fn pad(septets: &mut Vec<u8>, fill: u8) {
    if (septets.len() * 7 + usize::from(fill)) % 8 == 1 {
        septets.push(b'\r');
    }
}

/// All septets that octets hold, without what only fills the last octet: a carriage return, or bits that are zero.
pub fn unpack_all(octets: &[u8], fill: u8) -> Vec<u8> {
    let bits = (octets.len() * 8).saturating_sub(usize::from(fill.min(6)));
    let mut septets = unpack(octets, bits / 7, fill);
    if bits % 7 == 0 && matches!(septets.last(), Some(0 | b'\r')) {
        septets.pop();
    }
    septets
}

/// Reads at most `count` septets after `fill` bits, 0 to 6, one to an octet. Fewer come back if the octets end
/// before. The count has to be known: seven spare bits at the end look like one more septet.
pub fn unpack(octets: &[u8], count: usize, fill: u8) -> Vec<u8> {
    let fill = u32::from(fill.min(6));
    let whole = (octets.len() * 8).saturating_sub(fill as usize) / 7;
    let mut septets = Vec::with_capacity(count.min(whole));
    let mut bits: u16 = 0;
    let mut held: u32 = 0;
    let mut skip = fill;
    for &octet in octets {
        bits |= u16::from(octet) << held;
        held += 8;
        // The fill is skipped once, within the first octet.
        bits >>= skip;
        held -= skip;
        skip = 0;
        while held >= 7 && septets.len() < count {
            septets.push((bits & 0x7F) as u8);
            bits >>= 7;
            held -= 7;
        }
        if septets.len() == count {
            break;
        }
    }
    septets
}
