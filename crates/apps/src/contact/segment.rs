//! Segments: conditions on contacts, as people write them: `country = 'DE' and (age >= 18 or tag = 'vip') and not group = 'old'`.
//!
//! It is a language of our own, since it has a dozen words: comparisons, `and`, `or`, `not` and brackets. It calls nothing and
//! loops over nothing, so that an expression costs as much as it is long.

use super::document::Contact;
use super::glimpse::{Facts, Words};
use serde_json::Value;
use std::cmp::Ordering;
use std::fmt;

/// The longest expression, in octets.
pub const SEGMENT_MAX: usize = 1_000;
/// The deepest brackets and `not`s.
const DEPTH_MAX: usize = 32;

/// A condition on contacts.
#[derive(Clone, Debug, PartialEq)]
pub enum Segment {
    /// All of these hold.
    All(Vec<Segment>),
    /// One of these holds.
    Any(Vec<Segment>),
    /// This doesn't hold.
    Not(Box<Segment>),
    /// A comparison of what is known of a contact.
    Compare(Box<str>, Comparison, Value),
    /// Something is known of a contact.
    IsSet(Box<str>),
}

/// How values are compared. Texts and numbers are never equal, and neither is less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// They are equal.
    Equal,
    /// They are not equal, or there is no value.
    Unequal,
    /// Less.
    Less,
    /// Less or equal.
    AtMost,
    /// Greater.
    Greater,
    /// Greater or equal.
    AtLeast,
}

/// A mistake in an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at character {at}: {detail}")]
pub struct WrongSegment {
    /// The place, in characters from 1.
    pub at: usize,
    /// What is wrong, and what to do.
    pub detail: String,
}

impl Segment {
    /// Reads an expression.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn parse(text: &str) -> Result<Self, WrongSegment> {
        if text.len() > SEGMENT_MAX {
            let detail = format!("the expression has {} octets; {SEGMENT_MAX} are allowed", text.len());
            return Err(WrongSegment { at: 1, detail });
        }
        let mut parser = Parser { tokens: tokens(text)?, next: 0, end: text.chars().count() + 1 };
        let segment = parser.any(0)?;
        match parser.peek() {
            None => Ok(segment),
            Some(token) => {
                Err(parser.wrong(format!("'{token}' is not expected: write 'and' or 'or' before it")))
            }
        }
    }

    /// A group or a tag that every contact has for which it holds, if it says so: `group` or `tag`, and its name.
    pub(super) fn membership(&self) -> Option<(&str, &str)> {
        match self {
            Self::All(parts) => parts.iter().find_map(Self::membership),
            Self::Compare(kind, Comparison::Equal, name) if matches!(&**kind, "group" | "tag") => {
                Some((kind, name.as_str()?))
            }
            _ => None,
        }
    }

    /// Whether it holds of what is known of a contact.
    pub(super) fn holds(&self, facts: &impl Facts) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(facts)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(facts)),
            Self::Not(part) => !part.holds(facts),
            Self::IsSet(name) => match Words::called(name) {
                Some(words) => facts.has_any(words),
                None => facts.fact(name).is_some(),
            },
            Self::Compare(name, comparison, value) => match Words::called(name) {
                Some(words) => {
                    comparison.holds_of_member(value.as_str().is_some_and(|word| facts.has(words, word)))
                }
                None => comparison.holds_of(facts.fact(name).and_then(|known| known.order(value))),
            },
        }
    }

    /// Whether it holds of a contact.
    #[must_use]
    pub fn takes(&self, contact: &Contact) -> bool {
        self.holds(contact)
    }
}

impl Comparison {
    fn holds_of_member(self, is_member: bool) -> bool {
        match self {
            Self::Equal => is_member,
            Self::Unequal => !is_member,
            _ => false,
        }
    }

