//! Names of parts that are made of the recipient and a time stamp to the second, as those of UCP and CIMD2 are. Parts for one
//! recipient within one second share a name: here each gets one of its own, and receipts are given out in the order of
//! submission.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most names that are remembered, of the newest parts.
const NAMES_MAX: usize = 65_536;

/// The names of the parts that all sessions of one upstream sent; a receipt may come by another session than its part went.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Mutex<Namesakes>>);

impl Shared {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Namesakes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Namesakes {
    by_name: HashMap<Box<str>, Count>,
    /// The oldest first.
    order: VecDeque<Box<str>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// Parts that were accepted under the name.
    given: u16,
    /// Those of them whose end was reported.
    ended: u16,
}

/// The names that a receipt may mean.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Meant {
    /// The likeliest.
    pub(crate) name: Box<str>,
    /// Another, that counts if the first is nobody's: the part was sent before this start of the gateway.
    pub(crate) also: Option<Box<str>>,
}

/// The name that recipient and time stamp make: the last digits of the recipient's number as far as the carrier leaves them
/// unchanged.
pub(crate) fn name(recipient: &str, digits: u8, stamp: &str) -> Box<str> {
    let from = recipient.len().saturating_sub(digits.into());
    format!("{}:{stamp}", recipient.get(from..).unwrap_or(recipient)).into()
}

/// The name of the part that is the `nth` of its name, from 0.
fn nth_of(name: &str, nth: u16) -> Box<str> {
    if nth == 0 { name.into() } else { format!("{name}#{}", nth + 1).into() }
}

impl Namesakes {
    /// A part was accepted under this name: the name of its own.
    pub(crate) fn give(&mut self, name: Box<str>) -> Box<str> {
        if let Some(count) = self.by_name.get_mut(&name) {
            count.given = count.given.saturating_add(1);
            return nth_of(&name, count.given - 1);
        }
        if self.order.len() >= NAMES_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_name.remove(&oldest);
        }
        self.order.push_back(name.clone());
        self.by_name.insert(name.clone(), Count { given: 1, ended: 0 });
        name
    }

    /// A receipt came under this name, which is its part's last if it `ends` it.
    pub(crate) fn meant(&mut self, name: Box<str>, ends: bool) -> Meant {
        let Some(count) = self.by_name.get_mut(&name) else {
            let also = Some(nth_of(&name, 1));
            return Meant { name, also };
        };
        let nth = count.ended.min(count.given - 1);
        if ends {
            count.ended = count.ended.saturating_add(1).min(count.given);
        }
        Meant { name: nth_of(&name, nth), also: None }
    }

    /// What `meant` said of a receipt that ends its part isn't kept: it comes again.
    pub(crate) fn not_kept(&mut self, name: &str) {
        if let Some(count) = self.by_name.get_mut(name) {
            count.ended = count.ended.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_one_second_have_names_of_their_own() {
        let mut names = Namesakes::default();
        let key = || name("447700900123", 9, "291126083007");
        let given: Vec<_> = (0..3).map(|_| names.give(key())).collect();
        assert_eq!(
            given.iter().map(|name| &**name).collect::<Vec<_>>(),
            ["700900123:291126083007", "700900123:291126083007#2", "700900123:291126083007#3"]
        );
        assert_eq!(*names.meant(key(), false).name, *given[0], "still under way");
        for expected in [0, 1, 2, 2] {
            assert_eq!(names.meant(key(), true), Meant { name: given[expected].clone(), also: None });
        }
        names.not_kept(&key());
        assert_eq!(names.meant(key(), true).name, given[2]);
    }

    #[test]
    fn a_name_from_before_the_start_may_be_a_second_one() {
        let mut names = Namesakes::default();
        let meant = names.meant(name("123", 9, "1"), true);
        assert_eq!(meant, Meant { name: "123:1".into(), also: Some("123:1#2".into()) });
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut names = Namesakes::default();
        for number in 0..=NAMES_MAX {
            names.give(name(&number.to_string(), 9, "1"));
        }
        assert_eq!((names.by_name.len(), names.order.len()), (NAMES_MAX, NAMES_MAX));
        assert!(names.meant(name("0", 9, "1"), true).also.is_some());
        assert_eq!(names.meant(name("1", 9, "1"), true).also, None);
    }
}
