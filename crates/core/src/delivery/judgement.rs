//! The judgement on the outcomes of several parts together.

use super::silence::stand_in;
use super::{Awaited, Change, Delivery, Fault, FaultKind, PartOutcome};
use crate::cause::{Cause, Code};
use crate::retry::Failure;
use crate::time::Time;

/// The judgement on several outcomes: the worst decides.
pub(super) enum Judgement {
    Taken,
    Again(Again),
    Elsewhere(Cause),
    Never(Cause),
}

/// Why parts have to be sent again.
#[derive(Default)]
pub(super) struct Again {
    pub(super) cause: Option<Cause>,
    /// Whether it was an attempt that failed.
    pub(super) counts: bool,
    /// Whether the carrier said "too fast".
    pub(super) throttled: bool,
    /// Whether a queue of the carrier's is full.
    pub(super) full: bool,
    /// Whether the carrier may have them.
    pub(super) in_doubt: bool,
}

impl Again {
    /// The kind of the failed attempt, by which it is tried again.
    pub(super) const fn failure(&self) -> Failure {
        match self {
            Self { in_doubt: true, .. } => Failure::Unanswered,
            Self { full: true, .. } => Failure::QueueFull,
            Self { throttled: true, .. } => Failure::Throttled,
            _ => Failure::Temporary,
        }
    }
}

/// Takes note of each part that was taken, and judges the rest.
pub(super) fn take_in(
    delivery: &mut Delivery,
    outcomes: Vec<(u8, PartOutcome)>,
    change: &mut Change,
    now: Time,
) -> Judgement {
    let mut judgement = Judgement::Taken;
    for (part, outcome) in outcomes {
        let this = match outcome {
            PartOutcome::Accepted(reference) => {
                delivery.taken = delivery.taken.with(part);
                delivery.sent_at = Some(now);
                // A part without a reference among others is waited for too, or its message would never come to an end.
                let stand_in = || (delivery.parts > 1).then(|| stand_in(delivery, part));
                change.awaited.extend(reference.clone().or_else(stand_in).map(|reference| Awaited {
                    upstream: delivery.upstream,
                    reference,
                    given: None,
                    part,
                    parts: delivery.parts,
                    possible_duplicate: delivery.possible_duplicate,
                }));
                delivery.reference = delivery.reference.take().or(reference);
                continue;
            }
            PartOutcome::Refused(Fault { kind: FaultKind::Permanent, cause }) => Judgement::Never(cause),
            PartOutcome::Refused(Fault { kind: FaultKind::Elsewhere, cause }) => Judgement::Elsewhere(cause),
            PartOutcome::Refused(Fault { kind: FaultKind::Paused, cause }) => {
                Judgement::Again(Again { cause: Some(cause), ..Again::default() })
            }
            PartOutcome::Refused(Fault { kind: FaultKind::Throttled, cause }) => {
                Judgement::Again(Again { cause: Some(cause), throttled: true, ..Again::default() })
            }
            PartOutcome::Refused(Fault {
                kind: kind @ (FaultKind::Temporary | FaultKind::QueueFull),
                cause,
            }) => {
                let full = kind == FaultKind::QueueFull;
                Judgement::Again(Again { cause: Some(cause), counts: true, full, ..Again::default() })
            }
            PartOutcome::Unanswered => Judgement::Again(Again {
                cause: Some(Code::Unanswered.into()),
                counts: true,
                in_doubt: true,
                ..Again::default()
            }),
            PartOutcome::NotSent => Judgement::Again(Again::default()),
        };
        judgement = worse(judgement, this);
    }
    judgement
}

fn worse(one: Judgement, other: Judgement) -> Judgement {
    match (one, other) {
        (Judgement::Never(cause), _) | (_, Judgement::Never(cause)) => Judgement::Never(cause),
        (Judgement::Taken, other) => other,
        (one, Judgement::Taken) => one,
        // What the carrier may have is not for another before its time.
        (Judgement::Again(again), Judgement::Elsewhere(_))
        | (Judgement::Elsewhere(_), Judgement::Again(again))
            if again.in_doubt =>
        {
            Judgement::Again(again)
        }
        (Judgement::Elsewhere(cause), _) | (_, Judgement::Elsewhere(cause)) => Judgement::Elsewhere(cause),
        (Judgement::Again(one), Judgement::Again(other)) => Judgement::Again(Again {
            cause: if one.counts { one.cause } else { other.cause.or(one.cause) },
            counts: one.counts || other.counts,
            throttled: one.throttled || other.throttled,
            full: one.full || other.full,
            in_doubt: one.in_doubt || other.in_doubt,
        }),
    }
}
