//! How PDUs are put into octets.

use super::Manner;
use super::value::{choice, number};
use crate::twist::{Rule, Sequence, Twist, Which, pdu};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Command, Status};

/// The sequence number of PDUs that nobody's session knows of.
const OUTSIDE: u32 = 0x6000_0101;

/// A command_id that no version of SMPP has.
const NO_COMMAND: Command = Command(0x0001_0001);

/// A tag that belongs to a vendor.
const VENDOR: u16 = 0x1400;

pub(super) const MANNERS: &[Manner] = &[
    Manner::either("one-octet-writes", "writes every octet by itself", |to, _| {
        to.one_by_one = true;
        Ok(())
    }),
    Manner::either("speaks-http", "speaks HTTP on the first connection", |to, _| {
        let words = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_vec();
        to.add(Rule::new(Which::Beginning, Twist::Before(words)).connections(1));
        Ok(())
    }),
    Manner::either("huge-length", "begins the first connection with a PDU of two gigabytes", |to, _| {
        let header = b"\x7f\xff\xff\xff\0\0\0\x15\0\0\0\0\0\0\0\x01".to_vec();
        to.add(Rule::new(Which::Beginning, Twist::Before(header)).connections(1));
        Ok(())
    }),
    Manner::either("sequence", "numbers its requests so", |to, value| {
        to.sequence = choice(
            value,
            &[
                ("zero", Sequence::Zero),
                ("high", Sequence::High),
                ("random", Sequence::Random),
                ("short", Sequence::Short),
            ],
        )?;
        Ok(())
    })
    .takes("zero, high, random, short", "high"),
    Manner::either("status-in-requests", "has a command_status in its requests", |to, _| {
        to.twist(Which::Request, Twist::Status(Status::RSYSERR.0));
        Ok(())
    }),
    Manner::either(
        "nul-after-text",
        "writes a NUL after short_message that sm_length doesn't count",
        |to, _| {
            to.twist(Which::Message, Twist::NulAfterText { counted: false });
            Ok(())
        },
    ),
    Manner::either("nul-in-text", "writes a NUL after short_message that sm_length counts", |to, _| {
        to.twist(Which::Message, Twist::NulAfterText { counted: true });
        Ok(())
    }),
    Manner::either("text-length", "says this sm_length, whatever the text", |to, value| {
        to.twist(Which::Message, Twist::TextLength(number(value)?));
        Ok(())
    })
    .takes("NUMBER", "250"),
    Manner::either("trailing-octets", "writes three octets after the last parameter", |to, _| {
        to.twist(Which::Message, Twist::Append(b"\0\x01\x02".to_vec()));
        Ok(())
    }),
    Manner::either("unknown-tlvs", "adds parameters of its own to messages and their answers", |to, _| {
        to.twist(Which::Message, Twist::Parameter(VENDOR, b"1001234567890\0".to_vec()));
        to.twist(Which::MessageResp, Twist::Parameter(VENDOR, b"1001234567890\0".to_vec()));
        Ok(())
    }),
    Manner::either("truncated-tlv", "announces more octets of the last parameter than there are", |to, _| {
        to.twist(Which::Message, Twist::Append(b"\x14\0\0\x28ab".to_vec()));
        Ok(())
    }),
    Manner::either("tlvs-twice", "says every parameter again, with another value", |to, _| {
        to.twist(Which::Message, Twist::Repeat);
        Ok(())
    }),
    Manner::either("tlvs-reversed", "writes parameters in the opposite order", |to, _| {
        to.twist(Which::Message, Twist::Reverse);
        Ok(())
    }),
    Manner::either(
        "unknown-command",
        "sends a request that no version knows before each message",
        |to, _| {
            to.twist(Which::Message, Twist::Before(pdu(NO_COMMAND, OUTSIDE, b"hello\0")));
            Ok(())
        },
    ),
    Manner::either(
        "unknown-response",
        "sends an answer that no version knows before each message",
        |to, _| {
            let command = Command(NO_COMMAND.0 | Command::GENERIC_NACK.0);
            to.twist(Which::Message, Twist::Before(pdu(command, OUTSIDE, b"hello\0")));
            Ok(())
        },
    ),
    Manner::either("stray-answers", "answers what nobody asked before each answer to a message", |to, _| {
        to.twist(Which::MessageResp, Twist::Before(pdu(Command::SUBMIT_SM_RESP, OUTSIDE, b"4711\0")));
        Ok(())
    }),
    Manner::either(
        "stray-nacks",
        "sends a generic_nack with the number 0 before each answer to a message",
        |to, _| {
            to.twist(Which::MessageResp, Twist::Before(pdu(Command::GENERIC_NACK, 0, b"")));
            Ok(())
        },
    ),
    Manner::either("answers-twice", "answers each message twice", |to, _| {
        to.twist(Which::MessageResp, Twist::Twice);
        Ok(())
    }),
    Manner::either("answers-with-tlvs", "has parameters in answers to messages", |to, _| {
        to.twist(Which::MessageResp, Twist::Parameter(tag::ADDITIONAL_STATUS_INFO_TEXT, b"fine\0".to_vec()));
        Ok(())
    }),
];
