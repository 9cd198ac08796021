//! Moments in the forms that providers write.

use jiff::Timestamp;
use jiff::fmt::{rfc2822, strtime};
use postrider_core::time::Time;
use std::time::Duration;

/// A form of moments.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MomentForm {
    /// `2026-11-29T08:30:07Z`.
    Rfc3339,
    /// `Sun, 29 Nov 2026 08:30:07 GMT` (RFC 9110, 5.6.7).
    HttpDate,
    /// `20261129T083007Z`.
    Basic,
    /// Seconds since 1970.
    Unix,
}

/// Writes a moment, to the second.
pub(crate) fn written(moment: Time, form: MomentForm) -> String {
    let seconds = moment.0.div_euclid(1_000);
    let format = match form {
        MomentForm::Unix => return seconds.to_string(),
        MomentForm::Rfc3339 => "%Y-%m-%dT%H:%M:%SZ",
        MomentForm::HttpDate => "%a, %d %b %Y %H:%M:%S GMT",
        MomentForm::Basic => "%Y%m%dT%H%M%SZ",
    };
    let moment = Timestamp::from_second(seconds).unwrap_or_default();
    strtime::format(format, moment).unwrap_or_default()
}

/// How long an answer asks to be left alone (`Retry-After`, RFC 9110, 10.2.3): so many seconds, or until a moment. A moment counts
/// from the answer's `date`, since the two clocks may differ.
#[must_use]
pub fn retry_after(text: &str, date: Option<&str>) -> Option<Duration> {
    if let Ok(seconds) = text.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let read = |text: &str| rfc2822::DateTimeParser::new().parse_timestamp(text.trim()).ok();
    let seconds = read(text)?.as_second() - read(date?)?.as_second();
    Some(Duration::from_secs(seconds.max(0).unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_moment() {
        let date = Some("Tue, 14 Nov 2023 22:13:20 GMT");
        let wait = |text, date| retry_after(text, date).map(|wait| wait.as_secs());
        for (text, date, expected) in [
            ("120", None, Some(120)),
            (" 7 ", date, Some(7)),
            ("Tue, 14 Nov 2023 22:14:00 GMT", date, Some(40)),
            ("Tue, 14 Nov 2023 22:13:00 GMT", date, Some(0)),
            ("Tue, 14 Nov 2023 22:14:00 GMT", None, None),
            ("-1", date, None),
            ("soon", date, None),
            ("", date, None),
        ] {
            assert_eq!(wait(text, date), expected, "{text}");
        }
    }

    #[test]
    fn a_moment_has_many_forms() {
        let moment = Time(1_700_000_000_999);
        for (form, expected) in [
            (MomentForm::Rfc3339, "2023-11-14T22:13:20Z"),
            (MomentForm::HttpDate, "Tue, 14 Nov 2023 22:13:20 GMT"),
            (MomentForm::Basic, "20231114T221320Z"),
            (MomentForm::Unix, "1700000000"),
        ] {
            assert_eq!(written(moment, form), expected);
        }
    }
}
