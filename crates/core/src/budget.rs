//! Budgets: the parts that an upstream may send in a minute, an hour, a day and a month, shared by nodes.
//!
//! Each node may use its share of a limit, and no more than all nodes have left, as far as it knows: it tells the store what it has
//! used, and hears the sum. So all nodes together never send more while their shares stay the same. When a node comes, goes or
//! starts again, it can be more by what the others send until they hear of it.

mod period;

use crate::time::Time;
pub use period::{Period, month_of};
use std::fmt;

/// The most parts in each period; `None` is without limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PartLimits(pub [Option<u64>; Period::COUNT]);

impl PartLimits {
    /// Whether there is none.
    #[must_use]
    pub fn are_none(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }

    /// The periods that have a limit, with it.
    pub fn iter(&self) -> impl Iterator<Item = (Period, u64)> {
        Period::ALL.into_iter().zip(self.0).filter_map(|(period, most)| Some((period, most?)))
    }

    /// The most parts in a period.
    #[must_use]
    pub const fn of(&self, period: Period) -> Option<u64> {
        self.0[period as usize]
    }
}

/// How much they permit: `600/minute, 1000/day`.
impl fmt::Display for PartLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for (period, most) in self.iter() {
            write!(f, "{comma}{most}/{}", period.word())?;
            comma = ", ";
        }
        Ok(())
    }
}

/// What was used in a period by one node, and isn't told to the others yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Untold {
    /// The period.
    pub period: Period,
    /// Its beginning.
    pub start: Time,
    /// Parts.
    pub parts: u64,
}

/// What one node knows of the limits of an upstream, and may use of them.
#[derive(Clone, Debug, Default)]
pub struct Budgets {
    stretches: [Stretch; Period::COUNT],
    /// What was used in stretches that are over.
    late: Vec<Untold>,
}

/// One period's stretch of time.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    start: Time,
    /// Parts that all nodes have used, as far as this one knows.
    used: u64,
    /// Parts that this node has used and not told.
    untold: u64,
    /// Parts that this process has used.
    own: u64,
    /// Parts that this node may use.
    budget: u64,
    /// Whether it is known what all nodes have used.
    is_known: bool,
}

impl Default for Stretch {
    /// Nothing is known, and so nothing may be used.
    fn default() -> Self {
        Self { start: Time(i64::MIN), used: 0, untold: 0, own: 0, budget: 0, is_known: false }
    }
}

impl Budgets {
    /// Parts that may go out now; `share` of what is left is this node's, from 0 to 1.
    pub fn room(&mut self, limits: PartLimits, share: f64, now: Time) -> u64 {
        let room = |(period, most)| {
            self.turn(period, most, share, now);
            self.stretches[period as usize].budget
        };
        limits.iter().map(room).min().unwrap_or(u64::MAX)
    }

    /// When parts may go out again, if none may now.
    #[must_use]
    pub fn closed_until(&self, limits: PartLimits, now: Time) -> Option<Time> {
        let closed = limits.iter().filter(|(period, _)| self.stretches[*period as usize].budget == 0);
        closed.map(|(period, _)| period.end(now)).max()
    }

    /// Whether it is known of all limits what was used.
    #[must_use]
    pub fn are_known(&self, limits: PartLimits) -> bool {
        limits.iter().all(|(period, _)| self.stretches[period as usize].is_known)
    }

    /// Whether nothing of a period's limit is left for this node.
    #[must_use]
    pub const fn is_closed(&self, period: Period) -> bool {
        self.stretches[period as usize].budget == 0
    }

    /// Whether the others don't know of something that was used.
    #[must_use]
    pub fn has_untold(&self) -> bool {
        !self.late.is_empty() || self.stretches.iter().any(|stretch| stretch.untold > 0)
    }

    /// Takes note of parts that went out. The last message may have used more than was left.
    pub fn spend(&mut self, parts: u64) {
        for stretch in &mut self.stretches {
            stretch.used += parts;
            stretch.untold += parts;
            stretch.own += parts;
            stretch.budget = stretch.budget.saturating_sub(parts);
        }
    }

    /// What the others don't know of yet, of periods with a limit. Each part is handed out once.
    pub fn take_untold(&mut self, limits: PartLimits) -> Vec<Untold> {
        let mut untold = std::mem::take(&mut self.late);
        for (period, _) in limits.iter() {
            let stretch = &mut self.stretches[period as usize];
            let parts = std::mem::take(&mut stretch.untold);
            untold.extend((parts > 0).then_some(Untold { period, start: stretch.start, parts }));
        }
        untold
    }

    /// Takes back what could not be told.
    pub fn put_back(&mut self, untold: Vec<Untold>) {
        for it in untold {
            let stretch = &mut self.stretches[it.period as usize];
            if stretch.start == it.start {
                stretch.untold += it.parts;
            } else {
                self.late.push(it);
            }
        }
    }

    /// Takes on what all nodes have told of a period's stretch, this one included.
    pub fn hear(&mut self, period: Period, most: u64, told: u64, share: f64, now: Time) {
        self.turn(period, most, share, now);
        let stretch = &mut self.stretches[period as usize];
        stretch.start = period.start(now);
        stretch.used = told + stretch.untold;
        stretch.is_known = true;
        let left = most.saturating_sub(stretch.used);
        stretch.budget = left.min(share_of(most, share).saturating_sub(stretch.own));
    }

