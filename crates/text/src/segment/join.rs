//! Reading parts back as a text. Which parts belong together, and whether all have come, the caller knows.

use super::Part;
use crate::national::Shifts;
use crate::{Encoding, gsm, header, latin1, national, ucs2};

/// The text of one message: `header` without its length octet, as it says which national language tables are in
/// force; `data` in the encoding, GSM 7-bit as unpacked septets. Octets are read as Latin-1.
pub fn decode(encoding: Encoding, header: &[u8], data: &[u8]) -> String {
    decode_shifted(encoding, header::shifts(header), data)
}

/// The text of the parts of one message, in their order. Parts are put together before they are read, because
/// there are senders that cut a surrogate or an escape pair in two.
pub fn join<'a>(encoding: Encoding, parts: impl IntoIterator<Item = &'a Part>) -> String {
    let mut text = String::new();
    let mut shifts = Shifts::NONE;
    let mut data = Vec::new();
    for part in parts {
        let own = header::shifts(&part.header);
        if own != shifts {
            text.push_str(&decode_shifted(encoding, shifts, &data));
            data.clear();
            shifts = own;
        }
        data.extend_from_slice(&part.data);
    }
    text.push_str(&decode_shifted(encoding, shifts, &data));
    text
}

fn decode_shifted(encoding: Encoding, shifts: Shifts, data: &[u8]) -> String {
    match encoding {
        Encoding::Gsm7 if shifts == Shifts::NONE => gsm::decode(data),
        Encoding::Gsm7 => national::decode(data, shifts),
        Encoding::Latin1 | Encoding::Octets => latin1::decode(data),
        Encoding::Ucs2 => ucs2::decode(data),
    }
}
