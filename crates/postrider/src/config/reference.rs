//! The reference of all settings, made from the comments of the types that read them, as Markdown that reads
//! well on a terminal too. Nothing about settings is written here.

use super::settings::{AdminSection, HttpSection, LogSection, NodeSection, RetentionSection, SmppSection};
use postrider_downstream::resource::{AccountDocument, RouteDocument, UpstreamDocument};
use serde_json::{Map, Value};
use std::fmt::Write;
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

/// A part of the file: its header and what may stand under it.
struct Section {
    /// `http`, `accounts.NAME`
    header: &'static str,
    schema: RefOr<Schema>,
}

/// The types that sections are made of, by name.
type Types = Map<String, Value>;

/// The reference of all settings, or of those under headers that start so.
pub(crate) fn reference(only: Option<&str>) -> String {
    let types = types();
    let mut text = String::new();
    for Section { header, schema } in sections() {
        let schema = serde_json::to_value(schema).unwrap_or_default();
        table(&mut text, header, false, &schema, &types);
    }
    match only {
        Some(start) => only_under(&text, start),
        None => text,
    }
}

fn sections() -> [Section; 9] {
    fn section<T: ToSchema>(header: &'static str) -> Section {
        Section { header, schema: T::schema() }
    }
    [
        section::<NodeSection>("node"),
        section::<HttpSection>("http"),
        section::<SmppSection>("smpp"),
        section::<LogSection>("log"),
        section::<AdminSection>("admin"),
        section::<RetentionSection>("retention"),
        section::<AccountDocument>("accounts.NAME"),
        section::<UpstreamDocument>("upstreams.NAME"),
        section::<RouteDocument>("routes.NAME"),
    ]
}

fn types() -> Types {
    let mut schemas = Vec::new();
    HttpSection::schemas(&mut schemas);
    SmppSection::schemas(&mut schemas);
    LogSection::schemas(&mut schemas);
    AdminSection::schemas(&mut schemas);
    RetentionSection::schemas(&mut schemas);
    NodeSection::schemas(&mut schemas);
    AccountDocument::schemas(&mut schemas);
    UpstreamDocument::schemas(&mut schemas);
    RouteDocument::schemas(&mut schemas);
    let value = |schema| serde_json::to_value(schema).unwrap_or_default();
    schemas.into_iter().map(|(name, schema)| (name, value(schema))).collect()
}

/// Writes a table, its fields, and after it the tables within it.
fn table(text: &mut String, header: &str, list: bool, schema: &Value, types: &Types) {
    let header_text = if list { format!("[[{header}]]") } else { format!("[{header}]") };
    let _ = writeln!(text, "## {header_text}\n\n{}\n", description(schema));
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|one| one == name));
    let mut within = Vec::new();
    for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        // A table's name is the name of what it declares.
        if name == "name" && header.ends_with(".NAME") {
            continue;
        }
        let field_type = of(field, types);
        let must = if is_required(name) { ", must be given" } else { "" };
        let _ = writeln!(text, "- `{name}` ({}{must}): {}", field_type.words(), description(field));
        if let Type::Table(schema) | Type::Tables(schema) = &field_type {
            within.push((format!("{header}.{name}"), matches!(field_type, Type::Tables(_)), schema.clone()));
        }
    }
    text.push('\n');
    for (header, list, schema) in within {
        table(text, &header, list, &schema, types);
    }
}

/// What kind of value a field takes.
enum Type {
    Word(String),
    Table(Value),
    Tables(Value),
}

impl Type {
    fn words(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Table(_) => "table",
            Self::Tables(_) => "list of tables",
        }
    }
}

fn of(schema: &Value, types: &Types) -> Type {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return match types.get(name) {
            Some(_) if name == "Secret" => Type::Word("secret".into()),
            Some(schema) => of(schema, types),
            None => Type::Word(name.to_owned()),
        };
    }
    for several in ["oneOf", "allOf", "anyOf"] {
        let choices = schema.get(several).and_then(Value::as_array);
        // What may be left out is "null or that".
        if let Some(choice) = choices.and_then(|all| all.iter().find(|one| kind(one) != Some("null"))) {
            return of(choice, types);
        }
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<String> =
            words.iter().filter_map(Value::as_str).map(|word| format!("\"{word}\"")).collect();
        return Type::Word(words.join(" or "));
    }
    match kind(schema) {
        Some("object") if schema.get("properties").is_some() => Type::Table(schema.clone()),
        Some("object") => match schema.get("additionalProperties").map(|values| of(values, types)) {
            Some(values) => Type::Word(format!("table of {}s", values.words())),
            None => Type::Word("table".into()),
        },
        Some("array") => match of(schema.get("items").unwrap_or(&Value::Null), types) {
            Type::Table(schema) => Type::Tables(schema),
            other => Type::Word(format!("list of {}s", other.words())),
        },
        Some("string") => Type::Word("text".into()),
        Some("integer") => Type::Word("whole number".into()),
        Some("boolean") => Type::Word("true or false".into()),
        Some(other) => Type::Word(other.to_owned()),
        None => Type::Word("value".into()),
    }
}

/// A schema's type, without the `null` of what may be left out.
fn kind(schema: &Value) -> Option<&str> {
    match schema.get("type")? {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        kind => kind.as_str(),
    }
}

/// A comment on one line, without the breaks that it has in the source.
fn description(schema: &Value) -> String {
    // What may be left out is "null or that", and the comment stands at "that".
    let choices = schema.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let text = [schema].into_iter().chain(choices).find_map(|schema| schema.get("description")?.as_str());
    text.unwrap_or("").split_whitespace().collect::<Vec<&str>>().join(" ")
}

/// The sections whose header starts so.
fn only_under(text: &str, start: &str) -> String {
    let start = start.trim_matches(['[', ']']);
    let under = |section: &&str| {
        let header = section.trim_start_matches('[');
        header.strip_prefix(start).is_some_and(|rest| rest.starts_with([']', '.']))
    };
    let sections: Vec<String> =
        text.split("## ").filter(under).map(|section| format!("## {section}")).collect();
    sections.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_explained() {
        let text = reference(None);
        for line in text.lines().filter(|line| line.starts_with("- `")) {
            let (_, words) = line.split_once("): ").unwrap_or_default();
            assert!(words.len() > 10, "{line}");
            let known = ["Default:", "must be given", "Over the API it may be left out"];
            assert!(known.iter().any(|words| line.contains(words)), "{line}");
        }
        for header in [
            "[node]",
            "[http.tls]",
            "[smpp.tls]",
            "[accounts.NAME.smpp]",
            "[[accounts.NAME.keys]]",
            "[upstreams.NAME.tls]",
        ] {
            assert!(text.contains(&format!("## {header}\n")), "{header}");
        }
    }

    #[test]
    fn the_manual_has_what_the_program_prints() {
        let page = include_str!("../../../../docs/src/settings.md");
        let (_, listed) = page.split_once("\n## ").unwrap();
        let (listed, printed) = (format!("## {listed}"), reference(None));
        // `postrider config reference` prints the page from its first section on.
        for (listed, printed) in listed.trim_end().lines().zip(printed.trim_end().lines()) {
            assert_eq!(listed, printed);
        }
        assert_eq!(listed.trim_end().lines().count(), printed.trim_end().lines().count());
    }

    #[test]
    fn a_section_can_be_had_alone() {
        let text = reference(Some("smpp"));
        assert!(text.starts_with("## [smpp]\n") && text.contains("## [smpp.tls]\n"), "{text}");
        assert!(!text.contains("[node]"));
        assert_eq!(reference(Some("nonsense")), "");
    }
}
