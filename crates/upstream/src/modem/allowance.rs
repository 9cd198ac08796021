//! What a SIM may still send today and this month, by days of UTC. What was sent before the gateway's start is read from its reports.

use super::memory::Shared;
use super::settings::Settings;
use postrider_core::contract::{Live, Reports, StoreError};
use postrider_core::delivery::State;
use postrider_core::report::{ReportFilter, hour_of};
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use postrider_wire::smpp::time::Civil;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::sleep;

/// How often the reports are read again: other nodes may have sent, too.
const EVERY: Duration = Duration::from_mins(10);
/// When they are read again after a failure.
const AGAIN: Duration = Duration::from_secs(10);
/// The most sums of one report.
const SUMS_MAX: usize = 10_000;
const HOURS_A_DAY: i64 = 24;

/// Where it is read what was sent.
#[derive(Clone)]
pub struct Counted {
    /// The gateway's reports.
    pub reports: Arc<dyn Reports>,
    /// The upstream.
    pub upstream: UpstreamId,
}

/// What a SIM may still send.
#[derive(Debug, Default)]
pub(super) struct Allowance {
    per_day: Option<u32>,
    per_month: Option<u32>,
    used: Option<Used>,
}

/// What was sent in a day and its month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Used {
    period: Period,
    today: u64,
    this_month: u64,
}

/// A day, and the first hour of it and of its month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Period {
    day: i64,
    month: i64,
}

impl Period {
    fn of(now: Time) -> Self {
        let Civil { year, month, .. } = Civil::from_unix_ms(now.0);
        let first = Civil { year, month, day: 1, hour: 0, minute: 0, second: 0 };
        let hour = hour_of(now);
        Self { day: hour - hour.rem_euclid(HOURS_A_DAY), month: hour_of(Time(first.unix_ms())) }
    }
}

impl Allowance {
    pub(super) fn new(settings: &Settings) -> Self {
        let (per_day, per_month) = (settings.parts_per_day, settings.parts_per_month);
        Self { per_day, per_month, used: None }
    }

    fn has_limits(&self) -> bool {
        self.per_day.is_some() || self.per_month.is_some()
    }

    /// Whether it is known what was sent. Before that nothing is.
    pub(super) fn is_known(&self) -> bool {
        !self.has_limits() || self.used.is_some()
    }

    /// Takes note of what was sent by the reports, which may lag behind what is known here.
    fn learn(&mut self, period: Period, today: u64, this_month: u64) {
        let known = self.used.map(|used| used.at(period));
        self.used = Some(Used {
            period,
            today: known.map_or(today, |known| known.today.max(today)),
            this_month: known.map_or(this_month, |known| known.this_month.max(this_month)),
        });
    }

    /// A part is sent.
    pub(super) fn spend(&mut self, now: Time) {
        if let Some(used) = &mut self.used {
            *used = used.at(Period::of(now));
            used.today += 1;
            used.this_month += 1;
        }
    }

    /// Which limit is reached, in words.
    pub(super) fn exhausted(&self, now: Time) -> Option<String> {
        let used = self.used?.at(Period::of(now));
        let reached = |limit: Option<u32>, used: u64| limit.filter(|limit| used >= u64::from(*limit));
        if let Some(limit) = reached(self.per_day, used.today) {
            return Some(format!("the SIM has sent its {limit} parts of today"));
        }
        reached(self.per_month, used.this_month)
            .map(|limit| format!("the SIM has sent its {limit} parts of this month"))
    }
}

impl Used {
    /// The same in another period, in which nothing was sent yet.
    const fn at(self, period: Period) -> Self {
        Self {
            period,
            today: if self.period.day == period.day { self.today } else { 0 },
            this_month: if self.period.month == period.month { self.this_month } else { 0 },
        }
    }
}

/// Reads what was sent, again and again, for as long as it is let.
pub(super) async fn follow(memory: Shared, counted: Counted, live: Arc<dyn Live>) {
    if !memory.lock().allowance.has_limits() {
        return std::future::pending().await;
    }
    loop {
        let now = live.now();
        let period = Period::of(now);
        let read = async {
            let today = counted.since(period.day, now).await?;
            Ok::<_, StoreError>((today, counted.since(period.month, now).await?))
        };
        let wait = match read.await {
            Ok((today, this_month)) => {
                memory.lock().allowance.learn(period, today, this_month);
                EVERY
            }
            Err(error) => {
                tracing::warn!(%error, "it can't be read how much a SIM has sent; until then it sends nothing more");
                AGAIN
            }
        };
        sleep(wait).await;
    }
}

impl Counted {
    /// The parts that were sent of messages accepted in this hour or later.
    async fn since(&self, hour: i64, now: Time) -> Result<u64, StoreError> {
        let filter = ReportFilter {
            from: hour,
            until: hour_of(now) + 1,
            upstream: Some(self.upstream),
            ..ReportFilter::default()
        };
        let sums = self.reports.report(filter, SUMS_MAX).await?;
        let sent = sums.iter().filter(|sum| was_sent(sum.state));
        Ok(sent.map(|sum| sum.sums.parts).sum())
    }
}

/// Whether messages that ended so were sent.
const fn was_sent(state: State) -> bool {
    matches!(state, State::Delivered | State::Undelivered | State::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::testing::settings;

    const HOUR: i64 = 3_600_000;
    /// 2026-11-30T23:00:00Z: the last hour of a month.
    const EVENING: Time = Time(1_796_079_600_000);

    #[test]
    fn a_limit_holds_for_its_day_and_its_month() {
        let mut allowance = Allowance::new(&settings(|settings| {
            settings.parts_per_day = Some(3);
            settings.parts_per_month = Some(10);
        }));
        assert!(!allowance.is_known());
        allowance.learn(Period::of(EVENING), 1, 9);
        assert_eq!(allowance.exhausted(EVENING), None);
        allowance.spend(EVENING);
        assert_eq!(
            allowance.exhausted(EVENING).as_deref(),
            Some("the SIM has sent its 10 parts of this month")
        );
        let next = Time(EVENING.0 + HOUR);
        assert_eq!(allowance.exhausted(next), None, "another day, another month");
        for _ in 0..3 {
            allowance.spend(next);
        }
        assert_eq!(allowance.exhausted(next).as_deref(), Some("the SIM has sent its 3 parts of today"));
        // Reports lag behind.
        allowance.learn(Period::of(next), 1, 1);
        assert!(allowance.exhausted(next).is_some());
        assert_eq!(allowance.exhausted(Time(next.0 + 24 * HOUR)), None);
    }

    #[test]
    fn without_limits_nothing_is_counted() {
        let mut allowance = Allowance::new(&settings(|_| ()));
        allowance.spend(EVENING);
        assert!(allowance.is_known() && allowance.exhausted(EVENING).is_none());
    }

    #[test]
    fn a_period_begins_with_its_day_and_month() {
        let period = Period::of(EVENING);
        let hours = |time: Time| hour_of(time);
        assert_eq!((hours(EVENING) - period.day, hours(EVENING) - period.month), (23, 29 * 24 + 23));
    }
}
