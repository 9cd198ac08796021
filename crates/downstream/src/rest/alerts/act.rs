//! What people do about alerts.

use super::view::AlertView;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::alert::Alert;
use postrider_core::principal::Principal;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Who does it, and why.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlertAction)]
pub(in crate::rest) struct ActionRequest {
    /// Who it is. Default: the name of whoever's key it is.
    #[serde(default)]
    #[schema(max_length = 64)]
    by: Option<String>,
    /// A comment, for the history; up to 300 characters.
    #[serde(default)]
    #[schema(max_length = 300)]
    note: Option<String>,
}

impl ActionRequest {
    fn read(body: &[u8]) -> Result<Self, Problem> {
        let request: Self = if body.is_empty() { Self::default() } else { parse(body)? };
        match &request.by {
            Some(by) if by.trim().is_empty() || by.len() > 64 || by.contains(char::is_control) => {
                let detail = "by must be a name of up to 64 octets";
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_action", detail).at("by"))
            }
            _ => Ok(request),
        }
    }

    fn by<'a>(&'a self, caller: &'a Principal) -> &'a str {
        self.by.as_deref().unwrap_or(&caller.who)
    }
}

pub(super) fn missing() -> Problem {
    Problem::not_found("there is no such alert")
}

fn shown(alert: Option<Alert>) -> Result<Response, Problem> {
    let alert = alert.ok_or_else(missing)?;
    Ok(json(StatusCode::OK, &AlertView::from(&alert)))
}

/// Acknowledges an alert: nobody is told of it any more. One that isn't firing stays as it is.
#[utoipa::path(
    post, path = "/v1/alerts/{number}/acknowledge", operation_id = "acknowledgeAlert", tag = "alerts", request_body = ActionRequest,
    params(("number" = u64, Path, description = "The alert's number.")),
    responses(
        (status = 200, description = "The alert as it is now.", body = AlertView),
        (status = 404, description = "There is no such alert.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn acknowledge_alert(
    State(rest): State<Arc<Rest>>,
    Owned { account, caller, .. }: Owned,
    Path(number): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let (account, request) = (account.id, ActionRequest::read(&body)?);
    let number = number.parse().map_err(|_| missing())?;
    let (by, note) = (request.by(&caller), request.note.as_deref());
    shown(rest.apps.alerts.acknowledge(account, number, by, note).await?)
}

/// Says that an alert is over. Those who were told of it hear that. The next report of its source opens another one.
#[utoipa::path(
    post, path = "/v1/alerts/{number}/resolve", operation_id = "resolveAlert", tag = "alerts", request_body = ActionRequest,
    params(("number" = u64, Path, description = "The alert's number.")),
    responses(
        (status = 200, description = "The alert as it is now.", body = AlertView),
        (status = 404, description = "There is no such alert.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn resolve_alert(
    State(rest): State<Arc<Rest>>,
    Owned { account, caller, .. }: Owned,
    Path(number): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let (account, request) = (account.id, ActionRequest::read(&body)?);
    let number = number.parse().map_err(|_| missing())?;
    let (by, note) = (request.by(&caller), request.note.as_deref());
    shown(rest.apps.alerts.resolve(account, number, by, note).await?)
}
