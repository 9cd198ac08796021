//! Limits of parts in periods of the calendar, at an upstream's counter.

use super::{Counter, State};
use postrider_core::budget::{Budgets, PartLimits, Period, Untold};
use postrider_core::contract::Used;
use postrider_core::route::UpstreamId;
use postrider_core::rules::Upstream;
use postrider_core::time::Time;
use std::sync::atomic::Ordering;
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

/// The limits of each bind of an upstream; none without limits. A bind is one node's at a time, so that a node may use all that is left
/// of it.
#[derive(Debug, Default)]
pub(super) struct BindLimits(Vec<BindBudget>);

/// The limits of one bind.
#[derive(Debug, Default)]
struct BindBudget {
    name: Box<str>,
    limits: PartLimits,
    budgets: Budgets,
}

/// The longest time after which a bind without room is asked again: limits and what is known of them change.
const AGAIN: Duration = Duration::from_secs(1);

impl BindLimits {
    /// Takes on the limits that the rules say. What is known of a bind's stays under its name.
    pub(super) fn set(&mut self, upstream: Option<&Upstream>) {
        let mut known = std::mem::take(&mut self.0);
        let mut add = |name: Box<str>, limits: PartLimits| {
            let before = known.iter_mut().find(|known| known.name == name);
            let budgets = before.map(|known| std::mem::take(&mut known.budgets)).unwrap_or_default();
            self.0.push(BindBudget { name, limits, budgets });
        };
        let Some(upstream) = upstream else { return };
        if upstream.each_bind.is_empty() && !upstream.bind_limits.are_none() {
            (0..upstream.binds).for_each(|bind| add(bind.to_string().into(), upstream.bind_limits));
        }
        if upstream.each_bind.iter().any(|bind| !bind.limits.are_none()) {
            upstream.each_bind.iter().for_each(|bind| add(bind.name.clone(), bind.limits));
        }
    }

    /// Whether a bind has a limit.
    pub(super) const fn are_some(&self) -> bool {
        !self.0.is_empty()
    }

    /// Parts that a bind may be given now; if none, how long until it is to be asked again.
    pub(super) fn room(&mut self, bind: usize, now: Time) -> Result<usize, Duration> {
        let Some(BindBudget { limits, budgets, .. }) = self.0.get_mut(bind) else { return Ok(usize::MAX) };
        match budgets.room(*limits, 1.0, now) {
            0 => {
                let until = budgets.closed_until(*limits, now).unwrap_or(now);
                Err(until.since(now).clamp(Duration::from_millis(1), AGAIN))
            }
            room => Ok(room.try_into().unwrap_or(usize::MAX)),
        }
    }

    /// The share that is used of a bind's limit for the day or the month, from 0 to 1.
    pub(super) fn used_share(&self, bind: usize) -> f64 {
        self.0.get(bind).map_or(0.0, |bind| bind.budgets.used_share(bind.limits))
    }

    /// Parts that are left of the days and months of all binds together.
    fn left_of_days(&self) -> u64 {
        let left = self.0.iter().map(|bind| bind.budgets.left_of_days(bind.limits));
        left.reduce(u64::saturating_add).unwrap_or(u64::MAX)
    }

    fn spend(&mut self, bind: usize, parts: usize) {
        if let Some(bind) = self.0.get_mut(bind) {
            bind.budgets.spend(parts as u64);
        }
    }

    fn named(&mut self, name: &str) -> Option<&mut Budgets> {
        self.0.iter_mut().find(|bind| &*bind.name == name).map(|bind| &mut bind.budgets)
    }
}

/// What was used of a limit of an upstream, or of one of its binds, and isn't told to the store yet.
#[derive(Clone, Debug)]
pub(crate) struct UntoldParts {
    bind: Option<Box<str>>,
    untold: Untold,
}

/// The name by which the store knows a limit.
fn what(upstream: UpstreamId, bind: Option<&str>, period: Period) -> Box<str> {
    match bind {
        None => format!("upstream {} {}", upstream.0, period.word()),
        Some(bind) => format!("upstream {} bind {bind} {}", upstream.0, period.word()),
    }
    .into()
}

impl Counter {
    /// The names by which the store knows its limits; none without limits.
    pub(crate) fn limits(&self) -> Vec<Box<str>> {
        let state = self.state();
        let of_binds = state
            .bind_limits
            .0
            .iter()
            .flat_map(|bind| bind.limits.iter().map(move |(period, _)| (Some(&*bind.name), period)));
        let of_upstream = state.limited.limits.iter().map(|(period, _)| (None, period));
        of_upstream.chain(of_binds).map(|(bind, period)| what(self.id, bind, period)).collect()
    }

