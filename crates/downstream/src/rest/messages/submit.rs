//! Submission: messages are checked, made durable, and only then answered.

use super::decision::{Decision, Decisions, SubmitAnswer};
use super::idempotency::{self, Key};
use super::request::{self, Approved, BatchRequest, Context, MessageRequest, Request};
use super::shorten;
use crate::clock;
use crate::rest::Rest;
use crate::rest::caller::ByAccount;
use crate::rest::media::{NamedMedia, hold_all};
use crate::rest::payload::Payload;
use crate::rest::problem::{Problem, ProblemDocument};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use postrider_core::account::Account;
use postrider_core::contract::{Accepted, Prepared};
use postrider_core::submission::Refusal;
use postrider_declare::Endpoints;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The request to send: a message or a list.
#[derive(Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it only describes the body")]
#[schema(as = SendRequest)]
pub(in crate::rest) enum SubmitRequest {
    /// One message, or the same to several recipients.
    One(Box<MessageRequest>),
    /// Several messages.
    Batch(BatchRequest),
}

/// Sends a message, or up to 1,000 of them.
///
/// The answer comes when the messages are safe on disk. Of a list, single messages may be refused and the others accepted;
/// when all are refused, the answer is a problem that lists them. With the header `Idempotency-Key` a repetition of the
/// same request gets the first answer again, with the header `Idempotent-Replayed: true`, and sends nothing.
#[utoipa::path(
    post, path = "/v1/messages", operation_id = "sendMessage", tag = "messages", request_body = SubmitRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes repetitions harmless; 1 to 255 characters.", min_length = 1, max_length = 255)),
    responses(
        (status = 202, description = "Accepted.", body = SubmitAnswer),
        (status = "4XX", description = "Refused.", body = ProblemDocument, content_type = "application/problem+json"),
        (status = "5XX", description = "Not accepted; try again.", body = ProblemDocument, content_type = "application/problem+json"),
    ),
)]
pub(in crate::rest) async fn submit(
    State(rest): State<Arc<Rest>>,
    ByAccount(account): ByAccount,
    headers: HeaderMap,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    submit_for(&rest, &account, &headers, &body).await
}

/// Sends what a body asks for on behalf of an account.
pub(in crate::rest) async fn submit_for(
    rest: &Rest,
    account: &Account,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Response, Problem> {
    let started = clock::now();
    let templates = Approved::of(rest, account.id, body).await?;
    let callbacks = account.webhook.as_deref().map(Endpoints::of);
    let key = Key::of(headers, body)?;
    let decided = match &key {
        Some(key) => key.decided_before(rest, account.id).await?,
        None => None,
    };
    // Nothing is fetched for a repetition.
    let media = match &decided {
        Some(_) => NamedMedia::NONE,
        None => NamedMedia::of(rest, account.id, body).await?,
    };
    let mut request = request::read(body, Context { callbacks, templates: &templates, media: &media })?;
    let is_single = request.is_single;
    if let Some(decided) = decided {
        return idempotency::replay(rest, account.id, decided, is_single).await;
    }
    hold_all(rest, account, request.items.iter_mut().filter_map(|item| item.submission.as_mut().ok()))
        .await?;
    let (mut decisions, prepared) = prepare(rest, account, request).await?;
    if prepared.is_empty() {
        rest.meters.refused.increment(decisions.refused() as u64);
        return decisions.answer();
    }
    let once = key.map(|key| key.once(account.id, decisions.decided()));
    match rest.intake.commit(prepared, once).await? {
        Accepted::Now { refused } => decisions.refuse(&refused),
        Accepted::Before(decided) => {
            return idempotency::replay(rest, account.id, decided, is_single).await;
        }
        Accepted::Conflict => return Err(idempotency::conflict()),
    }
    rest.meters.refused.increment(decisions.refused() as u64);
    rest.meters.accepted.increment(decisions.accepted() as u64);
    rest.meters.accept_seconds.record(started.elapsed());
    decisions.answer()
}

/// Has the submissions of a request checked. Returns the decisions on its items, and the messages to be made durable.
async fn prepare(
    rest: &Rest,
    account: &Account,
    request: Request,
) -> Result<(Decisions, Vec<Prepared>), Problem> {
    let mut submissions = Vec::with_capacity(request.items.len());
    let mut problems = Vec::with_capacity(request.items.len());
    let mut links = Vec::new();
    for item in request.items {
        match shorten::shortened(rest, item).await {
            Ok((submission, shortened)) => {
                submissions.push(submission);
                links.push(shortened);
                problems.push(None);
            }
            Err(problem) => problems.push(Some(problem)),
        }
    }
    let results = rest.intake.prepare(account, submissions).await?;
    shorten::keep(rest, account, links, &results).await?;
    let (decisions, prepared) = decide(problems, results);
    Ok((Decisions::new(decisions, request.is_single), prepared))
}

/// The decisions on all items: for each the problem of its own, or else the next of the results.
fn decide(
    problems: Vec<Option<Problem>>,
    results: Vec<Result<Prepared, Refusal>>,
) -> (Vec<Decision>, Vec<Prepared>) {
    let mut results = results.into_iter();
    let mut accepted = Vec::new();
    let decision = |problem: Option<Problem>| {
        if let Some(problem) = problem {
            return Some(Err(problem));
        }
        Some(match results.next()? {
            Ok(prepared) => {
                let message = Arc::clone(&prepared.message);
                accepted.push(prepared);
                Ok(message.into())
            }
            Err(refusal) => Err(Problem::from(&refusal)),
        })
    };
    let decisions = problems.into_iter().filter_map(decision).collect();
    (decisions, accepted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::message;
    use postrider_core::contract::{Beside, Decided};
    use postrider_core::id::MessageId;
    use postrider_core::route::UpstreamId;

    #[test]
    fn decisions_keep_the_order_of_the_items() {
        let prepared = |id| {
            let message = Arc::new(message(MessageId::from_number(id)));
            Ok(Prepared {
                message,
                upstream: UpstreamId(1),
                part: None,
                credit: None,
                beside: Beside::default(),
                cleared: 0,
            })
        };
        let problem = Problem::bad("invalid_data", "no");
        let results = vec![prepared(1), Err(Refusal::NoRoute(None)), prepared(2)];
        let (decisions, accepted) = decide(vec![None, Some(problem), None, None], results);
        let decided = Decisions::new(decisions, false).decided();
        let shown: Vec<String> = decided
            .iter()
            .map(|decided| match decided {
                Decided::Accepted(id) => id.to_string(),
                Decided::Refused(refused) => refused.code.to_string(),
            })
            .collect();
        assert_eq!(shown, ["1", "invalid_data", "no_route", "2"]);
        let accepted: Vec<u64> = accepted.iter().map(|prepared| prepared.message.id.number()).collect();
        assert_eq!(accepted, [1, 2]);
    }
}
