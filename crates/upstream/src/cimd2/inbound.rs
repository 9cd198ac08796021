//! Messages from handsets (operation 20).

use crate::user_data::{self, UserData};
use postrider_core::inbound::{Address, Inbound};
use postrider_core::number::Number;
use postrider_core::sender::Sender;
use postrider_text::Encoding;
use postrider_wire::cimd2::parameter::code;
use postrider_wire::cimd2::{Parameters, special};
use postrider_wire::hex;

/// The longest address that is kept, in characters.
const ADDRESS_MAX: usize = 64;

/// Reads a message. Never fails: what is no text is kept as octets.
pub(super) fn read(message: &Parameters<'_>) -> Inbound {
    let named = message.number(code::CODING);
    let header = message.get(code::HEADER).and_then(hex::read).unwrap_or_default();
    let (data, usual) = match (message.get(code::TEXT), message.get(code::BINARY)) {
        (Some(text), _) => (special::read(text), 0x00),
        (None, binary) => (binary.and_then(hex::read).unwrap_or_default(), 0x04),
    };
    let data = UserData { coding: named.unwrap_or(usual), header: header.get(1..).unwrap_or_default(), data };
    let flash = data.is_flash();
    let (encoding, body): (Encoding, _) = user_data::read(&data);
    Inbound {
        from: address(message.get(code::ORIGIN).unwrap_or_default()),
        to: address(message.get(code::DESTINATION).unwrap_or_default()),
        encoding,
        flash,
        body,
        reference: None,
        parameters: Box::default(),
    }
}

fn address(digits: &[u8]) -> Address {
    let given = String::from_utf8_lossy(digits.trim_ascii());
    let given: String = given.chars().filter(|c| !c.is_control()).take(ADDRESS_MAX).collect();
    let international =
        given.strip_prefix('+').and_then(|digits| Number::parse(digits).ok()).map(Sender::Number);
    let understood = international.or_else(|| Sender::parse(&given).ok());
    Address { given: given.into(), understood }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::message::Body;
    use postrider_wire::cimd2::Frame;

    fn body(parameters: &str) -> Body {
        let content = format!("20:004\t021:60006\t023:+447700900123\t{parameters}");
        let read = read(&Frame::read(content.as_bytes()).unwrap().parameters);
        assert_eq!(read.from.understood, Some(Sender::parse("+447700900123").unwrap()));
        assert_eq!(read.to.understood, Some(Sender::Code("60006".into())));
        read.body
    }

    #[test]
    fn texts_and_octets() {
        let text = |text: &str| Body::Text(text.into());
        assert_eq!(body("033:hello @ you _XXe\t"), text("hello @ you \u{20ac}"));
        assert_eq!(body("030:8\t034:041604340443\t"), text("\u{416}\u{434}\u{443}"));
        assert_eq!(body("033:\t"), text(""));
        assert_eq!(body(""), Body::Data { encoding: Encoding::Octets, header: [].into(), data: [].into() });
        let vcard = Body::Data {
            encoding: Encoding::Octets,
            header: (*b"\x05\x04\x23\xF4\x00\x00").into(),
            data: (*b"BEGIN").into(),
        };
        assert_eq!(body("030:245\t032:06050423F40000\t034:424547494E\t"), vcard);
        let part = Body::Data {
            encoding: Encoding::Gsm7,
            header: (*b"\x00\x03\x07\x02\x01").into(),
            data: (*b"hi").into(),
        };
        assert_eq!(body("032:050003070201\t033:hi\t"), part);
    }
}
