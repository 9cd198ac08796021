//! Dates on which messages of some classes wait, such as holidays.

use crate::written::FromText;
use jiff::civil::Date;
use postrider_core::consent::QuietDate;

/// A date of every year, such as `12-25`, or of one, such as `2027-03-29`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuietDay(pub QuietDate);

/// A leap year: a date of every year may be the 29th of February.
const LEAP_YEAR: i16 = 2024;

impl FromText for QuietDay {
    fn from_text(text: &str) -> Result<Self, String> {
        let is_written_so = |form: &str| {
            text.len() == form.len()
                && text.bytes().zip(form.bytes()).all(|(octet, form)| match form {
                    b'-' => octet == b'-',
                    _ => octet.is_ascii_digit(),
                })
        };
        let read = || {
            let (year, rest) = match text.rsplit_once('-')?.0.rsplit_once('-') {
                Some((year, _)) if is_written_so("0000-00-00") => (Some(year.parse().ok()?), text.get(5..)?),
                None if is_written_so("00-00") => (None, text),
                _ => return None,
            };
            let (month, day) = rest.split_once('-')?;
            let (month, day) = (month.parse().ok()?, day.parse().ok()?);
            Date::new(year.unwrap_or(LEAP_YEAR), month, day).ok()?;
            Some(Self(QuietDate { year, month, day }))
        };
        read().ok_or_else(|| {
            format!("invalid date '{text}': write the month and the day, such as 12-25, with the year before it if it is of one year")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_or_refused() {
        let date = |year, month, day| Ok(QuietDay(QuietDate { year, month, day }));
        for (text, expected) in [
            ("12-25", date(None, 12, 25)),
            ("02-29", date(None, 2, 29)),
            ("2027-03-29", date(Some(2027), 3, 29)),
        ] {
            assert_eq!(QuietDay::from_text(text), expected);
        }
        for text in [
            "",
            "25-12",
            "02-30",
            "2027-02-29",
            "1-1",
            "2027-3-29",
            "27-03-29",
            "2027-03-29 ",
            "+1-01",
            "sun",
        ] {
            assert!(QuietDay::from_text(text).is_err(), "{text}");
        }
    }
}
