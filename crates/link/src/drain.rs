//! A session that ends in order.

use std::time::Instant;

/// An orderly end: outstanding requests are waited for until a time, and then goodbye is said, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain {
    by: Instant,
    said: bool,
}

impl Drain {
    /// Waits until `by` at the latest.
    #[must_use]
    pub const fn until(by: Instant) -> Self {
        Self { by, said: false }
    }

    /// Whether goodbye is to be said now: nothing is outstanding (`is_quiet`), or the time is over. It is so once.
    pub fn is_over(&mut self, now: Instant, is_quiet: bool) -> bool {
        let is_due = !self.said && (is_quiet || self.by <= now);
        self.said |= is_due;
        is_due
    }

    /// When to look again; `None` once goodbye was said.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        (!self.said).then_some(self.by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn goodbye_is_said_once_when_all_is_quiet_or_the_time_is_over() {
        let start = crate::now();
        let by = start + Duration::from_secs(2);
        for (now, is_quiet, is_over) in
            [(start, false, false), (start, true, true), (by, false, true), (by, true, true)]
        {
            let mut drain = Drain::until(by);
            assert_eq!(drain.deadline(), Some(by));
            assert_eq!(drain.is_over(now, is_quiet), is_over);
            assert_eq!(drain.deadline().is_none(), is_over);
            assert!(!is_over || !drain.is_over(by, true), "once");
        }
    }
}
