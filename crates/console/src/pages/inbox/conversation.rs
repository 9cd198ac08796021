//! One conversation: its thread, live, and what a team does with it.

use super::{Conversation, turn};
use crate::Console;
use crate::api::{Failed, path};
use crate::form::Form;
use crate::frame::Frame;
use crate::live::{self, Part};
use crate::pages::media::Medium;
use crate::pages::snippets::{self, Snippet};
use crate::visitor::{Visitor, render, written};
use crate::words::Badge;
use askama::Template;
use async_trait::async_trait;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::Method;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
struct Thread {
    messages: Vec<Line>,
    next: Option<String>,
}

/// A message of a thread.
#[derive(Deserialize)]
struct Line {
    id: String,
    direction: String,
    text: Option<String>,
    #[serde(default)]
    media: Vec<Medium>,
    data: Option<String>,
    state: Option<String>,
    /// When one to the handset was accepted.
    created_at: Option<String>,
    /// When one from the handset came.
    received_at: Option<String>,
    asks: Option<String>,
    /// The sender.
    from: Option<String>,
    /// What the text seems to ask for.
    may_ask: Option<String>,
}

impl Line {
    fn is_out(&self) -> bool {
        self.direction == "out"
    }

    fn at(&self) -> &str {
        self.created_at.as_deref().or(self.received_at.as_deref()).unwrap_or_default()
    }
}

#[derive(Template)]
#[template(path = "conversation.html")]
struct ConversationPage {
    frame: Frame,
    conversation: Conversation,
    thread: String,
    may_answer: bool,
    /// Canned replies.
    replies: Vec<Snippet>,
    /// The text that the answer begins with.
    draft: String,
    /// Why the last answer wasn't sent.
    failed: Option<Failed>,
}

#[derive(Template)]
#[template(path = "thread.html")]
struct ThreadPart {
    frame: Frame,
    thread: Thread,
}

impl ConversationPage {
    fn turn(&self) -> Badge {
        turn(&self.conversation.state, &self.frame)
    }

    fn is_claimed_by_another(&self) -> bool {
        let own = self.frame.who.as_ref().map_or("", |who| &who.name);
        self.conversation.claimed_by.as_deref().is_some_and(|name| name != own)
    }
}

/// The thread of a conversation, as it grows.
struct Follows(String);

#[async_trait]
impl Part for Follows {
    async fn now(&self, visitor: &Visitor) -> Result<String, Failed> {
        let address = path(&["conversations", &self.0, "messages"]);
        let mut thread: Thread = visitor.ask.get(&address, &[("limit", "100")]).await?;
        thread.messages.reverse();
        Ok(written(&ThreadPart { frame: visitor.frame("inbox", "Inbox"), thread }))
    }
}

pub(in crate::pages) async fn show(
    visitor: Visitor,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(page(&visitor, id, form.get("reply")).await)
}

/// The page, with the answer begun by the canned reply of a name.
async fn page(visitor: &Visitor, id: String, reply: &str) -> Result<ConversationPage, Failed> {
    let address = path(&["conversations", &id]);
    let conversation: Conversation = visitor.ask.get(&address, &[]).await?;
    let thread = Follows(id.clone()).now(visitor).await?;
    let may_answer = visitor.who.may("answer_conversations");
    if may_answer && let Some(upto) = &conversation.last_in {
        let read = json!({ "person": visitor.who.name, "upto": upto });
        // The page is shown all the same.
        let _: Result<Value, Failed> = visitor.ask.post(&path(&["conversations", &id, "read"]), &read).await;
    }
    let replies = if may_answer { snippets::of_kind(visitor, "reply").await? } else { Vec::new() };
    let draft = replies.iter().find(|known| known.name == reply);
    let draft = draft.map_or_else(String::new, |known| known.text.clone());
    let frame = visitor.frame("inbox", "Conversation");
    Ok(ConversationPage { frame, conversation, thread, may_answer, replies, draft, failed: None })
}

pub(in crate::pages) async fn stream(
    State(console): State<Arc<Console>>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Response {
    live::stream(&console, visitor, Follows(id))
}

/// Answers the handset.
pub(in crate::pages) async fn reply(visitor: Visitor, Path(id): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let text = form.whole("text").replace("\r\n", "\n");
    // The answer that the author has seen last: if there is another by now, nothing is sent.
    let seen = Some(form.get("seen")).filter(|seen| !seen.is_empty());
    let address = path(&["conversations", &id, "messages"]);
    let sent: Result<Value, Failed> =
        visitor.ask.post(&address, &json!({ "text": text, "seen": seen })).await;
    match sent {
        Ok(_) => back(&visitor, &id, Ok(()), "replied"),
        Err(failed) => kept(&visitor, id, text, failed).await,
    }
}

/// The page with an answer that wasn't sent, and why.
async fn kept(visitor: &Visitor, id: String, draft: String, failed: Failed) -> Response {
    let status = failed.status;
    match page(visitor, id, "").await {
        Ok(page) => {
            let page = ConversationPage { draft, failed: Some(failed), ..page };
            (status, render(&page)).into_response()
        }
        Err(failed) => visitor.show(Err::<ConversationPage, _>(failed)),
    }
}

/// Writes a note, which the handset doesn't get.
pub(in crate::pages) async fn note(visitor: Visitor, Path(id): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    let note = json!({ "text": form.get("text"), "author": visitor.who.name });
    let address = path(&["conversations", &id, "notes"]);
    let noted: Result<Value, Failed> = visitor.ask.post(&address, &note).await;
    back(&visitor, &id, noted.map(drop), "noted")
}

/// Changes the state, or who looks after it.
pub(in crate::pages) async fn change(visitor: Visitor, Path(id): Path<String>, body: Bytes) -> Response {
    let form = Form::read(&body);
    if form.get("claim") == "true" {
        let claim = json!({ "claimed_by": visitor.who.name });
        let claimed = visitor.ask.act(Method::PATCH, &path(&["conversations", &id]), Some(&claim)).await;
        return back(&visitor, &id, claimed, "changed");
    }
    let change = match (form.get("state"), form.get("assignee"), form.get("take")) {
        (_, _, "true") => json!({ "assignee": visitor.who.name }),
        ("", "", _) => json!({ "assignee": null }),
        ("", assignee, _) => json!({ "assignee": assignee }),
        (state, _, _) => json!({ "state": state }),
    };
    let address = path(&["conversations", &id]);
    let changed = visitor.ask.act(Method::PATCH, &address, Some(&change)).await;
    back(&visitor, &id, changed, "changed")
}

fn back(visitor: &Visitor, id: &str, done: Result<(), Failed>, word: &str) -> Response {
    match done {
        Ok(()) => Redirect::to(&format!("/console/inbox/{id}?done={word}")).into_response(),
        Err(failed) => visitor.show(Err::<ConversationPage, _>(failed)),
    }
}
