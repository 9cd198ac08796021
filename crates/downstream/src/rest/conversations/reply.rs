//! Replies in conversations: one follows what was seen, if that is asked for.

use super::{find, missing};
use crate::rest::Rest;
use crate::rest::caller::ByAccount;
use crate::rest::messages::{self, SubmitAnswer};
use crate::rest::payload::{Payload, parse};
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use postrider_core::contract::ConversationChange;
use postrider_core::conversation::{ConversationState, Ends};
use postrider_core::id::MessageId;
use postrider_core::principal::Viewer;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use utoipa::ToSchema;

/// A reply: a message without recipient and sender, which are the conversation's.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "it only describes the body")]
#[schema(as = ReplyRequest)]
pub(in crate::rest) struct ReplyRequest {
    /// The text. Other fields are those of a message (`POST /v1/messages`), except `to` and `from`.
    text: String,
    /// Your own reference for it.
    #[serde(default)]
    reference: Option<String>,
    /// The `last_reply` of the conversation that whoever answers has seen; `null` is none. If there is another by now, the answer is
    /// 409 `answered_meanwhile`, and nothing is sent. Without this field nothing is compared.
    #[serde(default)]
    seen: Option<String>,
}

/// Replies in a conversation: sends a message from its number to its handset, and sets its state to `waiting`.
#[utoipa::path(
    post, path = "/v1/conversations/{id}/messages", operation_id = "replyInConversation", tag = "messages", request_body = ReplyRequest,
    params(
        ("id" = String, Path, description = "The conversation's identifier.", pattern = "^[0-9]{1,19}$"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes repetitions harmless; 1 to 255 characters.", min_length = 1, max_length = 255),
    ),
    responses(
        (status = 202, description = "Accepted.", body = SubmitAnswer),
        (status = 404, description = "There is no such conversation.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = 409, description = "Somebody has answered meanwhile (`answered_meanwhile`).", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "4XX", description = "Refused.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "5XX", description = "Not accepted; try again.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn reply(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    Path(id): Path<String>,
    headers: HeaderMap,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let viewer = Viewer::Account(account.id);
    let (conversation, _) = find(&rest, viewer, &id).await?;
    let Reply { message, seen } = Reply::read(&body, &conversation.ends)?;
    let reply = identify(&rest, &headers);
    let before = begin(&rest, viewer, conversation.id, seen, reply).await?;
    let answer =
        messages::submit(State(Arc::clone(&rest)), ByAccount(account), headers, Payload(message.into()))
            .await;
    let id = conversation.id;
    // The message is safe, or refused: whoever sent it hears so, whatever becomes of the conversation.
    let change = match &answer {
        Ok(answer) if answer.status().is_success() => {
            let state = Some(ConversationState::Waiting);
            ConversationChange::Set { id, state, assignee: None, claim: None, most: None }
        }
        _ => ConversationChange::Reply { id, seen: Some(Some(reply)), reply: before },
    };
    if let Err(error) = rest.archive.change_conversation(viewer, change).await {
        tracing::warn!(conversation = %id, %error, "the state of a conversation could not be set");
    }
    answer
}

/// The identifier of a reply. A repetition under an idempotency key has that of the first one.
fn identify(rest: &Rest, headers: &HeaderMap) -> MessageId {
    match headers.get("idempotency-key") {
        Some(key) => {
            let mut hasher = DefaultHasher::new();
            key.as_bytes().hash(&mut hasher);
            MessageId::from_number(hasher.finish() >> 1)
        }
        None => rest.consent.identify(),
    }
}

/// Begins a reply, unless somebody has answered since what was seen; returns the last reply before it.
async fn begin(
    rest: &Rest,
    viewer: Viewer,
    id: MessageId,
    seen: Option<Option<MessageId>>,
    reply: MessageId,
) -> Result<Option<MessageId>, Problem> {
    let before = find(rest, viewer, &id.to_string()).await?.0.last_reply;
    let change = ConversationChange::Reply { id, seen, reply: Some(reply) };
    let begun = rest.archive.change_conversation(viewer, change).await?.ok_or_else(missing)?;
    if begun.last_reply == Some(reply) {
        return Ok(before);
    }
    let last = begun.last_reply.map_or_else(|| "none".to_owned(), |last| last.to_string());
    let detail = format!(
        "somebody has answered in this conversation meanwhile (last_reply is {last}): read it, and send again with that as 'seen'"
    );
    Err(Problem::new(StatusCode::CONFLICT, "answered_meanwhile", detail).at("seen"))
}

/// A reply as it was asked for.
struct Reply {
    /// The message, with the recipient and the sender of the conversation.
    message: Vec<u8>,
    /// The last reply that was seen, if that is to be compared.
    seen: Option<Option<MessageId>>,
}

impl Reply {
    fn read(body: &[u8], ends: &Ends) -> Result<Self, Problem> {
        let mut message: Map<String, Value> = parse(body)?;
        for (field, value) in [("to", &ends.handset), ("from", &ends.number)] {
            if message.insert(field.to_owned(), Value::from(&**value)).is_some() {
                let detail = format!("a reply has no '{field}': it is the conversation's");
                return Err(Problem::bad("invalid_request", detail).at(field));
            }
        }
        if message.contains_key("messages") {
            return Err(Problem::bad("invalid_request", "a reply is one message").at("messages"));
        }
        let seen = message.remove("seen").map(|seen| match &seen {
            Value::Null => Ok(None),
            Value::String(text) => text.parse().map(Some).map_err(|_| unfit_seen()),
            _ => Err(unfit_seen()),
        });
        Ok(Self { message: crate::rest::answer::to_json(&message), seen: seen.transpose()? })
    }
}

fn unfit_seen() -> Problem {
    let detail = "'seen' must be the 'last_reply' of the conversation, or null if there was none";
    Problem::bad("invalid_request", detail).at("seen")
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::account::AccountId;

    #[test]
    fn a_reply_is_addressed_by_its_conversation() {
        let ends = Ends { account: AccountId(1), number: "60006".into(), handset: "+447700900123".into() };
        let read = |body: &str| Reply::read(body.as_bytes(), &ends);
        for (body, seen) in [
            (r#"{"text":"Hi"}"#, None),
            (r#"{"text":"Hi","seen":null}"#, Some(None)),
            (r#"{"text":"Hi","seen":"381"}"#, Some(Some(MessageId::from_number(381)))),
        ] {
            let reply = read(body).unwrap();
            let message: Value = serde_json::from_slice(&reply.message).unwrap();
            assert_eq!(message, serde_json::json!({ "text": "Hi", "to": "+447700900123", "from": "60006" }));
            assert_eq!(reply.seen, seen);
        }
        for (body, field) in [
            (r#"{"to":"1"}"#, "to"),
            (r#"{"from":"x"}"#, "from"),
            (r#"{"messages":[]}"#, "messages"),
            (r#"{"seen":7}"#, "seen"),
            (r#"{"seen":"x"}"#, "seen"),
        ] {
            assert_eq!(read(body).err().unwrap().field.as_deref(), Some(field));
        }
        assert!(read("[]").is_err());
    }
}
