//! Changes of conversations: they are opened, assigned, closed, and noted on.

use super::list::shown;
use super::view::{ConversationView, StateWord};
use super::{NAME_MAX, NOTE_MAX, conversation_id, missing};
use crate::rest::Rest;
use crate::rest::answer::json;
use crate::rest::caller::{ByAccount, Sender};
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use postrider_core::contract::{ConversationChange, ConversationFilter};
use postrider_core::conversation::{ConversationState, Ends, Note, Sharing};
use postrider_core::id::MessageId;
use postrider_core::message::Body;
use postrider_core::principal::Viewer;
use serde::{Deserialize, Deserializer};
use std::sync::Arc;
use utoipa::ToSchema;

/// The two ends of a conversation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConversationRequest)]
pub(in crate::rest) struct OpenRequest {
    /// The account's number, short code or name.
    number: String,
    /// The handset.
    handset: String,
}

/// A change. What is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConversationChange)]
pub(in crate::rest) struct ChangeRequest {
    /// The state.
    #[serde(default)]
    state: Option<StateWord>,
    /// Who looks after it, up to 64 octets; `null` is nobody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 64)]
    assignee: Option<Option<String>>,
    /// Who is about to answer, up to 64 octets; `null` is nobody. Others see it, and may answer all the same. An answer ends it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 64)]
    claimed_by: Option<Option<String>>,
}

/// A note.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NoteRequest)]
pub(in crate::rest) struct NoteRequest {
    /// The text, up to 4,096 octets.
    #[schema(min_length = 1, max_length = 4_096)]
    text: String,
    /// Who writes it, up to 64 octets.
    #[serde(default)]
    #[schema(max_length = 64)]
    author: Option<String>,
}

/// Who is free to answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NextConversationRequest)]
pub(in crate::rest) struct NextRequest {
    /// Who gets the conversation, up to 64 octets.
    #[schema(min_length = 1, max_length = 64)]
    person: String,
}

/// How far somebody has read.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConversationRead)]
pub(in crate::rest) struct ReadRequest {
    /// Who, up to 64 octets.
    #[schema(min_length = 1, max_length = 64)]
    person: String,
    /// The last message from the handset that they have seen; `null`: none, all of it is unread.
    upto: Option<String>,
}

