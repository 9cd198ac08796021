//! The time formats of SMPP 3.4 section 7.1.1 (5.0 section 4.7.23) and the looser dates in receipts, as plain fields.
//! No clock and no time zones: the current time is an argument, and a date without an offset stays without one.

mod civil;
mod loose;

pub use civil::Civil;

use std::fmt;

/// A schedule_delivery_time or validity_period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// `YYMMDDhhmmsstnnp`, section 7.1.1.1.
    Absolute(Absolute),
    /// `YYMMDDhhmmss000R`, section 7.1.1.2: counted from the server's now.
    Relative(Relative),
}

/// A moment, with its clock's offset from UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absolute {
    /// Last two digits of the year.
    pub year: u8,
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
    /// Tenths of a second, 0 to 9.
    pub tenth: u8,
    /// Quarters of an hour that this clock is ahead of UTC, -48 to 48.
    pub quarters: i8,
}

/// A span, each field 0 to 99; years and months are the calendar's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Relative {
    /// Years.
    pub years: u8,
    /// Months.
    pub months: u8,
    /// Days.
    pub days: u8,
    /// Hours.
    pub hours: u8,
    /// Minutes.
    pub minutes: u8,
    /// Seconds.
    pub seconds: u8,
}

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
const QUARTER_MS: i64 = 15 * MINUTE_MS;
/// The largest offset of a clock from UTC, in quarters of an hour.
const MOST_QUARTERS: i8 = 48;

impl Time {
    /// Reads either format. Spaces and NULs around it don't matter, and twelve digits alone are taken as UTC. `None`
    /// for anything else, for an empty field, and for a date that isn't in the calendar.
    pub fn parse(field: &[u8]) -> Option<Self> {
        let field = trim(field);
        let (digits, suffix) = field.split_first_chunk::<12>()?;
        let [year, month, day, hour, minute, second] = pairs(digits)?;
        let absolute = |tenth, quarters| {
            let moment = Absolute { year, month, day, hour, minute, second, tenth, quarters };
            moment.civil(2000).is_valid().then_some(Self::Absolute(moment))
        };
        match suffix {
            [] => absolute(0, 0),
            [_, _, _, b'R' | b'r'] => Some(Self::Relative(Relative {
                years: year,
                months: month,
                days: day,
                hours: hour,
                minutes: minute,
                seconds: second,
            })),
            [tenth, tens, ones, sign @ (b'+' | b'-')] => {
                let quarters = i8::try_from(digit(*tens)? * 10 + digit(*ones)?).ok()?;
                let quarters = if *sign == b'-' { -quarters } else { quarters };
                if quarters.abs() > MOST_QUARTERS {
                    return None;
                }
                absolute(digit(*tenth)?, quarters)
            }
            _ => None,
        }
    }

    /// The moment meant, in milliseconds since 1970 UTC, when it is `now_ms`.
    pub fn unix_ms(&self, now_ms: i64) -> i64 {
        match self {
            Self::Absolute(absolute) => absolute.unix_ms(now_ms),
            Self::Relative(relative) => relative.after_ms(now_ms),
        }
    }
}

impl Absolute {
    /// The moment `unix_ms`, to the tenth of a second, as a clock `quarters` quarters of an hour ahead of UTC (at most
    /// 48 either way) shows it. The year's century is lost.
    pub fn from_unix_ms(unix_ms: i64, quarters: i8) -> Self {
        let quarters = quarters.clamp(-MOST_QUARTERS, MOST_QUARTERS);
        let local = unix_ms.saturating_add(i64::from(quarters) * QUARTER_MS);
        let Civil { year, month, day, hour, minute, second } = Civil::from_unix_ms(local);
        let tenth = u8::try_from(local.rem_euclid(SECOND_MS) / 100).unwrap_or(0);
        let year = u8::try_from(year.rem_euclid(100)).unwrap_or(0);
        Self { year, month, day, hour, minute, second, tenth, quarters }
    }

    /// Milliseconds since 1970 UTC, in the century that brings it nearest to `now_ms`.
    pub fn unix_ms(&self, now_ms: i64) -> i64 {
        let this_century = Civil::from_unix_ms(now_ms).year.div_euclid(100) * 100;
        let candidates = [this_century - 100, this_century, this_century + 100].map(|century| {
            let local = self.civil(century).unix_ms() + i64::from(self.tenth) * 100;
            local - i64::from(self.quarters) * QUARTER_MS
        });
        candidates.into_iter().min_by_key(|moment| moment.abs_diff(now_ms)).unwrap_or(now_ms)
    }

    fn civil(&self, century: i32) -> Civil {
        Civil {
            year: century + i32::from(self.year),
            month: self.month,
            day: self.day,
            hour: self.hour,
            minute: self.minute,
            second: self.second,
        }
    }
}

