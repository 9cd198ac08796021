//! The step: the only place where a delivery's state changes.

use super::ending::{finish, repeated, reported, silent};
use super::judgement::{Again, Judgement, take_in};
use super::silence::{held, in_doubt, left_in_doubt, named};
use super::{
    Change, Delivery, Event, PartOutcome, PartSet, Queue, Routing, State, THROTTLED_MAX, Unanswered,
};
use crate::cause::{Cause, Code};
use crate::retry;
use crate::route::UpstreamId;
use crate::time::Time;

/// Moves a delivery on by what happened.
///
/// Returns what the store must do, or `None` when nothing changes: a final state is final, a receipt under
/// way says nothing, and what was never written just waits for its next turn. Whether links are up is asked of `routing`.
pub fn step(delivery: &mut Delivery, event: Event, routing: &impl Routing, now: Time) -> Option<Change> {
    if delivery.state.is_final() {
        return None;
    }
    match event {
        Event::Answered { parts, outcomes } => answered(delivery, parts, outcomes, routing, now),
        Event::Reported { part, report } => reported(delivery, part, report, routing, now),
        Event::Named { part, parts, reference } => named(delivery, part, parts, reference, routing, now),
        Event::InDoubt => left_in_doubt(delivery, routing, now),
        Event::Expired => {
            let is_deadline = routing.ends_by_deadline(delivery);
            let why = if is_deadline { Code::DeadlinePassed } else { Code::ValidityEnded };
            Some(finish(delivery, State::Expired, Some(why.into()), now))
        }
        Event::Silent => Some(silent(delivery, routing, now)),
        Event::Canceled(why) => {
            let remark = why.map(|why| format!("canceled: {why}").into());
            Some(Change { remark, ..finish(delivery, State::Canceled, None, now) })
        }
        Event::Failed(why) => {
            let cause = why.map_or_else(
                || Code::EndedByOperator.into(),
                |why| Cause::with_detail(Code::EndedByOperator, why),
            );
            Some(finish(delivery, State::Failed, Some(cause), now))
        }
        Event::Forbidden(why) => Some(finish(delivery, State::Rejected, Some(why.into()), now)),
        Event::Held(held) => Some(put_off(delivery, held.until, &held.cause(), now)),
        Event::Paused(until, why) => {
            Some(put_off(delivery, until, &Cause::with_detail(Code::Paused, why), now))
        }
        Event::Limited(until, which) => {
            Some(put_off(delivery, until, &Cause::with_detail(Code::Limited, which), now))
        }
        Event::Repeated { of, end } => Some(repeated(delivery, of, *end, now)),
        Event::Rerouted(upstream) => {
            let why = "its upstream is down, disabled or gone: it goes by another";
            Some(rerouted(delivery, upstream, why.into(), now))
        }
        Event::Resumed => Some(rerouted(delivery, delivery.upstream, Box::default(), now)),
    }
}

fn answered(
    delivery: &mut Delivery,
    parts: u8,
    outcomes: Vec<(u8, PartOutcome)>,
    routing: &impl Routing,
    now: Time,
) -> Option<Change> {
    delivery.parts = parts;
    let mut change = Change::none(delivery, now);
    let doubtful = in_doubt(&outcomes);
    let judgement = take_in(delivery, outcomes, &mut change, now);
    match judgement {
        Judgement::Taken if delivery.reference.is_none() => {
            Some(finish(delivery, State::Unknown, Some(Code::NoReference.into()), now))
        }
        Judgement::Taken => {
            delivery.state = State::Sent;
            change.queue = Queue::Leave;
            Some(change)
        }
        Judgement::Elsewhere(cause) => Some(elsewhere(delivery, change, cause, routing, now)),
        Judgement::Never(cause) => {
            let mut end = finish(delivery, State::Rejected, Some(cause), now);
            end.remark = change.remark;
            Some(end)
        }
        Judgement::Again(why) if why.in_doubt && routing.unanswered(delivery) != Unanswered::Retry => {
            let holds = routing.unanswered(delivery) == Unanswered::Hold;
            Some(match doubtful.filter(|_| holds) {
                Some(doubtful) => held(delivery, change, &doubtful, now),
                None => finish(delivery, State::Unknown, Some(Code::Unanswered.into()), now),
            })
        }
        Judgement::Again(mut why) => {
            delivery.possible_duplicate |= why.in_doubt;
            delivery.throttled += u8::from(why.throttled);
            why.counts |= delivery.throttled >= THROTTLED_MAX;
            delivery.failed += u16::from(why.counts);
            if !why.counts && change.awaited.is_empty() {
                return None;
            }
            again(delivery, change, why, routing, now)
        }
    }
}

