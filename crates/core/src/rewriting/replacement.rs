//! Texts that take the place of others.

use std::borrow::Cow;

/// A text that takes the place of another one wherever that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replacement {
    find: Box<str>,
    with: Box<str>,
}

impl Replacement {
    /// Has `with` take the place of `find`; `None` if `find` is empty.
    #[must_use]
    pub fn new(find: &str, with: &str) -> Option<Self> {
        (!find.is_empty()).then(|| Self { find: find.into(), with: with.into() })
    }

    /// The text with everything replaced. What was replaced before stays as it is, also where the new text has the old one in it:
    /// a message may be rewritten twice, when it is sent again.
    pub(super) fn apply<'t>(&self, text: Cow<'t, str>) -> Cow<'t, str> {
        if !text.contains(&*self.find) {
            return text;
        }
        let done = Some(&*self.with).filter(|with| with.contains(&*self.find));
        let (mut out, mut rest) = (String::with_capacity(text.len()), &*text);
        while let Some(first) = rest.chars().next() {
            let is_done = done.filter(|done| rest.starts_with(done));
            let taken = match (is_done, rest.strip_prefix(&*self.find)) {
                (Some(done), _) => done.len(),
                (None, Some(behind)) => {
                    out.push_str(&self.with);
                    rest = behind;
                    continue;
                }
                (None, None) => first.len_utf8(),
            };
            let (kept, behind) = rest.split_at(taken);
            out.push_str(kept);
            rest = behind;
        }
        Cow::Owned(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_replaced_once() {
        for (find, with, text, expected) in [
            ("http://", "https://", "http://a http://b", "https://a https://b"),
            ("Acme", "Acme Inc", "Acme: hi from Acme", "Acme Inc: hi from Acme Inc"),
            ("Acme", "Acme Inc", "Acme Inc: hi from Acme", "Acme Inc: hi from Acme Inc"),
            ("\u{20AC}", "EUR", "5 \u{20AC}, \u{E9}", "5 EUR, \u{E9}"),
            ("  ", " ", "a    b", "a  b"),
            ("secret", "", "a secret b", "a  b"),
            ("x", "y", "nothing", "nothing"),
            ("aa", "a", "aaa", "aa"),
        ] {
            let replacement = Replacement::new(find, with).unwrap();
            assert_eq!(replacement.apply(text.into()), expected, "{find} by {with} in {text}");
        }
        assert_eq!(Replacement::new("", "x"), None);
    }
}
