//! USSD over the modem of an upstream: requests to its network, and the balance of its SIM.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::moment;
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use super::query;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use futures_util::future::BoxFuture;
use postrider_core::contract::LinkState;
use postrider_core::time::Time;
use postrider_core::ussd::Page;
use postrider_declare::none;
use postrider_declare::upstream::{Protocol, UpstreamDocument};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Why the network gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAnswered {
    /// The upstream has no modem.
    NoModem,
    /// The modem has another dialogue, or no network.
    Busy,
    /// In words.
    Failed(String),
}

/// The balance of a SIM, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct UssdBalance {
    /// The amount, if it was found.
    pub amount: Option<f64>,
    /// The network's text.
    pub text: String,
    /// When it came.
    pub at: Time,
}

/// Asks the network of an upstream, by name, and of its link with this place, for a code.
type Ask = Box<dyn Fn(String, usize, String) -> BoxFuture<'static, Result<Page, NotAnswered>> + Send + Sync>;

/// Tells the last balance of the SIM behind a link of an upstream.
type Balance = Box<dyn Fn(&str, usize) -> Option<UssdBalance> + Send + Sync>;

/// Asks the networks of modems.
pub struct UssdAsker {
    /// Asks the network of an upstream for a code, or answers its last page.
    pub ask: Ask,
    /// The last balance of an upstream's SIM.
    pub balance: Balance,
}

impl UssdAsker {
    /// One without modems.
    #[must_use]
    pub fn nobody() -> Self {
        Self {
            ask: Box::new(|_, _, _| Box::pin(async { Err(NotAnswered::NoModem) })),
            balance: Box::new(|_, _| None),
        }
    }
}

/// A request to the network of a modem.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UssdRequest {
    /// A code such as `*100#`; or, after a page that goes on, what is entered there.
    text: String,
    /// The modem that asks, by its `device`, where the upstream has several. Default: the first.
    device: Option<String>,
}

/// Which modem of an upstream.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the query, which is read by hand")]
struct WhichModem {
    /// Its `device`, where the upstream has several. Default: the first.
    device: Option<String>,
}

/// The network's answer.
#[derive(Serialize, ToSchema)]
pub(super) struct UssdPage {
    /// The text.
    text: String,
    /// Whether it waits for an answer, which is another request.
    r#continue: bool,
}

/// The balance of an upstream's SIM.
#[derive(Serialize, ToSchema)]
pub(super) struct SimBalance {
    /// The amount; absent if `balance.pattern` finds none in the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<f64>,
    /// The network's text.
    text: String,
    /// When the network said so.
    #[schema(format = "date-time")]
    at: String,
}

/// Asks the network of a modem by USSD, as dialling a code does, and waits for the answer for up to 50 seconds.
#[utoipa::path(
    post, path = "/v1/upstreams/{name}/ussd", operation_id = "askByUssd", tag = "upstreams", request_body = UssdRequest,
    params(("name" = String, Path, description = "The upstream's name.")),
    responses(
        (status = 200, description = "The network's answer.", body = UssdPage),
        (status = "4XX", description = "Nothing was asked, or the network gave no answer.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn ask(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(name): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let UssdRequest { text, device } = parse(&body)?;
    let Modem { is_modem, is_up, link } = modem(&rest, &name, device.as_deref())?;
    let failed = |code, why: String| Problem::new(StatusCode::CONFLICT, code, why);
    let no_modem = || failed("no_modem", format!("the upstream '{name}' is no modem"));
    if !is_modem {
        return Err(no_modem());
    }
    if !is_up {
        let why =
            format!("the link of the upstream '{name}' is not up at this node: see GET /v1/upstreams/{name}");
        return Err(failed("link_down", why));
    }
    let page = (rest.ussd.ask)(name.clone(), link, text).await.map_err(|error| match error {
        NotAnswered::NoModem => no_modem(),
        NotAnswered::Busy => failed(
            "modem_busy",
            format!("the modem of '{name}' has another dialogue, or no network: try again"),
        ),
        NotAnswered::Failed(why) => failed("no_answer", why),
    })?;
    Ok(json(StatusCode::OK, &UssdPage { text: page.text.into(), r#continue: page.goes_on }))
}

/// Shows the balance of a modem's SIM, as the network told it last.
#[utoipa::path(
    get, path = "/v1/upstreams/{name}/balance", operation_id = "showSimBalance", tag = "upstreams",
    params(("name" = String, Path, description = "The upstream's name."), WhichModem),
    responses(
        (status = 200, description = "The balance.", body = SimBalance),
        (status = "4XX", description = "It is not known.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn balance(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let given = query::pairs(query.as_deref().unwrap_or_default(), &["device"])?;
    let device = given.into_iter().next().map(|(_, device)| device);
    let Modem { link, .. } = modem(&rest, &name, device.as_deref())?;
    let unknown = || {
        Problem::not_found(format!(
            "this node knows no balance of '{name}': declare 'balance', or ask by ussd"
        ))
    };
    let UssdBalance { amount, text, at } = (rest.ussd.balance)(&name, link).ok_or_else(unknown)?;
    Ok(json(StatusCode::OK, &SimBalance { amount, text, at: moment::write(at) }))
}

/// A modem of an upstream.
struct Modem {
    /// Whether the upstream is one.
    is_modem: bool,
    /// Whether its link is up here.
    is_up: bool,
    /// Its link's place among those of the upstream.
    link: usize,
}

/// The modem of an upstream with this device, or the first.
fn modem(rest: &Rest, name: &str, device: Option<&str>) -> Result<Modem, Problem> {
    let declared = rest.registry.declared();
    let found = declared.upstreams.iter().find(|(_, upstream)| upstream.document.name == name);
    let (id, upstream) = found.ok_or_else(|| Problem::from(none::<UpstreamDocument>(name)))?;
    let link = match (&upstream.document.protocol, device) {
        (Protocol::Modem(modem), Some(device)) => {
            let known = modem.devices().position(|known| known.text() == device);
            known.ok_or_else(|| {
                Problem::not_found(format!("the upstream '{name}' has no modem at '{device}'"))
            })?
        }
        _ => 0,
    };
    let is_up = (rest.links)().get(id).is_some_and(|running| running.links.get(link) == Some(&LinkState::Up));
    Ok(Modem { is_modem: matches!(upstream.document.protocol, Protocol::Modem(_)), is_up, link })
}
