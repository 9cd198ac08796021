//! A team answers handsets: the messages of two numbers are one thread, with state, assignment and notes.

use crate::harness::{Http, Plan, carrier, eventually};
use postrider_simulator::carrier::Carrier;
use serde_json::{Value, json};

const HANDSET: &str = "491700000001";

async fn say(carrier: &Carrier, text: &str) {
    let before = carrier.counts().inbound_taken;
    carrier.say("postrider", HANDSET, "60006", text);
    carrier.until(|counts| counts.inbound_taken > before).await;
}

/// The direction and the text of each message of a thread, the newest first.
fn lines(page: &Value) -> Vec<(&str, &str)> {
    let messages = page["messages"].as_array().unwrap();
    messages
        .iter()
        .map(|it| (it["direction"].as_str().unwrap(), it["text"].as_str().unwrap_or_default()))
        .collect()
}

async fn conversations(http: &Http, query: &str) -> Vec<Value> {
    let page = http.get(&format!("/v1/conversations{query}")).await.ok();
    page["conversations"].as_array().unwrap().clone()
}

#[tokio::test]
async fn messages_and_replies_are_one_thread() {
    let carrier = carrier().await;
    let numbers = "[numbers.60006]\naccount = 'shop'\n[numbers.70007]\naccount = 'desk'";
    let mut gateway = Plan::simple(carrier.address()).account("desk").with(numbers).start().await;
    let shop = gateway.http("shop");
    say(&carrier, "Are you open?").await;
    carrier.say("postrider", HANDSET, "70007", "for another account");
    let open = conversations(&shop, "?state=open").await;
    let [conversation] = open.as_slice() else { panic!("{open:?}") };
    assert_eq!(
        (&conversation["number"], &conversation["handset"]),
        (&json!("60006"), &json!(format!("+{HANDSET}")))
    );
    let thread = format!("/v1/conversations/{}", conversation["id"].as_str().unwrap());
    gateway.http("desk").get(&thread).await.with(404);

    let reply = shop.post(&format!("{thread}/messages"), &json!({ "text": "Until six" })).await.with(202);
    shop.message_in(reply["id"].as_str().unwrap(), "delivered").await;
    let part = carrier.accepted().pop().unwrap();
    assert_eq!((part.source.as_str(), part.destination.as_str()), ("60006", HANDSET));
    // A message that is sent as any other is in the thread, too, and one to somebody else is not.
    let other = json!({ "to": format!("+{HANDSET}"), "from": "60006", "text": "And tomorrow" });
    shop.post("/v1/messages", &other).await.with(202);
    let elsewhere = json!({ "to": "+491700000002", "from": "60006", "text": "not here" });
    shop.post("/v1/messages", &elsewhere).await.with(202);
    let expected = [("out", "And tomorrow"), ("out", "Until six"), ("in", "Are you open?")];
    let page = shop.get(&format!("{thread}/messages")).await.ok();
    assert_eq!((lines(&page), &page["conversation"]["state"]), (expected.to_vec(), &json!("waiting")));
    // With the messages of all the account's numbers.
    let from_name = json!({ "to": format!("+{HANDSET}"), "from": "Shop", "text": "By name" });
    shop.post("/v1/messages", &from_name).await.with(202);
    let all = shop.get(&format!("{thread}/messages?numbers=all")).await.ok();
    assert_eq!((lines(&all)[0], lines(&all).len()), (("out", "By name"), 4));
    let first = shop.get(&format!("{thread}/messages?limit=2")).await.ok();
    assert_eq!(lines(&first), expected[..2]);
    let rest = shop.get(&format!("{thread}/messages?cursor={}", first["next"].as_str().unwrap())).await.ok();
    assert_eq!(lines(&rest), expected[2..]);
    let admin = gateway.admin();
    let page = admin.get(&format!("{thread}/messages")).await.ok();
    assert_eq!(lines(&page), [("out", ""), ("out", ""), ("in", "")], "texts are the account's own");

    shop.ask(reqwest::Method::PATCH, &thread, &[], Some(&json!({ "state": "closed", "assignee": "ann" })))
        .await
        .unwrap()
        .ok();
    shop.post(&format!("{thread}/notes"), &json!({ "text": "Wants a table", "author": "ann" })).await.ok();
    gateway.kill().await;
    gateway.start_again().await;
    let shop = gateway.http("shop");
    let shown = shop.get(&thread).await.ok();
    assert_eq!((&shown["state"], &shown["notes"][0]["text"]), (&json!("closed"), &json!("Wants a table")));
    assert_eq!(conversations(&shop, "?assignee=ann&state=closed").await.len(), 1);
    assert_eq!(conversations(&shop, "?assignee=").await.len(), 0);
    say(&carrier, "Thank you").await;
    let reopened = async || (shop.get(&thread).await.ok()["state"] == "open").then_some(());
    eventually("the conversation to be open again", reopened).await;
    wrong(&shop, &thread).await;
}

