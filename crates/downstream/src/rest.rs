//! The HTTP API: messages for accounts, declarations and operations for administrators, health for monitoring. The engine
//! decides behind the contracts of `postrider_core`.

mod alerts;
mod answer;
mod appointments;
mod audit;
mod audited;
mod balances;
mod brokered;
mod callbacks;
mod caller;
mod cdrs;
mod changes;
mod client;
mod clients;
mod consent;
mod contacts;
mod conversations;
mod dead_numbers;
#[cfg(test)]
mod description;
mod doctor;
mod door;
mod encryption;
mod events;
mod failed_posts;
#[doc(hidden)]
pub mod fuzzing;
mod heads;
mod health;
mod ijson;
mod inbound;
mod inside;
mod key_uses;
mod links;
mod list;
mod lock_outs;
mod lookup;
mod malformed;
mod masking;
mod media;
mod messages;
mod mistakes;
pub(crate) mod moment;
mod nodes;
mod numbering_plan;
mod parse_error;
mod payload;
mod permissions;
mod presets;
mod privacy;
mod problem;
mod provider_sign_in;
mod quality;
mod query;
mod rate_limits;
mod reconciliation;
mod reload;
mod replay;
mod reports;
mod resources;
mod route_replay;
mod routing;
mod rule_calls;
mod rule_trial;
mod rule_votes;
mod runs;
mod schedules;
mod serve;
mod sessions;
mod sign_in;
mod snippets;
mod socket;
mod stall;
mod stranger;
mod tariffs;
mod templates;
mod trace;
mod traffic;
mod unmask;
mod unmatched;
mod users;
mod ussd;
mod verifications;
mod whoami;
pub(crate) mod words;
mod wrong_keys;

pub(crate) use brokered::Answered;
pub use callbacks::{CallbackAnswer, ProviderCallback, ProviderCallbacks};
pub(crate) use consent::ConsentView;
pub use doctor::{
    ChoiceDocument, Doctor, Examination, Examine, FindingDocument, QuestionDocument, RemedyDocument,
    TestHandset,
};
pub use events::OpenStreams;
pub(crate) use events::event_view;
pub(crate) use inbound::ReceivedView;
pub use inside::{Behalf, Inside};
pub use key_uses::KeyUses;
pub use media::{Fetcher, MediaParts};
pub use payload::{BODY_MAX, BODY_TIMEOUT};
pub use rate_limits::RateLimits;
pub use reload::{NotReloaded, ReloadRequest, Reloads};
pub use resources::{ADDED, Running};
pub use serve::{Settings, serve};

pub use ussd::{NotAnswered, UssdAsker, UssdBalance};
pub use wrong_keys::WrongKeys;

use crate::rest::routing::{ApiRoutes, routes};
use crate::sessions::ClientSession;
use crate::webhook::{Attempts, TestEvents};
use axum::Router;
use metrics::{Counter, Histogram};
use postrider_access::Access;
use postrider_access::audit::Auditor;
use postrider_apps::Apps;
use postrider_core::account::{KeyHash, Network};
use postrider_core::contract::{
    Archive, Automation, ConsentDesk, Credits, DeadDesk, Intake, Live, PersonalData, Reports, Watch,
};
use postrider_core::message::Message;
use postrider_core::node::Standing;
use postrider_core::principal::Rights;
use postrider_core::route::UpstreamId;
use postrider_declare::{Registry, hash_key};
use postrider_trace::Recorder;
use problem::Problem;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The parts of the gateway that the API uses.
pub struct Rest {
    /// The intake of messages.
    pub intake: Arc<dyn Intake>,
    /// The applications within the gateway.
    pub apps: Arc<Apps>,
    /// The archive, where messages are looked up and canceled.
    pub archive: Arc<dyn Archive>,
    /// What holds of numbers.
    pub consent: Arc<dyn ConsentDesk>,
    /// Numbers that nobody seems to have.
    pub dead_numbers: Arc<dyn DeadDesk>,
    /// Balances of accounts.
    pub credits: Arc<dyn Credits>,
    /// Counts of messages that have ended.
    pub reports: Arc<dyn Reports>,
    /// What is kept of people.
    pub people: Arc<dyn PersonalData>,
    /// Users, their sessions and their proofs.
    pub access: Arc<Access>,
    /// What is noted in the audit log.
    pub auditor: Arc<Auditor>,
    /// The rules of automation at work.
    pub automation: Arc<dyn Automation>,
    /// The live configuration.
    pub live: Arc<dyn Live>,
    /// What passes through the node, and what waits.
    pub watch: Arc<dyn Watch>,
    /// The declarations.
    pub registry: Arc<Registry>,
    /// The administrators, who may declare and see every account's messages.
    pub administrators: Vec<Administrator>,
    /// The task that reloads the configuration file.
    pub reloads: Reloads,
    /// Wrong keys, by address.
    pub wrong_keys: WrongKeys,
    /// When accounts' keys were used last.
    pub key_uses: KeyUses,
    /// The limits of accounts' requests.
    pub rate_limits: RateLimits,
    /// The state of the upstreams' links.
    pub links: Box<dyn Fn() -> HashMap<UpstreamId, Running> + Send + Sync>,
    /// The sessions that clients have open at this node.
    pub clients: Box<dyn Fn() -> Vec<ClientSession> + Send + Sync>,
    /// Who asks networks by USSD.
    pub ussd: UssdAsker,
    /// The nodes that share the store.
    pub nodes: Box<dyn Fn() -> Standing + Send + Sync>,
    /// The open streams of events.
    pub streams: OpenStreams,
    /// The recorder of SMPP traffic.
    pub recorder: Arc<Recorder>,
    /// The last posts to webhooks.
    pub attempts: Arc<Attempts>,
    /// The tests of webhooks.
    pub test_events: TestEvents,
    /// What media need.
    pub media: MediaParts,
    /// The octets that an upstream would send of a message: a PDU for each part; or why it can't.
    pub pdus: Pdus,
    /// The takers of providers' callbacks.
    pub callbacks: ProviderCallbacks,
    /// The examiner of upstreams.
    pub doctor: Doctor,
    /// Whether the gateway is ready for traffic; the reasons if not.
    pub ready: Box<dyn Fn() -> Result<(), Vec<String>> + Send + Sync>,
    /// The metrics in Prometheus' text format; `None` if this API doesn't serve them.
    pub metrics: Option<Box<dyn Fn() -> String + Send + Sync>>,
    /// The metrics of the API itself.
    pub meters: Meters,
}

