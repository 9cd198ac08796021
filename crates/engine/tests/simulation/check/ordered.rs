//! Messages of an account with the same ordering key leave in their order: none is taken while an earlier one waits for its answer.

use super::{Check, Faults};
use crate::seen::{Event, Offered, Seen};
use postrider_core::account::AccountId;
use postrider_core::delivery::Queue;
use postrider_core::id::MessageId;
use std::collections::BTreeMap;

/// An account, and an ordering key of its.
type Lane = (AccountId, Box<str>);

/// Messages with keys that were accepted and have neither an answer nor an end.
#[derive(Default)]
pub(crate) struct Ordered {
    batches: BTreeMap<u64, Vec<MessageId>>,
    /// Each message's lane, and the number of the event by which it was handed in.
    messages: BTreeMap<MessageId, (Lane, u64)>,
    /// Those that wait, with the number of the event by which they were accepted.
    waiting: BTreeMap<Lane, BTreeMap<MessageId, u64>>,
}

impl Ordered {
    fn offer(&mut self, event: &Event, batch: u64, messages: &[Offered]) {
        for Offered { message, .. } in messages {
            if let Some(key) = &message.ordering_key {
                let lane = (message.account, key.clone());
                self.messages.insert(message.id, (lane, event.number));
                self.batches.entry(batch).or_default().push(message.id);
            }
        }
    }

    fn accept(&mut self, event: &Event, batch: u64) {
        for message in self.batches.remove(&batch).unwrap_or_default() {
            if let Some((lane, _)) = self.messages.get(&message) {
                self.waiting.entry(lane.clone()).or_default().insert(message, event.number);
            }
        }
    }

    fn forget(&mut self, message: MessageId) {
        if let Some((lane, _)) = self.messages.remove(&message)
            && let Some(waiting) = self.waiting.get_mut(&lane)
        {
            waiting.remove(&message);
        }
    }

    fn take(&self, message: MessageId, faults: &mut Faults) {
        let Some((lane, began)) = self.messages.get(&message) else { return };
        let earlier = self.waiting.get(lane).into_iter().flatten();
        for (other, _) in earlier.filter(|(other, accepted)| **other < message && *accepted < began) {
            faults.tell(message, format!("it is sent, and {other} with the same key has no answer yet"));
        }
    }
}

impl Check for Ordered {
    fn name(&self) -> &'static str {
        "ordered"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Offered { batch, messages, .. } => self.offer(event, *batch, messages),
            Seen::Accepted { batch, .. } => self.accept(event, *batch),
            Seen::Taken(taken) => self.take(taken.message.id, faults),
            // One that comes back after a receipt has had its answer.
            Seen::Recorded(change) if matches!(change.queue, Queue::Leave | Queue::Return(_)) => {
                self.forget(change.message);
            }
            Seen::Asked { message, outcome: Some(_), .. } | Seen::Canceled(message) => self.forget(*message),
            Seen::Told { message, .. } => self.forget(message.id),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, message, taken_message};
    use postrider_core::delivery::{Change, Delivery};
    use postrider_core::message::Message;
    use postrider_core::route::UpstreamId;
    use postrider_core::time::Time;
    use std::sync::Arc;

    fn keyed(number: u64, key: &str) -> Message {
        Message { ordering_key: Some(key.into()), ..message(number) }
    }

    fn accepted(ordered: &mut Fed<Ordered>, batch: u64, message: Message) {
        let message = Arc::new(message);
        ordered.see(Seen::Offered {
            batch,
            messages: vec![Offered { message, upstream: UpstreamId(1) }],
            key: None,
        });
        ordered.see(Seen::Accepted { batch, durable: true });
    }

    fn answered(number: u64) -> Seen {
        let delivery = Delivery::new(Arc::new(message(number)), UpstreamId(1));
        Seen::Recorded(Box::new(Change { queue: Queue::Leave, ..Change::none(&delivery, Time(0)) }))
    }

    #[test]
    fn one_of_a_key_is_sent_at_a_time() {
        let mut ordered = Fed::new(Ordered::default());
        accepted(&mut ordered, 1, keyed(1, "a"));
        accepted(&mut ordered, 2, keyed(2, "a"));
        accepted(&mut ordered, 3, keyed(3, "b"));
        assert_eq!(ordered.see(taken_message(keyed(1, "a"), 1)), 0);
        assert_eq!(ordered.see(taken_message(keyed(2, "a"), 1)), 1);
        assert_eq!(ordered.see(taken_message(keyed(3, "b"), 1)), 0);
        ordered.see(answered(1));
        assert_eq!(ordered.see(taken_message(keyed(2, "a"), 1)), 0);
    }
}
