//! A text of a handset that was acknowledged is told, on each lane: once, and again only where a failure allows. It is two messages
//! only where the carrier brought it twice.

use super::{Check, Faults};
use crate::seen::{Event, Seen};
use postrider_core::id::MessageId;
use postrider_core::notice::Lane;
use std::collections::{BTreeMap, BTreeSet};

/// The lanes on which each is told: sessions and webhooks.
const LANES: usize = 2;

/// What handsets wrote.
#[derive(Default)]
pub(crate) struct Handsets {
    /// How often the carrier brought a text.
    brought: BTreeMap<u64, u32>,
    acknowledged: BTreeSet<u64>,
    /// The messages that a text became.
    messages: BTreeMap<u64, BTreeSet<MessageId>>,
    told: BTreeMap<u64, BTreeSet<Lane>>,
    /// The node whose door told a message last, with no failure since.
    settled: BTreeMap<(MessageId, Lane), u8>,
}

impl Handsets {
    fn tell(&mut self, node: u8, lane: Lane, message: MessageId, text: u64, faults: &mut Faults) {
        if let Some(before) = self.settled.insert((message, lane), node) {
            faults.tell(message, format!("node {before} has told it, and now node {node} does again"));
        }
        let messages = self.messages.entry(text).or_default();
        messages.insert(message);
        if messages.len() > 1 && self.brought.get(&text) == Some(&1) {
            faults.tell(message, format!("text {text} came once and is told as {} messages", messages.len()));
        }
        self.told.entry(text).or_default().insert(lane);
    }

    fn close(&self, faults: &mut Faults) {
        for text in &self.acknowledged {
            let lanes = self.told.get(text).map_or(0, BTreeSet::len);
            if lanes < LANES {
                faults.tell(
                    None,
                    format!("text {text} was acknowledged, and told on {lanes} of {LANES} lanes"),
                );
            }
        }
    }
}

impl Check for Handsets {
    fn name(&self) -> &'static str {
        "handsets"
    }

    fn see(&mut self, event: &Event, faults: &mut Faults) {
        match &event.seen {
            Seen::Brought(text) => *self.brought.entry(*text).or_default() += 1,
            Seen::Heard(text) => {
                self.acknowledged.insert(*text);
            }
            Seen::ToldText { lane, message, text } => self.tell(event.node, *lane, *message, *text, faults),
            Seen::NotTold(message) => self.settled.retain(|(it, _), _| it != message),
            Seen::Died(node) => self.settled.retain(|_, by| by != node),
            Seen::Over => self.close(faults),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::samples::{Fed, id};
    use postrider_core::account::AccountId;

    const SESSIONS: Lane = Lane::Sessions(AccountId(1));

    fn told(lane: Lane, message: u64) -> Seen {
        Seen::ToldText { lane, message: id(message), text: 7 }
    }

    #[test]
    fn what_was_acknowledged_and_is_not_told_is_a_fault() {
        let over = |lanes: &[Lane]| {
            let mut handsets = Fed::new(Handsets::default());
            let before = [Seen::Brought(7), Seen::Heard(7)].into_iter();
            let faults: usize =
                before.chain(lanes.iter().map(|lane| told(*lane, 1))).map(|seen| handsets.see(seen)).sum();
            (faults, handsets.see(Seen::Over))
        };
        assert_eq!(over(&[SESSIONS, Lane::Webhooks]), (0, 0));
        assert_eq!(over(&[SESSIONS]), (0, 1));
        assert_eq!(over(&[]), (0, 1));
    }

    #[test]
    fn a_text_that_came_once_is_one_message_and_told_once() {
        let again = |between: Vec<Seen>, message| {
            let mut handsets = Fed::new(Handsets::default());
            handsets.see(Seen::Brought(7));
            handsets.see(told(SESSIONS, 1));
            between.into_iter().for_each(|seen| {
                handsets.see(seen);
            });
            handsets.see(told(SESSIONS, message))
        };
        assert_eq!(again(vec![], 1), 1);
        assert_eq!(again(vec![Seen::NotTold(id(1))], 1), 0);
        assert_eq!(again(vec![Seen::Died(1)], 1), 0);
        assert_eq!(again(vec![], 2), 1, "another message");
        assert_eq!(again(vec![Seen::Brought(7)], 2), 0, "it came twice");
    }
}
