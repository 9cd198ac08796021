//! Inbox: conversations with handsets, answered, assigned and annotated; and what handsets wrote that belongs to nobody.

mod conversation;
mod received;

pub(super) use conversation::{change, note, reply, show, stream};
pub(super) use received::received;

use crate::api::{Failed, with_query};
use crate::form::Form;
use crate::frame::Frame;
use crate::visitor::Visitor;
use crate::words::{Badge, Tone};
use askama::Template;
use axum::extract::RawQuery;
use axum::response::Response;
use serde::Deserialize;

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
            ("cursor", cursor),
        ];
        with_query("/console/inbox", &query)
    }
}

pub(super) async fn list(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let form = Form::read(query.unwrap_or_default().as_bytes());
    let query = ["state", "assignee", "handset", "cursor"].map(|name| (name, form.get(name)));
    let page = |list| {
        let [state, assignee, handset, _] = query.map(|(_, value)| value.to_owned());
        InboxPage { frame: visitor.frame("inbox", "Inbox"), list, state, assignee, handset }
    };
    let list: Result<ConversationList, Failed> = visitor.ask.get("/v1/conversations", &query).await;
    visitor.show(list.map(page))
}
