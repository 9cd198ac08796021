//! The simulated phone: what it got, and what it wrote.

use crate::Console;
use crate::api::{Failed, path};
use crate::frame::Frame;
use crate::live::{self, Part};
use crate::visitor::{Visitor, written};
use askama::Template;
use async_trait::async_trait;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The number of the simulated phone, which writes back what it gets.
pub(super) const NUMBER: &str = "+15005550012";
/// How many of its last texts are shown, of each direction.
const SHOWN: &str = "4";

/// A text, as the API tells of it.
#[derive(Deserialize)]
struct Text {
    id: String,
    text: Option<String>,
    #[serde(alias = "received_at")]
    created_at: String,
    state: Option<String>,
}

#[derive(Deserialize)]
struct Texts {
    messages: Vec<Text>,
}

/// A bubble on the screen.
pub(super) struct Bubble {
    /// The message, for its page; `None` of what the phone wrote.
    id: Option<String>,
    text: String,
    at: String,
    state: Option<String>,
}

#[derive(Template)]
#[template(path = "phone.html")]
pub(super) struct Screen {
    frame: Frame,
    bubbles: Vec<Bubble>,
}

/// The phone, and the texts that were already shown whole: the audit log has a line for each.
#[derive(Default)]
pub(super) struct Phone {
    texts: Mutex<HashMap<String, String>>,
}

impl Phone {
    /// The screen as it is now.
    pub(super) async fn now(&self, visitor: &Visitor) -> Result<Screen, Failed> {
        let got: Texts = visitor.ask.get("/v1/messages", &[("to", NUMBER), ("limit", SHOWN)]).await?;
        let wrote: Texts = visitor.ask.get("/v1/inbound", &[("from", NUMBER), ("limit", SHOWN)]).await?;
        let mut bubbles = Vec::new();
        for (text, kind) in got.messages.into_iter().map(|text| (text, "messages")) {
            bubbles.push(self.bubble(visitor, text, kind).await);
        }
        for (text, kind) in wrote.messages.into_iter().map(|text| (text, "inbound")) {
            bubbles.push(self.bubble(visitor, text, kind).await);
        }
        bubbles.sort_by(|one, other| one.at.cmp(&other.at));
        Ok(Screen { frame: visitor.frame("", "The first message"), bubbles })
    }

    async fn bubble(&self, visitor: &Visitor, text: Text, kind: &str) -> Bubble {
        let shown = match text.text {
            Some(text) => text,
            None => self.whole(visitor, kind, &text.id).await,
        };
        let id = Some(text.id).filter(|_| kind == "messages");
        Bubble { id, text: shown, at: text.created_at, state: text.state }
    }

    /// A text that is hidden from who sees all accounts. Nobody real got it, so that it is shown, once.
    async fn whole(&self, visitor: &Visitor, kind: &str, id: &str) -> String {
        let known = self.texts.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned();
        if let Some(text) = known {
            return text;
        }
        let reason = json!({ "reason": "shown on the simulated phone" });
        let shown = visitor.ask.post::<Text>(&path(&[kind, id, "unmask"]), &reason).await;
        let hidden = || visitor.liked.language.text("(the text is hidden)").to_owned();
        let text = shown.ok().and_then(|shown| shown.text).unwrap_or_else(hidden);
        self.texts.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned(), text.clone());
        text
    }
}

#[async_trait]
impl Part for Phone {
    async fn now(&self, visitor: &Visitor) -> Result<String, Failed> {
        Ok(written(&self.now(visitor).await?))
    }
}

/// Follows the phone.
pub(in crate::pages) async fn stream(State(console): State<Arc<Console>>, visitor: Visitor) -> Response {
    live::stream(&console, visitor, Phone::default())
}
