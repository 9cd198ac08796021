//! Something breaks at night: whoever is on call is texted, answers, and is not woken again; whatever crashes meanwhile.

use crate::harness::{Gateway, Http, Plan, carrier, eventually, key_of};
use postrider_simulator::carrier::Carrier;
use serde_json::{Value, json};

const ANN: &str = "447700900001";
const BOB: &str = "447700900002";

fn plan(carrier: &Carrier) -> Plan {
    Plan::simple(carrier.address()).account("desk").with("[numbers.60006]\naccount = 'shop'")
}

/// Declares a group of Ann and then Bob, who has ten seconds less patience, and a source of a format.
async fn declare(shop: &Http, format: &str) {
    let group = json!({
        "people": [{ "name": "ann", "number": format!("+{ANN}") }, { "name": "bob", "number": format!("+{BOB}") }],
        "steps": [{ "tell": ["ann"], "wait": "10s" }, { "tell": ["bob"], "wait": "1h" }], "from": "60006", "repeat": 0,
    });
    let group = shop.put("/v1/alerts/groups/ops", &group).await.with(201);
    assert_eq!(group["steps"][0]["says"], "text ann; after 10 s without acknowledgement go on");
    let source =
        shop.put("/v1/alerts/sources/tool", &json!({ "format": format, "group": "ops" })).await.with(201);
    assert_eq!(source["reports_to"], "/v1/alerts/sources/tool/reports");
}

