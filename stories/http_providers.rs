//! Providers over HTTP are upstreams like any other: texts go out as presets say, receipts and replies come back by callbacks, bad
//! providers lose nothing, and nothing that was accepted is lost when the gateway is killed.

use crate::crowd::{Customers, Dice};
use crate::doctor::Report;
use crate::harness::{Gateway, Plan, Webhook, eventually, within};
use postrider_simulator::provider::{Manner, Settings, WebProvider};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

/// How often the gateway is killed.
const KILLS: usize = 5;
/// Requests that may be unanswered.
const WINDOW: u64 = 20;
/// Answered messages that may always wait to be recorded, as the manual promises.
const UNRECORDED: u64 = 100;
/// Messages that each customer sends between two kills at most.
const MORE: usize = 100;
/// How long the end may take.
const AFTERMATH: Duration = Duration::from_secs(60);

/// Presets of different kinds: a form with signed callbacks, JSON with several messages a request, a query with receipts by GET, a
/// token, AWS' signature, and one that is asked for receipts.
const PRESETS: [&str; 7] = ["twilio", "infobip", "kannel", "sinch", "mtn", "plivo", "playsms"];

async fn provider(preset: &str) -> WebProvider {
    WebProvider::start("127.0.0.1:0", preset, &[], Settings::default()).await.unwrap()
}

fn plan() -> Plan {
    Plan::new().account("shop").with("numbers.60006.account = 'shop'")
}