/// Back into the queue: at once when nothing went wrong but the turn, after a wait when an attempt failed.
fn again(
    delivery: &mut Delivery,
    mut change: Change,
    why: Again,
    routing: &impl Routing,
    now: Time,
) -> Option<Change> {
    let message = &delivery.message;
    let due = if why.counts {
        let wait = routing.retry(delivery, why.failure());
        match wait.and_then(|wait| retry::due(wait, message.id.number(), now, message.expires)) {
            Some(due) => due,
            None => return Some(finish(delivery, State::Failed, why.cause, now)),
        }
    } else {
        now
    };
    // Parts that one carrier holds can't be completed by another.
    if delivery.taken == PartSet::default() {
        let up = |upstream| routing.is_up(upstream);
        let chosen = message.plan.choose(delivery.failed, up);
        // It may go by an upstream of another plan than its own, whose upstreams are no more.
        let chosen = chosen.filter(|(upstream, _)| up(*upstream) || !up(delivery.upstream));
        delivery.upstream = chosen.map_or(delivery.upstream, |(upstream, _)| upstream);
    }
    change.queue = Queue::Put {
        upstream: delivery.upstream,
        due,
        failed: delivery.failed,
        taken: delivery.taken,
        possible_duplicate: delivery.possible_duplicate,
    };
    change.remark = why.cause.filter(|_| why.counts).as_ref().map(remark);
    Some(change)
}

/// On to the next upstream of the route, at once; the end where there is none. Parts that one carrier holds can't be
/// completed by another.
fn elsewhere(
    delivery: &mut Delivery,
    mut change: Change,
    cause: Cause,
    routing: &impl Routing,
    now: Time,
) -> Change {
    delivery.failed += 1;
    let is_free = delivery.taken == PartSet::default() && delivery.failed < retry::ATTEMPTS_USUAL;
    let up = |upstream| routing.is_up(upstream);
    let behind = delivery.message.plan.behind(delivery.upstream, up);
    let Some(upstream) = behind.filter(|_| is_free) else {
        return finish(delivery, State::Rejected, Some(cause), now);
    };
    delivery.upstream = upstream;
    change.queue = Queue::Put {
        upstream,
        due: now,
        failed: delivery.failed,
        taken: delivery.taken,
        possible_duplicate: delivery.possible_duplicate,
    };
    change.remark = Some(remark(&cause));
    change
}

/// A failed attempt's cause, as the timeline keeps it.
fn remark(cause: &Cause) -> Box<str> {
    cause.to_string().into()
}

/// Back into the queue until what holds it back lets it go.
fn put_off(delivery: &Delivery, until: Time, why: &Cause, now: Time) -> Change {
    let mut change = Change::none(delivery, now);
    change.remark = Some(remark(why));
    change.queue = Queue::Put {
        upstream: delivery.upstream,
        due: until,
        failed: delivery.failed,
        taken: delivery.taken,
        possible_duplicate: delivery.possible_duplicate,
    };
    change
}

/// Back into the queue, for another upstream, with this remark. Parts that one carrier holds can't be completed by another.
fn rerouted(delivery: &mut Delivery, upstream: UpstreamId, remark: Box<str>, now: Time) -> Change {
    let mut change = Change::none(delivery, now);
    if delivery.taken == PartSet::default() && delivery.upstream != upstream {
        delivery.upstream = upstream;
        change.remark = Some(remark);
    }
    change.queue = Queue::Put {
        upstream: delivery.upstream,
        // A scheduled message keeps its time, and one that is held stays so.
        due: delivery.message.leaves_from().max(now),
        failed: delivery.failed,
        taken: delivery.taken,
        possible_duplicate: delivery.possible_duplicate,
    };
    change
}
