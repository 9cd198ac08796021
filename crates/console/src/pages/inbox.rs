//! Inbox: conversations with handsets, answered, assigned and annotated; and what handsets wrote that belongs to nobody.

mod conversation;
mod one;
mod received;

pub(super) use conversation::{change, note, reply, show, stream};
pub(super) use one::{one as one_received, unmask as unmask_received};
pub(super) use received::received;

use super::owned::{Owner, ask};
use crate::api::{Failed, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use crate::words::{Badge, Tone};
use askama::Template;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

/// A conversation, as the API shows it.
#[derive(Deserialize)]
struct Conversation {
    id: String,
    account: Option<String>,
    number: String,
    handset: String,
    state: String,
    assignee: Option<String>,
    created_at: String,
    updated_at: String,
    /// Since when the handset waits for an answer.
    waiting_since: Option<String>,
    /// The last answer, by its identifier.
    last_reply: Option<String>,
    /// Who is about to answer, and since when.
    claimed_by: Option<String>,
    claimed_at: Option<String>,
    /// The last message from the handset.
    last_in: Option<String>,
    /// Whether whoever looks has something to read.
    #[serde(default)]
    unread: bool,
    notes: Option<Vec<Note>>,
}

#[derive(Deserialize)]
struct Note {
    at: String,
    author: Option<String>,
    text: String,
}

/// The states of conversations, in the order of a filter.
const STATES: [&str; 3] = ["open", "waiting", "closed"];

/// Whose turn it is, in words.
fn turn(state: &str, frame: &Frame) -> Badge {
    match state {
        "open" => Badge::new(Tone::Active, frame.t("To be answered")),
        "waiting" => Badge::new(Tone::Quiet, frame.t("Answered")),
        "closed" => Badge::new(Tone::Quiet, frame.t("Closed")),
        other => Badge::new(Tone::Quiet, other),
    }
}

#[derive(Deserialize)]
struct ConversationList {
    conversations: Vec<Conversation>,
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct InboxPage {
    frame: Frame,
    list: ConversationList,
    state: String,
    assignee: String,
    handset: String,
    /// The account whose conversations they are.
    owner: Owner,
}

impl InboxPage {
    fn turn(&self, state: &str) -> Badge {
        turn(state, &self.frame)
    }

    fn states(&self) -> [(&'static str, String); 3] {
        STATES.map(|state| (state, self.turn(state).word))
    }

    fn next(&self, cursor: &str) -> String {
        let query = [
            ("state", self.state.as_str()),
            ("assignee", &self.assignee),
            ("handset", &self.handset),
            ("account", &self.owner.account),
            ("cursor", cursor),
        ];
        with_query("/console/inbox", &query)
    }
}

pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    visitor.show(page(&visitor, &form).await)
}

async fn page(visitor: &Visitor, form: &Form) -> Result<InboxPage, Failed> {
    // A list is of one account.
    let owner = Owner::of(visitor, form).await?;
    let list = if owner.is_nobody() {
        ConversationList { conversations: Vec::new(), next: None }
    } else {
        let [state, assignee, handset, cursor] =
            ["state", "assignee", "handset", "cursor"].map(|name| (name, form.get(name)));
        let person = ("person", visitor.who.name.as_str());
        let query = [state, assignee, handset, cursor, ("account", &owner.account), person];
        visitor.ask.get("/v1/conversations", &query).await?
    };
    let [state, assignee, handset] = ["state", "assignee", "handset"].map(|name| form.get(name).to_owned());
    Ok(InboxPage { frame: visitor.frame("inbox", "Inbox"), list, state, assignee, handset, owner })
}

/// The conversation that was taken; nothing if none waits.
#[derive(Deserialize)]
struct Taken {
    id: String,
}

/// Takes the conversation that has waited longest, and shows it.
pub(super) async fn next(visitor: Visitor, body: Bytes) -> Response {
    let form = Form::read(&body);
    let account = form.get("account");
    let person = json!({ "person": visitor.who.name });
    let taken: Result<Option<Taken>, Failed> =
        ask(&visitor, account).post("/v1/conversations/next", &person).await;
    match taken {
        Ok(Some(Taken { id })) => Redirect::to(&format!("/console/inbox/{id}")).into_response(),
        Ok(None) => {
            let query = [("account", account), ("done", "nothing-waits")];
            Redirect::to(&with_query("/console/inbox", &query)).into_response()
        }
        Err(failed) => visitor.refused(failed, &with_query("/console/inbox", &[("account", account)])),
    }
}
