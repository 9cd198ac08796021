//! What the errors of modems and networks mean (`+CMS ERROR`, `+CME ERROR`).

use crate::refusal;
use postrider_core::cause::{Cause, Code};
use postrider_core::delivery::{Fault, FaultKind, PartOutcome};
use postrider_wire::modem::{Cme, Cms, Final};

/// The network didn't answer in time: it may have the message.
const NETWORK_TIMEOUT: Cms = Cms(332);

/// What a result that isn't `OK` means for a message, and its name in the metrics. `own` holds the operator's meanings.
pub(super) fn refused(result: &Final, own: &[(u16, FaultKind)]) -> (PartOutcome, &'static str) {
    match result {
        Final::Cms(NETWORK_TIMEOUT) => (PartOutcome::Unanswered, "network_timeout"),
        Final::Cms(cms) => {
            let (kind, code) = refusal::reaction(code(*cms), cms.0, own);
            let status = match cms.0 {
                0..=127 => "network",
                128..=255 => "centre",
                256..=511 => "modem",
                _ => "own",
            };
            (outcome(kind, code, cms.to_string()), status)
        }
        Final::Cme(cme) => {
            let code = if is_of_sim(*cme) { Code::CarrierPaused } else { Code::CarrierFault };
            (outcome(refusal::usual_reaction(code), code, cme.to_string()), "modem")
        }
        Final::Error | Final::Ok => {
            (outcome(FaultKind::Temporary, Code::CarrierFault, result.to_string()), "error")
        }
    }
}

fn outcome(kind: FaultKind, code: Code, words: String) -> PartOutcome {
    PartOutcome::Refused(Fault { kind, cause: Cause::of_carrier(code, words) })
}

/// Whether nothing can be sent before somebody looks after the SIM or the network.
const fn is_of_sim(error: Cme) -> bool {
    matches!(error.0, 5 | 10..=13 | 15..=18 | 30 | 32 | 40..=47 | 103 | 106 | 111..=113)
}

/// The code of an error. Errors that only one maker knows may pass.
pub(super) const fn code(error: Cms) -> Code {
    match error.0 {
        1 | 28 | 30 | 195 => Code::InvalidRecipient,
        8 | 10 | 29 | 50 | 69 | 193 | 196 => Code::NotAllowed,
        21 | 81 | 95..=99 | 127 | 197 => Code::RefusedByCarrier,
        128..=130 | 143 | 160 | 161 | 175 | 176 | 304 | 305 => Code::ProtocolRefused,
        144 | 145 | 159 => Code::InvalidEncoding,
        198 | 199 => Code::InvalidTime,
        22 => Code::QueueFull,
        310..=313 | 315..=318 | 330 | 331 => Code::CarrierPaused,
        302 | 303 => Code::SubmitFailed,
        _ => Code::CarrierFault,
    }
}

/// The errors that have a code of the table.
pub fn codes_of(code: Code) -> impl Iterator<Item = Cms> {
    let named = (0..512).map(Cms).filter(|error| error.name().is_some() && *error != NETWORK_TIMEOUT);
    named.filter(move |error| self::code(*error) == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_follows() {
        use FaultKind::{Paused, Permanent, QueueFull, Temporary};
        let own = [(38, Permanent), (513, Paused)];
        for (result, kind, cause) in [
            (Final::Cms(Cms(1)), Permanent, "invalid_recipient CMS 1 unassigned number"),
            (Final::Cms(Cms(21)), Permanent, "refused_by_carrier CMS 21 short message transfer rejected"),
            (Final::Cms(Cms(22)), QueueFull, "queue_full CMS 22 congestion"),
            (Final::Cms(Cms(38)), Permanent, "refused_by_carrier CMS 38 network out of order"),
            (Final::Cms(Cms(41)), Temporary, "carrier_fault CMS 41 temporary failure"),
            (Final::Cms(Cms(192)), Temporary, "carrier_fault CMS 192 service centre busy"),
            (Final::Cms(Cms(310)), Paused, "carrier_paused CMS 310 SIM not inserted"),
            (Final::Cms(Cms(331)), Paused, "carrier_paused CMS 331 no network service"),
            (Final::Cms(Cms(512)), Temporary, "carrier_fault CMS 512"),
            (Final::Cms(Cms(513)), Paused, "carrier_paused CMS 513"),
            (Final::Cme(Cme::NO_SIM), Paused, "carrier_paused CME 10 SIM not inserted"),
            (Final::Cme(Cme(100)), Temporary, "carrier_fault CME 100 unknown error"),
            (Final::Error, Temporary, "carrier_fault ERROR"),
        ] {
            let expected = PartOutcome::Refused(Fault { kind, cause: cause.into() });
            assert_eq!(refused(&result, &own).0, expected, "{result}");
        }
    }

    #[test]
    fn a_network_that_does_not_answer_may_have_the_message() {
        assert_eq!(refused(&Final::Cms(NETWORK_TIMEOUT), &[]), (PartOutcome::Unanswered, "network_timeout"));
    }
}
