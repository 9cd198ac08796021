//! Documents of declared things: read from files, changed field by field, written as TOML.

use crate::failure::{Failure, plain};
use postrider_declare::PLURALS;
use postrider_downstream::rest::ADDED;
use serde_json::{Map, Value};
use std::io::Read;
use std::path::Path;

/// The document alone, without what the gateway says about it; empty if there is none.
pub(super) fn document(shown: Option<&Value>) -> Map<String, Value> {
    let mut document = shown.and_then(Value::as_object).cloned().unwrap_or_default();
    document.retain(|field, _| !ADDED.contains(&field.as_str()));
    document
}

/// The document with each `field=value` set, or taken away where the value is empty. `mistakes` says what is wrong
/// with a document's form: it tells where a text is wanted.
pub(super) fn changed(
    mut document: Map<String, Value>,
    fields: &[String],
    mistakes: impl Fn(&Value) -> Vec<String>,
) -> Result<Value, Failure> {
    let wrong = |document: &Map<String, Value>| mistakes(&document.clone().into()).len();
    for field in fields {
        let Some((path, value)) = field.split_once('=') else {
            return Err(Failure::usage(format!("invalid setting `{field}`"))
                .help(format!("write FIELD=VALUE, such as `{field}=...`")));
        };
        let (path, text) = (path.trim(), value.trim());
        let value = (!text.is_empty()).then(|| read_value(text));
        let meant = value.as_ref().map(|value| meant(value, text)).unwrap_or_default();
        let mut changed = document.clone();
        set(&mut changed, path, value)?;
        for meant in meant {
            let mut other = document.clone();
            set(&mut other, path, Some(meant))?;
            if wrong(&other) < wrong(&changed) {
                changed = other;
            }
        }
        document = changed;
    }
    Ok(document.into())
}

/// What would stand there if bare numbers and words such as `true` had been meant as texts, and a bare text as a list of
/// its words, where that is something else.
fn meant(value: &Value, text: &str) -> Vec<Value> {
    match value {
        Value::String(words) => vec![words.split(',').map(str::trim).collect()],
        Value::Number(_) | Value::Bool(_) => vec![text.into(), vec![text].into()],
        Value::Array(items) if items.iter().any(Value::is_number) => {
            let item = |item: &Value| if item.is_number() { item.to_string().into() } else { item.clone() };
            vec![items.iter().map(item).collect()]
        }
        _ => Vec::new(),
    }
}

fn set(document: &mut Map<String, Value>, path: &str, value: Option<Value>) -> Result<(), Failure> {
    let Some((table, rest)) = path.split_once('.') else {
        match value {
            Some(value) => document.insert(path.to_owned(), value),
            None => document.remove(path),
        };
        return Ok(());
    };
    match document.entry(table).or_insert_with(|| Map::new().into()) {
        Value::Object(inner) => set(inner, rest, value),
        _ => Err(Failure::usage(format!("`{table}` has no fields, so `{path}` can't be set"))),
    }
}

/// A value as TOML writes it. What is not TOML is a text, and so is a time, which documents write as texts.
fn read_value(text: &str) -> Value {
    let is_time = text.parse::<toml::value::Datetime>().is_ok();
    let table = toml::from_str::<Map<String, Value>>(&format!("value = {text}"));
    let value = table.ok().filter(|_| !is_time).and_then(|mut table| table.remove("value"));
    value.unwrap_or_else(|| text.into())
}

/// The document in a TOML file: its fields alone, or under a header such as `[accounts.shop]`.
pub(super) fn read_file(path: &Path) -> Result<Value, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    let shown = match path.to_str() {
        Some("-") => "standard input".to_owned(),
        _ => path.display().to_string(),
    };
    read.map_err(|error| Failure::usage(format!("can't read {shown}: {}", plain(&error.to_string()))))?;
    let document: Map<String, Value> = toml::from_str(&text)
        .map_err(|error| Failure::usage(format!("{shown} is not TOML: {}", error.message())))?;
    Ok(unwrapped(document).into())
}

