//! The search for the highest rate that the other side bears, by its answers alone.
//!
//! Answers are counted in *stretches* of about a second. A throttled share of up to 2 % is tolerated: it shows where the limit
//! is. What is above that becomes a debt, and at a debt of three parts the rate is **lowered** to 0.95 of what was taken.
//! Answers to parts that were sent before a change of the rate say nothing of the new rate, and don't count.
//!
//! The lower rate is a **trial**, because there are two reasons for throttling:
//!
//! * The other side bears a fixed rate. Then the trial has hardly any throttling: lowering helped. The rate goes to what was
//!   taken, or to the last rate that was borne. After three stretches without debt it **rises** by 5, 15 and 45 %, one step
//!   after each further stretch, and then doubles. It finds the limit again soon, and comes back soon after the limit is lifted.
//! * The other side throttles a share of everything, at any rate. Then the trial has the same share: lowering helped nothing.
//!   The share is the **background** from now on, the rate goes back to where it was, and only what is throttled above the
//!   background is debt. Another trial checks the background after 10 s, and later once a minute. A share of more than 65 %
//!   is never taken for a background.
//!
//! Where most answers are "too fast", nothing goes out for the rest of the stretch. What was taken may then be far below the
//! limit, so the rate doubles after each stretch without debt until it is too high once.

use super::Answers;
use super::standstill::Standstill;
use super::tally::{STRETCH, Stretch, Tally};
use crate::time::Time;
use std::time::Duration;

/// The share that may be throttled above the background.
const TOLERATED: f64 = 0.02;
/// Parts throttled above that for which the rate is lowered.
const DEBT_MAX: f64 = 3.0;
/// The share of what was taken that is sent in a trial.
const LOWERED: f64 = 0.95;
/// Throttled parts that a trial must be able to show before it is judged, and the longest trial.
const EVIDENCE: f64 = 4.0;
const TRIAL_MAX: Duration = Duration::from_secs(10);
/// The share of the former throttling from which on, but for chance, a trial has helped nothing; and the one from which on it
/// became worse, because the other side has changed meanwhile.
const UNCHANGED: f64 = 0.85;
const UNCHANGED_MIN: f64 = 0.4;
const WORSE: f64 = 1.2;
/// The highest background: what throttles more than this is heeded.
const BACKGROUND_MAX: f64 = 0.65;
/// The time before the first check of a background; before each further one it is twice as long, up to the most.
const CHECK_AFTER: Duration = Duration::from_secs(10);
const CHECK_AFTER_MAX: Duration = Duration::from_secs(60);
/// Stretches without debt before the rate rises above what was taken.
const PLATEAU: u32 = 3;
/// The first rise; each further one is so many times as much, up to the most.
const RISE: f64 = 0.05;
const RISE_FACTOR: f64 = 3.0;
const RISE_MAX: f64 = 1.0;
/// The rises that are skipped after most answers were "too fast".
const RISES_FLOODED: u32 = 6;
/// The share of a rate that must be used before it rises.
const USED: f64 = 0.7;
/// The share of the rate that is left when nothing was taken in a whole stretch.
const QUARTER: f64 = 0.25;
/// Throttled parts after which nothing goes out for the rest of a stretch, and their least share.
const FLOOD: (f64, f64) = (10.0, 0.6);
/// The same where a rate is in force: the throttled parts of so many seconds.
const FLOOD_SECONDS: f64 = 0.3;
/// How long answers don't count after the rate was lowered: the other side may count by the second of its clock.
const SETTLE: Duration = Duration::from_secs(1);
/// For how many parts' time nothing must have been taken before all stands still; the more are throttled anyway, the longer.
const DRY_PARTS: f64 = 6.0;
/// The longest wait for answers to what was sent before a change.
const STALE_MAX: Duration = Duration::from_secs(5);
/// What is known of the other side from its answers. A rate is in parts a second; infinity is a rate without a limit.
#[derive(Clone, Debug, Default)]
pub(super) struct Throttling {
    /// Parts sent and not answered.
    under_way: f64,
    /// How many of them were sent before the last change of the rate, and until when they are waited for.
    stale: f64,
    stale_until: Time,
    settle: Duration,
    fresh_from: Time,
    stretch: Stretch,
    /// Whether sending stopped for most answers being "too fast": then what was taken may be far less than what would be.
    is_flooded: bool,
    /// All since there was no debt.
    indebted: Tally,
    debt: f64,
    trial: Option<Trial>,
    /// The share that is throttled at any rate, and when this was found.
    background: f64,
    checked: Time,
    check_after: Duration,
    /// The rate of the last stretch without debt.
    clean: f64,
    /// Whether there was one since the rate was lowered.
    is_proven: bool,
    /// The rate that was taken when there was too much, or the last one without debt if that was higher.
    ceiling: f64,
    /// Whether the rate has just risen: what is throttled in the second of that says little of the new rate.
    has_risen: bool,
    /// Rises since then.
    rises: u32,
    standstill: Standstill,
    /// Parts that were throttled for the first time since one was last taken.
    in_a_row: f64,
}

