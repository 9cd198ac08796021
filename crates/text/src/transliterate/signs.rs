//! Punctuation, spaces and signs that have a plain form. Letters are elsewhere.

pub(super) fn respell(character: char) -> Option<&'static str> {
    punctuation(character)
        .or_else(|| spacing(character))
        .or_else(|| sign(character))
        .or_else(|| wide(character))
}

fn punctuation(character: char) -> Option<&'static str> {
    Some(match character {
        '`' | '´' | '‘' | '’' | '‚' | '‛' | '′' | '‵' | 'ʹ' | 'ʻ' | 'ʼ' | 'ʽ' | 'ˈ' => "'",
        '“' | '”' | '„' | '‟' | '″' | '«' | '»' | '〝' | '〞' => "\"",
        '‹' => "<",
        '›' => ">",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '⁃' | '﹘' | '﹣' => "-",
        '…' => "...",
        '‥' => "..",
        '•' | '◦' | '▪' | '▫' | '●' | '○' | '■' | '□' | '‣' => "*",
        '·' | '․' | '∙' => ".",
        '‼' => "!!",
        '⁇' => "??",
        '⁄' | '∕' => "/",
        '∗' => "*",
        '∶' => ":",
        '¦' => "|",
        '¨' => "\"",
        '¯' | '‾' => "-",
        '¸' => ",",
        '˜' | '∼' => "~",
        'ˆ' => "^",
        _ => return None,
    })
}

fn spacing(character: char) -> Option<&'static str> {
    Some(match character {
        '\t' | '\u{A0}' | '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => " ",
        '\u{85}' | '\u{2028}' | '\u{2029}' => "\n",
        // Soft hyphen, zero-width space and joiners, directional marks, word joiner, byte order mark, and the
        // variation selectors that ask for the look of text or emoji.
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' => "",
        '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{FE0E}' | '\u{FE0F}' => "",
        _ => return None,
    })
}

fn sign(character: char) -> Option<&'static str> {
    Some(match character {
        '©' => "(C)",
        '®' => "(R)",
        '™' => "TM",
        '℠' => "SM",
        '№' => "No.",
        '×' => "x",
        '÷' => "/",
        '±' => "+/-",
        '≤' => "<=",
        '≥' => ">=",
        '≠' => "!=",
        '≈' => "~",
        '←' => "<-",
        '→' => "->",
        '⇒' => "=>",
        '½' => "1/2",
        '¼' => "1/4",
        '¾' => "3/4",
        '⅓' => "1/3",
        '⅔' => "2/3",
        '¹' => "1",
        '²' => "2",
        '³' => "3",
        '‰' => "o/oo",
        '¢' => "c",
        'º' => "o",
        'ª' => "a",
        'µ' => "u",
        // The signs for ohm, kelvin and angstrom, which only look like letters.
        '\u{2126}' => "Ω",
        '\u{212A}' => "K",
        '\u{212B}' => "Å",
        '₤' => "£",
        '₹' => "Rs",
        _ => return None,
    })
}

/// The full-width forms U+FF01 to U+FF5E are ASCII, moved.
fn wide(character: char) -> Option<&'static str> {
    const ASCII: &str =
        "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_'abcdefghijklmnopqrstuvwxyz{|}~";
    let at = (character as usize).checked_sub(0xFF01)?;
    ASCII.get(at..=at)
}
