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
//!   background is debt. Another trial checks the background every 30 s. A share of more than 65 %
//!   is never taken for a background.
//!
//! Where most answers are "too fast", nothing goes out for the rest of the stretch. What was taken may then be far below the
//! limit, so the rate doubles after each stretch without debt until it is too high once.

use super::Answers;
use super::freshness::Freshness;
use super::standstill::Standstill;
use super::tally::{STRETCH, Stretch, Tally};
use super::trial::{Trial, Verdict};
use crate::time::Time;
use std::time::Duration;

/// The share that may be throttled above the background.
const TOLERATED: f64 = 0.02;
/// Parts throttled above that for which the rate is lowered.
const DEBT_MAX: f64 = 3.0;
/// The share of what was taken that is sent in a trial.
const LOWERED: f64 = 0.95;
/// The time between two checks of a background.
const CHECK_EVERY: Duration = Duration::from_secs(30);
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
/// The most that parts throttled for the first time count against those taken.
const EXCESS_MAX: f64 = 10.0;
/// For how many parts' time nothing must have been taken before all stands still; the more are throttled anyway, the longer.
const DRY_PARTS: f64 = 6.0;

/// What is known of the other side from its answers. A rate is in parts a second; infinity is a rate without a limit.
#[derive(Clone, Debug, Default)]
pub(super) struct Throttling {
    freshness: Freshness,
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
    /// Parts that were throttled for the first time, less those that were taken since; from 0 to `EXCESS_MAX`.
    excess: f64,
    /// Answers since all of some were well.
    lately: Tally,
}

impl Throttling {
    /// Starts anew with a clock that was put right; what was found out stays.
    pub(super) fn restart(&mut self) {
        self.freshness.restart();
        *self = Self {
            freshness: std::mem::take(&mut self.freshness),
            background: self.background,
            ceiling: self.ceiling,
            ..Self::default()
        };
    }

    /// Counts parts that go out.
    pub(super) fn sent(&mut self, parts: f64) {
        self.freshness.sent(parts);
    }

    /// Counts answers that came while `rate` was in force. Returns until when nothing is to go out.
    pub(super) fn count(&mut self, answers: Answers, rate: f64, now: Time) -> Option<Time> {
        let Answers { parts, taken, throttled, again } = answers;
        #[expect(clippy::cast_precision_loss, reason = "part counts are small")]
        let [parts, taken, throttled, again] = [parts, taken, throttled, again].map(|count| count as f64);
        let is_fresh = self.freshness.answered(parts, now);
        let parts_dry = DRY_PARTS * (1.0 + 4.0 * self.background);
        let dry = Duration::from_secs_f64(parts_dry / rate.max(1.0));
        let throttled = throttled + self.counted_again(taken, throttled, again);
        let refused = taken == 0.0 && throttled + again > 0.0;
        let still =
            self.standstill.answered(parts, taken > 0.0, refused, dry, self.freshness.under_way(), now);
        if !is_fresh {
            self.stretch.since = Some(now);
            return still;
        }
        let stretch = &mut self.stretch;
        let since = *stretch.since.get_or_insert(now);
        stretch.last = now;
        stretch.tally.taken += taken;
        stretch.tally.throttled += throttled;
        if throttled + again == 0.0 {
            self.lately = Tally::default();
        } else {
            self.lately.add(Tally { taken, throttled, seconds: 0.0 });
        }
        let is_flood = self.is_flood(rate);
        self.is_flooded |= is_flood;
        still.max(is_flood.then_some(since + STRETCH))
    }

    /// Whether most answers of this stretch are "too fast", and many; where no rate is in force, most since that began.
    fn is_flood(&self, rate: f64) -> bool {
        let (many, most) = FLOOD;
        let many = if rate.is_finite() { many.max(rate * FLOOD_SECONDS) } else { many };
        let most = most.max((1.0 + self.background) / 2.0);
        let answers = if rate.is_finite() { self.stretch.tally } else { self.lately };
        answers.throttled >= many && answers.share() >= most
    }

    /// How many of the parts that are throttled `again` count. Of one message alone they say nothing of the rate; where more
    /// parts of others are throttled too than are taken, they do.
    fn counted_again(&mut self, taken: f64, throttled: f64, again: f64) -> f64 {
        self.excess = ((self.excess - taken).max(0.0) + throttled).min(EXCESS_MAX);
        if self.excess >= 2.0 { again } else { 0.0 }
    }

    /// The next rate, if a stretch at `rate` is over and the rate is to change.
    pub(super) fn next_rate(&mut self, rate: f64, now: Time) -> Option<f64> {
        let ended = self.stretch.ended(now)?;
        self.stretch = Stretch { since: Some(now), last: now, ..Stretch::default() };
        self.lately = Tally::default();
        let next = match self.trial.take() {
            Some(trial) => self.judge(trial, ended, rate, now),
            None => self.watch(ended, rate, now),
        };
        if next == rate {
            return None;
        }
        self.stretch = Stretch::default();
        self.freshness.change(next < rate, now);
        self.has_risen = next > rate;
        Some(next)
    }

    /// Watches for debt; without any, the rate rises.
    fn watch(&mut self, ended: Tally, rate: f64, now: Time) -> f64 {
        let is_first = std::mem::take(&mut self.has_risen);
        if is_first && !self.is_flooded && ended.throttled > ended.answers() * (self.background + TOLERATED) {
            return rate;
        }
        if self.background > 0.0 && now.since(self.checked) >= CHECK_EVERY {
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
        match trial.verdict(self.background, now) {
            Verdict::Unclear => {
                self.trial = Some(trial);
                rate
            }
            Verdict::Undecided => {
                self.background = self.background.max(trial.checks);
                trial.from
            }
            Verdict::Worse => self.lower(trial.tally, rate, now),
            Verdict::Helped => self.ceiling,
            Verdict::Unchanged(share) => {
                self.background = share;
                self.checked = now;
                trial.from
            }
        }
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