/// Tells the octets that an upstream would send of a message.
pub type Pdus = Box<dyn Fn(UpstreamId, &Message) -> Result<Vec<Vec<u8>>, String> + Send + Sync>;

/// An administrator.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// The name under which changes are recorded.
    pub name: Box<str>,
    /// The SHA-256 of the key.
    pub key: KeyHash,
    /// Addresses that the key may be used from; empty is anywhere.
    pub allowed: Vec<Network>,
    /// What the key may be used for.
    pub rights: Rights,
}

impl Administrator {
    /// Whether the key may be used from this address.
    fn is_allowed(&self, peer: IpAddr) -> bool {
        self.allowed.is_empty() || self.allowed.iter().any(|network| network.contains(peer))
    }

    /// An administrator with this key.
    #[must_use]
    pub fn new(name: &str, key: &str) -> Self {
        Self { name: name.into(), key: hash_key(key), allowed: Vec::new(), rights: Rights::ALL }
    }
}

/// The metrics of the API itself. They are made after the metrics recorder was installed, since they belong to it.
pub struct Meters {
    accepted: Counter,
    refused: Counter,
    accept_seconds: Histogram,
    requests: [Counter; 3],
}

impl Meters {
    /// The metrics of the recorder that is installed now.
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

/// The API's description, OpenAPI 3.1, as it is checked in.
const DESCRIPTION: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json"));

/// The API's description, generated from its types.
#[cfg(test)]
fn openapi() -> description::Description {
    description::described(routes().routes(routes!(health::metrics)).into_description())
}

/// The routes of applications.
fn application_routes() -> ApiRoutes {
    ApiRoutes::default()
        .merge(verifications::routes())
        .merge(alerts::routes())
        .merge(appointments::routes())
        .merge(schedules::routes())
        .merge(snippets::routes())
        .merge(templates::routes())
        .merge(runs::routes())
        .merge(contacts::routes())
}

/// All routes except that of metrics, with their descriptions.
fn routes() -> ApiRoutes {
    ApiRoutes::default()
        .routes(routes!(messages::submit, messages::list))
        .routes(routes!(messages::message, messages::cancel))
        .routes(routes!(messages::convert))
        .routes(routes!(messages::preview))
        .routes(routes!(messages::explain))
        .routes(routes!(messages::list_actions, messages::act))
        .routes(routes!(messages::action))
        .routes(routes!(messages::stop_action))
        .routes(routes!(lookup::lookup))
        .routes(routes!(dead_numbers::list))
        .routes(routes!(dead_numbers::show, dead_numbers::clear))
        .routes(routes!(inbound::inbound))
        .routes(routes!(inbound::received))
        .merge(media::routes())
        .merge(consent::routes())
        .routes(routes!(events::events))
        .merge(conversations::routes())
        .merge(application_routes())
        .merge(resources::routes())
        .merge(money_routes())
        .merge(user_routes())
        .merge(operation_routes())
        .routes(routes!(rule_trial::try_rules))
        .routes(routes!(route_replay::replay_routes))
        .routes(routes!(rule_votes::votes))
        .routes(routes!(rule_calls::call))
        .routes(routes!(callbacks::post, callbacks::get))
        .routes(routes!(links::follow))
        .routes(routes!(numbering_plan::show, numbering_plan::import, numbering_plan::delete))
        .routes(routes!(numbering_plan::export))
        .routes(routes!(changes::changes))
        .routes(routes!(audit::audit))
        .routes(routes!(privacy::export))
        .routes(routes!(privacy::erase))
        .routes(routes!(encryption::encryption))
        .routes(routes!(ussd::ask))
        .routes(routes!(ussd::balance))
}

/// Prices, balances and what was counted.
fn money_routes() -> ApiRoutes {
    ApiRoutes::default()
        .routes(routes!(tariffs::list))
        .routes(routes!(tariffs::show, tariffs::import, tariffs::delete))
        .routes(routes!(tariffs::export))
        .routes(routes!(tariffs::derive))
        .routes(routes!(reconciliation::compare))
        .routes(routes!(balances::balances))
        .routes(routes!(balances::entries))
        .routes(routes!(balances::top_up))
        .routes(routes!(balances::rerate))
        .routes(routes!(reports::report))
        .routes(routes!(reports::export))
        .routes(routes!(cdrs::records))
        .routes(routes!(quality::quality))
}

/// Users of the console, and how they come in.
fn user_routes() -> ApiRoutes {
    ApiRoutes::default()
        .routes(routes!(unmask::unmask_message))
        .routes(routes!(unmask::unmask_inbound))
        .routes(routes!(users::make_link))
        .routes(routes!(users::remove_totp))
        .routes(routes!(sessions::sessions, sign_in::sign_in, sessions::end_sessions))
        .routes(routes!(replay::replay))
        .routes(routes!(provider_sign_in::provider, provider_sign_in::sign_in_at_provider))
        .routes(routes!(provider_sign_in::begin_at_provider))
        .routes(routes!(sign_in::current, sign_in::sign_out))
        .routes(routes!(sign_in::prove))
        .routes(routes!(sign_in::change_password))
        .routes(routes!(sign_in::make_code_key, sign_in::set_code_key))
        .routes(routes!(sign_in::setup_for, sign_in::set_up))
        .routes(routes!(sessions::end_session))
        .routes(routes!(lock_outs::lock_outs))
        .routes(routes!(lock_outs::lift))
        .routes(routes!(whoami::whoami))
}

/// What operators look at and do.
fn operation_routes() -> ApiRoutes {
    ApiRoutes::default()
        .routes(routes!(unmatched::unmatched))
        .routes(routes!(failed_posts::failed_posts))
        .routes(routes!(failed_posts::replay_failed_posts))
        .routes(routes!(failed_posts::replay_failed_post))
        .routes(routes!(clients::clients))
        .routes(routes!(nodes::nodes))
        .routes(routes!(presets::presets))
        .routes(routes!(traffic::traffic))
        .routes(routes!(reload::reload))
        .routes(routes!(trace::live))
        .routes(routes!(trace::recent))
        .routes(routes!(trace::pcap))
        .routes(routes!(doctor::examine))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
}

/// The part of the API that a listener serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All of it.
    Everything,
    /// All of it except metrics, which another listener serves.
    WithoutMetrics,
    /// Health and metrics only.
    Monitoring,
    /// Short links only, behind `/l/` or the host's name alone.
    Links,
}

