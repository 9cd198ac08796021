//! Nothing goes to a number once its STOP was acknowledged, from whichever node.

use super::{Check, Faults};
use crate::seen::{Event, Seen};
use std::collections::BTreeSet;

/// The numbers that have said STOP.
#[derive(Default)]
pub(crate) struct Stops(BTreeSet<u64>);

impl Check for Stops {
    fn name(&self) -> &'static str {
        "stops"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Stopped(number) => {
                self.0.insert(*number);
            }
            Seen::Taken(taken) if self.0.contains(&taken.message.to.digits()) && !taken.message.exempt => {
                faults.tell(taken.message.id, "it leaves after its recipient's STOP was acknowledged");
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, UPSTREAM, message};
    use crate::seen::Taken;
    use std::sync::Arc;

    fn taken() -> Seen {
        Seen::Taken(Taken { upstream: UPSTREAM, message: Arc::new(message(1)), marked: false, parts: 1 })
    }

    #[test]
    fn what_leaves_after_a_stop_is_a_fault() {
        let mut stops = Fed::new(Stops::default());
        assert_eq!(stops.see(taken()), 0);
        assert_eq!(stops.see(Seen::Stopped(1)) + stops.see(taken()), 0, "another number");
        assert_eq!(stops.see(Seen::Stopped(message(1).to.digits())), 0);
        assert_eq!(stops.see(taken()), 1);
    }
}