    fn holds_of(self, order: Option<Ordering>) -> bool {
        match self {
            Self::Equal => order == Some(Ordering::Equal),
            Self::Unequal => order != Some(Ordering::Equal),
            Self::Less => order == Some(Ordering::Less),
            Self::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Self::Greater => order == Some(Ordering::Greater),
            Self::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Literal(Value),
    Sign(&'static str),
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::Literal(value) => write!(f, "{value}"),
            Self::Sign(sign) => f.write_str(sign),
        }
    }
}

const SIGNS: [&str; 8] = ["<=", ">=", "!=", "=", "<", ">", "(", ")"];

fn tokens(text: &str) -> Result<Vec<(usize, Token)>, WrongSegment> {
    let characters: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while let Some(first) = characters.get(at).copied() {
        let rest = characters.get(at..).unwrap_or_default();
        let begun = at;
        let is_word = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
        if first.is_whitespace() {
            at += 1;
            continue;
        }
        let token = if let Some(sign) = SIGNS.into_iter().find(|sign| begins(rest, sign)) {
            at += sign.len();
            Token::Sign(sign)
        } else if first == '\'' || first == '"' {
            let inside: String = rest.iter().skip(1).take_while(|c| **c != first).collect();
            at += inside.chars().count() + 2;
            if at > characters.len() {
                let detail = "the text has no end: close it with the same quote".to_owned();
                return Err(WrongSegment { at: begun + 1, detail });
            }
            Token::Literal(inside.into())
        } else if first.is_ascii_digit() || first == '-' {
            let digits: String =
                rest.iter().take_while(|c| c.is_ascii_digit() || ['.', '-'].contains(c)).collect();
            at += digits.len();
            let number = digits.parse().ok().and_then(serde_json::Number::from_f64);
            let wrong = || WrongSegment { at: begun + 1, detail: format!("'{digits}' is no number") };
            Token::Literal(Value::Number(number.ok_or_else(wrong)?))
        } else if is_word(&first) {
            let word: String = rest.iter().take_while(|c| is_word(c)).collect();
            at += word.len();
            match word.as_str() {
                "true" | "false" => Token::Literal(Value::Bool(word == "true")),
                _ => Token::Word(word),
            }
        } else {
            let detail = format!("'{first}' is not expected: put texts in quotes");
            return Err(WrongSegment { at: begun + 1, detail });
        };
        tokens.push((begun + 1, token));
    }
    Ok(tokens)
}

fn begins(characters: &[char], sign: &str) -> bool {
    characters.iter().copied().take(sign.len()).eq(sign.chars())
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    next: usize,
    /// The place behind the last character.
    end: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn is_next(&mut self, word: &str) -> bool {
        let is_next = match self.peek() {
            Some(Token::Word(found)) => found == word,
            Some(Token::Sign(found)) => *found == word,
            _ => false,
        };
        self.next += usize::from(is_next);
        is_next
    }

    fn wrong(&self, detail: impl Into<String>) -> WrongSegment {
        let at = self.tokens.get(self.next).map_or(self.end, |(at, _)| *at);
        WrongSegment { at, detail: detail.into() }
    }

    fn any(&mut self, depth: usize) -> Result<Segment, WrongSegment> {
        let mut parts = vec![self.all(depth)?];
        while self.is_next("or") {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Segment::Any(parts) })
    }

