//! Decisions on the items of a request to send, and the answer that shows them.

use super::{EncodingWord, as_optional_text, as_text, encoding_of};
use crate::rest::answer::json;
use crate::rest::problem::{Problem, title};
use crate::rest::words::StateWord;
use axum::http::StatusCode;
use axum::response::Response;
use postrider_core::contract::{Decided, Refused};
use postrider_core::delivery::State;
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message};
use postrider_core::number::Number;
use postrider_core::submission::Refusal;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// A message that was accepted.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct AcceptedMessage<'a> {
    /// Its place in the list that was sent, from 0; absent if it was sent alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    /// Its identifier: a number of up to 19 digits, as a string.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "381234567890123456")]
    id: MessageId,
    /// Its state: `queued`.
    #[schema(value_type = StateWord)]
    state: &'static str,
    /// The recipient. A repeated answer lacks what follows if the message is no longer kept.
    #[serde(serialize_with = "as_optional_text", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    to: Option<Number>,
    /// The number of its parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<u8>,
    /// Its encoding, unless the settings of its upstream say otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<EncodingWord>,
    /// Your own reference for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
}

/// A message of a list that was refused.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct RefusedMessage<'a> {
    /// Its place in the list that was sent, from 0.
    index: usize,
    /// Why it was refused.
    error: ItemError<'a>,
}

/// Why a message of a list was refused.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct ItemError<'a> {
    /// A stable code such as `invalid_recipient`.
    code: &'a str,
    /// The code in words.
    title: String,
    /// The reason, for people.
    detail: &'a str,
    /// The field that is wrong, if the reason is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
}

/// A message of a list: accepted or refused.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = SentItem)]
pub(in crate::rest) enum Item<'a> {
    /// It was accepted.
    Accepted(AcceptedMessage<'a>),
    /// It was refused.
    Refused(RefusedMessage<'a>),
}

/// The result of a list of messages.
#[derive(Serialize, ToSchema)]
#[schema(as = SendListAnswer)]
pub(in crate::rest) struct BatchAnswer<'a> {
    /// The number of accepted messages.
    accepted: usize,
    /// The number of refused messages.
    refused: usize,
    /// All messages, in the order that they were sent.
    messages: Vec<Item<'a>>,
}

