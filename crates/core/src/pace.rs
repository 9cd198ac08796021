//! Pacing: a smooth rate that gives way when the other side says "too fast".

mod freshness;
mod standstill;
mod tally;
mod throttling;
mod trial;

use crate::time::Time;
use std::time::Duration;
use throttling::Throttling;

/// The stretch whose share of the rate may go out at once.
const BURST: Duration = Duration::from_millis(50);
/// The share of the rate that is left when the other side says that it is nearly overloaded, and the least time between two
/// such steps, in milliseconds.
const EASE: f64 = 0.9;
const EASE_EVERY_MS: i64 = 1_000;
/// From how much load, in per cent, the rate gives way, and from how much it is too fast. By SMPP 5.0, 80 to 89 is the
/// best load, and more is near congestion.
const LOADED: (u8, u8) = (90, 100);
/// The share of the rate that is won back each second while nothing is answered, and from when on.
const INCREASE: f64 = 0.05;
const IDLE: Duration = Duration::from_secs(5);
/// The lowest rate that throttling leads to, in parts a second.
const FLOOR: f64 = 1.0;
/// How long nothing goes out when the other side says that it is overloaded.
const PAUSE: Duration = Duration::from_millis(200);
/// A clock that goes back further than this was put right: what was to be waited for by the old time is not.
const PUT_RIGHT: Duration = Duration::from_secs(1);

/// A rate in parts a second, spent smoothly.
///
/// Without a limit it lets everything pass, until the other side throttles: then it takes the rate that
/// was observed as its measure, and looks for the highest rate that the other side bears.
#[derive(Clone, Debug)]
pub struct Pace {
    limit: Option<f64>,
    /// The rate in force while the other side has us held down.
    held: Option<f64>,
    tokens: f64,
    last: Time,
    still_until: Time,
    eased: Time,
    observed: Observed,
    throttling: Throttling,
    answered_at: Time,
}

/// Answers of the other side, counted in parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    /// Parts that are no longer under way, whatever became of them.
    pub parts: usize,
    /// Parts among them that were answered, and not with "too fast".
    pub taken: usize,
    /// Parts among them that were answered with "too fast".
    pub throttled: usize,
    /// Parts among them that were answered so again: that says more of their message than of the rate.
    pub again: usize,
}

/// Parts counted over the last second or so.
#[derive(Clone, Debug, Default)]
struct Observed {
    since: Time,
    count: f64,
    rate: f64,
}

impl Pace {
    /// A pace of at most `limit` parts a second; `None` is no limit.
    #[must_use]
    pub fn new(limit: Option<f64>, now: Time) -> Self {
        Self {
            limit,
            held: None,
            tokens: 1.0,
            last: now,
            still_until: now,
            eased: Time(i64::MIN),
            observed: Observed::default(),
            throttling: Throttling::default(),
            answered_at: now,
        }
    }

    /// Changes the limit; what has been learnt of the other side stays.
    pub fn set_limit(&mut self, limit: Option<f64>) {
        self.limit = limit;
    }

    /// The rate in force, in parts a second; `None` is no limit.
    #[must_use]
    pub fn rate(&self) -> Option<f64> {
        match (self.limit, self.held) {
            (Some(limit), Some(held)) => Some(limit.min(held)),
            (limit, held) => limit.or(held),
        }
    }

