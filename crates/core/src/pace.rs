//! Pacing: a smooth rate that gives way when the other side says "too fast".

use crate::time::Time;
use std::time::Duration;

/// The stretch whose share of the rate may go out at once, where nothing else is said.
const BURST: Duration = Duration::from_millis(50);
/// The share of the rate that is left after the other side throttled.
const DECREASE: f64 = 0.7;
/// The share of the rate that is left when the other side says that it is nearly overloaded, and the least time between two
/// such steps, in milliseconds.
const EASE: f64 = 0.9;
const EASE_EVERY_MS: i64 = 1_000;
/// From how much load, in per cent, the rate gives way, and from how much it is too fast. By SMPP 5.0, 80 to 89 is the
/// best load, and more is near congestion.
const LOADED: (u8, u8) = (90, 100);
/// The share of the rate that is won back each second.
const INCREASE: f64 = 0.05;
/// The lowest rate that throttling leads to, in parts a second.
const FLOOR: f64 = 1.0;
/// How long all is still after a throttling answer, in milliseconds.
const PAUSE_MS: i64 = 200;
/// A clock that goes back further than this was put right: what was to be waited for by the old time is not.
const PUT_RIGHT: Duration = Duration::from_secs(1);

/// A rate in parts a second, spent smoothly.
///
/// Without a limit it lets everything pass, until the other side throttles: then it takes the rate that
/// was observed as its measure and climbs from below it.
#[derive(Clone, Debug)]
pub struct Pace {
    limit: Option<f64>,
    burst: Duration,
    /// The rate in force while the other side has us held down.
    held: Option<f64>,
    tokens: f64,
    last: Time,
    still_until: Time,
    eased: Time,
    observed: Observed,
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
            burst: BURST,
            held: None,
            tokens: 1.0,
            last: now,
            still_until: now,
            eased: Time(i64::MIN),
            observed: Observed::default(),
        }
    }

    /// The same, with the share of `burst` allowed at once: a client may send in bursts where a carrier may
    /// not be sent them.
    #[must_use]
    pub fn with_burst(limit: Option<f64>, burst: Duration, now: Time) -> Self {
        let tokens = limit.map_or(1.0, |rate| (rate * burst.as_secs_f64()).max(1.0));
        Self { burst, tokens, ..Self::new(limit, now) }
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
    pub const fn is_held(&self) -> bool {
        self.held.is_some()
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

    /// The other side said "too fast": slow down at once. Answers that come while all is still already
    /// belong to the same burst and count once.
    pub fn throttled(&mut self, now: Time) {
        if now < self.still_until {
            return;
        }
        self.held = Some((self.measure() * DECREASE).max(FLOOR));
        self.tokens = 0.0;
        self.still_until = now + Duration::from_millis(PAUSE_MS.unsigned_abs());
    }

    /// The other side says how loaded it is, from 0 to 100 per cent: the rate gives way before it has to refuse.
    pub fn loaded(&mut self, per_cent: u8, now: Time) {
        let (near, full) = LOADED;
        if per_cent >= full {
            self.throttled(now);
        } else if per_cent >= near && now.0.saturating_sub(self.eased.0) >= EASE_EVERY_MS {
            self.eased = now;
            self.held = Some((self.measure() * EASE).max(FLOOR));
        }
    }

    /// The rate that is given way from: what was sent lately, and no more than is allowed.
    fn measure(&self) -> f64 {
        self.rate().map_or(self.observed.rate, |rate| rate.min(self.observed.rate.max(FLOOR)))
    }

    fn refill(&mut self, now: Time) {
        if self.last.since(now) > PUT_RIGHT {
            self.last = now;
            self.still_until = self.still_until.min(now + Duration::from_millis(PAUSE_MS.unsigned_abs()));
        }
        let elapsed_ms = now.since(self.last).as_secs_f64() * 1_000.0;
        self.last = self.last.max(now);
        self.recover(elapsed_ms);
        if let Some(rate) = self.rate() {
            let burst = (rate * self.burst.as_secs_f64()).max(1.0);
            self.tokens = (self.tokens + rate * elapsed_ms / 1_000.0).min(burst);
        }
    }

    /// Climbs back while nobody complains; past the limit, or far past what was ever reached, it is free.
    fn recover(&mut self, elapsed_ms: f64) {
        if let Some(held) = self.held {
            let climbed = held * (1.0 + INCREASE * elapsed_ms / 1_000.0);
            let free_at = self.limit.unwrap_or(self.observed.rate.max(FLOOR) * 10.0);
            self.held = (climbed < free_at).then_some(climbed);
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
        still.throttled(Time(an_hour));
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
    fn throttling_slows_down_fast_and_lets_go_slowly() {
        let mut pace = Pace::new(Some(100.0), Time(0));
        run(&mut pace, 0, 2_000);
        pace.throttled(Time(2_000));
        assert_eq!(pace.permits(Time(2_100)), 0);
        let held = pace.rate().unwrap();
        assert!((60.0..75.0).contains(&held), "{held}");
        pace.throttled(Time(2_100));
        assert_eq!(pace.rate(), Some(held), "one burst counts once");
        run(&mut pace, 2_200, 3_000);
        assert!(pace.rate().unwrap() > held);
        run(&mut pace, 5_200, 20_000);
        assert_eq!(pace.rate(), Some(100.0));
        assert!(!pace.is_held());
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
