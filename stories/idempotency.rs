//! A request that is repeated with its key is one request, however often it comes and whatever happened in between.

use crate::harness::{Answer, Http, Plan, carrier};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

#[tokio::test]
async fn a_repetition_gets_the_first_answer_and_sends_nothing() {
    let carrier = carrier().await;
    let mut gateway = Plan::simple(carrier.address()).account("other").start().await;
    let (shop, other) = (gateway.http("shop"), gateway.http("other"));
    let order = json!({ "to": "+491700000001", "text": "order 7" });

    let first = ask(&shop, "order-7", &order).await;
    assert!(!is_replayed(&first));
    let answer = first.accepted();
    let again = ask(&shop, "order-7", &order).await;
    assert!(is_replayed(&again));
    assert_eq!(again.accepted(), answer);
    shop.message_in(answer["id"].as_str().unwrap(), "delivered").await;

    gateway.kill().await;
    gateway.start_again().await;
    assert_eq!(ask(&shop, "order-7", &order).await.accepted(), answer);

    // Another request under the same key is a mistake, the same key of another account is not.
    let another = json!({ "to": "+491700000001", "text": "order 8" });
    assert_eq!(ask(&shop, "order-7", &another).await.with(422)["code"], "idempotency_key_reused");
    let theirs = ask(&other, "order-7", &order).await.accepted();
    assert_ne!(theirs["id"], answer["id"]);
    other.message_in(theirs["id"].as_str().unwrap(), "delivered").await;
    assert_eq!(carrier.counts().submitted, 2);
}

#[tokio::test]
async fn repetitions_at_the_same_time_are_one_request() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    let order = json!({ "to": ["+491700000001", "+491700000002"], "text": "order 9" });
    let mut asked = JoinSet::new();
    for _ in 0..20 {
        let (shop, order) = (shop.clone(), order.clone());
        asked.spawn(async move { ask(&shop, "order-9", &order).await });
    }
    let answers = asked.join_all().await;
    assert_eq!(answers.iter().filter(|answer| !is_replayed(answer)).count(), 1);
    let bodies: Vec<Value> = answers.into_iter().map(Answer::accepted).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    for message in bodies[0]["messages"].as_array().unwrap() {
        shop.message_in(message["id"].as_str().unwrap(), "delivered").await;
    }
    assert_eq!(carrier.counts().submitted, 2);
}

#[tokio::test]
async fn what_was_refused_may_be_put_right_under_its_key() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let shop = gateway.http("shop");
    ask(&shop, "k", &json!({ "to": "Bob", "text": "x" })).await.with(422);
    ask(&shop, "k", &json!({ "to": "+491700000001", "text": "x" })).await.accepted();
}

async fn ask(who: &Http, key: &str, body: &Value) -> Answer {
    who.ask(Method::POST, "/v1/messages", &[("idempotency-key", key)], Some(body)).await.unwrap()
}

fn is_replayed(answer: &Answer) -> bool {
    answer.headers.contains_key("idempotent-replayed")
}
