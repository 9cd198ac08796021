//! Applications of each protocol, that say what is meant.

use super::carriers::Behind;
use super::{Meant, Way};
use crate::harness::{Client, Http, Older, OlderClient, digits, eventually, password_of};
use postrider_text::{Encoding, gsm, segment, ucs2};
use postrider_wire::cimd2::special;
use postrider_wire::smpp::pdu::{BindMode, SubmitSm};
use postrider_wire::smpp::time::Civil;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Npi, TlvBuilder, Ton};
use postrider_wire::ucp::time;
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// "Postrider" as UCP writes a name.
const POSTRIDER: &str = "10D0F79C2E4F93CB72";

pub(super) enum Caller {
    Rest(Http),
    Smpp(Client),
    Ucp(OlderClient),
    Cimd2(OlderClient),
}

/// A piece of user data: the header without its length octet, the encoding, and the octets.
type Piece = (Vec<u8>, Encoding, Vec<u8>);

/// What an application that cuts texts itself writes.
fn pieces(meant: Meant) -> Vec<Piece> {
    if let Some((header, data)) = meant.data {
        return vec![(header.to_vec(), Encoding::Octets, data.to_vec())];
    }
    let cut = segment::split(meant.text, 0x2A, &segment::Options::default());
    cut.parts.into_iter().map(|part| (part.header, cut.encoding, part.data)).collect()
}

/// The header with its length octet.
fn prefixed(header: &[u8]) -> Vec<u8> {
    if header.is_empty() { Vec::new() } else { [&[header.len() as u8], header].concat() }
}

/// The TP-DCS of a message, class and all.
fn coding(meant: Meant, encoding: Encoding) -> u8 {
    let class = if meant.flash { Some(0) } else { meant.class };
    meant.coding.unwrap_or_else(|| postrider_text::coding::data_coding(encoding, class))
}

impl Caller {
    pub(super) async fn start(way: Way, behind: &Behind) -> Self {
        let password = password_of("shop");
        match way {
            Way::Rest => Self::Rest(behind.gateway.http("shop")),
            Way::Smpp => Self::Smpp(behind.gateway.smpp("shop", BindMode::Transceiver).await),
            Way::Ucp => Self::Ucp(OlderClient::logged_in(Older::Ucp, behind.ucp, "shop", &password).await),
            Way::Cimd2 => {
                Self::Cimd2(OlderClient::logged_in(Older::Cimd2, behind.cimd2, "shop", &password).await)
            }
        }
    }

    /// Submits a message, and returns the name that its end is told under.
    pub(super) async fn submit(&mut self, to: &str, meant: Meant) -> String {
        match self {
            Self::Rest(http) => http.send_with(json_of(to, meant)).await,
            Self::Smpp(client) => by_smpp(client, to, meant).await,
            Self::Ucp(client) => by_ucp(client, to, meant).await,
            Self::Cimd2(client) => by_cimd2(client, to, meant).await,
        }
    }

    /// The end of a message as the application is told it: state and code.
    pub(super) async fn end(&mut self, to: &str, name: &str) -> String {
        match self {
            Self::Rest(http) => {
                let ended = eventually("the end", async || {
                    let message = http.message(name).await;
                    let state = message["state"].as_str().unwrap().to_owned();
                    matches!(&*state, "delivered" | "undelivered").then_some((state, message))
                });
                let (state, message) = ended.await;
                format!("{state} {}", message["error"]["carrier_code"].as_str().unwrap_or_default())
            }
            Self::Smpp(client) => {
                let receipt = client.receipt().await;
                assert_eq!(receipt.id, name);
                format!("{} {}", receipt.stat, receipt.err)
            }
            Self::Ucp(client) => {
                let told = client.told().await;
                let fields: Vec<&str> = told.split('/').skip(2).collect();
                assert_eq!((fields[1], fields[14]), (to, name), "{told}");
                format!("{} {}", fields[15], fields[16])
            }
            Self::Cimd2(client) => {
                let told = client.told().await;
                let of = |code: &str| {
                    let parameter = told.split('\t').find_map(|it| it.strip_prefix(code));
                    parameter.unwrap_or_default().to_owned()
                };
                assert_eq!((of("021:").as_str(), of("060:").as_str()), (to, name), "{told}");
                format!("{} {}", of("061:"), of("062:"))
            }
        }
    }
}

fn json_of(to: &str, meant: Meant) -> Value {
    let mut message = json!({ "to": format!("+{to}"), "from": meant.from });
    let mut parameters = json!({});
    match (meant.data, meant.coding) {
        (Some((header, data)), _) => {
            (message["udh"], message["data"]) = (json!(digits(header)), json!(digits(data)));
        }
        (None, Some(coding)) => {
            let mut septets = Vec::new();
            gsm::encode(meant.text, &mut septets).unwrap();
            (message["data"], message["encoding"]) = (json!(digits(&septets)), json!("gsm7"));
            parameters["data_coding"] = json!(coding);
        }
        (None, None) => message["text"] = json!(meant.text),
    }
    if meant.flash {
        message["flash"] = json!(true);
    }
    if let Some(class) = meant.class {
        parameters["message_class"] = json!(class);
    }
    if meant.protocol != 0 {
        parameters["protocol_id"] = json!(meant.protocol);
    }
    if meant.has_parameter {
        parameters["0x1400"] = json!({ "hex": "AB" });
    }
    if meant.for_an_hour {
        message["valid_for"] = json!("1h");
    }
    message["parameters"] = parameters;
    message
}