/// A lower rate on trial.
#[derive(Clone, Copy, Debug)]
struct Trial {
    since: Time,
    /// The rate before, and the share that was throttled then.
    from: f64,
    share: f64,
    /// Answers at the lower rate.
    tally: Tally,
    /// The background that it checks, if it does.
    checks: f64,
}

impl Throttling {
    /// Starts anew with a clock that was put right; what was found out stays.
    pub(super) fn restart(&mut self) {
        *self = Self {
            under_way: self.under_way,
            background: self.background,
            ceiling: self.ceiling,
            ..Self::default()
        };
    }

    /// Counts parts that go out.
    pub(super) fn sent(&mut self, parts: f64) {
        self.under_way += parts;
    }

    /// Counts answers that came while `rate` was in force. Returns until when nothing is to go out.
    pub(super) fn count(&mut self, answers: Answers, rate: f64, now: Time) -> Option<Time> {
        let Answers { parts, taken, throttled, again } = answers;
        #[expect(clippy::cast_precision_loss, reason = "part counts are small")]
        let [parts, taken, throttled, again] = [parts, taken, throttled, again].map(|count| count as f64);
        self.under_way = (self.under_way - parts).max(0.0);
        let parts_dry = DRY_PARTS * (1.0 + 4.0 * self.background);
        let dry = Duration::from_secs_f64(parts_dry / rate.max(1.0));
        let throttled = throttled + self.counted_again(taken, throttled, again);
        let refused = taken == 0.0 && throttled + again > 0.0;
        let still = self.standstill.answered(parts, taken > 0.0, refused, dry, self.under_way, now);
        if self.is_stale(parts, now) {
            return still;
        }
        let stretch = &mut self.stretch;
        let since = *stretch.since.get_or_insert(now);
        stretch.last = now;
        stretch.tally.taken += taken;
        stretch.tally.throttled += throttled;
        let (many, most) = FLOOD;
        let many = if rate.is_finite() { many.max(rate * FLOOD_SECONDS) } else { many };
        let most = most.max((1.0 + self.background) / 2.0);
        let is_flood = stretch.tally.throttled >= many && stretch.tally.share() >= most;
        self.is_flooded |= is_flood;
        still.max(is_flood.then_some(since + STRETCH))
    }

    /// How many of the parts that are throttled `again` count. Of one message alone they say nothing of the rate; where no part
    /// was taken since other messages were throttled too, they do.
    fn counted_again(&mut self, taken: f64, throttled: f64, again: f64) -> f64 {
        let throttled_before = if taken > 0.0 { 0.0 } else { self.in_a_row };
        self.in_a_row = throttled_before + throttled;
        if self.in_a_row >= 2.0 { again } else { 0.0 }
    }

    /// Whether answers are to what was sent before the last change, or to what came too soon after it.
    fn is_stale(&mut self, parts: f64, now: Time) -> bool {
        if now >= self.stale_until {
            self.stale = 0.0;
        }
        let is_stale = now < self.fresh_from || self.stale > 0.0;
        if is_stale {
            self.stretch.since = Some(now);
        }
        if self.stale > 0.0 {
            self.stale -= parts;
            self.fresh_from = now + self.settle;
        }
        is_stale
    }

    /// The next rate, if a stretch at `rate` is over and the rate is to change.
    pub(super) fn next_rate(&mut self, rate: f64, now: Time) -> Option<f64> {
        let ended = self.stretch.ended(now)?;
        self.stretch = Stretch { since: Some(now), last: now, ..Stretch::default() };
        let next = match self.trial.take() {
            Some(trial) => self.judge(trial, ended, rate, now),
            None => self.watch(ended, rate, now),
        };
        if next == rate {
            return None;
        }
        self.stretch = Stretch::default();
        self.stale = self.under_way;
        self.stale_until = now + STALE_MAX;
        self.has_risen = next > rate;
        self.settle = if next < rate { SETTLE } else { Duration::ZERO };
        self.fresh_from = now + self.settle;
        Some(next)
    }

