//! Octets as people write them.

/// The octets that a text in hexadecimal means, in pairs of digits; spaces don't count.
pub(crate) fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |c: char| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Vec<u8> = text.chars().filter(|c| *c != ' ').map(digit).collect::<Option<_>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    });
    pairs.collect()
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
}
