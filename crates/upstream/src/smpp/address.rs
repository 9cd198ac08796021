//! Senders and recipients as SMPP addresses (SMPP 3.4, 5.2.5 to 5.2.9), with the types that the carrier wants.

use postrider_core::number::Number;
use postrider_core::sender::Sender;
use postrider_declare::upstream::smpp::{AddressType, SmppUpstream};
use postrider_wire::smpp::{Address, Npi, Ton};

/// Room for one address while it is being written; used again for each message.
#[derive(Debug, Default)]
pub(super) struct Room(Vec<u8>);

/// The address that a message is from; an empty one leaves the sender to the carrier.
pub(super) fn source<'a>(from: Option<&Sender>, settings: &SmppUpstream, room: &'a mut Room) -> Address<'a> {
    room.0.clear();
    let addresses = &settings.addresses;
    let kind = match from {
        None => &AddressType::UNKNOWN,
        Some(Sender::Number(number)) => {
            write_number(*number, addresses.plus, &mut room.0);
            &addresses.number
        }
        Some(Sender::Code(digits)) => {
            room.0.extend_from_slice(digits.as_bytes());
            &addresses.code
        }
        Some(Sender::Name(name)) => {
            settings.address_alphabet.encode(name, &mut room.0);
            &addresses.name
        }
    };
    address(kind, room)
}

/// The address that a message is for.
pub(super) fn destination<'a>(to: Number, settings: &SmppUpstream, room: &'a mut Room) -> Address<'a> {
    room.0.clear();
    let addresses = &settings.addresses;
    if let Some(country) = &addresses.national_country
        && let Some(digits) = to.national_in(**country)
    {
        room.0.extend_from_slice(addresses.national_prefix.as_bytes());
        room.0.extend_from_slice(digits.as_bytes());
        return address(&addresses.national_recipient, room);
    }
    let short_code = addresses.short_code.as_ref().filter(|_| to.is_short_code());
    let is_international = !to.is_short_code();
    if is_international {
        room.0.extend_from_slice(addresses.recipient_prefix.as_bytes());
    }
    write_number(to, addresses.plus && is_international, &mut room.0);
    address(short_code.unwrap_or(&addresses.recipient), room)
}

fn address<'a>(kind: &AddressType, room: &'a Room) -> Address<'a> {
    Address::new(Ton(kind.ton), Npi(kind.npi), &room.0)
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
    use postrider_declare::Written;
    use postrider_text::NameAlphabet;

    #[test]
    fn each_kind_of_sender_has_its_type() {
        let usual = SmppUpstream::new("localhost", 2775, "me");
        let with = |change: &dyn Fn(&mut SmppUpstream)| {
            let mut settings = usual.clone();
            change(&mut settings);
            settings
        };
        let plus = with(&|settings| settings.addresses.plus = true);
        let gsm = with(&|settings| settings.address_alphabet = NameAlphabet::Gsm7);
        let utf8 = with(&|settings| settings.address_alphabet = NameAlphabet::Utf8);
        for (from, settings, ton, npi, octets) in [
            (None, &usual, 0, 0, &b""[..]),
            (Some("+447700900123"), &usual, 1, 1, b"447700900123"),
            (Some("+447700900123"), &plus, 1, 1, b"+447700900123"),
            (Some("60006"), &usual, 3, 0, b"60006"),
            (Some("Caf\u{e9} @Home"), &usual, 5, 0, b"Caf\xe9 @Home"),
            (Some("Caf\u{e9} Home"), &gsm, 5, 0, b"Caf\x05 Home"),
            (Some("Caf\u{e9}"), &utf8, 5, 0, b"Caf\xc3\xa9"),
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
        let address = destination(to, &SmppUpstream::new("localhost", 2775, "me"), &mut room);
        assert_eq!(address, Address::international(b"15005550006"));
    }

    #[test]
    fn a_recipient_has_the_prefix_that_the_carrier_wants() {
        let mut settings = SmppUpstream::new("localhost", 2775, "me");
        settings.addresses.recipient_prefix = "00".to_owned();
        for (to, octets) in [("+15005550006", &b"0015005550006"[..]), ("60006", b"60006")] {
            let mut room = Room::default();
            let to = Number::parse_recipient(to).unwrap();
            assert_eq!(destination(to, &settings, &mut room), Address::international(octets));
        }
    }

    #[test]
    fn recipients_of_one_country_are_in_national_form() {
        let mut settings = SmppUpstream::new("localhost", 2775, "me");
        settings.addresses.recipient_prefix = "00".to_owned();
        for (country, prefix, to, ton, octets) in [
            ("GB", "0", "+447700900123", 2, &b"07700900123"[..]),
            ("GB", "", "+447700900123", 2, b"7700900123"),
            ("GB", "0", "+33612345678", 1, b"0033612345678"),
            // Guernsey has the same code, and is another country.
            ("GB", "0", "+447781123456", 1, b"00447781123456"),
            ("US", "", "+12025550123", 2, b"2025550123"),
            ("CA", "", "+12025550123", 1, b"0012025550123"),
            // Italian numbers keep their zero.
            ("IT", "", "+390612345678", 2, b"0612345678"),
            ("GB", "0", "60006", 1, b"60006"),
        ] {
            settings.addresses.national_country = Some(Written::read(country).unwrap());
            settings.addresses.national_prefix = prefix.to_owned();
            let mut room = Room::default();
            let recipient = Number::parse_recipient(to).unwrap();
            assert_eq!(
                destination(recipient, &settings, &mut room),
                Address::new(Ton(ton), Npi(1), octets),
                "{to}"
            );
        }
    }

    #[test]
    fn a_short_code_has_a_type_of_its_own_and_no_plus() {
        let mut settings = SmppUpstream::new("localhost", 2775, "me");
        settings.addresses.plus = true;
        settings.addresses.short_code = Some(AddressType { ton: 3, npi: 0 });
        for (to, ton, npi, octets) in
            [("60006", 3, 0, &b"60006"[..]), ("+15005550006", 1, 1, b"+15005550006")]
        {
            let mut room = Room::default();
            let to = Number::parse_recipient(to).unwrap();
            assert_eq!(destination(to, &settings, &mut room), Address::new(Ton(ton), Npi(npi), octets));
        }
    }
}
