//! Nothing is acknowledged before it is durable: neither messages to clients nor receipts to carriers.

use super::{Check, Faults};
use crate::seen::{Event, Seen};

/// Looks whether what was acknowledged would have survived a crash at that instant.
#[derive(Default)]
pub(crate) struct Acks;

impl Check for Acks {
    fn name(&self) -> &'static str {
        "acks"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Accepted { batch, durable: false } => {
                faults.tell(None, format!("batch {batch} was accepted before it was durable"));
            }
            Seen::Acknowledged { message, part, durable: false } => {
                faults.tell(*message, format!("a receipt for part {part} was acknowledged and not kept"));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, id};

    #[test]
    fn what_is_acknowledged_is_durable() {
        let mut acks = Fed::new(Acks);
        for (durable, faults) in [(true, 0), (false, 1)] {
            assert_eq!(acks.see(Seen::Accepted { batch: 1, durable }), faults);
            assert_eq!(acks.see(Seen::Acknowledged { message: id(1), part: 0, durable }), faults);
        }
    }
}
