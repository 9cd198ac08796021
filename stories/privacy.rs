//! Personal data goes when its time is over, or when somebody asks for it, and who saw it or removed it is on record.

use crate::harness::{Gateway, Http, Plan, carrier, carrier_with, text_to};
use postrider_simulator::carrier::{Fate, Settings, State};
use postrider_wire::smpp::pdu::BindMode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_text_is_gone_when_its_message_has_ended() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address())
        .account("desk")
        .with("accounts.shop.retention.redact = 'ended'\naccounts.desk.retention.redact = 'at_once'")
        .start()
        .await;
    let (shop, desk) = (gateway.http("shop"), gateway.http("desk"));
    let ended = shop.send("+491700000001", "code 1234").await;
    let message = shop.message_in(&ended, "delivered").await;
    assert_eq!((&message["text"], &message["redacted"]), (&Value::Null, &json!(true)));
    assert_eq!(message["parts"], 1);
    let send_at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let later = json!({ "to": "+491700000001", "text": "later 4711", "send_at": send_at.to_string() });
    let hidden = desk.send_with(later).await;
    let message = desk.message(&hidden).await;
    assert_eq!((&message["state"], &message["text"]), (&json!("queued"), &Value::Null));
    assert_eq!(message["redacted"], true);
    assert!(gateway.books().holds("later 4711"), "it is still to be sent");
    desk.delete(&format!("/v1/messages/{hidden}")).await.ok();
    assert!(!gateway.books().holds("later 4711") && !gateway.books().holds("code 1234"));
}

#[tokio::test]
async fn a_text_that_failed_stays_where_only_delivered_ones_go() {
    let undelivered = Fate::ends(&[State::Undeliverable]);
    let fates = [("491700000009".to_owned(), undelivered)].into();
    let carrier = carrier_with(Settings { fates, ..Settings::default() }).await;
    let redact = "accounts.shop.retention.redact = 'delivered'";
    let gateway = Plan::simple(carrier.address()).with(redact).start().await;
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    client.submit(&text_to("491700000001", b"it arrives")).await;
    client.receipt().await;
    client.submit(&text_to("491700000009", b"it fails")).await;
    client.receipt().await;
    assert!(!gateway.books().holds("it arrives") && gateway.books().holds("it fails"));
}

/// Lines of the audit log, the oldest first: who, the action, and what it was done to.
async fn audited(gateway: &Gateway, query: &str) -> Vec<(String, String, String)> {
    let page = gateway.admin().get(&format!("/v1/audit?order=oldest&limit=1000{query}")).await.ok();
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let line = |line: &Value| (text(line, "who"), text(line, "action"), text(line, "subject"));
    page["lines"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn who_saw_or_changed_something_is_on_record() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    let sent = shop.send("+491700000001", "hello").await;
    let route = json!({ "prefix": "44", "upstreams": ["acme"] });
    admin.put("/v1/routes/uk", &route).await.with(201);
    admin.get("/v1/messages?to=%2B491700000001").await.ok();
    admin.get(&format!("/v1/messages/{sent}")).await.ok();
    admin.get("/v1/accounts").await.ok();
    shop.get(&format!("/v1/messages/{sent}")).await.ok();
    let send_at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let later = json!({ "to": "+491700000001", "text": "later", "send_at": send_at.to_string() });
    let later = shop.send_with(later).await;
    shop.delete(&format!("/v1/messages/{later}")).await.ok();

    let lines = audited(&gateway, "").await;
    let actions: Vec<(&str, &str)> = lines.iter().map(|(who, action, _)| (&**who, &**action)).collect();
    let expected = [
        ("tester", "change"),
        ("tester", "PUT /v1/routes/{name}"),
        ("tester", "GET /v1/messages"),
        ("tester", "GET /v1/messages/{id}"),
        ("shop", "DELETE /v1/messages/{id}"),
    ];
    assert_eq!(actions, expected);
    assert_eq!(lines[0].2, "route uk");
    assert_eq!(lines[4].2, format!("/v1/messages/{later}"));
    let page = gateway.admin().get("/v1/audit?action=GET&limit=1").await.ok();
    assert!(page["next"].is_string() && !page.to_string().contains("491700000001"), "{page}");
    assert_eq!(shop.get("/v1/audit").await.with(403)["code"], "administrator_key_needed");
}

/// Runs `postrider audit verify`; its output, and whether it found the log whole.
fn verify(gateway: &Gateway, head: &[&str]) -> (String, bool) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_postrider"));
    command.args(["audit", "verify", "--url", &gateway.url(), "--key", crate::harness::ADMIN_KEY]).args(head);
    let output = command.output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

#[tokio::test]
async fn a_line_that_was_changed_or_taken_away_shows() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let admin = gateway.admin();
    for n in 0..4 {
        let route = json!({ "prefix": format!("44{n}"), "upstreams": ["acme"] });
        admin.put(&format!("/v1/routes/uk{n}"), &route).await.with(201);
    }
    let (said, is_whole) = verify(&gateway, &[]);
    assert!(is_whole && said.starts_with("8 lines, none changed or missing, the last is 8:"), "{said}");
    let noted = said.trim().rsplit(' ').next().unwrap().to_owned();
    assert!(verify(&gateway, &["--head", &noted]).1);

    let database = rusqlite::Connection::open(gateway.folder().join("data/postrider.db")).unwrap();
    database.execute("UPDATE audit SET who = 'nobody' WHERE id = 3", []).unwrap();
    assert_eq!(verify(&gateway, &[]), ("line 3 was changed\n".to_owned(), false));
    database.execute("UPDATE audit SET who = 'tester' WHERE id = 3", []).unwrap();
    assert!(verify(&gateway, &[]).1);
    database.execute("DELETE FROM audit WHERE id IN (5, 6)", []).unwrap();
    assert_eq!(verify(&gateway, &[]), ("lines 5 to 6 are missing\n".to_owned(), false));
    // Who takes away the end and what the store knows of it is found by what was noted elsewhere.
    database.execute("DELETE FROM audit WHERE id > 4", []).unwrap();
    assert_eq!(
        verify(&gateway, &[]),
        ("the log ends at line 4, and its last line was 8\n".to_owned(), false)
    );
    let forged = "UPDATE audit_head SET (sequence, hash) = (SELECT id, hash FROM audit WHERE id = 4)";
    database.execute(forged, []).unwrap();
    assert!(verify(&gateway, &[]).1);
    let (said, is_whole) = verify(&gateway, &["--head", &noted]);
    assert!(!is_whole && said == "the log ends at line 4, and its last line was 8\n", "{said}");
}