/// The answer: a message or a list.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = SendAnswer)]
pub(in crate::rest) enum SubmitAnswer<'a> {
    /// One message was sent.
    One(AcceptedMessage<'a>),
    /// A list was sent.
    Batch(BatchAnswer<'a>),
}

/// The decision on one item.
pub(super) type Decision = Result<Accepted, Problem>;

/// An accepted message.
pub(super) struct Accepted {
    id: MessageId,
    /// The message; `None` where it is no longer kept.
    message: Option<Arc<Message>>,
}

impl From<Arc<Message>> for Accepted {
    fn from(message: Arc<Message>) -> Self {
        Self { id: message.id, message: Some(message) }
    }
}

/// The decisions on all items of a request, in its order.
pub(super) struct Decisions {
    items: Vec<Decision>,
    /// Whether the request was one message rather than a list.
    is_single: bool,
}

impl Decisions {
    pub(super) const fn new(items: Vec<Decision>, is_single: bool) -> Self {
        Self { items, is_single }
    }

    /// The decisions on an earlier request. `messages` are those of its messages that are still kept.
    pub(super) fn remembered(decided: Vec<Decided>, messages: Vec<Arc<Message>>, is_single: bool) -> Self {
        let mut messages: HashMap<MessageId, Arc<Message>> =
            messages.into_iter().map(|message| (message.id, message)).collect();
        let decision = |decided| match decided {
            Decided::Accepted(id) => Ok(Accepted { id, message: messages.remove(&id) }),
            Decided::Refused(refused) => Err(refused.into()),
        };
        Self { items: decided.into_iter().map(decision).collect(), is_single }
    }

    /// The number of accepted messages.
    pub(super) fn accepted(&self) -> usize {
        self.items.iter().flatten().count()
    }

    /// The number of refused items.
    pub(super) fn refused(&self) -> usize {
        self.items.len() - self.accepted()
    }

    /// Enters the store's refusals. Each has its place among the accepted messages, in rising order.
    pub(super) fn refuse(&mut self, refused: &[(usize, Refusal)]) {
        let mut refused = refused.iter().peekable();
        let accepted = self.items.iter_mut().filter(|item| item.is_ok());
        for (place, item) in accepted.enumerate() {
            if let Some((_, refusal)) = refused.next_if(|(at, _)| *at == place) {
                *item = Err(refusal.into());
            }
        }
    }

    /// The decisions in the form that is kept for repetitions of the request.
    pub(super) fn decided(&self) -> Vec<Decided> {
        let decided = |item: &Decision| match item {
            Ok(accepted) => Decided::Accepted(accepted.id),
            Err(problem) => Decided::Refused(Refused {
                code: problem.code.as_ref().into(),
                detail: problem.detail.clone(),
                field: problem.field.clone(),
            }),
        };
        self.items.iter().map(decided).collect()
    }

    /// The answer.
    ///
    /// # Errors
    /// The problem with the request, when nothing was accepted.
    pub(super) fn answer(self) -> Result<Response, Problem> {
        if self.accepted() == 0 {
            return Err(self.all_refused());
        }
        Ok(json(StatusCode::ACCEPTED, &self.view()))
    }

    fn view(&self) -> SubmitAnswer<'_> {
        match &self.items[..] {
            [Ok(accepted)] if self.is_single => SubmitAnswer::One(accepted.view(None)),
            items => SubmitAnswer::Batch(BatchAnswer {
                accepted: self.accepted(),
                refused: self.refused(),
                messages: items.iter().enumerate().map(|(index, item)| view(index, item)).collect(),
            }),
        }
    }

    /// The problem with a request of which nothing was accepted: its only item's own, or a list of all.
    fn all_refused(self) -> Problem {
        let mut problems: Vec<Problem> = self.items.into_iter().filter_map(Result::err).collect();
        if self.is_single
            && let Some(problem) = problems.pop()
        {
            return problem;
        }
        let items: Vec<RefusedMessage<'_>> =
            problems.iter().enumerate().map(|(index, problem)| refused(index, problem)).collect();
        let items = serde_json::to_value(items).unwrap_or_default();
        let too_fast = problems.iter().all(|problem| problem.status == StatusCode::TOO_MANY_REQUESTS);
        let retry_after = problems.iter().filter_map(|problem| problem.retry_after).max();
        let unpaid = problems.iter().all(|problem| problem.status == StatusCode::PAYMENT_REQUIRED);
        let problem = match (too_fast, retry_after) {
            _ if unpaid && !problems.is_empty() => {
                let detail = "no message was accepted: the account has not enough credit, or has spent what it may today";
                Problem::new(StatusCode::PAYMENT_REQUIRED, "insufficient_credit", detail)
            }
            (true, Some(after)) => {
                let detail = "no message was accepted: all were too fast";
                Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail).later(after)
            }
            _ => {
                let detail = "no message was accepted: 'messages' says why, for each";
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "all_refused", detail)
            }
        };
        problem.with("messages", items)
    }
}

impl Accepted {
    fn view(&self, index: Option<usize>) -> AcceptedMessage<'_> {
        let message = self.message.as_deref();
        AcceptedMessage {
            index,
            id: self.id,
            state: State::Queued.word(),
            to: message.map(|message| message.to),
            parts: message.map(|message| message.parts),
            encoding: message.and_then(|message| encoding(&message.body)),
            reference: message.and_then(|message| message.reference.as_deref()),
        }
    }
}

/// The encoding of a message; `None` once its text was removed.
pub(super) fn encoding(body: &Body) -> Option<EncodingWord> {
    match body {
        Body::Text(text) => Some(encoding_of(text)),
        Body::Multimedia(media) => Some(encoding_of(&media.as_text())),
        Body::Data { encoding, .. } => Some((*encoding).into()),
        // No request has several parts; they come from clients that cut texts themselves.
        Body::Parts(parts) => Some(parts.first().map_or(EncodingWord::Octets, |part| part.encoding.into())),
        Body::Redacted | Body::Sealed(_) => None,
    }
}

fn view(index: usize, item: &Decision) -> Item<'_> {
    match item {
        Ok(accepted) => Item::Accepted(accepted.view(Some(index))),
        Err(problem) => Item::Refused(refused(index, problem)),
    }
}

fn refused(index: usize, problem: &Problem) -> RefusedMessage<'_> {
    let (code, detail) = (&*problem.code, &*problem.detail);
    let error = ItemError { code, title: title(code), detail, field: problem.field.as_deref() };
    RefusedMessage { index, error }
}

#[cfg(test)]
mod tests;