    /// Whether the other side has us held below the limit.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held.is_some_and(|held| self.limit.is_none_or(|limit| held < limit))
    }

    /// How many parts may go out now.
    pub fn permits(&mut self, now: Time) -> usize {
        self.refill(now);
        if now < self.still_until {
            0
        } else if self.rate().is_none() {
            usize::MAX
        } else {
            // Never negative, and at most the burst: both fit.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 ≤ tokens ≤ burst")]
            let whole = self.tokens.max(0.0) as usize;
            whole
        }
    }

    /// Takes note that `parts` go out now; a long message may overdraw what was permitted.
    pub fn spend(&mut self, parts: usize, now: Time) {
        #[expect(clippy::cast_precision_loss, reason = "part counts are small")]
        let parts = parts as f64;
        self.observe(parts, now);
        self.throttling.sent(parts);
        if self.rate().is_some() {
            self.tokens -= parts;
        }
    }

    /// How long until the next part may go out.
    #[must_use]
    pub fn wait(&self, now: Time) -> Duration {
        let still = self.still_until.since(now);
        let short = match self.rate() {
            Some(rate) if self.tokens < 1.0 => Duration::from_secs_f64((1.0 - self.tokens) / rate.max(0.001)),
            _ => Duration::ZERO,
        };
        still.max(short)
    }

    /// The other side has answered: the rate goes to where it bears it.
    pub fn answered(&mut self, answers: Answers, now: Time) {
        self.answered_at = now;
        let rate = self.rate().unwrap_or(f64::INFINITY);
        if let Some(until) = self.throttling.count(answers, rate, now) {
            self.stand_still(until);
        }
        self.look_at_answers(now);
    }

    fn look_at_answers(&mut self, now: Time) {
        if let Some(next) = self.throttling.next_rate(self.held.unwrap_or(f64::INFINITY), now) {
            self.hold(next);
        }
    }

    /// Nothing goes out until then.
    fn stand_still(&mut self, until: Time) {
        self.tokens = self.tokens.min(0.0);
        self.still_until = self.still_until.max(until);
    }

    /// Holds the rate to this; past the limit, or far past what was ever reached, it is free.
    fn hold(&mut self, rate: f64) {
        let free_at = self.limit.unwrap_or(self.observed.rate.max(FLOOR) * 10.0);
        self.held = (rate < free_at).then_some(rate.max(FLOOR));
    }

    /// The other side says how loaded it is, from 0 to 100 per cent: the rate gives way before it has to refuse.
    pub fn loaded(&mut self, per_cent: u8, now: Time) {
        let (near, full) = LOADED;
        if per_cent >= full && now >= self.still_until {
            self.stand_still(now + PAUSE);
            self.hold(self.measure() * EASE * EASE);
        } else if per_cent >= near && now.0.saturating_sub(self.eased.0) >= EASE_EVERY_MS {
            self.eased = now;
            self.hold(self.measure() * EASE);
        }
    }

    /// The rate that is given way from: what was sent lately, and no more than is allowed.
    fn measure(&self) -> f64 {
        self.rate().map_or(self.observed.rate, |rate| rate.min(self.observed.rate.max(FLOOR)))
    }

    fn refill(&mut self, now: Time) {
        if self.last.since(now) > PUT_RIGHT {
            self.last = now;
            self.still_until = self.still_until.min(now + PAUSE);
            self.answered_at = now;
            self.throttling.restart();
        }
        let elapsed_ms = now.since(self.last).as_secs_f64() * 1_000.0;
        self.last = self.last.max(now);
        self.look_at_answers(now);
        if now.since(self.answered_at) >= IDLE {
            self.recover(elapsed_ms);
        }
        if let Some(rate) = self.rate() {
            let burst = (rate * BURST.as_secs_f64()).max(1.0);
            self.tokens = (self.tokens + rate * elapsed_ms / 1_000.0).min(burst);
        }
    }

    /// Climbs back slowly while nothing is answered.
    fn recover(&mut self, elapsed_ms: f64) {
        if let Some(held) = self.held {
            self.hold(held * (1.0 + INCREASE * elapsed_ms / 1_000.0));
        }
    }

    fn observe(&mut self, parts: f64, now: Time) {
        self.observed.count += parts;
        let seconds = now.since(self.observed.since).as_secs_f64();
        if seconds >= 1.0 || self.observed.rate < FLOOR {
            self.observed.rate = self.observed.count / seconds.clamp(0.05, 10.0);
        }
        if seconds >= 1.0 {
            self.observed.count = 0.0;
            self.observed.since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs for `ms` milliseconds, sending all that is permitted; returns what went out in each.
    fn run(pace: &mut Pace, from: i64, ms: i64) -> Vec<usize> {
        (from..from + ms)
            .map(|at| {
                let n = pace.permits(Time(at)).min(10_000);
                pace.spend(n, Time(at));
                n
            })
            .collect()
    }

    #[test]
    fn a_rate_is_kept_and_spread_over_the_second() {
        for rate in [1.0, 7.0, 100.0, 2_500.0] {
            let mut pace = Pace::new(Some(rate), Time(0));
            let sent = run(&mut pace, 0, 10_000);
            let total: usize = sent.iter().sum();
            assert!((total as f64 - rate * 10.0).abs() <= rate * 0.06 + 2.0, "{rate}: {total}");
            let most = sent.iter().max().copied().unwrap();
            assert!(most as f64 <= (rate * 0.05).max(1.0), "{rate}: {most} at once");
        }
    }

    #[test]
    fn a_clock_that_is_put_right_holds_nothing_up() {
        let an_hour = 3_600_000;
        let mut pace = Pace::new(Some(100.0), Time(an_hour));
        run(&mut pace, an_hour, 100);
        let sent: usize = run(&mut pace, 0, 1_000).iter().sum();
        assert!((75..=106).contains(&sent), "{sent} in the second after the clock was put right");
        let mut still = Pace::new(None, Time(an_hour));
        still.answered(Answers { parts: 1, taken: 0, throttled: 1, again: 0 }, Time(an_hour));
        assert_eq!(still.permits(Time(0)), 0);
        assert!(still.wait(Time(0)) <= Duration::from_secs(1));
    }

    #[test]
    fn without_a_limit_everything_passes() {
        let mut pace = Pace::new(None, Time(0));
        assert_eq!(pace.permits(Time(0)), usize::MAX);
        assert_eq!(pace.wait(Time(0)), Duration::ZERO);
    }

    #[test]
    fn a_load_that_is_told_slows_down_before_anything_is_refused() {
        let mut pace = Pace::new(Some(100.0), Time(0));
        run(&mut pace, 0, 2_000);
        pace.loaded(89, Time(2_000));
        assert_eq!(pace.rate(), Some(100.0));
        pace.loaded(90, Time(2_000));
        let eased = pace.rate().unwrap();
        assert!((80.0..95.0).contains(&eased), "{eased}");
        pace.loaded(95, Time(2_100));
        assert_eq!(pace.rate(), Some(eased), "once a second");
        assert!(pace.permits(Time(2_100)) > 0, "and without standing still");
        pace.loaded(100, Time(2_200));
        assert_eq!(pace.permits(Time(2_250)), 0);
        let eased = pace.rate();
        pace.loaded(100, Time(2_300));
        assert_eq!(pace.rate(), eased, "answers of the same moment count once");
    }

    #[test]
    fn a_long_message_may_overdraw_but_is_paid_for() {
        let mut pace = Pace::new(Some(10.0), Time(0));
        assert_eq!(pace.permits(Time(0)), 1);
        pace.spend(5, Time(0));
        assert_eq!(pace.permits(Time(300)), 0);
        assert!(pace.wait(Time(300)) >= Duration::from_millis(190));
        assert_eq!(pace.permits(Time(510)), 1);
    }

    #[test]
    fn a_clock_that_steps_back_gives_nothing_away() {
        let mut pace = Pace::new(Some(10.0), Time(10_000));
        pace.spend(1, Time(10_000));
        assert_eq!(pace.permits(Time(5_000)), 0);
        assert_eq!(pace.permits(Time(10_100)), 1);
    }
}

#[cfg(test)]
mod carriers;
