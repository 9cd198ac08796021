//! A PDU's fields by their names in SMPP. Masking is done before.

mod fields;
mod parameters;

use crate::{framed, lines, web};
use postrider_text::coding::of_data_coding;
use postrider_text::{Encoding, header, segment};
use postrider_wire::smpp::{Frame, Header};

/// A PDU as named fields.
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    /// The command's name, such as `submit_sm`, or its number. Of a frame of UCP or CIMD2 the operation, of HTTP the first line, of a modem the
    /// command.
    pub command: String,
    /// Its number, the same in request and response; `None` for HTTP and modems.
    pub sequence: Option<u32>,
    /// The status of a response with its name; `None` for requests, and for results of UCP and CIMD2 without an error.
    pub status: Option<(u32, Option<&'static str>)>,
    /// Its mandatory fields in their order.
    pub fields: Vec<(&'static str, Value)>,
    /// Its optional parameters in their order.
    pub parameters: Vec<Parameter>,
    /// Why its fields can't be read, if they can't.
    pub mistake: Option<String>,
}

/// An optional parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its tag.
    pub tag: u16,
    /// Its name in SMPP; `None` for a carrier's own parameter.
    pub name: Option<&'static str>,
    /// Its value.
    pub value: Value,
}

/// The value of a field or of a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(u64),
    /// A word, such as an identifier.
    Word(String),
    /// Other octets, in hexadecimal.
    Octets(String),
    /// An address.
    Address {
        /// Its type of number.
        ton: u8,
        /// Its numbering plan.
        npi: u8,
        /// The address itself.
        digits: String,
    },
    /// A message's content.
    Content(Content),
    /// Several values.
    Several(Vec<Value>),
}

/// A message's content.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// Its length in octets, header included.
    pub octets: usize,
    /// Its user data header in hexadecimal, if it has one.
    pub header: Option<String>,
    /// Its text by `data_coding`; `None` if it is data. The default alphabet is read as GSM 7-bit.
    pub text: Option<String>,
    /// Its octets without the header, in hexadecimal.
    pub data: String,
}

/// Describes a PDU; `None` if its header is incomplete.
#[must_use]
pub fn describe(octets: &[u8]) -> Option<Described> {
    if framed::is_frame(octets) {
        return framed::describe(octets);
    }
    if web::is_message(octets) {
        return Some(web::describe(octets));
    }
    if lines::is_line(octets) {
        return Some(lines::describe(octets));
    }
    let frame = Frame::whole(octets)?;
    let Header { command, status, sequence, .. } = frame.header;
    let has_status = command.is_response() || !status.is_ok();
    let mut described = Described {
        command: command.name().map_or_else(|| format!("0x{:08X}", command.0), str::to_owned),
        sequence: Some(sequence),
        status: has_status.then(|| (status.0, status.name())),
        fields: Vec::new(),
        parameters: Vec::new(),
        mistake: None,
    };
    match frame.decode() {
        Ok(pdu) => fields::of(&pdu, &mut described),
        Err(error) => {
            described.mistake = Some(error.to_string());
            described.fields.push(("body", Value::Octets(hexadecimal(frame.body))));
        }
    }
    Some(described)
}

/// A C-octet string; octets that are no UTF-8 are replaced.
fn word(octets: &[u8]) -> Value {
    Value::Word(String::from_utf8_lossy(octets).into_owned())
}

