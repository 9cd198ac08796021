//! Manners of clients.

use super::Manner;
use super::value::{choice, number, status, string, time};
use crate::client::{Carrying, Errand, Response, Units};
use crate::twist::{Rule, Twist, Which, pdu};
use postrider_text::Alphabet;
use postrider_wire::smpp::pdu::BindMode;
use postrider_wire::smpp::{Command, Status};

/// Mandatory fields of submit_sm by their places (SMPP 3.4 section 4.4.1).
const SERVICE_TYPE: usize = 0;
const SOURCE: usize = 3;
const DESTINATION: usize = 6;
const ESM_CLASS: usize = 7;
const PROTOCOL_ID: usize = 8;
const PRIORITY: usize = 9;
const VALIDITY: usize = 11;
const REGISTERED_DELIVERY: usize = 12;
const REPLACE_IF_PRESENT: usize = 13;
const DATA_CODING: usize = 14;
const TEXT: usize = 16;

pub(super) const MANNERS: &[Manner] = &[
    Manner::client("system-type", "has this system_type in its bind", |to, value| {
        value.clone_into(&mut to.system_type);
        Ok(())
    })
    .takes("WORD", "WWW"),
    Manner::client("address-range", "has this address_range in its bind", |to, value| {
        value.clone_into(&mut to.address_range);
        Ok(())
    })
    .takes("RANGE", "*"),
    Manner::client("version", "has this interface_version in its bind", |to, value| {
        to.version = number(value)?;
        Ok(())
    })
    .takes("NUMBER", "0x50"),
    Manner::client("bind-without-last-nul", "leaves out the last NUL of its bind", |to, _| {
        to.octets.twist(Which::Bind, Twist::Cut(1));
        Ok(())
    }),
    Manner::client("submits-at-once", "hands in texts before its bind is answered", |to, _| {
        to.hurried = true;
        Ok(())
    }),
    Manner::client("submits-as-receiver", "hands in texts on a receiver's bind", |to, _| {
        to.octets.twist(Which::Bind, Twist::Command(Command::BIND_RECEIVER));
        to.hurried = true;
        Ok(())
    }),
    Manner::client("client-never-enquires", "never sends enquire_link", |to, _| {
        to.enquire_link = None;
        Ok(())
    }),
    Manner::client(
        "enquires-with-body",
        "sends enquire_link with a body, whenever it heard nothing for so long",
        |to, value| {
            to.enquire_link = Some(time(value)?);
            to.octets.twist(Which::EnquireLink, Twist::Body(b"alive?\0".to_vec()));
            Ok(())
        },
    )
    .takes("TIME", "20ms"),
    Manner::client("service-type", "has this service_type in its messages", |to, value| {
        to.octets.twist(Which::Message, Twist::Field(SERVICE_TYPE, string(value)));
        Ok(())
    })
    .takes("WORD", "CMT"),
    Manner::client("no-source", "names no sender", |to, _| {
        to.octets.twist(Which::Message, Twist::Field(SOURCE, string("")));
        Ok(())
    }),
    Manner::client("number-prefix", "writes this before the recipient's number", |to, value| {
        to.octets.twist(Which::Message, Twist::Prefix(DESTINATION, value.into()));
        Ok(())
    })
    .takes("CHARACTERS", "+"),
    Manner::client("esm-class", "has this esm_class in a message of one part", |to, value| {
        to.texts.truncate(1);
        to.octets.twist(Which::Message, Twist::Field(ESM_CLASS, vec![number(value)?]));
        Ok(())
    })
    .takes("NUMBER", "0x03"),
    Manner::client("protocol-id", "has this protocol_id in its messages", |to, value| {
        to.octets.twist(Which::Message, Twist::Field(PROTOCOL_ID, vec![number(value)?]));
        Ok(())
    })
    .takes("NUMBER", "0x41"),
    Manner::client("priority", "has this priority_flag in its messages", |to, value| {
        to.octets.twist(Which::Message, Twist::Field(PRIORITY, vec![number(value)?]));
        Ok(())
    })
    .takes("NUMBER", "5"),
    Manner::client("replace-if-present", "has this replace_if_present_flag in its messages", |to, value| {
        to.octets.twist(Which::Message, Twist::Field(REPLACE_IF_PRESENT, vec![number(value)?]));
        Ok(())
    })
    .takes("NUMBER", "1"),
    Manner::client("validity", "has this validity_period in its messages", |to, value| {
        to.octets.twist(Which::Message, Twist::Field(VALIDITY, string(value)));
        Ok(())
    })
    .takes("TIME", "000030000000000R"),
    Manner::client("registered-delivery", "has this registered_delivery in its messages", |to, value| {
        to.registered_delivery = number(value)?;
        to.octets.twist(Which::Message, Twist::Field(REGISTERED_DELIVERY, vec![to.registered_delivery]));
        Ok(())
    })
    .takes("NUMBER", "0x11"),
    Manner::client("data-coding", "has this data_coding in a message of one part", |to, value| {
        to.texts.truncate(1);
        to.octets.twist(Which::Message, Twist::Field(DATA_CODING, vec![number(value)?]));
        Ok(())
    })
    .takes("NUMBER", "0x03"),
    Manner::client("alphabet", "means this alphabet by data_coding 0", |to, value| {
        to.alphabet = Some(choice(value, &[("latin1", Alphabet::Latin1), ("utf8", Alphabet::Utf8)])?);
        "Zwölf Boxkämpfer".clone_into(&mut to.texts[0]);
        Ok(())
    })
    .takes("latin1, utf8", "latin1"),
    Manner::client("ucs2", "writes UCS-2 that isn't as it should be", |to, value| {
        let words = [("little-endian", Units::Little), ("marked", Units::Marked), ("odd", Units::Odd)];
        to.units = choice(value, &words)?;
        to.texts = vec!["Your code is 4711 🥐".to_owned()];
        Ok(())
    })
    .takes("little-endian, marked, odd", "little-endian"),
    Manner::client("empty-text", "hands in a message without a text", |to, _| {
        to.texts = vec![String::new()];
        to.octets.twist(Which::Message, Twist::Field(TEXT, vec![0]));
        Ok(())
    }),
    Manner::client("long", "sends long texts so", |to, value| {
        to.carrying = choice(
            value,
            &[
                ("udh16", Carrying::WideHeader),
                ("udh-unmarked", Carrying::SecretHeader),
                ("sar", Carrying::Sar),
                ("sar-from-zero", Carrying::SarFromZero),
                ("sar-and-udh", Carrying::HeaderAndSar),
                ("udh-in-payload", Carrying::HeaderInPayload),
                ("payload", Carrying::Payload),
                ("both", Carrying::Both),
            ],
        )?;
        Ok(())
    })
    .takes("udh16, udh-unmarked, sar, sar-from-zero, sar-and-udh, udh-in-payload, payload, both", "sar"),
    Manner::client("parts-backwards", "sends the last part of a text first", |to, _| {
        to.backwards = true;
        Ok(())
    }),
    Manner::client("asks-afterwards", "asks this about its first text", |to, value| {
        to.errands.push(choice(
            value,
            &[("query", Errand::Query), ("cancel", Errand::Cancel), ("replace", Errand::Replace)],
        )?);
        Ok(())
    })
    .takes("query, cancel, replace", "query"),
    Manner::client("response-body", "writes after the header of a deliver_sm_resp", |to, value| {
        let body = choice(value, &[("nothing", &b""[..]), ("id", b"4711\0"), ("no-nul", b"4711")])?;
        to.octets.twist(Which::MessageResp, Twist::Body(body.to_vec()));
        Ok(())
    })
    .takes("nothing, id, no-nul", "nothing"),
    Manner::client("deliver-refused", "refuses deliver_sm, and takes data_sm alone", |to, _| {
        to.octets.twist(Which::DeliverResp, Twist::Status(Status::RINVCMDID.0));
        Ok(())
    }),
    Manner::client("response-refuses", "refuses the first receipt with this status", |to, value| {
        to.responses.push(Response::Status(status(value)?));
        Ok(())
    })
    .takes("STATUS", "0x14"),
    Manner::client("response-forgotten", "never answers the first receipt", |to, _| {
        to.responses.push(Response::Never);
        to.patience = std::time::Duration::from_secs(60);
        Ok(())
    }),
    Manner::client("window-of-one", "waits for each answer before it goes on", |to, _| {
        to.window = 1;
        Ok(())
    }),
    Manner::client(
        "hangs-up",
        "closes the connection before its receipts come, and fetches them on another",
        |to, _| {
            to.hangs_up = true;
            Ok(())
        },
    ),
    Manner::client("leaves", "closes the connection without unbinding", |to, _| {
        to.leaves = true;
        Ok(())
    }),
    Manner::client("transmitter-only", "binds as a transmitter, and takes no receipts", |to, _| {
        to.mode = BindMode::Transmitter;
        to.registered_delivery = 0;
        Ok(())
    }),
    Manner::client("outbinds", "sends outbind, which only carriers may, before its bind", |to, _| {
        let outbind = pdu(Command::OUTBIND, 0x6000_0001, b"esme\0secret\0");
        to.octets.add(Rule::new(Which::Beginning, Twist::Before(outbind)));
        Ok(())
    }),
];
