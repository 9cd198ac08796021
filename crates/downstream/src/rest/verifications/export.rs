//! All verifications of an account as CSV.

use super::view::VerificationView;
use crate::rest::Rest;
use crate::rest::caller::Owned;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::Response;
use futures_util::stream::unfold;
use postrider_apps::csv;
use postrider_core::account::AccountId;
use postrider_core::contract::StoreError;
use std::sync::Arc;

/// Verifications that are read at once.
const PAGE: usize = 500;

/// Where an export goes on: behind a verification, or at the beginning; `None` at its end.
type Place = Option<Option<Box<str>>>;

/// Exports all verifications that are kept, the newest first, as CSV. Codes are not among them.
#[utoipa::path(
    get, path = "/v1/verifications/csv", operation_id = "exportVerifications", tag = "verifications",
    responses(
        (status = 200, description = "The verifications.", body = String, content_type = "text/csv"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn export_verifications(
    State(rest): State<Arc<Rest>>,
    owned: Owned,
) -> Result<Response, Problem> {
    let account = owned.account.id;
    let first: Place = Some(None);
    let lines = unfold((rest, account, first), async |(rest, account, place)| {
        match lines(&rest, account, place?).await {
            Ok((lines, next)) => Some((Ok(Bytes::from(lines)), (rest, account, next.map(Some)))),
            // The body breaks off, so that nobody takes it for whole.
            Err(error) => Some((Err(error), (rest, account, None))),
        }
    });
    let mut response = Response::new(Body::from_stream(lines));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    Ok(response)
}

/// The lines behind a verification, and the one behind which it goes on.
async fn lines(
    rest: &Rest,
    account: AccountId,
    after: Option<Box<str>>,
) -> Result<(String, Option<Box<str>>), StoreError> {
    let mut lines = String::new();
    if after.is_none() {
        csv::write(&mut lines, VerificationView::COLUMNS);
    }
    let found = rest.apps.verifications.list(account, None, after, PAGE).await?;
    let now = rest.live.now();
    for verification in &found {
        let cells = VerificationView::of(verification, now).cells();
        csv::write(&mut lines, cells.iter().map(String::as_str));
    }
    let last = found.last().filter(|_| found.len() == PAGE).map(|last| last.id.clone());
    Ok((lines, last))
}
