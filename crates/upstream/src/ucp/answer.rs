//! Refusals of messages and logins: the error codes of UCP (EMI/UCP 4.0, 7.1), as carriers use them.

use postrider_core::cause::{Cause, Code};
use postrider_core::delivery::{Fault, FaultKind};
use postrider_link::carrier::{Event, Failure};
use postrider_wire::ucp::ErrorCode;

/// The fault that an error code means; `own` holds the operator's meanings of this carrier's codes.
pub(super) fn fault(error: ErrorCode, said: &[u8], own: &[(u16, FaultKind)]) -> Fault {
    let (kind, code) = crate::refusal::reaction(code(error), error.0.into(), own);
    Fault { kind, cause: Cause::of_carrier(code, crate::refusal::shown(error, said)) }
}

/// The code of an error in answer to a message. Operators' own codes, from 90 on, are final unless the settings say otherwise.
pub(super) fn code(error: ErrorCode) -> Code {
    match error.0 {
        5 | 6 | 9 => Code::InvalidRecipient,
        7 | 8 => Code::NotAllowed,
        // Mostly "not logged in" or "too many unanswered": the session is at fault.
        4 => Code::SessionRefused,
        1..=3 => Code::ProtocolRefused,
        10..=20 | 51 => Code::ServiceRefused,
        21 | 25 | 26 | 31 | 32 | 36 => Code::InvalidParameter,
        22 => Code::InvalidTime,
        23 | 28 => Code::InvalidEncoding,
        24 => Code::InvalidLength,
        30 | 37 | 54 => Code::SubmitFailed,
        50 | 55 => Code::CarrierFault,
        90..=99 => Code::CarrierSpecific,
        _ => Code::RefusedByCarrier,
    }
}

/// The error codes that have a code of the table.
pub fn codes_of(code: Code) -> impl Iterator<Item = ErrorCode> {
    let named = (1..90).map(ErrorCode).filter(|error| error.name().is_some());
    named.filter(move |error| self::code(*error) == code)
}

/// The event of a refused login.
pub(super) fn login_refused<A>(error: ErrorCode, said: &[u8], own: &[(u16, FaultKind)]) -> Event<A> {
    Event::LoginRefused {
        failure: failure(error, own),
        reason: format!("the carrier refused the login: {}", crate::refusal::shown(error, said)),
        advice: advice(error),
    }
}

/// When a refused login may be tried again.
fn failure(error: ErrorCode, own: &[(u16, FaultKind)]) -> Failure {
    let said = own.iter().find(|(code, _)| *code == u16::from(error.0)).map(|(_, kind)| *kind);
    match (said, error.0) {
        (Some(FaultKind::Permanent | FaultKind::Paused), _) => Failure::Login,
        (Some(_), _) => Failure::NotReady,
        (None, 1 | 50 | 53..=55) => Failure::NotReady,
        (None, _) => Failure::Login,
    }
}

/// Advice for the operator when the carrier refuses a login.
fn advice(error: ErrorCode) -> &'static str {
    match error {
        ErrorCode::AUTHENTICATION => {
            "the carrier says the password is wrong: compare 'login' and 'password' with what the carrier gave you, and ask \
             whether the account is locked or this address not allowed"
        }
        ErrorCode::UNSUPPORTED => {
            "the carrier knows no login (operation 60): it may know the gateway by its address. Leave 'login' out"
        }
        ErrorCode::SYNTAX => {
            "the carrier can't read the login: ask which type of number and numbering plan it wants ('login_ton', 'login_npi')"
        }
        _ => {
            "the carrier refused the login: ask whether the account is active, this address allowed, and how many sessions are \
             allowed at a time"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_to_do() {
        use FaultKind::{Permanent, Temporary, Throttled};
        let own = [(4, Throttled), (92, Temporary)];
        for (error, said, kind, cause) in [
            (6, "", Permanent, "invalid_recipient 06 recipient invalid"),
            (24, "", Permanent, "invalid_length 24 message too long"),
            (55, "try later", Temporary, "carrier_fault 55 system error: try later"),
            (4, "", Throttled, "throttled 04 operation not allowed"),
            (91, "no credit", Permanent, "carrier_specific 91: no credit"),
            (92, "", Temporary, "carrier_fault 92"),
            (2, "", Permanent, "protocol_refused 02 syntax error"),
        ] {
            let expected = Fault { kind, cause: cause.into() };
            assert_eq!(fault(ErrorCode(error), said.as_bytes(), &own), expected, "{error}");
        }
        assert_eq!(fault(ErrorCode::NOT_ALLOWED, b"", &[]).kind, Temporary);
    }

    #[test]
    fn a_refused_login_says_when_to_try_again() {
        let own = [(7, FaultKind::Temporary)];
        assert_eq!(failure(ErrorCode::AUTHENTICATION, &[]), Failure::Login);
        assert_eq!(failure(ErrorCode::AUTHENTICATION, &own), Failure::NotReady);
        assert_eq!(failure(ErrorCode::SYSTEM, &[]), Failure::NotReady);
        assert_eq!(failure(ErrorCode(90), &[]), Failure::Login);
    }
}
