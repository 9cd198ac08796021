//! Refusals of messages and binds: the status table of SMPP 3.4, 5.1.3, as carriers use it.

use crate::refusal;
use postrider_core::cause::{Cause, Code};
use postrider_core::delivery::{Fault, FaultKind};
use postrider_link::carrier::{Event, Failure};
use postrider_wire::smpp::Status;

/// The fault that a status other than ESME_ROK means; `own` holds the operator's meanings of this carrier's codes.
pub(super) fn fault(status: Status, own: &[(u32, FaultKind)]) -> Fault {
    let (kind, code) = refusal::reaction(code(status), status.0, own);
    Fault { kind, cause: Cause::of_carrier(code, shown(status)) }
}

/// The gateway's usual reaction to a status other than ESME_ROK.
pub fn usual_reaction(status: Status) -> FaultKind {
    refusal::usual_reaction(code(status))
}

/// The event of a refused bind.
pub(super) fn login_refused<A>(status: Status, own: &[(u32, FaultKind)]) -> Event<A> {
    Event::LoginRefused {
        failure: failure(status, own),
        reason: format!("the carrier refused the bind: {status}"),
        advice: advice(status),
    }
}

/// When a refused bind may be tried again. After a word about the password, the address or a code of the carrier's own the
/// next try is late: carriers lock accounts that try again at once.
fn failure(status: Status, own: &[(u32, FaultKind)]) -> Failure {
    let said = own.iter().find(|(code, _)| *code == status.0).map(|(_, kind)| *kind);
    match (said, status) {
        (Some(FaultKind::Permanent | FaultKind::Paused), _) => Failure::Login,
        (
            Some(FaultKind::Temporary | FaultKind::Throttled | FaultKind::QueueFull | FaultKind::Elsewhere),
            _,
        ) => Failure::NotReady,
        (None, Status::RALYBND) => Failure::Occupied,
        (
            None,
            Status::RBINDFAIL
            | Status::RINVPASWD
            | Status::RINVSYSID
            | Status::RINVSYSTYP
            | Status::RPROHIBITED,
        ) => Failure::Login,
        (None, status) if status.0 >= OWN => Failure::Login,
        (None, _) => Failure::NotReady,
    }
}

/// Advice for the operator when the carrier refuses a bind.
fn advice(status: Status) -> &'static str {
    match status {
        Status::RINVPASWD => {
            "the carrier says the password is wrong: compare it with what the carrier gave you, and ask whether the \
             account is locked or this address not allowed"
        }
        Status::RINVSYSID => {
            "the carrier doesn't know this system_id: compare it with what the carrier gave you, and ask whether host \
             and port are those of your account"
        }
        Status::RALYBND => {
            "the carrier says this login is bound already: it may hold on to a session that was lost, something else may \
             be bound with it, or fewer sessions are allowed than 'binds' says"
        }
        Status::RINVSYSTYP => "the carrier wants another system_type: ask which",
        _ => {
            "the carrier refused the bind: ask whether the account is active, this address allowed, and this kind of \
             bind and this interface_version supported"
        }
    }
}

/// Where carriers' own codes begin (SMPP 3.4, 5.1.3).
const OWN: u32 = 0x400;

/// The code of a status in answer to a message. A carrier's own codes, from 0x400 on, are final unless the settings say
/// otherwise.
pub(super) fn code(status: Status) -> Code {
    match status {
        Status::RTHROTTLED => Code::Throttled,
        // Carriers say this of a recipient whose mailbox is full, and some say it of the link.
        Status::RMSGQFUL => Code::QueueFull,
        Status::RSYSERR | Status::RX_T_APPN | Status::RUNKNOWNERR | Status::RSERTYPUNAVAIL => {
            Code::CarrierFault
        }
        Status::RSUBMITFAIL | Status::RDELIVERYFAILURE => Code::SubmitFailed,
        Status::RINVBNDSTS | Status::RALYBND | Status::RBINDFAIL => Code::SessionRefused,
        Status::RINVDSTADR
        | Status::RINVDSTTON
        | Status::RINVDSTNPI
        | Status::RINVDSTADDRSUBUNIT
        | Status::RINVNUMDESTS
        | Status::RINVDLNAME
        | Status::RCNTSUBDL
        | Status::RINVDESTFLAG => Code::InvalidRecipient,
        Status::RINVSRCADR | Status::RINVSRCTON | Status::RINVSRCNPI | Status::RINVSRCADDRSUBUNIT => {
            Code::InvalidSender
        }
        Status::RINVMSGLEN => Code::InvalidLength,
        Status::RINVDCS => Code::InvalidEncoding,
        Status::RINVOPTPARSTREAM
        | Status::ROPTPARNOTALLWD
        | Status::RINVPARLEN
        | Status::RMISSINGOPTPARAM
        | Status::RINVOPTPARAMVAL => Code::InvalidParameter,
        Status::RINVSCHED | Status::RINVEXPIRY => Code::InvalidTime,
        Status::RINVSERTYP | Status::RSERTYPUNAUTH | Status::RSERTYPDENIED => Code::ServiceRefused,
        Status::RPROHIBITED => Code::NotAllowed,
        Status::RINVCMDLEN
        | Status::RINVCMDID
        | Status::RINVPRTFLG
        | Status::RINVREGDLVFLG
        | Status::RINVESMCLASS
        | Status::RINVREPFLAG
        | Status::RINVSUBREP
        | Status::RINVDFTMSGID => Code::ProtocolRefused,
        Status(own) if own >= OWN => Code::CarrierSpecific,
        _ => Code::RefusedByCarrier,
    }
}