    /// Parts that all nodes have used in a period, as far as this one knows.
    #[must_use]
    pub const fn used(&self, period: Period) -> u64 {
        self.stretches[period as usize].used
    }

    /// Parts that are left of the limits of a day and a month, over all nodes.
    #[must_use]
    pub fn left_of_days(&self, limits: PartLimits) -> u64 {
        let long = limits.iter().filter(|(period, _)| matches!(period, Period::Day | Period::Month));
        long.map(|(period, most)| most.saturating_sub(self.used(period))).min().unwrap_or(u64::MAX)
    }

    /// The share that is used of the limit of a day or of a month, from 0 to 1: the greater of both. 0 without such a limit.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "limits are far below where a float loses a part")]
    pub fn used_share(&self, limits: PartLimits) -> f64 {
        let long = limits.iter().filter(|(period, _)| matches!(period, Period::Day | Period::Month));
        long.map(|(period, most)| self.used(period) as f64 / most as f64).fold(0.0, f64::max).min(1.0)
    }

    /// Begins a new stretch where the old one is over. In the first one that this node sees it may use nothing: it doesn't know
    /// what was used.
    fn turn(&mut self, period: Period, most: u64, share: f64, now: Time) {
        let start = period.start(now);
        let stretch = &mut self.stretches[period as usize];
        if stretch.start >= start {
            return;
        }
        let is_known = stretch.start != Time(i64::MIN);
        if stretch.untold > 0 && is_known {
            self.late.push(Untold { period, start: stretch.start, parts: stretch.untold });
        }
        let budget = if is_known { share_of(most, share) } else { 0 };
        *stretch = Stretch { start, used: 0, untold: 0, own: 0, budget, is_known };
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share is between 0 and 1, and limits are far below where a float loses a part"
)]
pub(crate) fn share_of(parts: u64, share: f64) -> u64 {
    if share >= 1.0 { parts } else { (parts as f64 * share.max(0.0)) as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_AND_MINUTE: PartLimits = PartLimits([Some(10), None, Some(100), None]);
    // 2027-01-15, 08:00.
    const NOW: Time = Time(1_800_000_000_000);

    fn hear_all(budgets: &mut Budgets, told: [u64; 2], share: f64, now: Time) {
        for ((period, most), told) in DAY_AND_MINUTE.iter().zip(told) {
            budgets.hear(period, most, told, share, now);
        }
    }

    #[test]
    fn nothing_goes_out_before_it_is_known_what_was_used() {
        let mut budgets = Budgets::default();
        assert_eq!(budgets.room(DAY_AND_MINUTE, 1.0, NOW), 0);
        assert_eq!(budgets.room(PartLimits::default(), 1.0, NOW), u64::MAX);
        hear_all(&mut budgets, [0, 97], 1.0, NOW);
        assert_eq!(budgets.room(DAY_AND_MINUTE, 1.0, NOW), 3);
        assert_eq!((budgets.used(Period::Day), budgets.left_of_days(DAY_AND_MINUTE)), (97, 3));
        assert_eq!([DAY_AND_MINUTE, PartLimits::default()].map(|it| budgets.used_share(it)), [0.97, 0.0]);
    }

    #[test]
    fn each_period_has_its_limit_and_begins_anew() {
        let mut budgets = Budgets::default();
        hear_all(&mut budgets, [0, 0], 1.0, NOW);
        budgets.spend(10);
        assert_eq!(budgets.room(DAY_AND_MINUTE, 1.0, NOW), 0);
        assert_eq!(budgets.closed_until(DAY_AND_MINUTE, NOW), Some(Time(NOW.0 + 60_000)));
        let next = Time(NOW.0 + 60_000);
        assert_eq!(budgets.room(DAY_AND_MINUTE, 1.0, next), 10);
        assert_eq!(budgets.closed_until(DAY_AND_MINUTE, next), None);
        budgets.spend(4);
        let mut untold = budgets.take_untold(DAY_AND_MINUTE);
        untold.sort_by_key(|it| (it.start, it.parts));
        let parts: Vec<_> = untold.iter().map(|it| (it.period, it.parts)).collect();
        assert_eq!(parts, [(Period::Day, 14), (Period::Minute, 10), (Period::Minute, 4)]);
        assert_eq!(budgets.take_untold(DAY_AND_MINUTE), []);
        budgets.put_back(untold);
        assert_eq!(budgets.take_untold(DAY_AND_MINUTE).len(), 3);
    }

    #[test]
    fn nodes_never_use_more_than_there_is_however_seldom_they_hear_of_each_other() {
        let limits = PartLimits([None, None, Some(1_000), None]);
        for told_every in [1, 3, 50] {
            let mut nodes = [Budgets::default(), Budgets::default()];
            let (mut store, mut sent) = (0, 0);
            for round in 0..400 {
                for node in &mut nodes {
                    if round % told_every == 0 {
                        store += node.take_untold(limits).iter().map(|it| it.parts).sum::<u64>();
                        node.hear(Period::Day, 1_000, store, 0.5, NOW);
                    }
                    let parts = node.room(limits, 0.5, NOW).min(7);
                    node.spend(parts);
                    sent += parts;
                }
            }
            assert!((990..=1_000).contains(&sent), "{told_every}: {sent}");
        }
    }
}
