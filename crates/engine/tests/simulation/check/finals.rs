//! A final state is final, and everybody sees the same.

use super::{Check, Faults};
use crate::seen::{Event, Seen};
use postrider_core::delivery::Outcome;
use postrider_core::id::MessageId;
use std::collections::BTreeMap;

/// How messages have ended, as it was first seen.
#[derive(Default)]
pub(crate) struct Finals(BTreeMap<MessageId, Outcome>);

impl Finals {
    fn look(&mut self, message: MessageId, now: Option<&Outcome>, faults: &mut Faults) {
        match (self.0.get(&message), now) {
            (None, Some(now)) => {
                self.0.insert(message, now.clone());
            }
            (Some(before), Some(now)) if before != now => {
                faults.tell(message, format!("it had ended so: {before:?}, and has now so: {now:?}"));
            }
            (Some(before), None) => {
                faults.tell(message, format!("it had ended ({}), and hasn't any more", before.state.word()));
            }
            _ => {}
        }
    }
}

impl Check for Finals {
    fn name(&self) -> &'static str {
        "finals"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Asked { message, outcome, .. } => self.look(*message, outcome.as_ref(), faults),
            Seen::Told { message, outcome, .. } => self.look(message.id, Some(outcome), faults),
            Seen::Final { message, history: Some(history) } => {
                self.look(*message, history.outcome.as_ref(), faults);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, finally, id, outcome, told};
    use postrider_core::delivery::State;

    #[test]
    fn an_end_never_changes() {
        let asked = |outcome: Option<Outcome>| Seen::Asked { message: id(1), state: State::Sent, outcome };
        let mut finals = Fed::new(Finals::default());
        assert_eq!(finals.see(asked(None)), 0);
        assert_eq!(finals.see(told(1, State::Delivered)), 0);
        assert_eq!(finals.see(asked(Some(outcome(State::Delivered)))), 0);
        assert_eq!(finals.see(told(1, State::Undelivered)), 1);
        assert_eq!(finals.see(asked(None)), 1);
        assert_eq!(finals.see(finally(1, Some(outcome(State::Unknown)))), 1);
    }
}
