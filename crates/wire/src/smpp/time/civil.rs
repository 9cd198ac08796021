//! A date and time of day in the Gregorian calendar, without a zone, and its way to and from milliseconds.

use super::{DAY_MS, SECOND_MS};
use std::fmt;

/// What a clock on the wall and a calendar beside it show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// The year, all of it.
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 59.
    pub second: u8,
}

/// Days in 400 years, after which the calendar repeats.
const CYCLE_DAYS: i64 = 146_097;
/// Days from the first of March of year 0 to the first of January 1970. Years are counted from March here, so that
/// the leap day is a year's last.
const EPOCH_DAYS: i64 = 719_468;

impl Civil {
    /// What the clock shows `unix_ms` milliseconds after 1970 began, whole seconds.
    pub fn from_unix_ms(unix_ms: i64) -> Self {
        let days = unix_ms.div_euclid(DAY_MS) + EPOCH_DAYS;
        let cycle = days.div_euclid(CYCLE_DAYS);
        let day_of_cycle = days.rem_euclid(CYCLE_DAYS);
        let leap_days = day_of_cycle / 1_460 - day_of_cycle / 36_524 + day_of_cycle / 146_096;
        let year_of_cycle = (day_of_cycle - leap_days) / 365;
        let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = cycle * 400 + year_of_cycle + i64::from(month <= 2);
        let second_of_day = unix_ms.rem_euclid(DAY_MS) / SECOND_MS;
        let small = |value: i64| u8::try_from(value).unwrap_or(0);
        Self {
            year: i32::try_from(year).unwrap_or(i32::MAX),
            month: small(month),
            day: small(day),
            hour: small(second_of_day / 3_600),
            minute: small(second_of_day / 60 % 60),
            second: small(second_of_day % 60),
        }
    }

    /// Milliseconds since 1970 for a clock that shows UTC.
    pub fn unix_ms(&self) -> i64 {
        let before_march = self.month <= 2;
        let year = i64::from(self.year) - i64::from(before_march);
        let month = i64::from(self.month) + if before_march { 9 } else { -3 };
        let year_of_cycle = year.rem_euclid(400);
        let day_of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        let day_of_cycle = year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 + day_of_year;
        let days = year.div_euclid(400) * CYCLE_DAYS + day_of_cycle - EPOCH_DAYS;
        let seconds = i64::from(self.hour) * 3_600 + i64::from(self.minute) * 60 + i64::from(self.second);
        days * DAY_MS + seconds * SECOND_MS
    }

    /// Whether there is such a day and such a time.
    pub fn is_valid(&self) -> bool {
        (1..=12).contains(&self.month)
            && (1..=self.days_in_month()).contains(&self.day)
            && self.hour < 24
            && self.minute < 60
            && self.second < 60
    }

    /// The same time of day so many months on, on the month's last day where it has no such day.
    pub fn plus_months(self, months: i32) -> Self {
        let total =
            self.year.saturating_mul(12).saturating_add(i32::from(self.month) - 1).saturating_add(months);
        let month = u8::try_from(total.rem_euclid(12) + 1).unwrap_or(1);
        let moved = Self { year: total.div_euclid(12), month, day: 1, ..self };
        Self { day: self.day.min(moved.days_in_month()), ..moved }
    }

    fn days_in_month(&self) -> u8 {
        match self.month {
            4 | 6 | 9 | 11 => 30,
            2 if self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0) => 29,
            2 => 28,
            _ => 31,
        }
    }
}

impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second } = self;
        write!(f, "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        for (ms, text) in [
            (0, "1970-01-01 00:00:00"),
            (-1_000, "1969-12-31 23:59:59"),
            (951_782_400_000, "2000-02-29 00:00:00"),
            (1_000_000_000_000, "2001-09-09 01:46:40"),
            (4_107_542_400_000, "2100-03-01 00:00:00"),
        ] {
            assert_eq!(Civil::from_unix_ms(ms).to_string(), text);
            assert_eq!(Civil::from_unix_ms(ms).unix_ms(), ms);
        }
    }

    #[test]
    fn every_day_of_four_centuries_there_and_back() {
        let mut before = Civil::from_unix_ms(-DAY_MS);
        for day in 0..CYCLE_DAYS {
            let civil = Civil::from_unix_ms(day * DAY_MS);
            assert!(civil > before && civil.is_valid());
            assert_eq!(civil.unix_ms(), day * DAY_MS);
            before = civil;
        }
    }

    #[test]
    fn no_such_day() {
        let day = |year, month, day| Civil { year, month, day, hour: 0, minute: 0, second: 0 }.is_valid();
        assert!(day(2028, 2, 29) && day(2000, 2, 29));
        assert!(
            !day(2027, 2, 29)
                && !day(2100, 2, 29)
                && !day(2026, 4, 31)
                && !day(2026, 0, 1)
                && !day(2026, 1, 0)
        );
    }
}
