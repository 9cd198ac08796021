//! How carriers write times in their receipts.

use jiff::{Timestamp, tz::TimeZone};

/// A way to write a time, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum DateForm {
    /// `yyMMddHHmm`, as SMPP 3.4 appendix B has it.
    #[default]
    Minutes,
    /// `yyMMddHHmmss`.
    Seconds,
    /// `yyyyMMddHHmm`.
    LongMinutes,
    /// `yyyyMMddHHmmss`.
    LongSeconds,
    /// `yyyy-MM-ddTHH:mm:ssZ`.
    Iso,
    /// Ten zeros.
    Zeros,
    /// Nothing.
    Empty,
    /// A word that is no time.
    Nonsense,
}

/// A time that was written before is most often asked for again, so that the last one is kept.
#[derive(Debug, Default)]
pub(super) struct Written {
    of: Option<(DateForm, u64)>,
    text: String,
}

impl DateForm {
    fn pattern(self) -> &'static str {
        match self {
            Self::Minutes => "%y%m%d%H%M",
            Self::Seconds => "%y%m%d%H%M%S",
            Self::LongMinutes => "%Y%m%d%H%M",
            Self::LongSeconds => "%Y%m%d%H%M%S",
            Self::Iso => "%Y-%m-%dT%H:%M:%SZ",
            Self::Zeros => "0000000000",
            Self::Empty => "",
            Self::Nonsense => "yesterday",
        }
    }

    /// The times that are written alike: all seconds of a minute, or none.
    fn unit(self, seconds: u64) -> u64 {
        match self {
            Self::Seconds | Self::LongSeconds | Self::Iso => seconds,
            _ => seconds / 60 * 60,
        }
    }
}

impl Written {
    /// A time in seconds since 1970.
    pub(super) fn write(&mut self, form: DateForm, seconds: u64) -> &[u8] {
        let of = Some((form, form.unit(seconds)));
        if self.of != of {
            let time = Timestamp::from_second(seconds.cast_signed()).unwrap_or(Timestamp::UNIX_EPOCH);
            self.text = time.to_zoned(TimeZone::UTC).strftime(form.pattern()).to_string();
            self.of = of;
        }
        self.text.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_time_in_each_form() {
        let mut written = Written::default();
        for (form, text) in [
            (DateForm::Minutes, "2311142213"),
            (DateForm::Seconds, "231114221320"),
            (DateForm::LongMinutes, "202311142213"),
            (DateForm::LongSeconds, "20231114221320"),
            (DateForm::Iso, "2023-11-14T22:13:20Z"),
            (DateForm::Zeros, "0000000000"),
            (DateForm::Empty, ""),
            (DateForm::Nonsense, "yesterday"),
        ] {
            assert_eq!(written.write(form, 1_700_000_000), text.as_bytes());
        }
        assert_eq!(written.write(DateForm::Seconds, 1_700_000_001), b"231114221321");
    }
}