async fn by_smpp(client: &Client, to: &str, meant: Meant) -> String {
    let source = match meant.from {
        from if from.starts_with('+') => Address::international(&from.as_bytes()[1..]),
        from if from.bytes().all(|octet| octet.is_ascii_digit()) => {
            Address::new(Ton::UNKNOWN, Npi::UNKNOWN, from.as_bytes())
        }
        from => Address::alphanumeric(from.as_bytes()),
    };
    // SMPP takes a long text whole.
    let (mut octets, mut encoding) = (Vec::new(), Encoding::Gsm7);
    if let Some((header, data)) = meant.data {
        octets.extend([prefixed(header), data.to_vec()].concat());
        encoding = Encoding::Octets;
    } else if gsm::encode(meant.text, &mut octets).is_err() {
        octets.clear();
        ucs2::encode(meant.text, &mut octets);
        encoding = Encoding::Ucs2;
    }
    let mut tlvs = TlvBuilder::new();
    let is_long = octets.len() > 160;
    if is_long {
        assert!(tlvs.push(tag::MESSAGE_PAYLOAD, &octets));
    }
    if meant.has_parameter {
        assert!(tlvs.push(0x1400, &[0xAB]));
    }
    let message = SubmitSm {
        source,
        destination: Address::international(to.as_bytes()),
        esm_class: if meant.data.is_some() { 0x40 } else { 0 },
        protocol_id: meant.protocol,
        priority_flag: meant.priority,
        validity_period: if meant.for_an_hour { b"000000010000000R" } else { b"" },
        registered_delivery: meant.wants_receipt.into(),
        data_coding: coding(meant, encoding),
        short_message: if is_long { b"" } else { &octets },
        tlvs: tlvs.tlvs(),
        ..SubmitSm::default()
    };
    client.submit(&message).await
}

async fn by_ucp(client: &mut OlderClient, to: &str, meant: Meant) -> String {
    let mut stamp = String::new();
    for (header, encoding, data) in pieces(meant) {
        let mut fields = vec![String::new(); 33];
        fields[0] = to.to_owned();
        let (sender, kind) = match meant.from {
            "Postrider" => (POSTRIDER, "5039"),
            from if from.starts_with('+') => (&from[1..], "1139"),
            from => (from, ""),
        };
        (fields[1], fields[28]) = (sender.to_owned(), kind.to_owned());
        if meant.wants_receipt {
            (fields[3], fields[5]) = ("1".to_owned(), "3".to_owned());
        }
        if meant.for_an_hour {
            fields[12] = in_an_hour();
        }
        if meant.protocol != 0 {
            fields[13] = format!("{:04}", meant.protocol);
        }
        if meant.priority != 0 {
            fields[22] = meant.priority.to_string();
        }
        let is_text = encoding == Encoding::Gsm7;
        fields[18] = if is_text { "3" } else { "4" }.to_owned();
        fields[19] = if is_text { String::new() } else { (data.len() * 8).to_string() };
        fields[20] = digits(&data);
        let class = if meant.flash { Some(0) } else { meant.class };
        fields[24] = class.map(|class| class.to_string()).unwrap_or_default();
        let mut services = Vec::new();
        if !header.is_empty() {
            services.extend([&[0x01, header.len() as u8 + 1], &*prefixed(&header)].concat());
        }
        if !is_text || meant.coding.is_some() {
            let plain = Meant { flash: false, class: None, ..meant };
            services.extend([0x02, 0x01, coding(plain, encoding)]);
        }
        fields[30] = digits(&services);
        let answer = client.asks(&format!("O/51/{}/", fields.join("/"))).await;
        let taken = answer.strip_prefix(&format!("R/51/A//{to}:")).unwrap_or_else(|| panic!("{answer}"));
        stamp = taken.trim_end_matches('/').to_owned();
    }
    stamp
}

/// The minute after the next hour, as UCP writes it.
fn in_an_hour() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
    let then = Civil::from_unix_ms(now + 3_660_000);
    String::from_utf8(time::minute(then).to_vec()).unwrap()
}

async fn by_cimd2(client: &mut OlderClient, to: &str, meant: Meant) -> String {
    let mut stamp = String::new();
    for (header, encoding, data) in pieces(meant) {
        let sender = if meant.from == "Postrider" { "027" } else { "023" };
        let mut frame = format!("03\t021:{to}\t{sender}:{}\t", meant.from);
        let coding = coding(meant, encoding);
        if coding != 0 {
            frame += &format!("030:{coding}\t");
        }
        if !header.is_empty() {
            frame += &format!("032:{}\t", digits(&prefixed(&header)));
        }
        frame += &match encoding {
            Encoding::Gsm7 => format!("033:{}\t", String::from_utf8(special::write(&data)).unwrap()),
            _ => format!("034:{}\t", digits(&data)),
        };
        if meant.for_an_hour {
            frame += "050:11\t";
        }
        if meant.protocol != 0 {
            frame += &format!("052:{}\t", meant.protocol);
        }
        if meant.priority != 0 {
            frame += &format!("067:{}\t", meant.priority);
        }
        frame += if meant.wants_receipt { "056:14\t" } else { "056:0\t" };
        let answer = client.asks(&frame).await;
        let taken = answer.strip_prefix(&format!("53\t021:{to}\t060:")).unwrap_or_else(|| panic!("{answer}"));
        stamp = taken.trim_end_matches('\t').to_owned();
    }
    stamp
}
