//! Rules of automation: replies, menus and polls, alerts; each once, and none to robots.

use crate::harness::{Gateway, Plan, Webhook, carrier, carrier_with, eventually, within};
use jiff::Timestamp;
use postrider_simulator::carrier::{Carrier, Fate, Reply, Settings};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, SystemTime};

const HANDSET: &str = "491700000001";

fn plan(carrier: &Carrier, rules: &str) -> Plan {
    Plan::simple(carrier.address()).with("[numbers.60006]\naccount = 'shop'").with(rules)
}

/// The texts that the carrier accepted, in order, once there are so many.
async fn texts(carrier: &Carrier, count: u64) -> Vec<String> {
    let parts = within("the messages", carrier.accepted_at_least(count)).await;
    parts.iter().map(|part| String::from_utf8_lossy(&part.octets).into_owned()).collect()
}

#[tokio::test]
async fn a_keyword_gets_its_reply_from_the_number_that_was_written_to() {
    let carrier = carrier().await;
    let rules = "[rules.hours]\naccount = 'shop'\nwhen = { keywords = ['hours'] }\n\
        then = { reply = 'We open at 9, {{ from }}', tags = ['hours'] }\n\
        [rules.forward]\naccount = 'shop'\nwhen = { keywords = ['boss'] }\nthen = { forward_to = ['+491700000009'] }";
    let gateway = plan(&carrier, rules).start().await;
    let trial = json!({ "from": HANDSET, "to": "60006", "text": "Huors?" });
    let would = gateway.admin().post("/v1/rules/test", &trial).await.ok();
    assert_eq!(would["actions"][1]["text"], json!(format!("We open at 9, +{HANDSET}")), "{would}");

    carrier.say("postrider", HANDSET, "60006", "Huors?");
    assert_eq!(texts(&carrier, 1).await, [format!("We open at 9, +{HANDSET}")]);
    carrier.say("postrider", HANDSET, "60006", "boss: fire");
    let parts = within("the forwarded message", carrier.accepted_at_least(2)).await;
    let (reply, forwarded) = (&parts[0], &parts[1]);
    assert_eq!((reply.source.as_str(), reply.destination.as_str()), ("60006", HANDSET));
    assert_eq!((forwarded.source.as_str(), forwarded.destination.as_str()), ("60006", "491700000009"));

    let shop = gateway.http("shop");
    let tagged = async || {
        let page = shop.get("/v1/inbound?tag=hours").await.ok();
        page["messages"].get(0).and_then(|message| message["id"].as_str()).map(str::to_owned)
    };
    let inbound = eventually("the tag", tagged).await;
    let one = shop.get(&format!("/v1/inbound/{inbound}")).await.ok();
    let line = one["attempts"][0]["result"].as_str().unwrap();
    assert!(
        line.starts_with("rule hours: the first word is one typo away from the keyword 'hours'; hours sent "),
        "{line}"
    );
    let sent = line.rsplit(' ').next().unwrap();
    let message = shop.get(&format!("/v1/messages/{sent}")).await.ok();
    assert_eq!(message["metadata"], json!({ "rule": "hours", "set_off_by": inbound }));
}

#[tokio::test]
async fn a_poll_counts_the_answers_of_senders() {
    let carrier = carrier().await;
    let rules = "[rules.vote]\naccount = 'shop'\nwhen = { keywords = ['vote'] }\n[rules.vote.then]\n\
        reply = 'Yes or no?'\npoll = true\nagain = 'You have voted.'\notherwise = 'Yes or no!'\n\
        choices = [{ answer = 'yes', reply = 'Thanks' }, { answer = 'no' }]";
    let gateway = plan(&carrier, rules).start().await;
    let other = "491700000002";
    let mut sent = 0;
    for (from, text, reply) in [
        (HANDSET, "vote", Some("Yes or no?")),
        (HANDSET, "perhaps", Some("Yes or no!")),
        (HANDSET, "YES!", Some("Thanks")),
        (other, "Vote no", None),
        (HANDSET, "vote no", Some("You have voted.")),
    ] {
        carrier.say("postrider", from, "60006", text);
        if let Some(reply) = reply {
            sent += 1;
            assert_eq!(texts(&carrier, sent).await.last().unwrap(), reply, "{text}");
        }
    }
    let counted = async || {
        let votes = gateway.admin().get("/v1/rules/vote/votes").await.ok();
        let expected = json!([{ "answer": "no", "votes": 1 }, { "answer": "yes", "votes": 1 }]);
        (votes["votes"] == expected).then_some(())
    };
    eventually("the votes", counted).await;
}

