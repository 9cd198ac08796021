//! The posts of webhooks in the API's description.

use super::body::{Facts, LIST, TestFacts};
use crate::rest::{ConsentView, ReceivedView};
use postrider_core::delivery::State;
use postrider_core::stream::{OPT_OUT_ADDED, OPT_OUT_LIFTED};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::{
    ArrayBuilder, KnownFormat, ObjectBuilder, OneOfBuilder, Schema, SchemaFormat, SchemaType, Type,
};
use utoipa::openapi::{Content, PathItem, Ref, RefOr, Required, ResponseBuilder};

/// The most events of a list, as the setting `batch` allows.
const EVENTS_MAX: usize = 100;

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
    let (received, test) = (["message.received".to_owned()], ["webhook.test".to_owned()]);
    let opt_outs = [OPT_OUT_ADDED.to_owned(), OPT_OUT_LIFTED.to_owned()];
    let list = list([
        event::<Facts<'_>>(&ends),
        event::<ReceivedView<'_>>(&received),
        event::<ConsentView<'_>>(&opt_outs),
        event::<TestFacts<'_>>(&test),
    ]);
    let list = post(
        "eventList",
        list,
        "Events of an account whose webhook gets lists (`batch` is more than 1). Each post is a list, also of one event.",
    );
    let ended = post(
        "messageEnded",
        event::<Facts<'_>>(&ends),
        "A message reached its final state. It is posted to the account's webhook, or to the message's `callback_url`.",
    );
    let received = post(
        "messageReceived",
        event::<ReceivedView<'_>>(&received),
        "A message came from a handset, to a number of the account.",
    );
    let opt_out = post(
        "optOutChanged",
        event::<ConsentView<'_>>(&opt_outs),
        "A recipient has opted out of messages of the account, or in again: by STOP or START, or by a change over the API.",
    );
    let test = post(
        "webhookTest",
        event::<TestFacts<'_>>(&test),
        "An administrator tests the account's webhook. It is posted once.",
    );
    BTreeMap::from([
        ("webhookTest".to_owned(), test),
        ("eventList".to_owned(), list),
        ("messageEnded".to_owned(), ended),
        ("messageReceived".to_owned(), received),
        ("optOutChanged".to_owned(), opt_out),
    ])
}

fn refer<T: ToSchema>(schemas: &mut Vec<(String, RefOr<Schema>)>) {
    schemas.push((T::name().into_owned(), T::schema()));
    T::schemas(schemas);
}

/// An event of one of these types, whose data are a `T`.
fn event<T: ToSchema>(types: &[String]) -> ObjectBuilder {
    envelope(types).property("data", Ref::from_schema_name(T::name()))
}

/// A list of events, each of which is one of these and has an identifier.
fn list(events: impl IntoIterator<Item = ObjectBuilder>) -> ObjectBuilder {
    let id = object(Type::String)
        .description(Some("The event's identifier, the same in each list that it comes in."));
    let id = Schema::from(id);
    let any = events
        .into_iter()
        .fold(OneOfBuilder::new(), |any, event| any.item(event.property("id", id.clone()).required("id")));
    let events = ArrayBuilder::new().items(any).min_items(Some(1)).max_items(Some(EVENTS_MAX));
    envelope(&[LIST.to_owned()])
        .property("data", object(Type::Object).property("events", events).required("events"))
}

/// The type and the time of an event, whose data are still to be described.
fn envelope(types: &[String]) -> ObjectBuilder {
    object(Type::Object)
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
        .required("type")
        .required("timestamp")
        .required("data")
}

/// A post with this body.
fn post(name: &str, body: ObjectBuilder, summary: &str) -> PathItem {
    let body = Content::new(Some(body));
    let body = RequestBodyBuilder::new().content("application/json", body).required(Some(Required::True));
    let response = |words: &str| ResponseBuilder::new().description(words).build();
    let operation = OperationBuilder::new()
        .operation_id(Some(name))
        .tag("webhooks")
        .summary(Some(summary))
        .description(Some(
            "It is signed as Standard Webhooks describes. The same event may come more than once, with the same `webhook-id`.",
        ))
        .parameter(header("webhook-id", "The identifier of the event or of the list, the same at each attempt."))
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
