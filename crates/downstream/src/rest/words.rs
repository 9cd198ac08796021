//! Words of the API that are written from the core's own: their schemas list what can be there.

use postrider_core::delivery::State;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, schema::SchemaType};
use utoipa::{PartialSchema, ToSchema};

/// The state of a message, for descriptions.
pub(crate) struct StateWord;

/// The kind of an event of a timeline, for descriptions.
pub(super) struct EventWord;

/// The kinds of events beside final states.
pub(super) const EVENTS: [&str; 8] =
    ["part_accepted", "accepted", "routed", "remark", "waits", "sent", "receipt", "notice"];

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
