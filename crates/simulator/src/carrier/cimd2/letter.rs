//! Receipts and inbound messages as operations 23 and 20.

use super::stamp;
use crate::carrier::State;
use crate::carrier::intake::Moment;
use crate::carrier::mail::{Inbound, Mail, Receipt};
use crate::carrier::part::UDHI;
use bytes::BytesMut;
use postrider_text::{Encoding, coding, header};
use postrider_wire::cimd2::parameter::code;
use postrider_wire::cimd2::{Op, Session, special};
use postrider_wire::exchange::RequestError;
use postrider_wire::hex;

/// Sends one piece of mail to a client.
///
/// # Errors
/// When the session doesn't take it; the mail is lost then, so look for room in its window first.
pub(super) fn post(mail: Mail, session: &mut Session<Mail>, moment: Moment) -> Result<u32, RequestError> {
    match mail {
        Mail::Receipt(receipt) => report(receipt, session, moment),
        Mail::Inbound(inbound) => deliver(&inbound, session, moment),
    }
}

fn report(receipt: Receipt, session: &mut Session<Mail>, moment: Moment) -> Result<u32, RequestError> {
    let (status, error) = outcome(receipt.state);
    let (submitted, done) = (stamp(receipt.submitted), stamp(moment.clock));
    let handset = receipt.handset.address();
    let mut parameters: Vec<(u16, &[u8])> =
        vec![(code::DESTINATION, handset.digits), (code::STAMP, &submitted), (code::STATUS, status)];
    if !error.is_empty() {
        parameters.push((code::STATUS_ERROR, error));
    }
    parameters.push((code::DISCHARGED, &done));
    session.request(Op::REPORT, &parameters, Mail::Receipt(receipt), moment.now)
}

/// The status and its error of a state (CIMD2, section 5.1).
fn outcome(state: State) -> (&'static [u8], &'static [u8]) {
    match state {
        State::Delivered => (b"4", b""),
        State::Enroute | State::Accepted => (b"1", b""),
        State::Expired => (b"2", b"29"),
        State::Undeliverable => (b"3", b"1"),
        State::Rejected => (b"3", b"13"),
        State::Deleted => (b"8", b""),
        State::Unknown => (b"3", b"36"),
    }
}

fn deliver(inbound: &Inbound, session: &mut Session<Mail>, moment: Moment) -> Result<u32, RequestError> {
    let encoding = coding::of_data_coding(inbound.data_coding).encoding;
    let split = if inbound.esm_class & UDHI == 0 { None } else { header::split_off(&inbound.octets) };
    let (header, data) = split.unwrap_or((&[], &inbound.octets));
    let dcs = coding::dcs(encoding, None).unwrap_or_default().to_string();
    let (mut header_digits, mut digits) = (BytesMut::new(), BytesMut::new());
    if !header.is_empty() {
        hex::write(&header::prefixed(header, &[]).unwrap_or_default(), &mut header_digits);
    }
    hex::write(data, &mut digits);
    let text = special::write(data);
    let (from, to) = (inbound.handset.address(), inbound.client.address());
    let from = [b"+", from.digits].concat();
    let at = stamp(moment.clock);
    let mut parameters: Vec<(u16, &[u8])> =
        vec![(code::DESTINATION, to.digits), (code::ORIGIN, &from), (code::STAMP, &at)];
    if dcs != "0" {
        parameters.push((code::CODING, dcs.as_bytes()));
    }
    if !header.is_empty() {
        parameters.push((code::HEADER, &header_digits));
    }
    let is_text = encoding == Encoding::Gsm7;
    parameters.push(if is_text { (code::TEXT, &text) } else { (code::BINARY, &digits) });
    session.request(Op::DELIVER, &parameters, Mail::Inbound(Box::new(inbound.clone())), moment.now)
}
