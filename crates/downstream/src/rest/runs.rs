//! Campaigns, batches and broadcasts over HTTP. All are runs, with the same operations under three names.

mod action;
mod add;
mod estimate;
mod fallback;
mod hours;
mod kinds;
mod list;
mod make;
mod networks;
mod recipients;
mod rows;
mod trial;
mod view;

use super::Rest;
use super::problem::Problem;
use crate::rest::routing::ApiRoutes;
use axum::http::StatusCode;
use postrider_apps::run::{NotDone, RunKind};
use postrider_core::account::Account;
use postrider_core::contract::StoreError;

/// The routes of campaigns, batches and broadcasts.
pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::default()
        .merge(kinds::campaign::routes())
        .merge(kinds::batch::routes())
        .merge(kinds::broadcast::routes())
}

fn missing(kind: RunKind) -> Problem {
    Problem::not_found(format!("there is no such {}", kind.word()))
}

/// The number of a run in a path.
fn number(kind: RunKind, text: &str) -> Result<u64, Problem> {
    text.parse().map_err(|_| missing(kind))
}

fn not_done(kind: RunKind, error: NotDone) -> Problem {
    let detail = error.to_string();
    match error {
        NotDone::Missing => missing(kind),
        NotDone::State(_) => {
            let detail = format!("the {}{}", kind.word(), detail.trim_start_matches("it"));
            Problem::new(StatusCode::CONFLICT, "wrong_state", detail)
        }
        NotDone::Wrong(field, detail) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_run", detail).at(field)
        }
        NotDone::Stale => Problem::new(StatusCode::CONFLICT, "launch_expired", detail),
        NotDone::OwnWork => Problem::new(StatusCode::FORBIDDEN, "own_work", detail),
        NotDone::Refused(refusal) => Problem::from(&refusal),
        NotDone::Busy(busy) => busy.into(),
        NotDone::Store(error) => error.into(),
        NotDone::NoRandomness(_) => StoreError::Unavailable(detail).into(),
    }
}

/// A run of an account.
async fn found(
    rest: &Rest,
    account: &Account,
    kind: RunKind,
    id: &str,
) -> Result<postrider_apps::run::Run, Problem> {
    let id = number(kind, id)?;
    rest.apps.runs.show(account.id, kind, id).await?.ok_or_else(|| missing(kind))
}
