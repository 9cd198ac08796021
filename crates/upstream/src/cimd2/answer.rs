//! Refusals of messages and logins: the error codes of CIMD2 (parameter 900), as carriers use them.

use postrider_core::cause::{Cause, Code};
use postrider_core::delivery::{Fault, FaultKind};
use postrider_link::carrier::{Event, Failure};
use postrider_wire::cimd2::parameter::code as parameter;
use postrider_wire::cimd2::{ErrorCode, Parameters};

/// The error in an answer, and the carrier's words for it.
pub(super) fn error<'a>(answer: &Parameters<'a>) -> Option<(ErrorCode, &'a [u8])> {
    answer.get(parameter::ERROR)?;
    // What is no number is no reason to believe that the message was taken.
    let code = answer.number(parameter::ERROR).unwrap_or(ErrorCode::FAILED.0);
    (code != 0).then(|| (ErrorCode(code), answer.get(parameter::ERROR_TEXT).unwrap_or_default()))
}

/// The fault that an error code means; `own` holds the operator's meanings of this carrier's codes.
pub(super) fn fault(error: ErrorCode, said: &[u8], own: &[(u16, FaultKind)]) -> Fault {
    let (kind, code) = crate::refusal::reaction(code(error), error.0, own);
    Fault { kind, cause: Cause::of_carrier(code, crate::refusal::shown(error, said)) }
}

/// The code of an error in answer to a message. Codes that the specification doesn't have are final unless the settings say
/// otherwise.
pub(super) fn code(error: ErrorCode) -> Code {
    match error.0 {
        4..=6 | 9 | 10 => Code::CarrierFault,
        1 | 100..=108 => Code::SessionRefused,
        2 | 3 | 8 => Code::ProtocolRefused,
        300 | 301 => Code::InvalidRecipient,
        302..=304 => Code::InvalidEncoding,
        305 | 308 => Code::InvalidTime,
        306 | 321 | 322 => Code::InvalidSender,
        307 | 309..=320 => Code::InvalidParameter,
        323 | 324 => Code::NotAllowed,
        _ if error.name().is_none() => Code::CarrierSpecific,
        _ => Code::RefusedByCarrier,
    }
}

/// The error codes of logins and submissions that have a code of the table.
pub fn codes_of(code: Code) -> impl Iterator<Item = ErrorCode> {
    let named = (1..400).map(ErrorCode).filter(|error| error.name().is_some());
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
    let said = own.iter().find(|(code, _)| *code == error.0).map(|(_, kind)| *kind);
    match (said, error.0) {
        (Some(FaultKind::Permanent | FaultKind::Paused), _) => Failure::Login,
        (Some(_), _) | (None, 4..=6 | 9 | 10) => Failure::NotReady,
        (None, 102 | 103) => Failure::Occupied,
        (None, _) => Failure::Login,
    }
}

/// Advice for the operator when the carrier refuses a login.
fn advice(error: ErrorCode) -> &'static str {
    match error.0 {
        100 => {
            "the carrier says the login is wrong: compare 'user' and 'password' with what the carrier gave you, and ask whether \
             the account is locked or this address not allowed"
        }
        102 | 103 => {
            "the carrier says this user is logged in already: it may hold on to a session that was lost, something else may be \
             logged in with it, or fewer sessions are allowed than 'binds' says"
        }
        104 | 105 => {
            "the carrier allows another window: ask how many unanswered messages, and set 'window' to that"
        }
        _ => "the carrier refused the login: ask whether the account is active and this address allowed",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_to_do() {
        use FaultKind::{Permanent, Temporary, Throttled};
        let own = [(10, Throttled)];
        for (error, said, kind, cause) in [
            (300, "", Permanent, "invalid_recipient 300 incorrect destination address"),
            (306, "", Permanent, "invalid_sender 306 incorrect originator address"),
            (6, "try later", Temporary, "carrier_fault 6 general system error: try later"),
            (10, "", Throttled, "throttled 10 temporary congestion"),
            (999, "", Permanent, "carrier_specific 999"),
        ] {
            assert_eq!(
                fault(ErrorCode(error), said.as_bytes(), &own),
                Fault { kind, cause: cause.into() },
                "{error}"
            );
        }
    }

    #[test]
    fn a_refused_login_says_when_to_try_again() {
        for (error, expected) in
            [(100, Failure::Login), (102, Failure::Occupied), (6, Failure::NotReady), (999, Failure::Login)]
        {
            assert_eq!(failure(ErrorCode(error), &[]), expected, "{error}");
        }
    }
}
