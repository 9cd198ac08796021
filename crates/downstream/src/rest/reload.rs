//! Reload of the configuration file, as SIGHUP asks for it, with an answer.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::problem::{Problem, ProblemDocument};
use super::query;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use postrider_declare::RegistryError;
use serde::Serialize;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use utoipa::ToSchema;

/// A request to reload the configuration file.
pub struct ReloadRequest {
    /// Whether the file may delete everything of a kind.
    pub allow_empty: bool,
    /// Takes what changed, in words.
    pub answer: oneshot::Sender<Result<Vec<String>, NotReloaded>>,
}

/// Requests to reload, to the task that does it. A gateway without a configuration file takes none.
pub type Reloads = mpsc::Sender<ReloadRequest>;

/// Why the file was not reloaded. Nothing was changed.
#[derive(Debug)]
pub enum NotReloaded {
    /// It can't be read, or there are mistakes in it; a line each.
    File(Vec<String>),
    /// Its declarations can't be put in force.
    Declarations(RegistryError),
}

impl std::fmt::Display for NotReloaded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(lines) => f.write_str(&lines.join("; ")),
            Self::Declarations(error) => error.fmt(f),
        }
    }
}

/// What a reload changed.
#[derive(Serialize, ToSchema)]
pub(super) struct Reloaded {
    /// The changes, in words. Empty if nothing changed.
    changes: Vec<String>,
}

/// Reads the configuration file again: accounts, upstreams, routes, certificates and the log level.
///
/// On a mistake nothing changes. A file that would delete all accounts, all upstreams or all routes is refused unless
/// `allow_empty` is true.
#[utoipa::path(
    post, path = "/v1/reload", operation_id = "reloadConfiguration", tag = "operations",
    params(("allow_empty" = Option<bool>, Query, description = "Whether the file may delete everything of a kind. Default: false.")),
    responses(
        (status = 200, description = "The file is in force.", body = Reloaded),
        (status = "4XX", description = "Nothing was changed.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn reload(
    State(rest): State<Arc<Rest>>,
    _administrator: ByAdministrator,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let allow_empty = allow_empty(query.as_deref())?;
    let (answer, answered) = oneshot::channel();
    let none =
        || Problem::new(StatusCode::CONFLICT, "no_configuration_file", "this gateway has no file to reload");
    rest.reloads.send(ReloadRequest { allow_empty, answer }).await.map_err(|_| none())?;
    let changes = answered.await.unwrap_or(Err(NotReloaded::Declarations(RegistryError::Interrupted)))?;
    Ok(json(StatusCode::OK, &Reloaded { changes }))
}

/// The parameter `allow_empty` of a query.
pub(super) fn allow_empty(query: Option<&str>) -> Result<bool, Problem> {
    let pairs = query::pairs(query.unwrap_or_default(), &["allow_empty"])?;
    match pairs.last().map(|(_, value)| &**value) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(query::wrong("allow_empty", "must be true or false")),
    }
}

impl From<NotReloaded> for Problem {
    fn from(error: NotReloaded) -> Self {
        match error {
            NotReloaded::Declarations(error) => error.into(),
            NotReloaded::File(lines) => {
                let detail = lines.first().cloned().unwrap_or_else(|| "the file can't be read".to_owned());
                let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_configuration", detail);
                let errors = lines.iter().map(|line| serde_json::json!({ "detail": line })).collect();
                if lines.len() > 1 { problem.with("errors", errors) } else { problem }
            }
        }
    }
}