#[tokio::test]
async fn two_robots_that_answer_each_other_come_to_an_end() {
    let carrier = carrier_with(Settings { fate: Fate::replies(Reply::Echo), ..Settings::default() }).await;
    let rules = "[rules.robot]\naccount = 'shop'\nthen = { reply = 'I am not here' }";
    let gateway = plan(&carrier, rules).start().await;
    carrier.say("postrider", HANDSET, "60006", "Hello");
    let shop = gateway.http("shop");
    let silent = async || {
        let page = shop.get("/v1/inbound?limit=1").await.ok();
        let id = page["messages"][0]["id"].as_str()?.to_owned();
        let one = shop.get(&format!("/v1/inbound/{id}")).await.ok();
        let attempts = one["attempts"].as_array()?.clone();
        attempts
            .iter()
            .any(|attempt| attempt["result"].as_str().unwrap().contains("as robots do"))
            .then_some(())
    };
    eventually("the end", silent).await;
    // The reply to the first message, and to three echoes of it.
    assert_eq!(carrier.counts().accepted, 4);
}

#[tokio::test]
async fn a_reply_goes_out_once_though_the_gateway_is_killed_before_it() {
    let carrier = carrier().await;
    let rules = "[rules.any]\naccount = 'shop'\nthen = { reply = 'You said: {{ text }}' }";
    let mut gateway = plan(&carrier, rules).start().await;
    for round in 0..5u64 {
        for n in 0..4 {
            let from = format!("4917000001{round}{n}");
            carrier.say("postrider", &from, "60006", &format!("hello {round}{n}"));
        }
        within("the messages", carrier.until(|counts| counts.inbound_taken > round * 4)).await;
        gateway.kill().await;
        gateway.start_again().await;
        within("all of them", carrier.until(|counts| counts.inbound_taken >= (round + 1) * 4)).await;
    }
    let all = async || {
        let page = gateway.http("shop").get("/v1/messages?limit=500").await.ok();
        (page["messages"].as_array().unwrap().len() >= 20).then_some(())
    };
    eventually("all replies", all).await;
    let inbound = gateway.http("shop").get("/v1/inbound?limit=500").await.ok();
    let wrote = texts_of(&inbound);
    let replied = texts_of(&gateway.http("shop").get("/v1/messages?limit=500").await.ok());
    // A message that wasn't acknowledged when the gateway died comes again, and is another message.
    let expected: Vec<String> = wrote.iter().map(|text| format!("You said: {text}")).collect();
    assert_eq!(replied, expected);
}

#[tokio::test]
async fn a_rule_keeps_to_the_rate_of_its_account_and_loses_nothing() {
    let carrier = carrier().await;
    let rules = "accounts.shop.rate = 2.0\n[rules.all]\naccount = 'shop'\nthen = { text = '{{ text }}', forward_to = \
        ['+491700000021', '+491700000022', '+491700000023', '+491700000024', '+491700000025', '+491700000026'] }";
    let gateway = plan(&carrier, rules).start().await;
    carrier.say("postrider", HANDSET, "60006", "fire");
    let parts = within("the forwarded messages", carrier.accepted_at_least(6)).await;
    let mut to: Vec<&str> = parts.iter().map(|part| part.destination.as_str()).collect();
    to.sort_unstable();
    let expected: Vec<String> = (21..27).map(|n| format!("4917000000{n}")).collect();
    assert_eq!(to, expected);
    drop(gateway);
}