/// Who got which texts, once there are so many. What was on the wire when the gateway died may have come twice.
async fn texts(carrier: &Carrier, count: usize) -> Vec<(String, String)> {
    let look = async || {
        let mut texts: Vec<(String, String)> = Vec::new();
        for part in carrier.accepted() {
            let text = (part.destination.clone(), part.text());
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        (texts.len() >= count).then_some(texts)
    };
    eventually("the texts", look).await
}

fn pair(to: &str, text: &str) -> (String, String) {
    (to.to_owned(), text.to_owned())
}

async fn state(shop: &Http, number: u64, wanted: &str) -> Value {
    let look = async || {
        let alert = shop.get(&format!("/v1/alerts/{number}")).await.ok();
        (alert["state"] == wanted).then_some(alert)
    };
    eventually("the state of the alert", look).await
}

fn alertmanager(status: &str) -> Value {
    json!({ "version": "4", "status": status, "alerts": [{ "status": status, "fingerprint": "7d1f",
        "labels": { "alertname": "DiskFull", "severity": "critical" }, "annotations": { "summary": "Disk of db1 is full" } }] })
}

#[tokio::test]
async fn an_alert_survives_kills_and_is_told_once_to_each() {
    let carrier = carrier().await;
    let mut gateway = plan(&carrier).start().await;
    let shop = gateway.http("shop");
    declare(&shop, "alertmanager").await;
    let reports = "/v1/alerts/sources/tool/reports";
    let opened = shop.post(reports, &alertmanager("firing")).await.with(200);
    assert_eq!(opened, json!({ "opened": [1], "repeated": [], "resolved": [] }));
    kill(&mut gateway).await;
    let shop = gateway.http("shop");
    assert_eq!(shop.post(reports, &alertmanager("firing")).await.with(200)["repeated"], json!([1]));
    let text = "Alert 1: Disk of db1 is full (critical). Reply ACK 1";
    assert_eq!(texts(&carrier, 1).await, [pair(ANN, text)]);
    kill(&mut gateway).await;
    assert_eq!(texts(&carrier, 2).await, [pair(ANN, text), pair(BOB, text)]);
    kill(&mut gateway).await;
    let shop = gateway.http("shop");

    carrier.say("postrider", BOB, "60006", "ack 1 on my way");
    let alert = state(&shop, 1, "acknowledged").await;
    assert_eq!(alert["acknowledged_by"], "bob", "{alert}");
    assert_eq!(texts(&carrier, 3).await[2], pair(BOB, "1 is yours: Disk of db1 is full"));
    let desk = gateway.http("desk");
    desk.get("/v1/alerts/1").await.with(404);
    desk.post(reports, &alertmanager("firing")).await.with(404);

    assert_eq!(shop.post(reports, &alertmanager("resolved")).await.with(200)["resolved"], json!([1]));
    let mut over = texts(&carrier, 5).await.split_off(3);
    over.sort();
    let text = "Over: 1 Disk of db1 is full";
    assert_eq!(over, [pair(ANN, text), pair(BOB, text)]);
    let alert = state(&shop, 1, "resolved").await;
    let history: Vec<&str> =
        alert["history"].as_array().unwrap().iter().map(|line| line["what"].as_str().unwrap()).collect();
    let expected = [
        "reported by tool",
        "step 1: text ann",
        "step 2: text bob",
        "acknowledged by bob: on my way",
        "resolved by tool",
    ];
    assert_eq!(history, expected);
    assert_eq!(shop.get("/v1/alerts?state=firing").await.ok()["alerts"], json!([]));
    let messages = shop.get("/v1/messages").await.ok();
    assert_eq!(messages["messages"].as_array().unwrap().len(), 5, "each text is one message: {messages}");
    gateway.stop().await;
}

async fn kill(gateway: &mut Gateway) {
    gateway.kill().await;
    gateway.start_again().await;
}

/// Tools that can set neither a header nor a bearer token give the key as a password.
#[tokio::test]
async fn tools_report_in_their_own_words() {
    let carrier = carrier().await;
    let mut gateway = plan(&carrier).start().await;
    let shop = gateway.http("shop");
    declare(&shop, "json").await;
    let client = reqwest::Client::new();
    let report = async |user: &str, password: &str, kind: &str, body: &str| {
        let address = format!("{}/v1/alerts/sources/tool/reports", gateway.url());
        let request = client.post(address).basic_auth(user, Some(password)).header("content-type", kind);
        let response = request.body(body.to_owned()).send().await.unwrap();
        (
            response.status().as_u16(),
            serde_json::from_slice::<Value>(&response.bytes().await.unwrap()).unwrap(),
        )
    };
    let key = key_of("shop");
    let (status, opened) =
        report("any", &key, "application/json", r#"{"title":"Backup","message":"failed"}"#).await;
    assert_eq!((status, &opened["opened"]), (200, &json!([1])));
    let (status, _) = report("any", "pr_wrong", "application/json", "{}").await;
    assert_eq!(status, 401);
    let (status, problem) = report("any", &key, "application/json", "{}").await;
    assert_eq!((status, &problem["code"]), (422, &json!("invalid_report")));
    let (status, form) =
        report(&key, "", "application/x-www-form-urlencoded", "title=Backup&status=ok").await;
    assert_eq!((status, &form["resolved"]), (200, &json!([1])));

    shop.put("/v1/alerts/sources/tool", &json!({ "format": "cap", "group": "ops" })).await.with(200);
    let document = "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>1</identifier><sender>a@b.example</sender>\
        <sent>2026-01-01T00:00:00-00:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>\
        <info><event>Flood</event><headline>Flood on the Elbe</headline></info></alert>";
    let (status, cap) = report("any", &key, "application/cap+xml", document).await;
    assert_eq!((status, &cap["opened"]), (200, &json!([2])));
    // It may be in one text with the end of the other.
    let flood = "Alert 2: Flood on the Elbe. Reply ACK 2";
    let told = async || carrier.accepted().iter().any(|part| part.text().contains(flood)).then_some(());
    eventually("the text of the flood", told).await;
    let resolved = shop.post("/v1/alerts/2/resolve", &json!({ "by": "ann", "note": "it rained" })).await.ok();
    assert_eq!(
        (&resolved["state"], resolved["history"].as_array().unwrap().last().unwrap()["what"].as_str()),
        (&json!("resolved"), Some("resolved by ann: it rained"))
    );
    gateway.stop().await;
}
