//! Tables in UTF-16, as spreadsheets save "Unicode text": they begin with a byte order mark, and become UTF-8 as they come.

/// What the first octets of a table say of its form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// Nothing yet: the first octet, if it has come.
    #[default]
    Unknown,
    /// The first octet may begin a mark.
    Begun(u8),
    /// Octets of UTF-8.
    Utf8,
    /// UTF-16, with the octet that waits for its second.
    Utf16 { is_big: bool, odd: Option<u8>, high: Option<u16> },
}

impl Form {
    /// The next octet in UTF-8: up to four octets in the place of it, or none.
    pub(super) fn take(&mut self, octet: u8, out: &mut Vec<u8>) {
        match self {
            Self::Utf8 => out.push(octet),
            Self::Unknown if matches!(octet, 0xFE | 0xFF) => *self = Self::Begun(octet),
            Self::Unknown => {
                *self = Self::Utf8;
                out.push(octet);
            }
            Self::Begun(first) => match (*first, octet) {
                (0xFF, 0xFE) => *self = Self::Utf16 { is_big: false, odd: None, high: None },
                (0xFE, 0xFF) => *self = Self::Utf16 { is_big: true, odd: None, high: None },
                (first, octet) => {
                    *self = Self::Utf8;
                    out.extend([first, octet]);
                }
            },
            Self::Utf16 { is_big, odd, high } => {
                let Some(first) = odd.take() else {
                    *odd = Some(octet);
                    return;
                };
                let pair = [first, octet];
                let unit = if *is_big { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) };
                push(unit, high, out);
            }
        }
    }
}

fn push(unit: u16, high: &mut Option<u16>, out: &mut Vec<u8>) {
    if (0xD800..0xDC00).contains(&unit) {
        *high = Some(unit);
        return;
    }
    for read in char::decode_utf16(high.take().into_iter().chain([unit])) {
        // What is half a character is none in UTF-8 either.
        match read {
            Ok(character) => out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(_) => out.push(0xFF),
        }
    }
}
