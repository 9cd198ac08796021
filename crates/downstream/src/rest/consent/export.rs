//! Exports as CSV: all that the caller sees, however much it is, without holding it in memory.

use super::view::{COLUMNS, ConsentView};
use super::{csv, list};
use crate::rest::Rest;
use crate::rest::problem::Problem;
use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use futures_util::stream::unfold;
use postrider_core::consent::Kind;
use postrider_core::contract::{ConsentFilter, StoreError};
use postrider_core::principal::Principal;
use std::sync::Arc;

/// Entries that are read at once.
const AT_ONCE: usize = 500;

/// The stages of an export.
enum Stage {
    First(ConsentFilter),
    Behind(ConsentFilter),
    Done,
}

/// An export.
pub(super) fn export(
    rest: Arc<Rest>,
    kind: Kind,
    caller: &Principal,
    query: &str,
) -> Result<Response, Problem> {
    let filter = list::filter(kind, query, caller, &rest.live.rules())?;
    let first = filter.map_or(Stage::Done, |filter| Stage::First(ConsentFilter { limit: AT_ONCE, ..filter }));
    let lines = unfold((rest, first), async |(rest, stage)| match next(&rest, stage).await {
        Ok(Some((lines, stage))) => Some((Ok(Bytes::from(lines)), (rest, stage))),
        Ok(None) => None,
        // The body breaks off, so that nobody takes it for whole.
        Err(error) => Some((Err(error), (rest, Stage::Done))),
    });
    let mut response = Response::new(Body::from_stream(lines));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    Ok(response)
}

/// The next lines.
async fn next(rest: &Rest, stage: Stage) -> Result<Option<(String, Stage)>, StoreError> {
    let mut lines = String::new();
    let filter = match stage {
        Stage::First(filter) => {
            csv::write(&mut lines, COLUMNS);
            filter
        }
        Stage::Behind(filter) => filter,
        Stage::Done => return Ok(None),
    };
    let found = rest.consent.consents(filter.clone()).await?;
    let rules = rest.live.rules();
    for kept in &found {
        csv::write(&mut lines, ConsentView::of(&kept.change, &rules).cells());
    }
    let stage = match found.last() {
        Some(last) if found.len() == AT_ONCE => {
            Stage::Behind(ConsentFilter { before: Some(last.sequence), ..filter })
        }
        _ => Stage::Done,
    };
    Ok(Some((lines, stage)))
}
