//! Changes of routes, tried with the messages of a while before they hold.

use crate::api::Failed;
use crate::frame::Frame;
use crate::visitor::Visitor;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// What would have become of messages.
#[derive(Deserialize)]
pub(super) struct Replay {
    pub(super) since: String,
    pub(super) messages: u64,
    pub(super) more: bool,
    pub(super) changed: u64,
    pub(super) ways: Vec<Way>,
    pub(super) costs: Vec<Cost>,
    pub(super) unknown_cost: u64,
    pub(super) without_text: u64,
}

/// Messages that would go another way.
#[derive(Deserialize)]
pub(super) struct Way {
    from: Option<String>,
    to: Option<String>,
    pub(super) messages: u64,
    pub(super) parts: u64,
}

/// What they cost, and would.
#[derive(Deserialize)]
pub(super) struct Cost {
    pub(super) currency: Option<String>,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) difference: String,
}

impl Way {
    pub(super) fn from<'w>(&'w self, frame: &'w Frame) -> &'w str {
        self.from.as_deref().unwrap_or_else(|| frame.t("refused"))
    }

    pub(super) fn to<'w>(&'w self, frame: &'w Frame) -> &'w str {
        self.to.as_deref().unwrap_or_else(|| frame.t("refused"))
    }
}

/// Tries a route, or the lack of it, with the messages since then.
pub(super) async fn replay(
    visitor: &Visitor,
    name: &str,
    route: Option<Map<String, Value>>,
    since: &str,
) -> Result<Replay, Failed> {
    let since = if since.is_empty() { "24h" } else { since };
    visitor.ask.post("/v1/routes/replay", &json!({ "routes": { name: route }, "since": since })).await
}
