//! Actions on many messages in the background: the last ones, and how far one has come.

use super::many::label;
use crate::Console;
use crate::api::{Failed, path, with_query};
use crate::chart;
use crate::form::Form;
use crate::frame::Frame;
use crate::live::{self, Part};
use crate::texts::title;
use crate::visitor::{Visitor, written};
use crate::words::{Badge, Tone};
use askama::Template;
use async_trait::async_trait;
use axum::extract::{Path, RawQuery, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

pub(super) const HERE: &str = "/console/message-actions/jobs";

/// An action, as the API tells of it.
#[derive(Deserialize)]
struct Job {
    id: String,
    state: String,
    order: Value,
    dry_run: bool,
    total: u64,
    done: u64,
    left: u64,
    interrupted: u64,
    problem: Option<String>,
    reason: Option<String>,
    author: String,
    created_at: String,
    updated_at: String,
}

#[derive(Deserialize)]
struct Jobs {
    actions: Vec<Job>,
    next: Option<String>,
}

impl Job {
    fn badge(&self, frame: &Frame) -> Badge {
        let (tone, word) = match self.state.as_str() {
            "counting" => (Tone::Active, frame.t("Messages are being counted")),
            "acting" => (Tone::Active, frame.t("Is being done")),
            "done" => (Tone::Good, frame.t("Done")),
            "stopped" => (Tone::Quiet, frame.t("Stopped")),
            "failed" => (Tone::Bad, frame.t("Failed")),
            other => (Tone::Quiet, other),
        };
        Badge::new(tone, word)
    }

    /// What is done, in words.
    fn what<'f>(&self, frame: &'f Frame) -> &'f str {
        label(frame, self.order["action"].as_str().unwrap_or_default())
    }

    fn goes_on(&self) -> bool {
        ["counting", "acting"].contains(&self.state.as_str())
    }

    /// How far it is, once that is known.
    fn progress(&self) -> Option<(u64, u64)> {
        let is_known = self.state != "counting" && !self.dry_run && self.total > 0;
        is_known.then(|| ((self.done + self.left).min(self.total), self.total))
    }

    fn bar(&self, (done, of): &(u64, u64)) -> String {
        chart::share(*done, *of)
    }

    fn author(&self) -> &str {
        self.author.strip_prefix("user:").unwrap_or(&self.author)
    }

    /// Messages that were counted, and were sent or ended by themselves before their turn.
    fn gone(&self) -> u64 {
        if self.state == "done" && !self.dry_run {
            self.total.saturating_sub(self.done + self.left)
        } else {
            0
        }
    }

    /// The conditions that its messages meet, with what is done: names and values as the API has them.
    fn conditions(&self) -> Vec<(String, String)> {
        let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let named = members(&self.order).into_iter().filter(|(name, _)| name != "action" && name != "select");
        named.chain(members(&self.order["select"])).map(|(name, value)| (name, words(&value))).collect()
    }
}

/// A value of an order: a word, or several.
fn words(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(words).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[derive(Template)]
#[template(path = "message_action_jobs.html")]
struct JobsPage {
    frame: Frame,
    list: Jobs,
}

impl JobsPage {
    fn next(&self, cursor: &str) -> String {
        with_query(HERE, &[("cursor", cursor)])
    }
}

#[derive(Template)]
#[template(path = "message_action_job.html")]
struct JobPage {
    frame: Frame,
    part: String,
    id: String,
}

/// What of the page follows the action.
#[derive(Template)]
#[template(path = "message_action_job_part.html")]
struct JobPart {
    frame: Frame,
    it: Job,
}

/// The last actions.
pub(in crate::pages) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let list = visitor.ask.get("/v1/messages/actions", &[("cursor", form.get("cursor"))]).await;
    let frame = visitor.frame("messages", title("Actions in the background"));
    visitor.show(list.map(|list| JobsPage { frame, list }))
}

/// An action that somebody follows.
struct Follows(String);

#[async_trait]
impl Part for Follows {
    async fn now(&self, visitor: &Visitor) -> Result<String, Failed> {
        let it = visitor.ask.get(&path(&["messages", "actions", &self.0]), &[]).await?;
        Ok(written(&JobPart { frame: visitor.frame("messages", title("Action in the background")), it }))
    }
}

pub(in crate::pages) async fn show(visitor: Visitor, Path(id): Path<String>) -> Response {
    let page = async {
        let part = Follows(id.clone()).now(&visitor).await?;
        Ok(JobPage { frame: visitor.frame("messages", title("Action in the background")), part, id })
    };
    visitor.show(page.await)
}

pub(in crate::pages) async fn stream(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    live::stream(&console, visitor, Follows(id))
}

/// Stops an action.
pub(in crate::pages) async fn stop(visitor: Visitor, Path(id): Path<String>) -> Response {
    let here = format!("{HERE}/{id}");
    match visitor.ask.act(Method::POST, &path(&["messages", "actions", &id, "stop"]), None).await {
        Ok(()) => Redirect::to(&here).into_response(),
        Err(failed) => visitor.refused(failed, &here),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_job_says_how_far_it_is_and_what_is_gone() {
        let mut job: Job = serde_json::from_value(json!({
            "id": "7", "state": "counting", "dry_run": false, "total": 10, "done": 6, "left": 1, "interrupted": 0,
            "order": { "action": "move", "to": "beta", "select": { "countries": ["GB", "DE"] } },
            "author": "user:ann", "created_at": "2030-01-01T00:00:00Z", "updated_at": "2030-01-01T00:00:00Z",
        }))
        .unwrap();
        assert_eq!((job.progress(), job.gone(), job.author()), (None, 0, "ann"));
        job.state = "acting".into();
        assert_eq!((job.progress(), job.gone()), (Some((7, 10)), 0));
        job.state = "done".into();
        assert_eq!(job.gone(), 3);
        let expected = [("to", "beta"), ("countries", "GB, DE")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(job.conditions(), expected);
    }
}
