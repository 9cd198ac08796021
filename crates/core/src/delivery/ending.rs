//! The end of a message, by receipts, by silence or by the gateway itself.

use super::failover;
use super::{Change, Delivery, Outcome, PartReport, PartSet, Queue, Routing, State};
use crate::cause::{Cause, Code};
use crate::id::MessageId;
use crate::notice::Notice;
use crate::receipt::{Report, Reported};
use crate::time::Time;

pub(super) fn reported(
    delivery: &mut Delivery,
    part: u8,
    report: Report,
    routing: &impl Routing,
    now: Time,
) -> Option<Change> {
    if delivery.reported.has(part) {
        return None;
    }
    if report.reported == Reported::Unclear {
        return Some(unclear(delivery, part, report.error.as_deref(), now));
    }
    let state = report.reported.state()?;
    delivery.note_reported(part, state);
    let cause = report.cause();
    let arrived = (delivery.upstream, report.reference);
    let is_worse = match &delivery.worst {
        None => true,
        Some((worst, _)) => *worst == State::Delivered && state != State::Delivered,
    };
    if is_worse {
        delivery.worst = Some((state, cause.clone()));
    }
    // While parts are still to be sent, no receipt can be about all of them.
    let of_all = delivery.state == State::Sent && routing.one_receipt(delivery.upstream);
    let complete = of_all || is_reported(delivery);
    let mut change = if complete {
        let (worst, error) = delivery.worst.clone().unwrap_or((state, None));
        if let Some(change) = failover::go_on(delivery, worst, error.as_ref(), routing, now) {
            return Some(Change { arrived: vec![arrived], ..change });
        }
        finish(delivery, worst, error.filter(|_| worst != State::Delivered), now)
    } else {
        Change::none(delivery, now)
    };
    if delivery.parts > 1 {
        change.part = Some(PartReport { part, state, error: cause });
    }
    change.arrived = vec![arrived];
    // A copy that went before may be waited for by another name.
    change.forget_awaited = complete && (delivery.parts > 1 || delivery.possible_duplicate);
    Some(change)
}

/// A receipt that says nothing that is understood: the timeline shows it, and nothing else changes.
fn unclear(delivery: &Delivery, part: u8, word: Option<&str>, now: Time) -> Change {
    let which = if delivery.parts > 1 { format!(" for part {}", u16::from(part) + 1) } else { String::new() };
    let remark = match word {
        Some(word) => format!("a receipt{which} came with an unknown state: {word}"),
        None => format!("a receipt{which} came without a state"),
    };
    Change { remark: Some(remark.into()), ..Change::none(delivery, now) }
}

/// No receipt will come any more. Of several parts all may have been reported, though to nobody who knew of the others.
pub(super) fn silent(delivery: &mut Delivery, routing: &impl Routing, now: Time) -> Change {
    let unknown = || {
        let why = match delivery.reported.count() {
            0 => Code::NoReceipt.into(),
            some => Cause::with_detail(
                Code::ReceiptsIncomplete,
                format!("receipts came for {some} of {} parts", delivery.parts),
            ),
        };
        (State::Unknown, Some(why))
    };
    let known = is_reported(delivery) || routing.one_receipt(delivery.upstream);
    let (state, error) = delivery.worst.clone().filter(|_| known).unwrap_or_else(unknown);
    finish(delivery, state, error.filter(|_| state != State::Delivered), now)
}

/// The end of a message of parts that came again: the end of the message that they were of.
pub(super) fn repeated(delivery: &mut Delivery, of: MessageId, end: Outcome, now: Time) -> Change {
    (delivery.upstream, delivery.reference, delivery.sent_at) = (end.upstream, end.reference, end.sent_at);
    let remark = format!("a repetition of parts of message {of}, and not sent again");
    Change { remark: Some(remark.into()), ..finish(delivery, end.state, end.error, now) }
}

/// Whether every part was reported.
fn is_reported(delivery: &Delivery) -> bool {
    delivery.reported.count() >= u32::from(delivery.parts.max(1))
}

/// The end: the outcome is written, and the client hears of it if it asked to.
pub(super) fn finish(delivery: &mut Delivery, state: State, error: Option<Cause>, now: Time) -> Change {
    let was_queued = delivery.state == State::Queued;
    delivery.state = state;
    let message = &delivery.message;
    let outcome = Outcome {
        state,
        upstream: delivery.upstream,
        reference: delivery.reference.clone(),
        error,
        sent_at: delivery.sent_at,
        done_at: now,
        parts: delivery.parts.max(message.parts),
        possible_duplicate: delivery.possible_duplicate,
    };
    let mut change = Change::none(delivery, now);
    change.notice = Notice::of_end(message, &outcome, now);
    change.settlement = message.settlement(state, outcome.sent_at.is_some());
    change.outcome = Some(outcome);
    change.queue = if was_queued { Queue::Leave } else { Queue::Keep };
    let begun = delivery.parts > 1 && delivery.taken != PartSet::default();
    change.forget_awaited = !was_queued || begun || delivery.possible_duplicate;
    change
}
