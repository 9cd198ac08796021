//! Schedules of recurring messages over HTTP.

mod document;

use super::Rest;
use super::answer::json;
use super::caller::Owned;
use super::list::{self, PageQuery};
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use crate::rest::routing::{ApiRoutes, routes};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use document::{ScheduleRequest, ScheduleView};
use postrider_apps::schedule::{NotScheduled, Schedule, State as ScheduleState};
use postrider_core::contract::StoreError;
use postrider_core::submission::Refusal;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The routes of schedules.
pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::default()
        .routes(routes!(make_schedule, list_schedules))
        .routes(routes!(schedule, cancel_schedule))
        .routes(routes!(pause_schedule))
        .routes(routes!(resume_schedule))
}

fn not_scheduled(error: NotScheduled) -> Problem {
    let detail = error.to_string();
    match error {
        NotScheduled::Number(error) => Problem::from(&Refusal::Recipient(error)),
        NotScheduled::Wrong(field, _) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_schedule", detail).at(field)
        }
        NotScheduled::Missing => Problem::not_found(detail),
        NotScheduled::Over => Problem::new(StatusCode::CONFLICT, "schedule_is_over", detail),
        NotScheduled::Store(error) => error.into(),
        NotScheduled::NoRandomness(_) => StoreError::Unavailable(detail).into(),
    }
}

fn shown(status: StatusCode, schedule: &Schedule) -> Response {
    json(status, &ScheduleView::from(schedule))
}

/// Makes a schedule: messages that are sent again and again. Those of each time are sent once, whatever crashes.
#[utoipa::path(
    post, path = "/v1/schedules", operation_id = "makeSchedule", tag = "schedules", request_body = ScheduleRequest,
    responses(
        (status = 201, description = "The schedule.", body = ScheduleView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn make_schedule(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request = parse::<ScheduleRequest>(&body)?.read()?;
    let made = rest.apps.schedules.make(&owned.account, request).await.map_err(not_scheduled)?;
    Ok(shown(StatusCode::CREATED, &made))
}

/// A page of schedules.
#[derive(Serialize, ToSchema)]
pub(super) struct ScheduleList {
    /// The schedules, the last made first.
    schedules: Vec<ScheduleView>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists schedules, the last made first, up to 30 days after their end.
#[utoipa::path(
    get, path = "/v1/schedules", operation_id = "listSchedules", tag = "schedules", params(PageQuery),
    responses(
        (status = 200, description = "A page of schedules.", body = ScheduleList),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list_schedules(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (limit, cursor) = list::limit_and_cursor::<String>(query.as_deref())?;
    let found = rest.apps.schedules.list(owned.account.id, cursor.map(Into::into), limit + 1).await?;
    let (page, next) = list::page(&found, limit, |last| last.id.to_string());
    let schedules = page.iter().map(Into::into).collect();
    Ok(json(StatusCode::OK, &ScheduleList { schedules, next }))
}

/// Shows a schedule.
#[utoipa::path(
    get, path = "/v1/schedules/{id}", operation_id = "getSchedule", tag = "schedules",
    params(("id" = String, Path, description = "The schedule's identifier.")),
    responses(
        (status = 200, description = "The schedule.", body = ScheduleView),
        (status = 404, description = "There is no such schedule.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn schedule(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = rest.apps.schedules.show(owned.account.id, &id).await?;
    found.map(|found| shown(StatusCode::OK, &found)).ok_or_else(|| not_scheduled(NotScheduled::Missing))
}

async fn set(rest: &Rest, owned: &Owned, id: &str, state: ScheduleState) -> Result<Response, Problem> {
    let changed = rest.apps.schedules.set(owned.account.id, id, state).await.map_err(not_scheduled)?;
    Ok(shown(StatusCode::OK, &changed))
}

/// Pauses a schedule. What it misses meanwhile is not made up for.
#[utoipa::path(
    post, path = "/v1/schedules/{id}/pause", operation_id = "pauseSchedule", tag = "schedules",
    params(("id" = String, Path, description = "The schedule's identifier.")),
    responses(
        (status = 200, description = "The schedule as it is now.", body = ScheduleView),
        (status = "4XX", description = "There is no such schedule, or it is over.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn pause_schedule(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    set(&rest, &owned, &id, ScheduleState::Paused).await
}

/// Has a paused schedule go on, at its next time.
#[utoipa::path(
    post, path = "/v1/schedules/{id}/resume", operation_id = "resumeSchedule", tag = "schedules",
    params(("id" = String, Path, description = "The schedule's identifier.")),
    responses(
        (status = 200, description = "The schedule as it is now.", body = ScheduleView),
        (status = "4XX", description = "There is no such schedule, or it is over.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn resume_schedule(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    set(&rest, &owned, &id, ScheduleState::Active).await
}

/// Cancels a schedule. Messages that it has sent already stay as they are.
#[utoipa::path(
    delete, path = "/v1/schedules/{id}", operation_id = "cancelSchedule", tag = "schedules",
    params(("id" = String, Path, description = "The schedule's identifier.")),
    responses(
        (status = 200, description = "The schedule as it is now.", body = ScheduleView),
        (status = "4XX", description = "There is no such schedule, or it is over.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn cancel_schedule(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    set(&rest, &owned, &id, ScheduleState::Canceled).await
}
