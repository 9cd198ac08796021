//! Manners of sessions: events besides messages, and ends.

use super::Manner;
use super::value::{number, status, time};
use crate::twist::{Rule, Twist, Which, pdu};
use postrider_wire::smpp::Command;

/// The sequence number of requests that nobody's session knows of.
const OUTSIDE: u32 = 0x6000_0001;

pub(super) const MANNERS: &[Manner] = &[
    Manner::carrier("outbind-first", "sends outbind on a connection that a client made", |to, _| {
        let outbind = pdu(Command::OUTBIND, OUTSIDE, b"smsc\0secret\0");
        to.octets.twist(Which::Beginning, Twist::Before(outbind));
        Ok(())
    }),
    Manner::carrier("enquires-before-bind", "sends enquire_link as soon as somebody connects", |to, _| {
        to.octets.twist(Which::Beginning, Twist::Before(pdu(Command::ENQUIRE_LINK, OUTSIDE, b"")));
        Ok(())
    }),
    Manner::carrier("enquires-before-bind-resp", "sends enquire_link before it answers a bind", |to, _| {
        to.octets.twist(Which::BindResp, Twist::Before(pdu(Command::ENQUIRE_LINK, OUTSIDE, b"")));
        Ok(())
    }),
    Manner::carrier("enquires-during-unbind", "sends enquire_link before it answers an unbind", |to, _| {
        to.octets.twist(Which::UnbindResp, Twist::Before(pdu(Command::ENQUIRE_LINK, OUTSIDE, b"")));
        Ok(())
    }),
    Manner::carrier("never-enquires", "never sends enquire_link", |to, _| {
        to.enquire_link = None;
        Ok(())
    }),
    Manner::carrier(
        "enquires-often",
        "sends enquire_link whenever it heard nothing for so long",
        |to, value| {
            to.enquire_link = Some(time(value)?);
            Ok(())
        },
    )
    .takes("TIME", "50ms"),
    Manner::either("enquire-unanswered", "never answers enquire_link", |to, _| {
        to.twist(Which::EnquireLinkResp, Twist::Vanish);
        Ok(())
    }),
    Manner::either("enquire-refused", "answers enquire_link with this status", |to, value| {
        to.twist(Which::EnquireLinkResp, Twist::Status(status(value)?.0));
        Ok(())
    })
    .takes("STATUS", "0x08"),
    Manner::either("enquire-resp-with-body", "answers enquire_link with a body", |to, _| {
        to.twist(Which::EnquireLinkResp, Twist::Body(b"ok\0".to_vec()));
        Ok(())
    }),
    Manner::carrier("idle-cut", "closes a connection that was silent for so long", |to, value| {
        to.idle = Some(time(value)?);
        Ok(())
    })
    .takes("TIME", "2s"),
    Manner::carrier("inbound-at-bind", "brings a text of a handset together with the bind_resp", |to, _| {
        to.greeting = Some("Hello".to_owned());
        Ok(())
    }),
    Manner::carrier(
        "inbound-before-bind-resp",
        "brings a text of a handset before the bind_resp",
        |to, _| {
            to.greeting = Some("Hello".to_owned());
            to.octets.twist(Which::BindResp, Twist::Last);
            Ok(())
        },
    ),
    Manner::carrier(
        "inbound-at-any-bind",
        "brings a text of a handset after each bind, whatever its kind",
        |to, _| {
            let text = b"\0\x01\x01491700000001\0\x01\x011234\0\0\0\0\0\0\0\0\0\0\x05Hello";
            let deliver = pdu(Command::DELIVER_SM, OUTSIDE, text);
            to.octets.add(Rule::new(Which::BindResp, Twist::After(deliver)).granted());
            Ok(())
        },
    ),
    Manner::carrier("alert-notification", "sends an alert_notification after each bind", |to, _| {
        let alert = pdu(Command::ALERT_NOTIFICATION, OUTSIDE, b"\x01\x01491700000001\0\0\0shop\0");
        to.octets.add(Rule::new(Which::BindResp, Twist::After(alert)).granted());
        Ok(())
    }),
    Manner::carrier("unbind-after", "unbinds after so many messages", |to, value| {
        to.unbind_after = Some(number(value)?);
        Ok(())
    })
    .takes("NUMBER", "2"),
    Manner::carrier(
        "hang-up-after",
        "closes the connection after so many messages, without a word",
        |to, value| {
            to.hang_up_after = Some(number(value)?);
            Ok(())
        },
    )
    .takes("NUMBER", "2"),
    Manner::either("unbind-unanswered", "never answers unbind", |to, _| {
        to.twist(Which::UnbindResp, Twist::Vanish);
        Ok(())
    }),
    Manner::carrier("already-bound", "takes the bind before for a live one, so many times", |to, value| {
        to.refused_binds = Some((number(value)?, postrider_wire::smpp::Status::RALYBND));
        Ok(())
    })
    .takes("NUMBER", "1"),
    Manner::carrier("bind-displaces", "closes a client's other connections when it binds", |to, _| {
        to.displaces = true;
        Ok(())
    }),
];
