//! Messages from handsets (mobile-originated, MO) as a carrier writes them in deliver_sm and data_sm.

use super::settings::Settings;
use postrider_core::inbound::{Address, Inbound};
use postrider_core::message::{Body, Parameter};
use postrider_core::number::Number;
use postrider_core::sender::Sender;
use postrider_core::submission::{PARAMETER_MAX, PARAMETERS_MAX};
use postrider_declare::passes;
use postrider_text::NameAlphabet;
use postrider_text::header::{Concat, Ports, Reference};
use postrider_text::user_data::{Content, UserData};
use postrider_wire::smpp::pdu::{DataSm, DeliverSm};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{self, Npi, Tlvs, Ton};

/// The user data header indicator of esm_class (SMPP 3.4, 5.2.12).
const UDHI: u8 = 0x40;
/// The longest address that is kept, in characters: as much as SMPP can carry.
const ADDRESS_MAX: usize = 64;

/// The fields that a message from a handset is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fields<'a> {
    pub(super) source: smpp::Address<'a>,
    pub(super) destination: smpp::Address<'a>,
    pub(super) esm_class: u8,
    pub(super) data_coding: u8,
    pub(super) text: &'a [u8],
    pub(super) tlvs: Tlvs<'a>,
}

impl<'a> From<&DeliverSm<'a>> for Fields<'a> {
    fn from(pdu: &DeliverSm<'a>) -> Self {
        let DeliverSm { source, destination, esm_class, data_coding, tlvs, .. } = *pdu;
        Self { source, destination, esm_class, data_coding, text: pdu.text(), tlvs }
    }
}

impl<'a> From<&DataSm<'a>> for Fields<'a> {
    fn from(pdu: &DataSm<'a>) -> Self {
        let DataSm { source, destination, esm_class, data_coding, tlvs, .. } = *pdu;
        Self { source, destination, esm_class, data_coding, text: pdu.text(), tlvs }
    }
}

/// The text of a message; nothing if it is no text.
pub(super) fn text(fields: &Fields<'_>, settings: &Settings) -> String {
    match user_data(fields, settings).read() {
        Content::Text(text) => text,
        Content::Octets { .. } => String::new(),
    }
}

fn user_data<'a>(fields: &Fields<'a>, settings: &Settings) -> UserData<'a> {
    UserData {
        data_coding: fields.data_coding,
        has_header: fields.esm_class & UDHI != 0,
        octets: fields.text,
        concat: concat(&fields.tlvs),
        ports: ports(&fields.tlvs),
        alphabet: settings.text.alphabet,
    }
}

/// Reads a message. Never fails: what is no text is kept as octets.
pub(super) fn read(fields: &Fields<'_>, settings: &Settings) -> Inbound {
    let data = user_data(fields, settings);
    let subunit: Option<u8> = fields.tlvs.number(tag::DEST_ADDR_SUBUNIT);
    let reference: Option<u16> = fields.tlvs.number(tag::USER_MESSAGE_REFERENCE);
    Inbound {
        from: address(&fields.source, settings.address_alphabet),
        to: address(&fields.destination, settings.address_alphabet),
        encoding: data.encoding(),
        flash: data.coding().is_flash() || subunit == Some(1),
        body: match data.read() {
            Content::Text(text) => Body::Text(text.into()),
            Content::Octets { encoding, header, data } => {
                Body::Data { encoding, header: header.into(), data: data.into() }
            }
        },
        reference: reference.map(|reference| reference.to_string().into()),
        parameters: parameters(&fields.tlvs),
    }
}

/// The place among parts that `sar_*` parameters tell of (SMPP 3.4, 5.3.2.22 to 5.3.2.24).
fn concat(tlvs: &Tlvs<'_>) -> Option<Concat> {
    let reference = Reference::Sixteen(tlvs.number(tag::SAR_MSG_REF_NUM)?);
    let (total, number) = (tlvs.number(tag::SAR_TOTAL_SEGMENTS)?, tlvs.number(tag::SAR_SEGMENT_SEQNUM)?);
    (1..=total).contains(&number).then_some(Concat { reference, total, number })
}

fn ports(tlvs: &Tlvs<'_>) -> Option<Ports> {
    let destination = tlvs.number(tag::DESTINATION_PORT)?;
    Some(Ports { destination, source: tlvs.number(tag::SOURCE_PORT).unwrap_or(0) })
}

/// What else the carrier says, as far as messages out may carry it too. Of one that comes twice the first counts.
fn parameters(tlvs: &Tlvs<'_>) -> Box<[Parameter]> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for (tag, value) in tlvs.iter().filter(|(tag, value)| passes(*tag) && value.len() <= PARAMETER_MAX) {
        if parameters.len() < PARAMETERS_MAX && parameters.iter().all(|before| before.tag != tag) {
            parameters.push(Parameter { tag, value: value.into() });
        }
    }
    parameters.into()
}

/// An address by its type: a number is one in international form, or digits of which nothing is said and that make one.
fn address(address: &smpp::Address<'_>, alphabet: NameAlphabet) -> Address {
    let is_name = address.ton == Ton::ALPHANUMERIC;
    let octets = address.digits.trim_ascii();
    let given = if is_name { alphabet.decode(octets) } else { String::from_utf8_lossy(octets).into_owned() };
    let given: String = given.chars().filter(|c| !c.is_control()).take(ADDRESS_MAX).collect();
    let understood = understood(address.ton, address.npi, &given);
    Address { given: given.into(), understood }
}

