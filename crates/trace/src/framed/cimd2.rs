//! Frames of CIMD2.

use super::{Field, Framed, Kind};
use postrider_wire::cimd2::ErrorCode;
use postrider_wire::cimd2::frame::header;
use postrider_wire::cimd2::parameter::code;

const TAB: u8 = b'\t';
/// Digits and colon before a value.
const CODE: usize = 4;

pub(super) fn read(octets: &[u8]) -> Option<Framed> {
    let header = header(octets.get(1..)?)?;
    let mut start = octets.iter().position(|octet| *octet == TAB)? + 1;
    let mut fields = Vec::new();
    let mut status = None;
    while let Some(end) = octets.get(start..)?.iter().position(|octet| *octet == TAB).map(|end| end + start) {
        let digits = octets.get(start..start + CODE - 1).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = digits.and_then(|digits| digits.parse().ok()).unwrap_or(0);
        let (name, kind) = parameter(code);
        let range = (start + CODE).min(end)..end;
        if code == code::ERROR {
            let error = octets.get(range.clone()).and_then(|digits| std::str::from_utf8(digits).ok());
            let error = ErrorCode(error.and_then(|digits| digits.parse().ok()).unwrap_or(999));
            status = Some((u32::from(error.0), error.name()));
        }
        fields.push(Field { name, range, kind });
        start = end + 1;
    }
    Some(Framed {
        command: header.op.to_string(),
        sequence: header.number.into(),
        is_response: header.op.is_response(),
        status,
        fields,
    })
}

/// The name of a parameter, and what may stand in it.
const fn parameter(code: u16) -> (&'static str, Kind) {
    use Kind::{Number, Password, Plain, Text};
    match code {
        code::USER => ("user", Plain),
        code::PASSWORD => ("password", Password),
        code::SUBADDRESS => ("subaddress", Plain),
        code::WINDOW => ("window", Plain),
        code::DESTINATION => ("destination", Number),
        code::ORIGIN => ("origin", Number),
        code::NAME => ("name", Plain),
        code::CODING => ("data_coding", Plain),
        code::HEADER => ("header", Text),
        code::TEXT => ("text", Text),
        code::BINARY => ("binary", Text),
        code::MORE => ("more_messages", Plain),
        code::VALIDITY => ("validity", Plain),
        code::VALID_UNTIL => ("valid_until", Plain),
        code::PROTOCOL => ("protocol_id", Plain),
        code::FIRST => ("first_delivery", Plain),
        code::FIRST_AT => ("first_delivery_at", Plain),
        code::REPLY_PATH => ("reply_path", Plain),
        code::REPORTS => ("status_reports", Plain),
        code::CANCEL_MODE => ("cancel_mode", Plain),
        code::STAMP => ("time_stamp", Plain),
        code::STATUS => ("status", Plain),
        code::STATUS_ERROR => ("status_error", Plain),
        code::DISCHARGED => ("discharged", Plain),
        code::TARIFF => ("tariff", Plain),
        code::SERVICE => ("service", Plain),
        code::COUNT => ("count", Plain),
        code::PRIORITY => ("priority", Plain),
        code::REQUEST_MODE => ("request_mode", Plain),
        code::GET => ("get", Plain),
        code::TIME => ("time", Plain),
        code::ERROR => ("error", Plain),
        code::ERROR_TEXT => ("error_text", Number),
        _ => ("parameter", Text),
    }
}
