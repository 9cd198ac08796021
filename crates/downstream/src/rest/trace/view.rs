//! PDUs as JSON.

use jiff::Timestamp;
use postrider_trace::{Content, Direction, Packet, Parameter, Party, Value, describe};
use serde::{Serialize, Serializer};
use std::net::SocketAddr;
use std::time::SystemTime;
use utoipa::ToSchema;

/// Recent PDUs.
#[derive(Serialize, ToSchema)]
#[schema(as = PduList)]
pub(in crate::rest) struct RecentPdus<'a> {
    /// The PDUs, the oldest first.
    pub(super) pdus: Vec<PduView<'a>>,
}

/// A PDU of a link; of UCP and CIMD2 a frame, of HTTP a request or an answer. Passwords are masked by stars, and so are texts and numbers unless `unmask` was set.
#[derive(Serialize, ToSchema)]
#[schema(as = Pdu)]
pub(in crate::rest) struct PduView<'a> {
    /// When it was read or written, to the microsecond.
    #[schema(format = "date-time")]
    at: String,
    /// The upstream that it went to or came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    upstream: Option<&'a str>,
    /// The number of the upstream's link, as in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<usize>,
    /// The account whose client it went to or came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
    /// The number of the connection, counted from the start of the gateway.
    connection: u64,
    /// The gateway's address.
    #[schema(value_type = String)]
    local: SocketAddr,
    /// The peer's address.
    #[schema(value_type = String)]
    peer: SocketAddr,
    /// The direction, seen from the gateway.
    direction: DirectionWord,
    /// The command's name, such as `submit_sm`, or its number; of UCP and CIMD2 the operation, such as `51 submit short message`; of HTTP
    /// method and target, or the status.
    command: String,
    /// The sequence number, the same in request and response; absent from HTTP.
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u32>,
    /// The command status; absent from requests, which have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<StatusView>,
    /// The mandatory fields by name. A value is a number, a string, `{"ton","npi","digits"}` for an address,
    /// `{"octets","header","text","hex"}` for a message's content, `{"hex"}` for other octets, or a list of these.
    #[serde(serialize_with = "by_name")]
    #[schema(value_type = serde_json::Map<String, serde_json::Value>)]
    fields: Vec<(&'static str, Value)>,
    /// The optional parameters (TLVs).
    parameters: Vec<ParameterView>,
    /// What is wrong, if the PDU can't be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    mistake: Option<String>,
    /// The length in octets.
    octets: usize,
    /// Whether it was too long to be recorded whole.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    /// The whole PDU in hexadecimal.
    raw: String,
}

/// The direction of a PDU.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Direction)]
enum DirectionWord {
    /// To the gateway.
    In,
    /// From the gateway.
    Out,
}

/// The command status of a response.
#[derive(Serialize, ToSchema)]
#[schema(as = PduStatus)]
struct StatusView {
    /// The number, such as 0.
    code: u32,
    /// The name, such as `ESME_ROK`; absent if the status is vendor-specific.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
}

/// An optional parameter.
#[derive(Serialize, ToSchema)]
#[schema(as = PduParameter)]
struct ParameterView {
    /// The tag, such as `0x0424`.
    tag: String,
    /// The name, such as `message_payload`; absent if the tag is vendor-specific.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'static str>,
    /// The value, in one of the forms of `fields`.
    #[schema(value_type = serde_json::Value)]
    value: Shown,
}

/// A value as JSON.
struct Shown(Value);

/// The PDU as JSON; `None` if it doesn't have a whole header.
pub(super) fn view(packet: &Packet) -> Option<PduView<'_>> {
    let described = describe(&packet.octets)?;
    let (mut upstream, mut link, mut account) = (None, None, None);
    match packet.origin.party.as_deref() {
        Some(Party::Upstream { name, link: index }) => (upstream, link) = (Some(&**name), Some(*index)),
        Some(Party::Account { name }) => account = Some(&**name),
        None => {}
    }
    Some(PduView {
        at: micros(packet.at),
        upstream,
        link,
        account,
        connection: packet.origin.connection,
        local: packet.origin.ends.local,
        peer: packet.origin.ends.peer,
        direction: match packet.direction {
            Direction::In => DirectionWord::In,
            Direction::Out => DirectionWord::Out,
        },
        command: described.command,
        sequence: described.sequence,
        status: described.status.map(|(code, name)| StatusView { code, name }),
        fields: described.fields,
        parameters: described.parameters.into_iter().map(parameter).collect(),
        mistake: described.mistake,
        octets: packet.length,
        cut: packet.is_cut(),
        raw: packet.octets.iter().map(|octet| format!("{octet:02x}")).collect(),
    })
}

