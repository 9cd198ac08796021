//! Bounds of settings, as a declaration writes them behind the default.

use crate::describe::Bounds;
use crate::mistake::Notes;
use crate::span::Span;
use std::fmt::Display;
use std::ops::RangeInclusive;

/// Bounds for values of a type.
pub trait Limit<T> {
    /// Notes a mistake if the value is out of bounds.
    fn hold(&self, value: &T, notes: &Notes<'_>);
    /// The bounds, for descriptions.
    fn bounds(&self) -> Bounds;
}

/// Texts of printable ASCII characters, of so many to so many.
#[derive(Clone, Debug)]
pub struct Ascii(pub RangeInclusive<usize>);

/// Numbers above this one.
#[derive(Clone, Copy, Debug)]
pub struct Above(pub f64);

/// Lists and tables of at most so many elements.
#[derive(Clone, Copy, Debug)]
pub struct AtMost(pub usize);

/// Names of what is declared: 1 to 64 of `a-z`, `0-9`, `.`, `_` and `-`, the first a letter or a digit.
#[derive(Clone, Copy, Debug)]
pub struct Name;

macro_rules! whole_number_ranges {
    ($($type:ident)+) => {$(
        impl Limit<$type> for RangeInclusive<$type> {
            fn hold(&self, value: &$type, notes: &Notes<'_>) {
                if !self.contains(value) {
                    out_of_range(value, self.start(), self.end(), notes);
                }
            }

            fn bounds(&self) -> Bounds {
                Bounds::Whole((*self.start()).into(), (*self.end()).into())
            }
        }
    )+};
}

whole_number_ranges! { u8 u16 u32 }

fn out_of_range(value: impl Display, least: impl Display, most: impl Display, notes: &Notes<'_>) {
    notes.wrong(format_args!("{value} is out of range"), format_args!("write {least} to {most}"));
}

impl Limit<Span> for RangeInclusive<&'static str> {
    fn hold(&self, value: &Span, notes: &Notes<'_>) {
        let (least, most) = (Span::new(*self.start()), Span::new(*self.end()));
        if !(least.get()..=most.get()).contains(&value.get()) {
            out_of_range(value, least, most, notes);
        }
    }

    fn bounds(&self) -> Bounds {
        Bounds::Spans(self.start(), self.end())
    }
}

impl Limit<f64> for Above {
    fn hold(&self, value: &f64, notes: &Notes<'_>) {
        if !value.is_finite() || *value <= self.0 {
            notes.wrong(
                format_args!("{value} is out of range"),
                format_args!("write a number above {}, or leave it out for no limit", self.0),
            );
        }
    }

    fn bounds(&self) -> Bounds {
        Bounds::Above(self.0)
    }
}

impl Limit<String> for Ascii {
    fn hold(&self, value: &String, notes: &Notes<'_>) {
        check_ascii(value, &self.0, notes);
    }

    fn bounds(&self) -> Bounds {
        Bounds::Ascii(*self.0.start(), *self.0.end())
    }
}

/// Notes a mistake if a text has other characters than printable ASCII, too few or too many of them.
pub(crate) fn check_ascii(text: &str, lengths: &RangeInclusive<usize>, notes: &Notes<'_>) {
    let (least, most) = (lengths.start(), lengths.end());
    if !text.bytes().all(|octet| (0x20..0x7F).contains(&octet)) {
        notes.wrong("only printable ASCII characters are allowed here", "");
    } else if text.is_empty() && *least > 0 {
        notes.wrong("this can't be empty", "");
    } else if !lengths.contains(&text.len()) {
        let count = text.len();
        let much = if count > *most { "many" } else { "few" };
        notes.wrong(
            format_args!("{count} characters are too {much}"),
            format_args!("write {least} to {most}"),
        );
    }
}

impl Limit<String> for Name {
    fn hold(&self, value: &String, notes: &Notes<'_>) {
        check_name(value, notes);
    }

    fn bounds(&self) -> Bounds {
        Bounds::Names
    }
}

/// Notes a mistake if a name is not of the form that names have.
pub(crate) fn check_name(name: &str, notes: &Notes<'_>) {
    let start = name.bytes().next().is_some_and(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit());
    let allowed = |octet: u8| octet.is_ascii_lowercase() || octet.is_ascii_digit() || b".-_".contains(&octet);
    if !start || !name.bytes().all(allowed) || name.len() > 64 {
        let help = "write 1 to 64 of a-z, 0-9, '.', '_' and '-', the first a letter or a digit";
        notes.wrong(format_args!("invalid name '{name}'"), help);
    }
}

impl<T> Limit<Vec<T>> for AtMost {
    fn hold(&self, value: &Vec<T>, notes: &Notes<'_>) {
        check_count(value.len(), self.0, notes);
    }

    fn bounds(&self) -> Bounds {
        Bounds::Count(self.0)
    }
}

/// Notes a mistake if there are too many of something.
pub(crate) fn check_count(count: usize, most: usize, notes: &Notes<'_>) {
    if count > most {
        notes.wrong(format_args!("{count} are too many"), format_args!("at most {most} are allowed"));
    }
}

/// An optional value has the same bounds when it is given.
impl<T, L: Limit<T>> Limit<Option<T>> for L {
    fn hold(&self, value: &Option<T>, notes: &Notes<'_>) {
        if let Some(value) = value {
            Limit::<T>::hold(self, value, notes);
        }
    }

    fn bounds(&self) -> Bounds {
        Limit::<T>::bounds(self)
    }
}
