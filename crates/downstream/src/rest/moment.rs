//! Times in the API's format: RFC 3339, in UTC, to the millisecond.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use postrider_core::time::Time;

/// The most characters of a wrong time that an error repeats.
const SHOWN_MAX: usize = 40;

/// The time as text. A time outside the calendar's range is written as milliseconds since 1970.
pub(crate) fn write(time: Time) -> String {
    match Timestamp::from_millisecond(time.0) {
        Ok(timestamp) => format!("{timestamp:.3}"),
        Err(_) => time.0.to_string(),
    }
}

/// The time in a text, which must have an offset from UTC.
///
/// # Errors
/// What is wrong with the text, and what to write.
pub(crate) fn read(text: &str) -> Result<Time, String> {
    match text.parse::<Timestamp>() {
        Ok(timestamp) => Ok(Time(timestamp.as_millisecond())),
        Err(_) => {
            Err(format!("'{}' {}: write a time such as 2030-01-31T09:00:00Z", shown(text), fault(text)))
        }
    }
}

/// The start of a text, in which nothing steers a terminal.
fn shown(text: &str) -> String {
    text.chars().take(SHOWN_MAX).map(|shown| if shown.is_control() { ' ' } else { shown }).collect()
}

/// What a text lacks to be a time.
fn fault(text: &str) -> &'static str {
    // Only what has no offset is a time without one: jiff ignores the offset of others.
    let has_clock = text.contains(['T', 't', ' ', ':']);
    if has_clock && text.parse::<DateTime>().is_ok() {
        "has no offset from UTC, such as Z or +01:00"
    } else if text.parse::<Date>().is_ok() {
        "has no time of day"
    } else if !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit()) {
        "is a number"
    } else {
        "is not a time"
    }
}

/// The time in a query. The `+` before its offset may have become a space on its way through a URL.
pub(crate) fn of_query(value: &str) -> Result<Time, String> {
    read(value).or_else(|error| read(&value.replace(' ', "+")).map_err(|_| error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_offset_and_writes_utc() {
        let cases = [
            ("2026-11-21T22:46:56Z", "2026-11-21T22:46:56.000Z"),
            ("2026-11-21T22:46:56.123456Z", "2026-11-21T22:46:56.123Z"),
            ("2026-11-21T22:46:56+01:00", "2026-11-21T21:46:56.000Z"),
        ];
        for (text, written) in cases {
            assert_eq!(write(read(text).unwrap()), written);
        }
        for (bad, why) in [
            ("", "'' is not a time"),
            ("tomorrow", "is not a time"),
            ("2026-11-21", "has no time of day"),
            ("2026-11-21T22:46:56", "has no offset from UTC"),
            ("2026-11-21 22:46", "has no offset from UTC"),
            ("2026-02-30T22:46:56Z", "is not a time"),
            ("2026-11-21T22:46:56+1", "is not a time"),
            ("1700000000", "is a number"),
        ] {
            let error = read(bad).unwrap_err();
            assert!(error.contains(why), "{bad}: {error}");
        }
    }
}
