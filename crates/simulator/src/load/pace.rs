//! The pace and the duration of a load. Senders ask here how much is due.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How fast and how long.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// Messages a second in all, sent whether earlier ones are answered or not as long as a window has room; `None`
    /// for as many as the windows allow.
    pub rate: Option<f64>,
    /// For how long.
    pub duration: Duration,
    /// The most messages in all.
    pub most: Option<u64>,
}

/// At a rate, what is due is released in bursts at least this far apart, since a timer for every message would be a
/// load of its own.
const MIN_TICK: Duration = Duration::from_millis(5);

/// Bursts are at most this far apart, however slow.
const MAX_TICK: Duration = Duration::from_secs(1);

/// One sender's share of a pace.
#[derive(Debug)]
pub(crate) struct Share {
    /// Messages a second.
    rate: Option<f64>,
    start: Instant,
    end: Instant,
    tick: Duration,
    next_tick: Instant,
    released: u64,
    /// Messages that were released and not yet sent.
    owed: VecDeque<(Instant, u64)>,
}

impl Share {
    /// Share `index` of `shares`, which begin at `start` one after the other within a tick. At a rate, `burst`
    /// messages are released at a time, or a few more if ticks would come too often.
    pub(crate) fn new(pace: &Pace, index: usize, shares: usize, burst: usize, start: Instant) -> Self {
        let rate = pace.rate.map(|rate| rate / shares.max(1) as f64);
        let burst = rate.map_or(0.0, |rate| burst as f64 / rate);
        let tick = Duration::try_from_secs_f64(burst).unwrap_or(MAX_TICK).clamp(MIN_TICK, MAX_TICK);
        let stagger = tick.mul_f64(index as f64 / shares.max(1) as f64);
        Self {
            rate,
            tick,
            start: start + stagger,
            end: start + pace.duration,
            next_tick: start + stagger,
            released: 0,
            owed: VecDeque::new(),
        }
    }

    /// When to look again at the latest: when something becomes due, or when the end has come.
    pub(crate) fn next(&self, now: Instant) -> Option<Instant> {
        let next = if self.rate.is_some() { self.next_tick.min(self.end) } else { self.end };
        (now < self.end).then_some(next)
    }

    /// Whether nothing is due any more.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        now >= self.end && self.owed.is_empty()
    }

    /// Takes one message that is due: since when. At a rate that is when it was to be sent, which may be a while ago
    /// if the window was full.
    pub(crate) fn take(&mut self, now: Instant) -> Option<Instant> {
        let Some(rate) = self.rate else { return (now < self.end).then_some(now) };
        self.release(rate, now);
        let (since, left) = self.owed.front_mut()?;
        let since = *since;
        *left -= 1;
        if *left == 0 {
            self.owed.pop_front();
        }
        Some(since)
    }

    fn release(&mut self, rate: f64, now: Instant) {
        while self.next_tick <= now && self.next_tick < self.end {
            let tick = self.next_tick;
            self.next_tick += self.tick;
            let elapsed = self.next_tick.saturating_duration_since(self.start).as_secs_f64();
            let due = (elapsed * rate) as u64;
            if due > self.released {
                self.owed.push_back((tick, due - self.released));
                self.released = due;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(rate: Option<f64>) -> Pace {
        Pace { rate, duration: Duration::from_secs(1), most: None }
    }

    #[test]
    fn a_rate_is_met_by_all_shares_together() {
        let start = postrider_link::now();
        let sent = |index, at| {
            let mut share = Share::new(&pace(Some(1000.0)), index, 4, 1, start);
            std::iter::from_fn(|| share.take(start + at)).count()
        };
        let all = |at| (0..4).map(|index| sent(index, at)).sum::<usize>();
        assert!((490..=510).contains(&all(Duration::from_millis(500))));
        assert!((990..=1010).contains(&all(Duration::from_secs(9))));
    }

    #[test]
    fn what_is_sent_late_is_due_since_its_tick() {
        let start = postrider_link::now();
        let mut share = Share::new(&pace(Some(200.0)), 0, 1, 1, start);
        assert_eq!(share.take(start + MIN_TICK * 3), Some(start));
        assert_eq!(share.take(start + MIN_TICK * 3), Some(start + MIN_TICK));
        assert_eq!(share.next(start), Some(start + MIN_TICK * 4));
    }

    #[test]
    fn without_a_rate_something_is_always_due_until_the_end() {
        let start = postrider_link::now();
        let mut share = Share::new(&pace(None), 0, 1, 1, start);
        assert_eq!(share.take(start), Some(start));
        assert!(!share.is_over(start));
        let end = start + Duration::from_secs(1);
        assert_eq!((share.take(end), share.is_over(end), share.next(end)), (None, true, None));
        assert_eq!(share.next(start), Some(end));
    }
}
