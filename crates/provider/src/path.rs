//! Paths to values: `data.to[0].status`, `messages[].status`, `@x-request-id` in the headers, `?id` in the query.

use serde::Deserialize;
use serde::de::Error;
use serde_json::Value;

/// A way to values in a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    /// Where it begins.
    pub(crate) root: Root,
    steps: Vec<Step>,
}

/// Where a path begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// In the body, or in the item of it that is read.
    Body,
    /// In the query of the URL: `?name`.
    Query,
    /// In the headers: `@name`.
    Header,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// A member of an object.
    Member(Box<str>),
    /// An element of a list. A value that is no list is its own first element.
    Element(usize),
    /// All elements of a list. A value that is no list is its own only element.
    Each,
}

impl Path {
    /// Reads a path; the empty path is the whole tree.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(name) = text.strip_prefix('?') {
            return Ok(Self { root: Root::Query, steps: vec![Step::Member(name.into())] });
        }
        if let Some(name) = text.strip_prefix('@').filter(|_| !text.contains('.')) {
            return Ok(Self {
                root: Root::Header,
                steps: vec![Step::Member(name.to_ascii_lowercase().into())],
            });
        }
        let mut steps = Vec::new();
        for piece in text.split('.').filter(|_| !text.is_empty()) {
            let (name, mut rest) = piece.split_at(piece.find('[').unwrap_or(piece.len()));
            if !name.is_empty() {
                steps.push(Step::Member(name.into()));
            } else if rest.is_empty() {
                return Err(format!("the path '{text}' has an empty name"));
            }
            while let Some(inner) = rest.strip_prefix('[') {
                let wrong = || format!("the path '{text}' has brackets that are neither [] nor [0]");
                let (index, after) = inner.split_once(']').ok_or_else(wrong)?;
                steps.push(match index {
                    "" => Step::Each,
                    digits => Step::Element(digits.parse().map_err(|_| wrong())?),
                });
                rest = after;
            }
        }
        Ok(Self { root: Root::Body, steps })
    }

    /// The values at the path, in order.
    pub(crate) fn all<'a>(&self, tree: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![tree];
        for step in &self.steps {
            found = found.into_iter().flat_map(|value| step.of(value)).collect();
        }
        found.retain(|value| !value.is_null());
        found
    }

    /// The first value at the path.
    pub(crate) fn first<'a>(&self, tree: &'a Value) -> Option<&'a Value> {
        self.all(tree).into_iter().next()
    }
}

impl Step {
    fn of<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match (self, value) {
            (Self::Member(name), Value::Object(members)) => members.get(&**name).into_iter().collect(),
            (Self::Member(_), _) => Vec::new(),
            (Self::Element(index), Value::Array(list)) => list.get(*index).into_iter().collect(),
            (Self::Element(0), one) => vec![one],
            (Self::Element(_), _) => Vec::new(),
            (Self::Each, Value::Array(list)) => list.iter().collect(),
            (Self::Each, one) => vec![one],
        }
    }
}

impl<'de> Deserialize<'de> for Path {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_leads_to_its_values() {
        let tree =
            json!({ "data": { "to": [{ "status": "a" }, { "status": "b" }, {}], "id": 7, "no": null } });
        for (path, expected) in [
            ("data.id", json!([7])),
            ("data.to[].status", json!(["a", "b"])),
            ("data.to[1].status", json!(["b"])),
            ("data.to[7].status", json!([])),
            ("data[].id", json!([7])),
            ("data[0].id", json!([7])),
            ("data.no", json!([])),
            ("data.id.x", json!([])),
        ] {
            let found: Vec<_> = Path::parse(path).unwrap().all(&tree).into_iter().cloned().collect();
            assert_eq!(Value::Array(found), expected, "{path}");
        }
        let list = json!([{ "a": 1 }, { "a": 2 }]);
        assert_eq!(Path::parse("[].a").unwrap().all(&list).len(), 2);
        assert_eq!(Path::parse("").unwrap().first(&list), Some(&list));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for wrong in ["a..b", "a[", "a[x]", "a.", "a]["] {
            assert!(Path::parse(wrong).is_err(), "{wrong}");
        }
    }
}
