//! Lists of alerts.

use super::act::missing;
use super::view::AlertView;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::list;
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::{Rest, query};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::alert::{Filter, State as AlertState};
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The most alerts of one page.
const PAGE_MAX: usize = 500;
/// The default number of alerts of a page.
const PAGE: usize = 50;

/// The page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct AlertsQuery {
    /// Only alerts in this state: `firing`, `acknowledged` or `resolved`.
    state: Option<String>,
    /// Only alerts of this group.
    group: Option<String>,
    /// The most alerts that are looked at for the page, 1 to 500. Default: 50.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// A page of alerts.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct AlertList {
    /// The alerts, the newest first. A page of one state or group may have fewer than `limit`, though more follow.
    alerts: Vec<AlertView>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists alerts, the newest first. They are listed for 30 days after they were reported last.
#[utoipa::path(
    get, path = "/v1/alerts", operation_id = "listAlerts", tag = "alerts", params(AlertsQuery),
    responses(
        (status = 200, description = "A page of alerts.", body = AlertList),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn list_alerts(
    State(rest): State<Arc<Rest>>,
    Owned { account, .. }: Owned,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let mut filter = Filter { most: PAGE, ..Filter::default() };
    let known = ["state", "group", "limit", "cursor"];
    for (name, value) in query::pairs(query.as_deref().unwrap_or_default(), &known)? {
        match name.as_str() {
            "state" => filter.state = Some(list::state("state", &value, AlertState::ALL, AlertState::word)?),
            "group" => filter.group = Some(value.into()),
            "limit" => filter.most = query::limit(&value, PAGE_MAX)?,
            _ => {
                let wrong = |_| query::wrong("cursor", "it is the 'next' of no page");
                filter.before = Some(value.parse().map_err(wrong)?);
            }
        }
    }
    let (alerts, next) = rest.apps.alerts.list(account.id, &filter).await?;
    let alerts = alerts.iter().map(Into::into).collect();
    Ok(json(StatusCode::OK, &AlertList { alerts, next: next.map(|next| next.to_string()) }))
}

/// Shows an alert, with its history.
#[utoipa::path(
    get, path = "/v1/alerts/{number}", operation_id = "getAlert", tag = "alerts",
    params(("number" = u64, Path, description = "The alert's number.")),
    responses(
        (status = 200, description = "The alert.", body = AlertView),
        (status = 404, description = "There is no such alert.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn alert(
    State(rest): State<Arc<Rest>>,
    Owned { account, .. }: Owned,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    let account = account.id;
    let number = number.parse().map_err(|_| missing())?;
    let found = rest.apps.alerts.show(account, number).await?.ok_or_else(missing)?;
    Ok(json(StatusCode::OK, &AlertView::from(&found)))
}
