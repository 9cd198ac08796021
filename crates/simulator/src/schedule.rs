//! Things to do at a time, in the order of their times, many at a time. It holds no timer: who owns it asks when the
//! next is due and comes back.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Items by the millisecond in which they are due, those of one in the order they were added. Adding and taking out
/// cost a look-up in a tree of milliseconds, not of items.
#[derive(Debug)]
pub(crate) struct Schedule<T> {
    start: Instant,
    slots: BTreeMap<u64, Vec<T>>,
    len: usize,
}

impl<T> Schedule<T> {
    /// Nothing yet; `start` is the earliest time that can be told apart from later ones.
    pub(crate) fn new(start: Instant) -> Self {
        Self { start, slots: BTreeMap::new(), len: 0 }
    }

    fn slot(&self, time: Instant) -> u64 {
        let since = time.saturating_duration_since(self.start);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    /// How many items there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds an item, due in the millisecond of `due`.
    pub(crate) fn add(&mut self, due: Instant, item: T) {
        self.slots.entry(self.slot(due)).or_default().push(item);
        self.len += 1;
    }

    /// When the next is due.
    pub(crate) fn next(&self) -> Option<Instant> {
        self.slots.keys().next().map(|slot| self.start + Duration::from_millis(*slot))
    }

    /// Takes out everything that is due in the millisecond of `now` or was before.
    pub(crate) fn take_due(&mut self, now: Instant) -> impl Iterator<Item = T> + use<T> {
        let mut due = Vec::new();
        let current = self.slot(now);
        while let Some(first) = self.slots.first_entry().filter(|entry| *entry.key() <= current) {
            self.len -= first.get().len();
            due.push(first.remove());
        }
        due.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_what_is_due_in_order() {
        let start = postrider_link::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut schedule = Schedule::new(start);
        for (ms, item) in [(20, 'c'), (10, 'a'), (10, 'b'), (30, 'd')] {
            schedule.add(at(ms), item);
        }
        assert_eq!((schedule.len(), schedule.next()), (4, Some(at(10))));
        assert_eq!(schedule.take_due(at(9)).count(), 0);
        assert_eq!(schedule.take_due(at(20)).collect::<String>(), "abc");
        assert_eq!((schedule.len(), schedule.next()), (1, Some(at(30))));
    }
}