/// Declares the provider as the gateway's upstream `acme`.
pub(crate) async fn declare(gateway: &Gateway, preset: &str, provider: SocketAddr) {
    let found = postrider_provider::presets::find(preset).unwrap().unwrap();
    let (mut values, mut secrets) = (json!({}), json!({}));
    for (name, value) in found.examples() {
        let is_secret = found.variables[name].secret;
        let value = if name == "base_url" { format!("http://{provider}") } else { value.to_owned() };
        if is_secret { secrets[name] = json!(value) } else { values[name] = json!(value) }
    }
    values["base_url"] = json!(format!("http://{provider}"));
    let document = json!({
        "protocol": "http", "preset": preset, "values": values, "secret_values": secrets, "public_url": gateway.url(),
        "callback_key": "0123456789abcdef", "window": WINDOW, "reconnect_max": "1s", "response_timeout": "2s", "ask_after": "1s",
        "pause": "1s",
    });
    let answer = gateway.admin().put("/v1/upstreams/acme", &document).await;
    assert!(matches!(answer.status, 200 | 201), "{preset}: {}", answer.body);
    let route =
        gateway.admin().put("/v1/routes/world", &json!({ "prefix": "", "upstreams": ["acme"] })).await;
    assert!(matches!(route.status, 200 | 201), "{}", route.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_go_out_by_http_and_receipts_and_replies_come_back() {
    for preset in PRESETS {
        let provider = provider(preset).await;
        let mut webhook = Webhook::listen().await;
        let mut gateway = plan().webhook("shop", &webhook).start().await;
        declare(&gateway, preset, provider.address()).await;
        // Where the requests don't say it, the operator has told the provider.
        let callback = format!("{}/v1/callbacks/acme?key=0123456789abcdef", gateway.url());
        provider.change(|settings| settings.callback = Some(callback));
        let shop = gateway.http("shop");

        let text = "5 \u{20ac} & \"\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}\" \\ <x>";
        let id = shop.send_with(json!({ "from": "60006", "to": "+491700000001", "text": text })).await;
        let told = webhook.until(|told| told.body["type"] == "message.delivered").await;
        assert_eq!(told.body["data"]["id"], id.as_str(), "{preset}");
        let accepted = provider.accepted();
        assert_eq!(
            (accepted[0].0.to.as_str(), accepted[0].0.text.as_str()),
            ("491700000001", text),
            "{preset}"
        );

        let refused = shop.send("+15005550001", "one").await;
        let refused = shop.message_in(&refused, "rejected").await;
        assert_ne!(refused["error"]["code"], Value::Null, "{preset}");
        if !matches!(preset, "mtn" | "playsms") {
            assert_eq!(provider.say("491700000001", "60006", "Hi @ you").await, Some(200), "{preset}");
            let told = webhook.until(|told| told.body["type"] == "message.received").await;
            let data = &told.body["data"];
            assert_eq!(
                (&data["from"], &data["text"]),
                (&json!("+491700000001"), &json!("Hi @ you")),
                "{preset}"
            );
        }
        gateway.stop().await;
    }
}

#[tokio::test]
async fn callbacks_that_prove_nothing_are_refused() {
    let provider = provider("kannel").await;
    let gateway = plan().start().await;
    declare(&gateway, "kannel", provider.address()).await;
    let shop = gateway.http("shop");
    provider.change(|settings| settings.receipts_after = None);
    let id = shop.send("+491700000001", "one").await;
    shop.message_in(&id, "sent").await;
    let stranger = gateway.stranger();
    let receipt = |key: &str| format!("/v1/callbacks/acme?key={key}&id={id}&state=1&to=%2B491700000001");
    stranger.get(&receipt("0123456789abcdeg")).await.with(403);
    stranger.get(&receipt("")).await.with(403);
    stranger.get("/v1/callbacks/other?id=1&state=1").await.with(404);
    assert_eq!(shop.message(&id).await["state"], "sent");
    stranger.get(&receipt("0123456789abcdef")).await.with(200);
    shop.message_in(&id, "delivered").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_providers_lose_nothing() {
    let provider = provider("twilio").await;
    let gateway = plan().start().await;
    declare(&gateway, "twilio", provider.address()).await;
    let held = json!({ "unanswered": { "transactional": "hold" } });
    gateway.admin().ask(Method::PATCH, "/v1/upstreams/acme", &[], Some(&held)).await.unwrap().ok();
    let shop = gateway.http("shop");
    for (manner, state, code) in [
        (Manner::Refusing, "rejected", "invalid_recipient"),
        // What may have been taken is in doubt, and stays so by the upstream's declaration.
        (Manner::Html, "sent", ""),
        (Manner::Huge, "sent", ""),
        (Manner::Half, "sent", ""),
        (Manner::Closing, "sent", ""),
        (Manner::Silent, "sent", ""),
        (Manner::Status(502), "sent", ""),
    ] {
        provider.change(|settings| settings.manner = manner);
        let id = shop.send("+491700000001", "one").await;
        let found = shop.message_in(&id, state).await;
        if code.is_empty() {
            let timeline = found["timeline"].to_string();
            assert!(timeline.contains("the carrier never answered"), "{manner:?} {found}");
        } else {
            assert_eq!(found["error"]["code"], code, "{manner:?}");
        }
    }
    // What was not taken goes out once the provider has mended its ways.
    for manner in [Manner::Redirecting, Manner::Status(401), Manner::Status(503), Manner::TooFast] {
        provider.change(|settings| settings.manner = manner);
        let before = provider.counts().requests;
        let id = shop.send("+491700000001", "two").await;
        eventually("a request", async || (provider.counts().requests > before).then_some(())).await;
        provider.change(|settings| settings.manner = Manner::Good);
        shop.message_in(&id, "delivered").await;
    }
}

#[tokio::test]
async fn the_doctor_examines_the_way_to_a_provider() {
    let provider = provider("mtn").await;
    let gateway = plan().start().await;
    declare(&gateway, "mtn", provider.address()).await;
    let report = Report::of(&gateway).await;
    let steps: Vec<&str> = report.findings.iter().map(|finding| finding["step"].as_str().unwrap()).collect();
    assert!(report.well && steps == ["resolve", "connect", "login", "callbacks"], "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_accepted_goes_by_http_though_the_gateway_is_killed_in_mid_window() {
    let mut dice = Dice::thrown();
    let provider = provider("telnyx").await;
    provider.change(|settings| settings.latency = Duration::from_millis(10));
    let webhook = Webhook::listen().await;
    let plan = plan().with("log.level = 'info'").account("web").webhook("web", &webhook);
    let mut gateway = plan.start().await;
    declare(&gateway, "telnyx", provider.address()).await;
    let mut customers = Customers::start(&[&gateway], webhook);
    for _ in 0..KILLS {
        customers.send(MORE);
        let enough = provider.counts().accepted + 1 + dice.below(100);
        within("messages to come", provider.accepted_at_least(enough)).await;
        gateway.kill().await;
        gateway.start_again().await;
    }
    let promises = customers.stop();
    tokio::time::timeout(AFTERMATH, promises.all_told()).await.unwrap_or_else(|_| {
        panic!("after {AFTERMATH:?} customers were not told of {:?}", promises.untold());
    });
    gateway.stop().await;
    let messages = gateway.books().messages();
    let mut copies: HashMap<String, u64> = HashMap::new();
    for (handed, _) in provider.accepted() {
        *copies.entry(format!("+{}", handed.to)).or_default() += 1;
    }
    for id in promises.accepted() {
        let message = messages.get(&id).unwrap_or_else(|| panic!("message {id} is lost"));
        assert_eq!(message.state, "delivered", "{message:?}");
        assert!(copies.contains_key(&message.recipient), "the provider never had {message:?}");
    }
    let again =
        messages.values().filter(|message| copies.get(&message.recipient).is_some_and(|count| *count > 1));
    let again: Vec<_> = again.collect();
    assert!(again.iter().all(|message| message.possible_duplicate), "came again without a mark: {again:?}");
    assert!(again.len() as u64 <= (WINDOW + UNRECORDED) * KILLS as u64, "{} came again", again.len());
}
