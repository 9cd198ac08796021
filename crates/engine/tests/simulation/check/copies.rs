//! The carrier has a part twice only if its message is marked as a possible duplicate.

use super::{Check, Faults};
use crate::seen::{Event, Seen};
use postrider_core::delivery::{Outcome, Queue};
use postrider_core::id::MessageId;
use std::collections::BTreeMap;

/// Counts the copies that carriers have of each part.
#[derive(Default)]
pub(crate) struct Copies(BTreeMap<MessageId, BTreeMap<u8, u32>>);

impl Copies {
    fn has_two(&self, message: MessageId) -> bool {
        self.0.get(&message).is_some_and(|copies| copies.values().any(|copies| *copies > 1))
    }

    fn look(&self, message: MessageId, outcome: &Outcome, what: &str, faults: &mut Faults) {
        if self.has_two(message) && !outcome.possible_duplicate {
            faults.tell(message, format!("the carrier has it twice, and its {what} isn't marked"));
        }
    }
}

impl Check for Copies {
    fn name(&self) -> &'static str {
        "copies"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Copy { message, part, marked } => {
                let copies = self.0.entry(*message).or_default().entry(*part).or_default();
                *copies += 1;
                if *copies > 1 && !marked {
                    faults.tell(*message, format!("the carrier got part {part} again, unmarked"));
                }
            }
            // Its carrier didn't deliver what it had: the next one has the first copy.
            Seen::Recorded(change) if matches!(change.queue, Queue::Return(_)) => {
                self.0.remove(&change.message);
            }
            Seen::Told { message, outcome, .. } => self.look(message.id, outcome, "notice", faults),
            Seen::Final { message, history: Some(history) } => {
                if let Some(outcome) = &history.outcome {
                    self.look(*message, outcome, "outcome", faults);
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
    use postrider_core::delivery::State;

    fn copy(part: u8, marked: bool) -> Seen {
        Seen::Copy { message: id(1), part, marked }
    }

    #[test]
    fn a_second_copy_must_be_marked() {
        let mut copies = Fed::new(Copies::default());
        assert_eq!(copies.see(copy(0, false)) + copies.see(copy(1, false)), 0);
        assert_eq!(copies.see(copy(1, true)), 0);
        assert_eq!(copies.see(copy(0, false)), 1);
    }

    #[test]
    fn what_is_told_and_kept_of_two_copies_says_so() {
        let mut copies = Fed::new(Copies::default());
        let marked = Outcome { possible_duplicate: true, ..outcome(State::Delivered) };
        copies.see(copy(0, false));
        assert_eq!(copies.see(told(1, State::Delivered)), 0);
        copies.see(copy(0, true));
        assert_eq!(copies.see(told(1, State::Delivered)), 1);
        assert_eq!(copies.see(finally(1, Some(outcome(State::Delivered)))), 1);
        assert_eq!(copies.see(finally(1, Some(marked))), 0);
    }
}
