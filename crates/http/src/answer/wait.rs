//! How long an answer asks to be left alone.

use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use std::time::Duration;

/// The forms of dates (RFC 9110, 5.6.7), the usual one first.
const DATES: [&str; 3] = ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// A date of HTTP, in milliseconds since 1970.
#[must_use]
pub fn date(text: &str) -> Option<i64> {
    let date = DATES.iter().find_map(|form| strtime::parse(form, text.trim()).ok()?.to_datetime().ok())?;
    Some(TimeZone::UTC.to_timestamp(date).ok()?.as_millisecond())
}

/// The wait that `Retry-After` asks for, by a number of seconds or a date (RFC 9110, 10.2.3). A date counts from `now`, in milliseconds
/// since 1970; one that is over asks for no wait.
#[must_use]
pub fn retry_after(text: &str, now: Option<i64>) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let left = date(text)?.saturating_sub(now?);
    Some(Duration::from_millis(left.max(0).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        // 1994-11-06 08:49:37 UTC, the example of RFC 9110, 5.6.7.
        let now = Some(784_111_777_000 - 30_000);
        for (text, now, seconds) in [
            ("7", now, Some(7)),
            (" 0 ", None, Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", now, Some(30)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", now, Some(30)),
            ("Sun Nov  6 08:49:37 1994", now, Some(30)),
            ("Sun, 06 Nov 1994 08:49:00 GMT", now, Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", None, None),
            ("soon", now, None),
            ("-1", now, None),
            ("Sun, 06 Nov 1994 08:49:37 +0100", now, None),
        ] {
            assert_eq!(retry_after(text, now), seconds.map(Duration::from_secs), "{text}");
        }
    }
}