    fn all(&mut self, depth: usize) -> Result<Segment, WrongSegment> {
        let mut parts = vec![self.one(depth)?];
        while self.is_next("and") {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Segment::All(parts) })
    }

    fn one(&mut self, depth: usize) -> Result<Segment, WrongSegment> {
        if depth > DEPTH_MAX {
            return Err(self.wrong(format!("brackets and 'not' are at most {DEPTH_MAX} deep")));
        }
        if self.is_next("not") {
            return Ok(Segment::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.is_next("(") {
            let inside = self.any(depth + 1)?;
            return if self.is_next(")") { Ok(inside) } else { Err(self.wrong("a ')' is missing")) };
        }
        let Some(Token::Word(name)) = self.peek().cloned() else {
            return Err(self.wrong("a field is missing, such as country, tag, group or one of your own"));
        };
        if ["and", "or", "is"].contains(&name.as_str()) {
            return Err(self.wrong(format!("a field is missing before '{name}'")));
        }
        if let "groups" | "tags" = name.as_str() {
            let one = name.trim_end_matches('s');
            return Err(self
                .wrong(format!("'{name}' is no field: write {one} = 'x', which holds if one of them is x")));
        }
        self.next += 1;
        self.comparison(name)
    }

    fn comparison(&mut self, name: String) -> Result<Segment, WrongSegment> {
        if self.is_next("is") {
            let is_unset = self.is_next("not");
            if !self.is_next("set") {
                return Err(self.wrong("'is' is followed by 'set' or 'not set'"));
            }
            let is_set = Segment::IsSet(name.into());
            return Ok(if is_unset { Segment::Not(Box::new(is_set)) } else { is_set });
        }
        let comparison = match self.peek() {
            Some(Token::Sign("=")) => Comparison::Equal,
            Some(Token::Sign("!=")) => Comparison::Unequal,
            Some(Token::Sign("<")) => Comparison::Less,
            Some(Token::Sign("<=")) => Comparison::AtMost,
            Some(Token::Sign(">")) => Comparison::Greater,
            Some(Token::Sign(">=")) => Comparison::AtLeast,
            _ => return Err(self.wrong(format!("'{name}' is followed by =, !=, <, <=, >, >= or 'is set'"))),
        };
        self.next += 1;
        let Some(Token::Literal(value)) = self.peek().cloned() else {
            return Err(self.wrong("a value is missing: a text in quotes, a number, true or false"));
        };
        self.next += 1;
        Ok(Segment::Compare(name.into(), comparison, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn contact() -> Contact {
        Contact {
            number: 4_915_112_345_678,
            name: Some("Ann".into()),
            language: Some("de".into()),
            groups: ["vip".into()].into(),
            tags: ["shoes".into(), "red".into()].into(),
            fields: [("age", json!(30)), ("city", json!("Berlin")), ("paid", json!(true))]
                .map(|(name, value)| (name.into(), value))
                .into(),
            created: 1_800_000_000_000,
            ..Contact::default()
        }
    }

    #[test]
    fn conditions_hold_or_dont() {
        for (expression, holds) in [
            ("country = 'DE'", true),
            ("country = \"GB\" or age >= 18", true),
            ("country = 'DE' and age < 30", false),
            ("not group = 'vip'", false),
            ("group = 'vip' and tag = 'red' and tag != 'blue'", true),
            ("(country = 'GB' or country = 'DE') and not (age > 40)", true),
            ("age = '30'", false),
            ("age != '30'", true),
            ("height > 1", false),
            ("height != 1", true),
            ("height is not set and city is set", true),
            ("paid = true", true),
            ("paid = false", false),
            ("age = 30.0 and age <= 30", true),
            ("created < '2100-01-01'", true),
            ("number = '+4915112345678'", true),
            ("city >= 'Aachen' and city < 'C'", true),
        ] {
            let segment = Segment::parse(expression).unwrap();
            assert_eq!(segment.holds(&contact()), holds, "{expression}");
        }
    }

    #[test]
    fn mistakes_have_a_place() {
        for (expression, at) in [
            ("", 1),
            ("country", 8),
            ("country = ", 11),
            ("country = DE", 11),
            ("country = 'DE", 11),
            ("country = 'DE' age = 3", 16),
            ("(age = 3", 9),
            ("age ~ 3", 5),
            ("age = 3-4", 7),
            ("and age = 3", 1),
            ("age is 3", 8),
            ("groups = 'vip'", 1),
            ("age = 3 and tags is set", 13),
        ] {
            assert_eq!(Segment::parse(expression).map_err(|wrong| wrong.at), Err(at), "{expression}");
        }
        assert!(Segment::parse(&"not ".repeat(100)).is_err());
        assert!(Segment::parse(&"x".repeat(1_001)).is_err());
    }
}
