//! The HTTP API: messages for accounts, declarations for administrators, health for machines. What a message means
//! and what becomes of it is decided behind the contracts that it is given.

mod answer;
mod caller;
mod changes;
mod description;
mod doctor;
mod door;
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod messages;
pub(crate) mod moment;
mod nodes;
mod parse_error;
mod payload;
mod problem;
mod query;
mod resources;
mod serve;
mod trace;
mod unmatched;

pub use doctor::{
    ChoiceDocument, Doctor, Examination, Examine, FindingDocument, QuestionDocument, RemedyDocument,
    TestHandset,
};
pub use payload::{BODY_MAX, BODY_TIMEOUT};
pub use resources::Running;
pub use serve::{Settings, serve};

use crate::resource::{Registry, hash_key};
use axum::Router;
use description::described;
use metrics::{Counter, Histogram};
use postrider_core::account::KeyHash;
use postrider_core::contract::{Archive, Intake, Live};
use postrider_core::node::Standing;
use postrider_core::route::UpstreamId;
use postrider_trace::Recorder;
use problem::Problem;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Everything that the API asks of the gateway.
pub struct Rest {
    /// Where messages are handed in.
    pub intake: Arc<dyn Intake>,
    /// Where they are looked up and taken back.
    pub archive: Arc<dyn Archive>,
    /// The rules in force.
    pub live: Arc<dyn Live>,
    /// What is declared.
    pub registry: Arc<Registry>,
    /// Who may declare, and see every account's messages.
    pub administrators: Vec<Administrator>,
    /// How the links of the upstreams stand.
    pub links: Box<dyn Fn() -> HashMap<UpstreamId, Running> + Send + Sync>,
    /// The nodes that share the store.
    pub nodes: Box<dyn Fn() -> Standing + Send + Sync>,
    /// What goes over SMPP links.
    pub recorder: Arc<Recorder>,
    /// Who examines upstreams.
    pub doctor: Doctor,
    /// Whether the gateway is ready for traffic, and if not, why.
    pub ready: Box<dyn Fn() -> Result<(), Vec<String>> + Send + Sync>,
    /// The metrics, in Prometheus' text format; `None` if they are not shown here.
    pub metrics: Option<Box<dyn Fn() -> String + Send + Sync>>,
    /// What the API counts.
    pub meters: Meters,
}

/// An administrator.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// The name under which changes are recorded.
    pub name: Box<str>,
    /// The SHA-256 of the key.
    pub key: KeyHash,
}

impl Administrator {
    /// An administrator with this key.
    #[must_use]
    pub fn new(name: &str, key: &str) -> Self {
        Self { name: name.into(), key: hash_key(key) }
    }
}

/// What the API counts. Made after the metrics recorder was installed, so that the counters are its own.
pub struct Meters {
    accepted: Counter,
    refused: Counter,
    accept_seconds: Histogram,
    requests: [Counter; 3],
}

impl Meters {
    /// Counters of the recorder that is installed now.
    #[must_use]
    pub fn new() -> Self {
        let messages =
            |result: &'static str| metrics::counter!("postrider_rest_messages_total", "result" => result);
        let requests =
            |class: &'static str| metrics::counter!("postrider_http_requests_total", "status" => class);
        Self {
            accepted: messages("accepted"),
            refused: messages("refused"),
            accept_seconds: metrics::histogram!("postrider_api_accept_seconds"),
            requests: [requests("2xx"), requests("4xx"), requests("5xx")],
        }
    }

    fn answered(&self, status: u16) {
        let [fine, client, server] = &self.requests;
        let counter = match status {
            500.. => server,
            400.. => client,
            _ => fine,
        };
        counter.increment(1);
    }
}

impl Default for Meters {
    fn default() -> Self {
        Self::new()
    }
}

/// The API's description, OpenAPI 3.1, made of the types that it speaks.
#[must_use]
pub fn openapi() -> OpenApi {
    described(routes().split_for_parts().1)
}

/// All routes, and the description of those that are for people.
fn routes() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::new()
        .routes(routes!(messages::submit, messages::list))
        .routes(routes!(messages::message, messages::cancel))
        .routes(routes!(messages::preview))
        .merge(resources::routes())
        .routes(routes!(changes::changes))
        .routes(routes!(unmatched::unmatched))
        .routes(routes!(nodes::nodes))
        .routes(routes!(trace::live))
        .routes(routes!(trace::recent))
        .routes(routes!(trace::pcap))
        .routes(routes!(doctor::examine))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
}

/// The API as a router, its description included.
fn router(rest: Arc<Rest>) -> Router {
    let (router, openapi) = routes().split_for_parts();
    let description: axum::body::Bytes = answer::to_json(&described(openapi)).into();
    let describe = move || {
        let description = description.clone();
        async move { ([("content-type", "application/json")], description) }
    };
    router.route("/openapi.json", axum::routing::get(describe)).fallback(nowhere).with_state(rest)
}

async fn nowhere() -> Problem {
    Problem::not_found("there is nothing at this address: /openapi.json lists what there is")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_names_every_address_and_type() {
        let description = serde_json::to_value(openapi()).unwrap();
        assert_eq!(description["openapi"], "3.1.0");
        let paths: Vec<&str> = description["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let expected = [
            "/v1/messages",
            "/v1/messages/{id}",
            "/v1/messages/preview",
            "/v1/accounts",
            "/v1/accounts/{name}",
            "/v1/accounts/{name}/keys",
            "/v1/accounts/{name}/keys/{key}",
            "/v1/accounts/{name}/smpp/password",
            "/v1/accounts/{name}/webhook/secret",
            "/v1/upstreams",
            "/v1/upstreams/{name}",
            "/v1/routes",
            "/v1/routes/{name}",
            "/v1/changes",
            "/v1/receipts/unmatched",
            "/v1/nodes",
            "/v1/trace",
            "/v1/trace/recent",
            "/v1/trace/pcap",
            "/v1/upstreams/{name}/doctor",
            "/healthz",
            "/readyz",
            "/metrics",
        ];
        for path in expected {
            assert!(paths.contains(&path), "{path}");
        }
        assert_eq!(paths.len(), expected.len());
        let schemas = &description["components"]["schemas"];
        for name in ["AccountDocument", "UpstreamDocument", "RouteDocument", "MessageRequest", "Secret"] {
            assert!(schemas.get(name).is_some(), "{name}");
        }
        let fields = schemas["MessageRequest"]["properties"].as_object().unwrap();
        assert!(fields.values().all(|field| field.to_string().contains("description")), "{fields:#?}");
    }

    #[test]
    fn every_reference_in_the_description_leads_somewhere() {
        let description = serde_json::to_value(openapi()).unwrap();
        let text = description.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(description.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
