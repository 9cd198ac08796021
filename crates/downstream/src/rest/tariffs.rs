//! Tariffs over HTTP: imported, listed, shown, exported and deleted whole.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::payload::read_up_to;
use super::problem::{Problem, ProblemDocument};
use super::query::{pairs, wrong};
use super::{mistakes, moment};
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use postrider_core::csv::OCTETS_MAX;
use postrider_core::money::{Loss, Losses, NotAPercent, RateChanges};
use postrider_declare::{ImportedTariff, RegistryError, TariffSummary};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use utoipa::{IntoParams, ToSchema};

/// The longest time for the arrival of a tariff.
const ARRIVAL_MAX: Duration = Duration::from_mins(10);

/// A tariff, without its rates.
#[derive(Serialize, ToSchema)]
#[schema(as = Tariff)]
pub(in crate::rest) struct TariffView {
    /// Its name.
    name: String,
    /// The number of rates.
    rates: usize,
    /// The currency of its prices (ISO 4217).
    currency: String,
    /// The size of the CSV, in octets.
    octets: usize,
    /// The SHA-256 of the CSV, in hexadecimal.
    sha256: String,
    /// When it was imported; absent after a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    imported_at: Option<String>,
    /// What an import would change; after a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<RateChangesView>,
}

/// What an import of a tariff changes, in numbers of rates.
#[derive(Serialize, ToSchema)]
#[schema(as = TariffChanges)]
struct RateChangesView {
    /// Rates that were not there.
    new: usize,
    /// Rates that are no more.
    gone: usize,
    /// Rates with a higher price.
    dearer: usize,
    /// Rates with a lower price.
    cheaper: usize,
    /// Rates by which parts would be sold below cost: of an upstream's tariff compared with those of accounts, and the other way
    /// round.
    losses: usize,
    /// The first 20 of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    first_losses: Vec<LossView>,
}

/// A rate by which a part would be sold below cost. Amounts are decimal numbers in texts.
#[derive(Serialize, ToSchema)]
#[schema(as = TariffLoss)]
struct LossView {
    /// The prefix, the network or the MCC of the rate.
    rate: String,
    /// The tariff that it was compared with.
    against: String,
    /// The price of a part.
    price: String,
    /// Its cost.
    cost: String,
}

impl LossView {
    fn of(loss: Loss) -> Self {
        let Loss { subject, against, price, cost } = loss;
        Self {
            rate: subject.into(),
            against: against.into(),
            price: price.to_string(),
            cost: cost.to_string(),
        }
    }
}

/// All tariffs.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct TariffList {
    /// The tariffs, by name.
    tariffs: Vec<TariffView>,
}

impl TariffView {
    fn of(name: &str, summary: TariffSummary) -> Self {
        let TariffSummary { rates, currency, octets, sha256 } = summary;
        Self { name: name.to_owned(), rates, currency, octets, sha256, imported_at: None, changes: None }
    }

    fn imported(name: &str, tariff: &ImportedTariff) -> Self {
        Self { imported_at: Some(moment::write(tariff.updated)), ..Self::of(name, tariff.summary.clone()) }
    }

    fn checked(name: &str, (summary, changes, losses): (TariffSummary, RateChanges, Losses)) -> Self {
        let RateChanges { new, gone, dearer, cheaper } = changes;
        let first_losses = losses.first.into_iter().map(LossView::of).collect();
        let changes = RateChangesView { new, gone, dearer, cheaper, losses: losses.count, first_losses };
        Self { changes: Some(changes), ..Self::of(name, summary) }
    }
}

/// Lists the tariffs, without their rates.
#[utoipa::path(
    get, path = "/v1/tariffs", tag = "money", operation_id = "listTariffs",
    responses((status = 200, description = "The tariffs.", body = TariffList)),
)]
pub(in crate::rest) async fn list(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
) -> Result<Response, Problem> {
    let declared = rest.registry.declared();
    let tariffs = declared.tariffs.iter().map(|(name, tariff)| TariffView::imported(name, tariff)).collect();
    Ok(json(StatusCode::OK, &TariffList { tariffs }))
}

