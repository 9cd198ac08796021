//! `X-Kannel-*` fields in the answer of an endpoint: Kannel's services say by them how their reply is sent.
//!
//! They count where the account's webhook allows them, as `accept-x-kannel-headers` does in Kannel.

use super::post::EndpointAnswer;
use super::reply::{Reply, essence};
use postrider_core::message::{Body, Receipts};
use postrider_text::header::is_header;
use postrider_text::{Encoding, gsm, ucs2};
use std::time::Duration;

/// The fields that are honoured.
const FROM: &str = "x-kannel-from";
const TO: &str = "x-kannel-to";
const UDH: &str = "x-kannel-udh";
const CODING: &str = "x-kannel-coding";
const MCLASS: &str = "x-kannel-mclass";
const VALIDITY: &str = "x-kannel-validity";
const DEFERRED: &str = "x-kannel-deferred";
const DLR_MASK: &str = "x-kannel-dlr-mask";
/// All of them.
const HONOURED: [&str; 8] = [FROM, TO, UDH, CODING, MCLASS, VALIDITY, DEFERRED, DLR_MASK];
/// Those that aren't: routes choose the upstream, ends are told to the account's webhook, and the rest means nothing here.
const IGNORED: [&str; 12] = [
    "x-kannel-smsc",
    "x-kannel-dlr-url",
    "x-kannel-service",
    "x-kannel-account",
    "x-kannel-binfo",
    "x-kannel-meta-data",
    "x-kannel-priority",
    "x-kannel-mwi",
    "x-kannel-compress",
    "x-kannel-pid",
    "x-kannel-alt-dcs",
    "x-kannel-rpi",
];

/// `X-Kannel-Coding` of octets, and of UCS-2.
const BINARY: u64 = 1;
const WIDE: u64 = 2;
/// Bits of `X-Kannel-DLR-Mask`: delivered; undeliverable, and rejected by the carrier.
const DELIVERED: u64 = 1;
const FAILED: u64 = 2 | 16;

/// How a reply is sent, where it is not as replies are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manner {
    /// The sender, in the place of the number that was written to.
    pub(super) from: Option<String>,
    /// The recipient, in the place of the handset.
    pub(super) to: Option<String>,
    /// The content, where it is not the reply's text.
    pub(super) body: Option<Body>,
    /// Whether the handset shows it at once.
    pub(super) flash: bool,
    /// How long it may wait once due.
    pub(super) valid_for: Option<Duration>,
    /// How much later it goes out.
    pub(super) after: Duration,
    /// Which ends the webhook is told of.
    pub(super) receipts: Receipts,
}

/// The `X-Kannel-*` fields of an answer.
#[derive(Clone, Debug, Default)]
pub(super) struct KannelFields {
    given: Vec<(&'static str, String)>,
    ignored: Vec<&'static str>,
}

impl KannelFields {
    /// Takes them from where a field's value is found by its name in small letters.
    pub(super) fn read<'h>(value: impl Fn(&'static str) -> Option<&'h str>) -> Self {
        let given = |name| Some((name, value(name)?.trim().to_owned()));
        Self {
            given: HONOURED.into_iter().filter_map(given).collect(),
            ignored: IGNORED.into_iter().filter(|name| value(name).is_some()).collect(),
        }
    }

    /// What can't be honoured, in words, for the timeline.
    pub(super) fn remark(&self) -> Option<String> {
        (!self.ignored.is_empty()).then(|| format!("not honoured: {}", self.ignored.join(", ")))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(other, _)| *other == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }

    fn minutes(&self, name: &str) -> Option<Duration> {
        self.number(name).map(|minutes| Duration::from_secs(minutes.saturating_mul(60)))
    }

    /// The reply in an answer that has such fields, or that is octets; `None` where the answer is read as any other.
    pub(super) fn reply(&self, answer: &EndpointAnswer) -> Option<Reply> {
        let is_octets = match &*essence(&answer.content_type) {
            "text/plain" => false,
            "application/octet-stream" => true,
            _ => return None,
        };
        if self.given.is_empty() && !is_octets {
            return None;
        }
        let coding = self.number(CODING).unwrap_or(if is_octets { BINARY } else { 0 });
        let header = self.get(UDH).and_then(user_data_header).unwrap_or_default();
        let text = if coding == BINARY { String::new() } else { text(answer, coding) };
        let body = match (coding, header.is_empty()) {
            (BINARY, _) => {
                Some(Body::Data { encoding: Encoding::Octets, header, data: answer.body.as_slice().into() })
            }
            (_, true) => None,
            (_, false) => Some(with_header(&text, coding, header)),
        };
        let manner = Manner {
            from: self.get(FROM).map(ToOwned::to_owned),
            to: self.get(TO).map(ToOwned::to_owned),
            body,
            flash: self.number(MCLASS) == Some(0),
            valid_for: self.minutes(VALIDITY),
            after: self.minutes(DEFERRED).unwrap_or_default(),
            receipts: self.number(DLR_MASK).map(receipts).unwrap_or_default(),
        };
        Some(Reply { text, manner, ..Reply::default() })
    }
}

