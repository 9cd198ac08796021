//! submit_sm, data_sm and submit_multi as submissions; every mistake that is visible here has its status.

use super::client_reference;
use crate::sessions::body::{self, Content, Habits, Raw, coding, protocol_id};
use crate::sessions::pieces::Alphabets;
use postrider_core::message::{Parameter, Receipts, Via};
use postrider_core::submission::{Submission, VALIDITY_MAX};
use postrider_core::time::Time;
use postrider_declare::passes;
use postrider_text::NameAlphabet;
use postrider_wire::smpp::pdu::{DataSm, SubmitMulti, SubmitSm};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Status, Tlvs, time};
use std::time::Duration;

/// How requests are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) alphabets: Alphabets,
    /// Whether a zero at the end of a text is none of its characters.
    pub(super) drops_nul: bool,
    /// Whether `sar_segment_seqnum` counts from 0.
    pub(super) from_zero: bool,
    pub(super) now: Time,
}

impl Reading {
    /// Reads a submit_sm.
    pub(super) fn submit(self, pdu: &SubmitSm<'_>) -> Result<Submission, Status> {
        let raw = raw(pdu.esm_class, pdu.data_coding, pdu.short_message, pdu.tlvs);
        let mut submission = self.common(&raw, pdu.source, pdu.registered_delivery);
        self.times(&mut submission, pdu.schedule_delivery_time, pdu.validity_period)?;
        submission.parameters.extend(protocol_id(pdu.protocol_id));
        submission.to = digits(pdu.destination);
        Ok(submission)
    }

    /// Reads a data_sm; its validity is `qos_time_to_live`, in seconds.
    pub(super) fn data(self, pdu: &DataSm<'_>) -> Submission {
        let raw = raw(pdu.esm_class, pdu.data_coding, &[], pdu.tlvs);
        let mut submission = self.common(&raw, pdu.source, pdu.registered_delivery);
        let seconds: Option<u32> = pdu.tlvs.number(tag::QOS_TIME_TO_LIVE);
        submission.valid_for = seconds
            .filter(|seconds| *seconds > 0)
            .map(|seconds| Duration::from_secs(seconds.into()).min(VALIDITY_MAX));
        submission.to = digits(pdu.destination);
        submission
    }

    /// Reads what the destinations of a submit_multi have in common.
    pub(super) fn multi(self, pdu: &SubmitMulti<'_>) -> Result<Submission, Status> {
        let raw = raw(pdu.esm_class, pdu.data_coding, pdu.short_message, pdu.tlvs);
        let mut submission = self.common(&raw, pdu.source, pdu.registered_delivery);
        self.times(&mut submission, pdu.schedule_delivery_time, pdu.validity_period)?;
        submission.parameters.extend(protocol_id(pdu.protocol_id));
        Ok(submission)
    }

    fn common(self, raw: &Raw<'_>, source: Address<'_>, registered_delivery: u8) -> Submission {
        let habits =
            Habits { alphabet: self.alphabets.text, drops_nul: self.drops_nul, from_zero: self.from_zero };
        let Content { body, cut, flash } = body::read(raw, habits);
        Submission {
            from: sender(source, self.alphabets.name),
            body: Some(body),
            cut,
            flash,
            receipts: receipts(registered_delivery),
            reference: raw.tlvs.get(tag::USER_MESSAGE_REFERENCE).map(client_reference::written),
            via: Some(Via::Session),
            parameters: parameters(raw),
            ..Submission::default()
        }
    }

    /// A validity beyond what the gateway keeps is the longest that it keeps: clients ask for more as a habit.
    fn times(self, submission: &mut Submission, schedule: &[u8], validity: &[u8]) -> Result<(), Status> {
        let send_at = moment(schedule, self.now).map_err(|()| Status::RINVSCHED)?;
        submission.send_at = send_at.filter(|at| *at > self.now);
        let until = moment(validity, self.now).map_err(|()| Status::RINVEXPIRY)?;
        if let Some(until) = until {
            // A relative validity counts from now, also for what is scheduled.
            let from = submission.send_at.unwrap_or(self.now);
            if until <= from {
                return Err(Status::RINVEXPIRY);
            }
            submission.valid_for = Some(until.since(from).clamp(Duration::from_secs(1), VALIDITY_MAX));
        }
        Ok(())
    }
}

/// The recipient as it was written.
pub(super) fn digits(address: Address<'_>) -> String {
    String::from_utf8_lossy(address.digits).into_owned()
}

fn raw<'a>(esm_class: u8, data_coding: u8, short_message: &'a [u8], tlvs: Tlvs<'a>) -> Raw<'a> {
    let payload = || tlvs.get(tag::MESSAGE_PAYLOAD).unwrap_or_default();
    let octets = if short_message.is_empty() { payload() } else { short_message };
    Raw { esm_class, data_coding, octets, tlvs }
}

/// The sender as it was written; none leaves it to the account's default.
fn sender(source: Address<'_>, alphabet: NameAlphabet) -> Option<String> {
    let octets = source.digits.trim_ascii();
    // Digits are digits in every alphabet, and `+` is too.
    let text = alphabet.decode(octets);
    (!text.is_empty()).then_some(text)
}

/// Parameters for the carrier. Of one that is given twice the first counts.
fn parameters(raw: &Raw<'_>) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::from_iter(coding(raw));
    for (tag, value) in raw.tlvs.iter().filter(|(tag, _)| passes(*tag)) {
        if !parameters.iter().any(|before| before.tag == tag) {
            parameters.push(Parameter { tag, value: value.into() });
        }
    }
    parameters
}

/// Which ends are reported (SMPP 3.4, 5.2.17; success alone since 5.0).
const fn receipts(registered_delivery: u8) -> Receipts {
    match registered_delivery & 0x03 {
        1 => Receipts::All,
        2 => Receipts::Failures,
        3 => Receipts::Successes,
        _ => Receipts::None,
    }
}

/// The moment that a time field means, if it holds any; some clients write `0` or a span of nothing for none.
fn moment(field: &[u8], now: Time) -> Result<Option<Time>, ()> {
    let field = field.trim_ascii();
    if field.iter().all(|octet| *octet == b'0') {
        return Ok(None);
    }
    match time::Time::parse(field).ok_or(())? {
        time::Time::Relative(span) if span == time::Relative::default() => Ok(None),
        time => Ok(Some(Time(time.unix_ms(now.0)))),
    }
}

#[cfg(test)]
mod tests;
