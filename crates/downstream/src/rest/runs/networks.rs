//! How far a campaign, batch or broadcast has come at each network.

use super::found;
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::Owned;
use crate::rest::problem::Problem;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_apps::run::{NetworkCounts, NetworkName, RunKind};
use serde::Serialize;
use utoipa::ToSchema;

/// Recipients at a network.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct RunNetwork {
    /// The country; absent for numbers of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "GB")]
    country: Option<String>,
    /// The network, by its name in the numbering plan; absent if it isn't known.
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<String>,
    /// Nothing was done yet.
    open: u64,
    /// The message has no final state yet.
    under_way: u64,
    /// The message was delivered.
    delivered: u64,
    /// The message ended otherwise.
    not_delivered: u64,
    /// There is no message.
    refused: u64,
}

/// Recipients by network.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct RunNetworks {
    /// The networks, by country and name.
    networks: Vec<RunNetwork>,
}

impl From<(NetworkName, NetworkCounts)> for RunNetwork {
    fn from((name, counts): (NetworkName, NetworkCounts)) -> Self {
        let given = |text: Box<str>| Some(String::from(text)).filter(|text| !text.is_empty());
        let NetworkCounts { open, under_way, delivered, not_delivered, refused } = counts;
        let (country, network) = (given(name.country), given(name.network));
        Self { country, network, open, under_way, delivered, not_delivered, refused }
    }
}

/// Shows them.
pub(super) async fn show(rest: &Rest, kind: RunKind, owned: &Owned, id: &str) -> Result<Response, Problem> {
    let run = found(rest, &owned.account, kind, id).await?;
    let networks = rest.apps.runs.networks(owned.account.id, &run).await?;
    Ok(json(StatusCode::OK, &RunNetworks { networks: networks.into_iter().map(Into::into).collect() }))
}
