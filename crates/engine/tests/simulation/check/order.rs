//! What one account sends of one class by one upstream goes out in the order in which it was accepted.

use super::{Check, Faults};
use crate::seen::{Event, OrderLane, Seen};
use postrider_core::id::MessageId;
use postrider_core::message::Class;
use std::collections::{BTreeMap, BTreeSet};

/// Messages that were accepted and not yet taken, by lane.
///
/// Left out is what doesn't go its straight way: scheduled messages, those that their client tried to change, those that
/// were moved to another upstream, and one-time passwords, which pass everything that waits.
#[derive(Default)]
pub(crate) struct Order {
    batches: BTreeMap<u64, Batch>,
    lanes: BTreeMap<OrderLane, BTreeMap<MessageId, u64>>,
    of: BTreeMap<MessageId, (OrderLane, u64)>,
    gone: BTreeSet<MessageId>,
}

/// Messages of one request, and when it was handed in.
struct Batch {
    began: u64,
    messages: Vec<(MessageId, OrderLane)>,
}

impl Order {
    fn forget(&mut self, message: MessageId) {
        self.gone.insert(message);
        if let Some((lane, _)) = self.of.get(&message)
            && let Some(waiting) = self.lanes.get_mut(lane)
        {
            waiting.remove(&message);
        }
    }

    fn accept(&mut self, event: &Event, batch: u64) {
        let Some(batch) = self.batches.get(&batch) else { return };
        for (message, lane) in &batch.messages {
            if !self.gone.contains(message) {
                self.lanes.entry(*lane).or_default().insert(*message, event.number);
            }
        }
    }

    /// Messages of the lane that were accepted before `began` and still wait.
    fn overtaken(&self, lane: OrderLane, began: u64) -> Option<MessageId> {
        let waiting = self.lanes.get(&lane)?;
        waiting.iter().find(|(_, accepted)| **accepted < began).map(|(message, _)| *message)
    }
}

impl Check for Order {
    fn name(&self) -> &'static str {
        "order"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Offered { batch, messages, .. } => {
                let straight = messages.iter().filter(|offered| {
                    offered.message.class != Class::Otp && offered.message.due <= event.at
                });
                let messages: Vec<(MessageId, OrderLane)> = straight
                    .map(|offered| {
                        let message = &offered.message;
                        (message.id, (message.account, message.class, offered.upstream))
                    })
                    .collect();
                for (message, lane) in &messages {
                    self.of.insert(*message, (*lane, event.number));
                }
                self.batches.insert(*batch, Batch { began: event.number, messages });
            }
            Seen::Accepted { batch, .. } => self.accept(event, *batch),
            Seen::Disturbed(message) => self.forget(*message),
            Seen::Asked { message, outcome: Some(_), .. } => self.forget(*message),
            Seen::Told { message, .. } => self.forget(message.id),
            Seen::Taken(taken) => {
                let message = taken.message.id;
                let is_first = !self.gone.contains(&message);
                self.forget(message);
                let Some((lane, began)) = self.of.get(&message).copied() else { return };
                if is_first
                    && lane.2 == taken.upstream
                    && let Some(overtaken) = self.overtaken(lane, began)
                {
                    faults.tell(overtaken, format!("it was accepted before {message}, which goes out before it"));
                }
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
        assert_eq!(order.see(taken(3)), 1);
        assert_eq!(order.see(taken(2)), 0);
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
