//! Times and numbers as people read them.

use crate::preferences::Preferences;
use crate::texts::{Language, fill};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A number, or a reference to one: templates pass both.
pub(crate) trait Plain<T> {
    /// The number.
    fn plain(&self) -> T;
}

impl Plain<u64> for u64 {
    fn plain(&self) -> u64 {
        *self
    }
}

impl Plain<f64> for f64 {
    fn plain(&self) -> f64 {
        *self
    }
}

impl<T, P: Plain<T>> Plain<T> for &P {
    fn plain(&self) -> T {
        (*self).plain()
    }
}

/// A time of the API; `None` if it isn't one.
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// The exact time in a zone, which is named: `2030-01-31 09:00:00 UTC`.
pub(crate) fn exact(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// The time of day if it was less than a day ago or is later today, and otherwise the date: `09:00:00`, `2030-01-31 09:00`.
pub(crate) fn short(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (local, today) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()).date());
    let is_near = if at > now { local.date() == today } else { now.duration_since(at).as_secs() < 24 * 3600 };
    let form = if is_near { "%H:%M:%S" } else { "%Y-%m-%d %H:%M" };
    local.strftime(form).to_string()
}

/// How long ago it was, or how long until then: `12 s ago`; what is more than a day away by its date.
pub(crate) fn relative(at: Timestamp, now: Timestamp, liked: &Preferences) -> String {
    let seconds = now.duration_since(at).as_secs();
    if seconds.abs() >= 24 * 3600 {
        return short(at, now, &liked.zone);
    }
    let language = liked.language;
    let length = length(seconds.unsigned_abs(), language);
    match seconds {
        0 => language.text("now").to_owned(),
        1.. => fill(language.text("{0} ago"), &[&length]),
        _ => fill(language.text("in {0}"), &[&length]),
    }
}

/// A length of time in its largest unit, or two: `12 s`, `4 min`, `2 h 5 min`, `3 d`.
pub(crate) fn length(seconds: u64, language: Language) -> String {
    let text = |text, value: u64| fill(language.text(text), &[&value.to_string()]);
    match seconds {
        0..60 => text("{0} s", seconds),
        60..3600 => text("{0} min", seconds / 60),
        3600..86_400 if seconds % 3600 < 60 => text("{0} h", seconds / 3600),
        3600..86_400 => format!("{} {}", text("{0} h", seconds / 3600), text("{0} min", seconds % 3600 / 60)),
        _ => text("{0} d", seconds / 86_400),
    }
}

/// A number with its thousands apart.
pub(crate) fn number(value: u64, language: Language) -> String {
    let digits = value.to_string();
    let first = digits.len() % 3;
    let mut groups: Vec<&str> = Vec::new();
    if first > 0 {
        groups.push(&digits[..first]);
    }
    groups.extend(digits.as_bytes()[first..].chunks(3).filter_map(|group| std::str::from_utf8(group).ok()));
    groups.join(language.group())
}

/// A rate or a number of seconds: tenths below ten, whole above.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates are small and not negative"
)]
pub(crate) fn decimal(value: f64, language: Language) -> String {
    if value.fract() == 0.0 || value >= 10.0 {
        return number(value.round().max(0.0) as u64, language);
    }
    format!("{value:.1}").replace('.', language.point())
}

/// A share in percent, with a tenth: `97.3 %`. What isn't all is not shown as 100, and what isn't nothing not as 0.
#[expect(clippy::cast_precision_loss, reason = "it is shown with a tenth")]
pub(crate) fn percent(part: u64, of: u64, language: Language) -> String {
    let share = 100.0 * part as f64 / of.max(1) as f64;
    let share = if part > 0 && part < of { share.clamp(0.1, 99.9) } else { share };
    let written = format!("{share:.1}");
    let written = if part == 0 || part >= of { written.trim_end_matches(".0") } else { &written };
    format!("{}\u{a0}%", written.replace('.', language.point()))
}

/// A decimal number of the API with its thousands apart: `-1,234.0125`. It is exact; what is no number stays as it is.
pub(crate) fn amount(amount: &str, language: Language) -> String {
    let (sign, digits) = amount.strip_prefix('-').map_or(("", amount), |digits| ("\u{2212}", digits));
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, None), |(whole, part)| (whole, Some(part)));
    let Ok(whole) = whole.parse() else { return amount.to_owned() };
    let fraction = fraction.map_or_else(String::new, |part| format!("{}{part}", language.point()));
    format!("{sign}{}{fraction}", number(whole, language))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_900_000_000 + second).unwrap()
    }

    #[test]
    fn a_time_is_told_from_now() {
        let liked = Preferences::default();
        let cases =
            [(0, "now"), (-5, "5 s ago"), (-90, "1 min ago"), (7_500, "in 2 h 5 min"), (-3_600, "1 h ago")];
        for (second, words) in cases {
            assert_eq!(relative(at(second), at(0), &liked), words);
        }
        assert_eq!(relative(at(-90_000), at(0), &liked), "2030-03-16 16:46");
    }

    #[test]
    fn an_exact_time_names_its_zone() {
        let vienna = TimeZone::get("Europe/Vienna").unwrap();
        assert_eq!(exact(at(0), &TimeZone::UTC), "2030-03-17 17:46:40 UTC");
        assert_eq!(exact(at(0), &vienna), "2030-03-17 18:46:40 CET");
        assert_eq!(short(at(0), at(60), &vienna), "18:46:40");
        assert_eq!(short(at(-23 * 3600), at(0), &vienna), "19:46:40");
        assert_eq!(short(at(5 * 3600), at(0), &vienna), "23:46:40");
        assert_eq!(short(at(6 * 3600), at(0), &vienna), "2030-03-18 00:46", "it is tomorrow");
    }

    #[test]
    fn numbers_are_grouped_as_the_language_does() {
        for (value, english) in [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678")] {
            assert_eq!(number(value, Language::English), english);
        }
        assert_eq!(number(1_000, Language::German), "1.000");
        for (value, words) in [(0.0, "0"), (0.4, "0.4"), (9.96, "10.0"), (1234.4, "1,234"), (3.0, "3")] {
            assert_eq!(decimal(value, Language::English), words);
        }
        assert_eq!(decimal(0.5, Language::German), "0,5");
    }

    #[test]
    fn a_share_is_rounded_but_never_to_all_or_nothing() {
        for (part, of, words) in
            [(973, 1000, "97.3"), (99_999, 100_000, "99.9"), (1, 9_999, "0.1"), (3, 3, "100")]
        {
            assert_eq!(percent(part, of, Language::English), format!("{words}\u{a0}%"));
        }
        assert_eq!(percent(0, 0, Language::English), "0\u{a0}%");
        assert_eq!(percent(1, 8, Language::German), "12,5\u{a0}%");
    }

    #[test]
    fn amounts_stay_exact() {
        for (given, words) in [("1234.0125", "1,234.0125"), ("-0.50", "\u{2212}0.50"), ("7", "7"), ("-", "-")]
        {
            assert_eq!(amount(given, Language::English), words);
        }
        assert_eq!(amount("1234.50", Language::German), "1.234,50");
    }

    #[test]
    fn lengths_of_time_are_short() {
        for (seconds, words) in [(59, "59 s"), (61, "1 min"), (3_660, "1 h 1 min"), (86_400, "1 d")] {
            assert_eq!(length(seconds, Language::English), words);
        }
    }
}
