//! The schemas of codes and of advice.

use super::{CodeWord, RetryWord};
use postrider_core::cause::{Code, Retry};
use std::borrow::Cow;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

/// Describes a value as a schema of all words.
macro_rules! word {
    ($type:ident as $name:literal: $description:expr, $words:expr) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let object = ObjectBuilder::new()
                    .schema_type(SchemaType::Type(Type::String))
                    .description(Some($description))
                    .enum_values(Some($words));
                RefOr::T(Schema::Object(object.build()))
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                $name.into()
            }
        }
    };
}

word!(CodeWord as "ErrorCode": described("A code:", Code::ALL.iter().map(|code| (code.word(), code.meaning()))),
    Code::ALL.iter().map(|code| code.word()));
word!(RetryWord as "RetryAdvice": described("Advice:", Retry::ALL.iter().map(|retry| (retry.word(), retry.sentence()))),
    Retry::ALL.iter().map(|retry| retry.word()));

/// A description of words, as a list.
fn described<'w>(title: &str, words: impl Iterator<Item = (&'w str, &'w str)>) -> String {
    let lines: Vec<String> = words.map(|(word, meaning)| format!("- `{word}`: {meaning}")).collect();
    format!("{title}\n{}", lines.join("\n"))
}
