//! Conversations over HTTP: the messages of two numbers as one thread, with state, assignment and notes.

mod change;
mod list;
mod messages;
mod one;
mod reply;
mod view;

pub(super) use change::*;
pub(super) use list::*;
pub(super) use messages::*;
pub(super) use one::*;
pub(super) use reply::*;
pub(super) use view::ConversationView;

use super::Rest;
use super::problem::Problem;
use crate::rest::routing::{ApiRoutes, routes};
use postrider_core::conversation::{Conversation, Note};
use postrider_core::id::MessageId;
use postrider_core::principal::Viewer;

/// The longest assignee or author, in octets.
const NAME_MAX: usize = 64;
/// The longest note, in octets.
const NOTE_MAX: usize = 4_096;

/// The routes of conversations.
pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::default()
        .routes(routes!(list_conversations, open_conversation))
        .routes(routes!(conversation, change_conversation))
        .routes(routes!(next_conversation))
        .routes(routes!(read_conversation))
        .routes(routes!(add_note))
        .routes(routes!(thread, reply))
}

/// The identifier in a path.
fn conversation_id(text: &str) -> Result<MessageId, Problem> {
    text.parse().map_err(|_| missing())
}

fn missing() -> Problem {
    Problem::not_found("there is no such conversation")
}

/// A conversation and its notes, if the viewer sees it.
async fn find(rest: &Rest, viewer: Viewer, id: &str) -> Result<(Conversation, Vec<Note>), Problem> {
    rest.archive.conversation(viewer, conversation_id(id)?).await?.ok_or_else(missing)
}
