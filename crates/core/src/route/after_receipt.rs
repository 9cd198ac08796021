//! Fail-over after a receipt: a message that its carrier took and didn't deliver goes by the next upstream of its route.

use crate::delivery::State;
use crate::message::{Class, Message};
use crate::time::Time;
use std::time::Duration;

/// When a message goes by the next upstream of its route though its carrier took it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AfterReceipt {
    /// The ends, as receipts tell them.
    pub states: Vec<State>,
    /// The classes, by their places among [`Class::ALL`].
    pub classes: [bool; Class::COUNT],
    /// The longest time since the message was due.
    pub within: Duration,
}

impl AfterReceipt {
    /// Whether a message whose receipts tell this end goes on.
    #[must_use]
    pub fn goes_on(&self, message: &Message, state: State, now: Time) -> bool {
        let is_early = now < message.due + self.within && now < message.expires;
        is_early && self.classes[message.class as usize] && self.states.contains(&state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::MessageId;

    #[test]
    fn a_message_goes_on_by_state_class_and_age() {
        let rule = AfterReceipt {
            states: vec![State::Undelivered, State::Expired],
            classes: [false, false, true, false],
            within: Duration::from_secs(60),
        };
        let message = |class| Message {
            class,
            ..crate::testing::message(MessageId::first_at(Time(1_800_000_000_000)))
        };
        for (class, state, at, goes_on) in [
            (Class::Transactional, State::Undelivered, 59_999, true),
            (Class::Transactional, State::Expired, 0, true),
            (Class::Transactional, State::Rejected, 0, false),
            (Class::Transactional, State::Delivered, 0, false),
            (Class::Otp, State::Undelivered, 0, false),
            (Class::Transactional, State::Undelivered, 60_000, false),
        ] {
            assert_eq!(rule.goes_on(&message(class), state, Time(at)), goes_on, "{class:?} {state:?} {at}");
        }
        let brief = Message { expires: Time(10), ..message(Class::Transactional) };
        assert!(!rule.goes_on(&brief, State::Undelivered, Time(10)), "its validity has ended");
    }
}
