//! Receipts and inbound messages as operations 53 and 52.

use super::stamp;
use crate::carrier::State;
use crate::carrier::intake::Moment;
use crate::carrier::mail::{Endpoint, Inbound, Mail, Receipt};
use crate::carrier::part::UDHI;
use bytes::BytesMut;
use postrider_text::{Encoding, coding, header};
use postrider_wire::exchange::RequestError;
use postrider_wire::hex;
use postrider_wire::smpp::Ton;
use postrider_wire::ucp::operation::Message;
use postrider_wire::ucp::{Operation, Ot, Session, xser};

/// Sends one piece of mail to the client that logged in with this number.
///
/// # Errors
/// When the session doesn't take it; the mail is lost then, so look for room in its window first.
pub(super) fn post(
    mail: Mail,
    session: &mut Session<Mail>,
    login: &str,
    moment: Moment,
) -> Result<u32, RequestError> {
    match mail {
        Mail::Receipt(receipt) => notify(receipt, session, login, moment),
        Mail::Inbound(inbound) => deliver(&inbound, session, moment),
    }
}

fn notify(
    receipt: Receipt,
    session: &mut Session<Mail>,
    login: &str,
    moment: Moment,
) -> Result<u32, RequestError> {
    let (status, reason) = outcome(receipt.state);
    let mut text = BytesMut::new();
    hex::write(receipt.state.word().as_bytes(), &mut text);
    let (handset, client) = (receipt.handset.address(), receipt.client.address());
    let is_name = client.ton == Ton::ALPHANUMERIC;
    let (submitted, done) = (stamp(receipt.submitted), stamp(moment.clock));
    let fields = Message {
        adc: if is_name { login.as_bytes() } else { client.digits },
        oadc: handset.digits,
        scts: &submitted,
        dst: status,
        rsn: reason,
        dscts: &done,
        mt: b"3",
        msg: &text,
        ..Message::default()
    };
    let operation = Operation::Message(Ot::NOTIFY, Box::new(fields));
    session.request(&operation, Mail::Receipt(receipt), moment.now)
}

/// The status and the reason of a state (EMI/UCP 4.0, 5.4 and 7.2).
fn outcome(state: State) -> (&'static [u8], &'static [u8]) {
    match state {
        State::Delivered => (b"0", b"000"),
        State::Enroute | State::Accepted => (b"1", b"107"),
        State::Expired => (b"2", b"107"),
        State::Undeliverable => (b"2", b"108"),
        State::Rejected => (b"2", b"103"),
        State::Deleted => (b"2", b"110"),
        State::Unknown => (b"2", b"009"),
    }
}

fn deliver(inbound: &Inbound, session: &mut Session<Mail>, moment: Moment) -> Result<u32, RequestError> {
    let encoding = coding::of_data_coding(inbound.data_coding).encoding;
    let split = if inbound.esm_class & UDHI == 0 { None } else { header::split_off(&inbound.octets) };
    let (header, data) = split.unwrap_or((&[], &inbound.octets));
    let mut services = BytesMut::new();
    if !header.is_empty() {
        xser::write(xser::kind::UDH, &header::prefixed(header, &[]).unwrap_or_default(), &mut services);
    }
    let is_text = encoding == Encoding::Gsm7;
    if !is_text || !header.is_empty() {
        xser::write(xser::kind::DCS, &[coding::dcs(encoding, None).unwrap_or_default()], &mut services);
    }
    let mut message = BytesMut::new();
    hex::write(data, &mut message);
    let (bits, scts) = ((data.len() * 8).to_string(), stamp(moment.clock));
    let handset: Endpoint = inbound.handset;
    let (from, to) = (handset.address(), inbound.client.address());
    let fields = Message {
        adc: to.digits,
        oadc: from.digits,
        scts: &scts,
        mt: if is_text { b"3" } else { b"4" },
        nb: if is_text { b"" } else { bits.as_bytes() },
        msg: &message,
        otoa: b"1139",
        xser: &services,
        ..Message::default()
    };
    let operation = Operation::Message(Ot::DELIVER, Box::new(fields));
    session.request(&operation, Mail::Inbound(Box::new(inbound.clone())), moment.now)
}
