//! Nothing is sent before its time, after its time, after it was canceled, or with a body that was replaced.

use super::{Check, Faults};
use crate::seen::{Event, Seen};
use postrider_core::id::MessageId;
use postrider_core::message::Body;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How far a node's time may be from the store's, which it follows by asking.
const OFF: Duration = Duration::from_secs(2);

/// What clients took back or changed.
#[derive(Default)]
pub(crate) struct Timely {
    canceled: BTreeSet<MessageId>,
    bodies: BTreeMap<MessageId, Body>,
}

impl Check for Timely {
    fn name(&self) -> &'static str {
        "timely"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Canceled(message) => {
                self.canceled.insert(*message);
            }
            Seen::Replaced { message, body } => {
                self.bodies.insert(*message, body.clone());
            }
            Seen::Taken(taken) => {
                let message = &taken.message;
                if event.at + OFF < message.due {
                    faults.tell(message.id, "it is sent before it is due");
                }
                if event.at > message.expires + OFF {
                    faults.tell(message.id, "it is sent though its time has run out");
                }
                if self.canceled.contains(&message.id) {
                    faults.tell(message.id, "it is sent though it was canceled");
                }
                if self.bodies.get(&message.id).is_some_and(|body| *body != message.body) {
                    faults.tell(message.id, "it is sent with the body that was replaced");
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, id, message, taken, taken_message};
    use postrider_core::message::Message;
    use postrider_core::time::Time;

    #[test]
    fn a_message_has_its_time() {
        let mut timely = Fed::new(Timely::default());
        let scheduled = Message { due: Time(10_000), expires: Time(20_000), ..message(1) };
        for (at, faults) in [(7_000, 1), (10_000, 0), (20_500, 0), (23_000, 1)] {
            timely.at = at;
            assert_eq!(timely.see(taken_message(scheduled.clone(), 1)), faults, "{at}");
        }
    }

    #[test]
    fn what_was_canceled_or_replaced_stays_so() {
        let mut timely = Fed::new(Timely::default());
        timely.see(Seen::Replaced { message: id(1), body: Body::Text("y".into()) });
        assert_eq!(timely.see(taken(1)), 1);
        assert_eq!(timely.see(taken_message(Message { body: Body::Text("y".into()), ..message(1) }, 1)), 0);
        timely.see(Seen::Canceled(id(2)));
        assert_eq!(timely.see(taken(2)), 1);
    }
}