/// The API as a router.
fn router(rest: Arc<Rest>, scope: Scope) -> Router {
    let audited = axum::middleware::from_fn_with_state(Arc::clone(&rest), audited::audited);
    let router = match scope {
        Scope::Monitoring => monitoring().into_router(),
        Scope::Links => short_links(),
        Scope::WithoutMetrics => whole(routes()),
        Scope::Everything => whole(routes().routes(routes!(health::metrics))),
    };
    let masked = axum::middleware::from_fn(masking::masked);
    router.route_layer(audited).route_layer(masked).fallback(nowhere).with_state(rest)
}

/// Short links at both of their addresses.
fn short_links() -> Router<Arc<Rest>> {
    let links = ApiRoutes::default().routes(routes!(links::follow)).into_router();
    links.route("/{code}", axum::routing::get(links::follow))
}

fn monitoring() -> ApiRoutes {
    ApiRoutes::default()
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .routes(routes!(health::metrics))
}

/// These routes with the whole API's description at `/openapi.json`.
fn whole(routes: ApiRoutes) -> Router<Arc<Rest>> {
    let describe = || async { ([("content-type", "application/json")], DESCRIPTION) };
    routes.into_router().route("/openapi.json", axum::routing::get(describe))
}

async fn nowhere() -> Problem {
    Problem::not_found("there is nothing at this address: see /openapi.json")
}

#[cfg(test)]
mod tests;
