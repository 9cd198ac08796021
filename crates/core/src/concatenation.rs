//! The references by which a handset knows the parts of one text from those of another. Two texts to one number must not
//! have the same one while parts of both may be under way, and most carriers leave eight bits for it.

use crate::id::{IdMaker, MessageId};
use crate::number::Number;
use crate::time::Time;
use std::collections::{HashSet, VecDeque};

/// How many long messages are remembered by number and reference.
const REMEMBERED: usize = 16_384;
/// How many identifiers are tried: a number that has got more long messages than this lately may get a reference again.
const TRIES: usize = 512;

/// The references that numbers were sent lately. A message's reference comes from its identifier, so that it is the same however often and
/// wherever it is sent; of a long message whose reference would be one of its recipient's last, the identifier is another.
#[derive(Debug, Default)]
pub struct Concatenations {
    known: HashSet<(Number, u8)>,
    order: VecDeque<(Number, u8)>,
}

impl Concatenations {
    /// The identifier of the next message, of so many parts, to this number.
    pub fn identify(&mut self, ids: &mut IdMaker, to: Number, parts: u8, now: Time) -> MessageId {
        let mut id = ids.next(now);
        if parts < 2 {
            return id;
        }
        for _ in 0..TRIES {
            if !self.known.contains(&(to, short(id))) {
                break;
            }
            id = ids.next(now);
        }
        self.remember((to, short(id)));
        id
    }

    fn remember(&mut self, reference: (Number, u8)) {
        if self.known.insert(reference) {
            self.order.push_back(reference);
        }
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

/// The eight bits that are written where there are no more.
fn short(id: MessageId) -> u8 {
    let [_, low] = id.reference().to_be_bytes();
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time(1_800_000_000_000);

    fn number(n: u64) -> Number {
        Number::from_digits(447_700_900_000 + n).unwrap()
    }

    /// References of long messages to one number: `every` so many milliseconds, with so many `others` between them.
    fn references(every: i64, others: u64, count: i64) -> Vec<u8> {
        let (mut known, mut ids) = (Concatenations::default(), IdMaker::new(1));
        let mut references = Vec::new();
        for turn in 0..count {
            let now = Time(NOW.0 + turn * every);
            references.push(short(known.identify(&mut ids, number(0), 2, now)));
            for other in 1..=others {
                known.identify(&mut ids, number(other), 2, now);
                known.identify(&mut ids, number(other), 1, now);
            }
        }
        references
    }

    #[test]
    fn no_two_long_messages_to_a_number_share_a_reference_soon() {
        for (every, others) in
            [(0, 0), (0, 1), (0, 255), (1, 0), (7, 3), (1_000, 0), (1_000, 10), (256_000, 1)]
        {
            let found = references(every, others, 60);
            let distinct: HashSet<u8> = found.iter().copied().collect();
            assert_eq!(distinct.len(), found.len(), "every {every} ms, {others} others: {found:?}");
        }
    }

    #[test]
    fn where_they_begin_depends_on_when_the_gateway_does() {
        let begin = |ms: i64| {
            let (mut known, mut ids) = (Concatenations::default(), IdMaker::new(1));
            short(known.identify(&mut ids, number(0), 2, Time(NOW.0 + ms)))
        };
        let begun: HashSet<u8> = (0..64).map(|n| begin(n * 9_973)).collect();
        assert!(begun.len() > 40, "{begun:?}");
    }

    #[test]
    fn a_number_that_got_everything_gets_something_again_and_memory_is_bounded() {
        let (mut known, mut ids) = (Concatenations::default(), IdMaker::new(1));
        for _ in 0..300 {
            known.identify(&mut ids, number(0), 2, NOW);
        }
        for n in 0..20_000 {
            known.identify(&mut ids, number(n), 2, NOW);
        }
        assert!(known.order.len() <= REMEMBERED && known.known.len() == known.order.len());
    }

    #[test]
    fn identifiers_still_rise() {
        let (mut known, mut ids) = (Concatenations::default(), IdMaker::new(1));
        let made: Vec<MessageId> = (0..1_000)
            .map(|n| known.identify(&mut ids, number(n % 3), 2, Time(NOW.0 + n as i64 / 9)))
            .collect();
        assert!(made.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
