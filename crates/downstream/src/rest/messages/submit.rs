//! Hands in messages: checked, made durable, and only then answered.

use super::super::Rest;
use super::super::answer::{json, json_text, to_json};
use super::super::caller::ByAccount;
use super::super::payload::Payload;
use super::super::problem::{Problem, ProblemDocument, title};
use super::asked::{self, Asked, BatchRequest, MessageRequest};
use super::once::{self, Key};
use super::{EncodingWord, as_text, encoding_of};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use postrider_core::account::Account;
use postrider_core::contract::{Accepted, Prepared};
use postrider_core::delivery::State as Stand;
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message};
use postrider_core::number::Number;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Instant;
use utoipa::ToSchema;

/// A message that was taken on.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct AcceptedMessage<'a> {
    /// Its place in the list that was sent; absent if it was sent alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
    /// Its identifier: a number of up to 19 digits, as a string.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "381234567890123456")]
    id: MessageId,
    /// Where it stands: `queued`.
    state: &'static str,
    /// The recipient.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String)]
    to: Number,
    /// How many parts it has.
    parts: u8,
    /// How it is carried, if its upstream has nothing of its own to say.
    encoding: EncodingWord,
    /// Your own word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
}

/// A message of a list that was not taken on.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct RefusedMessage {
    /// Its place in the list that was sent.
    index: usize,
    /// Why.
    error: ItemError,
}

/// Why a message of a list was not taken on.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct ItemError {
    /// A stable word such as `invalid_recipient`.
    code: &'static str,
    /// The code in words.
    title: String,
    /// What is wrong, for people.
    #[schema(value_type = String)]
    detail: Box<str>,
    /// The field that it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    field: Option<Box<str>>,
}

/// A message of a list: taken on, or not.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(in super::super) enum Item<'a> {
    /// It was taken on.
    Accepted(AcceptedMessage<'a>),
    /// It was not.
    Refused(RefusedMessage),
}

/// What came of a list of messages.
#[derive(Serialize, ToSchema)]
pub(in super::super) struct BatchAnswer<'a> {
    /// How many were taken on.
    accepted: usize,
    /// How many were not.
    refused: usize,
    /// Each of them, in the order that they were sent.
    messages: Vec<Item<'a>>,
}

/// What can be sent: a message or a list.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[allow(dead_code)]
pub(in super::super) enum SubmitRequest {
    /// One message, or the same to several.
    One(Box<MessageRequest>),
    /// Several messages.
    Batch(BatchRequest),
}

/// What is answered: a message or a list.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(in super::super) enum SubmitAnswer<'a> {
    /// One message was sent.
    One(AcceptedMessage<'a>),
    /// A list was.
    Batch(BatchAnswer<'a>),
}

/// Sends a message, or up to 1,000 of them.
///
/// The answer comes when the messages are safe on disk. Of a list those are taken on that can be; when none can, the
/// answer is a problem that lists them. With the header `Idempotency-Key` a repetition of the same request gets the first
/// answer again, with the header `Idempotent-Replayed: true`, and sends nothing.
#[utoipa::path(
    post, path = "/v1/messages", tag = "messages", request_body = SubmitRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes repetitions harmless; 1 to 255 characters.")),
    responses(
        (status = 202, description = "Taken on.", body = SubmitAnswer),
        (status = "4XX", description = "Not taken on.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "5XX", description = "Not taken on; try again.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in super::super) async fn submit(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    headers: HeaderMap,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let started = Instant::now();
    let asked = asked::read(&body, account.webhook.is_some())?;
    let key = Key::of(&headers, &body)?;
    if let Some(key) = &key
        && let Some(answer) = key.before(&rest, account.id).await?
    {
        return Ok(answer);
    }
    let single = asked.single;
    let results = prepare(&rest, &account, asked);
    let count = results.iter().filter(|result| result.is_ok()).count();
    rest.meters.refused.increment((results.len() - count) as u64);
    if count == 0 {
        return Err(refusal(results, single));
    }
    let (answer, prepared) = answer(results, single, count);
    let once = key.map(|key| key.once(account.id, &answer));
    let response = match rest.intake.commit(prepared, once).await? {
        Accepted::Now => json_text(StatusCode::ACCEPTED, answer),
        Accepted::Before(answer) => return Ok(once::replay(answer)),
        Accepted::Conflict => return Err(once::conflict()),
    };
    rest.meters.accepted.increment(count as u64);
    rest.meters.accept_seconds.record(started.elapsed());
    Ok(response)
}

type Results = Vec<Result<Prepared, Problem>>;

/// Has those checked that are submissions at all; the order stays.
fn prepare(rest: &Rest, account: &Account, asked: Asked) -> Results {
    let mut submissions = Vec::with_capacity(asked.items.len());
    let mut problems = Vec::with_capacity(asked.items.len());
    for item in asked.items {
        match item {
            Ok(submission) => {
                submissions.push(submission);
                problems.push(None);
            }
            Err(problem) => problems.push(Some(problem)),
        }
    }
    let mut prepared = rest.intake.prepare(account, submissions).into_iter();
    let result = |problem: Option<Problem>| match problem {
        Some(problem) => Some(Err(problem)),
        None => prepared.next().map(|result| result.map_err(|refusal| Problem::from(&refusal))),
    };
    problems.into_iter().filter_map(result).collect()
}

/// The body of the answer, and what is to be made durable before it is given.
fn answer(results: Results, single: bool, count: usize) -> (Vec<u8>, Vec<Prepared>) {
    let answer = match results.first() {
        Some(Ok(prepared)) if single => SubmitAnswer::One(accepted(&prepared.message, None)),
        _ => SubmitAnswer::Batch(BatchAnswer {
            accepted: count,
            refused: results.len() - count,
            messages: results.iter().enumerate().map(item).collect(),
        }),
    };
    let body = to_json(&answer);
    (body, results.into_iter().flatten().collect())
}

fn item((index, result): (usize, &Result<Prepared, Problem>)) -> Item<'_> {
    match result {
        Ok(prepared) => Item::Accepted(accepted(&prepared.message, Some(index))),
        Err(problem) => Item::Refused(refused_item(index, problem)),
    }
}

fn accepted(message: &Message, index: Option<usize>) -> AcceptedMessage<'_> {
    AcceptedMessage {
        index,
        id: message.id,
        state: Stand::Queued.word(),
        to: message.to,
        parts: message.parts,
        encoding: match &message.body {
            Body::Text(text) => encoding_of(text),
            Body::Data { encoding, .. } => (*encoding).into(),
        },
        reference: message.reference.as_deref(),
    }
}

