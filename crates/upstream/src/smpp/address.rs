//! Senders and recipients as SMPP addresses (SMPP 3.4, 5.2.5 to 5.2.9), with the types that the carrier wants.

use super::settings::Addresses;
use postrider_core::number::Number;
use postrider_core::sender::Sender;
use postrider_wire::smpp::{Address, Npi, Ton};

/// Room for one address while it is being written; used again for each message.
#[derive(Debug, Default)]
pub(super) struct Room(Vec<u8>);

/// The address that a message is from; an empty one leaves the sender to the carrier.
pub(super) fn source<'a>(from: Option<&Sender>, settings: &Addresses, room: &'a mut Room) -> Address<'a> {
    room.0.clear();
    let (ton, npi) = match from {
        None => (Ton::UNKNOWN, Npi::UNKNOWN),
        Some(Sender::Number(number)) => {
            write_number(*number, settings.plus, &mut room.0);
            settings.number
        }
        Some(Sender::Code(digits)) => {
            room.0.extend_from_slice(digits.as_bytes());
            settings.code
        }
        Some(Sender::Name(name)) => {
            settings.alphabet.encode(name, &mut room.0);
            settings.name
        }
    };
    Address::new(ton, npi, &room.0)
}

/// The address that a message is for.
pub(super) fn destination<'a>(to: Number, settings: &Addresses, room: &'a mut Room) -> Address<'a> {
    room.0.clear();
    write_number(to, settings.plus, &mut room.0);
    let (ton, npi) = settings.recipient;
    Address::new(ton, npi, &room.0)
}

fn write_number(number: Number, plus: bool, out: &mut Vec<u8>) {
    if plus {
        out.push(b'+');
    }
    let start = out.len();
    let mut rest = number.digits();
    while rest > 0 {
        // A remainder of ten is one digit.
        out.push(b'0' + (rest % 10) as u8);
        rest /= 10;
    }
    if let Some(digits) = out.get_mut(start..) {
        digits.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_text::NameAlphabet;

    #[test]
    fn each_kind_of_sender_has_its_type() {
        let usual = Addresses::default();
        let plus = Addresses { plus: true, ..usual };
        let gsm = Addresses { alphabet: NameAlphabet::Gsm7, ..usual };
        for (from, settings, ton, npi, octets) in [
            (None, &usual, 0, 0, &b""[..]),
            (Some("+447700900123"), &usual, 1, 1, b"447700900123"),
            (Some("+447700900123"), &plus, 1, 1, b"+447700900123"),
            (Some("60006"), &usual, 3, 0, b"60006"),
            (Some("Caf\u{e9} @Home"), &usual, 5, 0, b"Caf\xe9 @Home"),
            (Some("\u{141}\u{f3}d\u{17a}"), &usual, 5, 0, b"L\xf3dz"),
            (Some("Caf\u{e9} @Home"), &gsm, 5, 0, b"Caf\x05 ?Home"),
            (Some("Caf\u{e9}"), &Addresses { alphabet: NameAlphabet::Utf8, ..usual }, 5, 0, b"Caf\xc3\xa9"),
        ] {
            let from = from.map(|text| Sender::parse(text).unwrap());
            let mut room = Room::default();
            let address = source(from.as_ref(), settings, &mut room);
            assert_eq!(address, Address::new(Ton(ton), Npi(npi), octets), "{from:?}");
        }
    }

    #[test]
    fn a_recipient_is_an_international_number() {
        let mut room = Room::default();
        let to = Number::parse("+1 500 555 0006").unwrap();
        let address = destination(to, &Addresses::default(), &mut room);
        assert_eq!(address, Address::international(b"15005550006"));
    }
}
