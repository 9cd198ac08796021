//! What somebody changed in a form, as the API takes it.

use super::field::{Field, Group, filled};
use super::schema::Control;
use crate::api::Failed;
use crate::form::Form;
use serde_json::{Map, Value, json};

/// The settings that a form changes, as a merge patch (RFC 7386): what was emptied is null. What is as it was isn't there, so that
/// two people who change different settings don't undo each other's.
pub(super) fn changes(groups: &[Group], form: &Form) -> Result<Map<String, Value>, Failed> {
    let mut patch = Map::new();
    for group in groups {
        let fields = group.fields.iter().map(|field| (field, filled(field, form)));
        let fields: Vec<_> = fields.filter(|(field, text)| !is_kept(field, text)).collect();
        let was_given = group.fields.iter().any(|field| !field.value.is_empty());
        let is_emptied = was_given
            && !group.name.is_empty()
            && group.fields.iter().all(|field| filled(field, form).is_empty());
        if is_emptied && !fields.is_empty() {
            insert(&mut patch, &group.name, Value::Null);
            continue;
        }
        for (field, text) in fields {
            insert(&mut patch, &field.name, read(field, &text)?);
        }
    }
    Ok(patch)
}

/// Whether a field has what it had. A secret that isn't written is kept.
fn is_kept(field: &Field, text: &str) -> bool {
    text == field.value
}

/// A text of a form as a value. What is no number goes as it is, so that the API says what is wrong.
fn read(field: &Field, text: &str) -> Result<Value, Failed> {
    Ok(match field.control {
        // A list without lines is one: it may mean something else than the default.
        Control::Choices(_) | Control::Lines => text.lines().collect(),
        _ if text.is_empty() => Value::Null,
        Control::Line | Control::Secret | Control::Choice(_) => text.into(),
        Control::Number => number(text),
        Control::Switch => json!(text == "true"),
        Control::Json | Control::Group => serde_json::from_str(text)
            .map_err(|error| Failed::wrong(&field.name, &format!("'{}' is no JSON: {error}", field.name)))?,
    })
}

fn number(text: &str) -> Value {
    serde_json::from_str::<serde_json::Number>(text).map_or_else(|_| text.into(), Value::Number)
}

/// Puts a value at a path such as `webhook.url`.
fn insert(document: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => drop(document.insert(path.to_owned(), value)),
        Some((table, rest)) => {
            let inner = document.entry(table).or_insert_with(|| json!({}));
            if let Value::Object(inner) = inner {
                insert(inner, rest, value);
            }
        }
    }
}

/// A document with a patch applied.
pub(super) fn merged(mut document: Map<String, Value>, patch: &Map<String, Value>) -> Map<String, Value> {
    for (name, value) in patch {
        match (document.remove(name), value) {
            (_, Value::Null) => {}
            (Some(Value::Object(inner)), Value::Object(patch)) => {
                drop(document.insert(name.clone(), merged(inner, patch).into()));
            }
            (_, Value::Object(patch)) => {
                drop(document.insert(name.clone(), merged(Map::new(), patch).into()));
            }
            (_, value) => drop(document.insert(name.clone(), value.clone())),
        }
    }
    document
}

#[cfg(test)]
mod tests {
    use super::super::field::groups;
    use super::super::schema::Schemas;
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { unreachable!() };
        object
    }

    fn changed(schema: &str, before: Value, form: &str) -> Value {
        let schemas = Schemas::read(include_str!("../../../../../openapi.json"));
        let groups = groups(&schemas, schemas.named(schema).unwrap(), &object(before), &[]);
        changes(&groups, &Form::read(form.as_bytes())).unwrap().into()
    }

    #[test]
    fn only_what_was_changed_is_asked_for() {
        let before = json!({ "prefix": "44", "order": 5, "upstreams": ["a"], "classes": ["otp"], "strategy": "cheapest" });
        let form = "set.prefix=&set.order=7&set.upstreams=a%0D%0A+b+%0D%0A&set.classes.otp=on&set.classes.marketing=on&set.strategy=cheapest";
        let expected =
            json!({ "prefix": null, "order": 7, "upstreams": ["a", "b"], "classes": ["otp", "marketing"] });
        assert_eq!(changed("RouteDocument", before, form), expected);
        assert_eq!(changed("RouteDocument", json!({}), "set.order=many"), json!({ "order": "many" }));
        assert_eq!(
            changed("AccountDocument", json!({ "refuse_to": ["fixed"] }), ""),
            json!({ "refuse_to": [] })
        );
    }

    #[test]
    fn a_table_is_changed_within_and_goes_when_it_is_emptied() {
        let before = json!({ "webhook": { "url": "https://a.example/", "batch": 5 } });
        let form = "set.webhook.url=https://b.example/&set.webhook.batch=5";
        assert_eq!(
            changed("AccountDocument", before.clone(), form),
            json!({ "webhook": { "url": "https://b.example/" } })
        );
        assert_eq!(changed("AccountDocument", before, "set.webhook.url="), json!({ "webhook": null }));
        let new = changed(
            "AccountDocument",
            json!({}),
            "set.smpp.system_id=me&set.smpp.password=secret7&set.enabled=false",
        );
        assert_eq!(new, json!({ "smpp": { "system_id": "me", "password": "secret7" }, "enabled": false }));
    }

    #[test]
    fn what_is_no_json_is_told() {
        let schemas = Schemas::read(include_str!("../../../../../openapi.json"));
        let groups = groups(&schemas, schemas.named("RouteDocument").unwrap(), &Map::new(), &[]);
        let failed = changes(&groups, &Form::read(b"set.costs=%7B")).unwrap_err();
        assert_eq!(failed.field.as_deref(), Some("costs"));
    }

    #[test]
    fn a_patch_is_applied_as_the_api_does() {
        let before = object(json!({ "a": 1, "b": { "c": 2, "d": 3 }, "e": 4 }));
        let patch = object(json!({ "a": null, "b": { "c": 5, "d": null }, "f": { "g": 6, "h": null } }));
        assert_eq!(
            Value::Object(merged(before, &patch)),
            json!({ "b": { "c": 5 }, "e": 4, "f": { "g": 6 } })
        );
    }
}