/// The named statuses that have a code of the table, by number.
pub fn statuses_of(code: Code) -> impl Iterator<Item = Status> {
    let named = (1..OWN).map(Status).filter(|status| status.name().is_some());
    named.filter(move |status| self::code(*status) == code)
}

/// The number and, if it has one, the name: `0x0000000B ESME_RINVDSTADR`.
fn shown(status: Status) -> Box<str> {
    match status.name() {
        Some(name) => format!("0x{:08X} {name}", status.0).into(),
        None => format!("0x{:08X}", status.0).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_says_what_to_do() {
        use FaultKind::{Elsewhere, Paused, Permanent, QueueFull, Temporary, Throttled};
        let own =
            [(0x0B, Temporary), (0x403, Throttled), (0x404, Paused), (0x45, Elsewhere), (0x51, Elsewhere)];
        for (status, kind, cause) in [
            (0x58, Throttled, "throttled 0x00000058 ESME_RTHROTTLED"),
            (0x14, QueueFull, "queue_full 0x00000014 ESME_RMSGQFUL"),
            (0x08, Temporary, "carrier_fault 0x00000008 ESME_RSYSERR"),
            (0x64, Temporary, "carrier_fault 0x00000064 ESME_RX_T_APPN"),
            (0xFE, Temporary, "submit_failed 0x000000FE ESME_RDELIVERYFAILURE"),
            (0x45, Elsewhere, "refused_by_carrier 0x00000045 ESME_RSUBMITFAIL"),
            (0x404, Paused, "carrier_paused 0x00000404"),
            (0x0A, Permanent, "invalid_sender 0x0000000A ESME_RINVSRCADR"),
            (0x65, Permanent, "refused_by_carrier 0x00000065 ESME_RX_P_APPN"),
            (0x0B, Temporary, "carrier_fault 0x0000000B ESME_RINVDSTADR"),
            (0x51, Elsewhere, "invalid_recipient 0x00000051 ESME_RINVDSTNPI"),
            (0x402, Permanent, "carrier_specific 0x00000402"),
            (0x403, Throttled, "throttled 0x00000403"),
        ] {
            assert_eq!(fault(Status(status), &own), Fault { kind, cause: cause.into() });
        }
        assert_eq!(fault(Status::RSUBMITFAIL, &[]).kind, Temporary);
        let link = [(0x14, Throttled)];
        assert_eq!(fault(Status::RMSGQFUL, &link).kind, Throttled, "the operator knows better");
    }

    #[test]
    fn a_refused_bind_says_when_to_try_again() {
        let own = [(0x0D, FaultKind::Temporary), (0x08, FaultKind::Paused)];
        for (status, failure) in [
            (0x0E, Failure::Login),
            (0x0F, Failure::Login),
            (0x53, Failure::Login),
            (0x03, Failure::NotReady),
            (0x401, Failure::Login),
            (0x08, Failure::Login),
            (0x0D, Failure::NotReady),
            (0x14, Failure::NotReady),
            (0x05, Failure::Occupied),
        ] {
            assert_eq!(super::failure(Status(status), &own), failure, "{status:#x}");
        }
        assert_eq!(failure(Status::RBINDFAIL, &[]), Failure::Login);
    }
}
