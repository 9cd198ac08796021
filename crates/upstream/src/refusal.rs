//! The gateway's reaction to a carrier's code, as the table of codes and the operator's own meanings say.

use postrider_core::carriage::Carriage;
use postrider_core::cause::{Cause, Code};
use postrider_core::delivery::{Fault, FaultKind};
use postrider_core::number::Number;
use postrider_core::sender::Sender;
use std::fmt::Display;

/// The most characters of a carrier's words that are kept.
const WORDS_MAX: usize = 64;
/// As many digits in a row may be a telephone number.
const NUMBER_MIN: usize = 7;

/// The reaction to a carrier's code that usually is this one of the table, and the code that it is taken for.
pub(crate) fn reaction<N: PartialEq + Copy>(
    usual: Code,
    number: N,
    own: &[(N, FaultKind)],
) -> (FaultKind, Code) {
    let said = own.iter().find(|(code, _)| *code == number).map(|(_, kind)| *kind);
    said.map_or((usual_reaction(usual), usual), |kind| (kind, declared(kind, usual)))
}

/// Checks that a message's addresses can be carried. Its upstreams may have been declared otherwise since it was accepted.
///
/// # Errors
/// The fault that sends it by another upstream.
pub(crate) fn check_carried(carriage: &Carriage, to: Number, from: Option<&Sender>) -> Result<(), Fault> {
    carriage.check(to, from).map_err(|why| Fault {
        kind: FaultKind::Elsewhere,
        cause: Cause::with_detail(Code::NotEncodable, why.to_string()),
    })
}

/// The gateway's usual reaction to a code of the table.
pub(crate) fn usual_reaction(code: Code) -> FaultKind {
    code.reaction().unwrap_or(FaultKind::Permanent)
}

/// The code that the operator gave another meaning than the usual.
fn declared(kind: FaultKind, usual: Code) -> Code {
    let is_final = |kind| matches!(kind, FaultKind::Permanent | FaultKind::Elsewhere);
    match kind {
        same if same == usual_reaction(usual) || is_final(same) && is_final(usual_reaction(usual)) => usual,
        FaultKind::Throttled => Code::Throttled,
        FaultKind::QueueFull => Code::QueueFull,
        FaultKind::Temporary => Code::CarrierFault,
        FaultKind::Paused => Code::CarrierPaused,
        FaultKind::Permanent | FaultKind::Elsewhere => Code::RefusedByCarrier,
    }
}

/// A carrier's code and its words, as far as they are kept. Words with what may be a telephone number are left out.
pub(crate) fn shown(code: impl Display, words: &[u8]) -> Box<str> {
    let words = String::from_utf8_lossy(words);
    let words: String = words.chars().filter(|c| !c.is_control()).take(WORDS_MAX).collect();
    let has_number = words.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() >= NUMBER_MIN);
    match words.trim() {
        words if words.is_empty() || has_number => code.to_string().into(),
        words => format!("{code}: {words}").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_kept_without_numbers() {
        assert_eq!(&*shown("06", b" no such subscriber "), "06: no such subscriber");
        assert_eq!(&*shown("06", b"447700900123 unknown"), "06");
        assert_eq!(&*shown("06", b"\r\n"), "06");
    }
}
