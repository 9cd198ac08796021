//! What a centre's answers mean for a message.

use super::settings::Settings;
use crate::http::client::Received;
use crate::refusal;
use postrider_core::cause::{Cause, Code};
use postrider_core::delivery::FaultKind::{Elsewhere, Paused, Temporary, Throttled};
use postrider_core::delivery::{Fault, FaultKind, PartOutcome};
use postrider_wire::mm7::{Class, Operation, Status, read};

/// Status codes (3GPP TS 23.140, 8.7.3), their meanings, and what the gateway does then. What this centre refuses for good may go by the
/// next upstream of the route all the same, as a text with a link.
const CODES: [(u16, &str, Code, FaultKind); 18] = [
    (2000, "client error", Code::ProtocolRefused, Elsewhere),
    (2001, "operation restricted", Code::NotAllowed, Elsewhere),
    (2002, "address error", Code::InvalidRecipient, Elsewhere),
    (2003, "address not found", Code::InvalidRecipient, Elsewhere),
    (2004, "multimedia content refused", Code::RefusedByCarrier, Elsewhere),
    (2005, "message ID not found", Code::ProtocolRefused, Elsewhere),
    (2006, "linked ID not found", Code::ProtocolRefused, Elsewhere),
    (2007, "message format corrupt", Code::ProtocolRefused, Elsewhere),
    (3000, "server error", Code::CarrierFault, Temporary),
    (3001, "not possible", Code::CarrierFault, Temporary),
    (3002, "message rejected", Code::RefusedByCarrier, Elsewhere),
    (3003, "multiple addresses not supported", Code::ProtocolRefused, Elsewhere),
    (4000, "general service error", Code::SubmitFailed, Temporary),
    (4001, "improper identification", Code::NotAllowed, Paused),
    (4003, "unsupported operation", Code::ProtocolRefused, Elsewhere),
    (4004, "validation error", Code::ProtocolRefused, Elsewhere),
    (4006, "service unavailable", Code::CarrierFault, Temporary),
    (4007, "service denied", Code::NotAllowed, Paused),
];
/// Those of one meaning with others.
const FURTHER: [(u16, &str, Code, FaultKind); 2] = [
    (4002, "unsupported version", Code::ProtocolRefused, Elsewhere),
    (4005, "service error", Code::SubmitFailed, Elsewhere),
];

/// The status codes that are taken for this code of the gateway, with their meanings.
pub fn codes_of(code: Code) -> impl Iterator<Item = String> {
    let all = CODES.iter().chain(&FURTHER).filter(move |(_, _, meant, _)| *meant == code);
    let mut found: Vec<_> = all.map(|(number, meaning, _, _)| (*number, *meaning)).collect();
    found.sort_unstable();
    found.into_iter().map(|(number, meaning)| format!("{number} {meaning}"))
}

/// The outcome of a message that was answered so.
pub(super) fn outcome(received: &Received, settings: &Settings) -> Result<PartOutcome, String> {
    let is_soap = matches!(received.status, 200..=299 | 400 | 500);
    if is_soap && let Ok(read) = read(&received.content_type, &received.body) {
        return match &read.envelope.operation {
            Operation::SubmitRsp(status, id) if status.class() == Class::Success => {
                Ok(PartOutcome::Accepted(id.as_deref().map(Into::into)))
            }
            Operation::Fault(words) => Err(format!("a fault without a status: {words}")),
            operation => match operation.status() {
                Some(status) if status.class() != Class::Success => Ok(refused(status, settings)),
                _ => Err("the answer is to another request".to_owned()),
            },
        };
    }
    of_http(received.status, settings)
        .ok_or_else(|| format!("status {} without an answer of MM7", received.status))
}

fn refused(status: &Status, settings: &Settings) -> PartOutcome {
    let find = |number: u16| CODES.iter().chain(&FURTHER).find(|(code, ..)| *code == number);
    // Of an unknown code the first of its class counts; of another class it is a failure of the server (8.7.3).
    let of_class = match status.class() {
        Class::Client => 2000,
        Class::Service => 4000,
        Class::Server | Class::Success => 3000,
    };
    let (meant, kind) = find(status.code)
        .or_else(|| find(of_class))
        .map_or((Code::CarrierFault, Temporary), |(_, _, code, kind)| (*code, *kind));
    fault(&status.code.to_string(), &status.text, (meant, kind), settings)
}

