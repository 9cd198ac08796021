//! Lengths of time as people write them: `30s`, `5m`, `1h30m`, `7d`.

use crate::describe::Kind;
use crate::json::Json;
use crate::mistake::Notes;
use crate::setting::{Setting, unexpected};
use crate::tree::{Node, Value};
use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};
use std::fmt;
use std::time::Duration;

/// A length of time, and its text as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    text: Box<str>,
    /// `None` if the text means no length of time, which no document holds.
    length: Option<Duration>,
}

/// A text is not a length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid duration '{0}': write a number and its unit (ms, s, m, h or d), such as 30s, 5m, 24h or 7d")]
pub struct NotASpan(pub String);

impl Span {
    /// The length of time that a text means, if it means one.
    #[must_use]
    pub fn new(text: impl Into<Box<str>>) -> Self {
        let text = text.into();
        Self { length: read(&text), text }
    }

    /// The length of time.
    pub fn read(&self) -> Result<Duration, NotASpan> {
        self.length.ok_or_else(|| NotASpan(self.text.to_string()))
    }

    /// The length of time, of a document.
    #[must_use]
    pub fn get(&self) -> Duration {
        self.length.unwrap_or_default()
    }
}

impl From<&str> for Span {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Reads numbers with their units, one after the other; `None` for anything else, and for what overflows.
fn read(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut total = Duration::ZERO;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let count: u64 = rest.get(..digits)?.parse().ok()?;
        let after = rest.get(digits..)?;
        let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, next) = after.split_at_checked(letters)?;
        let ms = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(Duration::from_millis(count.checked_mul(ms)?))?;
        rest = next.trim_start();
    }
    Some(total)
}

impl Setting for Span {
    fn kind() -> Kind {
        Kind::Span
    }

    fn read(node: &Node, notes: &Notes<'_>) -> Option<Self> {
        let span = match &node.value {
            Value::Text(text) => Self::new(text.as_str()),
            Value::Integer(seconds) => Self::new(format!("{seconds}s")),
            _ => return unexpected(node, "a length of time such as \"30s\", or a number of seconds", notes),
        };
        notes.take(span.read())?;
        Some(span)
    }

    fn write(&self) -> Json {
        Json::text(String::from(self.text.clone()))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SpanVisitor)
    }
}

/// Takes a text, or a whole number of seconds.
struct SpanVisitor;

impl Visitor<'_> for SpanVisitor {
    type Value = Span;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a length of time such as \"30s\" or \"24h\", or a number of seconds")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Span, E> {
        Ok(Span::new(text))
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Span, E> {
        Ok(Span::new(format!("{seconds}s")))
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Span, E> {
        Ok(Span::new(format!("{seconds}s")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        let cases = [
            ("30s", 30),
            ("5m", 300),
            ("24h", 86_400),
            ("7d", 604_800),
            ("1h30m", 5_400),
            (" 1h 30m ", 5_400),
        ];
        for (text, seconds) in cases {
            assert_eq!(Span::new(text).read(), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(Span::new("250ms").read(), Ok(Duration::from_millis(250)));
        let bad = [
            "",
            "5",
            "s",
            "5 minutes",
            "-5s",
            "1.5h",
            "5S",
            "99999999999999999999s",
            "213503982334602d",
            "5é",
        ];
        for text in bad {
            assert!(Span::new(text).read().is_err(), "{text}");
        }
    }

    #[test]
    fn a_number_is_seconds() {
        let span: Span = serde_json::from_str("90").unwrap();
        assert_eq!(span.read(), Ok(Duration::from_secs(90)));
        assert!(serde_json::from_str::<Span>("-5").unwrap().read().is_err());
        assert!(serde_json::from_str::<Span>("true").is_err());
    }
}
