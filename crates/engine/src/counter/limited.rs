//! Limits of parts in periods of the calendar, at an upstream's counter.

use super::Counter;
use postrider_core::budget::{Budgets, PartLimits, Period, Untold};
use postrider_core::contract::Used;
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use std::time::Duration;

/// The limits of an upstream, and what is left of them.
#[derive(Debug, Default)]
pub(super) struct PeriodLimits {
    limits: PartLimits,
    budgets: Budgets,
    /// Whether there is a limit.
    is_on: bool,
    /// The beginning of the month in which parts went out last, and how many did, from this process.
    month: (Time, u64),
}

impl PeriodLimits {
    /// Takes on the limits that the rules say.
    pub(super) fn set(&mut self, limits: PartLimits) {
        self.limits = limits;
        self.is_on = !limits.are_none();
    }

    /// Parts that may go out now.
    pub(super) fn room(&mut self, share: f64, now: Time) -> usize {
        if self.is_on {
            self.budgets.room(self.limits, share, now).try_into().unwrap_or(usize::MAX)
        } else {
            usize::MAX
        }
    }

    /// Parts that went out this month: over all nodes if the month has a limit, and else from this process.
    pub(super) fn used_this_month(&self, now: Time) -> u64 {
        if self.limits.of(Period::Month).is_some() {
            return self.budgets.used(Period::Month);
        }
        let (start, parts) = self.month;
        if start == Period::Month.start(now) { parts } else { 0 }
    }

    /// Takes note of parts that went out.
    pub(super) fn spend(&mut self, parts: usize, now: Time) {
        let start = Period::Month.start(now);
        let before = if self.month.0 == start { self.month.1 } else { 0 };
        self.month = (start, before + parts as u64);
        if self.is_on {
            self.budgets.spend(parts as u64);
        }
    }

    /// How long until parts may go out again.
    pub(super) fn wait(&self, now: Time) -> Duration {
        let until = if self.is_on { self.budgets.closed_until(self.limits, now) } else { None };
        until.map_or(Duration::ZERO, |until| until.since(now))
    }
}

/// The name by which the store knows a limit.
fn what(upstream: UpstreamId, period: Period) -> Box<str> {
    format!("upstream {} {}", upstream.0, period.word()).into()
}

impl Counter {
    /// The names by which the store knows its limits; none without limits.
    pub(crate) fn limits(&self) -> Vec<Box<str>> {
        let state = self.state();
        state.limited.limits.iter().map(|(period, _)| what(self.id, period)).collect()
    }

    /// What was used of its limits and isn't told to the store yet.
    pub(crate) fn take_untold(&self) -> Vec<Untold> {
        let mut state = self.state();
        let limits = state.limited.limits;
        state.limited.budgets.take_untold(limits)
    }

    /// Takes back what the store could not be told.
    pub(crate) fn put_back_untold(&self, untold: Vec<Untold>) {
        self.state().limited.budgets.put_back(untold);
    }

    /// This, as the store keeps it.
    pub(crate) fn used(&self, untold: &Untold) -> Used {
        let Untold { period, start, parts } = *untold;
        Used { what: what(self.id, period), start, end: period.end(start), count: parts }
    }

    /// This node's share of it, from 0 to 1; `None` if it sends nothing by declaration.
    pub(crate) fn share(&self) -> Option<f64> {
        let state = self.state();
        let is_used = state.upstream.as_ref().is_some_and(|upstream| upstream.enabled);
        is_used.then(|| state.share())
    }

    /// Takes on what all nodes have used of its limits.
    pub(crate) fn hear_used(&self, used: &[Used], now: Time) {
        let mut state = self.state();
        let (share, limits) = (state.share(), state.limited.limits);
        for (period, most) in limits.iter() {
            let (what, start) = (what(self.id, period), period.start(now));
            let told = used.iter().find(|it| it.what == what && it.start == start).map_or(0, |it| it.count);
            state.limited.budgets.hear(period, most, told, share, now);
            self.show_used(period, state.limited.budgets.used(period));
        }
        self.backlog.set_left(state.limited.budgets.left_of_days(limits));
        drop(state);
        // What could not go out may go out now.
        self.bump();
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
    fn show_used(&self, period: Period, parts: u64) {
        let upstream = self.meters.upstream().to_owned();
        metrics::gauge!("postrider_upstream_limit_used", "upstream" => upstream, "per" => period.word())
            .set(parts as f64);
    }
}