    /// Watches for debt; without any, the rate rises.
    fn watch(&mut self, ended: Tally, rate: f64, now: Time) -> f64 {
        let is_first = std::mem::take(&mut self.has_risen);
        if is_first && !self.is_flooded && ended.throttled > ended.answers() * (self.background + TOLERATED) {
            return rate;
        }
        if self.background > 0.0 && now.since(self.checked) >= self.check_after {
            self.clear_debt();
            return self.check(ended, rate, now);
        }
        self.indebted.add(ended);
        self.debt += ended.throttled - ended.answers() * (self.background + TOLERATED);
        if self.debt >= DEBT_MAX + 3.0 * self.indebted.chance(self.background) {
            let all = self.clear_debt();
            return self.lower(all, rate, now);
        }
        if self.debt > self.indebted.chance(self.background) {
            return rate;
        }
        if self.debt <= 0.0 {
            self.clear_debt();
        }
        self.is_proven = true;
        self.clean = rate.min(ended.offered_rate().max(self.clean));
        if ended.offered_rate() >= rate * USED { self.rise(rate) } else { rate }
    }

    fn clear_debt(&mut self) -> Tally {
        self.debt = 0.0;
        std::mem::take(&mut self.indebted)
    }

    /// Lowers the rate to a little less than was taken, on trial.
    fn lower(&mut self, tally: Tally, rate: f64, now: Time) -> f64 {
        let is_flooded = std::mem::take(&mut self.is_flooded);
        self.rises = 0;
        if tally.taken == 0.0 {
            self.rises = RISES_FLOODED;
            self.ceiling = rate.min(tally.offered_rate()) * QUARTER;
            return self.ceiling;
        }
        let taken = tally.taken_rate() / (1.0 - self.background);
        if rate <= self.clean || !std::mem::take(&mut self.is_proven) {
            // What was borne before is not borne any more.
            self.clean = 0.0;
        }
        if is_flooded && self.clean == 0.0 {
            self.rises = RISES_FLOODED;
        }
        self.ceiling = taken.max(self.clean);
        self.trial = Some(Trial {
            since: now,
            from: rate,
            share: tally.share(),
            tally: Tally::default(),
            checks: 0.0,
        });
        (taken * LOWERED).min(rate)
    }

    /// Lowers the rate to see whether the background is still there.
    fn check(&mut self, ended: Tally, rate: f64, now: Time) -> f64 {
        let before = std::mem::take(&mut self.background);
        let answers = ended.answers();
        let usual = Tally { taken: answers * (1.0 - before), throttled: answers * before, ..ended };
        let next = self.lower(usual, rate, now);
        self.trial = self.trial.map(|trial| Trial { checks: before, ..trial });
        next
    }

    /// Judges whether a lower rate helped, once there is evidence.
    fn judge(&mut self, mut trial: Trial, ended: Tally, rate: f64, now: Time) -> f64 {
        trial.tally.add(ended);
        let tally = trial.tally;
        // What is throttled above the background if the rate makes no difference, and what is.
        let expected = (trial.share - self.background) * tally.answers();
        let seen = tally.throttled - self.background * tally.answers();
        if seen > expected * WORSE + EVIDENCE * expected.sqrt().max(1.0) {
            return self.lower(tally, rate, now);
        }
        let is_clear = expected >= EVIDENCE && expected >= 4.0 * tally.chance(self.background);
        if !is_clear && now.since(trial.since) < TRIAL_MAX {
            self.trial = Some(trial);
            return rate;
        }
        if !is_clear {
            self.background = self.background.max(trial.checks);
            return trial.from;
        }
        let share = tally.share().midpoint(trial.share);
        let unchanged = (expected * UNCHANGED - 3.0 * expected.sqrt()).max(expected * UNCHANGED_MIN);
        if seen < unchanged || share > BACKGROUND_MAX {
            return self.ceiling;
        }
        self.background = share;
        self.checked = now;
        self.check_after =
            if trial.checks > 0.0 { (self.check_after * 2).min(CHECK_AFTER_MAX) } else { CHECK_AFTER };
        trial.from
    }

    /// The rate after a stretch without debt.
    fn rise(&mut self, rate: f64) -> f64 {
        if rate < self.ceiling {
            return self.ceiling;
        }
        let rise = match self.rises.checked_sub(PLATEAU) {
            Some(steps) => (RISE * RISE_FACTOR.powi(steps.min(8).cast_signed())).min(RISE_MAX),
            None => 0.0,
        };
        self.rises += 1;
        rate * (1.0 + rise)
    }
}
