//! The schemas of declarations, as the API describes them.

use crate::api::Failed;
use crate::visitor::Visitor;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The schema of a value (OpenAPI 3.1), as far as forms need it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Schema {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    #[serde(rename = "type")]
    kind: Value,
    pub(super) description: String,
    pub(super) default: Option<Value>,
    #[serde(rename = "enum")]
    values: Vec<Value>,
    pub(super) properties: BTreeMap<String, Schema>,
    pub(super) required: Vec<String>,
    items: Option<Box<Schema>>,
    #[serde(rename = "oneOf")]
    one_of: Vec<Schema>,
}

/// How a value is written in a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Control {
    /// A text in a line.
    Line,
    /// A number in a line.
    Number,
    /// A text that is never shown.
    Secret,
    /// Yes or no.
    Switch,
    /// One of these.
    Choice(Vec<String>),
    /// Some of these.
    Choices(Vec<String>),
    /// A list, a line each.
    Lines,
    /// Settings of its own.
    Group,
    /// Anything else, as JSON.
    Json,
}

/// The schemas of the API's description, by name.
pub(super) struct Schemas(BTreeMap<String, Schema>);

#[derive(Deserialize)]
struct Description {
    components: Components,
}

#[derive(Deserialize)]
struct Components {
    schemas: BTreeMap<String, Schema>,
}

impl Schemas {
    /// Those of this gateway.
    pub(super) async fn of(visitor: &Visitor) -> Result<Self, Failed> {
        let Description { components } = visitor.ask.get("/openapi.json", &[]).await?;
        Ok(Self(components.schemas))
    }

    #[cfg(test)]
    pub(super) fn read(description: &str) -> Self {
        let Description { components } = serde_json::from_str(description).unwrap();
        Self(components.schemas)
    }

    pub(super) fn named(&self, name: &str) -> Result<&Schema, Failed> {
        self.0.get(name).ok_or_else(Failed::not_found)
    }

    /// A schema itself, in the place of a reference to it.
    pub(super) fn resolved<'s>(&'s self, schema: &'s Schema) -> &'s Schema {
        let name = schema.reference.as_deref().and_then(|reference| reference.rsplit('/').next());
        name.and_then(|name| self.0.get(name)).unwrap_or(schema)
    }

    /// How values of a schema are written.
    pub(super) fn control(&self, schema: &Schema) -> Control {
        if schema.reference.as_deref().is_some_and(|reference| reference.ends_with("/Secret")) {
            return Control::Secret;
        }
        let schema = self.resolved(schema);
        if !schema.values.is_empty() {
            return Control::Choice(words(&schema.values));
        }
        match schema.kind.as_str() {
            Some("string") => Control::Line,
            Some("integer" | "number") => Control::Number,
            Some("boolean") => Control::Switch,
            Some("object") if !schema.properties.is_empty() => Control::Group,
            Some("array") => self.list(schema),
            _ if schema.one_of.iter().any(|one| one.kind == "string") => Control::Line,
            _ => Control::Json,
        }
    }

    fn list(&self, schema: &Schema) -> Control {
        match schema.items.as_deref().map(|items| self.control(items)) {
            Some(Control::Choice(values)) => Control::Choices(values),
            Some(Control::Line | Control::Number) => Control::Lines,
            _ => Control::Json,
        }
    }
}

fn words(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_has_its_control() {
        let schemas = Schemas::read(include_str!("../../../../../openapi.json"));
        let control = |document: &str, setting: &str| {
            schemas.control(&schemas.named(document).unwrap().properties[setting])
        };
        assert_eq!(control("RouteDocument", "prefix"), Control::Line);
        assert_eq!(control("RouteDocument", "order"), Control::Number);
        assert_eq!(control("RouteDocument", "upstreams"), Control::Lines);
        assert_eq!(control("RouteDocument", "costs"), Control::Json);
        assert_eq!(control("RouteDocument", "rewrite"), Control::Group);
        assert_eq!(control("AccountDocument", "enabled"), Control::Switch);
        assert_eq!(control("AccountDocument", "valid_for"), Control::Line);
        assert_eq!(control("RuleDocument", "token"), Control::Secret);
        assert!(
            matches!(control("RouteDocument", "strategy"), Control::Choice(values) if values.contains(&"cheapest".to_owned()))
        );
        assert!(
            matches!(control("RouteDocument", "classes"), Control::Choices(values) if values.contains(&"otp".to_owned()))
        );
        assert!(schemas.named("NothingDocument").is_err());
    }
}
