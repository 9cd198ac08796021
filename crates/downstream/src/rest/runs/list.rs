//! Looks at campaigns and batches.

use super::found;
use super::view::RunView;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::list;
use crate::rest::problem::Problem;
use crate::rest::templates::page;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::run::RunKind;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of campaigns or batches.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct RunList {
    /// The newest first.
    runs: Vec<RunView>,
    /// The `cursor` of the next page; absent if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A page of them.
pub(super) async fn list(
    rest: &Rest,
    kind: RunKind,
    owned: &Owned,
    query: Option<&str>,
) -> Result<Response, Problem> {
    let (limit, cursor) = page(query)?;
    let before = cursor.as_deref().map(list::cursor).transpose()?.flatten();
    let found = rest.apps.runs.list(owned.account.id, kind, before, limit + 1).await?;
    let (page, next) = list::page(&found, limit, |run| run.id.to_string());
    let now = rest.live.now();
    let runs = page.iter().map(|run| RunView::of(run, now)).collect();
    Ok(json(StatusCode::OK, &RunList { runs, next }))
}

/// One of them.
pub(super) async fn one(rest: &Rest, kind: RunKind, owned: &Owned, id: &str) -> Result<Response, Problem> {
    let run = found(rest, &owned.account, kind, id).await?;
    Ok(json(StatusCode::OK, &RunView::of(&run, rest.live.now())))
}
