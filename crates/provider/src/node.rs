//! Templates of bodies: trees whose leaves are templates, and a few operators whose keys begin with `$`.

use crate::fields::Condition;
use crate::template::{Scope, Template};
use serde::Deserialize;
use serde::de::Error;
use serde_json::{Map, Number, Value};
use url::form_urlencoded;

/// A part of a body. What has no value is left out.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// A text.
    Text(Template),
    /// A number or truth value as it is.
    Fixed(Value),
    /// `{ "$number" = "{validity_seconds}" }`: a text that is a number.
    Number(Template),
    Object(Vec<(Box<str>, Node)>),
    List(Vec<Node>),
    /// `{ "$each" = ... }`: a list with this for each message of the request.
    Each(Box<Node>),
    /// `{ "$join" = "{to}", "$with" = "," }`: a text of this for each message of the request.
    Join {
        each: Template,
        with: Box<str>,
    },
    /// `{ "$when" = "unicode", "$then" = ..., "$else" = ... }`.
    When {
        condition: Condition,
        then: Option<Box<Node>>,
        otherwise: Option<Box<Node>>,
    },
    /// `{ "$url" = "{callback}", "$query" = { id = "{id}" }, "$tail" = "&status=%d" }`: a URL with more in its query. The tail is
    /// added as it is.
    Url {
        base: Template,
        query: Vec<(Box<str>, Template)>,
        tail: Box<str>,
    },
}

/// The scopes of the messages of a request. What is common to them is that of the first.
pub(crate) type Scopes<'a> = [&'a dyn Scope];

impl Node {
    /// The value for these messages; `None` if there is none.
    pub(crate) fn render(&self, scopes: &Scopes<'_>) -> Option<Value> {
        let first = *scopes.first()?;
        match self {
            Self::Text(template) => template.render(first).map(Value::String),
            Self::Fixed(value) => Some(value.clone()),
            Self::Number(template) => {
                let number: Number = template.render(first)?.parse().ok()?;
                Some(Value::Number(number))
            }
            Self::Object(members) => {
                let rendered = members.iter();
                let rendered =
                    rendered.filter_map(|(name, node)| Some((name.to_string(), node.render(scopes)?)));
                let rendered: Map<String, Value> = rendered.collect();
                (!rendered.is_empty() || members.is_empty()).then_some(Value::Object(rendered))
            }
            Self::List(nodes) => {
                let rendered: Vec<Value> = nodes.iter().filter_map(|node| node.render(scopes)).collect();
                (!rendered.is_empty() || nodes.is_empty()).then_some(Value::Array(rendered))
            }
            Self::Each(node) => {
                let one = |scope: &&dyn Scope| node.render(&[*scope]);
                Some(Value::Array(scopes.iter().filter_map(one).collect()))
            }
            Self::Join { each, with } => {
                let texts: Vec<String> = scopes.iter().filter_map(|scope| each.render(*scope)).collect();
                Some(Value::String(texts.join(with)))
            }
            Self::When { condition, then, otherwise } => {
                let chosen = if first.holds(*condition) { then } else { otherwise };
                chosen.as_ref()?.render(scopes)
            }
            Self::Url { base, query, tail } => {
                let mut url = base.render(first)?;
                for (name, template) in query {
                    let Some(value) = template.render(first) else { continue };
                    url.push(if url.contains('?') { '&' } else { '?' });
                    url.push_str(
                        &form_urlencoded::Serializer::new(String::new()).append_pair(name, &value).finish(),
                    );
                }
                let tail = if url.contains('?') { tail.to_string() } else { tail.replacen('&', "?", 1) };
                Some(Value::String(url + &tail))
            }
        }
    }

    /// Visits every template.
    pub(crate) fn each_template<'a>(&'a self, visit: &mut dyn FnMut(&'a Template)) {
        match self {
            Self::Text(template) | Self::Number(template) | Self::Join { each: template, .. } => {
                visit(template);
            }
            Self::Fixed(_) => {}
            Self::Object(members) => members.iter().for_each(|(_, node)| node.each_template(visit)),
            Self::List(nodes) => nodes.iter().for_each(|node| node.each_template(visit)),
            Self::Each(node) => node.each_template(visit),
            Self::When { then, otherwise, .. } => {
                then.iter().chain(otherwise).for_each(|node| node.each_template(visit));
            }
            Self::Url { base, query, .. } => {
                visit(base);
                query.iter().for_each(|(_, template)| visit(template));
            }
        }
    }