/// Shows a tariff, without its rates.
#[utoipa::path(
    get, path = "/v1/tariffs/{name}", tag = "money", operation_id = "getTariff",
    params(("name" = String, Path, description = "The tariff's name.")),
    responses(
        (status = 200, description = "The tariff.", body = TariffView),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn show(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let declared = rest.registry.declared();
    let tariff = declared.tariffs.get(&name).ok_or_else(|| missing(&name))?;
    Ok(json(StatusCode::OK, &TariffView::imported(&name, tariff)))
}

/// Why an import is refused.
fn refused(error: RegistryError) -> Problem {
    match error {
        RegistryError::Plan(mistakes) => mistakes::of_table("invalid_tariff", &mistakes),
        other => other.into(),
    }
}

fn missing(name: &str) -> Problem {
    Problem::not_found(format!("there is no tariff '{name}'"))
}

/// Imports a tariff, in the place of the one with its name. It is in force when the answer comes.
///
/// The body is CSV with a header: `prefix,mccmnc,name,price,currency,valid_from,service,class,sender,from_parts`, in any order; `price` and `currency` are needed,
/// and a rate is for a prefix (`*` is every number), a network (MCC and MNC) or an MCC alone. A tariff with a mistake is refused
/// whole. A dry run says how many rates are new, gone, dearer and cheaper, and which would sell below cost.
#[utoipa::path(
    put, path = "/v1/tariffs/{name}", tag = "money", operation_id = "putTariff",
    request_body(content = String, content_type = "text/csv"),
    params(
        ("name" = String, Path, description = "The tariff's name, written like an account's."),
        ("dry_run" = Option<bool>, Query, description = "Whether the tariff is only checked. Default: false."),
    ),
    responses(
        (status = 200, description = "The tariff is in force, or fine.", body = TariffView),
        (status = "4XX", description = "Nothing was changed; `errors` lists up to 100 mistakes by line.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn import(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    body: Body,
) -> Result<Response, Problem> {
    let is_dry = match pairs(query.as_deref().unwrap_or_default(), &["dry_run"])?.pop() {
        None => false,
        Some((_, value)) => value.parse().map_err(|_| wrong("dry_run", "write true or false"))?,
    };
    let octets: Arc<[u8]> = read_up_to(body, OCTETS_MAX, ARRIVAL_MAX).await?.into();
    let now = rest.live.now();
    let view = if is_dry {
        TariffView::checked(&name, rest.registry.check_tariff(&name, octets, now).await.map_err(refused)?)
    } else {
        TariffView::imported(
            &name,
            &rest.registry.import_tariff(&name, octets, &who, now).await.map_err(refused)?,
        )
    };
    Ok(json(StatusCode::OK, &view))
}

/// Exports a tariff as it was imported.
#[utoipa::path(
    get, path = "/v1/tariffs/{name}/csv", tag = "money", operation_id = "exportTariff",
    params(("name" = String, Path, description = "The tariff's name.")),
    responses(
        (status = 200, description = "The tariff.", body = String, content_type = "text/csv"),
        (status = 404, description = "There is none.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn export(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let octets = rest.registry.exported_tariff(&name).await?.ok_or_else(|| missing(&name))?;
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8")], octets).into_response())
}

/// What a price list is made of.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct DerivedQuery {
    /// Names of tariffs of costs, separated by commas, in one currency.
    from: String,
    /// What is added to the least cost, in percent, 0 to 1,000 with at most two decimals. Default: 0.
    percent: Option<String>,
}

/// Makes a price list of costs, as CSV that can be imported: for each prefix, network and MCC the cost of the cheapest of several tariffs, and
/// so much more. Nothing is changed.
///
/// Prices are rounded up to a millionth. A tariff that has a shorter prefix alone counts by that. Costs that change on a day make a row
/// for that day.
#[utoipa::path(
    get, path = "/v1/derived-tariff", tag = "money", operation_id = "deriveTariff", params(DerivedQuery),
    responses(
        (status = 200, description = "The price list.", body = String, content_type = "text/csv"),
        (status = "4XX", description = "There is no such tariff, or they are in different currencies.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn derive(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (mut from, mut percent) = (Vec::new(), "0".parse());
    for (name, value) in pairs(query.as_deref().unwrap_or_default(), &["from", "percent"])? {
        if name == "from" {
            from =
                value.split(',').map(str::trim).filter(|name| !name.is_empty()).map(String::from).collect();
        } else {
            percent = value.parse();
        }
    }
    let percent = percent.map_err(|why: NotAPercent| wrong("percent", &why.to_string()))?;
    if from.is_empty() {
        return Err(wrong("from", "name a tariff at least"));
    }
    let octets = rest.registry.derived_tariff(&from, percent, rest.live.now()).await?;
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8")], octets).into_response())
}

/// Deletes a tariff that no account and no upstream names.
#[utoipa::path(
    delete, path = "/v1/tariffs/{name}", tag = "money", operation_id = "deleteTariff",
    params(("name" = String, Path, description = "The tariff's name.")),
    responses(
        (status = 204, description = "Deleted."),
        (status = "4XX", description = "There is none, or something names it.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn delete(
    State(rest): State<Arc<Rest>>,
    ByAdministrator(who): ByAdministrator,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    rest.registry.delete_tariff(&name, &who, rest.live.now()).await?;
    Ok(StatusCode::NO_CONTENT)
}
