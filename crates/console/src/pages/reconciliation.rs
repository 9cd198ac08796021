//! A supplier's table, compared with the messages that went by its upstream.

use super::messages::names;
use crate::api::{Failed, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::texts::title;
use crate::visitor::{Visitor, render};
use askama::Template;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

/// What is asked besides the table, as the API calls it.
const ASKED: [&str; 6] = ["upstream", "since", "until", "columns", "zone", "within"];

/// A comparison, as the API tells of it.
#[derive(Deserialize)]
struct Comparison {
    ours: Side,
    theirs: Side,
    agreed: u64,
    differing: u64,
    only_ours: Side,
    only_theirs: Side,
    cost_difference: String,
    differences: Vec<Difference>,
    differences_more: u64,
}

/// Sums of one side.
#[derive(Deserialize)]
struct Side {
    records: u64,
    parts: u64,
    cost: String,
}

#[derive(Deserialize)]
struct Difference {
    kind: String,
    id: Option<String>,
    line: Option<u64>,
    reference: Option<String>,
    to: Option<String>,
    sent_at: Option<String>,
    our_parts: Option<u64>,
    their_parts: Option<u64>,
    our_cost: Option<String>,
    their_cost: Option<String>,
}

impl Difference {
    fn kind<'d>(&'d self, frame: &'d Frame) -> &'d str {
        match self.kind.as_str() {
            "only_ours" => frame.t("Only ours"),
            "only_theirs" => frame.t("Only theirs"),
            "differs" => frame.t("Differs"),
            other => other,
        }
    }
}

#[derive(Template)]
#[template(path = "reconciliation.html")]
struct ReconciliationPage {
    frame: Frame,
    /// The upstreams to choose from, for who sees them.
    upstreams: Vec<String>,
    form: Form,
    compared: Option<Result<Comparison, Failed>>,
}

impl ReconciliationPage {
    fn is_chosen(&self, upstream: &str) -> bool {
        self.form.get("upstream") == upstream
    }
}

pub(super) async fn page(visitor: Visitor) -> Response {
    visitor.show(filled(&visitor, Form::default(), None).await)
}

async fn filled(
    visitor: &Visitor,
    form: Form,
    compared: Option<Result<Comparison, Failed>>,
) -> Result<ReconciliationPage, Failed> {
    if !visitor.who.sees_all() || !visitor.who.may("read_prices") {
        return Err(Failed::forbidden());
    }
    let upstreams = match visitor.who.may("read_configuration") {
        true => names(visitor, "upstreams").await?,
        false => Vec::new(),
    };
    let frame = visitor.frame("tariffs", title("Compare with a supplier"));
    Ok(ReconciliationPage { frame, upstreams, form, compared })
}

/// Compares the table of a form.
pub(super) async fn compare(visitor: Visitor, headers: HeaderMap, body: Bytes) -> Response {
    let form = Form::of(&headers, &body);
    let file = form.whole("file");
    let csv = if file.trim().is_empty() { form.whole("csv") } else { file };
    let compared = async {
        form.needed("upstream")?;
        if csv.trim().is_empty() {
            return Err(Failed::wrong("file", "choose a file, or paste a table"));
        }
        let at = with_query("/v1/reconciliation", &ASKED.map(|name| (name, form.get(name))));
        visitor.ask.send_csv::<Comparison>(Method::POST, &at, csv.to_owned()).await
    };
    let compared = compared.await;
    let status = compared.as_ref().err().map_or(StatusCode::OK, |failed| failed.status);
    match filled(&visitor, form, Some(compared)).await {
        Ok(page) => (status, render(&page)).into_response(),
        Err(failed) => visitor.refused(failed, "/console/reconciliation"),
    }
}
