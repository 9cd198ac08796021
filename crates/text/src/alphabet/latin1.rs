//! ISO 8859-1, one octet a character. Not Windows-1252: the octets 0x80 to 0x9F are control characters.

use super::NotInAlphabet;

/// Appends `text` to `out`, one octet a character.
///
/// # Errors
/// The first character above U+00FF; `out` is then as it was.
pub fn encode(text: &str, out: &mut Vec<u8>) -> Result<(), NotInAlphabet> {
    if text.is_ascii() {
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    let start = out.len();
    out.reserve(text.len());
    for (position, character) in text.char_indices() {
        match u8::try_from(character) {
            Ok(octet) => out.push(octet),
            Err(_) => {
                out.truncate(start);
                return Err(NotInAlphabet { character, position });
            }
        }
    }
    Ok(())
}

/// The number of octets that [`encode`] would append.
///
/// # Errors
/// The first character above U+00FF.
pub fn units(text: &str) -> Result<usize, NotInAlphabet> {
    let mut units = 0;
    for (position, character) in text.char_indices() {
        if character > '\u{FF}' {
            return Err(NotInAlphabet { character, position });
        }
        units += 1;
    }
    Ok(units)
}

/// Reads octets as characters; every octet is one.
pub fn decode(octets: &[u8]) -> String {
    match str::from_utf8(octets) {
        Ok(text) if text.is_ascii() => text.to_owned(),
        _ => octets.iter().copied().map(char::from).collect(),
    }
}
