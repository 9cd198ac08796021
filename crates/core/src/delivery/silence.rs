//! Parts that were written and never answered: the carrier may have them.

use super::ending::finish;
use super::{Awaited, Change, Delivery, PartOutcome, Queue, Routing, State};
use crate::cause::{Cause, Code};
use crate::message::Class;
use crate::time::Time;

/// The treatment of a message parts of which were written and never answered: the carrier may have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unanswered {
    /// They are sent again, marked: the recipient may get them twice.
    Retry,
    /// They are not sent again, and what the carrier may say of them yet is waited for.
    Hold,
    /// They are not sent again; nobody knows, and nobody will.
    Fail,
}

impl Unanswered {
    /// The default by class: better a code twice than none, and advertising never twice.
    pub const USUAL: [Self; Class::ALL.len()] = [Self::Retry, Self::Retry, Self::Retry, Self::Fail];
}

/// The parts that were never answered, if everything was written.
pub(super) fn in_doubt(outcomes: &[(u8, PartOutcome)]) -> Option<Vec<u8>> {
    let mut doubtful = Vec::new();
    for (part, outcome) in outcomes {
        match outcome {
            PartOutcome::Accepted(_) => {}
            PartOutcome::Unanswered => doubtful.push(*part),
            PartOutcome::Refused(_) | PartOutcome::NotSent => return None,
        }
    }
    Some(doubtful)
}

/// Sent, as far as anybody knows: its parts wait for receipts under names that no carrier gives.
pub(super) fn held(delivery: &mut Delivery, mut change: Change, doubtful: &[u8], now: Time) -> Change {
    delivery.state = State::Sent;
    delivery.sent_at = Some(now);
    for part in doubtful {
        delivery.taken = delivery.taken.with(*part);
        change.awaited.push(Awaited {
            upstream: delivery.upstream,
            reference: stand_in(delivery, *part),
            given: None,
            part: *part,
            parts: delivery.parts,
            possible_duplicate: delivery.possible_duplicate,
        });
    }
    change.queue = Queue::Leave;
    change.remark = Some("the carrier never answered; held for what it may say yet".into());
    change
}

/// Treated like a message that its carrier never answered: a node that stopped may have sent it. Nothing changes if it is to be
/// sent again.
pub(super) fn left_in_doubt(delivery: &mut Delivery, routing: &impl Routing, now: Time) -> Option<Change> {
    let why = "the gateway stopped while it had the message in hand";
    match routing.unanswered(delivery) {
        Unanswered::Retry => None,
        Unanswered::Fail => {
            Some(finish(delivery, State::Unknown, Some(Cause::with_detail(Code::Unanswered, why)), now))
        }
        Unanswered::Hold => {
            delivery.parts = delivery.parts.max(delivery.message.parts);
            let open = (0..delivery.parts).filter(|part| !delivery.taken.has(*part));
            let doubtful: Vec<u8> = open.collect();
            let change = Change::none(delivery, now);
            let mut held = held(delivery, change, &doubtful, now);
            held.remark = Some(format!("{why}; held for what the carrier may say yet").into());
            Some(held)
        }
    }
}

/// A stand-in for the reference of a part that the carrier never gave.
pub(super) fn stand_in(delivery: &Delivery, part: u8) -> Box<str> {
    format!("{STAND_IN}{}.{part}", delivery.message.id).into()
}

/// The beginning of references that no carrier gave.
const STAND_IN: &str = "unanswered ";

/// Whether a part is waited for by a name that its carrier never gave, and so can't be asked about.
#[must_use]
pub fn is_stand_in(name: &str) -> bool {
    name.starts_with(STAND_IN)
}

/// Waits for receipts by this name too: of what is sent again there are two copies, and the first may be the one that
/// arrives.
pub(super) fn named(
    delivery: &mut Delivery,
    part: u8,
    parts: u8,
    reference: Box<str>,
    routing: &impl Routing,
    now: Time,
) -> Option<Change> {
    delivery.parts = parts;
    let mut change = Change::none(delivery, now);
    match routing.unanswered(delivery) {
        // It ended when the answer was missed.
        Unanswered::Fail => return None,
        Unanswered::Hold => change.arrived.push((delivery.upstream, stand_in(delivery, part))),
        Unanswered::Retry => delivery.possible_duplicate = true,
    }
    change.remark = Some(format!("the carrier's answer for part {} came late", part + 1).into());
    change.awaited.push(Awaited {
        upstream: delivery.upstream,
        reference,
        given: None,
        part,
        parts,
        possible_duplicate: delivery.possible_duplicate,
    });
    Some(change)
}
