//! Reports of monitoring tools.

use super::sources::missing_source;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::ByAccount;
use crate::rest::payload::Payload;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use postrider_apps::alert::{NotReceived, Reception};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The end of the address where a source reports. Its key may come as a password, too.
pub(in crate::rest) const RECEIVE: &str = "/v1/alerts/sources/{name}/reports";

/// What came of a report.
#[derive(Serialize, ToSchema)]
#[schema(as = AlertsReceived)]
pub(in crate::rest) struct ReceptionView {
    /// The numbers of alerts that were opened.
    opened: Vec<u64>,
    /// The numbers of open alerts that were reported again.
    repeated: Vec<u64>,
    /// The numbers of alerts that are over.
    resolved: Vec<u64>,
}

impl From<Reception> for ReceptionView {
    fn from(Reception { opened, repeated, resolved }: Reception) -> Self {
        Self { opened, repeated, resolved }
    }
}

/// Takes a report of a source, in the source's form: the body of a webhook, or a CAP document. When it is answered, its alerts are
/// durable. The key may come as `Authorization: Bearer`, or as the password of `Authorization: Basic` under any name.
#[utoipa::path(
    post, path = "/v1/alerts/sources/{name}/reports", operation_id = "reportAlerts", tag = "alerts",
    security(("key" = []), ("password" = [])),
    request_body(content((Object = "application/json"), (String = "application/xml"), (Object = "application/x-www-form-urlencoded"))),
    params(("name" = String, Path, description = "The source's name.")),
    responses(
        (status = 200, description = "What came of it.", body = ReceptionView),
        (status = 404, description = "There is no such source.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 422, description = "The body isn't in the source's form.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "5XX", description = "Not taken; report again.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn receive_alerts(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let media_type =
        request.headers().get(CONTENT_TYPE).and_then(|given| given.to_str().ok()).map(str::to_owned);
    let Payload(body) = Payload::whole(request).await?;
    let received = rest.apps.alerts.receive(account.id, &name, media_type.as_deref(), &body).await;
    match received {
        Ok(reception) => Ok(json(StatusCode::OK, &ReceptionView::from(reception))),
        Err(NotReceived::NoSource) => Err(missing_source()),
        Err(NotReceived::Unread(unread)) => {
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_report", unread.to_string()))
        }
        Err(NotReceived::Store(error)) => Err(error.into()),
    }
}
