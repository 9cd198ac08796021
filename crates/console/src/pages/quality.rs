//! Quality: how surely and how fast each upstream delivers to each network, against its own past.

mod matrix;

use super::reports::Report;
use crate::api::Failed;
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use crate::when::Plain;
use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use matrix::Matrix;
use serde::Deserialize;

/// What upstreams and networks are compared with.
const BASELINE: &str = "7d";
/// The spans of the page; the first one is the usual one.
const SPANS: [&str; 2] = ["24h", "3h"];

/// What was measured of an upstream and a place in the last hour, as the API tells of it.
#[derive(Deserialize)]
struct Measure {
    upstream: String,
    place: String,
    samples: u64,
    delivered: Option<f64>,
    seconds: Option<f64>,
    ranked_delivered: f64,
    ranked_seconds: f64,
    converted: Option<f64>,
}

#[derive(Deserialize)]
struct Measures {
    quality: Vec<Measure>,
}

#[derive(Template)]
#[template(path = "quality.html")]
struct QualityPage {
    frame: Frame,
    span: &'static str,
    /// `None` for who may not read reports.
    matrix: Option<Matrix>,
    measures: Vec<Measure>,
}

impl QualityPage {
    fn spans(&self) -> [(&'static str, &str); 2] {
        [(SPANS[0], self.frame.t("24 hours")), (SPANS[1], self.frame.t("3 hours"))]
    }

    /// A share of the API in percent.
    fn percent(&self, share: impl Plain<f64>) -> String {
        format!("{}\u{a0}%", self.frame.decimal(share.plain() * 100.0))
    }
}

pub(super) async fn page(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let span = SPANS.into_iter().find(|span| *span == form.get("span")).unwrap_or(SPANS[0]);
    visitor.show(shown(&visitor, span).await)
}

async fn shown(visitor: &Visitor, span: &'static str) -> Result<QualityPage, Failed> {
    let Measures { quality } = visitor.ask.get("/v1/quality", &[]).await?;
    let matrix = if visitor.who.may("read_reports") {
        let report = async |since: &str| {
            let query = [("by", "upstream,country,network"), ("since", since)];
            visitor.ask.get::<Report>("/v1/reports", &query).await
        };
        Some(Matrix::of(report(span).await?.lines, report(BASELINE).await?.lines))
    } else {
        None
    };
    Ok(QualityPage { frame: visitor.frame("quality", "Quality"), span, matrix, measures: quality })
}
