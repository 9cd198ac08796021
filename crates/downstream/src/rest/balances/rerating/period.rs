//! The days that are rerated: of one calendar month, since volumes begin anew with each.

use crate::rest::problem::Problem;
use axum::http::StatusCode;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use postrider_core::time::Time;
use std::fmt;

/// Days of one month (UTC), from the first on and without the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Days {
    since: Date,
    until: Date,
}

/// An earlier correction, compared with days.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Correction {
    /// It is of the same days.
    Same,
    /// It is of these, which overlap.
    Overlaps(Days),
}

impl Days {
    /// Reads `2026-11-01` and `2026-12-01`.
    pub(super) fn read(since: &str, until: Option<&str>) -> Result<Self, Problem> {
        let first = day("since", since)?;
        let next = first.first_of_month().saturating_add(1.month());
        let until = until.map_or(Ok(next), |until| day("until", until))?;
        if until <= first {
            return Err(invalid("until", format!("{until} is not after {first}")));
        }
        if until > next {
            let detail = format!("{first} and {until} are not of one month: write {next} at the latest");
            return Err(invalid("until", detail));
        }
        Ok(Self { since: first, until })
    }

    pub(super) fn since(&self) -> Time {
        time_of(self.since)
    }

    pub(super) fn until(&self) -> Time {
        time_of(self.until)
    }

    /// The beginning of their month.
    pub(super) fn month(&self) -> Time {
        time_of(self.since.first_of_month())
    }

    /// The key of the correction of this number.
    pub(super) fn key(&self, number: usize) -> String {
        format!("{}/{}#{number}", self.since, self.until)
    }

    /// How the days of a correction's key are to these; `None` if they are others.
    pub(super) fn compare(&self, key: &str) -> Option<Correction> {
        let (days, _) = key.split_once('#')?;
        let (since, until) = days.split_once('/')?;
        let other = Self { since: since.parse().ok()?, until: until.parse().ok()? };
        if other == *self {
            return Some(Correction::Same);
        }
        (other.since < self.until && self.since < other.until).then_some(Correction::Overlaps(other))
    }
}

/// `2026-11-01 to 2026-11-30`.
impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.since, self.until.saturating_sub(1.day()))
    }
}

fn day(field: &'static str, text: &str) -> Result<Date, Problem> {
    text.parse().map_err(|_| invalid(field, format!("'{text}' is no day: write 2026-11-01")))
}

fn invalid(field: &'static str, detail: String) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_days", detail).at(field)
}

fn time_of(day: Date) -> Time {
    day.to_zoned(TimeZone::UTC).map_or(Time(0), |zoned| Time(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_of_one_month() {
        let read =
            |since, until| Days::read(since, until).map_err(|problem| problem.field.unwrap_or_default());
        let november = read("2026-11-01", None).unwrap();
        assert_eq!(Ok(november), read("2026-11-01", Some("2026-12-01")));
        assert_eq!(november.to_string(), "2026-11-01 to 2026-11-30");
        assert_eq!(november.until().since(november.since()).as_secs(), 30 * 86_400);
        assert_eq!(read("2026-12-31", None).unwrap().to_string(), "2026-12-31 to 2026-12-31");
        assert_eq!(read("2026-11-09", None).unwrap().month(), november.since());
        for (since, until, field) in [
            ("yesterday", None, "since"),
            ("2026-11-31", None, "since"),
            ("2026-11-02", Some("2026-11-02"), "until"),
            ("2026-11-02", Some("2026-12-02"), "until"),
        ] {
            assert_eq!(read(since, until).unwrap_err(), field.into(), "{since}");
        }
    }

    #[test]
    fn earlier_corrections_are_of_the_same_days_of_some_or_of_others() {
        let days = Days::read("2026-11-03", Some("2026-11-05")).unwrap();
        assert_eq!(days.compare(&days.key(7)), Some(Correction::Same));
        let overlapping = Days::read("2026-11-04", Some("2026-11-06")).unwrap();
        assert_eq!(days.compare("2026-11-04/2026-11-06#1"), Some(Correction::Overlaps(overlapping)));
        for other in ["2026-11-05/2026-11-06#1", "2026-11-01/2026-11-03#1", "invoice 7"] {
            assert_eq!(days.compare(other), None, "{other}");
        }
    }
}
