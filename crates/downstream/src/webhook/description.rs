//! The posts of webhooks in the API's description.

use super::body::{Facts, TestFacts};
use crate::rest::{ConsentView, ReceivedView};
use postrider_core::delivery::State;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, Schema, SchemaFormat, SchemaType, Type};
use utoipa::openapi::{Content, PathItem, Ref, RefOr, Required, ResponseBuilder};

/// The posts by name. The schemas that they refer to are added to `schemas`.
pub(crate) fn described(schemas: &mut BTreeMap<String, RefOr<Schema>>) -> BTreeMap<String, PathItem> {
    let mut referred = Vec::new();
    refer::<Facts<'_>>(&mut referred);
    refer::<TestFacts<'_>>(&mut referred);
    refer::<ReceivedView<'_>>(&mut referred);
    refer::<ConsentView<'_>>(&mut referred);
    schemas.extend(referred);
    let ends = State::ALL.into_iter().filter(|state| state.is_final());
    let ends: Vec<String> = ends.map(|state| format!("message.{}", state.word())).collect();
    let ended = post::<Facts<'_>>(
        "messageEnded",
        &ends,
        "A message reached its final state. It is posted to the account's webhook, or to the message's `callback_url`.",
    );
    let received = post::<ReceivedView<'_>>(
        "messageReceived",
        &["message.received".to_owned()],
        "A message came from a handset, to a number of the account.",
    );
    let opt_out = post::<ConsentView<'_>>(
        "optOutChanged",
        &["opt_out.added".to_owned(), "opt_out.lifted".to_owned()],
        "A recipient has opted out of messages of the account, or in again: by STOP or START, or by a change over the API.",
    );
    let test = post::<TestFacts<'_>>(
        "webhookTest",
        &["webhook.test".to_owned()],
        "An administrator tests the account's webhook. It is posted once.",
    );
    BTreeMap::from([
        ("webhookTest".to_owned(), test),
        ("messageEnded".to_owned(), ended),
        ("messageReceived".to_owned(), received),
        ("optOutChanged".to_owned(), opt_out),
    ])
}

fn refer<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// A post of events of these types, whose data are a `T`.
fn post<T: ToSchema>(name: &str, types: &[String], summary: &str) -> PathItem {
    let event = object(Type::Object)
        .property(
            "type",
            object(Type::String)
                .enum_values(Some(types.iter().cloned()))
                .description(Some("The kind of event.")),
        )
        .property(
            "timestamp",
            object(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
                .description(Some("When it happened.")),
        )
        .property("data", Ref::from_schema_name(T::name()))
        .required("type")
        .required("timestamp")
        .required("data");
    let body = Content::new(Some(event));
    let body = RequestBodyBuilder::new().content("application/json", body).required(Some(Required::True));
    let response = |words: &str| ResponseBuilder::new().description(words).build();
    let operation = OperationBuilder::new()
        .operation_id(Some(name))
        .tag("webhooks")
        .summary(Some(summary))
        .description(Some(
            "It is signed as Standard Webhooks describes. The same event may come more than once, with the same `webhook-id`.",
        ))
        .parameter(header("webhook-id", "The event's identifier, the same at each attempt."))
        .parameter(header("webhook-timestamp", "The time of the attempt, in seconds since 1970."))
        .parameter(header("webhook-signature", "`v1,` and the signature in base64."))
        .request_body(Some(body.build()))
        .response("2XX", response("The event was received."))
        .response("410", response("The event is not wanted: it is not posted again."))
        .response("default", response("The event was not received: it is posted again, for a day."))
        .securities(Some(Vec::new()));
    PathItem::new(HttpMethod::Post, operation.build())
}

fn object(kind: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::from(kind))
}

fn header(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .description(Some(description))
        .schema(Some(object(Type::String)))
        .build()
}
