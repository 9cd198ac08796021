//! The schemas of words.

use super::{EVENTS, EventWord, StateWord};
use postrider_core::delivery::State;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::{PartialSchema, ToSchema};

fn words(description: &str, words: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    let text = ObjectBuilder::new().schema_type(SchemaType::from(Type::String));
    text.description(Some(description)).enum_values(Some(words)).into()
}

impl PartialSchema for StateWord {
    fn schema() -> RefOr<Schema> {
        words("The state of a message.", State::ALL.into_iter().map(State::word))
    }
}

impl ToSchema for StateWord {
    fn name() -> std::borrow::Cow<'static, str> {
        "MessageState".into()
    }
}

impl PartialSchema for EventWord {
    fn schema() -> RefOr<Schema> {
        let ends = State::ALL.into_iter().filter(|state| state.is_final()).map(State::word);
        words(
            "The kind of an event; a final state is the end of the message.",
            EVENTS.into_iter().chain(ends),
        )
    }
}

impl ToSchema for EventWord {
    fn name() -> std::borrow::Cow<'static, str> {
        "TimelineEventKind".into()
    }
}
