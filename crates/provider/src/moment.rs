//! Moments in the forms that providers write.

use jiff::Timestamp;
use jiff::fmt::strtime;
use postrider_core::time::Time;

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

#[cfg(test)]
mod tests {
    use super::*;

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
