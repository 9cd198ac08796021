//! What handsets write reaches whoever has the number: by webhook, by session, in the list; and nothing that was
//! acknowledged is lost.

use crate::harness::{Client, Gateway, Http, Plan, Webhook, carrier, eventually, password_of, within};
use postrider_wire::smpp::pdu::BindMode;
use postrider_wire::smpp::{Pdu, Ton};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const HANDSET: &str = "491700000001";

fn numbers(plan: Plan) -> Plan {
    plan.account("desk").with(
        "[numbers.60006]\naccount = 'shop'\n[numbers.70007]\naccount = 'desk'\n\
         [numbers.shared]\nnumber = '80008'\nkeywords = { pizza = 'shop', taxi = 'desk' }",
    )
}

#[tokio::test]
async fn a_webhook_tells_what_a_handset_wrote_though_the_power_fails() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let mut gateway = numbers(Plan::simple(carrier.address()).webhook("shop", &webhook)).start().await;
    webhook.answer_with(500);
    carrier.say("postrider", HANDSET, "60006", "H\u{e9}llo \u{20ac}");
    let first = webhook.next().await;
    assert_eq!(first.body["type"], "message.received");
    let data = &first.body["data"];
    assert_eq!((&data["from"], &data["to"]), (&json!(format!("+{HANDSET}")), &json!("60006")));
    assert_eq!((&data["text"], &data["encoding"]), (&json!("H\u{e9}llo \u{20ac}"), &json!("gsm7")));
    assert_eq!((&data["parts"], &data["upstream"]), (&json!(1), &json!("acme")));

    gateway.kill().await;
    gateway.start_again().await;
    webhook.answer_with(204);
    let second = webhook.next().await;
    assert_eq!(second.raw, first.raw, "each attempt says the same");
    let id = data["id"].as_str().unwrap();
    assert_eq!(second.header("webhook-id"), id);
    let told = async || {
        let one = gateway.http("shop").get(&format!("/v1/inbound/{id}")).await.ok();
        let attempts = one["attempts"].as_array().unwrap().clone();
        attempts.iter().any(|attempt| attempt["result"].as_str().unwrap().starts_with("204")).then_some(())
    };
    eventually("the attempt in the message's history", told).await;
}

#[tokio::test]
async fn a_client_gets_what_was_written_while_it_was_away() {
    let carrier = carrier().await;
    let gateway = numbers(Plan::simple(carrier.address())).start().await;
    carrier.say("postrider", HANDSET, "70007", "Hello @ you");
    carrier.until(|counts| counts.inbound_taken == 1).await;
    let mut client = gateway.smpp("desk", BindMode::Receiver).await;
    let packet = client.delivered().await;
    let Pdu::DeliverSm(pdu) = packet.pdu() else { panic!("{packet:?}") };
    assert_eq!((pdu.source.ton, pdu.source.digits), (Ton::INTERNATIONAL, HANDSET.as_bytes()));
    assert_eq!((pdu.destination.digits, pdu.esm_class), (&b"70007"[..], 0));
    assert_eq!((pdu.short_message, pdu.data_coding), (&b"Hello \0 you"[..], 0));
}

#[tokio::test]
async fn a_session_gets_what_its_address_range_serves() {
    let carrier = carrier().await;
    let plan = numbers(Plan::simple(carrier.address())).with("[numbers.90009]\naccount = 'desk'");
    let gateway = plan.start().await;
    let bound = async |range: &str| {
        let client = Client::connect(gateway.smpp_address()).await;
        client.bind_for(range, "desk", &password_of("desk")).await;
        client
    };
    let (mut one, mut other) = (bound("^7").await, bound("80008").await);
    let written = [("80008", "taxi 1"), ("70007", "a"), ("80008", "taxi 2"), ("70007", "b"), ("90009", "c")];
    for (to, text) in written {
        carrier.say("postrider", HANDSET, to, text);
    }
    assert_eq!([text(&mut one).await, text(&mut one).await], ["a", "b"]);
    assert_eq!([text(&mut other).await, text(&mut other).await], ["taxi 1", "taxi 2"]);
    let mut last = bound("9000*").await;
    assert_eq!(text(&mut last).await, "c", "it has waited for a session that serves it");
}

/// The text of the next message that a client gets.
async fn text(client: &mut Client) -> String {
    let packet = client.delivered().await;
    let Pdu::DeliverSm(pdu) = packet.pdu() else { panic!("{packet:?}") };
    String::from_utf8(pdu.short_message.to_vec()).unwrap()
}

