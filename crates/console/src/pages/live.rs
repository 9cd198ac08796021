//! Live: are we sending, and is anything broken?

mod traffic;

use super::written;
use crate::Console;
use crate::api::Failed;
use crate::frame::Frame;
use crate::live::{self, Part};
use crate::visitor::Visitor;
use crate::words::Tone;
use askama::Template;
use async_trait::async_trait;
use axum::extract::State;
use axum::response::Response;
use std::sync::Arc;
use traffic::Traffic;

pub(super) use traffic::{Sums, Upstream as Standing};

/// The whole page.
#[derive(Template)]
#[template(path = "live.html")]
pub(super) struct LivePage {
    frame: Frame,
    /// The part of it that changes.
    part: String,
}

/// The part of the page that changes.
#[derive(Template)]
#[template(path = "live_part.html")]
struct LivePart {
    frame: Frame,
    traffic: Traffic,
}

/// Traffic, as it changes.
struct Now;

#[async_trait]
impl Part for Now {
    async fn now(&self, visitor: &Visitor) -> Result<String, Failed> {
        let traffic = visitor.ask.get("/v1/traffic", &[]).await?;
        Ok(written(&LivePart { frame: visitor.frame("live", "Live"), traffic }))
    }
}

pub(super) async fn page(visitor: Visitor) -> Response {
    let part = Now.now(&visitor).await;
    visitor.show(part.map(|part| LivePage { frame: visitor.frame("live", "Live"), part }))
}

pub(super) async fn stream(State(console): State<Arc<Console>>, visitor: Visitor) -> Response {
    live::stream(&console, visitor, Now)
}

impl LivePart {
    /// How it stands, in a word.
    fn status(&self) -> (Tone, &str) {
        let (frame, traffic) = (&self.frame, &self.traffic);
        if traffic.troubles.iter().any(traffic::Trouble::is_grave) {
            (Tone::Bad, frame.t("Something is broken"))
        } else if !traffic.troubles.is_empty() {
            (Tone::Doubt, frame.t("It works, and somebody should look"))
        } else if traffic.all.per_second.sent > 0.0 || traffic.all.per_second.accepted > 0.0 {
            (Tone::Good, frame.t("Sending"))
        } else {
            (Tone::Good, frame.t("Ready, and nothing to send"))
        }
    }
}
