//! Bodies are I-JSON (RFC 7493): what many programs can't read the same way is refused, wherever in a body it stands.
//! Values that the gateway only keeps, such as `metadata`, would else come to somebody who can't read them.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// The largest integer that every program reads exactly (RFC 7493, 2.2).
const INTEGER_MAX: u64 = 9_007_199_254_740_991;
/// Figures that a double keeps (IEEE 754, binary64).
const FIGURES_MAX: usize = 17;

/// Why a text of JSON isn't I-JSON.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Violation {
    /// Where, as an octet from 0.
    pub(super) at: usize,
    /// What is wrong, and what to do.
    pub(super) why: String,
}

/// Looks through a text that is JSON.
///
/// # Errors
/// The first thing that isn't I-JSON.
pub(super) fn check(json: &[u8]) -> Result<(), Violation> {
    let mut scan = Scan { json, at: 0, open: Vec::new(), is_name_next: false };
    while let Some(octet) = json.get(scan.at) {
        match octet {
            b'"' => scan.string()?,
            b'-' | b'0'..=b'9' => scan.number()?,
            b'{' => scan.begin(Some(BTreeSet::new())),
            b'[' => scan.begin(None),
            b'}' | b']' => {
                scan.open.pop();
                scan.is_name_next = false;
                scan.at += 1;
            }
            b',' => {
                scan.is_name_next = matches!(scan.open.last(), Some(Some(_)));
                scan.at += 1;
            }
            _ => scan.at += 1,
        }
    }
    Ok(())
}

/// The names of an object; an array has none.
type Names<'a> = Option<BTreeSet<Cow<'a, str>>>;

struct Scan<'a> {
    json: &'a [u8],
    at: usize,
    /// Objects and arrays that are open here.
    open: Vec<Names<'a>>,
    /// Whether the next string is the name of a member.
    is_name_next: bool,
}

impl<'a> Scan<'a> {
    fn begin(&mut self, names: Names<'a>) {
        self.is_name_next = names.is_some();
        self.open.push(names);
        self.at += 1;
    }

