use super::*;
use crate::testing;
use serde_json::{Value, json};
use std::time::Duration;

fn message(id: u64, text: &str) -> Arc<Message> {
    let message = testing::message(MessageId::from_number(id));
    Arc::new(Message { body: Body::Text(text.into()), ..message })
}

fn too_fast() -> Refusal {
    Refusal::TooFast { retry_after: Duration::from_secs(2) }
}

async fn body(decisions: Decisions) -> Value {
    let response = decisions.answer().unwrap();
    assert_eq!(response.status(), 202);
    let octets = axum::body::to_bytes(response.into_body(), 65_536).await.unwrap();
    serde_json::from_slice(&octets).unwrap()
}

#[tokio::test]
async fn one_message_is_answered_alone() {
    let answer = body(Decisions::new(vec![Ok(message(42, "Hello").into())], true)).await;
    let expected = json!({
        "id": "42", "state": "queued", "to": "+447700900123", "parts": 1, "encoding": "gsm7", "reference": "r1",
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_list_is_answered_in_its_order_with_the_refusals_of_the_store() {
    let items = vec![Err((&Refusal::Empty).into()), Ok(message(1, "a").into()), Ok(message(2, "ж").into())];
    let mut decisions = Decisions::new(items, false);
    decisions.refuse(&[(0, too_fast())]);
    let answer = body(decisions).await;
    let expected = json!({ "accepted": 1, "refused": 2, "messages": [
        { "index": 0, "error": {
            "code": "empty_message", "title": "Empty message", "field": "text",
            "detail": "there is nothing to send: give a text or data",
        }},
        { "index": 1, "error": {
            "code": "rate_limited", "title": "Rate limited", "detail": "too fast: try again in 2000 ms",
        }},
        { "index": 2, "id": "2", "state": "queued", "to": "+447700900123", "parts": 1, "encoding": "ucs2", "reference": "r1" },
    ]});
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_repetition_is_answered_with_the_same_json() {
    let (first, second) = (message(1, "a"), message(2, "ж"));
    let wrong =
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_callback", "no URL").at("callback_url");
    let list = || {
        let second = Ok(Arc::clone(&second).into());
        vec![Ok(Arc::clone(&first).into()), Err(wrong.clone()), second, Ok(message(3, "c").into())]
    };
    let alone = || vec![Ok(Arc::clone(&first).into())];
    let cases = [(list(), list(), false), (alone(), alone(), false), (alone(), alone(), true)];
    for (items, again, is_single) in cases {
        let refused = if items.len() > 1 { vec![(2, Refusal::NoRoute(None))] } else { Vec::new() };
        let (mut decisions, mut kept) = (Decisions::new(items, is_single), Decisions::new(again, is_single));
        decisions.refuse(&refused);
        kept.refuse(&refused);
        // The store returns messages in no order.
        let messages = vec![Arc::clone(&second), Arc::clone(&first)];
        let repeated = Decisions::remembered(kept.decided(), messages, is_single);
        assert_eq!(body(repeated).await, body(decisions).await);
    }
}

#[tokio::test]
async fn a_repetition_shows_a_message_that_is_no_longer_kept_by_its_identifier() {
    let decided = vec![Decided::Accepted(MessageId::from_number(42))];
    let answer = body(Decisions::remembered(decided, Vec::new(), true)).await;
    assert_eq!(answer, json!({ "id": "42", "state": "queued" }));
}

#[test]
fn when_nothing_was_accepted_the_answer_is_a_problem() {
    let refused = |refusals: &[Refusal], is_single| {
        let items = refusals.iter().map(|refusal| Err(refusal.into())).collect();
        Decisions::new(items, is_single).answer().unwrap_err()
    };
    assert_eq!(refused(&[Refusal::Empty], true).code, "empty_message");
    let problem = refused(&[too_fast(), too_fast()], false);
    assert_eq!((&*problem.code, problem.status.as_u16()), ("rate_limited", 429));
    assert_eq!(problem.retry_after, Some(Duration::from_secs(2)));
    let problem = refused(&[too_fast(), Refusal::Empty], false);
    assert_eq!((&*problem.code, problem.status.as_u16()), ("all_refused", 422));
    assert_eq!(problem.more.unwrap().1[1]["error"]["code"], "empty_message");
}

#[test]
fn the_store_may_refuse_everything() {
    let mut decisions = Decisions::new(vec![Ok(message(1, "a").into())], true);
    decisions.refuse(&[(0, Refusal::RecipientNotAllowed)]);
    assert_eq!((decisions.accepted(), decisions.refused()), (0, 1));
    let problem = decisions.answer().unwrap_err();
    assert_eq!((&*problem.code, problem.status.as_u16()), ("recipient_not_allowed", 403));
}
