//! What one account sends of one class by one upstream goes out in the order in which it was accepted.

use super::{Check, Faults};
use crate::seen::{Event, Offered, OrderLane, Seen};
use postrider_core::delivery::Queue;
use postrider_core::id::MessageId;
use postrider_core::message::Class;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::collections::BTreeMap;

/// Messages that were accepted and not yet taken, by lane.
///
/// Left out is what doesn't go its straight way: scheduled and held messages, those that their client tried to change, those that
/// were moved to another upstream, one-time passwords, which pass everything that waits, and
/// messages with an ordering key, which wait for each other.
#[derive(Default)]
pub(crate) struct Order {
    batches: BTreeMap<u64, Vec<MessageId>>,
    messages: BTreeMap<MessageId, Straight>,
    /// Those that wait, with the number of the event by which they were accepted.
    waiting: BTreeMap<OrderLane, BTreeMap<MessageId, u64>>,
    /// Those that wait, each with a later one that went out before it. It is a fault once they go out themselves: after a
    /// crash they may end in doubt instead.
    overtaken: BTreeMap<MessageId, MessageId>,
}

/// A message that goes its straight way.
struct Straight {
    lane: OrderLane,
    /// The number of the event by which it was handed in.
    began: u64,
    expires: Time,
    /// Whether it was taken, has ended, or was disturbed.
    gone: bool,
}

impl Order {
    fn offer(&mut self, event: &Event, batch: u64, messages: &[Offered]) {
        let is_straight = |it: &&Offered| {
            let message = &it.message;
            let goes_at_once = message.due <= event.at && message.hold.is_none();
            message.class != Class::Otp && goes_at_once && message.ordering_key.is_none()
        };
        let ids = messages.iter().filter(is_straight).map(|Offered { message, upstream }| {
            let lane = (message.account, message.class, *upstream);
            let straight = Straight { lane, began: event.number, expires: message.expires, gone: false };
            self.messages.insert(message.id, straight);
            message.id
        });
        let ids = ids.collect();
        self.batches.insert(batch, ids);
    }

    fn accept(&mut self, event: &Event, batch: u64) {
        for message in self.batches.remove(&batch).unwrap_or_default() {
            if let Some(Straight { lane, gone: false, .. }) = self.messages.get(&message) {
                self.waiting.entry(*lane).or_default().insert(message, event.number);
            }
        }
    }

    /// It doesn't wait any more; says whether it did.
    fn forget(&mut self, message: MessageId) -> bool {
        let Some(straight) = self.messages.get_mut(&message) else { return false };
        if let Some(waiting) = self.waiting.get_mut(&straight.lane) {
            waiting.remove(&message);
        }
        !std::mem::replace(&mut straight.gone, true)
    }

    fn take(&mut self, event: &Event, message: MessageId, upstream: UpstreamId, faults: &mut Faults) {
        let is_first = self.forget(message);
        let Some(Straight { lane, began, .. }) = self.messages.get(&message) else { return };
        let Some(waiting) = self.waiting.get(lane).filter(|_| is_first && lane.2 == upstream) else { return };
        if let Some(later) = self.overtaken.remove(&message) {
            faults.tell(message, format!("it was accepted before {later}, which went out before it"));
        }
        // What has expired waits for nothing but to be told so.
        let is_overtaken = |(waiting, accepted): &(&MessageId, &u64)| {
            *accepted < began && self.messages.get(waiting).is_some_and(|it| it.expires > event.at)
        };
        if let Some((overtaken, _)) = waiting.iter().find(is_overtaken) {
            self.overtaken.entry(*overtaken).or_insert(message);
        }
    }
}

impl Check for Order {
    fn name(&self) -> &'static str {
        "order"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Offered { batch, messages, .. } => self.offer(event, *batch, messages),
            Seen::Accepted { batch, .. } => self.accept(event, *batch),
            Seen::Taken(taken) => self.take(event, taken.message.id, taken.upstream, faults),
            Seen::Disturbed(message) | Seen::Asked { message, outcome: Some(_), .. } => {
                self.forget(*message);
            }
            Seen::Told { message, .. } => {
                self.forget(message.id);
            }
            // It goes on from another place in the queue, or by another upstream.
            Seen::Recorded(change) if matches!(change.queue, Queue::Put { .. } | Queue::Return(_)) => {
                self.forget(change.message);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, id, offered, taken};

    fn accepted(order: &mut Fed<Order>, batch: u64, messages: &[u64]) {
        order.see(offered(batch, messages));
        order.see(Seen::Accepted { batch, durable: true });
    }

    #[test]
    fn who_was_accepted_first_goes_first() {
        let mut order = Fed::new(Order::default());
        accepted(&mut order, 1, &[1]);
        accepted(&mut order, 2, &[2]);
        accepted(&mut order, 3, &[3]);
        assert_eq!(order.see(taken(1)), 0);
        assert_eq!(order.see(taken(3)), 0, "the second may end without going out");
        assert_eq!(order.see(taken(2)), 1);
    }

    #[test]
    fn requests_at_the_same_time_have_no_order() {
        let mut order = Fed::new(Order::default());
        order.see(offered(1, &[1]));
        accepted(&mut order, 2, &[2]);
        order.see(Seen::Accepted { batch: 1, durable: true });
        assert_eq!(order.see(taken(2)) + order.see(taken(1)), 0);
    }

    #[test]
    fn what_was_disturbed_or_sent_before_has_no_order() {
        let mut order = Fed::new(Order::default());
        accepted(&mut order, 1, &[1]);
        accepted(&mut order, 2, &[2]);
        accepted(&mut order, 3, &[3]);
        order.see(Seen::Disturbed(id(1)));
        assert_eq!(order.see(taken(2)) + order.see(taken(3)), 0);
        accepted(&mut order, 4, &[4]);
        assert_eq!(order.see(taken(2)), 0);
    }
}
