//! Groups of people on call.

use super::group_document::{GroupRequest, GroupView, ShiftView};
use super::{name, not_set};
use crate::rest::answer::json;
use crate::rest::caller::{ByAccount, Owned};
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::{Rest, query};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// The most shifts of an answer.
const SHIFTS_MAX: usize = 100;
/// The default number of shifts of an answer.
const SHIFTS: usize = 10;

/// The groups of an account.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct AlertGroupList {
    /// The groups.
    groups: Vec<GroupView>,
}

/// Who is on call.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct OnCall {
    /// The present shift, and the next ones. Nobody is on call between a shift's end and the beginning of the next, if these differ.
    shifts: Vec<ShiftView>,
}

/// How many shifts are shown.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes the parameters")]
pub(in crate::rest) struct OnCallQuery {
    /// The most shifts, 1 to 100. Default: 10.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<usize>,
}

fn missing_group() -> Problem {
    Problem::not_found("there is no such group")
}

/// Lists the account's groups of people on call.
#[utoipa::path(
    get, path = "/v1/alerts/groups", operation_id = "listAlertGroups", tag = "alerts",
    responses((status = 200, description = "The groups.", body = AlertGroupList)),
)]
pub(in crate::rest) async fn list_alert_groups(
    State(rest): State<Arc<Rest>>,
    Owned { account, .. }: Owned,
) -> Result<Response, Problem> {
    let groups = rest.apps.alerts.groups(account.id).await?;
    let groups = groups.iter().map(Into::into).collect();
    Ok(json(StatusCode::OK, &AlertGroupList { groups }))
}

/// Shows a group.
#[utoipa::path(
    get, path = "/v1/alerts/groups/{name}", operation_id = "getAlertGroup", tag = "alerts",
    params(("name" = String, Path, description = "The group's name.")),
    responses(
        (status = 200, description = "The group.", body = GroupView),
        (status = 404, description = "There is no such group.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn alert_group(
    State(rest): State<Arc<Rest>>,
    Owned { account, .. }: Owned,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let found = rest.apps.alerts.group(account.id, &name).await?.ok_or_else(missing_group)?;
    Ok(json(StatusCode::OK, &GroupView::from(&found)))
}

/// Declares a group: its people, who is on duty when, and the steps by which they are told. Alerts that are open follow it from
/// their next step on.
#[utoipa::path(
    put, path = "/v1/alerts/groups/{name}", operation_id = "setAlertGroup", tag = "alerts", request_body = GroupRequest,
    params(("name" = String, Path, description = "The group's name: letters, digits, `-`, `_` and `.`.")),
    responses(
        (status = 200, description = "The group, which was there before.", body = GroupView),
        (status = 201, description = "The group, which is new.", body = GroupView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn set_alert_group(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(given): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let group = parse::<GroupRequest>(&body)?.read(name(&given)?)?;
    let (group, is_new) = rest.apps.alerts.set_group(&account, group).await.map_err(not_set)?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(json(status, &GroupView::from(&group)))
}

/// Removes a group. Its open alerts are told to nobody any more.
#[utoipa::path(
    delete, path = "/v1/alerts/groups/{name}", operation_id = "removeAlertGroup", tag = "alerts",
    params(("name" = String, Path, description = "The group's name.")),
    responses(
        (status = 204, description = "It is removed."),
        (status = 404, description = "There is no such group.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "A source reports to it.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn remove_alert_group(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    if rest.apps.alerts.remove_group(account.id, &name).await.map_err(not_set)? {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(missing_group())
}

/// Shows who is on call in a group now, and the next shifts.
#[utoipa::path(
    get, path = "/v1/alerts/groups/{name}/on-call", operation_id = "getOnCall", tag = "alerts",
    params(("name" = String, Path, description = "The group's name."), OnCallQuery),
    responses(
        (status = 200, description = "The shifts.", body = OnCall),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 404, description = "There is no such group.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn on_call(
    State(rest): State<Arc<Rest>>,
    Owned { account, .. }: Owned,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let account = account.id;
    let mut limit = SHIFTS;
    for (_, value) in query::pairs(query.as_deref().unwrap_or_default(), &["limit"])? {
        limit = query::limit(&value, SHIFTS_MAX)?;
    }
    let group = rest.apps.alerts.group(account, &name).await?.ok_or_else(missing_group)?;
    let shifts = rest.apps.alerts.shifts(&group, limit).iter().map(Into::into).collect();
    Ok(json(StatusCode::OK, &OnCall { shifts }))
}