/// What stands under a header, if nothing else stands in the file.
fn unwrapped(document: Map<String, Value>) -> Map<String, Value> {
    let only = |table: &Map<String, Value>| match (table.len(), table.iter().next()) {
        (1, Some((key, Value::Object(inner)))) => Some((key.clone(), inner.clone())),
        _ => None,
    };
    let kind = only(&document).filter(|(key, _)| PLURALS.contains(&key.as_str()));
    match kind.and_then(|(_, named)| only(&named)) {
        Some((_, inner)) => inner,
        None => document,
    }
}

/// The document as it would stand in the configuration file.
pub(super) fn toml(plural: &str, name: &str, document: &Map<String, Value>) -> String {
    let mut document = document.clone();
    document.remove("name");
    document.retain(|_, value| !value.is_null());
    let kind: Map<String, Value> = [(name.to_owned(), document.into())].into_iter().collect();
    let file: Map<String, Value> = [(plural.to_owned(), kind.into())].into_iter().collect();
    toml::to_string(&file).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::mistakes_in;
    use postrider_declare::{AccountDocument, RouteDocument};
    use serde_json::json;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn a_time_is_a_text() {
        for text in ["2030-01-31", "2030-01-31T06:00:00Z"] {
            assert_eq!(read_value(text), Value::from(text));
        }
        assert_eq!((read_value("5"), read_value("\"5\"")), (5.into(), "5".into()));
    }

    #[test]
    fn fields_are_set_in_their_places() {
        let before =
            object(&json!({ "rate": 5.0, "sender": "Shop", "smpp": { "system_id": "shop", "window": 10 } }));
        let fields = [
            "rate=7.5",
            "sender=",
            "smpp.window=50",
            "class=otp",
            "allow_to=[\"44\"]",
            "webhook.url=https://x/?a=b",
        ];
        let after = changed(before, &fields.map(String::from), |_| Vec::new()).unwrap();
        let expected = json!({
            "rate": 7.5, "class": "otp", "allow_to": ["44"],
            "smpp": { "system_id": "shop", "window": 50 }, "webhook": { "url": "https://x/?a=b" },
        });
        assert_eq!(after, expected);
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        let what =
            |document, field: &str| changed(document, &[field.into()], |_| Vec::new()).unwrap_err().what;
        assert!(what(Map::new(), "rate").contains("invalid setting `rate`"));
        assert!(what(object(&json!({ "rate": 5 })), "rate.x=1").contains("has no fields"));
    }

    #[test]
    fn a_bare_value_is_what_is_wanted_there() {
        let fields =
            ["sender=12345", "rate=12345", "smpp.system_id=007", "smpp.password=12345678", "valid_for=90"];
        let fields = [&fields[..], &["enabled=true", "allow_to=[44, \"33\"]", "parts_max=x"]].concat();
        let fields: Vec<String> = fields.into_iter().map(String::from).collect();
        let after = changed(Map::new(), &fields, mistakes_in::<AccountDocument>).unwrap();
        let expected = json!({
            "sender": "12345", "rate": 12345, "smpp": { "system_id": "007", "password": "12345678" },
            "valid_for": 90, "enabled": true, "allow_to": ["44", "33"], "parts_max": "x",
        });
        assert_eq!(after, expected);
        let route = ["prefix=44".into(), "upstreams=[1]".into()];
        let route = changed(Map::new(), &route, mistakes_in::<RouteDocument>).unwrap();
        assert_eq!(route, json!({ "prefix": "44", "upstreams": ["1"] }));
        for (text, list) in [
            ("upstreams=acme", json!(["acme"])),
            ("upstreams=acme, second", json!(["acme", "second"])),
            ("upstreams=7", json!(["7"])),
        ] {
            let route = changed(Map::new(), &[text.into()], mistakes_in::<RouteDocument>).unwrap();
            assert_eq!(route, json!({ "upstreams": list }), "{text}");
        }
    }

    #[test]
    fn what_is_shown_can_be_put_back() {
        let shown = json!({
            "name": "shop", "origin": "store", "updated_at": "2030-01-31T09:00:00Z", "enabled": true,
            "keys": [{ "name": "laptop" }], "smpp": { "system_id": "shop" }, "rate": null,
        });
        let text = toml("accounts", "shop", &document(Some(&shown)));
        let read = unwrapped(toml::from_str(&text).unwrap());
        let expected =
            json!({ "enabled": true, "keys": [{ "name": "laptop" }], "smpp": { "system_id": "shop" } });
        assert_eq!(Value::from(read), expected, "{text}");
    }
}
