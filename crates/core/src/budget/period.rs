//! Periods of the calendar, in UTC.

use crate::time::Time;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// A period of the calendar, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A month.
    Month,
}

impl Period {
    /// How many there are.
    pub const COUNT: usize = 4;
    /// All of them, in the order of declaration.
    pub const ALL: [Self; Self::COUNT] = [Self::Minute, Self::Hour, Self::Day, Self::Month];

    /// The word for it in every API.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// Its length in milliseconds; `None` where that differs.
    const fn length(self) -> Option<i64> {
        match self {
            Self::Minute => Some(60_000),
            Self::Hour => Some(3_600_000),
            Self::Day => Some(86_400_000),
            Self::Month => None,
        }
    }

    /// The beginning of the period that a moment is in.
    #[must_use]
    pub fn start(self, at: Time) -> Time {
        match self.length() {
            Some(length) => Time(at.0.div_euclid(length) * length),
            None => first_of(at).map_or(at, time_of),
        }
    }

    /// The beginning of the next period after a moment.
    #[must_use]
    pub fn end(self, at: Time) -> Time {
        match self.length() {
            Some(length) => Time((at.0.div_euclid(length) + 1) * length),
            None => first_of(at).and_then(|first| first.checked_add(1.month()).ok()).map_or(at, time_of),
        }
    }
}

/// The month (UTC) that a moment is in, such as `2027-01`.
#[must_use]
pub fn month_of(at: Time) -> String {
    first_of(at).map_or_else(String::new, |first| first.strftime("%Y-%m").to_string())
}

/// The first day of the month that a moment is in.
fn first_of(at: Time) -> Option<Date> {
    let moment = Timestamp::from_millisecond(at.0).ok()?;
    Some(moment.to_zoned(TimeZone::UTC).date().first_of_month())
}

fn time_of(day: Date) -> Time {
    day.to_zoned(TimeZone::UTC).map_or(Time(0), |zoned| Time(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Time {
        Time(text.parse::<Timestamp>().unwrap().as_millisecond())
    }

    #[test]
    fn a_period_begins_and_ends_by_the_calendar() {
        for (period, start, end) in [
            (Period::Minute, "2028-02-29T23:59:00Z", "2028-03-01T00:00:00Z"),
            (Period::Hour, "2028-02-29T23:00:00Z", "2028-03-01T00:00:00Z"),
            (Period::Day, "2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"),
            (Period::Month, "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        ] {
            let at = time("2028-02-29T23:59:59.999Z");
            assert_eq!((period.start(at), period.end(at)), (time(start), time(end)), "{period:?}");
            assert_eq!(period.start(time(end)), time(end));
            assert_eq!(period.start(time(start)), time(start));
        }
        assert_eq!(Period::Month.end(time("2027-12-31T12:00:00Z")), time("2028-01-01T00:00:00Z"));
    }
}
