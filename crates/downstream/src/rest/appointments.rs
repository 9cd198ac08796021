//! Appointments over HTTP.

mod document;

use super::Rest;
use super::answer::json;
use super::caller::Owned;
use super::list::{self, PAGE, PageQuery};
use super::payload::{Payload, parse};
use super::problem::{Problem, ProblemDocument};
use super::query;
use crate::rest::routing::{ApiRoutes, routes};
use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use document::{AppointmentRequest, AppointmentView, MoveRequest};
use postrider_apps::appointment::{Appointment, NotMade, State as AppointmentState};
use postrider_core::contract::StoreError;
use postrider_core::submission::Refusal;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The routes of appointments.
pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::default()
        .routes(routes!(make_appointment, list_appointments))
        .routes(routes!(appointment, cancel_appointment))
        .routes(routes!(move_appointment))
}

fn not_made(error: NotMade) -> Problem {
    let detail = error.to_string();
    match error {
        NotMade::Number(error) => Problem::from(&Refusal::Recipient(error)),
        NotMade::Wrong(field, _) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_appointment", detail).at(field)
        }
        NotMade::Missing => Problem::not_found(detail),
        NotMade::Store(error) => error.into(),
        NotMade::NoRandomness(_) => StoreError::Unavailable(detail).into(),
    }
}

fn shown(status: StatusCode, appointment: &Appointment) -> Response {
    json(status, &AppointmentView::from(appointment))
}

/// Makes an appointment, whose reminders are sent at their times.
#[utoipa::path(
    post, path = "/v1/appointments", operation_id = "makeAppointment", tag = "appointments", request_body = AppointmentRequest,
    responses(
        (status = 201, description = "The appointment.", body = AppointmentView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn make_appointment(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request = parse::<AppointmentRequest>(&body)?.read()?;
    let made = rest.apps.appointments.make(&owned.account, request).await.map_err(not_made)?;
    Ok(shown(StatusCode::CREATED, &made))
}

/// A page of appointments.
#[derive(Serialize, ToSchema)]
pub(super) struct AppointmentList {
    /// The appointments, the last made first.
    appointments: Vec<AppointmentView>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists appointments, the last made first, up to 30 days after their time.
#[utoipa::path(
    get, path = "/v1/appointments", operation_id = "listAppointments", tag = "appointments",
    params(
        PageQuery,
        ("state" = Option<String>, Query, description = "Only appointments in this state: `scheduled`, `confirmed`, `move_requested` or `canceled`."),
    ),
    responses(
        (status = 200, description = "A page of appointments.", body = AppointmentList),
        (status = 400, description = "A parameter is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn list_appointments(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (mut limit, mut cursor, mut state) = (PAGE, None, None);
    for (name, value) in query::pairs(query.as_deref().unwrap_or_default(), &["limit", "cursor", "state"])? {
        match name.as_str() {
            "limit" => limit = list::limit(&value)?,
            "cursor" => cursor = Some(value.into_boxed_str()),
            _ => state = Some(list::state("state", &value, AppointmentState::ALL, AppointmentState::word)?),
        }
    }
    let found = rest.apps.appointments.list(owned.account.id, state, cursor, limit + 1).await?;
    let (page, next) = list::page(&found, limit, |last| last.id.to_string());
    let appointments = page.iter().map(Into::into).collect();
    Ok(json(StatusCode::OK, &AppointmentList { appointments, next }))
}

/// Shows an appointment.
#[utoipa::path(
    get, path = "/v1/appointments/{id}", operation_id = "getAppointment", tag = "appointments",
    params(("id" = String, Path, description = "The appointment's identifier.")),
    responses(
        (status = 200, description = "The appointment.", body = AppointmentView),
        (status = 404, description = "There is no such appointment.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn appointment(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let found = rest.apps.appointments.show(owned.account.id, &id).await?;
    found.map(|found| shown(StatusCode::OK, &found)).ok_or_else(|| not_made(NotMade::Missing))
}

/// Gives an appointment another time, by the clocks of its zone. Its reminders begin anew, and it waits for an answer again.
#[utoipa::path(
    post, path = "/v1/appointments/{id}/move", operation_id = "moveAppointment", tag = "appointments", request_body = MoveRequest,
    params(("id" = String, Path, description = "The appointment's identifier.")),
    responses(
        (status = 200, description = "The appointment as it is now.", body = AppointmentView),
        (status = 404, description = "There is no such appointment.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn move_appointment(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let at = parse::<MoveRequest>(&body)?.read()?;
    let moved = rest.apps.appointments.move_to(owned.account.id, &id, at).await.map_err(not_made)?;
    Ok(shown(StatusCode::OK, &moved))
}

/// Cancels an appointment: no reminder is sent any more. Its recipient is not told.
#[utoipa::path(
    delete, path = "/v1/appointments/{id}", operation_id = "cancelAppointment", tag = "appointments",
    params(("id" = String, Path, description = "The appointment's identifier.")),
    responses(
        (status = 200, description = "The appointment as it is now.", body = AppointmentView),
        (status = 404, description = "There is no such appointment.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn cancel_appointment(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let canceled = rest.apps.appointments.cancel(owned.account.id, &id).await.map_err(not_made)?;
    Ok(shown(StatusCode::OK, &canceled))
}
