//! Alerts over HTTP: reports of monitoring tools, groups of people on call, and alerts.

mod act;
mod group_document;
mod groups;
mod list;
mod receive;
mod source_document;
mod sources;
mod view;

pub(super) use act::*;
pub(super) use groups::*;
pub(super) use list::*;
pub(super) use receive::*;
pub(super) use sources::*;

use super::problem::Problem;
use crate::rest::routing::{ApiRoutes, routes};
use axum::http::StatusCode;
use postrider_apps::alert::NotSet;

/// The longest name of a group or a source, in octets.
const NAME_MAX: usize = 64;

/// The routes of alerts.
pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::default()
        .routes(routes!(list_alerts))
        .routes(routes!(alert))
        .routes(routes!(acknowledge_alert))
        .routes(routes!(resolve_alert))
        .routes(routes!(list_alert_groups))
        .routes(routes!(alert_group, set_alert_group, remove_alert_group))
        .routes(routes!(on_call))
        .routes(routes!(list_alert_sources))
        .routes(routes!(alert_source, set_alert_source, remove_alert_source))
        .routes(routes!(receive_alerts))
}

/// The name of a group or a source: letters, digits, `-`, `_` and `.`.
fn name(text: &str) -> Result<Box<str>, Problem> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !text.is_empty() && text.len() <= NAME_MAX && text.chars().all(is_name) {
        return Ok(text.into());
    }
    let detail = format!("a name has 1 to {NAME_MAX} letters, digits, '-', '_' and '.'");
    Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_name", detail).at("name"))
}

fn not_set(error: NotSet) -> Problem {
    let detail = error.to_string();
    let wrong = |code: &'static str, field: &'static str| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail.clone()).at(field)
    };
    match error {
        NotSet::Group(it) => wrong("invalid_alert_group", it.field),
        NotSet::Number { .. } => wrong("invalid_alert_group", "people"),
        NotSet::Source(it) => wrong("invalid_alert_source", it.field),
        NotSet::TooMany => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many", detail),
        NotSet::InUse(_) => Problem::new(StatusCode::CONFLICT, "in_use", detail),
        NotSet::Store(error) => error.into(),
    }
}
