//! Schemas of parts of a request that have bounds which derived schemas can't express.

use super::To;
use super::read::BATCH_MAX;
use postrider_core::submission::PARAMETERS_MAX;
use postrider_declare::ParameterDocument;
use std::borrow::Cow;
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder, Schema, SchemaType, Type,
};
use utoipa::openapi::{Ref, RefOr};
use utoipa::{PartialSchema, ToSchema};

/// The optional parameters of a message, for descriptions.
pub(super) struct Parameters;

impl PartialSchema for Parameters {
    fn schema() -> RefOr<Schema> {
        let value = AdditionalProperties::RefOr(Ref::from_schema_name(ParameterDocument::name()).into());
        object(Type::Object)
            .additional_properties(Some(value))
            .max_properties(Some(PARAMETERS_MAX))
            .description(Some("Optional SMPP parameters by name or tag."))
            .into()
    }
}

impl ToSchema for Parameters {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((ParameterDocument::name().into_owned(), ParameterDocument::schema()));
        ParameterDocument::schemas(schemas);
    }
}

impl PartialSchema for To {
    fn schema() -> RefOr<Schema> {
        let several =
            ArrayBuilder::new().items(object(Type::String)).min_items(Some(1)).max_items(Some(BATCH_MAX));
        OneOfBuilder::new()
            .item(object(Type::String).description(Some("One recipient.")))
            .item(several.description(Some("Several recipients.")))
            .description(Some("One recipient or several."))
            .into()
    }
}

impl ToSchema for To {
    fn name() -> Cow<'static, str> {
        "Recipients".into()
    }
}

fn object(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::from(kind))
}
