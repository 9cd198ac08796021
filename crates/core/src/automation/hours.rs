//! Times of the week at some place.

use crate::time::Time;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The minutes of a week.
pub const MINUTES_A_WEEK: u16 = 7 * DAY;
/// The minutes of a day.
pub const MINUTES_A_DAY: u16 = DAY;
const DAY: u16 = 24 * 60;

/// Stretches of the week in a time zone.
#[derive(Clone, Debug)]
pub struct Hours {
    zone: TimeZone,
    /// Minutes since Monday's midnight: each stretch from its first minute to the one before its end.
    stretches: Vec<(u16, u16)>,
}

impl Hours {
    /// From and until these minutes of the day, on these days (0 is Monday). A stretch that ends at or before its beginning ends
    /// on the next day; no stretch is the whole day.
    #[must_use]
    pub fn new(zone: TimeZone, days: &[u8], times: &[(u16, u16)]) -> Self {
        let times = if times.is_empty() { &[(0, DAY)] } else { times };
        let mut stretches = Vec::new();
        for day in days {
            for (from, until) in times {
                let begin = u16::from(*day) * DAY + from;
                let length = if until > from { until - from } else { until + DAY - from };
                let end = begin + length;
                stretches.push((begin, end.min(MINUTES_A_WEEK)));
                if end > MINUTES_A_WEEK {
                    stretches.push((0, end - MINUTES_A_WEEK));
                }
            }
        }
        Self { zone, stretches }
    }

    /// Whether the moment is within.
    #[must_use]
    pub fn contain(&self, now: Time) -> bool {
        let minute = self.minute(now);
        self.stretches.iter().any(|(begin, end)| (*begin..*end).contains(&minute))
    }

    /// The minute of the week, since Monday's midnight, at the place.
    #[must_use]
    pub fn minute(&self, now: Time) -> u16 {
        let local = self.local(now);
        let day = local.weekday().to_monday_zero_offset();
        let minute = i16::from(day) * 24 * 60 + i16::from(local.hour()) * 60 + i16::from(local.minute());
        minute.unsigned_abs()
    }

    /// The local date and time, as texts: `2026-11-29`, `18:05`.
    pub(super) fn written(&self, now: Time) -> (String, String) {
        let local = self.local(now);
        (local.strftime("%Y-%m-%d").to_string(), local.strftime("%H:%M").to_string())
    }

    fn local(&self, now: Time) -> jiff::Zoned {
        Timestamp::from_millisecond(now.0).unwrap_or_default().to_zoned(self.zone.clone())
    }

    /// Whether every minute of the week is within.
    pub(super) fn is_always(&self) -> bool {
        (0..MINUTES_A_WEEK)
            .all(|minute| self.stretches.iter().any(|(begin, end)| (*begin..*end).contains(&minute)))
    }

    /// Whether some minute is within both. Zones that differ are taken to meet.
    pub(super) fn meet(&self, other: &Self) -> bool {
        let overlap = |a: &(u16, u16), b: &(u16, u16)| a.0 < b.1 && b.0 < a.1;
        self.zone != other.zone
            || self.stretches.iter().any(|one| other.stretches.iter().any(|two| overlap(one, two)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn hours_may_pass_midnight_and_end_before_their_end() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let nights = Hours::new(zone.clone(), &[4, 6], &[(17 * 60, 9 * 60)]);
        for (at, within) in [
            // 2026-11-27 is a Friday; Berlin is an hour ahead of UTC.
            ("2026-11-27T15:59:59Z", false),
            ("2026-11-27T16:00:00Z", true),
            ("2026-11-28T07:59:00Z", true),
            ("2026-11-28T08:00:00Z", false),
            ("2026-11-28T20:00:00Z", false),
            // Sunday's night ends on Monday.
            ("2026-11-30T07:59:00Z", true),
            ("2026-11-30T08:00:00Z", false),
            // In summer it is two hours.
            ("2026-07-03T15:00:00Z", true),
            ("2026-07-03T14:59:00Z", false),
        ] {
            assert_eq!(nights.contain(time(at)), within, "{at}");
        }
        let whole = Hours::new(zone, &[0], &[]);
        assert!(whole.contain(time("2026-11-30T00:00:00Z")) && !whole.contain(time("2026-11-30T23:00:00Z")));
        assert!(!whole.meet(&Hours::new(whole.zone.clone(), &[1], &[])));
        assert!(whole.meet(&Hours::new(whole.zone.clone(), &[6], &[(23 * 60, 60)])));
    }
}
