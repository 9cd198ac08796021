//! Masks what bodies and targets of requests say, in the form that they have: JSON, XML, forms and several of these together. Values
//! of names that are harmless stay, such as codes and identifiers; of numbers the middle is hidden.

use super::STAR;
use crate::framed::numbers;

/// The ends of names whose values say neither texts nor people.
const HARMLESS_ENDS: [&str; 8] = ["id", "code", "status", "state", "type", "version", "statustext", "reason"];
/// Names of addresses.
const ADDRESSES: [&str; 12] = [
    "to",
    "from",
    "number",
    "shortcode",
    "recipient",
    "sender",
    "destination",
    "source",
    "src",
    "dst",
    "destinationphonenumber",
    "phonenumber",
];

/// Masks the target of a request: numbers in its path, and the values of its query.
pub(super) fn target(line: &mut [u8]) {
    // A line that is cut lacks its end.
    let end = super::find(line, b" HTTP/").unwrap_or(line.len());
    let query = line.iter().position(|octet| *octet == b'?').map_or(end, |mark| mark + 1).min(end);
    numbers(line, 0..query);
    form(&mut line[query..end]);
}

/// Masks a body.
pub(super) fn body(octets: &mut [u8]) {
    match octets.trim_ascii_start() {
        [b'{' | b'[', ..] => json(octets),
        [b'<', ..] => xml(octets),
        [b'-', b'-', ..] => multipart(octets),
        rest if rest.contains(&b'=') => form(octets),
        _ => octets.fill(STAR),
    }
}

/// Whether the values of a name may be shown, whose numbers alone are masked.
fn is_shown(name: &[u8]) -> bool {
    let name = name.rsplit(|octet| *octet == b':').next().unwrap_or(name);
    let plain: String = name
        .iter()
        .filter(|octet| octet.is_ascii_alphanumeric())
        .map(|octet| char::from(octet.to_ascii_lowercase()))
        .collect();
    HARMLESS_ENDS.iter().any(|end| plain.ends_with(end)) || ADDRESSES.contains(&&*plain)
}

fn value(octets: &mut [u8], is_shown: bool) {
    if is_shown {
        let length = octets.len();
        numbers(octets, 0..length);
    } else {
        octets.fill(STAR);
    }
}

fn form(octets: &mut [u8]) {
    for pair in octets.split_mut(|octet| *octet == b'&') {
        let middle = pair.iter().position(|octet| *octet == b'=').map_or(0, |equals| equals + 1);
        let (name, rest) = pair.split_at_mut(middle);
        let shown = is_shown(name.strip_suffix(b"=").unwrap_or(name));
        value(rest, shown);
    }
}

/// Masks the values of JSON. A string before a colon is a name.
fn json(octets: &mut [u8]) {
    let mut shown = false;
    let mut at = 0;
    while at < octets.len() {
        match octets[at] {
            b'"' => {
                let start = at + 1;
                let end = string_end(octets, start);
                let is_name = octets[(end + 1).min(octets.len())..].trim_ascii_start().first() == Some(&b':');
                if is_name {
                    shown = is_shown(&octets[start..end]);
                } else {
                    value(&mut octets[start..end], shown);
                }
                at = end + 1;
            }
            b'0'..=b'9' | b'-' => {
                let length = octets[at..].iter().take_while(|octet| !b",]} \r\n\t".contains(octet)).count();
                value(&mut octets[at..at + length], shown);
                at += length;
            }
            _ => at += 1,
        }
    }
}

/// The place of the quote that ends a string, or the end of what is there.
fn string_end(octets: &[u8], start: usize) -> usize {
    let mut at = start;
    while at < octets.len() && octets[at] != b'"' {
        at += if octets[at] == b'\\' { 2 } else { 1 };
    }
    at.min(octets.len())
}

