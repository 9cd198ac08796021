//! An accepted message is never lost: it comes to an end. A batch is stored whole or not at all, and one key stores one
//! batch.

use super::{Check, Faults};
use crate::seen::{Event, Seen};
use postrider_core::id::MessageId;
use std::collections::{BTreeMap, BTreeSet};

/// What was handed in and what became of it.
#[derive(Default)]
pub(crate) struct Kept {
    batches: BTreeMap<u64, Batch>,
    stored: BTreeSet<MessageId>,
}

struct Batch {
    messages: Vec<MessageId>,
    key: Option<Box<str>>,
    accepted: bool,
}

impl Kept {
    fn end(&self, faults: &mut Faults) {
        let mut by_key: BTreeMap<&str, u64> = BTreeMap::new();
        for (number, batch) in &self.batches {
            let stored = batch.messages.iter().filter(|message| self.stored.contains(message)).count();
            let missing = batch.messages.iter().find(|message| !self.stored.contains(message));
            if batch.accepted
                && let Some(missing) = missing
            {
                faults.tell(*missing, "it was accepted, and is lost");
            } else if stored > 0
                && let Some(missing) = missing
            {
                faults.tell(*missing, format!("of batch {number} {stored} are stored, and this one isn't"));
            }
            if stored > 0
                && let Some(key) = &batch.key
                && let Some(other) = by_key.insert(key, *number)
            {
                faults.tell(None, format!("batches {other} and {number} are stored by the one key {key}"));
            }
        }
    }
}

impl Check for Kept {
    fn name(&self) -> &'static str {
        "kept"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Offered { batch, messages, key } => {
                let messages = messages.iter().map(|offered| offered.message.id).collect();
                self.batches.insert(*batch, Batch { messages, key: key.clone(), accepted: false });
            }
            Seen::Accepted { batch, .. } => {
                if let Some(batch) = self.batches.get_mut(batch) {
                    batch.accepted = true;
                }
            }
            Seen::Final { message, history: Some(history) } => {
                self.stored.insert(*message);
                if history.outcome.is_none() {
                    faults.tell(*message, format!("it never ended, and is {}", history.state.word()));
                }
            }
            Seen::Over => self.end(faults),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, finally, finally_missing, offered, outcome};
    use postrider_core::delivery::State;

    fn ended(number: u64) -> Seen {
        finally(number, Some(outcome(State::Delivered)))
    }

    #[test]
    fn what_was_accepted_must_be_there_and_have_ended() {
        let mut kept = Fed::new(Kept::default());
        for number in 1..=3 {
            kept.see(offered(number, &[number]));
            kept.see(Seen::Accepted { batch: number, durable: true });
        }
        assert_eq!(kept.see(ended(1)) + kept.see(finally_missing(2)), 0);
        assert_eq!(kept.see(finally(3, None)), 1);
        assert_eq!(kept.see(Seen::Over), 1);
    }

    #[test]
    fn what_was_not_accepted_is_there_whole_or_not_at_all() {
        let mut kept = Fed::new(Kept::default());
        kept.see(offered(1, &[1, 2]));
        kept.see(offered(2, &[3, 4]));
        kept.see(offered(3, &[5, 6]));
        assert_eq!(kept.see(ended(1)) + kept.see(ended(2)) + kept.see(ended(5)), 0);
        assert_eq!(kept.see(Seen::Over), 1);
    }

    #[test]
    fn one_key_stores_one_batch() {
        let mut kept = Fed::new(Kept::default());
        for number in 1..=2 {
            let Seen::Offered { batch, messages, .. } = offered(number, &[number]) else { continue };
            kept.see(Seen::Offered { batch, messages, key: Some("key".into()) });
            kept.see(ended(number));
        }
        assert_eq!(kept.see(Seen::Over), 1);
    }
}