fn refused_item(index: usize, problem: &Problem) -> RefusedMessage {
    let error = ItemError {
        code: problem.code,
        title: title(problem.code),
        detail: problem.detail.clone(),
        field: problem.field.clone(),
    };
    RefusedMessage { index, error }
}

/// The problem with a request of which nothing was taken on: its only message's, or a list of them.
fn refusal(results: Results, single: bool) -> Problem {
    let mut problems: Vec<Problem> = results.into_iter().filter_map(Result::err).collect();
    if single && let Some(problem) = problems.pop() {
        return problem;
    }
    let items: Vec<RefusedMessage> =
        problems.iter().enumerate().map(|(index, problem)| refused_item(index, problem)).collect();
    let items = serde_json::to_value(items).unwrap_or_default();
    let too_fast = problems.iter().all(|problem| problem.status == StatusCode::TOO_MANY_REQUESTS);
    let retry_after = problems.iter().filter_map(|problem| problem.retry_after).max();
    let problem = match (too_fast, retry_after) {
        (true, Some(after)) => {
            let detail = "none of the messages was taken on: all were too fast";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail).later(after)
        }
        _ => {
            let detail = "none of the messages could be taken on: see 'messages' for each";
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "all_refused", detail)
        }
    };
    problem.with("messages", items)
}

/// An answer that says only where a message stands.
pub(super) fn stand(id: MessageId, state: Stand) -> Response {
    json(StatusCode::OK, &serde_json::json!({ "id": id.to_string(), "state": state.word() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use postrider_core::route::UpstreamId;
    use postrider_core::submission::{Refusal, Submission, validate};
    use postrider_core::time::Time;
    use std::time::Duration;

    /// A message as the gateway would take it on.
    fn prepared(text: &str) -> Prepared {
        let documents: crate::resource::AccountDocument = serde_json::from_str("{}").unwrap();
        let account = Account {
            id: postrider_core::account::AccountId(1),
            name: "shop".into(),
            enabled: documents.enabled,
            keys: Vec::new(),
            login: None,
            webhook: None,
            default_sender: None,
            default_class: documents.class.into(),
            default_validity: Duration::from_hours(1),
            rate: None,
            policy: postrider_core::policy::Policy::default(),
        };
        let submission = Submission {
            to: "+447700900123".into(),
            body: Some(Body::Text(text.into())),
            reference: Some("r1".into()),
            ..Submission::default()
        };
        let draft = validate(submission, &account, Time(0)).unwrap();
        let id = MessageId::from_number(42);
        Prepared {
            message: postrider_core::message::seal(draft, &account, id, Time(0)),
            upstream: UpstreamId(1),
        }
    }

    #[test]
    fn one_message_is_answered_alone() {
        let (body, prepared) = answer(vec![Ok(prepared("Hello"))], true, 1);
        let expected = r#"{"id":"42","state":"queued","to":"+447700900123","parts":1,"encoding":"gsm7","reference":"r1"}"#;
        assert_eq!((String::from_utf8(body).unwrap().as_str(), prepared.len()), (expected, 1));
    }

    #[test]
    fn a_list_is_answered_in_its_order() {
        let refused = Problem::from(&Refusal::Empty);
        let (body, prepared) = answer(vec![Err(refused), Ok(prepared("ж"))], false, 1);
        let answer: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&answer["accepted"], &answer["refused"], prepared.len()), (&1.into(), &1.into(), 1));
        let expected = serde_json::json!({ "index": 0, "error": {
            "code": "empty_message", "title": "Empty message", "field": "text",
            "detail": "there is nothing to send: give a text or data",
        }});
        assert_eq!(answer["messages"][0], expected);
        assert_eq!(
            (&answer["messages"][1]["index"], &answer["messages"][1]["encoding"]),
            (&1.into(), &"ucs2".into())
        );
    }

    #[test]
    fn when_nothing_was_taken_on_the_answer_is_a_problem() {
        let fast = || Err(Problem::from(&Refusal::TooFast { retry_after: Duration::from_secs(2) }));
        let empty = || Err(Problem::from(&Refusal::Empty));
        assert_eq!(refusal(vec![empty()], true).code, "empty_message");
        let problem = refusal(vec![fast(), fast()], false);
        assert_eq!(
            (problem.code, problem.status.as_u16(), problem.retry_after),
            ("rate_limited", 429, Some(Duration::from_secs(2)))
        );
        let problem = refusal(vec![fast(), empty()], false);
        assert_eq!((problem.code, problem.status.as_u16()), ("all_refused", 422));
        assert_eq!(problem.more.unwrap().1[1]["error"]["code"], "empty_message");
    }
}
