//! Schemas of documents for the REST API's description, made of the descriptions that settings give of themselves.

use crate::ParameterDocument;
use crate::account::{AccountDocument, ClassWord, KeyDocument};
use crate::currency::CurrencyDocument;
use crate::describe::{Bounds, Default, Field, Kind, Table, Words, on_one_line};
use crate::lookup::LookupDocument;
use crate::number::NumberDocument;
use crate::parameter::TypedParameter;
use crate::part_limit::LimitDocument;
use crate::pause::PauseDocument;
use crate::policy::SharedPolicyDocument;
use crate::route::RouteDocument;
use crate::rule::RuleDocument;
use crate::secret::Secret;
use crate::setting::Setting;
use crate::span::Span;
use crate::upstream::UpstreamDocument;
use crate::user::UserDocument;
use std::borrow::Cow;
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, RefBuilder, Schema,
    SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// Schemas by name.
type Schemas = Vec<(String, RefOr<Schema>)>;

macro_rules! schemas {
    ($($type:ty)+) => {$(
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                whole(&<$type>::kind())
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                name(&<$type>::kind()).unwrap_or_default().into()
            }

            fn schemas(schemas: &mut Schemas) {
                inner(&<$type>::kind(), schemas);
            }
        }
    )+};
}

schemas! {
    AccountDocument KeyDocument UpstreamDocument RouteDocument NumberDocument PauseDocument LimitDocument LookupDocument CurrencyDocument RuleDocument SharedPolicyDocument
    UserDocument ClassWord Secret Span
}

/// The name of a kind that has a schema of its own.
fn name(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Secret => Some("Secret"),
        Kind::Span => Some("Span"),
        Kind::Parameter => Some("ParameterDocument"),
        Kind::Words(words) => Some(words.name.trim_end_matches("Word")),
        Kind::Table(table) => Some(table.name),
        _ => None,
    }
}

/// The schema of a kind; of kinds inside it that have names, references.
fn whole(kind: &Kind) -> RefOr<Schema> {
    match kind {
        Kind::Text => object(Type::String).into(),
        Kind::Flag => object(Type::Boolean).into(),
        Kind::Number => {
            object(Type::Number).format(Some(SchemaFormat::KnownFormat(KnownFormat::Double))).into()
        }
        Kind::Whole { most } => object(Type::Integer).minimum(Some(0)).maximum(Some(saturated(*most))).into(),
        Kind::Span => span(),
        Kind::Secret => secret(),
        Kind::Parameter => ParameterDocument::schema(),
        Kind::Words(words) => words_schema(words),
        Kind::Table(table) => table_schema(table),
        Kind::List(items) => ArrayBuilder::new().items(reference(items)).into(),
        Kind::Map(values) => {
            let values = AdditionalProperties::RefOr(reference(values));
            object(Type::Object).additional_properties(Some(values)).into()
        }
    }
}

/// The schema of a kind, or a reference to it if it has a name.
fn reference(kind: &Kind) -> RefOr<Schema> {
    match name(kind) {
        Some(name) => Ref::from_schema_name(name).into(),
        None => whole(kind),
    }
}

/// Adds the schemas that a kind refers to, and those that they refer to.
fn inner(kind: &Kind, schemas: &mut Schemas) {
    let mut add = |kind: &Kind| {
        match name(kind) {
            Some(name) if schemas.iter().any(|(known, _)| known == name) => return,
            Some(name) => schemas.push((name.to_owned(), whole(kind))),
            None => {}
        }
        inner(kind, schemas);
    };
    match kind {
        Kind::Table(table) => table.fields.iter().for_each(|field| add(&field.kind)),
        Kind::List(items) | Kind::Map(items) => add(items),
        Kind::Parameter => ParameterDocument::schemas(schemas),
        _ => {}
    }
}

/// The form of names.
const NAME: &str = "^[a-z0-9][a-z0-9._-]{0,63}$";

fn object(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::from(kind))
}

fn table_schema(table: &Table) -> RefOr<Schema> {
    let mut schema = object(Type::Object).description(Some(on_one_line(table.text)));
    schema = schema.additional_properties(Some(AdditionalProperties::FreeForm(false)));
    for field in &table.fields {
        let namesakes: Vec<&Field> = table.fields.iter().filter(|it| it.name == field.name).collect();
        schema = schema.property(field.name, property(field, &namesakes));
        if field.default == Default::Required && field.only.is_empty() {
            schema = schema.required(field.name);
        }
    }
    schema.into()
}