    fn read(value: toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::String(text) => Template::parse(&text).map(Self::Text),
            toml::Value::Integer(number) => Ok(Self::Fixed(number.into())),
            toml::Value::Float(number) => Ok(Self::Fixed(number.into())),
            toml::Value::Boolean(yes) => Ok(Self::Fixed(yes.into())),
            toml::Value::Datetime(_) => Err("dates are written as texts".to_owned()),
            toml::Value::Array(list) => {
                list.into_iter().map(Self::read).collect::<Result<_, _>>().map(Self::List)
            }
            toml::Value::Table(table) if table.keys().any(|key| key.starts_with('$')) => operator(table),
            toml::Value::Table(table) => {
                let member = |(name, value): (String, toml::Value)| Ok((name.into(), Self::read(value)?));
                table.into_iter().map(member).collect::<Result<_, String>>().map(Self::Object)
            }
        }
    }
}

fn operator(mut table: toml::Table) -> Result<Node, String> {
    let keys: Vec<String> = table.keys().cloned().collect();
    let mut take = |key: &str| table.remove(key);
    let node = |value: toml::Value| Node::read(value).map(Box::new);
    let made = match (take("$number"), take("$each"), take("$join"), take("$when"), take("$url")) {
        (Some(number), None, None, None, None) => Node::Number(template(number)?),
        (None, Some(each), None, None, None) => Node::Each(node(each)?),
        (None, None, Some(join), None, None) => {
            Node::Join { each: template(join)?, with: take("$with").map_or(Ok(",".into()), text)? }
        }
        (None, None, None, Some(when), None) => Node::When {
            condition: Condition::parse(&text(when)?)?,
            then: take("$then").map(node).transpose()?,
            otherwise: take("$else").map(node).transpose()?,
        },
        (None, None, None, None, Some(url)) => {
            let query = match take("$query") {
                None => Vec::new(),
                Some(toml::Value::Table(query)) => {
                    let pair = |(name, value): (String, toml::Value)| Ok((name.into(), template(value)?));
                    query.into_iter().map(pair).collect::<Result<_, String>>()?
                }
                Some(_) => return Err("'$query' is a table".to_owned()),
            };
            Node::Url { base: template(url)?, query, tail: take("$tail").map_or(Ok("".into()), text)? }
        }
        _ => {
            return Err(format!(
                "of the operators $number, $each, $join, $when and $url there is one: {keys:?}"
            ));
        }
    };
    if table.is_empty() { Ok(made) } else { Err(format!("keys that don't belong together: {keys:?}")) }
}

fn template(value: toml::Value) -> Result<Template, String> {
    Template::parse(&text(value)?)
}

fn text(value: toml::Value) -> Result<Box<str>, String> {
    match value {
        toml::Value::String(text) => Ok(text.into()),
        other => Err(format!("a text is needed, not {other}")),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read(toml::Value::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::borrow::Cow;

    struct To(&'static str);

    impl Scope for To {
        fn value(&self, name: &str) -> Option<Cow<'_, str>> {
            match name {
                "to" => Some(self.0.into()),
                "url" => Some("https://gw.example/c?key=k".into()),
                "n" => Some("60".into()),
                _ => None,
            }
        }

        fn holds(&self, condition: Condition) -> bool {
            condition == Condition::Unicode
        }
    }

    fn node(text: &str) -> Result<Node, String> {
        let table: toml::Table = toml::from_str(&format!("node = {text}")).unwrap();
        Node::read(table["node"].clone())
    }

    #[test]
    fn a_body_is_made_of_its_template() {
        let (one, two) = (To("1"), To("a\"b"));
        for (template, expected) in [
            ("{ to = '{to}', none = '{none}', ok = true, n = 7 }", json!({ "to": "1", "ok": true, "n": 7 })),
            ("{ n = { '$number' = '{n}' }, o = { x = '{none}' }, e = {} }", json!({ "n": 60, "e": {} })),
            ("{ '$each' = { to = '{to}' } }", json!([{ "to": "1" }, { "to": "a\"b" }])),
            ("{ '$join' = '{to}', '$with' = '<' }", json!("1<a\"b")),
            ("{ '$when' = 'unicode', '$then' = 'u', '$else' = 'g' }", json!("u")),
            ("['{to}', { '$when' = 'flash', '$then' = 'f' }]", json!(["1"])),
            (
                "{ '$url' = '{url}', '$query' = { id = '{to}&' }, '$tail' = '&status=%d' }",
                json!("https://gw.example/c?key=k&id=1%26&status=%d"),
            ),
        ] {
            assert_eq!(node(template).unwrap().render(&[&one, &two]), Some(expected), "{template}");
        }
    }

    #[test]
    fn operators_that_there_are_not_are_refused() {
        for wrong in
            ["{ '$eech' = 1 }", "{ '$each' = 'x', a = 1 }", "{ '$when' = 'x', '$then' = 1 }", "1979-05-27"]
        {
            assert!(node(wrong).is_err(), "{wrong}");
        }
    }
}