/// Keeps a contact of Anna, and a note about her conversation.
async fn know_anna(shop: &Http) {
    let contact = json!({ "name": "Anna", "zone": "Europe/Berlin" });
    shop.put("/v1/contacts/%2B491700000001", &contact).await;
    let conversations = shop.get("/v1/conversations").await.ok();
    let conversation = conversations["conversations"][0]["id"].as_str().unwrap().to_owned();
    let note = json!({ "text": "Anna is kind" });
    shop.post(&format!("/v1/conversations/{conversation}/notes"), &note).await.ok();
}

/// Contacts, conversations with their notes, and time zones are exported to who may see them: so many of each.
async fn the_rest_is_exported(anna: &str, viewers: [(&Http, usize); 3]) {
    for (http, kept) in viewers {
        let page = http.post("/v1/privacy/export", &json!({ "number": anna })).await.ok();
        let names =
            |list: &str| page[list].as_array().unwrap().iter().map(|it| it["kept_by"].clone()).collect();
        let (contacts, conversations): (Vec<_>, Vec<_>) = (names("contacts"), names("conversations"));
        assert_eq!((&contacts, &conversations), (&vec![json!("shop"); kept], &vec![json!("shop"); kept]));
        assert_eq!(page.to_string().contains("Anna is kind"), kept > 0, "{page}");
        assert_eq!(page["consents"].as_array().unwrap().len(), kept, "the contact's time zone");
    }
}

