//! Submissions (operation 03): one for each destination.

use crate::stamped::content::UserData;
use crate::stamped::conversation::Reading;
use postrider_core::message::{Receipts, Via};
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use postrider_text::{Alphabet, gsm};
use postrider_wire::cimd2::parameter::code;
use postrider_wire::cimd2::{ErrorCode, Parameters, special, time};
use postrider_wire::hex;
use std::time::Duration;

/// The flags of status reports about messages that were not delivered: expired, failed, cancelled, deleted.
const FAILURES: u8 = 0b11_0110;
/// The flag of status reports about messages that were delivered.
const DELIVERED: u8 = 0b00_1000;
/// The most destinations of one submission.
const DESTINATIONS_MAX: usize = 100;

/// Reads the parameters of a submission.
///
/// # Errors
/// The error code for what can't be read.
pub(super) fn read(message: &Parameters<'_>, reading: Reading) -> Result<Vec<Submission>, ErrorCode> {
    let destinations: Vec<String> = message
        .iter()
        .filter(|(found, _)| *found == code::DESTINATION)
        .map(|(_, digits)| text(digits))
        .collect();
    if destinations.is_empty() {
        return Err(ErrorCode(300));
    }
    if destinations.len() > DESTINATIONS_MAX {
        return Err(ErrorCode(301));
    }
    let mut submission = Submission {
        from: sender(message),
        receipts: receipts(message)?,
        via: Some(Via::Session),
        ..Submission::default()
    };
    user_data(message)?.fill(&mut submission);
    times(message, &mut submission, reading)?;
    Ok(destinations.into_iter().map(|to| Submission { to, ..submission.clone() }).collect())
}

fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field.trim_ascii()).into_owned()
}

/// The sender: a name, or digits. None leaves it to the account's default.
fn sender(message: &Parameters<'_>) -> Option<String> {
    let name = message.get(code::NAME).map(|name| gsm::decode(&special::read(name)));
    let given = name.or_else(|| message.get(code::ORIGIN).map(text))?;
    (!given.is_empty()).then_some(given)
}

/// The ends that are reported; without the parameter all are.
fn receipts(message: &Parameters<'_>) -> Result<Receipts, ErrorCode> {
    if message.get(code::REPORTS).is_none() {
        return Ok(Receipts::All);
    }
    let flags: u8 = message.number(code::REPORTS).ok_or(ErrorCode(310))?;
    Ok(match (flags & DELIVERED != 0, flags & FAILURES != 0) {
        (true, true) => Receipts::All,
        (true, false) => Receipts::Successes,
        (false, true) => Receipts::Failures,
        (false, false) => Receipts::None,
    })
}

fn user_data(message: &Parameters<'_>) -> Result<UserData, ErrorCode> {
    let octets = |code, error| match message.get(code) {
        None => Ok(Vec::new()),
        Some(digits) => hex::read(digits).ok_or(ErrorCode(error)),
    };
    let (data, usual) = match (message.get(code::TEXT), message.get(code::BINARY)) {
        (Some(_), Some(_)) => return Err(ErrorCode(303)),
        (Some(text), None) => (special::read(text), 0x00),
        (None, None) => (Vec::new(), 0x00),
        (None, Some(_)) => (octets(code::BINARY, 302)?, 0x04),
    };
    let dcs = match message.get(code::CODING) {
        None => usual,
        Some(_) => message.number(code::CODING).ok_or(ErrorCode(304))?,
    };
    let protocol = match message.get(code::PROTOCOL) {
        None => 0,
        Some(_) => message.number(code::PROTOCOL).ok_or(ErrorCode(307))?,
    };
    let header = octets(code::HEADER, 303)?;
    Ok(UserData { dcs, class: None, header, data, protocol, alphabet: Alphabet::Gsm7 })
}

fn times(message: &Parameters<'_>, submission: &mut Submission, reading: Reading) -> Result<(), ErrorCode> {
    let first = moment(message, code::FIRST, code::FIRST_AT, reading, ErrorCode(308))?;
    let from = first.unwrap_or(reading.now);
    // A relative validity counts from the first delivery.
    let counted = Reading { now: from, ..reading };
    let until = moment(message, code::VALIDITY, code::VALID_UNTIL, counted, ErrorCode(305))?;
    if reading.times(submission, first, until) { Ok(()) } else { Err(ErrorCode(305)) }
}

/// The moment of a pair of parameters, relative and absolute. `-1` is none, and so is a relative first delivery of 0.
fn moment(
    message: &Parameters<'_>,
    relative: u16,
    absolute: u16,
    reading: Reading,
    error: ErrorCode,
) -> Result<Option<Time>, ErrorCode> {
    if let Some(digits) = message.get(absolute) {
        let civil = time::read(digits.trim_ascii()).ok_or(error)?;
        return Ok(Some(reading.moment(civil)));
    }
    if message.get(relative).is_none() {
        return Ok(None);
    }
    match message.number::<i16>(relative).ok_or(error)? {
        -1 => Ok(None),
        0 if relative == code::FIRST => Ok(None),
        value => {
            let minutes = time::minutes(u8::try_from(value).map_err(|_| error)?);
            Ok(Some(reading.now + Duration::from_secs(minutes * 60)))
        }
    }
}

#[cfg(test)]
mod tests;