#[tokio::test]
async fn who_knows_the_address_of_a_rule_sets_it_off() {
    let carrier = carrier().await;
    let gateway = plan(&carrier, "").start().await;
    let rule = json!({
        "account": "shop", "when": { "event": "called" },
        "then": { "forward_to": ["+491700000009"], "text": "{{ call.host | default('a host') }}: {{ call.what }}" },
    });
    let made = gateway.admin().put("/v1/rules/alert", &rule).await.with(201);
    let token = made["secrets"]["token"].as_str().unwrap();
    let call = json!({ "host": "db1", "what": "disk full" });
    let stranger = gateway.stranger();
    let answer = stranger.post(&format!("/v1/call/{token}"), &call).await.with(202);
    assert_eq!(answer["messages"].as_array().unwrap().len(), 1);
    assert_eq!(texts(&carrier, 1).await, ["db1: disk full"]);
    stranger.post("/v1/call/0123456789abcdefghij", &call).await.with(404);
    let shown = gateway.admin().get("/v1/rules/alert").await.ok();
    assert!(!shown.to_string().contains(token));
    assert!(gateway.log().contains("/v1/call/") && !gateway.log().contains(token), "a token is a secret");
}

#[tokio::test]
async fn the_end_of_a_message_and_a_carrier_that_is_gone_set_off_rules() {
    let carrier = carrier().await;
    let rules = "[rules.thanks]\naccount = 'shop'\nwhen = { event = 'delivered' }\nthen = { reply = 'How was it?' }\n\
        [rules.down]\naccount = 'shop'\nwhen = { event = 'link_down', upstreams = ['gone'], lasting = '10s' }\n\
        then = { forward_to = ['+491700000009'], text = '{{ upstream }} is down' }";
    let plan = plan(&carrier, rules).upstream("gone", ([127, 0, 0, 1], crate::harness::free_port()).into());
    let gateway = plan.start().await;
    gateway.http("shop").send(&format!("+{HANDSET}"), "Your parcel is here").await;
    let mut all = texts(&carrier, 3).await;
    all.sort_unstable();
    assert_eq!(all, ["How was it?", "Your parcel is here", "gone is down"]);
    drop(gateway);
}

