//! The dates that stand in receipts: four layouts of digits, with or without punctuation, in the server's own time.

use super::Civil;

/// Most digits looked at: a four-digit year down to the second.
const MOST: usize = 14;

impl Civil {
    /// Reads `yyMMddHHmm`, `yyMMddHHmmss`, `yyyyMMddHHmm`, `yyyyMMddHHmmss`, the same with punctuation as in ISO 8601,
    /// or the beginning of an SMPP time. Two-digit years are of this century. `None` for anything else: a receipt
    /// isn't worth less for it.
    pub fn parse_loose(text: &[u8]) -> Option<Self> {
        let mut digits = [0; MOST];
        let mut count = 0;
        for octet in text.iter().filter(|octet| octet.is_ascii_digit()) {
            if let Some(place) = digits.get_mut(count) {
                *place = octet - b'0';
                count += 1;
            }
        }
        // An SMPP time has tenths and an offset after its twelve digits.
        if text.trim_ascii().len() == 16 && text.trim_ascii().ends_with(b"+") {
            count = 12;
        }
        let digits = digits.get(..count)?;
        match count {
            10 => short_year(digits),
            12 => short_year(digits).or_else(|| long_year(digits)),
            14 => long_year(digits),
            _ => None,
        }
    }
}

fn short_year(digits: &[u8]) -> Option<Civil> {
    let (year, rest) = digits.split_at_checked(2)?;
    civil(2000 + number(year), rest)
}

fn long_year(digits: &[u8]) -> Option<Civil> {
    let (year, rest) = digits.split_at_checked(4)?;
    civil(number(year), rest)
}

fn number(digits: &[u8]) -> i32 {
    digits.iter().fold(0, |number, digit| number * 10 + i32::from(*digit))
}

/// Month, day, hour, minute and perhaps second.
fn civil(year: i32, rest: &[u8]) -> Option<Civil> {
    let mut fields = rest.chunks(2).map(|pair| u8::try_from(number(pair)).unwrap_or(0));
    let civil = Civil {
        year,
        month: fields.next()?,
        day: fields.next()?,
        hour: fields.next()?,
        minute: fields.next()?,
        second: fields.next().unwrap_or(0),
    };
    civil.is_valid().then_some(civil)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_carriers_write() {
        for (text, date) in [
            ("2611212250", "2026-11-21 22:50:00"),
            ("261121225032", "2026-11-21 22:50:32"),
            ("202611212250", "2026-11-21 22:50:00"),
            ("20261121225032", "2026-11-21 22:50:32"),
            ("2026-11-21 22:50:32", "2026-11-21 22:50:32"),
            ("2026-11-21T22:50:32.123Z", "2026-11-21 22:50:32"),
            ("261121225032000+", "2026-11-21 22:50:32"),
        ] {
            assert_eq!(Civil::parse_loose(text.as_bytes()).unwrap().to_string(), date, "{text}");
        }
        for text in ["", "0000000000", "N/A", "26112122", "2613212250", "99999999999999"] {
            assert_eq!(Civil::parse_loose(text.as_bytes()), None, "{text}");
        }
    }
}
