//! What was measured of upstreams: how surely and how fast they deliver, by network.

use super::Rest;
use super::answer::json;
use super::caller::ByAdministrator;
use super::problem::ProblemDocument;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::quality::{Place, Quality};
use postrider_core::route::UpstreamId;
use postrider_core::rules::Rules;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// How surely and how fast an upstream delivers to a network, or to a country where the network isn't known.
#[derive(Serialize, ToSchema)]
#[schema(as = UpstreamQuality)]
pub(super) struct QualityView {
    /// The upstream's name.
    upstream: String,
    /// The network (MCC and MNC), the country (ISO 3166), or `*` for numbers of no country.
    place: String,
    /// Messages that ended in the last hour. Those whose sender or recipient is to blame are not counted.
    samples: u32,
    /// The share of them that were delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered: Option<f64>,
    /// The typical seconds to their receipts: the geometric mean.
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<f64>,
    /// The share that routes rank it by: few samples count little, and small changes not at all.
    ranked_delivered: f64,
    /// The seconds that routes rank it by.
    ranked_seconds: f64,
    /// Messages of the samples of which it is told whether they converted: those of accounts and classes with `conversions`.
    #[serde(skip_serializing_if = "is_zero")]
    convertible: u32,
    /// The share of them that converted.
    #[serde(skip_serializing_if = "Option::is_none")]
    converted: Option<f64>,
    /// The share converted that routes rank it by.
    #[serde(skip_serializing_if = "Option::is_none")]
    ranked_converted: Option<f64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What was measured of all upstreams.
#[derive(Serialize, ToSchema)]
pub(super) struct QualityList {
    /// The measures, by upstream and place.
    quality: Vec<QualityView>,
}

/// Lists how surely and how fast upstreams deliver, by network, in the last hour and over all nodes.
#[utoipa::path(
    get, path = "/v1/quality", operation_id = "listQuality", tag = "operations",
    responses(
        (status = 200, description = "What was measured.", body = QualityList),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn quality(State(rest): State<Arc<Rest>>, _administrator: ByAdministrator) -> Response {
    let rules = rest.live.rules();
    let measured = rest.live.qualities();
    let quality = measured.iter().filter_map(|measure| view(measure, &rules)).collect();
    json(StatusCode::OK, &QualityList { quality })
}

/// `None` for an upstream that is no more.
fn view((upstream, place, quality): &(UpstreamId, Place, Quality), rules: &Rules) -> Option<QualityView> {
    Some(QualityView {
        upstream: rules.upstream(*upstream)?.name.to_string(),
        place: place.to_string(),
        samples: quality.samples,
        delivered: quality.share,
        seconds: quality.seconds,
        ranked_delivered: quality.ranked_share,
        ranked_seconds: quality.ranked_seconds,
        convertible: quality.convertible,
        converted: quality.converted,
        ranked_converted: quality.ranked_converted,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use postrider_core::quality::Count;
    use postrider_core::route::Table;

    #[test]
    fn a_measure_is_shown_with_the_names_of_its_upstream_and_place() {
        let acme = testing::upstream(UpstreamId(1), "acme", true);
        let rules = Rules::new(1, Vec::new(), vec![acme], Table::default());
        let quality =
            Quality::of(Count { ended: 4, delivered: 3, log_ms: 3 * 8_294, convertible: 2, converted: 1 });
        let show = |id| view(&(UpstreamId(id), "23410".parse().unwrap(), quality), &rules);
        let shown = serde_json::to_value(show(1).unwrap()).unwrap();
        assert_eq!((&shown["upstream"], &shown["place"]), (&"acme".into(), &"23410".into()));
        assert_eq!((&shown["samples"], &shown["delivered"]), (&4.into(), &0.75.into()));
        assert_eq!((&shown["convertible"], &shown["converted"]), (&2.into(), &0.5.into()));
        assert!(show(2).is_none(), "it is no more");
    }
}
