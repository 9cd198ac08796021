//! The parts of the API's description that are common to all operations. Each operation is described where it is
//! implemented.

use super::problem::ProblemDocument;
use crate::webhook;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{AllOf, Type};
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Content, Object, OpenApi, PathItem, Ref, RefOr, Response, ResponseBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The responses that every operation with a key may give.
const COMMON: [(&str, &str); 4] = [
    ("401", "The key is missing or unknown."),
    ("403", "The key may not do this."),
    (
        "429",
        "Too many at once, or too many wrong keys from this address: wait for the time in `Retry-After`.",
    ),
    ("5XX", "The gateway can't do this now; try again."),
];

/// The headers that tell a client its limits, and when to come again.
const LIMIT_HEADERS: [(&str, &str); 2] = [
    (
        "RateLimit-Policy",
        "The limit: `q` parts or requests in `w` seconds. Parts have no limit, and no header, unless the account has a `rate`.",
    ),
    ("RateLimit", "What is left of it: `r` now, and all of it in `t` seconds."),
];
const RETRY_HEADER: (&str, &str) = ("Retry-After", "The seconds to wait.");
/// The tag of the operations that count against limits.
const LIMITED: [&str; 5] = ["messages", "verifications", "alerts", "appointments", "schedules"];

/// The description of the API, and of the posts of its webhooks.
#[derive(Serialize)]
pub(super) struct Description {
    #[serde(flatten)]
    openapi: OpenApi,
    webhooks: BTreeMap<String, PathItem>,
}

/// Whether an operation needs a key, in whatever way that is given.
fn asks_for_key(operation: &Operation) -> bool {
    let key = SecurityRequirement::new("key", Vec::<String>::new());
    operation.security.as_ref().is_none_or(|ways| ways.contains(&key))
}

/// Completes the description of the routes.
pub(super) fn described(mut openapi: OpenApi) -> Description {
    openapi.info.title = "Postrider".to_owned();
    openapi.info.version = env!("CARGO_PKG_VERSION").to_owned();
    openapi.info.description = Some("The API of an SMS gateway: send messages, follow them to their final state, and manage accounts, upstreams and routes.".to_owned());
    // The library fills these in with its own.
    openapi.info.license = None;
    openapi.info.contact = None;
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    let components = openapi.components.get_or_insert_default();
    components.add_security_scheme("key", bearer);
    components.add_security_scheme("password", SecurityScheme::Http(Http::new(HttpAuthScheme::Basic)));
    components.schemas.insert(ProblemDocument::name().into_owned(), ProblemDocument::schema());
    let webhooks = webhook::description::described(&mut components.schemas);
    merge_parts(&mut components.schemas);
    openapi.security = Some(vec![SecurityRequirement::new("key", Vec::<String>::new())]);
    for operation in openapi.paths.paths.values_mut().flat_map(operations) {
        operation.operation_id = operation.operation_id.as_deref().map(camel_case);
        if asks_for_key(operation) {
            add_refusals(operation);
            add_headers(operation);
        }
    }
    Description { openapi, webhooks }
}

/// `list_nodes` as `listNodes`: generated clients have functions of these names.
fn camel_case(id: &str) -> String {
    let mut words = id.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |all, word| {
        let mut letters = word.chars();
        let initial = letters.next().map(|letter| letter.to_ascii_uppercase());
        all + &initial.into_iter().chain(letters).collect::<String>()
    })
}

/// The operations of a path.
fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

/// Adds the common responses; an operation's own descriptions are kept.
fn add_refusals(operation: &mut Operation) {
    for (status, words) in COMMON {
        operation.responses.responses.entry(status.to_owned()).or_insert_with(|| problem(words).into());
    }
}

/// Adds the headers of limits to answers of operations that count against them, and `Retry-After` to refusals.
fn add_headers(operation: &mut Operation) {
    let is_limited = operation.tags.iter().flatten().any(|tag| LIMITED.contains(&&**tag));
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        let is_refusal = status == "429";
        let limits = LIMIT_HEADERS.iter().filter(|_| is_limited && (is_refusal || status.starts_with('2')));
        let retry = Some(&RETRY_HEADER).filter(|_| is_refusal);
        for (name, words) in limits.chain(retry) {
            let text = Object::with_type(Type::String);
            let header = HeaderBuilder::new().schema(Some(text)).description(Some(*words)).build();
            response.headers.insert((*name).to_owned(), header.into());
        }
    }
}

fn problem(words: &str) -> Response {
    let document = Ref::from_schema_name(ProblemDocument::name());
    let content = Content::new(Some(document));
    ResponseBuilder::new().description(words).content("application/problem+json", content).build()
}

/// Makes one object of each schema that is composed of parts: a part that allows no additional fields would forbid those of
/// the other parts.
fn merge_parts(schemas: &mut BTreeMap<String, RefOr<Schema>>) {
    let named = schemas.clone();
    for schema in schemas.values_mut() {
        if let RefOr::T(Schema::AllOf(parts)) = schema
            && let Some(object) = merged(parts, &named)
        {
            *schema = object.into();
        }
    }
}

/// One object with the fields of all parts; `None` if a part is not an object.
fn merged(parts: &AllOf, named: &BTreeMap<String, RefOr<Schema>>) -> Option<Object> {
    let mut whole = Object::new();
    for part in &parts.items {
        let part = object(part, named)?;
        whole.properties.extend(part.properties);
        whole.required.extend(part.required);
        whole.additional_properties = whole.additional_properties.or(part.additional_properties);
    }
    whole.description.clone_from(&parts.description);
    Some(whole)
}

