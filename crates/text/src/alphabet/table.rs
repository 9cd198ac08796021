//! A table of 128 characters that can be read both ways. It knows nothing of escapes or of which table is in force.

/// Marks a code without a character. A noncharacter of Unicode, so that no real text means it.
pub(crate) const NA: char = '\u{FFFF}';

/// The escape to the extension or single shift table (3GPP TS 23.038, 6.2.1).
pub(crate) const ESCAPE: u8 = 0x1B;

/// What stands in decoded text for what has no meaning.
pub(crate) const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// 128 characters by code, and the codes by character.
pub(crate) struct Table {
    characters: [char; 128],
    by_character: [(char, u8); 128],
}

impl Table {
    /// Builds the way back; meant for constants, so that it costs nothing at run time.
    pub(crate) const fn new(characters: [char; 128]) -> Self {
        let mut by_character = [(NA, 0); 128];
        let mut code = 0;
        while code < 128 {
            // Insertion sort that keeps equal characters in the order of their codes: the lowest code is sent.
            let mut at = code;
            while at > 0 && by_character[at - 1].0 as u32 > characters[code] as u32 {
                by_character[at] = by_character[at - 1];
                at -= 1;
            }
            by_character[at] = (characters[code], code as u8);
            code += 1;
        }
        Self { characters, by_character }
    }

    /// The character of a code; none for codes that have none and for what is not seven bits.
    pub(crate) fn character(&self, code: u8) -> Option<char> {
        self.characters.get(usize::from(code)).copied().filter(|&c| c != NA)
    }

    /// The lowest code of a character.
    pub(crate) fn code(&self, character: char) -> Option<u8> {
        let at = self.by_character.partition_point(|&(c, _)| c < character);
        let &(found, code) = self.by_character.get(at)?;
        (found == character && character != NA).then_some(code)
    }
}
