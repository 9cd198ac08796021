//! Times in the API's format: RFC 3339, in UTC, to the millisecond.

use jiff::Timestamp;
use postrider_core::time::Time;

/// The time as text. A time outside the calendar's range is written as milliseconds since 1970.
pub(crate) fn write(time: Time) -> String {
    match Timestamp::from_millisecond(time.0) {
        Ok(timestamp) => format!("{timestamp:.3}"),
        Err(_) => time.0.to_string(),
    }
}

/// The time in a text, which must have an offset from UTC.
pub(crate) fn read(text: &str) -> Option<Time> {
    text.parse::<Timestamp>().ok().map(|timestamp| Time(timestamp.as_millisecond()))
}

/// What a time in a query should look like.
pub(crate) const WANTED: &str = "write a time such as 2030-01-31T09:00:00Z";

/// The time in a query. The `+` before its offset may have become a space on its way through a URL.
pub(crate) fn of_query(value: &str) -> Option<Time> {
    read(value).or_else(|| read(&value.replace(' ', "+")))
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
        for bad in ["", "tomorrow", "2026-11-21", "2026-11-21T22:46:56", "1700000000"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
