//! The fields of a form, made of a schema and of what is declared.

use super::schema::{Control, Schema, Schemas};
use crate::form::Form;
use crate::pages::routes::written;
use serde_json::{Map, Value};

/// How deep settings are shown as fields; below they are JSON.
const DEPTH_MAX: usize = 3;
/// What stands before the names of settings in forms.
pub(super) const BEFORE: &str = "set.";

/// A setting in a form.
pub(super) struct Field {
    /// Its name, with those of the groups around it: `webhook.url`.
    pub(super) name: String,
    /// What it means, as the manual says it.
    pub(super) about: String,
    pub(super) control: Control,
    /// What is declared, as it is written here; empty for the default.
    pub(super) value: String,
    /// The default, if the schema names one.
    pub(super) usual: String,
    /// Whether it must be given.
    pub(super) is_needed: bool,
    /// What is wrong with it.
    pub(super) mistake: Option<String>,
}

/// Settings that stand together: those of the document itself, or of a table in it.
pub(super) struct Group {
    /// Its name, such as `webhook`; empty for the document itself.
    pub(super) name: String,
    pub(super) about: String,
    pub(super) fields: Vec<Field>,
}

impl Field {
    /// Its identifier in the page.
    pub(super) fn id(&self) -> String {
        format!("set-{}", self.name.replace('.', "-"))
    }

    /// Its name in the form.
    pub(super) fn key(&self) -> String {
        format!("{BEFORE}{}", self.name)
    }

    /// Its name within its group.
    pub(super) fn label(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    /// Whether it stands with what is seen at once.
    pub(super) fn is_given(&self) -> bool {
        !self.value.is_empty() || self.is_needed || self.mistake.is_some()
    }

    /// Whether this is one of the values.
    pub(super) fn has(&self, value: &str) -> bool {
        self.value.lines().any(|line| line == value)
    }

    /// How many lines it takes.
    pub(super) fn rows(&self) -> usize {
        self.value.lines().count().clamp(1, 8)
    }
}

impl Group {
    /// Whether anything of it is given.
    pub(super) fn is_given(&self) -> bool {
        self.fields.iter().any(Field::is_given)
    }