fn hexadecimal(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// A message's content, read by `esm_class` and `data_coding`.
fn content(octets: &[u8], esm_class: u8, data_coding: u8) -> Value {
    let split = (esm_class & 0x40 != 0).then(|| header::split_off(octets)).flatten();
    let (header, data) = split.map_or((None, octets), |(header, data)| (Some(header), data));
    let coding = of_data_coding(data_coding);
    let text = (coding.encoding != Encoding::Octets && !coding.compressed)
        .then(|| segment::decode(coding.encoding, header.unwrap_or_default(), data));
    Value::Content(Content {
        octets: octets.len(),
        header: header.map(hexadecimal),
        text,
        data: hexadecimal(data),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use postrider_wire::smpp::pdu::{Destination, DestinationList, SubmitMulti, SubmitSm};
    use postrider_wire::smpp::tlv::tag;
    use postrider_wire::smpp::{Address, Encode, Status, TlvBuilder};

    fn described(pdu: &impl Encode) -> Described {
        let mut octets = BytesMut::new();
        pdu.encode(Status::RTHROTTLED, 7, &mut octets).unwrap();
        describe(&octets).unwrap()
    }

    fn field<'a>(described: &'a Described, name: &str) -> &'a Value {
        &described.fields.iter().find(|(found, _)| *found == name).unwrap().1
    }

    #[test]
    fn fields_and_parameters_have_their_names() {
        let mut tlvs = TlvBuilder::new();
        tlvs.push_u16(tag::SAR_MSG_REF_NUM, 0x1234);
        assert!(tlvs.push_string(tag::RECEIPTED_MESSAGE_ID, b"abc"));
        assert!(tlvs.push(0x1401, b"1107") && tlvs.push(0x1402, &[0, 0xFF]));
        let described = described(&SubmitSm {
            destination: Address::international(b"491700000001"),
            data_coding: 8,
            short_message: &[0x04, 0x1F],
            tlvs: tlvs.tlvs(),
            ..SubmitSm::default()
        });
        let status = Some((Status::RTHROTTLED.0, Some("ESME_RTHROTTLED")));
        assert_eq!(
            (described.command.as_str(), described.status, described.sequence),
            ("submit_sm", status, Some(7))
        );
        let digits = "491700000001".to_owned();
        assert_eq!(*field(&described, "destination_addr"), Value::Address { ton: 1, npi: 1, digits });
        assert_eq!(*field(&described, "data_coding"), Value::Number(8));
        let content =
            Content { octets: 2, header: None, text: Some("П".to_owned()), data: "041f".to_owned() };
        assert_eq!(*field(&described, "short_message"), Value::Content(content));
        let named: Vec<_> =
            described.parameters.iter().map(|found| (found.name, found.value.clone())).collect();
        let expected = [
            (Some("sar_msg_ref_num"), Value::Number(0x1234)),
            (Some("receipted_message_id"), Value::Word("abc".to_owned())),
            (None, Value::Word("1107".to_owned())),
            (None, Value::Octets("00ff".to_owned())),
        ];
        assert_eq!(named, expected);
    }

    #[test]
    fn a_header_stands_apart_from_its_text() {
        let part =
            SubmitSm { esm_class: 0x40, short_message: b"\x05\0\x03\x07\x02\x01part", ..SubmitSm::default() };
        let content = Content {
            octets: 10,
            header: Some("0003070201".to_owned()),
            text: Some("part".to_owned()),
            data: "70617274".to_owned(),
        };
        assert_eq!(*field(&described(&part), "short_message"), Value::Content(content));
        let binary = SubmitSm { data_coding: 4, short_message: &[1, 2], ..SubmitSm::default() };
        let content = Content { octets: 2, header: None, text: None, data: "0102".to_owned() };
        assert_eq!(*field(&described(&binary), "short_message"), Value::Content(content));
    }

    #[test]
    fn several_destinations_are_several() {
        let mut destinations = DestinationList::default();
        destinations.push(&Destination::Address(Address::international(b"4917"))).unwrap();
        destinations.push(&Destination::List(b"friends")).unwrap();
        let multi = SubmitMulti { destinations: destinations.destinations(), ..SubmitMulti::default() };
        let several =
            [Value::Address { ton: 1, npi: 1, digits: "4917".to_owned() }, Value::Word("friends".to_owned())];
        assert_eq!(*field(&described(&multi), "dest_address"), Value::Several(several.to_vec()));
    }

    #[test]
    fn what_can_not_be_read_is_shown_as_it_came() {
        let mut octets = BytesMut::new();
        SubmitSm::default().encode(Status::ROK, 7, &mut octets).unwrap();
        let described = describe(&octets[..20]).unwrap();
        assert!(described.mistake.is_some_and(|words| words.contains("destination_addr")));
        assert_eq!(described.fields, [("body", Value::Octets("00000000".to_owned()))]);
        assert_eq!(describe(&octets[..15]), None);
    }
}
