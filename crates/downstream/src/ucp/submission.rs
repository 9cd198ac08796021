//! Operations that hand in messages, as submissions.

use crate::stamped::content::UserData;
use crate::stamped::conversation::Reading;
use postrider_core::message::{Body, Receipts, Via};
use postrider_core::submission::Submission;
use postrider_core::time::Time;
use postrider_text::{Alphabet, Encoding, coding, gsm, septets};
use postrider_wire::hex;
use postrider_wire::ucp::operation::{CallInput, Content, Message, Supplementary, Transfer};
use postrider_wire::ucp::{ErrorCode, Operation, Ot, name, time, xser};

/// The most octets of transparent data (section 5.1).
const TRANSPARENT_MAX: usize = 140;

/// Reads an operation that hands in messages: one for each recipient.
///
/// # Errors
/// The error code for what can't be read, or hands in nothing.
pub(super) fn read(operation: &Operation<'_>, reading: Reading) -> Result<Vec<Submission>, ErrorCode> {
    match operation {
        Operation::Message(Ot::SUBMIT, message) => Ok(vec![submission(message, reading)?]),
        Operation::CallInput(CallInput { adc, oadc, content, .. }) => {
            Ok(vec![submission(&of_content(adc, oadc, *content), reading)?])
        }
        Operation::Multiple(multiple) if !multiple.recipients.is_empty() => {
            let one = |adc: &&[u8]| submission(&of_content(adc, multiple.oadc, multiple.content), reading);
            multiple.recipients.iter().map(one).collect()
        }
        Operation::Multiple(_) => Err(ErrorCode::SYNTAX),
        Operation::Supplementary(one) => Ok(vec![supplementary(one, reading)?]),
        Operation::Transfer(Transfer { adc, oadc, nrq, dd, ddt, vp, amsg, .. }) => {
            let fields = Message { adc, oadc, nrq, dd, ddt, vp, mt: b"3", msg: amsg, ..Message::default() };
            Ok(vec![submission(&fields, reading)?])
        }
        _ => Err(ErrorCode::UNSUPPORTED),
    }
}

/// The body that operation 54 gives a message.
///
/// # Errors
/// The error code for what can't be read.
pub(super) fn body(message: &Message<'_>, reading: Reading) -> Result<Body, ErrorCode> {
    submission(message, reading)?.body.ok_or(ErrorCode::SYNTAX)
}

fn of_content<'a>(adc: &'a [u8], oadc: &'a [u8], Content { mt, nb, msg }: Content<'a>) -> Message<'a> {
    Message { adc, oadc, mt, nb, msg, ..Message::default() }
}

/// Of the services deferred delivery is served. Groups are not known here.
fn supplementary(one: &Supplementary<'_>, reading: Reading) -> Result<Submission, ErrorCode> {
    if one.groups.iter().any(|group| !group.is_empty()) {
        return Err(ErrorCode(9));
    }
    let fields = of_content(one.adc, one.oadc, one.content);
    submission(&Message { dd: one.services.dd, ddt: one.services.ddt, ..fields }, reading)
}

fn submission(message: &Message<'_>, reading: Reading) -> Result<Submission, ErrorCode> {
    if message.adc.is_empty() {
        return Err(ErrorCode::ADDRESS);
    }
    let mut submission = Submission {
        to: text(message.adc),
        from: sender(message),
        receipts: receipts(message),
        via: Some(Via::Session),
        ..Submission::default()
    };
    user_data(message, reading)?.fill(&mut submission);
    let first = if message.dd == b"1" { moment(message.ddt, reading)? } else { None };
    let until = moment(message.vp, reading)?;
    if !reading.times(&mut submission, first, until) {
        return Err(ErrorCode::PERIOD);
    }
    Ok(submission)
}

fn text(field: &[u8]) -> String {
    String::from_utf8_lossy(field).trim().to_owned()
}

/// The sender by its type (OTOA): a name, a number in international form, or digits of which nothing is said.
fn sender(message: &Message<'_>) -> Option<String> {
    if message.otoa == b"5039"
        && let Some((count, packed)) = name::read(message.oadc)
    {
        let given = gsm::decode(&septets::unpack(&packed, count, 0));
        return Some(given.trim_end_matches(['\0', '\r']).to_owned());
    }
    let given = text(message.oadc);
    match message.otoa {
        b"1139" if !given.starts_with('+') => Some(format!("+{given}")),
        _ => (!given.is_empty()).then_some(given),
    }
}

/// The ends that are reported: NRq asks, and NT is a sum of 1 for delivered, 2 for not delivered and 4 for buffered. Without
/// NT both ends are.
fn receipts(message: &Message<'_>) -> Receipts {
    if message.nrq != b"1" {
        return Receipts::None;
    }
    match number::<u8>(message.nt).unwrap_or(0) & 0x07 {
        1 | 5 => Receipts::Successes,
        2 | 6 => Receipts::Failures,
        4 => Receipts::None,
        _ => Receipts::All,
    }
}

fn user_data(message: &Message<'_>, reading: Reading) -> Result<UserData, ErrorCode> {
    let services = xser::read(message.xser);
    let service = |kind: u8| services.iter().find(|(found, _)| *found == kind).map(|(_, data)| data);
    let named = service(xser::kind::DCS).and_then(|data| data.first()).copied();
    let usual = if message.mt == b"4" || message.dcs == b"1" { 0x04 } else { 0x00 };
    let dcs = named.unwrap_or(usual);
    Ok(UserData {
        dcs,
        class: number(message.mcls).filter(|class: &u8| *class <= 3),
        header: service(xser::kind::UDH).cloned().unwrap_or_default(),
        data: data(message, dcs, named.is_some())?,
        protocol: number(message.rpid).unwrap_or(0),
        alphabet: if message.mt == b"4" { Alphabet::Gsm7 } else { reading.alphabet },
    })
}

/// The message: septets one to an octet, UCS-2 or octets.
fn data(message: &Message<'_>, dcs: u8, is_named: bool) -> Result<Vec<u8>, ErrorCode> {
    match message.mt {
        b"2" => Ok(message.msg.to_vec()),
        b"3" => hex::read(message.msg).ok_or(ErrorCode::SYNTAX),
        b"4" => transparent(message, dcs, is_named),
        _ => Err(ErrorCode::MESSAGE_TYPE),
    }
}

/// Transparent data. Texts in them are packed; the number of bits says how many septets there are.
fn transparent(message: &Message<'_>, dcs: u8, is_named: bool) -> Result<Vec<u8>, ErrorCode> {
    let octets = hex::read(message.msg).ok_or(ErrorCode::SYNTAX)?;
    if octets.len() > TRANSPARENT_MAX {
        return Err(ErrorCode::TOO_LONG);
    }
    let bits = number(message.nb).unwrap_or(octets.len() * 8);
    if bits > octets.len() * 8 {
        return Err(ErrorCode::SYNTAX);
    }
    let is_packed = is_named && coding::of_dcs(dcs).encoding == Encoding::Gsm7;
    Ok(if is_packed { septets::unpack(&octets, bits / 7, 0) } else { octets })
}

fn moment(field: &[u8], reading: Reading) -> Result<Option<Time>, ErrorCode> {
    if field.iter().all(|octet| *octet == b'0') {
        return Ok(None);
    }
    let civil = time::read(field).ok_or(ErrorCode::PERIOD)?;
    Ok(Some(reading.moment(civil)))
}

fn number<N: std::str::FromStr>(field: &[u8]) -> Option<N> {
    std::str::from_utf8(field).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests;
