//! Holds what the carrier got against what the gateway has stored: nothing is missing, nothing came twice without a
//! mark and a death to blame.

use crate::harness::Entry;
use postrider_simulator::carrier::Part;
use std::collections::{HashMap, HashSet};
use std::time::{Duration, SystemTime};

/// Answered parts that may always wait to be recorded, however small the window is, as the manual promises.
const UNRECORDED_MIN: u64 = 100;

/// How long a carrier on a busy machine may take to read what a node had written when it died. A dead node's messages are not
/// sent again before it is known for dead, which takes longer.
const READ_LATE: Duration = Duration::from_secs(4);

/// When nodes were dead, each time one died.
#[derive(Debug, Default)]
pub(crate) struct Deaths(Vec<Death>);

#[derive(Debug)]
struct Death {
    /// The node, by what its parts have as `service_type`.
    node: String,
    at: SystemTime,
    /// Parts that it may have had in flight, or answered and not recorded.
    unsettled: u64,
}

impl Deaths {
    /// A node is dead now. Its window was of so many parts, all with this `service_type`; as many may have been answered and
    /// not recorded.
    pub(crate) fn note(&mut self, node: &str, window: u64) {
        let unsettled = window.saturating_add(window.max(UNRECORDED_MIN));
        self.0.push(Death { node: node.to_owned(), at: SystemTime::now(), unsettled });
    }

    /// Fails unless everything accepted was delivered whole, and each death has no more parts to blame that came again
    /// than were unsettled, all of messages that say so. Returns how many came again for each death.
    pub(crate) fn judge(
        &self,
        parts: &[Part],
        messages: &HashMap<String, Entry>,
        accepted: &HashSet<String>,
    ) -> Vec<u64> {
        let arrived = by_number(parts);
        for id in accepted {
            let message = messages.get(id).unwrap_or_else(|| panic!("message {id} is lost"));
            assert_eq!(message.state, "delivered", "{message:?}");
            let copies = arrived.get(&message.recipient);
            is_whole(copies.unwrap_or_else(|| panic!("the carrier never had {message:?}")));
        }
        let blamed = self.blame(messages.values(), &arrived);
        let marked = messages.values().filter(|message| message.possible_duplicate).count();
        println!("{} accepted, {} deaths, {marked} marked", accepted.len(), self.0.len());
        println!("{} of {} parts came again: {blamed:?}", blamed.iter().sum::<u64>(), parts.len());
        for (death, count) in self.0.iter().zip(&blamed) {
            assert!(*count <= death.unsettled, "more came again than was unsettled: {death:?} {count}");
        }
        blamed
    }

    /// How many parts came again for each death.
    fn blame<'a>(
        &self,
        messages: impl Iterator<Item = &'a Entry>,
        arrived: &HashMap<String, Vec<&Part>>,
    ) -> Vec<u64> {
        let mut blamed = vec![0; self.0.len()];
        for message in messages {
            let mut last: HashMap<u8, &Part> = HashMap::new();
            for part in arrived.get(&message.recipient).into_iter().flatten() {
                let number = part.concat().map_or(1, |concat| concat.number);
                if let Some(before) = last.insert(number, part) {
                    assert!(message.possible_duplicate, "came again without a mark: {message:?}");
                    blamed[self.between(before, part)] += 1;
                }
            }
        }
        blamed
    }

    /// The first death of who sent a part between that and when it came again.
    fn between(&self, one: &Part, other: &Part) -> usize {
        let between = |late: Duration| {
            let is_it = |death: &Death| {
                death.node == one.service_type && one.at <= death.at + late && death.at <= other.at
            };
            self.0.iter().position(is_it)
        };
        let death = between(Duration::ZERO).or_else(|| between(READ_LATE));
        death.unwrap_or_else(|| panic!("sent, and sent again, and nobody died in between: {one:?} {other:?}"))
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
