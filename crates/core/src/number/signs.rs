//! The characters of telephone numbers in all scripts, as people paste them.

/// The meaning of a character in a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// A decimal digit of any script (general category `Decimal_Number`), by its value.
    Digit(u8),
    /// A plus sign.
    Plus,
    /// An opening bracket.
    Open,
    /// A closing bracket.
    Close,
    /// A slash.
    Slash,
    /// What only separates: spaces, dots, dashes, and format characters, which nobody sees.
    Separator,
    /// Anything else.
    Other,
}

impl Sign {
    pub(super) fn of(character: char) -> Self {
        if let Some(digit) = digit(character) {
            return Self::Digit(digit);
        }
        match character {
            '+' | '\u{FF0B}' | '\u{FE62}' => Self::Plus,
            '(' | '\u{FF08}' => Self::Open,
            ')' | '\u{FF09}' => Self::Close,
            '/' | '\u{FF0F}' | '\u{2044}' | '\u{2215}' => Self::Slash,
            '.' | '\u{FF0E}' | '\u{B7}' | '\u{2024}' => Self::Separator,
            _ if character.is_whitespace() || is_dash(character) || is_format(character) => Self::Separator,
            _ => Self::Other,
        }
    }
}

/// The value of a decimal digit of any script.
fn digit(character: char) -> Option<u8> {
    if character.is_ascii() {
        return character.is_ascii_digit().then(|| character as u8 - b'0');
    }
    let code = u32::from(character);
    let last = ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?;
    let value = code - ZEROS.get(last)?;
    u8::try_from(value).ok().filter(|value| *value < 10)
}

/// Dashes (general category Pd), the minus sign and the hyphen bullet.
fn is_dash(character: char) -> bool {
    matches!(
        character,
        '-' | '\u{58A}' | '\u{5BE}' | '\u{1400}' | '\u{1806}' | '\u{2010}'
            ..='\u{2015}'
                | '\u{2043}'
                | '\u{207B}'
                | '\u{208B}'
                | '\u{2212}'
                | '\u{2E17}'
                | '\u{2E1A}'
                | '\u{2E3A}'
                | '\u{2E3B}'
                | '\u{2E40}'
                | '\u{2E5D}'
                | '\u{301C}'
                | '\u{3030}'
                | '\u{30A0}'
                | '\u{FE31}'
                | '\u{FE32}'
                | '\u{FE58}'
                | '\u{FE63}'
                | '\u{FF0D}'
                | '\u{10EAD}'
    )
}

/// Format characters (general category Cf): soft hyphens, joiners, marks of direction and byte order.
pub(crate) fn is_format(character: char) -> bool {
    matches!(
        character,
        '\u{AD}'
            | '\u{600}'..='\u{605}'
            | '\u{61C}'
            | '\u{6DD}'
            | '\u{70F}'
            | '\u{890}'..='\u{891}'
            | '\u{8E2}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206F}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0001}'
            | '\u{E0020}'..='\u{E007F}'
    )
}

/// The zeros of all scripts, in order; nine further digits follow each (general category `Decimal_Number` of Unicode 16).
#[rustfmt::skip]
const ZEROS: [u32; 76] = [
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50,
    0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    0x104A0, 0x10D30, 0x10D40, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650,
    0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0, 0x11950, 0x11BF0, 0x11C50, 0x11D50, 0x11DA0, 0x11F50,
    0x16130, 0x16A60, 0x16AC0, 0x16B50, 0x16D70, 0x1CCF0, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6,
    0x1E140, 0x1E2F0, 0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_all_scripts_have_their_value() {
        assert!(ZEROS.is_sorted_by(|a, b| a + 10 <= *b));
        for (text, value) in [
            ("0", 0),
            ("9", 9),
            ("\u{660}", 0),
            ("\u{669}", 9),
            ("\u{6F4}", 4),
            ("\u{96A}", 4),
            ("\u{FF17}", 7),
            ("\u{1D7D7}", 9),
            ("\u{1D7FF}", 9),
            ("\u{1FBF9}", 9),
        ] {
            assert_eq!(text.chars().map(Sign::of).collect::<Vec<_>>(), [Sign::Digit(value)], "{text}");
        }
        // Neither side of a script's digits, nor what only looks like one: a superscript, a circled and a Roman digit.
        for text in
            ["/", ":", "\u{65F}", "\u{66A}", "\u{FF1A}", "\u{B2}", "\u{2460}", "\u{2160}", "\u{10FFFF}"]
        {
            assert!(text.chars().map(Sign::of).all(|sign| !matches!(sign, Sign::Digit(_))), "{text}");
        }
    }
}
