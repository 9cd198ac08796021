//! The text of a receipt: `id:… sub:… dlvrd:… submit date:… done date:… stat:… err:… text:…` (SMPP 3.4 appendix B).
//! Fields may be missing, and come in any order, case and spacing. Nothing behind the first `text:` counts, since the
//! sender wrote it.

use super::MessageState;
use crate::smpp::pdu::Hidden;
use crate::smpp::time::Civil;
use std::borrow::Cow;

/// The fields of a receipt's text, as they are written.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct ReceiptText<'a> {
    /// The message's identifier.
    pub id: Option<&'a [u8]>,
    /// The count of submitted messages; often meaningless.
    pub sub: Option<&'a [u8]>,
    /// The count of delivered messages; often meaningless.
    pub dlvrd: Option<&'a [u8]>,
    /// When the message was submitted, in the server's own time.
    pub submit_date: Option<&'a [u8]>,
    /// When it reached this state, in the server's own time.
    pub done_date: Option<&'a [u8]>,
    /// The state; see `MessageState::from_stat`.
    pub stat: Option<&'a [u8]>,
    /// The carrier's error code: digits, hexadecimal or letters.
    pub err: Option<&'a [u8]>,
    /// The beginning of the message's text, or the carrier's own words.
    pub text: Option<&'a [u8]>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Id,
    Sub,
    Dlvrd,
    SubmitDate,
    DoneDate,
    Stat,
    Err,
    Text,
}

const KEYS: &[(&[u8], Key)] = &[
    (b"id", Key::Id),
    (b"sub", Key::Sub),
    (b"dlvrd", Key::Dlvrd),
    (b"submit date", Key::SubmitDate),
    (b"submit_date", Key::SubmitDate),
    (b"submitdate", Key::SubmitDate),
    (b"done date", Key::DoneDate),
    (b"done_date", Key::DoneDate),
    (b"donedate", Key::DoneDate),
    (b"stat", Key::Stat),
    (b"err", Key::Err),
    (b"text", Key::Text),
];

/// The key that ends at the end of `before`, and where it begins.
fn key_before_colon(before: &[u8]) -> Option<(Key, usize)> {
    // A look at the last letter spares most of the comparisons.
    let last = before.last()?.to_ascii_lowercase();
    KEYS.iter().filter(|(word, _)| word.last() == Some(&last)).find_map(|(word, key)| {
        let start = before.len().checked_sub(word.len())?;
        let found = before.get(start..)?.eq_ignore_ascii_case(word);
        let at_border = start == 0 || before.get(start - 1).is_some_and(|octet| is_padding(*octet));
        (found && at_border).then_some((*key, start))
    })
}

fn is_padding(octet: u8) -> bool {
    octet.is_ascii_whitespace() || matches!(octet, 0 | b'"' | b'\'' | b',' | b';')
}

fn trim(value: &[u8]) -> &[u8] {
    let outside = |octet: &u8| !is_padding(*octet);
    let start = value.iter().position(outside).unwrap_or(value.len());
    let end = value.iter().rposition(outside).map_or(start, |last| last + 1);
    value.get(start..end).unwrap_or_default()
}

/// The value up to its first space, for fields without spaces: the rest belongs to an unknown key.
fn word(value: &[u8]) -> Option<&[u8]> {
    trim(value).split(|octet| is_padding(*octet)).next().filter(|word| !word.is_empty())
}

impl<'a> ReceiptText<'a> {
    /// Reads the text of a receipt; `None` if it has neither an id nor a state.
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        let mut receipt = Self::default();
        let mut current: Option<(Key, usize)> = None;
        let colons = text.iter().enumerate().filter(|(_, octet)| **octet == b':').map(|(at, _)| at);
        for colon in colons {
            let Some((key, start)) = key_before_colon(text.get(..colon).unwrap_or_default()) else {
                continue;
            };
            if let Some((earlier, from)) = current {
                receipt.set(earlier, text.get(from..start).unwrap_or_default());
            }
            current = Some((key, colon + 1));
            if key == Key::Text {
                break;
            }
        }
        if let Some((last, from)) = current {
            receipt.set(last, text.get(from..).unwrap_or_default());
        }
        receipt.find_state();
        (receipt.id.is_some() || receipt.stat.is_some()).then_some(receipt)
    }

    /// Some carriers leave out `stat:`; the state follows the date then.
    fn find_state(&mut self) {
        let (None, Some(date)) = (self.stat, self.done_date) else { return };
        let last = date.rsplit(|octet| is_padding(*octet)).next().unwrap_or_default();
        if last.len() < date.len() && MessageState::from_stat(last).is_some() {
            self.stat = Some(last);
            self.done_date = date.get(..date.len() - last.len()).map(trim);
        }
    }

    /// Sets a field unless it is set already: of two, the first counts.
    fn set(&mut self, key: Key, value: &'a [u8]) {
        let (field, value) = match key {
            Key::Id => (&mut self.id, word(value)),
            Key::Sub => (&mut self.sub, word(value)),
            Key::Dlvrd => (&mut self.dlvrd, word(value)),
            Key::SubmitDate => (&mut self.submit_date, Some(trim(value))),
            Key::DoneDate => (&mut self.done_date, Some(trim(value))),
            Key::Stat => (&mut self.stat, word(value)),
            Key::Err => (&mut self.err, word(value)),
            Key::Text => (&mut self.text, Some(trim(value))),
        };
        *field = field.or(value);
    }

    /// When the message was submitted, in the server's own time, if that can be read.
    pub fn submitted(&self) -> Option<Civil> {
        Civil::parse_loose(self.submit_date?)
    }

    /// When it reached this state, in the server's own time, if that can be read.
    pub fn done(&self) -> Option<Civil> {
        Civil::parse_loose(self.done_date?)
    }
}

