//! What is wrong with a declaration, and where: all of it at once.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;
use std::time::Duration;

use super::Span;

/// Something wrong at one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where, such as `accounts.shop.smpp.allow[0]`.
    pub path: String,
    /// What, in words that say what would be right.
    pub text: String,
}

/// Everything that is wrong with a declaration; at least one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes(pub Vec<Mistake>);

impl Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.text)
    }
}

impl Display for Mistakes {
    /// One mistake a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// Where mistakes are noted while one document is read: reading goes on with something in the value's place.
pub(super) struct Notes<'a> {
    place: String,
    mistakes: &'a mut Vec<Mistake>,
}

impl<'a> Notes<'a> {
    /// Notes on the document at `place`: `accounts.shop`.
    pub(super) const fn new(place: String, mistakes: &'a mut Vec<Mistake>) -> Self {
        Self { place, mistakes }
    }

    /// Notes a mistake at a path within the document; the empty path is the document itself.
    pub(super) fn mistake(&mut self, path: &str, text: impl Display) {
        let dot = if path.is_empty() { "" } else { "." };
        self.mistakes.push(Mistake { path: format!("{}{dot}{path}", self.place), text: text.to_string() });
    }

    /// The value, or `None` with the error noted.
    pub(super) fn take<T, E: Display>(&mut self, path: &str, result: Result<T, E>) -> Option<T> {
        result.map_err(|error| self.mistake(path, error)).ok()
    }

    /// Holds a value to its range.
    pub(super) fn within<T: PartialOrd + Display>(
        &mut self,
        path: &str,
        value: &T,
        range: RangeInclusive<T>,
    ) {
        if !range.contains(value) {
            self.mistake(path, format_args!("{value} is not from {} to {}", range.start(), range.end()));
        }
    }

    /// Holds a count of things to its limit.
    pub(super) fn at_most(&mut self, path: &str, count: usize, most: usize) {
        if count > most {
            self.mistake(path, format_args!("{count} are given, {most} are allowed"));
        }
    }

    /// Reads a length of time and holds it to its range, which is told as people write it.
    pub(super) fn span(&mut self, path: &str, span: &Span, least: &str, most: &str) -> Duration {
        let Some(duration) = self.take(path, span.read()) else { return Duration::ZERO };
        let limit = |text: &str| Span::new(text).read().unwrap_or_default();
        if duration < limit(least) || duration > limit(most) {
            self.mistake(path, format_args!("{span} is not from {least} to {most}"));
        }
        duration
    }

    /// Holds a text to printable ASCII of a length.
    pub(super) fn ascii(&mut self, path: &str, text: &str, lengths: RangeInclusive<usize>) {
        if !text.bytes().all(|b| (0x20..0x7F).contains(&b)) {
            self.mistake(path, "only printable ASCII characters can stand here");
        } else if text.is_empty() && *lengths.start() > 0 {
            self.mistake(path, "this can't be empty");
        } else if !lengths.contains(&text.len()) {
            let (least, most) = lengths.into_inner();
            self.mistake(path, format_args!("{} characters are not from {least} to {most}", text.len()));
        }
    }

    /// Holds a rate, if there is one, to something above nothing.
    pub(super) fn rate(&mut self, path: &str, rate: Option<f64>) {
        if rate.is_some_and(|rate| !rate.is_finite() || rate <= 0.0) {
            self.mistake(path, "a rate is a number above 0; leave it out for no limit");
        }
    }

    /// Holds a name to its form.
    pub(super) fn name(&mut self, path: &str, name: &str) {
        let start = name.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let rest = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b));
        if !start || !rest || name.len() > 64 {
            let form = "a name is 1 to 64 of a-z, 0-9, '.', '_' and '-', the first a letter or a digit";
            self.mistake(path, format_args!("'{name}' is no name: {form}"));
        }
    }
}