/// Whoever answers says what they have seen: of two answers to the same, one is sent.
#[tokio::test]
async fn two_who_answer_at_once_do_not_both_send() {
    let carrier = carrier().await;
    let numbers = "[numbers.60006]\naccount = 'shop'";
    let gateway = Plan::simple(carrier.address()).with(numbers).start().await;
    let shop = gateway.http("shop");
    say(&carrier, "Are you open?").await;
    let conversation = &conversations(&shop, "?state=open").await[0];
    let waiting = conversation["waiting_since"].as_str().unwrap();
    assert_eq!(conversations(&shop, &format!("?waiting_since={waiting}")).await.len(), 1);
    assert_eq!(conversations(&shop, "?waiting_since=2020-01-01T00:00:00Z").await.len(), 0);
    let thread = format!("/v1/conversations/{}", conversation["id"].as_str().unwrap());
    let claim = json!({ "claimed_by": "ann" });
    let claimed = shop.ask(reqwest::Method::PATCH, &thread, &[], Some(&claim)).await.unwrap().ok();
    assert_eq!((&claimed["claimed_by"], claimed["claimed_at"].is_string()), (&json!("ann"), true));

    let messages = format!("{thread}/messages");
    let refused = json!({ "text": "x".repeat(100_000), "seen": null });
    assert!(shop.post(&messages, &refused).await.status >= 400);
    let answers = ["Until six", "Until seven"].map(|text| json!({ "text": text, "seen": null }));
    let (one, other) = tokio::join!(shop.post(&messages, &answers[0]), shop.post(&messages, &answers[1]));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409], "what was refused before counts as no answer");
    let refused = if one.status == 409 { one } else { other };
    assert_eq!(refused.body["code"], "answered_meanwhile");
    let shown = shop.get(&thread).await.ok();
    assert_eq!((shown.get("claimed_by"), shown.get("waiting_since")), (None, None));
    let seen = &shown["last_reply"];
    shop.post(&messages, &json!({ "text": "And on Sunday", "seen": seen })).await.with(202);
    shop.post(&messages, &json!({ "text": "And on Monday", "seen": seen })).await.with(409);
    shop.post(&messages, &json!({ "text": "Whatever was said" })).await.with(202);
    let page = shop.get(&messages).await.ok();
    assert_eq!(lines(&page).len(), 4, "{page}");
}

async fn wrong(shop: &Http, thread: &str) {
    let addressed =
        shop.post(&format!("{thread}/messages"), &json!({ "text": "x", "to": "+491700000002" })).await;
    assert_eq!((addressed.status, &addressed.body["field"]), (400, &json!("to")));
    shop.post(&format!("{thread}/notes"), &json!({ "text": "" })).await.with(400);
    shop.get("/v1/conversations?state=done").await.with(400);
    let opened = json!({ "number": "60006", "handset": format!("+{HANDSET}") });
    let same = shop.post("/v1/conversations", &opened).await.ok();
    assert!(thread.ends_with(same["id"].as_str().unwrap()), "there is one already");
    let new = json!({ "number": "60006", "handset": "491700000009" });
    let new = shop.post("/v1/conversations", &new).await.ok();
    assert_eq!((&new["handset"], &new["state"]), (&json!("+491700000009"), &json!("open")));
}

#[tokio::test]
async fn people_share_the_queue_and_read_by_themselves() {
    let carrier = carrier().await;
    let limits = "[numbers.60006]\naccount = 'shop'\n[accounts.shop.conversations]\nper_person = 1";
    let gateway = Plan::simple(carrier.address()).with(limits).start().await;
    let shop = gateway.http("shop");
    carrier.say("postrider", HANDSET, "60006", "first");
    carrier.until(|counts| counts.inbound_taken > 0).await;
    carrier.say("postrider", "491700000002", "60006", "second");
    let waiting = async || (conversations(&shop, "?state=open").await.len() == 2).then_some(());
    eventually("both conversations", waiting).await;
    let next = async |person: &str| shop.post("/v1/conversations/next", &json!({ "person": person })).await;
    let first = next("ann").await.ok();
    assert_eq!((&first["handset"], &first["assignee"]), (&json!(format!("+{HANDSET}")), &json!("ann")));
    let full = next("ann").await;
    assert_eq!((full.status, &full.body["code"]), (409, &json!("person_full")));
    let second = next("bob").await.ok();
    assert_eq!(next("carl").await.status, 204);
    let assign = format!("/v1/conversations/{}", second["id"].as_str().unwrap());
    let to_ann = json!({ "assignee": "ann" });
    let refused = shop.ask(reqwest::Method::PATCH, &assign, &[], Some(&to_ann)).await.unwrap();
    assert_eq!((refused.status, &refused.body["code"]), (409, &json!("person_full")));
    assert_eq!(shop.get(&assign).await.ok()["assignee"], "bob");

    let unread = async || conversations(&shop, "?person=ann&unread=true").await.len();
    assert_eq!(unread().await, 2);
    let read = format!("/v1/conversations/{}/read", first["id"].as_str().unwrap());
    let marked = shop.post(&read, &json!({ "person": "ann", "upto": first["last_in"] })).await.ok();
    assert_eq!(marked["read_marks"], json!([{ "person": "ann", "upto": first["last_in"] }]));
    assert_eq!(unread().await, 1);
    say(&carrier, "still there?").await;
    eventually("it is unread again", async || (unread().await == 2).then_some(())).await;
    assert_eq!(conversations(&shop, "?person=bob").await.iter().filter(|it| it["unread"] == true).count(), 2);
}