fn parameter(Parameter { tag, name, value }: Parameter) -> ParameterView {
    ParameterView { tag: format!("0x{tag:04X}"), name, value: Shown(value) }
}

/// A time of this machine's clock, to the microsecond.
fn micros(at: SystemTime) -> String {
    Timestamp::try_from(at).map_or_else(|_| String::new(), |at| format!("{at:.6}"))
}

fn by_name<S: Serializer>(fields: &[(&'static str, Value)], to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(fields.iter().map(|(name, value)| (name, Shown(value.clone()))))
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Value::Number(number) => to.serialize_u64(*number),
            Value::Word(word) => to.serialize_str(word),
            Value::Octets(hex) => to.collect_map([("hex", hex)]),
            Value::Address { ton, npi, digits } => Address { ton: *ton, npi: *npi, digits }.serialize(to),
            Value::Content(Content { octets, header, text, data }) => {
                let (header, text) = (header.as_deref(), text.as_deref());
                Written { octets: *octets, header, text, hex: data }.serialize(to)
            }
            Value::Several(values) => to.collect_seq(values.iter().cloned().map(Shown)),
        }
    }
}

#[derive(Serialize)]
struct Address<'a> {
    ton: u8,
    npi: u8,
    digits: &'a str,
}

#[derive(Serialize)]
struct Written<'a> {
    octets: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    header: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    hex: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::BytesMut;
    use postrider_trace::{Ends, Recorder, Wanted};
    use postrider_wire::smpp::pdu::SubmitSm;
    use postrider_wire::smpp::tlv::tag;
    use postrider_wire::smpp::{Address, Encode, Status, TlvBuilder};
    use serde_json::json;

    fn shown(unmask: bool) -> serde_json::Value {
        let recorder = Recorder::new();
        let ends = Ends { local: "10.0.0.1:40000".parse().unwrap(), peer: "10.0.0.2:2775".parse().unwrap() };
        let tape = recorder.upstream("acme", 1, ends);
        let mut tlvs = TlvBuilder::new();
        tlvs.push_u8(tag::SAR_TOTAL_SEGMENTS, 2);
        let mut octets = BytesMut::new();
        SubmitSm {
            destination: Address::international(b"491700000001"),
            short_message: b"Hello",
            tlvs: tlvs.tlvs(),
            ..SubmitSm::default()
        }
        .encode(Status::ROK, 7, &mut octets)
        .unwrap();
        tape.record(SystemTime::UNIX_EPOCH, Direction::Out, &octets);
        let packet = recorder.recent(&Wanted::default(), 1).remove(0);
        let packet = if unmask { packet } else { packet.masked() };
        serde_json::to_value(view(&packet).unwrap()).unwrap()
    }

    #[test]
    fn a_pdu_is_shown_with_all_its_fields() {
        let pdu = shown(true);
        assert_eq!(
            (&pdu["upstream"], &pdu["link"], &pdu["direction"]),
            (&json!("acme"), &json!(1), &json!("out"))
        );
        assert_eq!(
            (&pdu["command"], &pdu["sequence"], pdu.get("status")),
            (&json!("submit_sm"), &json!(7), None)
        );
        assert_eq!(
            pdu["fields"]["destination_addr"],
            json!({ "ton": 1, "npi": 1, "digits": "491700000001" })
        );
        let text = json!({ "octets": 5, "text": "Hello", "hex": "48656c6c6f" });
        assert_eq!(pdu["fields"]["short_message"], text);
        let parameter = json!({ "tag": "0x020E", "name": "sar_total_segments", "value": 2 });
        assert_eq!(pdu["parameters"], json!([parameter]));
        assert_eq!(
            pdu["raw"].as_str().unwrap().len(),
            2 * usize::try_from(pdu["octets"].as_u64().unwrap()).unwrap()
        );
    }

    #[test]
    fn a_masked_pdu_hides_content_in_every_form() {
        let pdu = shown(false);
        assert_eq!(pdu["fields"]["destination_addr"]["digits"], "4917******01");
        let text = json!({ "octets": 5, "text": "*****", "hex": "2a2a2a2a2a" });
        assert_eq!(pdu["fields"]["short_message"], text);
        let all = pdu.to_string();
        assert!(!all.contains("48656c6c6f") && !all.contains("313730303030"), "{all}");
    }
}