impl Relative {
    /// The span of so many seconds in days, hours, minutes and seconds; `None` beyond 31 days, for which an absolute
    /// time says better what is meant.
    pub fn from_seconds(seconds: u64) -> Option<Self> {
        let days = seconds / 86_400;
        if days > 31 {
            return None;
        }
        let part = |value: u64| u8::try_from(value).ok();
        Some(Self {
            years: 0,
            months: 0,
            days: part(days)?,
            hours: part(seconds / 3_600 % 24)?,
            minutes: part(seconds / 60 % 60)?,
            seconds: part(seconds % 60)?,
        })
    }

    /// The moment that is this span after `now_ms`, in milliseconds since 1970 UTC.
    pub fn after_ms(&self, now_ms: i64) -> i64 {
        let months = i32::from(self.years) * 12 + i32::from(self.months);
        let exact = i64::from(self.days) * DAY_MS
            + i64::from(self.hours) * HOUR_MS
            + i64::from(self.minutes) * MINUTE_MS
            + i64::from(self.seconds) * SECOND_MS;
        let from = Civil::from_unix_ms(now_ms).plus_months(months).unix_ms() + now_ms.rem_euclid(SECOND_MS);
        from.saturating_add(exact)
    }
}

impl fmt::Display for Absolute {
    /// The sixteen characters of section 7.1.1.1.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { year, month, day, hour, minute, second, tenth, quarters } = self;
        let sign = if *quarters < 0 { '-' } else { '+' };
        write!(f, "{year:02}{month:02}{day:02}{hour:02}{minute:02}{second:02}{tenth}")?;
        write!(f, "{:02}{sign}", quarters.unsigned_abs())
    }
}

impl fmt::Display for Relative {
    /// The sixteen characters of section 7.1.1.2.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { years, months, days, hours, minutes, seconds } = self;
        write!(f, "{years:02}{months:02}{days:02}{hours:02}{minutes:02}{seconds:02}000R")
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absolute(absolute) => absolute.fmt(f),
            Self::Relative(relative) => relative.fmt(f),
        }
    }
}

fn trim(field: &[u8]) -> &[u8] {
    field.split(|octet| *octet == 0).next().unwrap_or_default().trim_ascii()
}

fn digit(octet: u8) -> Option<u8> {
    octet.is_ascii_digit().then(|| octet - b'0')
}

/// Six numbers of two digits.
fn pairs(digits: &[u8; 12]) -> Option<[u8; 6]> {
    let mut numbers = [0; 6];
    for (number, pair) in numbers.iter_mut().zip(digits.chunks_exact(2)) {
        let [tens, ones] = pair else { return None };
        *number = digit(*tens)? * 10 + digit(*ones)?;
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-21 22:50:32.5 UTC.
    const NOW: i64 = 1_795_301_432_500;

    #[test]
    fn reads_the_examples_of_the_specification() {
        let span = Relative { years: 2, months: 6, days: 10, hours: 23, minutes: 34, seconds: 29 };
        assert_eq!(Time::parse(b"020610233429000R"), Some(Time::Relative(span)));
        let Some(Time::Absolute(moment)) = Time::parse(b"261121225032508+") else { panic!("not absolute") };
        assert_eq!((moment.tenth, moment.quarters), (5, 8));
        assert_eq!(moment.unix_ms(NOW), NOW - 2 * HOUR_MS);
    }

    #[test]
    fn writes_what_it_reads() {
        for text in ["261121225032508+", "991231235959048-", "000101000000000+", "000003000000000R"] {
            assert_eq!(Time::parse(text.as_bytes()).unwrap().to_string(), text);
        }
        assert_eq!(Absolute::from_unix_ms(NOW, 4).to_string(), "261121235032504+");
        assert_eq!(Relative::from_seconds(3 * 86_400 + 61).unwrap().to_string(), "000003000101000R");
        assert_eq!(Relative::from_seconds(32 * 86_400), None);
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "0",
            "26112122503",
            "261321225032000+",
            "260230000000000+",
            "2611212250325xx+",
            "261121225032049+",
        ] {
            assert_eq!(Time::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn tolerates_what_is_around_it() {
        assert!(Time::parse(b" 261121225032000+\0").is_some());
        assert_eq!(Time::parse(b"261121225032"), Time::parse(b"261121225032000+"));
    }

    #[test]
    fn takes_the_nearest_century() {
        let Some(Time::Absolute(last)) = Time::parse(b"991231235959000+") else { panic!("not absolute") };
        let new_year_2100 = Civil { year: 2100, month: 1, day: 1, hour: 0, minute: 0, second: 0 }.unix_ms();
        assert_eq!(last.unix_ms(new_year_2100), new_year_2100 - SECOND_MS);
    }

    #[test]
    fn months_are_the_calendars() {
        let end_of_january =
            Civil { year: 2027, month: 1, day: 31, hour: 12, minute: 0, second: 0 }.unix_ms();
        let a_month = Relative { months: 1, ..Relative::default() };
        assert_eq!(Civil::from_unix_ms(a_month.after_ms(end_of_january)).to_string(), "2027-02-28 12:00:00");
    }
}
