//! Holds what the carrier got against what the gateway has stored: nothing is missing, nothing came twice without a
//! mark and a death to blame.

use std::collections::{HashMap, HashSet};
use std::time::SystemTime;

use postrider_simulator::carrier::Part;

use crate::harness::Books;

/// When the gateway was dead, each time it died.
#[derive(Debug, Default)]
pub(super) struct Deaths(Vec<SystemTime>);

impl Deaths {
    /// It is dead now.
    pub(super) fn note(&mut self) {
        self.0.push(SystemTime::now());
    }

    /// Fails unless everything accepted was delivered, and each death has no more copies to blame than were in flight,
    /// all of messages that say so.
    pub(super) fn judge(&self, parts: &[Part], books: &Books, accepted: &HashSet<String>, in_flight: u64) {
        let messages = books.messages();
        let mut copies: HashMap<String, Vec<SystemTime>> = HashMap::new();
        for part in parts {
            copies.entry(format!("+{}", part.destination)).or_default().push(part.at);
        }
        for id in accepted {
            let message = messages.get(id).unwrap_or_else(|| panic!("message {id} is lost"));
            assert_eq!(message.state, "delivered", "{message:?}");
            assert!(copies.contains_key(&message.recipient), "the carrier never had {message:?}");
        }
        let marked: HashSet<&str> =
            messages.values().filter(|one| one.possible_duplicate).map(|one| &*one.recipient).collect();
        let mut blamed = vec![0; self.0.len()];
        for (number, times) in &copies {
            assert!(times.len() == 1 || marked.contains(&**number), "{number} got copies without a mark");
            for pair in times.windows(2) {
                blamed[self.between(pair[0], pair[1])] += 1;
            }
        }
        println!(
            "{} accepted, {} deaths, {} marked, {} sent again: {blamed:?}",
            accepted.len(),
            self.0.len(),
            marked.len(),
            blamed.iter().sum::<u64>(),
        );
        assert!(blamed.iter().all(|count| *count <= in_flight), "more than {in_flight}: {blamed:?}");
    }

    /// The first death between two moments.
    fn between(&self, one: SystemTime, other: SystemTime) -> usize {
        let death = self.0.iter().position(|death| one <= *death && *death <= other);
        death.unwrap_or_else(|| panic!("sent at {one:?} and again at {other:?}, and no death in between"))
    }
}
