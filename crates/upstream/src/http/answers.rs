//! What a provider's answers mean for deliveries.

use super::settings::Settings;
use crate::refusal;
use postrider_core::cause::{Cause, Code};
use postrider_core::contract::Answer;
use postrider_core::delivery::{Delivery, Fault, FaultKind, PartOutcome};
use postrider_provider::{Answered, Refusal};

/// The outcomes of a message's parts.
pub(crate) fn outcomes(parts: &[Answered], settings: &Settings) -> Vec<PartOutcome> {
    let is_taken = parts.iter().any(|part| matches!(part, Answered::Accepted(_)));
    parts
        .iter()
        .map(|part| match part {
            Answered::Accepted(name) => PartOutcome::Accepted(name.clone()),
            Answered::Refused(refusal) => PartOutcome::Refused(fault(refusal, settings, is_taken)),
            Answered::Unclear(_) => PartOutcome::Unanswered,
        })
        .collect()
}

/// The fault that a refusal means. A part beside accepted ones can't be sent again by itself.
fn fault(refusal: &Refusal, settings: &Settings, is_part_of_taken: bool) -> Fault {
    let code = &*refusal.carrier_code;
    let own = settings.errors.get(code).map(|kind| (code, *kind));
    let (kind, meant) = refusal::reaction(refusal.code, code, own.as_slice());
    let kind = if is_part_of_taken { FaultKind::Permanent } else { kind };
    Fault { kind, cause: Cause::of_carrier(meant, refusal::shown(code, refusal.words.as_bytes())) }
}

/// A fault of the gateway's own: the next upstream may do better.
pub(crate) fn unwritable(why: &str) -> PartOutcome {
    let cause = Cause::with_detail(Code::NotEncodable, why);
    PartOutcome::Refused(Fault { kind: FaultKind::Elsewhere, cause })
}

/// The answer of a delivery whose parts had these outcomes, in order.
pub(crate) fn answer(delivery: Delivery, outcomes: Vec<PartOutcome>) -> Answer {
    let parts = u8::try_from(outcomes.len()).unwrap_or(u8::MAX);
    Answer { delivery, parts, outcomes: (0..parts).zip(outcomes).collect() }
}
