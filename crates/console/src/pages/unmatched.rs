//! Receipts that found no message.

use crate::frame::Frame;
use crate::visitor::Visitor;
use askama::Template;
use axum::response::Response;
use serde::Deserialize;

/// A receipt, as the API tells of it.
#[derive(Deserialize)]
struct Receipt {
    upstream: String,
    at: String,
    carrier_reference: String,
    state: String,
    error: Option<Error>,
    numbers: Vec<String>,
    likely: Vec<Likely>,
}

#[derive(Deserialize)]
struct Error {
    code: String,
}

/// A message that a receipt may be about.
#[derive(Deserialize)]
struct Likely {
    id: String,
    carrier_references: Vec<String>,
}

#[derive(Deserialize)]
struct Receipts {
    receipts: Vec<Receipt>,
}

#[derive(Template)]
#[template(path = "unmatched.html")]
struct UnmatchedPage {
    frame: Frame,
    receipts: Vec<Receipt>,
}

pub(super) async fn page(visitor: Visitor) -> Response {
    let receipts = visitor.ask.get("/v1/receipts/unmatched", &[("limit", "200")]).await;
    let frame = visitor.frame("unmatched", "Unmatched receipts");
    visitor.show(receipts.map(|Receipts { receipts }| UnmatchedPage { frame, receipts }))
}
