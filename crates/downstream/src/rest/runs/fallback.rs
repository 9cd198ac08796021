//! What follows a broadcast for those whom it has not reached in time.

use super::make::wrong;
use crate::rest::moment;
use crate::rest::problem::Problem;
use postrider_apps::run::{Fallback, FallbackOutcome};
use postrider_core::time::Time;
use postrider_declare::Span;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What those get whom a broadcast has not reached in time: a second broadcast, by another way. It is approved with the first one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FallbackDocument)]
pub(in crate::rest) struct FallbackRequest {
    /// How long messages have to arrive once all are handed in: from `1s` to `24h`. Whoever has no receipt of delivery then gets the
    /// second one.
    after: Span,
    /// Another sender. Default: that of the broadcast.
    #[serde(default)]
    from: Option<String>,
    /// The route that is asked for. Default: the first one that takes the message; the upstream that came first before comes last.
    #[serde(default)]
    route: Option<String>,
    /// Another text. Default: that of the broadcast.
    #[serde(default)]
    text: Option<String>,
}

impl FallbackRequest {
    pub(super) fn read(self) -> Result<Fallback, Problem> {
        let after = self.after.read().map_err(|error| wrong("fallback.after", error.to_string()))?;
        Ok(Fallback {
            after: u64::try_from(after.as_millis()).unwrap_or(u64::MAX),
            from: self.from.map(Into::into),
            route: self.route.map(Into::into),
            text: self.text.map(Into::into),
            outcome: None,
        })
    }
}

/// What became of a fallback.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::rest) enum FallbackWord {
    /// Its time has not come.
    Waiting,
    /// The second broadcast has begun.
    Begun,
    /// Everybody was reached.
    NotNeeded,
    /// The gateway stood still for more than 15 minutes when its time came.
    Missed,
}

/// What those get whom a broadcast has not reached in time.
#[derive(Serialize, ToSchema)]
#[schema(as = Fallback)]
pub(in crate::rest) struct FallbackView {
    /// How long messages have to arrive once all are handed in.
    after: String,
    /// Another sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    /// The route that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<String>,
    /// Another text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// What became of it.
    state: FallbackWord,
    /// When it is looked whom the broadcast has not reached, once all messages are handed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "date-time")]
    at: Option<String>,
    /// The identifier of the second broadcast.
    #[serde(skip_serializing_if = "Option::is_none")]
    broadcast: Option<String>,
}

impl FallbackView {
    pub(super) fn of(it: &Fallback, at: Option<Time>) -> Self {
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        let (state, broadcast) = match it.outcome {
            None => (FallbackWord::Waiting, None),
            Some(FallbackOutcome::Begun(id)) => (FallbackWord::Begun, Some(id.to_string())),
            Some(FallbackOutcome::NotNeeded) => (FallbackWord::NotNeeded, None),
            Some(FallbackOutcome::Missed) => (FallbackWord::Missed, None),
        };
        Self {
            after: format!("{}s", it.after / 1_000),
            from: text(&it.from),
            route: text(&it.route),
            text: text(&it.text),
            state,
            at: at.map(moment::write),
            broadcast,
        }
    }
}
