//! Lines of a modem: AT commands and what a modem says, what is hidden and masked of them. Everything not known to be harmless is masked.

use crate::describe::{Described, Value};
use crate::framed::numbers;
use std::ops::Range;

/// How the first thing begins that a modem is told.
const BEGIN: &[u8] = b"AT";
const STAR: u8 = b'*';
const ESCAPE: u8 = 0x1B;
/// What a modem says when it waits for a text or a PDU.
const PROMPT: &[u8] = b"> ";
/// The end of a text or PDU.
const CTRL_Z: u8 = 0x1A;
/// The most octets of a line that are kept.
const LINE_MAX: usize = 1_024;
/// Commands whose values are secrets: PINs and passwords.
const SECRET: [&[u8]; 3] = [b"CPIN", b"CLCK", b"CPWD"];
/// Commands and answers whose quoted values say neither texts nor people.
const HARMLESS: [&[u8]; 14] = [
    b"CREG", b"CEREG", b"CGREG", b"COPS", b"CSQ", b"CPMS", b"CNMI", b"CSMS", b"CMEE", b"CSCS", b"CFUN",
    b"CMGF", b"CMTI", b"CDSI",
];

/// What modems say without a name.
const WORDS: [&[u8]; 6] = [b"OK", b"ERROR", b"RING", b"BUSY", b"NO CARRIER", b"NO ANSWER"];

/// Whether octets that go out begin a conversation with a modem: with a command, or with what ends a text that was begun before.
pub(crate) fn opens(octets: &[u8]) -> bool {
    octets.first() == Some(&ESCAPE) || octets.starts_with(BEGIN)
}

/// Whether recorded octets are a line. PDUs begin with a zero and frames with STX.
pub(crate) fn is_line(octets: &[u8]) -> bool {
    octets.first().is_some_and(|octet| (b' '..=b'~').contains(octet))
}

/// One direction of a conversation.
#[derive(Default)]
pub(crate) struct Lines {
    /// Octets before the current line.
    offset: u64,
    begun: Vec<u8>,
}

impl Lines {
    /// Takes the next octets, and calls `whole` with each line that they complete and the octets before it.
    pub(crate) fn cut(&mut self, octets: &[u8], mut whole: impl FnMut(u64, &[u8])) {
        for octet in octets.iter().copied() {
            match octet {
                b'\r' | b'\n' | CTRL_Z | ESCAPE => {
                    if is_line(&self.begun) {
                        whole(self.offset, &self.begun);
                    }
                    self.offset += self.begun.len() as u64 + 1;
                    self.begun.clear();
                }
                // What is longer is no line, and its end is left out.
                _ if self.begun.len() < LINE_MAX => {
                    self.begun.push(octet);
                    // A prompt has no end of its own.
                    if self.begun == PROMPT {
                        whole(self.offset, PROMPT);
                        self.offset += PROMPT.len() as u64;
                        self.begun.clear();
                    }
                }
                _ => self.offset += 1,
            }
        }
    }
}

/// Hides PINs and passwords.
pub(crate) fn hide_secrets(line: &mut [u8]) {
    if SECRET.contains(&name(line)) {
        let value = value_of(line);
        quoted(line, value, |line, range| line[range].fill(STAR));
    }
}

/// Masks texts and numbers.
pub(crate) fn mask(line: &mut [u8]) {
    // A prompt stands before a text or a PDU.
    if line.starts_with(b"> ") {
        return line[2..].fill(STAR);
    }
    let is_named = line.starts_with(BEGIN) || !name(line).is_empty();
    if !is_named && !WORDS.contains(&&*line) {
        return line.fill(STAR);
    }
    let (is_harmless, value) = (HARMLESS.contains(&name(line)), value_of(line));
    numbers(line, value.clone());
    if !is_harmless {
        quoted(line, value, |line, range| {
            let is_number =
                line[range.clone()].iter().all(|octet| octet.is_ascii_digit() || b"+*".contains(octet));
            if !is_number {
                line[range].fill(STAR);
            }
        });
    }
}

/// Whether a line names a number. In PDUs numbers are not found.
pub(crate) fn is_about(line: &[u8], number: &str) -> bool {
    !number.is_empty() && line.windows(number.len()).any(|window| window == number.as_bytes())
}

/// Describes a line.
pub(crate) fn describe(line: &[u8]) -> Described {
    let value = value_of(line);
    let text = |range: Range<usize>| String::from_utf8_lossy(&line[range]).into_owned();
    let is_split = value.start < line.len() && !name(line).is_empty();
    let (command, fields) = if is_split {
        (text(0..value.start), vec![("value", Value::Word(text(value)))])
    } else {
        (text(0..line.len()), Vec::new())
    };
    Described { command, sequence: None, status: None, fields, parameters: Vec::new(), mistake: None }
}