/// A setting's schema. Of several of one name, which a tag tells apart, it says what each means, and no bounds or default.
fn property(field: &Field, namesakes: &[&Field]) -> RefOr<Schema> {
    let tagged = |it: &&Field| format!("{}: {}", it.only.join(", "), it.sentences());
    match namesakes {
        [one] if one.only.is_empty() => described(one, one.sentences()),
        [one] => described(one, tagged(one)),
        several => {
            let texts: Vec<String> = several.iter().map(tagged).collect();
            let default = Default::Value(serde_json::Value::Null);
            described(&Field { bounds: Bounds::All, default, ..field.clone() }, texts.join("\n\n"))
        }
    }
}

/// A setting's schema: its kind, bounds and default, described.
fn described(field: &Field, text: String) -> RefOr<Schema> {
    let text = Some(text);
    if let Some(name) = name(&field.kind) {
        return RefBuilder::new().ref_location_from_schema_name(name).description(text).into();
    }
    let default = match &field.default {
        Default::Value(value) if !value.is_null() => Some(value.clone()),
        _ => None,
    };
    match (whole(&field.kind), &field.bounds) {
        (RefOr::T(Schema::Object(mut object)), bounds) => {
            object.description = text;
            object.default = default;
            match bounds {
                Bounds::Whole(least, most) => {
                    object.minimum = Some(saturated(*least).into());
                    object.maximum = Some(saturated(*most).into());
                }
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "bounds of rates are small whole numbers"
                )]
                Bounds::Above(number) => object.exclusive_minimum = Some((*number as i64).into()),
                Bounds::Ascii(least, most) => {
                    object.min_length = Some(*least);
                    object.max_length = Some(*most);
                    object.pattern = Some("^[ -~]*$".to_owned());
                }
                Bounds::Names => object.pattern = Some(NAME.to_owned()),
                _ => {}
            }
            RefOr::T(Schema::Object(object))
        }
        (RefOr::T(Schema::Array(mut array)), bounds) => {
            array.description = text;
            if let Bounds::Count(most) = bounds {
                array.max_items = Some(*most);
            }
            RefOr::T(Schema::Array(array))
        }
        (other, _) => other,
    }
}

fn words_schema(words: &Words) -> RefOr<Schema> {
    let each: Vec<String> =
        words.words.iter().map(|(word, text)| format!("`{word}`: {}", on_one_line(text))).collect();
    object(Type::String)
        .description(Some(format!("{}\n\n{}", on_one_line(words.text), each.join("\n\n"))))
        .enum_values(Some(words.words.iter().map(|(word, _)| *word)))
        .into()
}

fn span() -> RefOr<Schema> {
    let text = object(Type::String).pattern(Some("^([0-9]+(ms|s|m|h|d))+$")).examples(["24h"]);
    let seconds = object(Type::Integer).minimum(Some(0));
    let description = "A length of time: numbers with their units (ms, s, m, h, d), or a number of seconds.";
    OneOfBuilder::new().item(text).item(seconds).description(Some(description)).into()
}

fn secret() -> RefOr<Schema> {
    let places = one_of([
        ("env", object(Type::String).description(Some("The name of an environment variable that holds it."))),
        ("file", object(Type::String).description(Some("The path of a file that holds it."))),
    ]);
    let description = "A secret: the text itself, or its place: `{ env = \"NAME\" }`, `{ file = \"/run/secrets/name\" }`. \
                       Places are for the configuration file only; over the API a secret is written out, and never shown again.";
    OneOfBuilder::new()
        .item(object(Type::String).description(Some("The secret itself.")))
        .item(places)
        .description(Some(description))
        .into()
}

/// An object with just one of these properties.
fn one_of<const N: usize>(properties: [(&str, ObjectBuilder); N]) -> ObjectBuilder {
    let none = object(Type::Object).additional_properties(Some(AdditionalProperties::FreeForm(false)));
    let one = none.min_properties(Some(1)).max_properties(Some(1));
    properties.into_iter().fold(one, |one, (name, property)| one.property(name, property))
}

impl PartialSchema for TypedParameter {
    fn schema() -> RefOr<Schema> {
        let text = |text: &'static str| object(Type::String).description(Some(text));
        let number = |most: u32, text: &'static str| {
            object(Type::Integer).minimum(Some(0)).maximum(Some(i64::from(most))).description(Some(text))
        };
        one_of([
            ("string", text("Printable ASCII characters.")),
            ("c_string", text("Printable ASCII characters, with a zero behind them.")),
            ("u8", number(u8::MAX.into(), "A number in one octet.")),
            ("u16", number(u16::MAX.into(), "A number in two octets, the high one first.")),
            ("u32", number(u32::MAX, "A number in four octets, the highest first.")),
            ("hex", text("Octets in hexadecimal.")),
        ])
        .description(Some("A value that says its form."))
        .into()
    }
}

impl ToSchema for TypedParameter {}

fn saturated(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
