//! Holds what the carrier got against what the gateway has stored: nothing is missing, nothing came twice without a
//! mark and a death to blame.

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use postrider_simulator::carrier::Part;

use crate::harness::{Books, Entry};

/// When the gateway was dead, each time it died.
#[derive(Debug, Default)]
pub(super) struct Deaths(Vec<SystemTime>);

impl Deaths {
    /// It is dead now.
    pub(super) fn note(&mut self) {
        self.0.push(SystemTime::now());
    }

    /// Fails unless everything accepted was delivered whole, and each death has no more parts to blame that came again
    /// than were in flight, all of messages that say so.
    pub(super) fn judge(&self, parts: &[Part], books: &Books, accepted: &HashSet<String>, in_flight: u64) {
        let messages = books.messages();
        let arrived = by_number(parts);
        for id in accepted {
            let message = messages.get(id).unwrap_or_else(|| panic!("message {id} is lost"));
            assert_eq!(message.state, "delivered", "{message:?}");
            let copies = arrived.get(&message.recipient);
            is_whole(copies.unwrap_or_else(|| panic!("the carrier never had {message:?}")));
        }
        let blamed = self.blame(messages.values(), &arrived);
        let again: u64 = blamed.iter().sum();
        let marked = messages.values().filter(|message| message.possible_duplicate).count();
        println!("{} accepted, {} deaths, {marked} marked", accepted.len(), self.0.len());
        println!("{again} of {} parts came again: {blamed:?}", parts.len());
        assert!(again > 0, "the story needs deaths with something in flight");
        assert!(blamed.iter().all(|count| *count <= in_flight), "more than {in_flight}: {blamed:?}");
    }

    /// How many parts came again for each death.
    fn blame<'a>(
        &self,
        messages: impl Iterator<Item = &'a Entry>,
        arrived: &HashMap<String, Vec<&Part>>,
    ) -> Vec<u64> {
        let mut blamed = vec![0; self.0.len()];
        for message in messages {
            let mut last: HashMap<u8, SystemTime> = HashMap::new();
            for part in arrived.get(&message.recipient).into_iter().flatten() {
                let number = part.concat().map_or(1, |concat| concat.number);
                if let Some(before) = last.insert(number, part.at) {
                    assert!(message.possible_duplicate, "came again without a mark: {message:?}");
                    blamed[self.between(before, part.at)] += 1;
                }
            }
        }
        blamed
    }

    /// The first death between two moments.
    fn between(&self, one: SystemTime, other: SystemTime) -> usize {
        let death = self.0.iter().position(|death| one <= *death && *death <= other);
        death.unwrap_or_else(|| panic!("sent at {one:?} and again at {other:?}, and no death in between"))
    }
}

/// What came for each number, in the order that it came.
fn by_number(parts: &[Part]) -> HashMap<String, Vec<&Part>> {
    let mut arrived: HashMap<String, Vec<&Part>> = HashMap::new();
    for part in parts {
        arrived.entry(format!("+{}", part.destination)).or_default().push(part);
    }
    arrived
}

/// Fails unless a handset could put the message together, whichever copies of its parts it got.
fn is_whole(copies: &[&Part]) {
    let Some(first) = copies[0].concat() else { return };
    let concats: Vec<_> = copies.iter().map(|part| part.concat().unwrap()).collect();
    assert!(concats.iter().all(|one| (one.reference, one.total) == (first.reference, first.total)));
    let numbers: HashSet<u8> = concats.iter().map(|one| one.number).collect();
    assert_eq!(numbers.len(), usize::from(first.total), "parts are missing: {concats:?}");
}