impl std::fmt::Debug for ReceiptText<'_> {
    /// All fields except the message's text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceiptText")
            .field("id", &self.id.map(String::from_utf8_lossy))
            .field("done_date", &self.done_date.map(String::from_utf8_lossy))
            .field("stat", &self.stat.map(String::from_utf8_lossy))
            .field("err", &self.err.map(String::from_utf8_lossy))
            .field("text", &self.text.map(Hidden))
            .finish_non_exhaustive()
    }
}

/// A receipt's text, one octet a character. Some carriers send UTF-16 under any data_coding: its zero octets are removed, in
/// either byte order. Other text is returned unchanged.
pub fn narrow(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&0) {
        return Cow::Borrowed(text);
    }
    let marked = text.strip_prefix(&[0xFE, 0xFF]).or_else(|| text.strip_prefix(&[0xFF, 0xFE]));
    let body = marked.unwrap_or(text);
    let empty = |from: usize| body.iter().skip(from).step_by(2).filter(|octet| **octet == 0).count();
    let (high, low) = (empty(0), empty(1));
    // Letters of a person's name may be beyond Latin-1; keys and values aren't.
    if body.len() < 8 || high.max(low) * 4 < body.len() {
        return Cow::Borrowed(text);
    }
    let letter = |pair: &[u8]| match pair {
        [0, letter] if high >= low => *letter,
        [letter, 0] if low > high => *letter,
        _ => b'?',
    };
    Cow::Owned(body.chunks_exact(2).map(letter).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> ReceiptText<'_> {
        ReceiptText::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_specifications_example() {
        let receipt = parse(
            "id:IIIIIIIIII sub:001 dlvrd:001 submit date:2611212250 done date:2611212251 stat:DELIVRD err:000 Text:Hello you",
        );
        assert_eq!(receipt.id, Some(&b"IIIIIIIIII"[..]));
        assert_eq!(receipt.sub, Some(&b"001"[..]));
        assert_eq!(receipt.dlvrd, Some(&b"001"[..]));
        assert_eq!(receipt.submitted().unwrap().to_string(), "2026-11-21 22:50:00");
        assert_eq!(receipt.done().unwrap().to_string(), "2026-11-21 22:51:00");
        assert_eq!(receipt.stat, Some(&b"DELIVRD"[..]));
        assert_eq!(receipt.err, Some(&b"000"[..]));
        assert_eq!(receipt.text, Some(&b"Hello you"[..]));
    }

    #[test]
    fn any_order_case_and_spacing() {
        let receipt = parse(
            "STAT:  undeliv \r\n ERR: 21b  ID:1101C1-C9D03D_F.0+/= done_date:\"2026-11-21 22:50:32\"\0",
        );
        assert_eq!(receipt.id, Some(&b"1101C1-C9D03D_F.0+/="[..]));
        assert_eq!(receipt.stat, Some(&b"undeliv"[..]));
        assert_eq!(receipt.err, Some(&b"21b"[..]));
        assert_eq!(receipt.done().unwrap().to_string(), "2026-11-21 22:50:32");
    }

    #[test]
    fn what_a_person_wrote_is_not_believed() {
        let receipt = parse("id:1 stat:UNDELIV text:id:2 stat:DELIVRD err:000");
        assert_eq!(receipt.id, Some(&b"1"[..]));
        assert_eq!(receipt.stat, Some(&b"UNDELIV"[..]));
        assert_eq!(receipt.err, None);
        assert_eq!(receipt.text, Some(&b"id:2 stat:DELIVRD err:000"[..]));
        assert_eq!(ReceiptText::parse(b"text: id:2 stat:DELIVRD"), None);
    }

    #[test]
    fn missing_and_unknown_fields_do_not_matter() {
        let receipt = parse("id:7 sub: imsi:204 msc:31653 stat:EXPIRED");
        assert_eq!((receipt.id, receipt.sub), (Some(&b"7"[..]), Some(&b"imsi:204"[..])));
        assert_eq!(receipt.stat, Some(&b"EXPIRED"[..]));
        assert_eq!(ReceiptText::parse(b"Meet me at 10:30, grid:5"), None);
        assert_eq!(ReceiptText::parse(b""), None);
    }

    #[test]
    fn sixteen_bit_text_is_narrowed() {
        let wide: Vec<u8> = "id:42 stat:DELIVRD".encode_utf16().flat_map(u16::to_be_bytes).collect();
        let narrowed = narrow(&wide);
        assert_eq!(ReceiptText::parse(&narrowed).unwrap().id, Some(&b"42"[..]));
        assert!(matches!(narrow(b"id:42 stat:DELIVRD"), Cow::Borrowed(_)));
        // In the other order, with a mark, with an odd octet behind it, and with a text that isn't Latin.
        let swapped: Vec<u8> = "id:42 stat:DELIVRD".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let text = "id:42 stat:DELIVRD text:\u{65e5}\u{672c}";
        let foreign = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let foreign_swapped = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for octets in [
            swapped.clone(),
            [&[0xFF, 0xFE], &swapped[..]].concat(),
            [&[0xFE, 0xFF], &wide[..]].concat(),
            [&swapped[..], b"\n"].concat(),
            [&wide[..], b"\0"].concat(),
            foreign,
            foreign_swapped,
        ] {
            let narrowed = narrow(&octets);
            let receipt = ReceiptText::parse(&narrowed).unwrap();
            assert_eq!((receipt.id, receipt.stat), (Some(&b"42"[..]), Some(&b"DELIVRD"[..])), "{octets:?}");
        }
    }
}
