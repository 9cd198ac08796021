//! Whoever follows the stream of events hears of everything once it happened, and misses nothing, whatever breaks.

use crate::harness::{Event, Events, Gateway, Plan, carrier, eventually};
use postrider_simulator::carrier::Carrier;
use serde_json::{Value, json};

const HANDSET: &str = "491700000001";

fn plan(carrier: &Carrier) -> Plan {
    let numbers = "[numbers.60006]\naccount = 'shop'\n[numbers.70007]\naccount = 'desk'";
    Plan::simple(carrier.address()).account("desk").with(numbers)
}

/// The types of events, and the text or the identifier of each.
fn told(events: &[Event]) -> Vec<(&str, &str)> {
    events.iter().map(|event| (event.kind.as_str(), what(&event.data["data"]))).collect()
}

fn what(data: &Value) -> &str {
    data["text"].as_str().or(data["id"].as_str()).unwrap_or_default()
}

/// Has a handset write, and waits until the gateway has acknowledged that.
async fn say(carrier: &Carrier, to: &str, text: &str) {
    let before = carrier.counts().inbound_taken;
    carrier.say("postrider", HANDSET, to, text);
    carrier.until(|counts| counts.inbound_taken > before).await;
}

#[tokio::test]
async fn a_client_hears_of_what_happens_and_goes_on_where_it_was() {
    let carrier = carrier().await;
    let mut gateway = plan(&carrier).start().await;
    let shop = gateway.http("shop");
    let mut stream = Events::follow(&shop, "", None).await;
    say(&carrier, "60006", "one").await;
    let first = stream.next().await;
    assert_eq!((first.kind.as_str(), &first.data["data"]["text"]), ("message.received", &json!("one")));
    let id = shop.send("+491700000002", "out").await;
    let end = stream.next().await;
    assert_eq!((end.kind.as_str(), &end.data["data"]["id"]), ("message.delivered", &json!(id)));
    let last = stream.last.clone();
    drop(stream);

    // Nobody listens, and the power fails.
    say(&carrier, "60006", "two").await;
    say(&carrier, "70007", "another account's").await;
    gateway.kill().await;
    gateway.start_again().await;
    let shop = gateway.http("shop");
    say(&carrier, "60006", "three").await;
    let (stream, missed) = Events::up_to_date(&shop, "", Some(&last)).await;
    assert_eq!(told(&missed), [("message.received", "two"), ("message.received", "three")]);
    let (_, none) = Events::up_to_date(&shop, "", Some(&stream.last)).await;
    assert_eq!(none, []);
    // A stop doesn't wait for who follows.
    gateway.stop().await;
    assert_eq!(stream.ended().await, []);
}

#[tokio::test]
async fn each_account_sees_its_own_and_an_administrator_all() {
    let carrier = carrier().await;
    let gateway = plan(&carrier).start().await;
    for (to, text) in [("60006", "shop's"), ("70007", "desk's"), ("90009", "nobody's")] {
        say(&carrier, to, text).await;
    }
    let id = gateway.http("desk").send("+491700000002", "out").await;
    gateway.http("desk").message_in(&id, "delivered").await;
    let all = async |account: &str| Events::up_to_date(&gateway.http(account), "?after=oldest", None).await.1;
    assert_eq!(told(&all("shop").await), [("message.received", "shop's")]);
    assert_eq!(told(&all("desk").await), [("message.received", "desk's"), ("message.delivered", &id)]);
    let (_, everything) = Events::up_to_date(&gateway.admin(), "?after=oldest", None).await;
    let accounts: Vec<_> = everything.iter().map(|event| event.data["account"].as_str()).collect();
    assert_eq!(accounts, [Some("shop"), Some("desk"), None, Some("desk")]);
    assert_eq!(everything[0].data["data"].get("text"), None, "a text is its account's");
    assert_eq!(everything[2].data["data"]["text"], "nobody's");
    let query = "?after=oldest&account=desk&types=message.delivered,message.failed";
    let (_, some) = Events::up_to_date(&gateway.admin(), query, None).await;
    assert_eq!(some.len(), 1, "{some:?}");
    on_the_command_line(&gateway).await;
}

async fn on_the_command_line(gateway: &Gateway) {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_postrider"));
    command.args(["events", "--key", "the-key-of-account-desk"]).env("POSTRIDER_URL", gateway.url());
    let output = command.output().await.unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(printed.lines().count(), 2, "{printed}");
    assert!(printed.contains(&format!("+{HANDSET} to 70007: desk's")), "{printed}");
}

#[tokio::test]
async fn a_stream_that_can_not_be_resumed_and_one_too_many_are_refused() {
    let carrier = carrier().await;
    let mut gateway = plan(&carrier).start().await;
    let shop = gateway.http("shop");
    for (last, status, code) in [("7-1", 410, "events_forgotten"), ("yesterday", 400, "invalid_event_id")] {
        let headers = [("last-event-id", last)];
        let answer = shop.ask(reqwest::Method::GET, "/v1/events", &headers, None).await.unwrap();
        assert_eq!((answer.status, &answer.body["code"]), (status, &json!(code)));
    }
    let mut open = Vec::new();
    for _ in 0..20 {
        open.push(Events::follow(&shop, "", None).await);
    }
    let problem = shop.get("/v1/events").await;
    assert_eq!((problem.status, &problem.body["code"]), (429, &json!("too_many_streams")));
    assert!((gateway.metric("postrider_event_streams").await - 20.0).abs() < 0.1);
    open.pop();
    let again = async || {
        let answer = shop.open("/v1/events", &[]).await;
        (answer.status() == 200).then_some(())
    };
    eventually("the place of a stream that ended", again).await;
    gateway.stop().await;
    let off = plan(&carrier).with("retention.events = '0s'").start().await;
    say(&carrier, "60006", "one").await;
    assert_eq!(off.http("shop").get("/v1/events").await.status, 404);
}
