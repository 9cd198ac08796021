//! Frames of UCP and CIMD2, which stand between STX and ETX: their fields by name, and what is hidden and masked of them.
//! Everything not known to be harmless is masked.

mod cimd2;
mod ucp;

use crate::describe::{Described, Value};
use std::ops::Range;

/// The octet that begins a frame.
pub(crate) const STX: u8 = 0x02;
/// The octet that ends a frame.
pub(crate) const ETX: u8 = 0x03;
/// The most octets of a frame.
pub(crate) const FRAME_MAX: usize = 10_002;

const STAR: u8 = b'*';
/// Digits at the beginning and at the end of a number that are shown, as in the logs.
const SHOWN: (usize, usize) = (4, 2);
/// The fewest digits that may be a person's number; short codes are shown.
const NUMBER_MIN: usize = 7;

/// A frame's parts.
#[derive(Debug)]
pub(crate) struct Framed {
    /// The operation, as people call it.
    command: String,
    /// Its number, which its answer has too.
    pub(crate) sequence: u32,
    pub(crate) is_response: bool,
    /// The error code of a refusal, with its meaning.
    status: Option<(u32, Option<&'static str>)>,
    fields: Vec<Field>,
}

/// A field, by its place in the octets.
#[derive(Debug)]
struct Field {
    name: &'static str,
    range: Range<usize>,
    kind: Kind,
}

/// What may stand in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Plain,
    /// Perhaps the number of a person.
    Number,
    Text,
    Password,
}

/// Whether recorded octets are a frame rather than a PDU of SMPP.
pub(crate) fn is_frame(octets: &[u8]) -> bool {
    octets.first() == Some(&STX)
}

/// Reads a frame; `None` for one whose header can't be read.
pub(crate) fn read(octets: &[u8]) -> Option<Framed> {
    ucp::read(octets).or_else(|| cimd2::read(octets))
}

/// Hides passwords, and the checksum over them. A frame that can't be read is hidden whole.
pub(crate) fn hide_password(octets: &mut [u8]) {
    let Some(frame) = read(octets) else { return hide(octets, 1..octets.len().saturating_sub(1)) };
    let secrets: Vec<Range<usize>> = frame
        .fields
        .into_iter()
        .filter(|field| field.kind == Kind::Password && !field.range.is_empty())
        .map(|field| field.range)
        .collect();
    if secrets.is_empty() {
        return;
    }
    // The two digits before ETX.
    let end = octets.len().saturating_sub(1);
    let has_checksum =
        octets.get(end.saturating_sub(2)..end).is_some_and(|it| it.iter().all(u8::is_ascii_hexdigit));
    if has_checksum && octets.last() == Some(&ETX) {
        hide(octets, end - 2..end);
    }
    secrets.into_iter().for_each(|range| hide(octets, range));
}

/// Masks texts and numbers.
pub(crate) fn mask(octets: &mut [u8]) {
    let Some(frame) = read(octets) else { return };
    for Field { range, kind, .. } in frame.fields {
        match kind {
            Kind::Plain | Kind::Password => {}
            Kind::Text => hide(octets, range),
            Kind::Number => numbers(octets, range),
        }
    }
}

/// Whether a frame is about a number.
pub(crate) fn is_about(octets: &[u8], frame: &Framed, number: &str) -> bool {
    let numbers = frame.fields.iter().filter(|field| field.kind == Kind::Number);
    let mut texts = numbers.filter_map(|field| std::str::from_utf8(octets.get(field.range.clone())?).ok());
    texts.any(|text| {
        let digits = text.split(':').next().unwrap_or(text).trim_start_matches(['+', '0']);
        digits == number
    })
}

/// Describes a frame, whose header can be read.
pub(crate) fn describe(octets: &[u8]) -> Option<Described> {
    let Framed { command, sequence, status, fields, .. } = read(octets)?;
    let value = |range: Range<usize>| {
        let octets = octets.get(range).unwrap_or_default();
        Value::Word(String::from_utf8_lossy(octets).into_owned())
    };
    let filled = fields.into_iter().filter(|field| !field.range.is_empty());
    let fields = filled.map(|field| (field.name, value(field.range))).collect();
    Some(Described {
        command,
        sequence: Some(sequence),
        status,
        fields,
        parameters: Vec::new(),
        mistake: None,
    })
}

fn hide(octets: &mut [u8], range: Range<usize>) {
    octets.get_mut(range).unwrap_or_default().fill(STAR);
}

/// Masks each row of digits that may be a person's number.
pub(crate) fn numbers(octets: &mut [u8], range: Range<usize>) {
    let field = octets.get_mut(range).unwrap_or_default();
    let mut start = 0;
    while start < field.len() {
        let rest = field.get_mut(start..).unwrap_or_default();
        let count = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
        if count >= NUMBER_MIN {
            let hidden = rest.get_mut(SHOWN.0..count - SHOWN.1).unwrap_or_default();
            hidden.fill(STAR);
        }
        start += count.max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(frame: &str, change: impl FnOnce(&mut [u8])) -> String {
        let mut octets = format!("\x02{frame}\x03").into_bytes();
        change(&mut octets);
        String::from_utf8(octets[1..octets.len() - 1].to_vec()).unwrap()
    }

    #[test]
    fn passwords_are_hidden_and_nothing_else() {
        for (frame, expected) in [
            (
                "02/00059/O/60/07656765/2/1/1/50617373776F7264//0100//////61",
                "02/00059/O/60/07656765/2/1/1/****************//0100//////**",
            ),
            ("01:001\t010:user\t011:pass\t56", "01:001\t010:user\t011:****\t**"),
            ("00/00019/R/60/A//6D", "00/00019/R/60/A//6D"),
            ("03:003\t021:12345678\t033:hello\tA2", "03:003\t021:12345678\t033:hello\tA2"),
            ("what is this", "************"),
        ] {
            assert_eq!(shown(frame, hide_password), expected);
        }
    }

    #[test]
    fn texts_and_numbers_are_masked() {
        for (frame, expected) in [
            (
                "00/00070/O/51/447700900123/60006//1//3/////////////3//48656C6C6F/////////////D9",
                "00/00070/O/51/4477******23/60006//1//3/////////////3//**********/////////////D9",
            ),
            (
                "01/00045/R/51/A//447700900123:291126083007/CE",
                "01/00045/R/51/A//4477******23:2911******07/CE",
            ),
            ("03:003\t021:447700900123\t033:hello\tA2", "03:003\t021:4477******23\t033:*****\tA2"),
            (
                "06/00043/O/02/2/1111111/2222222/60006//3/4869/4E",
                "06/00043/O/02/*/*******/*******/*****//*/****/4E",
            ),
        ] {
            assert_eq!(shown(frame, mask), expected);
        }
    }

    #[test]
    fn a_frame_is_described_by_its_fields() {
        let described = describe(b"\x0212/00022/R/51/N/06/no such number/03\x03").unwrap();
        assert_eq!(
            (described.command.as_str(), described.sequence),
            ("51 submit short message, result", Some(12))
        );
        assert_eq!(described.status, Some((6, Some("recipient invalid"))));
        let described = describe(b"\x0253:003\t021:12345678\t900:300\t29\x03").unwrap();
        assert_eq!((described.command.as_str(), described.sequence), ("53 submit message response", Some(3)));
        assert_eq!(described.status, Some((300, Some("incorrect destination address"))));
        assert_eq!(described.fields[0], ("destination", Value::Word("12345678".into())));
        assert!(describe(b"\x02what is this\x03").is_none());
    }
}
