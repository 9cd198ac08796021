//! A message as the parameters of its parts.

use super::Settings;
use crate::body::{self, Piece};
use bytes::BytesMut;
use postrider_core::delivery::Fault;
use postrider_core::message::Message;
use postrider_core::sender::Sender;
use postrider_core::time::Time;
use postrider_text::{Encoding, coding, gsm};
use postrider_wire::cimd2::parameter::code;
use postrider_wire::cimd2::{special, time};
use postrider_wire::hex;

/// A parameter: its code and value.
pub(super) type Parameter = (u16, Vec<u8>);

/// A message ready to be written: the parameters that differ between its parts.
#[derive(Debug, PartialEq, Eq)]
pub struct Encoded {
    pub(super) parts: Vec<Vec<Parameter>>,
}

/// Encodes and splits a message.
///
/// # Errors
/// When the message can't be carried in as many parts as the carrier takes.
pub(super) fn encode(message: &Message, parts_max: u8) -> Result<Encoded, Fault> {
    let pieces = body::pieces(message, parts_max, |_| true)?;
    let (class, own_coding) = (body::class(message), body::own_coding(message));
    let parts = pieces.iter().map(|piece| part(piece, class, own_coding)).collect();
    Ok(Encoded { parts })
}

fn part(piece: &Piece, class: Option<u8>, own_coding: Option<u8>) -> Vec<Parameter> {
    let mut parameters = Vec::with_capacity(3);
    let coding = own_coding.or_else(|| coding::dcs(piece.encoding, class)).unwrap_or_default();
    if coding != 0 {
        parameters.push((code::CODING, coding.to_string().into_bytes()));
    }
    if !piece.header.is_empty() {
        // Headers are limited to far less than 255 octets.
        parameters.push((code::HEADER, digits(&[&[piece.header.len() as u8][..], &piece.header].concat())));
    }
    parameters.push(match piece.encoding {
        Encoding::Gsm7 => (code::TEXT, special::write(&piece.data)),
        Encoding::Ucs2 | Encoding::Latin1 | Encoding::Octets => (code::BINARY, digits(&piece.data)),
    });
    parameters
}

fn digits(octets: &[u8]) -> Vec<u8> {
    let mut digits = BytesMut::new();
    hex::write(octets, &mut digits);
    digits.to_vec()
}

/// The parameters that all parts of a message have; `clock` is the world's time.
pub(super) fn common(message: &Message, settings: &Settings, clock: Time) -> Vec<Parameter> {
    let mut parameters = vec![(code::DESTINATION, message.to.digits().to_string().into_bytes())];
    parameters.extend(message.from.as_ref().map(|sender| self::sender(sender, settings)));
    if let Some(protocol) = body::protocol(message) {
        parameters.push((code::PROTOCOL, protocol.to_string().into_bytes()));
    }
    let left = message.expires.since(clock);
    if left < settings.validity_max.get() {
        let validity = time::relative(left.as_secs() / 60).to_string();
        parameters.push((code::VALIDITY, validity.into_bytes()));
    }
    // Said always: without it the carrier's own usage counts.
    parameters.push((code::REPORTS, settings.reports.to_string().into_bytes()));
    parameters
}

fn sender(sender: &Sender, settings: &Settings) -> Parameter {
    let number = |digits: &str| {
        let own = digits.strip_prefix(settings.sender_prefix.as_str()).unwrap_or(digits);
        (code::ORIGIN, own.as_bytes().to_vec())
    };
    match sender {
        Sender::Number(digits) => number(&digits.digits().to_string()),
        Sender::Code(digits) => number(digits),
        Sender::Name(name) => {
            let mut septets = Vec::new();
            // The carriage was checked before: the alphabet has all characters.
            let encoded = gsm::encode(name, &mut septets);
            debug_assert!(encoded.is_ok(), "a name that the alphabet lacks characters for");
            (code::NAME, special::write(&septets))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cimd2::testing::settings;
    use crate::testing::message;
    use postrider_core::message::Body;

    fn shown(parameters: &[Parameter]) -> Vec<String> {
        parameters
            .iter()
            .map(|(code, value)| format!("{code:03}:{}", String::from_utf8_lossy(value)))
            .collect()
    }

    fn parts(body: Body) -> Vec<Vec<String>> {
        encode(&message(body), 64).unwrap().parts.iter().map(|part| shown(part)).collect()
    }

    #[test]
    fn texts_have_special_characters_and_octets_digits() {
        assert_eq!(parts(Body::Text("hello".into())), [["033:hello"]]);
        assert_eq!(parts(Body::Text("@$_ \u{e4} 5\u{20ac}".into())), [["033:@$_-- _a\" 5_XXe"]]);
        assert_eq!(parts(Body::Text("\u{416}\u{434}\u{443}".into())), [["030:8", "034:041604340443"]]);
        let vcard = Body::Data {
            encoding: Encoding::Octets,
            header: (*b"\x05\x04\x23\xF4\x00\x00").into(),
            data: (*b"BEGIN").into(),
        };
        assert_eq!(parts(vcard), [["030:4", "032:06050423F40000", "034:424547494E"]]);
        let long = parts(Body::Text("x".repeat(200).into()));
        assert!(
            long.len() == 2 && long[1][0].starts_with("032:050003") && long[1][0].ends_with("0202"),
            "{long:?}"
        );
        assert!(encode(&message(Body::Text("x".repeat(200).into())), 1).is_err());
    }

    #[test]
    fn senders_and_settings_fill_parameters() {
        let settings = settings(|settings| settings.sender_prefix = "4470".to_owned());
        for (sender, expected) in [
            (None, None),
            (Some("60006"), Some("023:60006")),
            (Some("+447090012345"), Some("023:90012345")),
            (Some("Caf\u{e9} Bar"), Some("027:Caf_e' Bar")),
        ] {
            let mut message = message(Body::Text("hi".into()));
            message.from = sender.map(|sender| Sender::parse(sender).unwrap());
            let found = shown(&common(&message, &settings, Time(86_400_000 - 3_600_000)));
            let mut all = vec!["021:447700900123"];
            all.extend(expected);
            all.extend(["050:11", "056:14"]);
            assert_eq!(found, all);
        }
    }
}
