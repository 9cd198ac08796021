//! HTTP to a provider behind pipes, in virtual time.

mod provider;

use postrider_core::contract::LinkState;
use postrider_core::delivery::{FaultKind, PartOutcome};
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message};
use postrider_core::number::Number;
use postrider_core::testing;
use postrider_trace::Wanted;
use provider::{Asked, Gateway, Provider, Treatment, accepted};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const REQUEST: &str = "json = { to = '{to}', text = '{text}' }";
const ANSWER: &str = "[answer]\nid = 'id'";

fn gateway(manners: impl Fn(&Asked, usize) -> Treatment + Send + Sync + 'static) -> Gateway {
    Gateway::start(REQUEST, ANSWER, Provider::new(manners))
}

fn kinds(outcomes: &[PartOutcome]) -> Vec<FaultKind> {
    let kind = |outcome: &PartOutcome| match outcome {
        PartOutcome::Refused(fault) => Some(fault.kind),
        _ => None,
    };
    outcomes.iter().filter_map(kind).collect()
}

#[tokio::test(start_paused = true)]
async fn a_provider_is_left_alone_for_as_long_as_it_wants() {
    let until = "Date: Tue, 14 Nov 2023 22:13:20 GMT\r\nRetry-After: Tue, 14 Nov 2023 22:14:00 GMT\r\n";
    for fields in ["Retry-After: 40\r\n", until] {
        let gateway = gateway(move |_, number| match number {
            1 => Treatment::Answer(429, fields, String::new()),
            _ => accepted(),
        });
        gateway.desk.put("Hello");
        gateway.until(|desk| matches!(desk.link(0), Some(LinkState::Down { .. }))).await;
        assert_eq!(kinds(&gateway.desk.outcomes()), [FaultKind::Throttled]);
        assert_eq!(gateway.desk.down(0).1, SECOND * 40, "{fields}");
        gateway.desk.put("Hello");
        gateway.until(|desk| desk.outcomes().len() == 2).await;
        let asked = gateway.provider.asked();
        assert!((SECOND * 40..SECOND * 42).contains(&(asked[1].at - asked[0].at)), "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_answered_in_time_is_in_doubt_and_not_sent_again() {
    let gateway = gateway(|_, number| if number == 1 { Treatment::Silence } else { accepted() });
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.outcomes().len() == 1).await;
    assert_eq!(gateway.desk.outcomes(), [PartOutcome::Unanswered]);
    let took = postrider_link::now() - gateway.provider.began();
    assert!((SECOND * 30..SECOND * 31).contains(&took), "{took:?}");
    // The link goes on, by another connection.
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.outcomes().len() == 2).await;
    assert_eq!(gateway.desk.link(0), Some(LinkState::Up));
    assert_eq!(gateway.provider.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ends_after_the_request_leaves_it_in_doubt_unless_it_may_be_repeated() {
    let closing = |_: &Asked, number: usize| if number == 2 { Treatment::Closing } else { accepted() };
    for (idempotent, outcome, requests) in [
        ("idempotent = false", PartOutcome::Unanswered, 2),
        ("idempotent = true", PartOutcome::Accepted(Some("7".into())), 3),
    ] {
        let gateway = Gateway::start(&format!("{idempotent}\n{REQUEST}"), ANSWER, Provider::new(closing));
        for count in 1..=2 {
            gateway.desk.put("Hello");
            gateway.until(|desk| desk.outcomes().len() == count).await;
        }
        assert_eq!(gateway.desk.outcomes()[1], outcome, "{idempotent}");
        assert_eq!(gateway.provider.asked().len(), requests, "{idempotent}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_is_not_there_is_tried_more_and_more_rarely() {
    let provider = Provider::new(|_, _| accepted());
    provider.be_there(false);
    let gateway = Gateway::start(REQUEST, ANSWER, provider);
    gateway.desk.put("Hello");
    tokio::time::sleep(SECOND * 600).await;
    // After 1, 2, 4, 8, 16, 32 seconds, and then each minute.
    assert!((14..=17).contains(&gateway.provider.attempts()), "{}", gateway.provider.attempts());
    let (reason, retry_in) = gateway.desk.down(0);
    assert!(reason.contains("refused") && retry_in == SECOND * 60, "{reason} {retry_in:?}");
    assert!(gateway.desk.outcomes().is_empty(), "nothing is taken for a provider that isn't there");
    gateway.provider.be_there(true);
    gateway.until(|desk| desk.outcomes().len() == 1).await;
    assert_eq!(gateway.desk.link(0), Some(LinkState::Up));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_goes_away_has_nothing_of_what_was_not_sent() {
    let gateway = gateway(|_, number| match number {
        1 => Treatment::Answer(200, "Connection: close\r\n", r#"{"id":"7"}"#.to_owned()),
        _ => accepted(),
    });
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.outcomes().len() == 1).await;
    gateway.provider.be_there(false);
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.outcomes().len() == 2).await;
    assert_eq!(gateway.desk.outcomes()[1], PartOutcome::NotSent);
    gateway.until(|desk| matches!(desk.link(0), Some(LinkState::Down { .. }))).await;
    assert_eq!(gateway.provider.asked().len(), 1);
}

const OAUTH2: &str = "oauth2 = { url = '{base_url}/token', id = 'shop', secret = 'secret' }";

fn is_for_token(asked: &Asked) -> bool {
    asked.line.starts_with("POST /token ")
}

/// A provider whose tokens are valid for 300 seconds, and that refuses the token `t1` in the requests of these numbers.
fn with_tokens(refuses: impl Fn(usize) -> bool + Send + Sync + 'static) -> Gateway {
    let provider = Provider::new(move |asked, number| match asked.token.as_deref() {
        _ if is_for_token(asked) => {
            Treatment::Answer(200, "", format!(r#"{{"access_token":"t{number}","expires_in":300}}"#))
        }
        _ if refuses(number) => Treatment::Answer(401, "", String::new()),
        Some(_) => accepted(),
        None => Treatment::Answer(400, "", String::new()),
    });
    Gateway::start(&format!("{OAUTH2}\n{REQUEST}"), ANSWER, provider)
}

/// The tokens that texts were sent with, in order.
fn tokens(gateway: &Gateway) -> Vec<String> {
    let texts = gateway.provider.asked().into_iter().filter(|asked| !is_for_token(asked));
    texts.map(|asked| asked.token.unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_token_is_fetched_once_and_anew_before_its_end() {
    let gateway = with_tokens(|_| false);
    for _ in 0..3 {
        gateway.desk.put("Hello");
    }
    gateway.until(|desk| desk.outcomes().len() == 3).await;
    assert_eq!(tokens(&gateway), ["Bearer t1"; 3]);
    tokio::time::sleep(SECOND * 299).await;
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.outcomes().len() == 4).await;
    assert_eq!(tokens(&gateway)[3], "Bearer t5");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_refused_before_its_end_is_fetched_anew_once() {
    let gateway = with_tokens(|number| number == 2);
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.outcomes().len() == 1).await;
    assert_eq!(gateway.desk.outcomes(), [PartOutcome::Accepted(Some("7".into()))]);
    assert_eq!(tokens(&gateway), ["Bearer t1", "Bearer t3"]);

    let gateway = with_tokens(|_| true);
    gateway.desk.put("Hello");
    gateway.until(|desk| matches!(desk.link(0), Some(LinkState::Down { .. }))).await;
    assert_eq!(kinds(&gateway.desk.outcomes()), [FaultKind::Paused]);
    assert_eq!(gateway.provider.asked().len(), 4);
    assert_eq!(gateway.desk.down(0).1, SECOND * 60);
}

#[tokio::test(start_paused = true)]
async fn exchanges_are_recorded_without_their_secrets() {
    let gateway = with_tokens(|_| false);
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.outcomes().len() == 1).await;
    let packets = gateway.recorder.recent(&Wanted { upstream: Some("acme".into()), ..Wanted::default() }, 10);
    let shown: Vec<String> =
        packets.iter().map(|packet| String::from_utf8_lossy(&packet.octets).into_owned()).collect();
    let [request, answer] = &shown[..] else { panic!("{shown:#?}") };
    assert!(
        request.starts_with("POST /send HTTP/1.1\r\n") && request.contains("authorization: *********\r\n"),
        "{request}"
    );
    assert!(request.ends_with(r#"{"text":"Hello","to":"447700900123"}"#), "{request}");
    assert_eq!(answer, "HTTP/1.1 200 So\r\nContent-Length: 10\r\n\r\n{\"id\":\"7\"}");
}

#[tokio::test(start_paused = true)]
async fn without_a_token_nothing_is_sent() {
    let provider =
        Provider::new(|_, _| Treatment::Answer(403, "", r#"{"error":"invalid_client"}"#.to_owned()));
    let gateway = Gateway::start(&format!("{OAUTH2}\n{REQUEST}"), ANSWER, provider);
    gateway.desk.put("Hello");
    gateway.until(|desk| matches!(desk.link(0), Some(LinkState::Down { .. }))).await;
    assert_eq!(gateway.desk.outcomes(), [PartOutcome::NotSent]);
    let (reason, retry_in) = gateway.desk.down(0);
    assert!(reason.ends_with("answered with 403: invalid_client"), "{reason}");
    assert_eq!(retry_in, SECOND * 60);
}

#[tokio::test(start_paused = true)]
async fn the_messages_of_a_request_have_its_fate_together() {
    let request = "messages = 3\nmixed = true\njson.messages.'$each' = { to = '{to}', text = '{text}' }";
    let answer = "[answer]\nitems = 'messages[]'\nid = 'id'";
    let provider = Provider::new(|_, number| match number {
        1 => Treatment::Silence,
        _ => Treatment::Answer(200, "", r#"{"messages":[{"id":"1"},{"id":"2"},{"id":"3"}]}"#.to_owned()),
    });
    provider.be_there(false);
    let gateway = Gateway::start(request, answer, provider);
    for to in 0..6 {
        let to = Number::from_digits(447_700_900_100 + to).unwrap();
        let message = testing::message(MessageId::from_number(7));
        gateway.desk.put_message(Message { to, body: Body::Text("Hello".into()), ..message });
    }
    gateway.provider.be_there(true);
    gateway.until(|desk| desk.outcomes().len() == 6).await;
    let asked = gateway.provider.asked();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].body.matches("Hello").count(), 3);
    let names = ["1", "2", "3"].map(|name| PartOutcome::Accepted(Some(name.into())));
    assert_eq!(gateway.desk.outcomes()[..3], names);
    assert_eq!(gateway.desk.outcomes()[3..], [const { PartOutcome::Unanswered }; 3]);
}

#[tokio::test(start_paused = true)]
async fn the_parts_that_a_provider_cuts_are_numbered_from_zero() {
    let provider =
        Provider::new(|_, _| Treatment::Answer(200, "", r#"{"parts":[{"id":"1"},{"id":"2"}]}"#.to_owned()));
    let gateway = Gateway::start(REQUEST, "[answer]\nparts = 'parts[]'\nid = 'id'", provider);
    gateway.desk.put("Hello");
    gateway.until(|desk| desk.outcomes().len() == 2).await;
    assert_eq!(gateway.desk.parts(), [0, 1]);
}

const POLL: &str = "[poll]\nurl = '{base_url}/waiting'\n[[callback]]\nkind = 'receipt'\nitems = 'receipts[]'\nid = 'id'\n\
                    state = ['state']";

#[tokio::test(start_paused = true)]
async fn what_waits_at_a_provider_is_fetched_every_thirty_seconds() {
    let provider = Provider::new(|asked, _| {
        assert_eq!(asked.line, "GET /waiting HTTP/1.1");
        let body = r#"{"receipts":[{"id":"7","state":"ok"},{"id":"8","state":"ok"}]}"#;
        Treatment::Answer(200, "", body.to_owned())
    });
    let gateway = Gateway::start(REQUEST, &format!("{ANSWER}\n{POLL}"), provider);
    gateway.until(|desk| desk.kept() == 20).await;
    let asked = gateway.provider.asked();
    assert!((SECOND * 270..SECOND * 272).contains(&(asked[9].at - asked[0].at)), "{asked:?}");
}