/// A field that is there, whatever its value.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Opens a conversation, so that it is there before the handset has written. One that is there already is shown.
#[utoipa::path(
    post, path = "/v1/conversations", operation_id = "openConversation", tag = "messages", request_body = OpenRequest,
    responses(
        (status = 200, description = "The conversation.", body = ConversationView),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn open_conversation(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: OpenRequest = parse(&body)?;
    let ends = [("number", &request.number), ("handset", &request.handset)];
    for (field, value) in ends {
        if value.trim().is_empty() || value.len() > NAME_MAX {
            return Err(unfit(field, NAME_MAX));
        }
    }
    let (number, handset) = (shown(&request.number), shown(&request.handset));
    let ends = Ends { account: account.id, number, handset };
    let opened = rest.archive.open_conversation(ends).await?.ok_or_else(missing)?;
    Ok(ConversationView::of(&opened, &rest.live.rules(), Viewer::Account(account.id)).answer())
}

/// Changes the state or the assignee of a conversation.
#[utoipa::path(
    patch, path = "/v1/conversations/{id}", operation_id = "changeConversation", tag = "messages", request_body = ChangeRequest,
    params(("id" = String, Path, description = "The conversation's identifier.", pattern = "^[0-9]{1,19}$")),
    responses(
        (status = 200, description = "The conversation as it is now.", body = ConversationView),
        (status = 404, description = "There is no such conversation.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn change_conversation(
    State(rest): State<Arc<Rest>>,
    Sender(caller): Sender,
    Path(id): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let id = conversation_id(&id)?;
    let ChangeRequest { state, assignee, claimed_by } = parse(&body)?;
    let assignee = name("assignee", assignee)?;
    let claim = name("claimed_by", claimed_by)?;
    let Some(most) = most_of(&rest, caller.viewer(), id).await? else { return Err(missing()) };
    let wanted = assignee.clone().flatten();
    let change = ConversationChange::Set { id, state: state.map(Into::into), assignee, claim, most };
    let changed = rest.archive.change_conversation(caller.viewer(), change).await?.ok_or_else(missing)?;
    if let Some(person) = wanted.filter(|person| changed.assignee.as_ref() != Some(person)) {
        return Err(full(&person, most));
    }
    Ok(ConversationView::of(&changed, &rest.live.rules(), caller.viewer()).answer())
}

/// The most open conversations that may be assigned to one person, by the account of a conversation that the viewer sees.
async fn most_of(rest: &Rest, viewer: Viewer, id: MessageId) -> Result<Option<Option<u32>>, Problem> {
    let account = match viewer {
        Viewer::Account(account) => Some(account),
        Viewer::Everything => rest.archive.conversation(viewer, id).await?.map(|(it, _)| it.ends.account),
    };
    let rules = rest.live.rules();
    Ok(account.map(|account| rules.account(account).and_then(|account| account.conversations.per_person)))
}

/// Somebody has as many open conversations as may be.
fn full(person: &str, most: Option<u32>) -> Problem {
    let most = most.unwrap_or_default();
    let detail = format!(
        "'{person}' has {most} open conversations, which is as many as one person may have: assign it to somebody else, \
         or raise conversations.per_person of the account"
    );
    Problem::new(StatusCode::CONFLICT, "person_full", detail).at("assignee")
}

/// Assigns the open conversation that has waited longest, of those that nobody looks after, or whose assignee has let it wait for
/// `conversations.give_back` of the account.
#[utoipa::path(
    post, path = "/v1/conversations/next", operation_id = "takeNextConversation", tag = "messages", request_body = NextRequest,
    responses(
        (status = 200, description = "The conversation, which is theirs now.", body = ConversationView),
        (status = 204, description = "Nothing waits."),
        (status = 409, description = "They have as many open conversations as may be (`person_full`).", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn next_conversation(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let NextRequest { person } = parse(&body)?;
    check_name("person", &person)?;
    let viewer = Viewer::Account(account.id);
    let Sharing { per_person: most, give_back } = account.conversations;
    let take = ConversationChange::Take {
        account: account.id,
        person: person.as_str().into(),
        most,
        overdue: give_back.map(|give_back| rest.live.now() - give_back),
    };
    if let Some(taken) = rest.archive.change_conversation(viewer, take).await? {
        return Ok(ConversationView::of(&taken, &rest.live.rules(), viewer).answer());
    }
    let Some(most) = most else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let theirs = ConversationFilter {
        state: Some(ConversationState::Open),
        assignee: Some(person.as_str().into()),
        ..ConversationFilter::all(viewer, usize::try_from(most).unwrap_or(usize::MAX))
    };
    let has = rest.archive.conversations(theirs).await?.len();
    if has >= usize::try_from(most).unwrap_or(usize::MAX) {
        return Err(full(&person, Some(most)).at("person"));
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Notes how far somebody has read a conversation. What the handset writes afterwards is unread again.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/read", operation_id = "readConversation", tag = "messages", request_body = ReadRequest,
    params(("id" = String, Path, description = "The conversation's identifier.", pattern = "^[0-9]{1,19}$")),
    responses(
        (status = 200, description = "The conversation as it is now.", body = ConversationView),
        (status = 404, description = "There is no such conversation.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn read_conversation(
    State(rest): State<Arc<Rest>>,
    Sender(caller): Sender,
    Path(id): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let id = conversation_id(&id)?;
    let ReadRequest { person, upto } = parse(&body)?;
    check_name("person", &person)?;
    let wrong =
        |_| Problem::bad("invalid_request", "upto is the identifier of a message, or null").at("upto");
    let upto = upto.map(|upto| upto.parse().map_err(wrong)).transpose()?;
    change_it(&rest, caller.viewer(), ConversationChange::Read { id, person: person.into(), upto }).await
}

/// Adds a note to a conversation. Handsets never see notes.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/notes", operation_id = "addConversationNote", tag = "messages", request_body = NoteRequest,
    params(("id" = String, Path, description = "The conversation's identifier.", pattern = "^[0-9]{1,19}$")),
    responses(
        (status = 200, description = "The conversation as it is now, without its notes.", body = ConversationView),
        (status = 404, description = "There is no such conversation.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "The request is wrong.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn add_note(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(id): Path<String>,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let id: MessageId = conversation_id(&id)?;
    let NoteRequest { text, author } = parse(&body)?;
    if text.trim().is_empty() || text.len() > NOTE_MAX {
        return Err(unfit("text", NOTE_MAX));
    }
    if author.as_ref().is_some_and(|author| author.is_empty() || author.len() > NAME_MAX) {
        return Err(unfit("author", NAME_MAX));
    }
    let note = Note {
        id: rest.consent.identify(),
        at: rest.live.now(),
        author: author.map(Into::into),
        body: Body::Text(text.into()),
    };
    change_it(&rest, Viewer::Account(account.id), ConversationChange::Note { id, note }).await
}

/// Somebody's name, if the field is there.
fn name(field: &str, given: Option<Option<String>>) -> Result<Option<Option<Box<str>>>, Problem> {
    given.iter().flatten().try_for_each(|name| check_name(field, name))?;
    Ok(given.map(|name| name.map(String::into_boxed_str)))
}

/// Checks somebody's name.
pub(super) fn check_name(field: &str, name: &str) -> Result<(), Problem> {
    if name.is_empty() || name.len() > NAME_MAX {
        return Err(unfit(field, NAME_MAX));
    }
    if name.chars().any(char::is_control) {
        let detail = format!("{field} must have no control characters");
        return Err(Problem::bad("invalid_request", detail).at(field));
    }
    Ok(())
}

async fn change_it(rest: &Rest, viewer: Viewer, change: ConversationChange) -> Result<Response, Problem> {
    let changed = rest.archive.change_conversation(viewer, change).await?.ok_or_else(missing)?;
    Ok(ConversationView::of(&changed, &rest.live.rules(), viewer).answer())
}

fn unfit(field: &str, most: usize) -> Problem {
    Problem::bad("invalid_request", format!("{field} must have 1 to {most} octets")).at(field)
}

impl ConversationView<'_> {
    fn answer(&self) -> Response {
        json(StatusCode::OK, self)
    }
}
