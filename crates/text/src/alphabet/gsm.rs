//! The GSM 7-bit default alphabet with its extension table (3GPP TS 23.038, 6.2.1), as unpacked septets.
//! Seven-bit packing is in [`crate::septets`], other languages' tables are in [`super::national`].

mod tables;

use super::NotInAlphabet;
use super::table::{ESCAPE, NA, REPLACEMENT, Table};

pub(super) static DEFAULT: Table = Table::new(tables::DEFAULT);
pub(super) static EXTENSION: Table = Table::new(tables::EXTENSION);

/// Appends `text` to `out` as septets, one to an octet; characters of the extension table take two, the first
/// of them the escape 0x1B.
///
/// # Errors
/// The first character that neither table has; `out` is then as it was.
pub fn encode(text: &str, out: &mut Vec<u8>) -> Result<(), NotInAlphabet> {
    let start = out.len();
    out.reserve(text.len());
    let mut rest = text;
    loop {
        let (plain, other) = rest.split_at(plain_run(rest.as_bytes()));
        out.extend_from_slice(plain.as_bytes());
        let mut characters = other.chars();
        let Some(character) = characters.next() else { return Ok(()) };
        match code(character) {
            Some(Code::Basic(septet)) => out.push(septet),
            Some(Code::Escaped(septet)) => out.extend_from_slice(&[ESCAPE, septet]),
            None => {
                out.truncate(start);
                return Err(NotInAlphabet::at(text, other, character));
            }
        }
        rest = characters.as_str();
    }
}

/// The number of septets that [`encode`] would append.
///
/// # Errors
/// The first character that neither table has.
pub fn units(text: &str) -> Result<usize, NotInAlphabet> {
    let mut units = 0;
    let mut rest = text;
    loop {
        let (plain, other) = rest.split_at(plain_run(rest.as_bytes()));
        units += plain.len();
        let mut characters = other.chars();
        let Some(character) = characters.next() else { return Ok(units) };
        units += width(character).ok_or_else(|| NotInAlphabet::at(text, other, character))?;
        rest = characters.as_str();
    }
}

/// Reads septets, one to an octet. Never fails: an escape that leads nowhere gives the basic character of the
/// code after it, an escaped or final escape gives a space (both 3GPP TS 23.038, 6.2.1 and 6.2.1.1), and an octet
/// above 0x7F gives U+FFFD.
pub fn decode(septets: &[u8]) -> String {
    let mut text = String::with_capacity(septets.len());
    let mut rest = septets;
    loop {
        let (plain, other) = rest.split_at(plain_run(rest));
        text.push_str(str::from_utf8(plain).unwrap_or_default());
        let Some((character, after)) = decode_next(other, &DEFAULT, &EXTENSION) else { return text };
        text.push(character);
        rest = after;
    }
}

/// Whether the default alphabet or its extension table has the character.
pub fn contains(character: char) -> bool {
    code(character).is_some()
}

/// Septets that a character takes: one, two with its escape, none if the alphabet lacks it.
pub(crate) fn width(character: char) -> Option<usize> {
    code(character).map(|code| match code {
        Code::Basic(_) => 1,
        Code::Escaped(_) => 2,
    })
}

/// The first character of `septets` under a pair of tables, and what follows it.
pub(super) fn decode_next<'a>(septets: &'a [u8], basic: &Table, shifted: &Table) -> Option<(char, &'a [u8])> {
    Some(match septets {
        [] => return None,
        [ESCAPE] => (' ', &[]),
        [ESCAPE, ESCAPE, rest @ ..] => (' ', rest),
        [ESCAPE, septet, rest @ ..] => {
            (shifted.character(*septet).or_else(|| basic.character(*septet)).unwrap_or(REPLACEMENT), rest)
        }
        [septet, rest @ ..] => (basic.character(*septet).unwrap_or(REPLACEMENT), rest),
    })
}

#[derive(Clone, Copy)]
enum Code {
    Basic(u8),
    Escaped(u8),
}

fn code(character: char) -> Option<Code> {
    if let Some(&code) = LATIN.get(character as usize) {
        return match code {
            NONE => None,
            code if code & ESCAPED != 0 => Some(Code::Escaped(code & !ESCAPED)),
            code => Some(Code::Basic(code)),
        };
    }
    let basic = DEFAULT.code(character).map(Code::Basic);
    basic.or_else(|| EXTENSION.code(character).map(Code::Escaped))
}

/// How many octets from the start mean the same in ASCII and in the default alphabet: all of most texts.
pub(crate) fn plain_run(octets: &[u8]) -> usize {
    octets.iter().position(|&octet| !PLAIN[usize::from(octet)]).unwrap_or(octets.len())
}

const ESCAPED: u8 = 0x80;
const NONE: u8 = 0xFF;

/// The codes of U+0000 to U+00FF, because searching a table for each of them would be slow.
static LATIN: [u8; 256] = latin();
static PLAIN: [bool; 256] = plain();

const fn latin() -> [u8; 256] {
    let mut codes = [NONE; 256];
    let mut code = 0;
    while code < 128 {
        // The basic table last: a character that both had would be sent without an escape.
        let shifted = tables::EXTENSION[code] as usize;
        if shifted < 256 {
            codes[shifted] = code as u8 | ESCAPED;
        }
        let basic = tables::DEFAULT[code] as usize;
        if basic < 256 {
            codes[basic] = code as u8;
        }
        code += 1;
    }
    codes
}

const fn plain() -> [bool; 256] {
    let mut plain = [false; 256];
    let mut code = 0;
    while code < 128 {
        plain[code] = tables::DEFAULT[code] as usize == code && tables::DEFAULT[code] != NA;
        code += 1;
    }
    plain
}