/// Masks the texts of XML. Attributes keep all but their numbers.
fn xml(octets: &mut [u8]) {
    let mut shown = false;
    let mut at = 0;
    while at < octets.len() {
        let tag = octets[at..].iter().position(|octet| *octet == b'<').map_or(octets.len(), |tag| at + tag);
        if !octets[at..tag].trim_ascii().is_empty() {
            value(&mut octets[at..tag], shown);
        }
        let end =
            octets[tag..].iter().position(|octet| *octet == b'>').map_or(octets.len(), |end| tag + end + 1);
        let name = octets[(tag + 1).min(end)..end].split(|octet| b" \t\r\n/>".contains(octet)).next();
        shown = name.is_some_and(is_shown);
        numbers(octets, tag..end);
        at = end;
    }
}

/// Masks the parts of a multipart body (RFC 2046): documents of XML and JSON as such, all else whole.
fn multipart(octets: &mut [u8]) {
    let line = octets.iter().position(|octet| *octet == b'\r').unwrap_or(octets.len());
    let boundary = octets[..line].to_vec();
    let mut at = line;
    while at < octets.len() {
        let end = super::find(&octets[at..], &boundary).map_or(octets.len(), |end| at + end);
        let content = super::find(&octets[at..end], super::HEAD_END).map_or(end, |head| at + head + 4);
        part(&mut octets[content..end]);
        at = end + boundary.len();
    }
}

fn part(octets: &mut [u8]) {
    match octets.trim_ascii_start() {
        [b'<', ..] => xml(octets),
        [b'{' | b'[', ..] => json(octets),
        _ => octets.fill(STAR),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_masked_in_every_form() {
        for (given, expected) in [
            (
                r#"{"to":"+447700900123","text":"Code \"12\"","messageId":"290000000000000001","n":12,"ok":true}"#,
                r#"{"to":"+4477******23","text":"***********","messageId":"2900************01","n":**,"ok":true}"#,
            ),
            (
                r#"{"messages":[{"status":{"groupName":"REJECTED","id":51},"description":"Bad"}],"code":21211}"#,
                r#"{"messages":[{"status":{"groupName":"********","id":51},"description":"***"}],"code":21211}"#,
            ),
            ("To=%2B447700900123&Body=Hi+there&Status=sent", "To=%2B4477******23&Body=********&Status=sent"),
            (
                r#"<mm7:SubmitReq xmlns="u"><mm7:Number>447700900123</mm7:Number><Subject>My cat</Subject><StatusCode>1000</StatusCode></mm7:SubmitReq>"#,
                r#"<mm7:SubmitReq xmlns="u"><mm7:Number>4477******23</mm7:Number><Subject>******</Subject><StatusCode>1000</StatusCode></mm7:SubmitReq>"#,
            ),
            (
                "--b\r\nContent-Type: text/xml\r\n\r\n<a><Text>Hi</Text></a>\r\n--b\r\nContent-Type: image/gif\r\n\r\nGIF89a\r\n--b--\r\n",
                "--b\r\nContent-Type: text/xml\r\n\r\n<a><Text>**</Text></a>\r\n--b\r\nContent-Type: image/gif\r\n\r\n********--b--\r\n",
            ),
            ("Sent: 447700900123 Hello", "************************"),
            (r#"{"text":"cut \"#, r#"{"text":"*****"#),
        ] {
            let mut octets = given.as_bytes().to_vec();
            body(&mut octets);
            assert_eq!(String::from_utf8(octets).unwrap(), expected);
        }
    }

    #[test]
    fn a_target_keeps_its_path_and_the_names_of_its_query() {
        let mut cut = b"GET /send?text=Hi+the".to_vec();
        target(&mut cut);
        assert_eq!(cut, b"GET /send?text=******");
        let mut line = b"GET /sms/447700900123/send?user=shop&to=447700900123&text=Hi HTTP/1.1".to_vec();
        target(&mut line);
        assert_eq!(line, b"GET /sms/4477******23/send?user=****&to=4477******23&text=** HTTP/1.1");
    }
}