    pub(super) fn id(&self) -> String {
        format!("group-{}", self.name.replace('.', "-"))
    }
}

/// The groups of a document, the document itself first.
pub(super) fn groups(
    schemas: &Schemas,
    schema: &Schema,
    document: &Map<String, Value>,
    left_out: &[&str],
) -> Vec<Group> {
    let mut groups = Vec::new();
    let about = schema.description.clone();
    collect(schemas, schema, &Place { name: String::new(), about, depth: 0 }, Some(document), &mut groups);
    let is_left_out = |name: &str| name == "name" || left_out.contains(&name);
    groups[0].fields.retain(|field| !is_left_out(&field.name));
    groups.retain(|group| group.name.is_empty() || !is_left_out(&group.name));
    groups
}

/// Where a group stands.
struct Place {
    name: String,
    about: String,
    depth: usize,
}

fn collect(
    schemas: &Schemas,
    schema: &Schema,
    place: &Place,
    document: Option<&Map<String, Value>>,
    groups: &mut Vec<Group>,
) {
    let at = groups.len();
    groups.push(Group { name: place.name.clone(), about: place.about.clone(), fields: Vec::new() });
    for (name, setting) in &schema.properties {
        let path = if place.name.is_empty() { name.clone() } else { format!("{}.{name}", place.name) };
        let value = document.and_then(|document| document.get(name));
        let resolved = schemas.resolved(setting);
        let about = if setting.description.is_empty() { &resolved.description } else { &setting.description };
        match schemas.control(setting) {
            Control::Group if place.depth + 1 < DEPTH_MAX => {
                let place = Place { name: path, about: about.clone(), depth: place.depth + 1 };
                collect(schemas, resolved, &place, value.and_then(Value::as_object), groups);
            }
            control => {
                let usual = setting.default.as_ref().or(resolved.default.as_ref());
                let is_needed = schema.required.contains(name) && place.depth == 0;
                groups[at].fields.push(field(path, about, control, value, usual, is_needed));
            }
        }
    }
}

fn field(
    name: String,
    about: &str,
    control: Control,
    value: Option<&Value>,
    usual: Option<&Value>,
    is_needed: bool,
) -> Field {
    let given = value.filter(|value| Some(*value) != usual);
    Field {
        name,
        about: about.to_owned(),
        value: given.map(|value| shown(&control, value)).unwrap_or_default(),
        usual: usual.map(written).unwrap_or_default(),
        control,
        is_needed,
        mistake: None,
    }
}

/// A value as it is written in a form.
fn shown(control: &Control, value: &Value) -> String {
    let is_nothing = match value {
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        other => other.is_null(),
    };
    match (control, value) {
        (Control::Secret, _) => String::new(),
        _ if is_nothing => String::new(),
        (Control::Lines, Value::Array(values)) => values.iter().map(written).collect::<Vec<_>>().join("\n"),
        (Control::Choices(all), Value::Array(values)) => {
            let is_there = |choice: &&String| values.iter().any(|value| value == choice.as_str());
            all.iter().filter(is_there).cloned().collect::<Vec<_>>().join("\n")
        }
        (Control::Json | Control::Group, value) => serde_json::to_string_pretty(value).unwrap_or_default(),
        (_, value) => written(value),
    }
}

/// What a form has in a field.
pub(super) fn filled(field: &Field, form: &Form) -> String {
    let key = field.key();
    match &field.control {
        // Each has a box of its own.
        Control::Choices(values) => {
            let is_ticked = |value: &&String| !form.get(&format!("{key}.{value}")).is_empty();
            lines(values.iter().filter(is_ticked).map(String::as_str))
        }
        Control::Lines => lines(form.get(&key).lines()),
        _ => form.get(&key).replace("\r\n", "\n"),
    }
}

/// Lines that have something.
fn lines<'l>(lines: impl Iterator<Item = &'l str>) -> String {
    lines.map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(schema: &str, document: Value) -> Vec<Group> {
        let schemas = Schemas::read(include_str!("../../../../../openapi.json"));
        let Value::Object(document) = document else { unreachable!() };
        groups(&schemas, schemas.named(schema).unwrap(), &document, &["keys"])
    }

    #[test]
    fn what_is_declared_is_seen_at_once_and_defaults_are_not() {
        let route = json!({ "name": "uk", "prefix": "44", "order": 100, "upstreams": ["acme", "beta"], "countries": [], "rewrite": { "text_after": " Bye" } });
        let groups = of("RouteDocument", route);
        let given: Vec<_> = groups[0].fields.iter().filter(|field| field.is_given()).collect();
        let given: Vec<_> = given.iter().map(|field| (&*field.name, &*field.value)).collect();
        assert_eq!(given, [("prefix", "44"), ("upstreams", "acme\nbeta")]);
        let order = groups[0].fields.iter().find(|field| field.name == "order").unwrap();
        assert_eq!((&*order.usual, &order.control), ("100", &Control::Number));
        let rewrite = groups.iter().find(|group| group.name == "rewrite").unwrap();
        assert!(
            rewrite.is_given()
                && rewrite
                    .fields
                    .iter()
                    .any(|field| field.name == "rewrite.text_after" && field.label() == "text_after")
        );
        assert!(groups.iter().any(|group| group.name == "after_receipt" && !group.is_given()));
    }

    #[test]
    fn what_has_a_form_elsewhere_is_left_out_and_secrets_are_never_shown() {
        let account =
            json!({ "keys": [{ "name": "a" }], "smpp": { "system_id": "me", "password": "secret7" } });
        let groups = of("AccountDocument", account);
        assert!(groups[0].fields.iter().all(|field| field.name != "keys" && field.name != "name"));
        assert!(groups.iter().flat_map(|group| &group.fields).all(|field| !field.value.contains("secret7")));
    }
}
