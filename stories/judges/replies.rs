//! Messages from handsets come from carriers that use somebody else's SMPP library, and go to customers that do.

use super::kannel::Kannel;
use super::tools;
use super::upstream::start;
use crate::harness::{Gateway, Http, Plan, Webhook, carrier, eventually, password_of, within};
use postrider_simulator::carrier::{Carrier, Part};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::process::Command;

const HANDSET: &str = "499900000001";
/// No handset has that number.
const ANY_NUMBER: &str = "accounts.shop.refuse_to = []";

#[tokio::test]
async fn what_node_smpp_brings_is_read() {
    // node-smpp calls the GSM alphabet IA5 (`data_coding` 1): only what both have alike is read.
    let texts = ["Hello world", "Привет, мир 😀", &"Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. ".repeat(5)];
    brings(tools::node("node_carrier.js"), "transceiver", &texts).await;
}

#[tokio::test]
async fn what_smpp_twisted_brings_is_read() {
    let mut command = tools::python("twisted_carrier.py");
    command.args(["postrider", "postrider"]);
    brings(command, "transmitter_receiver", &["Hello", "Привет, мир 😀"]).await;
}

/// Has a carrier's handset answer each text with the same text, which must come as it was written.
async fn brings(carrier: Command, mode: &str, texts: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let (carrier, address) = start(carrier, folder.path()).await;
    let plan = Plan::simple(address)
        .with(ANY_NUMBER)
        .with("[numbers.447700900123]\nnumber = '+447700900123'\naccount = 'shop'");
    let gateway =
        plan.with(&format!("upstreams.acme.mode = '{mode}'\nupstreams.acme.long = 'payload'")).start().await;
    let shop = gateway.http("shop");
    for (count, text) in (1..).zip(texts) {
        let message = json!({ "to": format!("+{HANDSET}"), "from": "+447700900123", "text": text });
        shop.post("/v1/messages", &message).await.with(202);
        let page = listed(&shop, count).await;
        let reply = &page["messages"][0];
        assert_eq!((&reply["text"], &reply["from"]), (&json!(text), &json!(format!("+{HANDSET}"))));
        assert_eq!(reply["to"], "+447700900123");
    }
    let answered = async || {
        let log = carrier.log();
        let answers: Vec<&str> = log.lines().filter(|line| line.starts_with("{\"answered\"")).collect();
        let is_well =
            |line: &&str| line.ends_with(": 0}") || line.ends_with(":0}") || line.contains("ESME_ROK");
        (answers.len() == texts.len() && answers.iter().all(is_well)).then_some(())
    };
    eventually("each reply to be acknowledged", answered).await;
}

/// The list of an account's messages from handsets, once there are so many.
async fn listed(http: &Http, count: usize) -> Value {
    let list = async || {
        let page = http.get("/v1/inbound").await.ok();
        (page["messages"].as_array()?.len() == count).then_some(page)
    };
    eventually("a message from a handset", list).await
}

/// A text as a customer got it.
#[derive(Debug, Deserialize, PartialEq)]
struct Got {
    from: String,
    to: String,
    text: String,
}

#[tokio::test]
async fn smpplib_takes_what_handsets_write() {
    takes(tools::python("smpplib_receiver.py")).await;
}

#[tokio::test]
async fn node_smpp_takes_what_handsets_write() {
    takes(tools::node("node_receiver.js")).await;
}

/// A gateway with two numbers of the account `shop`.
async fn gateway(carrier: &Carrier) -> Gateway {
    let numbers = "[numbers.60006]\naccount = 'shop'\n[numbers.70007]\naccount = 'shop'";
    Plan::simple(carrier.address()).with(ANY_NUMBER).with(numbers).start().await
}

fn texts() -> Vec<String> {
    let long = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. ";
    let wide = "Привет, мир 😀";
    vec!["Hello @ {world} €".into(), wide.into(), long.repeat(4), "Ξεσκεπάζω την ψυχοφθόρα. ".repeat(5)]
}

/// Has handsets write to two numbers, of which a customer serves one.
async fn takes(customer: Command) {
    let carrier = carrier().await;
    let gateway = gateway(&carrier).await;
    let texts = texts();
    for text in &texts {
        carrier.say("postrider", HANDSET, "70007", "for somebody else");
        carrier.say("postrider", HANDSET, "60006", text);
    }
    let address = gateway.smpp_address();
    let order = json!({
        "host": address.ip(),
        "port": address.port(),
        "system_id": "shop",
        "password": password_of("shop"),
        "address_range": "^60006$",
        "messages": texts.len(),
    });
    let mut got: Vec<Got> = serde_json::from_str(&tools::run(customer, &order).await).unwrap();
    let expected = |text: &String| Got { from: HANDSET.into(), to: "60006".into(), text: text.clone() };
    let mut expected: Vec<Got> = texts.iter().map(expected).collect();
    got.sort_by(|one, other| one.text.cmp(&other.text));
    expected.sort_by(|one, other| one.text.cmp(&other.text));
    assert_eq!(got, expected);
}

#[tokio::test]
async fn kannel_takes_what_handsets_write() {
    let carrier = carrier().await;
    let gateway = gateway(&carrier).await;
    let mut inbound = Webhook::listen().await;
    let _kannel = Kannel::calling(&gateway, inbound.port()).await;
    for text in ["Hello there", "Two words"] {
        carrier.say("postrider", HANDSET, "60006", text);
        let called = within("Kannel's call", inbound.any()).await;
        assert!(called.target.contains(HANDSET), "{}", called.target);
        assert!(called.target.contains(&text.replace(' ', "+")), "{}", called.target);
    }
}

#[tokio::test]
async fn twiml_of_twilios_library_is_a_reply() {
    let written = tools::run(tools::python("twiml.py"), &Value::Null).await;
    let [plain, nested, several, empty]: [String; 4] = serde_json::from_str(&written).unwrap();
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let numbers = "[numbers.60006]\naccount = 'shop'";
    let plan = Plan::simple(carrier.address()).webhook("shop", &webhook).with(ANY_NUMBER);
    let gateway = plan.with(numbers).start().await;
    let mut sent = 0;
    for (twiml, replies) in [
        (empty, vec![]),
        (plain, vec!["Thanks & bye <3"]),
        (nested, vec!["Grüße, ☃"]),
        (several, vec!["One", "Two"]),
    ] {
        webhook.answer_in("application/xml", &twiml);
        carrier.say("postrider", HANDSET, "60006", "Hello");
        webhook.until(|told| told.body["type"] == "message.received").await;
        sent += replies.len();
        let parts = within("the replies", carrier.accepted_at_least(sent as u64)).await;
        let texts: Vec<String> = parts[sent - replies.len()..].iter().map(Part::text).collect();
        assert_eq!(texts, replies, "{twiml}");
        webhook.answer_with(204);
    }
    drop(gateway);
}