#[tokio::test]
async fn a_list_has_all_of_an_accounts_and_an_administrators_what_is_nobodys() {
    let carrier = carrier().await;
    let gateway = numbers(Plan::simple(carrier.address())).start().await;
    for (to, text) in [
        ("60006", "one"),
        ("80008", "PIZZA please"),
        ("80008", "Taxi!"),
        ("80008", "else"),
        ("90009", "what"),
    ] {
        carrier.say("postrider", HANDSET, to, text);
    }
    carrier.until(|counts| counts.inbound_taken == 5).await;
    let shop = gateway.http("shop");
    let mut first = shop.get("/v1/inbound?limit=1").await.ok();
    let cursor = first["next"].take();
    assert_eq!(texts(&first), ["PIZZA please"]);
    assert_eq!(first["messages"][0]["keyword"], "pizza");
    let rest = shop.get(&format!("/v1/inbound?cursor={}", cursor.as_str().unwrap())).await.ok();
    assert_eq!((texts(&rest), rest.get("next")), (vec!["one".to_owned()], None));
    assert_eq!(texts(&gateway.http("desk").get("/v1/inbound").await.ok()), ["Taxi!"]);
    let admin = gateway.admin();
    assert_eq!(texts(&admin.get("/v1/inbound?account=").await.ok()), ["what", "else"]);
    let all = admin.get(&format!("/v1/inbound?from={HANDSET}")).await.ok();
    assert_eq!(all["messages"].as_array().unwrap().len(), 5);
    assert_eq!((all["messages"][4].get("text"), &all["messages"][4]["account"]), (None, &json!("shop")));
    let id = all["messages"][4]["id"].as_str().unwrap();
    gateway.http("desk").get(&format!("/v1/inbound/{id}")).await.with(404);
    catch_all(&gateway, &admin, &carrier).await;
}

/// A number that is declared while the gateway runs, and takes all that nobody else has.
async fn catch_all(gateway: &Gateway, admin: &Http, carrier: &postrider_simulator::carrier::Carrier) {
    admin
        .put("/v1/numbers/others", &json!({ "number": "*", "account": "desk", "deliver_to": "list" }))
        .await
        .with(201);
    carrier.say("postrider", HANDSET, "90009", "caught");
    carrier.until(|counts| counts.inbound_taken == 6).await;
    let page = gateway.http("desk").get("/v1/inbound?to=90009").await.ok();
    assert_eq!(texts(&page), ["caught"]);
    let problem = admin.delete("/v1/accounts/desk").await;
    assert!(problem.status >= 400, "a number names it");
}