/// What a status of HTTP says by itself; `None` if the message may have been taken.
fn of_http(status: u16, settings: &Settings) -> Option<PartOutcome> {
    let meant = match status {
        401 | 403 => (Code::NotAllowed, Paused),
        413 => (Code::InvalidLength, Elsewhere),
        429 => (Code::Throttled, Throttled),
        503 => (Code::CarrierFault, Temporary),
        300..=499 => (Code::ProtocolRefused, Elsewhere),
        _ => return None,
    };
    Some(fault(&format!("HTTP {status}"), "", meant, settings))
}

fn fault(code: &str, words: &str, (meant, usual): (Code, FaultKind), settings: &Settings) -> PartOutcome {
    let kind = settings.errors.get(code).copied().unwrap_or(usual);
    let cause = Cause::of_carrier(meant, refusal::shown(code, words.as_bytes()));
    PartOutcome::Refused(Fault { kind, cause })
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_declare::Secrets;
    use postrider_declare::upstream::mm7::Mm7Upstream;
    use postrider_wire::mm7::{Dialect, Envelope, write};

    fn answered(status: u16, operation: Option<Operation>) -> Result<PartOutcome, String> {
        let mut declared = Mm7Upstream::new("http://mmsc.example/mm7");
        declared.errors.insert("2001".to_owned(), FaultKind::Permanent);
        let settings = Settings::new("mmsc", &declared, &Secrets::default()).unwrap();
        let packaged = operation.map(|operation| {
            let envelope = Envelope { transaction: "1".into(), dialect: Dialect::default(), operation };
            write(&envelope, None, &[])
        });
        let (content_type, body) = match packaged {
            Some(packaged) => (packaged.content_type, packaged.body),
            None => ("text/html".to_owned(), b"<html><body>Hello</body></html>".to_vec()),
        };
        outcome(
            &Received { status, content_type, body, head: bytes::Bytes::new(), retry_after: None },
            &settings,
        )
    }

    #[test]
    fn an_answer_is_an_outcome_of_the_common_table() {
        let taken = Operation::SubmitRsp(Status::success(), Some("m1".into()));
        assert_eq!(answered(200, Some(taken)), Ok(PartOutcome::Accepted(Some("m1".into()))));
        for (code, meant, kind) in [
            (2001, "not_allowed", FaultKind::Permanent),
            (2003, "invalid_recipient", Elsewhere),
            (2999, "protocol_refused", Elsewhere),
            (3001, "carrier_fault", Temporary),
            (4001, "not_allowed", Paused),
            (4006, "carrier_fault", Temporary),
            (4500, "submit_failed", Temporary),
            (7000, "carrier_fault", Temporary),
        ] {
            let status = || Status::new(code, "no");
            for (http, operation) in
                [(200, Operation::SubmitRsp(status(), None)), (500, Operation::RelayError(status()))]
            {
                let Ok(PartOutcome::Refused(fault)) = answered(http, Some(operation)) else {
                    panic!("{code}")
                };
                assert_eq!((fault.cause.code.word(), fault.kind), (meant, kind), "{code}");
            }
        }
    }

    #[test]
    fn what_is_no_answer_leaves_the_message_in_doubt() {
        for status in [200, 500, 502, 504] {
            assert!(answered(status, None).is_err(), "{status}");
        }
        assert!(answered(500, Some(Operation::Fault("no".into()))).is_err());
        assert!(answered(200, Some(Operation::DeliverRsp(Status::success()))).is_err());
        for (status, kind) in
            [(401, Paused), (404, Elsewhere), (413, Elsewhere), (429, Throttled), (503, Temporary)]
        {
            let Ok(PartOutcome::Refused(fault)) = answered(status, None) else { panic!("{status}") };
            assert_eq!(fault.kind, kind, "{status}");
        }
    }
}