/// A rule adds the sender to a group, and asks a URL what to do; the URL's answer replies and goes on with a menu. It is asked again
/// until it answers.
#[tokio::test]
async fn a_rule_changes_groups_and_goes_on_as_its_url_answers() {
    let carrier = carrier().await;
    let (mut crm, mut webhook) = (Webhook::listen().await, Webhook::listen().await);
    let rules = format!(
        "[rules.join]\naccount = 'shop'\nwhen = {{ keywords = ['join'] }}\n\
         then = {{ add_to = 'readers', url = '{}', tags = ['joined'] }}\n\
         [rules.menu]\naccount = 'shop'\nwhen = {{ keywords = ['menu'] }}\n[rules.menu.then]\nreply = '1 daily, 2 never'\n\
         choices = [{{ answer = '1', add_to = 'daily' }}, {{ answer = '2', take_from = 'readers', reply = 'Bye' }}]\n\
         [rules.down]\naccount = 'shop'\nwhen = {{ event = 'link_down', upstreams = ['gone'], lasting = '10s' }}\n\
         then = {{ webhook = true, url = '{}' }}",
        crm.url(),
        crm.url()
    );
    let plan = plan(&carrier, &rules).webhook("shop", &webhook);
    let gateway = plan.upstream("gone", ([127, 0, 0, 1], crate::harness::free_port()).into()).start().await;
    let shop = gateway.http("shop");
    crm.answer_with(500);
    carrier.say("postrider", HANDSET, "60006", "Join");
    let first = crm.until(|told| told.body["type"] == "message.received").await;
    assert_eq!((&first.body["rule"], &first.body["data"]["text"]), (&json!("join"), &json!("Join")));
    crm.answer_in("application/json", r#"{"text":"Welcome!","rule":"menu"}"#);
    let again = crm.until(|told| told.body["type"] == "message.received").await;
    assert_eq!(again.header("webhook-id"), first.header("webhook-id"));
    assert_eq!(texts(&carrier, 2).await, ["Welcome!", "1 daily, 2 never"]);
    let contact = async || {
        let contact = shop.get(&format!("/v1/contacts/%2B{HANDSET}")).await;
        contact.body["groups"].as_array().map(|groups| json!(groups))
    };
    assert_eq!(eventually("the contact", contact).await, json!(["readers"]));
    carrier.say("postrider", HANDSET, "60006", "1");
    let both = async || contact().await.filter(|groups| *groups == json!(["daily", "readers"]));
    eventually("the other group", both).await;
    // The timeline says what was answered, and what followed.
    let inbound = shop.get("/v1/inbound?tag=joined").await.ok();
    let id = inbound["messages"][0]["id"].as_str().unwrap();
    let told = async || {
        let one = shop.get(&format!("/v1/inbound/{id}")).await.ok();
        let lines = one["attempts"].to_string();
        let all = [
            "added to the group readers",
            "the URL of the rule join: 500 in",
            "; goes on with the rule 'menu'",
        ];
        all.iter().all(|words| lines.contains(words)).then_some(())
    };
    eventually("the timeline", told).await;
    // A link tells both the account's webhook and the URL.
    for endpoint in [&mut webhook, &mut crm] {
        let down = endpoint.until(|told| told.body["type"] == "rule.acted").await;
        let expected = json!({ "rule": "down", "event": "link_down", "upstream": "gone" });
        assert_eq!(down.body["data"], expected);
    }
}

#[tokio::test]
async fn a_low_balance_sets_off_its_rule() {
    let carrier = carrier().await;
    let mut webhook = Webhook::listen().await;
    let rules = "[accounts.shop.billing]\ntariff = 'retail'\ncurrency = 'EUR'\nlow_balance = '0.10'\n\
        [rules.low]\naccount = 'shop'\nwhen.event = 'balance_low'\nthen.webhook = true";
    let gateway = plan(&carrier, rules).webhook("shop", &webhook).start().await;
    let top_up = json!({ "amount": "0.05", "note": "a test" });
    let (path, once) = ("/v1/accounts/shop/top-ups", [("Idempotency-Key", "k1")]);
    let made = gateway.admin().ask(Method::POST, path, &once, Some(&top_up)).await.unwrap();
    assert_eq!(made.status, 201, "{}", made.body);
    let told = webhook.until(|told| told.body["type"] == "rule.acted").await;
    let expected = json!({
        "rule": "low", "event": "balance_low", "currency": "EUR", "available": "0.05", "low_balance": "0.10",
    });
    assert_eq!(told.body["data"], expected);
}

/// The texts of a page, sorted.
fn texts_of(page: &Value) -> Vec<String> {
    let messages = page["messages"].as_array().unwrap();
    let mut texts: Vec<String> =
        messages.iter().filter_map(|message| Some(message["text"].as_str()?.to_owned())).collect();
    texts.sort_unstable();
    texts
}

#[tokio::test]
async fn a_reply_cancels_what_waits_for_it_though_the_power_failed_before() {
    let carrier = carrier().await;
    let rules =
        "[rules.done]\naccount = 'shop'\nwhen = { keywords = ['done'] }\nthen = { cancel_scheduled = true }";
    let mut gateway = plan(&carrier, rules).start().await;
    let send_at = Timestamp::try_from(SystemTime::now() + Duration::from_hours(1)).unwrap().to_string();
    let submit = async |gateway: &Gateway, to: &str, cancel_on_reply: bool| {
        let message = json!({
            "to": to, "text": "Still interested?", "send_at": send_at, "cancel_on_reply": cancel_on_reply,
        });
        gateway.http("shop").send_with(message).await
    };
    let canceled = async |gateway: &Gateway, id: &str| {
        let message = gateway.http("shop").get(&format!("/v1/messages/{id}")).await.ok();
        (message["state"] == "canceled").then_some(message)
    };
    let awaiting = submit(&gateway, HANDSET, true).await;
    let scheduled = submit(&gateway, HANDSET, false).await;
    let others = submit(&gateway, "491700000002", true).await;
    gateway.kill().await;
    gateway.start_again().await;

    carrier.say("postrider", HANDSET, "60006", "I am coming");
    let message = eventually("the cancellation", async || canceled(&gateway, &awaiting).await).await;
    assert_eq!(message["cancel_on_reply"], true);
    assert!(
        message["timeline"].to_string().contains("the recipient replied with"),
        "{}",
        message["timeline"]
    );
    let shop = gateway.http("shop");
    let page = shop.get(&format!("/v1/inbound?from=%2B{HANDSET}")).await.ok();
    let reply = shop.get(&format!("/v1/inbound/{}", page["messages"][0]["id"].as_str().unwrap())).await.ok();
    assert_eq!(reply["attempts"][0]["result"], json!(format!("canceled {awaiting}")));

    carrier.say("postrider", HANDSET, "60006", "done");
    eventually("the cancellation by the rule", async || canceled(&gateway, &scheduled).await).await;
    assert!(canceled(&gateway, &others).await.is_none(), "it is for somebody else");
}

#[tokio::test]
async fn a_menu_records_consent_and_what_may_ask_to_stop_is_marked() {
    let carrier = carrier().await;
    let rules = "accounts.shop.policy = { require_consent = ['marketing'], purposes = ['news'] }\n\
        [rules.join]\naccount = 'shop'\nwhen = { keywords = ['join'] }\n[rules.join.then]\n\
        reply = 'Offers by SMS? Reply YES'\nchoices = [{ answer = 'yes', reply = 'Welcome', consent = 'news' }]\n\
        [rules.unhappy]\naccount = 'shop'\nwhen = { may_ask_to_stop = true }\nthen = { tags = ['unhappy'] }";
    let gateway = plan(&carrier, rules).start().await;
    let shop = gateway.http("shop");
    let offer = json!({ "to": HANDSET, "text": "Offer", "class": "marketing" });
    assert_eq!(shop.post("/v1/messages", &offer).await.with(422)["code"], "no_consent");
    carrier.say("postrider", HANDSET, "60006", "JOIN");
    assert_eq!(texts(&carrier, 1).await, ["Offers by SMS? Reply YES"]);
    carrier.say("postrider", HANDSET, "60006", "Yes!");
    assert_eq!(texts(&carrier, 2).await[1], "Welcome");
    let consents = shop.get("/v1/consents").await.ok();
    let consent = &consents["entries"][0];
    assert_eq!(
        [&consent["purpose"], &consent["source"], &consent["obtained"], &consent["text_shown"]],
        [&json!("news"), &json!("keyword"), &json!("rule join"), &json!("Offers by SMS? Reply YES")],
        "{consents}"
    );
    assert!(consent["inbound_id"].is_string());
    shop.post("/v1/messages", &offer).await.accepted();

    carrier.say("postrider", HANDSET, "60006", "Wrong number, sorry");
    let tagged = async || {
        let page = shop.get("/v1/inbound?tag=unhappy").await.ok();
        page["messages"].get(0).cloned()
    };
    let marked = eventually("the tag", tagged).await;
    assert_eq!((&marked["may_ask"], marked.get("asks")), (&json!("stop"), None));
}

#[tokio::test]
async fn a_chat_is_told_of_messages_and_of_calls() {
    let carrier = carrier().await;
    let mut chat = Webhook::listen().await;
    // A chat needs no webhook of the account, but for its leave to post to this machine.
    let webhook = Webhook::listen().await;
    let gateway = plan(&carrier, "").webhook("shop", &webhook).start().await;
    let admin = gateway.admin();
    let desk = json!({
        "account": "shop", "when": { "keywords": ["desk"] }, "then": { "url": chat.url(), "form": "slack" },
    });
    admin.put("/v1/rules/desk", &desk).await.with(201);
    chat.answer_in("text/plain", "nothing for the handset");
    carrier.say("postrider", HANDSET, "60006", "desk: <hi>");
    let told = chat.any().await;
    assert_eq!(told.body["text"], format!("+{HANDSET}: desk: &lt;hi&gt;"));
    assert!(told.headers.get("webhook-signature").is_none(), "nobody there would verify it");

    let down = json!({
        "account": "shop", "when": { "event": "called" },
        "then": { "url": chat.url(), "form": "telegram", "chat": "-100", "text": "{{ call.what }} is down" },
    });
    let made = admin.put("/v1/rules/down", &down).await.with(201);
    let token = made["secrets"]["token"].as_str().unwrap();
    gateway.stranger().post(&format!("/v1/call/{token}"), &json!({ "what": "db1" })).await.with(202);
    let told = chat.any().await;
    assert_eq!((&told.body["chat_id"], &told.body["text"]), (&json!("-100"), &json!("db1 is down")));
    assert_eq!(carrier.accepted().len(), 0, "a chat's answer is no reply");
}

#[tokio::test]
async fn a_trial_shows_what_follows_without_an_answer() {
    let carrier = carrier().await;
    let menu = "[rules.menu]\naccount = 'shop'\nwhen = { keywords = ['menu'] }\n[rules.menu.then]\nreply = '1 hours'\n\
        choices = [{ answer = '1', reply = '9 to 5' }]\nwait = '1h'\ntimed_out = { reply = 'Still there?', tags = ['silent'] }";
    let gateway = plan(&carrier, menu).start().await;
    let at = "2030-01-31T09:00:00.000Z";
    let trial = json!({ "from": HANDSET, "to": "60006", "text": "menu", "at": at });
    let would = gateway.admin().post("/v1/rules/test", &trial).await.ok();
    assert_eq!(would["timed_out"]["at"], "2030-01-31T10:00:00.000Z");
    let actions = &would["timed_out"]["actions"];
    assert_eq!((&actions[0]["tag"], &actions[1]["text"]), (&json!("silent"), &json!("Still there?")));
    let answered = json!({ "from": HANDSET, "to": "60006", "text": "menu 1", "at": at });
    let would = gateway.admin().post("/v1/rules/test", &answered).await.ok();
    assert_eq!(would.get("timed_out"), None);
}

#[tokio::test]
async fn fields_of_kannel_say_how_a_reply_is_sent() {
    let carrier = carrier().await;
    let webhook = Webhook::listen().await;
    webhook.answer_in("text/plain", "Thanks");
    webhook.answer_with_fields(&[
        ("x-kannel-from", "60007"),
        ("x-kannel-to", "+491700000009"),
        ("x-kannel-udh", "06050415820000"),
        ("x-kannel-smsc", "acme"),
    ]);
    let told_at = format!(
        "[accounts.shop.webhook]\nurl = '{}'\nsecret = '{}'\nallow_private = true\nkannel_headers = true",
        webhook.url(),
        Webhook::secret()
    );
    let gateway = plan(&carrier, &told_at).start().await;
    carrier.say("postrider", HANDSET, "60006", "Hi");
    let parts = within("the reply", carrier.accepted_at_least(1)).await;
    assert_eq!((parts[0].source.as_str(), parts[0].destination.as_str()), ("60007", "491700000009"));
    assert!(parts[0].octets.ends_with(b"Thanks"), "{:?}", parts[0].octets);
    let shop = gateway.http("shop");
    let told = async || {
        let page = shop.get("/v1/inbound").await.ok();
        let id = page["messages"][0]["id"].as_str()?.to_owned();
        let lines = shop.get(&format!("/v1/inbound/{id}")).await.ok()["attempts"].to_string();
        lines.contains("not honoured: x-kannel-smsc").then_some(())
    };
    eventually("the timeline", told).await;
}