/// The ends that a mask asks for. What happens before the end is told to nobody.
const fn receipts(mask: u64) -> Receipts {
    match (mask & DELIVERED != 0, mask & FAILED != 0) {
        (true, true) => Receipts::All,
        (true, false) => Receipts::Successes,
        (false, true) => Receipts::Failures,
        (false, false) => Receipts::None,
    }
}

/// A user data header in hexadecimal with its length octet first, as Kannel writes it; without that.
fn user_data_header(text: &str) -> Option<Box<[u8]>> {
    let octets = postrider_declare::hex(text)?;
    let (length, header) = octets.split_first()?;
    (usize::from(*length) == header.len() && is_header(header)).then(|| header.into())
}

/// A text behind a user data header.
fn with_header(text: &str, coding: u64, header: Box<[u8]>) -> Body {
    let mut data = Vec::new();
    let encoding = if coding != WIDE && gsm::encode(text, &mut data).is_ok() {
        Encoding::Gsm7
    } else {
        data.clear();
        ucs2::encode(text, &mut data);
        Encoding::Ucs2
    };
    Body::Data { encoding, header, data: data.into() }
}

/// The text of an answer in the character set that its content type names: UTF-8 if it names none. What isn't UTF-8 is read as
/// ISO 8859-1.
fn text(answer: &EndpointAnswer, coding: u64) -> String {
    let body = &answer.body;
    let named = answer.content_type.to_ascii_lowercase();
    let named = named.split_once("charset=").map(|(_, set)| set.trim_matches(['"', ' ', ';']).to_owned());
    let is_wide = match named.as_deref() {
        Some("utf-16be" | "utf-16" | "ucs-2" | "iso-10646-ucs-2") => true,
        Some(_) => false,
        // A service that names no character set writes UCS-2 as it is sent.
        None => coding == WIDE && body.contains(&0),
    };
    let is_latin1 = matches!(named.as_deref(), Some("iso-8859-1" | "latin1" | "windows-1252"));
    let text = match str::from_utf8(body) {
        _ if is_wide => ucs2::decode(body),
        Ok(text) if !is_latin1 => text.to_owned(),
        Ok(_) | Err(_) => body.iter().copied().map(char::from).collect(),
    };
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The reply in an answer with these fields.
    fn reply(content_type: &str, body: &[u8], fields: &[(&str, &'static str)]) -> Option<Reply> {
        let value = |name: &'static str| fields.iter().find(|(other, _)| *other == name).map(|(_, it)| *it);
        let kannel = KannelFields::read(value);
        kannel.reply(&EndpointAnswer { content_type: content_type.into(), body: body.into(), kannel: None })
    }

    fn manner(fields: &[(&str, &'static str)]) -> Manner {
        reply("text/plain", b"Hi", fields).unwrap().manner
    }

    #[test]
    fn fields_say_how_the_reply_is_sent() {
        let default = Manner::default();
        for (name, value, expected) in [
            (FROM, "Shop", Manner { from: Some("Shop".into()), ..default.clone() }),
            (TO, "+447700900999", Manner { to: Some("+447700900999".into()), ..default.clone() }),
            (MCLASS, "0", Manner { flash: true, ..default.clone() }),
            (MCLASS, "1", default.clone()),
            (VALIDITY, "30", Manner { valid_for: Some(Duration::from_mins(30)), ..default.clone() }),
            (DEFERRED, "2", Manner { after: Duration::from_mins(2), ..default.clone() }),
            (DEFERRED, "soon", default.clone()),
            (DLR_MASK, "31", default.clone()),
            (DLR_MASK, "1", Manner { receipts: Receipts::Successes, ..default.clone() }),
            (DLR_MASK, "18", Manner { receipts: Receipts::Failures, ..default.clone() }),
            (DLR_MASK, "8", Manner { receipts: Receipts::None, ..default.clone() }),
            (CODING, "2", default.clone()),
        ] {
            assert_eq!(manner(&[(name, value)]), expected, "{name}: {value}");
        }
    }

    #[test]
    fn octets_and_headers_are_sent_as_they_are() {
        let data = |encoding, header: &[u8], data: &[u8]| {
            Some(Body::Data { encoding, header: header.into(), data: data.into() })
        };
        let body = |content_type: &str, body: &[u8], fields: &[(&str, &'static str)]| {
            reply(content_type, body, fields).unwrap().manner.body
        };
        let port = [5, 4, 0x15, 0x82, 0, 0];
        let udh = (UDH, "06050415820000");
        let binary = "application/octet-stream";
        assert_eq!(body(binary, &[1, 0xFF], &[udh]), data(Encoding::Octets, &port, &[1, 0xFF]));
        assert_eq!(body(binary, b"x", &[]), data(Encoding::Octets, &[], b"x"));
        assert_eq!(body("text/plain", b"x", &[(CODING, "1")]), data(Encoding::Octets, &[], b"x"));
        assert_eq!(body("text/plain", b"@", &[udh]), data(Encoding::Gsm7, &port, &[0]));
        assert_eq!(body("text/plain", "ж".as_bytes(), &[udh]), data(Encoding::Ucs2, &port, &[4, 0x36]));
        let wrong = (UDH, "0605");
        assert_eq!(body("text/plain", b"x", &[wrong]), None, "no header");
    }

    #[test]
    fn a_text_is_in_the_character_set_that_it_names() {
        for (content_type, body, fields, expected) in [
            ("text/plain", "caf\u{e9}".as_bytes(), &[(FROM, "1")][..], "caf\u{e9}"),
            ("text/plain", b"caf\xe9", &[(FROM, "1")], "caf\u{e9}"),
            ("text/plain; charset=ISO-8859-1", b"\xc3\xa9", &[(FROM, "1")], "\u{c3}\u{a9}"),
            ("text/plain; charset=\"UTF-16BE\"", b"\x04\x36", &[(CODING, "2")], "\u{436}"),
            ("text/plain", b"\x00H\x04\x36", &[(CODING, "2")], "H\u{436}"),
            ("text/plain", "\u{436}".as_bytes(), &[(CODING, "2")], "\u{436}"),
        ] {
            assert_eq!(reply(content_type, body, fields).unwrap().text, expected, "{content_type}");
        }
    }

    #[test]
    fn other_answers_are_read_as_ever() {
        assert_eq!(reply("text/plain", b"Hi", &[]), None);
        assert_eq!(reply("text/plain", b"Hi", &[("x-kannel-smsc", "acme")]), None);
        assert_eq!(reply("application/json", b"{}", &[(FROM, "Shop")]), None);
    }

    #[test]
    fn what_is_not_honoured_is_told() {
        let fields = |names: &'static [&str]| {
            KannelFields::read(move |name| names.contains(&name).then_some("1")).remark()
        };
        assert_eq!(fields(&[FROM, TO]), None);
        let both = fields(&["x-kannel-dlr-url", "x-kannel-smsc", TO]);
        assert_eq!(both.as_deref(), Some("not honoured: x-kannel-smsc, x-kannel-dlr-url"));
    }
}
