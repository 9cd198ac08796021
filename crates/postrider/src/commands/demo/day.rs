//! The day before a demo: messages are really sent, through the simulated carrier, while the gateway's clock runs fast until it has
//! caught up with the machine's.

use super::traffic::{Chance, one};
use crate::client::Client;
use crate::failure::Failure;
use postrider_core::time::Time;
use postrider_engine::{Clock, SystemClock};
use postrider_simulator::carrier::{Carrier, Delay};
use std::time::Duration;

/// The time that is made up for.
const DAY: Duration = Duration::from_hours(24);
/// How long that takes.
const LASTS: Duration = Duration::from_secs(30);
/// Messages in each hour of the day, by UTC.
const HOURS: [u64; 24] =
    [14, 9, 6, 5, 7, 16, 34, 62, 95, 118, 126, 121, 130, 112, 104, 109, 117, 124, 132, 120, 92, 61, 38, 22];
/// The delay of receipts meanwhile, in milliseconds of the machine's time: seconds to a minute of the gateway's.
const RECEIPTS: (u64, u64) = (1, 20);

/// A clock that begins a day ago, and has caught up after [`LASTS`]. It never goes back.
#[derive(Clone, Copy)]
pub(super) struct FastClock {
    begun: Time,
}

impl FastClock {
    pub(super) fn begin() -> Self {
        Self { begun: SystemClock.now() }
    }

    /// The time that it tells at a time of the machine.
    fn at(self, now: Time) -> Time {
        let passed = now.since(self.begun);
        if passed >= LASTS {
            return now;
        }
        let told = (DAY + LASTS).as_secs_f64() * passed.as_secs_f64() / LASTS.as_secs_f64();
        self.begun - DAY + Duration::from_secs_f64(told)
    }

    fn has_caught_up(self) -> bool {
        SystemClock.now().since(self.begun) >= LASTS
    }

    /// The hour of the day that it tells, by UTC.
    fn hour(self) -> usize {
        usize::try_from(self.now().0.div_euclid(3_600_000).rem_euclid(24)).unwrap_or(0)
    }
}

impl Clock for FastClock {
    fn now(&self) -> Time {
        self.at(SystemClock.now())
    }

    fn is_steady(&self) -> bool {
        self.has_caught_up()
    }
}

/// Sends what a day has, until the clock has caught up. Receipts come as fast as the clock goes.
pub(super) async fn live_through(
    clock: FastClock,
    client: &Client,
    carrier: &Carrier,
) -> Result<(), Failure> {
    let usual = carrier.settings().receipt_delay;
    let millis = Duration::from_millis;
    carrier
        .change(|settings| settings.receipt_delay = Delay::between(millis(RECEIPTS.0), millis(RECEIPTS.1)));
    let mut chance = Chance(24);
    let hour = u64::try_from(LASTS.as_micros()).unwrap_or(u64::MAX) / 24;
    while !clock.has_caught_up() {
        let mean = hour / HOURS[clock.hour()];
        tokio::time::sleep(Duration::from_micros(mean / 2 + chance.below(mean))).await;
        one(&mut chance, client, carrier).await?;
    }
    carrier.change(|settings| settings.receipt_delay = usual);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_begins_a_day_ago_and_catches_up() {
        let clock = FastClock { begun: Time(200_000_000) };
        let told = |millis| clock.at(clock.begun + Duration::from_millis(millis));
        assert_eq!(told(0), clock.begun - DAY);
        assert_eq!(told(15_000), clock.begun + Duration::from_secs(15) - DAY / 2);
        assert_eq!((told(30_000), told(31_000)), (Time(200_030_000), Time(200_031_000)));
        let times: Vec<_> = (0..40_000).step_by(7).map(told).collect();
        assert!(times.is_sorted(), "it never goes back");
    }
}
