//! Templates of single values: text with places such as `{to}`, which stand for a message's fields or a preset's variables.

use crate::fields::Condition;
use serde::Deserialize;
use serde::de::Error;
use std::borrow::Cow;

/// The values that places stand for.
pub(crate) trait Scope {
    /// The value of a place; `None` if there is none.
    fn value(&self, name: &str) -> Option<Cow<'_, str>>;

    /// Whether a condition holds.
    fn holds(&self, _condition: Condition) -> bool {
        false
    }
}

/// A text with places. `{{` and `}}` stand for braces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(Box<str>),
    Place(Box<str>),
}

impl Template {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            plain.push_str(before);
            if let Some(after) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
                plain.push_str(&from[..1]);
                rest = after;
                continue;
            }
            let place = from.strip_prefix('{').and_then(|from| from.split_once('}'));
            let (name, after) = place.ok_or_else(|| format!("'{text}' has a brace without its other one"))?;
            let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !is_name {
                return Err(format!("'{text}' has a place '{{{name}}}', which is no name"));
            }
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain).into()));
            }
            pieces.push(Piece::Place(name.into()));
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain.into()));
        }
        Ok(Self(pieces))
    }

    /// The text with the values of a scope; `None` if a place has no value.
    pub(crate) fn render(&self, scope: &dyn Scope) -> Option<String> {
        self.render_with(scope, String::push_str)
    }

    /// The same, with each value written as `put` does.
    pub(crate) fn render_with(
        &self,
        scope: &dyn Scope,
        mut put: impl FnMut(&mut String, &str),
    ) -> Option<String> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Place(name) => put(&mut text, &scope.value(name)?),
            }
        }
        Some(text)
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// The names of its places.
    pub(crate) fn places(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Place(name) => Some(&**name),
        })
    }
}

impl<'de> Deserialize<'de> for Template {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Names;

    impl Scope for Names {
        fn value(&self, name: &str) -> Option<Cow<'_, str>> {
            ["to", "from"].contains(&name).then(|| Cow::Owned(name.to_uppercase()))
        }
    }

    #[test]
    fn places_have_values_or_the_whole_is_left_out() {
        for (text, expected) in [
            ("", Some("")),
            ("+{to}", Some("+TO")),
            ("{to}{from}", Some("TOFROM")),
            ("{{to}}", Some("{to}")),
            ("a {absent}", None),
        ] {
            assert_eq!(Template::parse(text).unwrap().render(&Names).as_deref(), expected, "{text}");
        }
        for wrong in ["{", "}", "{to", "{}", "{a b}", "{to:x}"] {
            assert!(Template::parse(wrong).is_err(), "{wrong}");
        }
    }
}