/// The name of a command or of what a modem says: `CPIN` of `AT+CPIN="1234"` and of `+CPIN: READY`.
fn name(line: &[u8]) -> &[u8] {
    let rest = line.strip_prefix(BEGIN).unwrap_or(line);
    let [b'+' | b'^' | b'%', rest @ ..] = rest else { return &[] };
    let length = rest.iter().take_while(|octet| octet.is_ascii_alphanumeric()).count();
    &rest[..length]
}

/// What stands behind the name: from `=`, `:` or `?` on.
fn value_of(line: &[u8]) -> Range<usize> {
    let start = line.iter().position(|octet| b"=:".contains(octet)).map_or(line.len(), |at| at + 1);
    start..line.len()
}

/// Calls `each` with each quoted text, and with what isn't closed. A value without quotes is one.
fn quoted(line: &mut [u8], value: Range<usize>, mut each: impl FnMut(&mut [u8], Range<usize>)) {
    let places: Vec<usize> = value.clone().filter(|at| line[*at] == b'"').collect();
    if places.is_empty() && SECRET.contains(&name(line)) && line.starts_with(BEGIN) {
        return each(line, value);
    }
    for pair in places.chunks(2) {
        let end = pair.get(1).copied().unwrap_or(line.len());
        each(line, pair[0] + 1..end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_in_whatever_pieces_they_come() {
        let all = b"AT\r\r\nOK\r\n+CSQ: 20,99\r\n> \x1A\x01\x02\r";
        for size in 1..=all.len() {
            let mut lines = Lines::default();
            let mut found = Vec::new();
            for piece in all.chunks(size) {
                lines.cut(piece, |offset, line| found.push((offset, line.to_vec())));
            }
            let expected = [
                (0, b"AT".to_vec()),
                (5, b"OK".to_vec()),
                (9, b"+CSQ: 20,99".to_vec()),
                (22, b"> ".to_vec()),
            ];
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn secrets_are_hidden_and_texts_and_numbers_masked() {
        for (line, hidden, masked) in [
            (r#"AT+CPIN="1234""#, r#"AT+CPIN="****""#, r#"AT+CPIN="****""#),
            ("AT+CPIN=1234", "AT+CPIN=****", "AT+CPIN=****"),
            ("+CPIN: SIM PIN", "+CPIN: SIM PIN", "+CPIN: SIM PIN"),
            ("AT+CMGS=23", "AT+CMGS=23", "AT+CMGS=23"),
            (
                "0001000C9144770900213200000548656C6C6F",
                "0001000C9144770900213200000548656C6C6F",
                "**************************************",
            ),
            (
                r#"+CUSD: 0,"Your balance is 3",15"#,
                r#"+CUSD: 0,"Your balance is 3",15"#,
                r#"+CUSD: 0,"*****************",15"#,
            ),
            (r#"+COPS: 0,0,"Vodafone""#, r#"+COPS: 0,0,"Vodafone""#, r#"+COPS: 0,0,"Vodafone""#),
            (
                r#"+CLIP: "+447700900123",145"#,
                r#"+CLIP: "+447700900123",145"#,
                r#"+CLIP: "+4477******23",145"#,
            ),
            ("490154203237518", "490154203237518", "***************"),
            ("> Hello", "> Hello", "> *****"),
            ("Hello", "Hello", "*****"),
            ("NO CARRIER", "NO CARRIER", "NO CARRIER"),
            ("+CMS ERROR: 500", "+CMS ERROR: 500", "+CMS ERROR: 500"),
        ] {
            let mut octets = line.as_bytes().to_vec();
            hide_secrets(&mut octets);
            assert_eq!(String::from_utf8_lossy(&octets), hidden);
            mask(&mut octets);
            assert_eq!(String::from_utf8_lossy(&octets), masked);
        }
    }

    #[test]
    fn a_line_is_described_by_its_name_and_value() {
        let described = describe(b"+CSQ: 20,99");
        assert_eq!(
            (described.command.as_str(), &described.fields[0].1),
            ("+CSQ:", &Value::Word(" 20,99".to_owned()))
        );
        assert_eq!(describe(b"OK").command, "OK");
    }

    #[test]
    fn octets_of_any_kind_are_no_danger() {
        for line in [&b""[..], b"\"", b"+", b"AT+CPIN=\"", b"AT+", b"> ", b":", &[0xFF; 20]] {
            let mut octets = line.to_vec();
            hide_secrets(&mut octets);
            mask(&mut octets);
            describe(&octets);
        }
    }
}
