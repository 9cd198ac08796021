//! A client that wants to hear how its message ended is told so: once, and again only where a failure allows.

use super::{Check, Faults};
use crate::seen::{Event, Seen};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::message::{Message, Via};
use postrider_core::notice::Lane;
use std::collections::{BTreeMap, BTreeSet};

/// What clients were told.
#[derive(Default)]
pub(crate) struct Tellings {
    told: BTreeSet<MessageId>,
    /// The node whose door told a notice last, with no failure since.
    settled: BTreeMap<MessageId, u8>,
}

/// The lane on which a message's end is told.
fn lane(message: &Message) -> Option<Lane> {
    match message.via {
        Via::Asking | Via::Rule | Via::Verification => None,
        Via::Session => Some(Lane::Sessions(message.account)),
        Via::Webhook => Some(Lane::Webhooks),
    }
}

fn is_wanted(message: &Message, state: State) -> bool {
    lane(message).is_some() && message.receipts.include(state == State::Delivered)
}

impl Tellings {
    fn tell(&mut self, node: u8, on: Lane, message: &Message, state: State, faults: &mut Faults) {
        if !is_wanted(message, state) || lane(message) != Some(on) {
            faults.tell(message.id, "a client is told of it that doesn't want to hear of it");
        }
        if let Some(before) = self.settled.insert(message.id, node) {
            faults.tell(
                message.id,
                format!("node {before} has told its client, and now node {node} does again"),
            );
        }
        self.told.insert(message.id);
    }
}

impl Check for Tellings {
    fn name(&self) -> &'static str {
        "told"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Told { lane, message, outcome } => {
                self.tell(event.node, *lane, message, outcome.state, faults);
            }
            Seen::NotTold(message) => {
                self.settled.remove(message);
            }
            Seen::Died(node) => self.settled.retain(|_, by| by != node),
            Seen::Final { message, history: Some(history) } => {
                let Some(outcome) = &history.outcome else { return };
                if is_wanted(&history.message, outcome.state) && !self.told.contains(message) {
                    faults.tell(*message, "its client was never told how it ended");
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, finally, id, outcome, told};

    #[test]
    fn who_wants_to_hear_is_told() {
        let mut tellings = Fed::new(Tellings::default());
        let ended = |number| finally(number, Some(outcome(State::Delivered)));
        assert_eq!(tellings.see(told(1, State::Delivered)), 0);
        assert_eq!(tellings.see(ended(1)), 0);
        assert_eq!(tellings.see(ended(2)), 1);
    }

    #[test]
    fn nobody_is_told_twice_without_a_failure() {
        let again = |between: Vec<Seen>| {
            let mut tellings = Fed::new(Tellings::default());
            tellings.see(told(1, State::Delivered));
            between.into_iter().for_each(|seen| {
                tellings.see(seen);
            });
            tellings.see(told(1, State::Delivered))
        };
        assert_eq!(again(vec![]), 1);
        assert_eq!(again(vec![Seen::Died(2)]), 1);
        assert_eq!(again(vec![Seen::Died(1)]), 0);
        assert_eq!(again(vec![Seen::NotTold(id(1))]), 0);
    }

    #[test]
    fn another_lane_is_not_told() {
        let mut tellings = Fed::new(Tellings::default());
        let Seen::Told { message, outcome, .. } = told(1, State::Delivered) else { return };
        assert_eq!(tellings.see(Seen::Told { lane: Lane::Webhooks, message, outcome }), 1);
    }
}
