//! Documents of declared things: read from files, changed field by field, written as TOML.

use crate::failure::{Failure, plain};
use serde_json::{Map, Value};
use std::io::Read;
use std::path::Path;

/// What the gateway adds to a document when it shows it.
const ADDED: [&str; 3] = ["origin", "updated_at", "secrets"];

/// The document alone, without what the gateway says about it; empty if there is none.
pub(super) fn document(shown: Option<&Value>) -> Map<String, Value> {
    let mut document = shown.and_then(Value::as_object).cloned().unwrap_or_default();
    document.retain(|field, _| !ADDED.contains(&field.as_str()));
    document
}

/// The document with each `field=value` set, or taken away where the value is empty.
pub(super) fn changed(mut document: Map<String, Value>, fields: &[String]) -> Result<Value, Failure> {
    for field in fields {
        let Some((path, value)) = field.split_once('=') else {
            return Err(Failure::usage(format!("`{field}` is no setting"))
                .help(format!("write FIELD=VALUE, such as `{field}=...`")));
        };
        set(&mut document, path.trim(), value.trim())?;
    }
    Ok(document.into())
}

fn set(document: &mut Map<String, Value>, path: &str, value: &str) -> Result<(), Failure> {
    let (table, rest) = match path.split_once('.') {
        Some((table, rest)) => (table, rest),
        None if value.is_empty() => {
            document.remove(path);
            return Ok(());
        }
        None => {
            document.insert(path.to_owned(), read_value(value));
            return Ok(());
        }
    };
    match document.entry(table).or_insert_with(|| Map::new().into()) {
        Value::Object(inner) => set(inner, rest, value),
        _ => Err(Failure::usage(format!("`{table}` has no fields, so `{path}` can't be set"))),
    }
}

/// A value as TOML writes it; what is no TOML is a text.
fn read_value(text: &str) -> Value {
    let table = toml::from_str::<Map<String, Value>>(&format!("value = {text}"));
    table.ok().and_then(|mut table| table.remove("value")).unwrap_or_else(|| text.into())
}

/// The document in a TOML file: its fields alone, or under a header such as `[accounts.shop]`.
pub(super) fn read_file(path: &Path) -> Result<Value, Failure> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_string(&mut text))
    };
    let shown = path.display();
    read.map_err(|error| Failure::usage(format!("can't read {shown}: {}", plain(&error.to_string()))))?;
    let document: Map<String, Value> = toml::from_str(&text)
        .map_err(|error| Failure::usage(format!("{shown} is no TOML: {}", error.message())))?;
    Ok(unwrapped(document).into())
}

/// What stands under a header, if nothing else stands in the file.
fn unwrapped(document: Map<String, Value>) -> Map<String, Value> {
    let only = |table: &Map<String, Value>| match (table.len(), table.iter().next()) {
        (1, Some((key, Value::Object(inner)))) => Some((key.clone(), inner.clone())),
        _ => None,
    };
    let kind = only(&document).filter(|(key, _)| ["accounts", "upstreams", "routes"].contains(&key.as_str()));
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
    use serde_json::json;

    fn object(value: &Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
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
        let after = changed(before, &fields.map(String::from)).unwrap();
        let expected = json!({
            "rate": 7.5, "class": "otp", "allow_to": ["44"],
            "smpp": { "system_id": "shop", "window": 50 }, "webhook": { "url": "https://x/?a=b" },
        });
        assert_eq!(after, expected);
    }

    #[test]
    fn what_is_no_setting_is_refused() {
        assert!(changed(Map::new(), &["rate".into()]).unwrap_err().what.contains("`rate` is no setting"));
        let before = object(&json!({ "rate": 5 }));
        assert!(changed(before, &["rate.x=1".into()]).unwrap_err().what.contains("has no fields"));
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