fn object(schema: &RefOr<Schema>, named: &BTreeMap<String, RefOr<Schema>>) -> Option<Object> {
    match schema {
        RefOr::T(Schema::Object(object)) => Some(object.clone()),
        RefOr::T(Schema::AllOf(parts)) => merged(parts, named),
        RefOr::Ref(reference) => object(named.get(reference.ref_location.rsplit('/').next()?)?, named),
        RefOr::T(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::rest::openapi;
    use serde_json::Value;

    /// The copy at the project's root, where a change of the API is seen in review.
    const COPY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");
    /// The environment variable that has the copy rewritten.
    const REWRITE: &str = "REWRITE_OPENAPI";

    #[test]
    fn the_copy_in_the_manual_is_the_description() {
        let description = serde_json::to_string_pretty(&openapi()).unwrap() + "\n";
        if std::env::var_os(REWRITE).is_some() {
            std::fs::write(COPY, &description).unwrap();
        }
        let copy = std::fs::read_to_string(COPY).unwrap_or_default();
        let same = description.lines().zip(copy.lines()).take_while(|(new, old)| new == old).count();
        let (new, old) = (description.lines().nth(same), copy.lines().nth(same));
        assert!(
            copy == description,
            "openapi.json is out of date: line {} is {old:?} and should be {new:?}. To rewrite it, run: \
             {REWRITE}=1 cargo test -p postrider-downstream the_copy_in_the_manual",
            same + 1
        );
    }

    #[test]
    fn every_operation_with_a_key_may_refuse_it() {
        let description = serde_json::to_value(openapi()).unwrap();
        let mut open = Vec::new();
        for (path, item) in description["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                if operation.get("security").is_some_and(|ways| ways.pointer("/0/key").is_none()) {
                    open.push(path.as_str());
                    continue;
                }
                for status in ["401", "403", "429", "5XX"] {
                    let answer = &operation["responses"][status]["content"]["application/problem+json"];
                    assert_eq!(answer["schema"]["$ref"], "#/components/schemas/Problem", "{method} {path}");
                }
            }
        }
        open.sort_unstable();
        assert_eq!(
            open,
            [
                "/healthz",
                "/l/{code}",
                "/m/{secret}",
                "/m/{secret}/{place}",
                "/metrics",
                "/readyz",
                "/v1/call/{token}",
                "/v1/callbacks/{upstream}",
                "/v1/callbacks/{upstream}",
                "/v1/sessions",
                "/v1/sessions/provider",
                "/v1/sessions/provider",
                "/v1/sessions/provider/begin",
                "/v1/setup/{token}",
                "/v1/setup/{token}"
            ]
        );
    }

    #[test]
    fn limits_are_described_where_they_hold() {
        let description = serde_json::to_value(openapi()).unwrap();
        let headers = |path: &str, method: &str, status: &str| {
            let headers = &description["paths"][path][method]["responses"][status]["headers"];
            let names = headers.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(headers("/v1/messages", "get", "200"), "RateLimit RateLimit-Policy");
        assert_eq!(headers("/v1/messages", "post", "202"), "RateLimit RateLimit-Policy");
        assert_eq!(headers("/v1/inbound", "get", "429"), "RateLimit RateLimit-Policy Retry-After");
        assert_eq!(headers("/v1/accounts", "get", "200"), "");
        assert_eq!(headers("/v1/accounts", "get", "429"), "Retry-After");
    }

    #[test]
    fn operations_have_names_for_clients() {
        let description = serde_json::to_value(openapi()).unwrap();
        let mut names = std::collections::BTreeSet::new();
        for item in description["paths"].as_object().unwrap().values() {
            for operation in item.as_object().unwrap().values() {
                let name = operation["operationId"].as_str().unwrap();
                let is_plain = name.starts_with(|first: char| first.is_ascii_lowercase())
                    && name.chars().all(|letter| letter.is_ascii_alphanumeric());
                assert!(is_plain && names.insert(name), "{name}");
            }
        }
        for name in ["sendMessage", "listMessages", "getMessage", "patchAccount", "examineUpstream"] {
            assert!(names.contains(name), "{name}");
        }
    }

    #[test]
    fn webhooks_are_described() {
        let description = serde_json::to_value(openapi()).unwrap();
        let types = |name: &str| {
            let body = &description["webhooks"][name]["post"]["requestBody"]["content"]["application/json"];
            body["schema"]["properties"]["type"]["enum"].clone()
        };
        let ends = ["delivered", "undelivered", "expired", "rejected", "failed", "unknown", "canceled"];
        assert_eq!(types("messageEnded"), Value::from(ends.map(|end| format!("message.{end}")).to_vec()));
        assert_eq!(types("messageReceived"), Value::from(["message.received"].to_vec()));
        assert_eq!(types("webhookTest"), Value::from(["webhook.test"].to_vec()));
    }

    #[test]
    fn a_schema_of_several_parts_is_one_object() {
        let description = serde_json::to_value(openapi()).unwrap();
        let schemas = description["components"]["schemas"].as_object().unwrap();
        for (name, schema) in schemas {
            assert_eq!(schema.get("allOf"), None, "{name}");
        }
        let account = &schemas["Account"];
        assert_eq!(account["additionalProperties"], false);
        let fields = account["properties"].as_object().unwrap();
        for field in ["name", "parts_max", "origin", "updated_at", "secrets"] {
            assert!(fields.contains_key(field), "{field}");
        }
        assert_eq!(account["required"], Value::from(["origin", "keys_used"].to_vec()));
        assert!(schemas["Upstream"]["properties"]["links"].is_object());
    }
}