    fn string(&mut self) -> Result<(), Violation> {
        let start = self.at;
        let inside = self.json.get(start + 1..).unwrap_or_default();
        let length = end(inside);
        self.at += length + 2;
        let raw = inside.get(..length).unwrap_or_default();
        let text = read(raw).map_err(|why| Violation { at: start, why })?;
        if let Some(bad) = text.chars().find(|character| is_noncharacter(*character)) {
            let why = format!("U+{:04X} is no character: leave it out", u32::from(bad));
            return Err(Violation { at: start, why });
        }
        if !std::mem::take(&mut self.is_name_next) {
            return Ok(());
        }
        match self.open.last_mut() {
            Some(Some(names)) if names.contains(&text) => {
                Err(Violation { at: start, why: format!("the name '{text}' is given twice in one object") })
            }
            Some(Some(names)) => {
                names.insert(text);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn number(&mut self) -> Result<(), Violation> {
        let start = self.at;
        let rest = self.json.get(start..).unwrap_or_default();
        let is_part =
            |octet: &u8| octet.is_ascii_digit() || matches!(octet, b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.iter().position(|octet| !is_part(octet)).unwrap_or(rest.len());
        self.at += length;
        let text = String::from_utf8_lossy(rest.get(..length).unwrap_or_default());
        if is_exact(&text) {
            return Ok(());
        }
        let why = format!("the number {text} is more than a double keeps: write it as a string, in quotes");
        Err(Violation { at: start, why })
    }
}

/// Where a string ends, whose opening quotation mark is behind us.
fn end(inside: &[u8]) -> usize {
    let mut at = 0;
    while let Some(octet) = inside.get(at) {
        match octet {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    inside.len()
}

/// The text of a string, without its escapes.
fn read(raw: &[u8]) -> Result<Cow<'_, str>, String> {
    // What isn't UTF-8 was no JSON to begin with.
    let text = String::from_utf8_lossy(raw);
    if !text.contains('\\') {
        return Ok(text);
    }
    let mut read = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some((before, escape)) = rest.split_once('\\') {
        read.push_str(before);
        let (character, length) = unescape(escape)?;
        read.push(character);
        rest = escape.get(length..).unwrap_or_default();
    }
    read.push_str(rest);
    Ok(Cow::Owned(read))
}

/// The character of an escape behind its backslash, and how many octets the escape has.
fn unescape(escape: &str) -> Result<(char, usize), String> {
    let plain = |character| Ok((character, 1));
    match escape.as_bytes().first() {
        Some(b'n') => plain('\n'),
        Some(b't') => plain('\t'),
        Some(b'r') => plain('\r'),
        Some(b'b') => plain('\u{8}'),
        Some(b'f') => plain('\u{C}'),
        Some(b'u') => unescape_code(escape),
        _ => Ok(escape.chars().next().map_or(('\\', 0), |character| (character, character.len_utf8()))),
    }
}

fn unescape_code(escape: &str) -> Result<(char, usize), String> {
    let code = |from: usize| u16::from_str_radix(escape.get(from..from + 4)?, 16).ok();
    let Some(first) = code(1) else { return Ok(('u', 1)) };
    let second = if escape.get(5..7) == Some("\\u") { code(7) } else { None };
    match char::decode_utf16([first].into_iter().chain(second)).next() {
        Some(Ok(character)) => Ok((character, if character.len_utf16() == 2 { 11 } else { 5 })),
        _ => Err(format!("\\u{first:04X} is half of a surrogate pair: write both halves, or leave it out")),
    }
}

/// The 66 code points that stand for no character (Unicode, 23.7).
fn is_noncharacter(character: char) -> bool {
    let code = u32::from(character);
    code & 0xFFFE == 0xFFFE || (0xFDD0..=0xFDEF).contains(&code)
}

/// Whether a double keeps a number.
fn is_exact(text: &str) -> bool {
    let is_integer = !text.contains(['.', 'e', 'E']);
    if is_integer {
        return text.trim_start_matches('-').parse::<u64>().is_ok_and(|number| number <= INTEGER_MAX);
    }
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let figures: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let is_zero = figures.bytes().all(|figure| figure == b'0');
    let value: f64 = text.parse().unwrap_or(f64::INFINITY);
    let fits = value.is_finite() && (value != 0.0 || is_zero);
    fits && figures.trim_start_matches('0').trim_end_matches('0').len() <= FIGURES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_everybody_reads_the_same_passes() {
        for json in [
            r#"{}"#,
            r#"{"a":{"a":1},"b":[{"a":1},{"a":2}],"c":"a"}"#,
            r#"{"a":"\ud83d\ude00 \\u \" \/ \n","b":"\u00e9"}"#,
            r#"{"a":[1,-1,0,9007199254740991,-9007199254740991,1.5,1e300,-2.5E-7,0.0,0e9]}"#,
            r#"{"a":0.12345678901234567,"b":100000.000}"#,
            "{\"a\":\"\u{1F600}\u{FFFD}\u{FDCF}\u{FDF0}\"}",
            r#"{"a":"{\"b\":1,\"b\":2}","c":"12345678901234567890"}"#,
            r#" [ {"to":"1"} , {"to":"1"} ] "#,
        ] {
            assert_eq!(check(json.as_bytes()), Ok(()), "{json}");
        }
    }

    #[test]
    fn what_few_can_read_is_refused_wherever_it_is() {
        for (json, at, why) in [
            (r#"{"a":"\ud800"}"#, 5, "\\uD800 is half of a surrogate pair"),
            (r#"{"a":"\udc00\ud800"}"#, 5, "\\uDC00 is half"),
            (r#"{"a":"\ud83dx"}"#, 5, "\\uD83D is half"),
            (r#"{"a":"\ud83d\u0041"}"#, 5, "\\uD83D is half"),
            (r#"{"a":{"b":["x","\uDFFF"]}}"#, 15, "\\uDFFF is half"),
            (r#"{"\ud800":1}"#, 1, "\\uD800 is half"),
            (r#"{"a":1,"a":2}"#, 7, "'a' is given twice"),
            (r#"{"a":1,"\u0061":2}"#, 7, "'a' is given twice"),
            (r#"{"x":{"a":1,"b":2,"a":1}}"#, 18, "'a' is given twice"),
            (r#"{"a":9007199254740992}"#, 5, "the number 9007199254740992"),
            (r#"{"a":-9007199254740993}"#, 5, "the number -9007199254740993"),
            (r#"{"a":[123456789012345678901234567890]}"#, 6, "the number 1234"),
            (r#"{"a":1e400}"#, 5, "the number 1e400"),
            (r#"{"a":1e-400}"#, 5, "the number 1e-400"),
            (r#"{"a":3.141592653589793238462643383279}"#, 5, "write it as a string"),
            (r#"{"a":"\uffff"}"#, 5, "U+FFFF is no character"),
            (r#"{"a":"\ufdd0"}"#, 5, "U+FDD0 is no character"),
            (r#"{"a":"\ud83f\udfff"}"#, 5, "U+1FFFF is no character"),
            ("{\"a\":\"\u{FFFE}\"}", 5, "U+FFFE is no character"),
        ] {
            let found = check(json.as_bytes()).unwrap_err();
            assert!(found.at == at && found.why.contains(why), "{json}: {found:?}");
        }
    }

    #[test]
    fn it_never_runs_off_the_end() {
        let whole = r#"{"a":["\ud83d\ude00",-1.5e+7,{"b":"\\"}]}"#;
        for length in 0..whole.len() {
            let _ = check(&whole.as_bytes()[..length]);
        }
    }
}
