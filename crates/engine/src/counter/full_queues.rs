//! What answers say of the rate.
//!
//! "Too fast" is about the link, "queue full" mostly about one recipient's mailbox. Where queues of many recipients are full
//! at once, it is the carrier's own queue, and the link is too fast.

use postrider_core::contract::Answer;
use postrider_core::delivery::{FaultKind, PartOutcome};
use postrider_core::number::Number;
use postrider_core::pace::Answers;
use postrider_core::time::Time;
use std::collections::VecDeque;
use std::time::Duration;

/// Recipients with a full queue, within [`WITHIN`], that are as many as say that the link is too fast.
const MANY: usize = 5;
/// How long a full queue is remembered.
const WITHIN: Duration = Duration::from_secs(10);

/// The recipients whose queue was full lately: the last [`MANY`] different ones.
#[derive(Debug, Default)]
pub(super) struct FullQueues(VecDeque<(Number, Time)>);

impl FullQueues {
    /// Counts what these answers say of the rate.
    pub(super) fn read(&mut self, answers: &[Answer], now: Time) -> Answers {
        let mut said = Answers::default();
        for Answer { delivery, outcomes, .. } in answers {
            said.parts += usize::from(delivery.message.parts);
            for (_, outcome) in outcomes {
                match outcome {
                    PartOutcome::Unanswered | PartOutcome::NotSent => {}
                    // Said again of one message, it says more of the number than of the rate.
                    PartOutcome::Refused(fault) if fault.kind == FaultKind::Throttled => {
                        said.throttled += usize::from(delivery.throttled == 0);
                        said.again += usize::from(delivery.throttled > 0);
                    }
                    PartOutcome::Refused(fault)
                        if fault.kind == FaultKind::QueueFull && self.are_many(delivery.message.to, now) =>
                    {
                        said.throttled += 1;
                    }
                    PartOutcome::Accepted(_) | PartOutcome::Refused(_) => said.taken += 1,
                }
            }
        }
        said
    }

    /// Notes that this recipient's queue is full. Returns whether those of many are.
    fn are_many(&mut self, number: Number, now: Time) -> bool {
        self.0.retain(|(known, at)| *known != number && now.since(*at) < WITHIN);
        if self.0.len() == MANY {
            self.0.pop_front();
        }
        self.0.push_back((number, now));
        self.0.len() == MANY
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counter::tests::delivery;
    use postrider_core::delivery::Fault;

    fn refused(kind: FaultKind) -> PartOutcome {
        PartOutcome::Refused(Fault { kind, cause: "x".into() })
    }

    /// The answer of a message to the recipient with this last figure, throttled so often before.
    fn answer(recipient: u64, throttled: u8, outcomes: Vec<PartOutcome>) -> Answer {
        let mut delivery = delivery(recipient, 1);
        let message = std::sync::Arc::make_mut(&mut delivery.message);
        message.to = Number::from_digits(447_700_900_000 + recipient).unwrap();
        message.parts = u8::try_from(outcomes.len()).unwrap();
        delivery.throttled = throttled;
        Answer { delivery, parts: 1, outcomes: (0..).zip(outcomes).collect() }
    }

    fn read(queues: &mut FullQueues, answer: Answer, at: i64) -> (usize, usize, usize) {
        let said = queues.read(&[answer], Time(at));
        (said.parts, said.taken, said.throttled)
    }

    #[test]
    fn each_outcome_says_its_own_of_the_rate() {
        use FaultKind::{Elsewhere, Paused, Permanent, QueueFull, Temporary, Throttled};
        let mut queues = FullQueues::default();
        for (throttled, outcomes, said) in [
            (0, vec![PartOutcome::Accepted(None), refused(Throttled), PartOutcome::NotSent], (3, 1, 1)),
            (1, vec![refused(Throttled)], (1, 0, 0)),
            (0, vec![PartOutcome::Unanswered], (1, 0, 0)),
            (0, vec![refused(QueueFull)], (1, 1, 0)),
            (0, [Temporary, Elsewhere, Permanent, Paused].map(refused).into(), (4, 4, 0)),
        ] {
            let case = format!("{outcomes:?}");
            assert_eq!(read(&mut queues, answer(1, throttled, outcomes), 0), said, "{case}");
        }
    }

    #[test]
    fn only_many_recipients_with_full_queues_say_that_the_link_is_too_fast() {
        let mut queues = FullQueues::default();
        let mut full = |recipient, at| {
            read(&mut queues, answer(recipient, 0, vec![refused(FaultKind::QueueFull)]), at).2
        };
        for at in 0..100 {
            assert_eq!(full(7, at), 0, "one recipient, however often");
        }
        assert_eq!([1, 2, 3, 4, 5].map(|recipient| full(recipient, 100)), [0, 0, 0, 1, 1]);
        assert_eq!(full(6, 20_000), 0, "some time later");
    }
}