    /// What was used of its limits and isn't told to the store yet.
    pub(crate) fn take_untold(&self) -> Vec<UntoldParts> {
        let mut state = self.state();
        let limits = state.limited.limits;
        let mut taken: Vec<UntoldParts> = Vec::new();
        let mut add = |bind: Option<Box<str>>, untold: Vec<Untold>| {
            taken.extend(untold.into_iter().map(|untold| UntoldParts { bind: bind.clone(), untold }));
        };
        add(None, state.limited.budgets.take_untold(limits));
        for BindBudget { name, limits, budgets } in &mut state.bind_limits.0 {
            add(Some(name.clone()), budgets.take_untold(*limits));
        }
        taken
    }

    /// Takes back what the store could not be told.
    pub(crate) fn put_back_untold(&self, untold: Vec<UntoldParts>) {
        let mut state = self.state();
        for UntoldParts { bind, untold } in untold {
            let State { limited, bind_limits, .. } = &mut *state;
            let budgets = match bind {
                None => Some(&mut limited.budgets),
                Some(bind) => bind_limits.named(&bind),
            };
            if let Some(budgets) = budgets {
                budgets.put_back(vec![untold]);
            }
        }
    }

    /// This, as the store keeps it.
    pub(crate) fn used(&self, parts: &UntoldParts) -> Used {
        let UntoldParts { bind, untold: Untold { period, start, parts } } = parts;
        let (period, start, parts) = (*period, *start, *parts);
        Used { what: what(self.id, bind.as_deref(), period), start, end: period.end(start), count: parts }
    }

    /// This node's share of it, from 0 to 1; `None` if it sends nothing by declaration.
    pub(crate) fn share(&self) -> Option<f64> {
        let state = self.state();
        let is_used = state.upstream.as_ref().is_some_and(|upstream| upstream.enabled);
        is_used.then(|| state.share())
    }

    /// Takes on what all nodes have used of its limits.
    pub(crate) fn hear_used(&self, used: &[Used], now: Time) {
        let told = |bind: Option<&str>, period: Period| {
            let (what, start) = (what(self.id, bind, period), period.start(now));
            used.iter().find(|it| it.what == what && it.start == start).map_or(0, |it| it.count)
        };
        let mut state = self.state();
        let (share, limits) = (state.share(), state.limited.limits);
        for (period, most) in limits.iter() {
            state.limited.budgets.hear(period, most, told(None, period), share, now);
            self.show_used(None, period, state.limited.budgets.used(period));
        }
        for BindBudget { name, limits, budgets } in &mut state.bind_limits.0 {
            for (period, most) in limits.iter() {
                budgets.hear(period, most, told(Some(&**name), period), 1.0, now);
                self.show_used(Some(&**name), period, budgets.used(period));
            }
        }
        let left = state.limited.budgets.left_of_days(limits);
        self.backlog.set_left(left.min(state.bind_limits.left_of_days()));
        drop(state);
        // What could not go out may go out now.
        self.bump();
    }

    /// Parts that a bind may be given now by limits of its own; if none, how long until it is to be asked again.
    pub(super) fn bind_room(&self, bind: usize) -> Result<usize, Duration> {
        if !self.limits_binds.load(Ordering::Relaxed) {
            return Ok(usize::MAX);
        }
        let now = self.clock.now();
        self.state().bind_limits.room(bind, now)
    }

    /// Takes note of parts that a bind took.
    pub(super) fn spend_of_bind(&self, bind: usize, parts: usize) {
        if self.limits_binds.load(Ordering::Relaxed) {
            self.state().bind_limits.spend(bind, parts);
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are floating-point numbers")]
    fn show_used(&self, bind: Option<&str>, period: Period, parts: u64) {
        let upstream = self.meters.upstream().to_owned();
        let gauge = match bind {
            None => {
                metrics::gauge!("postrider_upstream_limit_used", "upstream" => upstream, "per" => period.word())
            }
            Some(bind) => {
                let labels =
                    [("upstream", upstream), ("bind", bind.to_owned()), ("per", period.word().into())];
                metrics::gauge!("postrider_bind_limit_used", &labels)
            }
        };
        gauge.set(parts as f64);
    }
}