#[tokio::test]
async fn a_person_is_exported_and_erased_by_number() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address())
        .account("desk")
        .with("[numbers.60006]\naccount = 'shop'")
        .start()
        .await;
    let (shop, desk, admin) = (gateway.http("shop"), gateway.http("desk"), gateway.admin());
    let (anna, other) = ("+491700000001", "+491700000002");
    for (http, to) in [(&shop, anna), (&desk, anna), (&shop, other)] {
        let id = http.send(to, "hello Anna").await;
        http.message_in(&id, "delivered").await;
    }
    carrier.say("postrider", "491700000001", "60006", "I am Anna");
    carrier.until(|counts| counts.inbound_taken == 1).await;
    know_anna(&shop).await;
    let send_at = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let queued = json!({ "to": anna, "text": "later, Anna", "send_at": send_at.to_string() });
    let queued = shop.send_with(queued).await;

    let export = async |http: &Http| {
        let (mut messages, mut inbound, mut cursor) = (0, 0, Value::Null);
        loop {
            let page =
                http.post("/v1/privacy/export", &json!({ "number": anna, "cursor": cursor })).await.ok();
            messages += page["messages"].as_array().unwrap().len();
            inbound += page["inbound"].as_array().unwrap().len();
            cursor = page["next"].clone();
            if cursor.is_null() {
                return (messages, inbound);
            }
        }
    };
    let erase = async |http: &Http, dry_run: bool| {
        let (mut sums, mut cursor) = ([0; 4], Value::Null);
        loop {
            let asked = json!({ "number": anna, "dry_run": dry_run, "cursor": cursor });
            let page = http.post("/v1/privacy/erase", &asked).await.ok();
            for (sum, name) in sums.iter_mut().zip(["found", "erased", "canceled", "traces"]) {
                *sum += page[name].as_u64().unwrap();
            }
            cursor = page["next"].clone();
            if cursor.is_null() {
                return sums;
            }
        }
    };
    assert_eq!(export(&admin).await, (3, 1));
    the_rest_is_exported(anna, [(&admin, 1), (&shop, 1), (&desk, 0)]).await;
    assert_eq!(export(&shop).await, (2, 1));
    assert_eq!(export(&desk).await, (1, 0));
    assert_eq!(erase(&admin, true).await, [4, 0, 0, 0]);
    assert_eq!(erase(&desk, false).await[..3], [1, 1, 0]);
    // Besides messages: the conversation that one of them began, its note, the contact, and its time zone with what became of it.
    let [found, erased, canceled, traces] = erase(&admin, false).await;
    assert!((found, erased, canceled) == (3, 2, 1) && traces >= 4, "{found} {erased} {canceled} {traces}");
    shop.message_in(&queued, "canceled").await;
    assert_eq!(erase(&admin, false).await[..3], [1, 1, 0]);
    assert_eq!(export(&admin).await, (0, 0));
    assert_eq!(shop.get("/v1/messages").await.ok()["messages"].as_array().unwrap().len(), 1);
    assert!(!gateway.books().holds("later, Anna") && !gateway.books().holds("I am Anna"));
    assert!(!gateway.books().holds("Anna is kind"));
    let page = admin.post("/v1/privacy/export", &json!({ "number": anna })).await.ok();
    assert_eq!(
        (&page["contacts"], &page["conversations"], &page["consents"]),
        (&json!([]), &json!([]), &json!([]))
    );
    assert!(gateway.books().holds("hello Anna"), "of another number");

    let lines = audited(&gateway, "&action=privacy.erase").await;
    let by_desk = ("desk".to_owned(), "privacy.erase".to_owned(), "+4917****01".to_owned());
    assert!(lines.contains(&by_desk), "{lines:?}");
    let wrong = admin.post("/v1/privacy/erase", &json!({ "number": "0170" })).await.with(400);
    assert_eq!(wrong["field"], "number");
}

/// Reloads the configuration, changed by these lines.
async fn reload(gateway: &mut Gateway, lines: &str) {
    gateway.change(lines);
    gateway.admin().post("/v1/reload", &json!({})).await.ok();
}

#[tokio::test]
async fn texts_and_secrets_are_encrypted_and_the_key_is_changed_while_messages_go_on() {
    let carrier = carrier().await;
    let gateway =
        Plan::simple(carrier.address()).env("KEY_A", &"a1".repeat(32)).env("KEY_B", &"b2".repeat(32));
    let a = "encryption.active = 'a'\nencryption.keys.a = { env = 'KEY_A' }";
    let mut gateway = gateway.with(a).start().await;
    let (shop, admin) = (gateway.http("shop"), gateway.admin());
    let secret = "the password of a carrier";
    let upstream =
        json!({ "host": "192.0.2.1", "system_id": "me", "password": "pw-in-api", "enabled": false });
    admin.put("/v1/upstreams/other", &upstream).await.with(201);
    let first = shop.send("+491700000001", secret).await;
    assert_eq!(shop.message_in(&first, "delivered").await["text"], secret);
    assert!(!gateway.books().holds(secret) && !gateway.books().declares("pw-in-api"));

    reload(&mut gateway, "encryption.active = 'b'\nencryption.keys.b = { env = 'KEY_B' }").await;
    let second = shop.send("+491700000001", "another text").await;
    assert_eq!(shop.message_in(&second, "delivered").await["text"], "another text");
    assert_eq!(shop.message(&first).await["text"], secret);
    let state = admin.get("/v1/encryption").await.ok();
    assert_eq!((&state["active"], &state["to_change"]), (&json!("b"), &json!(["a"])));
}

#[tokio::test]
async fn a_node_does_not_start_without_the_key() {
    let carrier = carrier().await;
    let keys = "encryption.active = 'a'\nencryption.keys.a = { env = 'KEY_A' }";
    let plan = Plan::simple(carrier.address()).env("KEY_A", &"a1".repeat(32)).env("KEY_B", &"b2".repeat(32));
    let mut gateway = plan.with(keys).start().await;
    let id = gateway.http("shop").send("+491700000001", "hello").await;
    gateway.http("shop").message_in(&id, "delivered").await;
    gateway.change("encryption.keys.a = { env = 'KEY_B' }");
    gateway.says("not reloaded: the key 'a' in `[encryption]` is another one").await;
    assert_eq!(gateway.http("shop").message(&id).await["text"], "hello", "it goes on with the right one");
    gateway.stop().await;
    gateway.begin_again();
    gateway.says("can't open the store: the key 'a' in `[encryption]` is another one").await;
    assert!(!gateway.ended().await.success());
    gateway.change("encryption.keys.a = { env = 'KEY_A' }");
    gateway.start_again().await;
    assert_eq!(gateway.http("shop").message(&id).await["text"], "hello");
}
