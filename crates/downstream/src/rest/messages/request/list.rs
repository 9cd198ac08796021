//! Lists of objects. Serde also takes an array for an object, with a value for each field in the order of the Rust type;
//! no client means that.

use super::MessageRequest;
use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt;

/// Reads a list of messages, each of which must be an object.
pub(super) fn objects<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<MessageRequest>, D::Error> {
    struct Object(MessageRequest);

    impl<'de> Deserialize<'de> for Object {
        fn deserialize<D: Deserializer<'de>>(object: D) -> Result<Self, D::Error> {
            object.deserialize_map(Fields).map(Self)
        }
    }

    struct Fields;

    impl<'de> Visitor<'de> for Fields {
        type Value = MessageRequest;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<MessageRequest, A::Error> {
            MessageRequest::deserialize(MapAccessDeserializer::new(fields))
        }
    }

    struct List;

    impl<'de> Visitor<'de> for List {
        type Value = Vec<MessageRequest>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<MessageRequest>, A::Error> {
            let mut messages = Vec::new();
            while let Some(Object(message)) = list.next_element()? {
                messages.push(message);
            }
            Ok(messages)
        }
    }

    list.deserialize_seq(List)
}
