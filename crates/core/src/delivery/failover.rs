//! Fail-over after a receipt: the carrier took the message and didn't deliver it, and another may.

use super::{Change, Delivery, Outcome, Queue, Return, Routing, State};
use crate::cause::Cause;
use crate::message::Message;
use crate::time::Time;
use std::sync::Arc;

/// Back into the queue, for the next upstream of the route that is up, if the route says so of this end; `None` if the message ends.
///
/// A message parts of which have arrived ends, and so does one that may be under way twice.
pub(super) fn go_on(
    delivery: &mut Delivery,
    state: State,
    error: Option<&Cause>,
    routing: &impl Routing,
    now: Time,
) -> Option<Change> {
    let is_whole = delivery.state == State::Sent && !delivery.has_arrived && !delivery.possible_duplicate;
    if !is_whole || !routing.goes_on(delivery, state, now) {
        return None;
    }
    let up = |upstream| routing.is_up(upstream);
    let plan = &delivery.message.plan;
    let upstream = plan.behind(delivery.upstream, up).filter(|upstream| up(*upstream))?;
    let attempt = Outcome {
        state,
        upstream: delivery.upstream,
        reference: delivery.reference.take(),
        error: error.cloned(),
        sent_at: delivery.sent_at,
        done_at: now,
        parts: delivery.parts.max(delivery.message.parts),
        possible_duplicate: false,
    };
    let several = delivery.parts > 1;
    let tried = delivery.message.tried.iter().copied().chain([delivery.upstream]).collect();
    let message = Arc::new(Message { tried, ..(*delivery.message).clone() });
    let failed = delivery.failed + 1;
    *delivery = Delivery { failed, ..Delivery::new(Arc::clone(&message), upstream) };
    let mut change = Change::none(delivery, now);
    change.queue = Queue::Return(Box::new(Return { message, upstream, due: now, failed, attempt }));
    change.remark = error.map(|error| error.to_string().into());
    change.forget_awaited = several;
    Some(change)
}

impl Delivery {
    /// Takes note of a part that has arrived.
    pub(super) fn note_reported(&mut self, part: u8, state: State) {
        self.reported = self.reported.with(part);
        self.has_arrived |= state == State::Delivered;
    }
}