#[tokio::test]
async fn a_reply_comes_through_a_flood_of_receipts() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let plan = numbers(Plan::simple(carrier.address()).webhook("shop", &webhook));
    let gateway = plan.with("[accounts.shop]\nrate = 10000.0").start().await;
    let shop = gateway.http("shop");
    let messages: Vec<Value> =
        (0..500).map(|n| json!({ "to": format!("+4917000010{n:03}"), "text": "x" })).collect();
    let mut expected = BTreeSet::new();
    for batch in 0..4 {
        shop.post("/v1/messages", &json!({ "messages": messages })).await.accepted();
        for n in 0..10 {
            let text = format!("reply {batch} {n}");
            carrier.say("postrider", HANDSET, "60006", &text);
            expected.insert(text);
        }
    }
    let (mut replies, mut ends) = (BTreeSet::new(), BTreeSet::new());
    while replies.len() < 40 || ends.len() < 2_000 {
        let told = within("a notice", webhook.next()).await;
        let data = &told.body["data"];
        if told.body["type"] == "message.received" {
            replies.insert(data["text"].as_str().unwrap().to_owned());
        } else {
            ends.insert(data["id"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(replies, expected);
}

#[tokio::test]
async fn a_long_message_is_one_though_the_power_fails_between_its_parts() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let plan = numbers(Plan::simple(carrier.address()).webhook("shop", &webhook));
    let mut gateway = plan.with("[upstreams.acme]\nparts_wait = '3s'").start().await;
    let text = "0123456789 \u{20ac}".repeat(40);
    carrier.say("postrider", HANDSET, "60006", &text);
    let told = webhook.next().await;
    let data = &told.body["data"];
    assert_eq!((&data["text"], &data["parts"], data.get("missing_parts")), (&json!(text), &json!(4), None));

    // Part 2 of 3 comes, the power fails, and part 3 comes; part 1 never does.
    let part = |number: u8, text: &str| [&[5, 0, 3, 42, 3, number][..], text.as_bytes()].concat();
    deliver(&carrier, &part(2, "two ")).await;
    gateway.kill().await;
    gateway.start_again().await;
    deliver(&carrier, &part(3, "three")).await;
    deliver(&carrier, &part(3, "three")).await;
    let told = webhook.next().await;
    let data = &told.body["data"];
    assert_eq!((&data["text"], &data["missing_parts"]), (&json!("[...]two three"), &json!(1)));
    gateway.stop().await;
    assert_eq!(gateway.books().count("inbound_log"), 2);
}

#[tokio::test]
async fn the_answer_of_a_webhook_is_a_reply_from_the_number_that_was_written_to() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let gateway = numbers(Plan::simple(carrier.address()).webhook("shop", &webhook)).start().await;
    let twiml = "<Response><Message>Thanks &amp; bye</Message></Response>";
    for (count, (content_type, answer)) in (1..).zip([
        ("text/plain", "Thanks"),
        ("application/json", r#"{"text":"Danke"}"#),
        ("text/xml", twiml),
    ]) {
        webhook.answer_in(content_type, answer);
        carrier.say("postrider", HANDSET, "60006", "Hello");
        webhook.until(|told| told.body["type"] == "message.received").await;
        let parts = within("the reply", carrier.accepted_at_least(count)).await;
        let part = parts.last().unwrap();
        let addresses = (part.source.as_str(), part.destination.as_str());
        assert_eq!(addresses, ("60006", HANDSET));
        let text = String::from_utf8_lossy(&part.octets);
        assert!(["Thanks", "Danke", "Thanks & bye"].contains(&&*text), "{text}");
        webhook.answer_with(204);
    }
    drop(gateway);
}

/// A handset's part of a text, written as it is.
async fn deliver(carrier: &postrider_simulator::carrier::Carrier, octets: &[u8]) {
    let before = carrier.counts().inbound_taken;
    carrier.say_octets("postrider", HANDSET, "60006", octets);
    carrier.until(|counts| counts.inbound_taken > before).await;
}

fn texts(page: &Value) -> Vec<String> {
    let messages = page["messages"].as_array().unwrap();
    messages.iter().filter_map(|message| Some(message["text"].as_str()?.to_owned())).collect()
}

#[tokio::test]
async fn a_long_message_survives_twenty_power_failures_between_its_parts() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let plan = numbers(Plan::simple(carrier.address()).webhook("shop", &webhook));
    let mut gateway = plan.with("upstreams.acme.parts_wait = '1h'").start().await;
    let total = 21;
    // In no order, and some of them twice.
    for turn in 0..total {
        let number = turn * 8 % total + 1;
        let octets = [&[5, 0, 3, 77, total, number][..], format!("part {number}; ").as_bytes()].concat();
        deliver(&carrier, &octets).await;
        if turn % 5 == 0 {
            deliver(&carrier, &octets).await;
        }
        if turn + 1 < total {
            gateway.kill().await;
            gateway.start_again().await;
        }
    }
    let told = webhook.until(|told| told.body["type"] == "message.received").await;
    let data = &told.body["data"];
    let text: String = (1..=total).map(|number| format!("part {number}; ")).collect();
    assert_eq!(
        (&data["text"], &data["parts"], data.get("missing_parts")),
        (&json!(text), &json!(total), None)
    );
    gateway.stop().await;
    assert_eq!(gateway.books().count("inbound_log"), 1);
}

#[tokio::test]
async fn what_the_network_repeats_is_one_message() {
    let carrier = carrier().await;
    let mut gateway = numbers(Plan::simple(carrier.address())).start().await;
    let texts: Vec<String> = (0..200).map(|number| format!("text {number}")).collect();
    texts.iter().for_each(|text| carrier.say("postrider", HANDSET, "60006", text));
    // The power fails in the middle of it: the network repeats what was not acknowledged, and it may be stored already.
    carrier.until(|counts| counts.inbound_taken >= 20).await;
    gateway.kill().await;
    gateway.start_again().await;
    carrier.until(|counts| counts.inbound_taken >= 200).await;
    gateway.stop().await;
    assert_eq!(gateway.books().count("inbound_log"), 200);
}
