//! What NAPTR records of ENUM say of a number: the substitution of RFC 6116, 3.4.1, and the parameters of its URI.

use postrider_core::lookup::{Assignment, Said};
use postrider_core::number::Number;
use regex_lite::Regex;
use std::fmt::Write;

/// The longest URI that is made.
const URI_MAX: usize = 1_000;

/// The URI that the first record with a substitution makes of a number. Each record has services and a substitution; services are
/// met where they begin so, such as `E2U+pstn`, whatever their case.
pub fn uri<'r>(
    number: Number,
    records: impl Iterator<Item = (&'r str, &'r str)>,
    service: &str,
) -> Option<String> {
    let begins = |services: &str| {
        services.get(..service.len()).is_some_and(|start| start.eq_ignore_ascii_case(service))
    };
    let mut records = records.filter(|(services, _)| begins(services));
    records.find_map(|(_, regexp)| substitute(&number.to_string(), regexp))
}

/// Applies `!^.*$!tel:+1!` to a number. The sign at the beginning is the delimiter.
fn substitute(number: &str, regexp: &str) -> Option<String> {
    let delimiter = regexp.chars().next().filter(|sign| sign.is_ascii_punctuation() && *sign != '\\')?;
    let mut pieces = pieces(regexp.get(1..)?, delimiter).into_iter();
    let (pattern, replacement, flags) = (pieces.next()?, pieces.next()?, pieces.next()?);
    let pattern = if flags.contains('i') { format!("(?i){pattern}") } else { pattern };
    let found = Regex::new(&pattern).ok()?;
    let captures = found.captures(number)?;
    let mut uri = String::new();
    let mut signs = replacement.chars();
    while let Some(sign) = signs.next() {
        if sign != '\\' {
            uri.push(sign);
            continue;
        }
        let escaped = signs.next()?;
        match escaped.to_digit(10) {
            Some(group) => {
                let group = captures.get(usize::try_from(group).ok()?);
                uri.push_str(group.map_or("", |group| group.as_str()));
            }
            None => uri.push(escaped),
        }
    }
    (uri.len() <= URI_MAX).then_some(uri)
}

/// The pieces between delimiters; a delimiter behind a backslash is a sign like others.
fn pieces(text: &str, delimiter: char) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        let Some(piece) = pieces.last_mut() else { break };
        if sign == '\\' && signs.peek() == Some(&delimiter) {
            piece.extend(signs.next());
        } else if sign == '\\' {
            let _ = write!(piece, "\\{}", signs.next().map_or(String::new(), String::from));
        } else if sign == delimiter {
            pieces.push(String::new());
        } else {
            piece.push(sign);
        }
    }
    pieces
}

/// What a URI says: the network by its parameters `mcc` and `mnc`, or `mccmnc`.
#[must_use]
pub fn said(uri: &str) -> Said {
    let parameter = |wanted: &str| {
        uri.split([';', '?', '&', '@']).find_map(|piece| {
            let (name, value) = piece.split_once('=')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().trim_matches('"'))
        })
    };
    let apart = || Some(format!("{}{}", parameter("mcc")?, parameter("mnc")?));
    let code = parameter("mccmnc").map(str::to_owned).or_else(apart);
    Said { network: code.and_then(|code| code.parse().ok()), assignment: Assignment::Assigned }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_becomes_a_uri_that_names_its_network() {
        let number = Number::parse("+447700900123").unwrap();
        for (regexp, uri, network) in [
            (r"!^(.*)$!tel:\1;npdi;mcc=234;mnc=10!", "tel:+447700900123;npdi;mcc=234;mnc=10", Some("23410")),
            (
                r"!^\+44(.*)$!sip:\1@example.net;mccmnc=23430!i",
                "sip:7700900123@example.net;mccmnc=23430",
                Some("23430"),
            ),
            (r"!^.*$!tel:+447700900123;npdi;rn=+4477001!", "tel:+447700900123;npdi;rn=+4477001", None),
            (
                r"/^.*$/sip:a\/b@example.net;MCC=310;MNC=260/",
                "sip:a/b@example.net;MCC=310;MNC=260",
                Some("310260"),
            ),
        ] {
            let records = [("E2U+sip", "!.*!sip:other!"), ("e2u+PSTN:tel", regexp)];
            let made = super::uri(number, records.into_iter(), "E2U+pstn").unwrap();
            assert_eq!(made, uri);
            assert_eq!(said(&made).network.map(|code| code.to_string()).as_deref(), network, "{regexp}");
        }
        for wrong in ["", "!", "!a!b", "!(!x!", r"!^\+49.*$!x!", r"\a\b\"] {
            let records = [("E2U+pstn:tel", wrong)];
            assert_eq!(super::uri(number, records.into_iter(), "E2U+pstn"), None, "{wrong}");
        }
    }
}
