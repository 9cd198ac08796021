//! The posts of webhooks in the API's description.

use super::body::Event;
use std::collections::BTreeMap;
use utoipa::openapi::path::{
    HttpMethod, Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{Content, PathItem, Ref, RefOr, Required, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

/// The posts by name. The schemas that they refer to are added to `schemas`.
pub(crate) fn described(schemas: &mut BTreeMap<String, RefOr<Schema>>) -> BTreeMap<String, PathItem> {
    let mut referred = vec![(Event::name().into_owned(), Event::schema())];
    Event::schemas(&mut referred);
    schemas.extend(referred);
    BTreeMap::from([("messageEnded".to_owned(), PathItem::new(HttpMethod::Post, message_ended()))])
}

fn message_ended() -> Operation {
    let body = Content::new(Some(Ref::from_schema_name(Event::name())));
    let body = RequestBodyBuilder::new().content("application/json", body).required(Some(Required::True));
    let response = |words: &str| ResponseBuilder::new().description(words).build();
    OperationBuilder::new()
        .operation_id(Some("messageEnded"))
        .tag("webhooks")
        .summary(Some("A message reached its final state."))
        .description(Some(
            "It is posted to the account's webhook, or to the message's `callback_url`, and signed as Standard Webhooks \
             describes. The same event may come more than once, with the same `webhook-id`.",
        ))
        .parameter(header("webhook-id", "The event's identifier, the same at each attempt."))
        .parameter(header("webhook-timestamp", "The time of the attempt, in seconds since 1970."))
        .parameter(header("webhook-signature", "`v1,` and the signature in base64."))
        .request_body(Some(body.build()))
        .response("2XX", response("The event was received."))
        .response("410", response("The event is not wanted: it is not posted again."))
        .response("default", response("The event was not received: it is posted again, for a day."))
        .securities(Some(Vec::new()))
        .build()
}

fn header(name: &str, description: &str) -> Parameter {
    let text = ObjectBuilder::new().schema_type(SchemaType::from(Type::String));
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(text))
        .build()
}
