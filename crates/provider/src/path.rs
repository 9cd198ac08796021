//! Paths to values: `data.to[0].status`, `messages[].status`, `@x-request-id` in the headers, `?id` in the query. Those in the body may
//! be written as JSONPath (`$.data.to[0].status`, `$.messages[*].status`) or XPath (`/data/to[1]/@status`), as far as they name
//! members, elements and attributes.

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
        let steps = match (text.strip_prefix('$'), text.strip_prefix('/')) {
            (Some(json_path), _) => steps_of_json_path(json_path)?,
            (None, Some(x_path)) => steps_of_x_path(x_path)?,
            (None, None) => steps(text)?,
        };
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

/// Steps such as `a[0].b[].c`.
fn steps(text: &str) -> Result<Vec<Step>, String> {
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
    Ok(steps)
}

/// Steps of a JSONPath (RFC 9535) behind its `$`: names, indexes and `[*]`.
fn steps_of_json_path(text: &str) -> Result<Vec<Step>, String> {
    let wrong = || format!("the JSONPath '${text}' has more than names, [0], [*] and ['name']");
    let mut steps = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let (name, after) = after.split_at(after.find(['.', '[']).unwrap_or(after.len()));
            let is_name =
                !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '@'));
            steps.push(match name {
                "*" => Step::Each,
                name if is_name => Step::Member(name.into()),
                _ => return Err(wrong()),
            });
            rest = after;
            continue;
        }
        let inner = rest.strip_prefix('[').ok_or_else(wrong)?;
        let (inside, after) = inner.split_once(']').ok_or_else(wrong)?;
        let quoted = |quote: char| inside.strip_prefix(quote)?.strip_suffix(quote);
        steps.push(match (inside, quoted('\'').or_else(|| quoted('"'))) {
            ("*", _) => Step::Each,
            (_, Some(name)) => Step::Member(name.into()),
            (digits, None) => Step::Element(digits.parse().map_err(|_| wrong())?),
        });
        rest = after;
    }
    Ok(steps)
}

/// Steps of an XPath (XPath 1.0) behind its first `/`: names of elements without their namespaces, all of them or the one with a
/// number from 1, and an attribute.
fn steps_of_x_path(text: &str) -> Result<Vec<Step>, String> {
    let wrong = || format!("the XPath '/{text}' has more than names, [1] and @name");
    let mut steps = Vec::new();
    for piece in text.strip_suffix("/text()").unwrap_or(text).split('/') {
        let (name, number) = match piece.split_once('[') {
            Some((name, rest)) => {
                let number: usize =
                    rest.strip_suffix(']').and_then(|digits| digits.parse().ok()).ok_or_else(wrong)?;
                (name, Some(number.checked_sub(1).ok_or_else(wrong)?))
            }
            None => (piece, None),
        };
        let plain = name.strip_prefix('@').unwrap_or(name);
        let plain = plain.rsplit(':').next().unwrap_or(plain);
        if plain.is_empty() || !plain.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
            return Err(wrong());
        }
        let is_attribute = name.starts_with('@');
        steps.push(Step::Member(if is_attribute { format!("@{plain}").into() } else { plain.into() }));
        match number {
            Some(number) => steps.push(Step::Element(number)),
            None if !is_attribute => steps.push(Step::Each),
            None => {}
        }
    }
    Ok(steps)
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
            ("$.data.id", json!([7])),
            ("$.data.to[*].status", json!(["a", "b"])),
            ("$['data']['to'][1].status", json!(["b"])),
            ("/data/to/status", json!(["a", "b"])),
            ("/n:data/to[2]/status/text()", json!(["b"])),
        ] {
            let found: Vec<_> = Path::parse(path).unwrap().all(&tree).into_iter().cloned().collect();
            assert_eq!(Value::Array(found), expected, "{path}");
        }
        let list = json!([{ "a": 1 }, { "a": 2 }]);
        assert_eq!(Path::parse("[].a").unwrap().all(&list).len(), 2);
        assert_eq!(Path::parse("").unwrap().first(&list), Some(&list));
    }

    #[test]
    fn an_x_path_leads_to_attributes_and_the_whole() {
        let tree = json!({ "r": { "m": [{ "@id": "1" }, { "@id": "2", "": "x" }] } });
        for (path, expected) in [("/r/m/@id", json!(["1", "2"])), ("/r/m[2]/@id", json!(["2"]))] {
            let found: Vec<_> = Path::parse(path).unwrap().all(&tree).into_iter().cloned().collect();
            assert_eq!(Value::Array(found), expected, "{path}");
        }
        assert_eq!(Path::parse("$").unwrap().first(&tree), Some(&tree));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for wrong in [
            "a..b",
            "a[",
            "a[x]",
            "a.",
            "a][",
            "$..a",
            "$.a[?(@.b)]",
            "$a",
            "//a",
            "/a[0]",
            "/a[b]",
            "/a/text()/b",
        ] {
            assert!(Path::parse(wrong).is_err(), "{wrong}");
        }
    }
}
