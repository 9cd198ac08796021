//! A message is delivered, or not, only as its own carrier has said.

use super::{Check, Faults};
use crate::seen::{Event, Seen};
use postrider_core::delivery::{Outcome, State};
use postrider_core::id::MessageId;
use std::collections::{BTreeMap, BTreeSet};

/// The states that carriers have reported, by message.
#[derive(Default)]
pub(crate) struct Reports(BTreeMap<MessageId, BTreeSet<u8>>);

impl Reports {
    fn look(&self, message: MessageId, outcome: &Outcome, faults: &mut Faults) {
        let state = outcome.state;
        let is_reported = self.0.get(&message).is_some_and(|states| states.contains(&(state as u8)));
        if matches!(state, State::Delivered | State::Undelivered) && !is_reported {
            faults.tell(message, format!("it is {}, and its carrier never said so", state.word()));
        }
    }
}

impl Check for Reports {
    fn name(&self) -> &'static str {
        "reports"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Reported { message, reported } => {
                self.0.entry(*message).or_default().extend(reported.state().map(|state| state as u8));
            }
            Seen::Told { message, outcome, .. } => self.look(message.id, outcome, faults),
            Seen::Final { message, history: Some(history) } => {
                if let Some(outcome) = &history.outcome {
                    self.look(*message, outcome, faults);
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
    use postrider_core::receipt::Reported;

    #[test]
    fn what_was_told_must_have_been_reported() {
        let mut reports = Fed::new(Reports::default());
        let reported = |number| Seen::Reported { message: id(number), reported: Reported::Delivered };
        assert_eq!(reports.see(told(1, State::Delivered)), 1);
        assert_eq!(reports.see(reported(1)), 0);
        assert_eq!(reports.see(told(1, State::Delivered)), 0);
        assert_eq!(reports.see(told(2, State::Delivered)), 1);
        assert_eq!(reports.see(finally(1, Some(outcome(State::Undelivered)))), 1);
        assert_eq!(reports.see(finally(2, Some(outcome(State::Expired)))), 0);
    }
}