fn understood(ton: Ton, npi: Npi, given: &str) -> Option<Sender> {
    let digits = given.strip_prefix('+').unwrap_or(given);
    let is_number = !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit());
    let code = || (digits.len() <= 20).then(|| Sender::Code(digits.into()));
    match ton {
        _ if !is_number => Sender::parse(given).ok(),
        _ if given.starts_with('+') => Sender::parse(given).ok(),
        Ton::INTERNATIONAL => Number::parse(digits).ok().map(Sender::Number).or_else(code),
        Ton::UNKNOWN if npi != Npi::NATIONAL && npi != Npi::PRIVATE => Sender::parse(given).ok(),
        _ => code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::smpp::testing::settings;
    use postrider_text::{Alphabet, Encoding};
    use postrider_wire::smpp::TlvBuilder;

    fn fields<'a>(text: &'a [u8], tlvs: &'a TlvBuilder) -> Fields<'a> {
        Fields {
            source: smpp::Address::international(b"447700900123"),
            destination: smpp::Address::new(Ton::UNKNOWN, Npi::UNKNOWN, b"12345"),
            esm_class: 0,
            data_coding: 0,
            text,
            tlvs: tlvs.tlvs(),
        }
    }

    #[test]
    fn a_text_is_read_in_the_carriers_alphabet() {
        let none = TlvBuilder::new();
        let usual = settings(|_| ());
        let inbound = read(&fields(b"h\x05llo", &none), &usual);
        assert_eq!(inbound.body, Body::Text("h\u{e9}llo".into()));
        assert_eq!(inbound.from.understood, Some(Sender::parse("+447700900123").unwrap()));
        assert_eq!(inbound.to.understood, Some(Sender::Code("12345".into())));
        assert_eq!((&*inbound.to.given, inbound.encoding, inbound.flash), ("12345", Encoding::Gsm7, false));
        let latin = settings(|settings| settings.text.alphabet = Alphabet::Latin1);
        assert_eq!(read(&fields(b"h\xe9llo", &none), &latin).body, Body::Text("h\u{e9}llo".into()));
        let flash = Fields { data_coding: 0x10, ..fields(b"now", &none) };
        assert!(read(&flash, &usual).flash);
    }

    #[test]
    fn what_parameters_say_is_kept() {
        let mut tlvs = TlvBuilder::new();
        tlvs.push_u16(tag::SAR_MSG_REF_NUM, 0x107).push_u8(tag::SAR_TOTAL_SEGMENTS, 2);
        tlvs.push_u8(tag::SAR_SEGMENT_SEQNUM, 2).push_u16(tag::USER_MESSAGE_REFERENCE, 4711);
        tlvs.push_u16(tag::DESTINATION_PORT, 5505).push_u8(tag::DEST_ADDR_SUBUNIT, 1);
        assert!(tlvs.push(0x1401, b"23415"));
        let inbound = read(&fields(b"hi", &tlvs), &settings(|_| ()));
        let header = b"\x05\x04\x15\x81\x00\x00\x08\x04\x01\x07\x02\x02";
        let body = Body::Data { encoding: Encoding::Gsm7, header: (*header).into(), data: (*b"hi").into() };
        assert_eq!((inbound.body, inbound.flash), (body, true));
        assert_eq!(inbound.reference.as_deref(), Some("4711"));
        assert!(inbound.parameters.contains(&Parameter { tag: 0x1401, value: (*b"23415").into() }));
    }

    #[test]
    fn an_address_is_what_its_type_says() {
        let number = |digits: &str| Some(Sender::Number(Number::parse(digits).unwrap()));
        let code = |digits: &str| Some(Sender::Code(digits.into()));
        for (ton, npi, given, expected) in [
            (Ton::INTERNATIONAL, Npi::ISDN, &b"447700900123"[..], number("447700900123")),
            (Ton::INTERNATIONAL, Npi::ISDN, b"+447700900123", number("447700900123")),
            (Ton::INTERNATIONAL, Npi::ISDN, b"00447700900123", number("447700900123")),
            (Ton::INTERNATIONAL, Npi::ISDN, b"12345", code("12345")),
            (Ton::UNKNOWN, Npi::UNKNOWN, b"447700900123", number("447700900123")),
            (Ton::UNKNOWN, Npi::UNKNOWN, b"12345", code("12345")),
            (Ton::NATIONAL, Npi::ISDN, b"7700900123", code("7700900123")),
            (Ton::NATIONAL, Npi::ISDN, b"+447700900123", number("447700900123")),
            (Ton::NETWORK_SPECIFIC, Npi::UNKNOWN, b"12345678", code("12345678")),
            (Ton::ALPHANUMERIC, Npi::UNKNOWN, b"Caf\xe9", Some(Sender::Name("Caf\u{e9}".into()))),
            (Ton::UNKNOWN, Npi::UNKNOWN, b"", None),
            (Ton::ALPHANUMERIC, Npi::UNKNOWN, b"a name that is far too long", None),
        ] {
            let read = address(&smpp::Address::new(ton, npi, given), NameAlphabet::Latin1);
            assert_eq!(read.understood, expected, "{} {ton:?}", given.escape_ascii());
        }
    }
}
