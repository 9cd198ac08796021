//! Texts in user data (parameter 033) and alphanumeric originators (027): characters of the GSM alphabet that ASCII lacks are
//! written as `_` and two signs (section 6). A septet is what the caller's GSM alphabet makes of a character.

/// The septets that stand for a combination.
const COMBINATIONS: [(u8, [u8; 2]); 43] = [
    (0x00, *b"Oa"),
    (0x01, *b"L-"),
    (0x03, *b"Y-"),
    (0x04, *b"e`"),
    (0x05, *b"e'"),
    (0x06, *b"u`"),
    (0x07, *b"i`"),
    (0x08, *b"o`"),
    (0x09, *b"C,"),
    (0x0B, *b"O/"),
    (0x0C, *b"o/"),
    (0x0E, *b"A*"),
    (0x0F, *b"a*"),
    (0x10, *b"gd"),
    (0x11, *b"--"),
    (0x12, *b"gf"),
    (0x13, *b"gg"),
    (0x14, *b"gl"),
    (0x15, *b"go"),
    (0x16, *b"gp"),
    (0x17, *b"gi"),
    (0x18, *b"gs"),
    (0x19, *b"gt"),
    (0x1A, *b"gx"),
    (0x1B, *b"XX"),
    (0x1C, *b"AE"),
    (0x1D, *b"ae"),
    (0x1E, *b"ss"),
    (0x1F, *b"E'"),
    (0x22, *b"qq"),
    (0x24, *b"ox"),
    (0x40, *b"!!"),
    (0x5B, *b"A\""),
    (0x5C, *b"O\""),
    (0x5D, *b"N~"),
    (0x5E, *b"U\""),
    (0x5F, *b"so"),
    (0x60, *b"??"),
    (0x7B, *b"a\""),
    (0x7C, *b"o\""),
    (0x7D, *b"n~"),
    (0x7E, *b"u\""),
    (0x7F, *b"a`"),
];

/// Writes septets, one to an octet.
#[must_use]
pub fn write(septets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(septets.len());
    for septet in septets {
        match (septet, COMBINATIONS.iter().find(|(found, _)| found == septet)) {
            // What stands for itself, or has a sign of its own.
            (0x00, _) => out.push(b'@'),
            (0x02, _) => out.push(b'$'),
            (_, Some((_, signs))) => out.extend_from_slice(&[b'_', signs[0], signs[1]]),
            (other, None) => out.push(other & 0x7F),
        }
    }
    out
}

/// Reads a text as septets, one to an octet. An unknown combination is dropped.
#[must_use]
pub fn read(text: &[u8]) -> Vec<u8> {
    let mut septets = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'_', [one, two, beyond @ ..]) => {
                let found = COMBINATIONS.iter().find(|(_, signs)| signs == &[*one, *two]);
                septets.extend(found.map(|(septet, _)| *septet));
                rest = beyond;
            }
            (b'_', _) => rest = &[],
            (b'@', _) => septets.push(0x00),
            (b'$', _) => septets.push(0x02),
            (b']', _) => septets.push(0x0E),
            (b'}', _) => septets.push(0x0F),
            (other, _) => septets.extend(septet(*other)),
        }
    }
    septets
}

/// The septet of a plain octet; of ISO 8859-1 as far as links of eight bits have it.
const fn septet(octet: u8) -> Option<u8> {
    Some(match octet {
        0x00..=0x7F => octet,
        0xA1 => 0x40,
        0xA3 => 0x01,
        0xA4 => 0x24,
        0xA5 => 0x03,
        0xA7 => 0x5F,
        0xBF => 0x60,
        0xC4 => 0x5B,
        0xC5 => 0x0E,
        0xC6 => 0x1C,
        0xC7 => 0x09,
        0xC9 => 0x1F,
        0xD1 => 0x5D,
        0xD6 => 0x5C,
        0xD8 => 0x0B,
        0xDC => 0x5E,
        0xDF => 0x1E,
        0xE0 => 0x7F,
        0xE4 => 0x7B,
        0xE5 => 0x0F,
        0xE6 => 0x1D,
        0xE8 => 0x04,
        0xE9 => 0x05,
        0xEC => 0x07,
        0xF1 => 0x7D,
        0xF2 => 0x08,
        0xF6 => 0x7C,
        0xF8 => 0x0C,
        0xF9 => 0x06,
        0xFC => 0x7E,
        _ => return None,
    })
}
