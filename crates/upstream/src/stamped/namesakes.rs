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
    /// The time stamp of the first part: the gateway may have sent others in that second before it was started.
    first: Option<Box<str>>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// Parts that were accepted under the name, with the one that may have been before this start.
    given: u16,
    /// Parts whose end was reported.
    ended: u16,
    /// Whether parts that were sent before this start may have the name too.
    is_shared: bool,
}

/// The names that a receipt may mean.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Meant {
    /// The likeliest.
    pub(crate) name: Box<str>,
    /// Another, that counts if the first is nobody's: the part was sent before this start of the gateway.
    pub(crate) also: Option<Box<str>>,
}

/// The name that recipient and time stamp make. Of the number it has a digest, since names are logged: of its last digits, as
/// far as the carrier leaves them unchanged.
pub(crate) fn name(recipient: &str, digits: u8, stamp: &str) -> Box<str> {
    let from = recipient.len().saturating_sub(digits.into());
    format!("{:012x}:{stamp}", digest(recipient.get(from..).unwrap_or(recipient))).into()
}

/// 48 bits of FNV-1a, which stay the same from one version of the gateway to the next: names are kept.
fn digest(digits: &str) -> u64 {
    let mix = |hash: u64, octet: u8| (hash ^ u64::from(octet)).wrapping_mul(0x0000_0100_0000_01B3);
    digits.bytes().fold(0xCBF2_9CE4_8422_2325, mix) >> 16
}

/// The name of the part that is the `nth` of its name, from 0.
fn nth_of(name: &str, nth: u16) -> Box<str> {
    if nth == 0 { name.into() } else { format!("{name}#{}", nth + 1).into() }
}

/// The time stamp in a name.
fn stamp(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, stamp)| stamp)
}

impl Namesakes {
    /// A part was accepted under this name: the name of its own.
    pub(crate) fn give(&mut self, name: &str) -> Box<str> {
        let first = self.first.get_or_insert_with(|| stamp(name).into());
        let is_first = **first == *stamp(name);
        let count = self.count(name);
        if is_first && count.given == 0 {
            (count.given, count.is_shared) = (1, true);
        }
        count.given = count.given.saturating_add(1);
        nth_of(name, count.given - 1)
    }

    /// A receipt came under this name, which is its part's last if it `ends` it.
    pub(crate) fn meant(&mut self, name: &str, ends: bool) -> Meant {
        let count = self.count(name);
        let is_unknown = count.given == 0 || count.is_shared;
        // One more than were accepted may be a repetition, or come before the answer.
        let nth = if is_unknown { count.ended } else { count.ended.min(count.given) };
        if ends {
            count.ended = nth.saturating_add(1);
        }
        let also = is_unknown.then(|| nth_of(name, nth.saturating_add(1)));
        Meant { name: nth_of(name, nth), also }
    }

    /// What `meant` said of a receipt that ends its part isn't kept: it comes again.
    pub(crate) fn not_kept(&mut self, name: &str) {
        if let Some(count) = self.by_name.get_mut(name) {
            count.ended = count.ended.saturating_sub(1);
        }
    }

    /// The count of a name, which is remembered from now on. The oldest name is forgotten if there are too many.
    fn count(&mut self, name: &str) -> &mut Count {
        if !self.by_name.contains_key(name) {
            if self.order.len() >= NAMES_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.by_name.remove(&oldest);
            }
            self.order.push_back(name.into());
        }
        self.by_name.entry(name.into()).or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The digest of 700900123, by the published algorithm, and a time stamp.
    const NAME: &str = "3a4eec47490e:291126083007";

    /// Names in a gateway that has sent something in an earlier second.
    fn warm() -> Namesakes {
        let mut names = Namesakes::default();
        names.give(&name("1", 9, "291126083006"));
        names
    }

    fn meant(name: &str, also: Option<&str>) -> Meant {
        Meant { name: name.into(), also: also.map(Box::from) }
    }

    #[test]
    fn parts_of_one_second_have_names_of_their_own() {
        let mut names = warm();
        let key = || name("447700900123", 9, "291126083007");
        let given: Vec<_> = (0..3).map(|_| names.give(&key())).collect();
        assert_eq!(
            given.iter().map(|name| &**name).collect::<Vec<_>>(),
            [NAME, &format!("{NAME}#2"), &format!("{NAME}#3")]
        );
        assert_eq!(*names.meant(&key(), false).name, *given[0], "still under way");
        for expected in &given {
            assert_eq!(names.meant(&key(), true), meant(expected, None));
        }
        assert_eq!(*names.meant(&key(), true).name, *format!("{NAME}#4"));
        names.not_kept(&key());
        assert_eq!(*names.meant(&key(), true).name, *format!("{NAME}#4"));
    }

    #[test]
    fn receipts_may_come_before_answers() {
        let mut names = warm();
        let key = || name("123", 9, "1");
        assert_eq!(names.meant(&key(), true), meant("456fc2181822:1", Some("456fc2181822:1#2")));
        assert_eq!(&*names.give(&key()), "456fc2181822:1");
        assert_eq!(names.meant(&key(), true), meant("456fc2181822:1#2", None));
        assert_eq!(&*names.give(&key()), "456fc2181822:1#2");
    }

    #[test]
    fn parts_from_before_the_start_have_names_too() {
        let mut names = Namesakes::default();
        let key = || name("123", 9, "1");
        assert_eq!(&*names.give(&key()), "456fc2181822:1#2", "the first may be of another part");
        assert_eq!(names.meant(&key(), true), meant("456fc2181822:1", Some("456fc2181822:1#2")));
        assert_eq!(names.meant(&key(), true), meant("456fc2181822:1#2", Some("456fc2181822:1#3")));
        let older = || name("456", 9, "0");
        assert_eq!(names.meant(&older(), true), meant("2be33a1809c9:0", Some("2be33a1809c9:0#2")));
        assert_eq!(names.meant(&older(), true), meant("2be33a1809c9:0#2", Some("2be33a1809c9:0#3")));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut names = warm();
        for number in 0..=NAMES_MAX {
            names.give(&name(&number.to_string(), 9, "1"));
        }
        assert_eq!((names.by_name.len(), names.order.len()), (NAMES_MAX, NAMES_MAX));
        assert!(names.meant(&name("0", 9, "1"), true).also.is_some());
    }
}
