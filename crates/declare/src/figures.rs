//! Octets and numbers as people write them.

/// The octets that a text in hexadecimal means, in pairs of digits; spaces don't count.
pub fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: char| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Vec<u8> = text.chars().filter(|c| *c != ' ').map(digit).collect::<Option<_>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    });
    pairs.collect()
}

/// A number in decimal, or in hexadecimal behind `0x`.
pub(crate) fn number(text: &str) -> Option<u32> {
    let plain = |digits: &str| digits.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u32::from_str_radix(digits, 16).ok().filter(|_| plain(digits)),
        None => text.parse().ok().filter(|_| plain(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_pairs_of_digits() {
        assert_eq!(hex("0a 1B2c"), Some(vec![0x0A, 0x1B, 0x2C]));
        assert_eq!(hex(""), Some(Vec::new()));
        for wrong in ["0", "0x0a", "g0", "\u{e9}0", "+1"] {
            assert_eq!(hex(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_are_decimal_or_hexadecimal() {
        for (text, value) in [("0x1403", Some(0x1403)), ("5123", Some(5123)), ("0X0b", Some(11))] {
            assert_eq!(number(text), value, "{text}");
        }
        for wrong in ["", "0x", "+5", "0x+5", "0x1_0", "tag", "-1", "4294967296"] {
            assert_eq!(number(wrong), None, "{wrong}");
        }
    }
}
