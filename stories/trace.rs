//! Operators look at SMPP traffic: live and as it was lately, by upstream, by account, by number. Nobody ever sees a
//! password, and texts and numbers only who asks for them.

use crate::harness::{
    ADMIN_KEY, Client, Gateway, Plan, Process, carrier, eventually, free_port, password_of, text_to,
};
use postrider_simulator::carrier::Carrier;
use postrider_wire::smpp::Status;
use postrider_wire::smpp::pdu::{Bind, BindMode};
use serde_json::Value;
use tokio::process::Command;

const NUMBER: &str = "491700000001";
const TEXT: &str = "The code is 4711";
/// The password of the upstream.
const PASSWORD: &str = "Pw8chars";

#[tokio::test]
async fn a_message_is_seen_on_its_way_through_and_masked() {
    let carrier = carrier().await;
    let gateway = gateway(&carrier).await;
    let trace = trace(&gateway, &["acme", "--account", "merchant"]).await;
    send(&gateway, NUMBER).await;

    let steps = [
        "← bind_transceiver #1 system_id=merchant",
        "→ bind_transceiver_resp #1 ESME_ROK",
        "← submit_sm #",
        "acme/0 → submit_sm #",
        "acme/0 ← submit_sm_resp #",
        "→ submit_sm_resp #",
        "acme/0 ← deliver_sm #",
        "acme/0 → deliver_sm_resp #",
        "→ deliver_sm #",
        "← deliver_sm_resp #",
    ];
    for step in steps {
        shows(&trace, step).await;
    }
    let said = trace.log();
    assert!(said.contains("destination_addr=4917******01(1/1)"), "{said}");
    assert!(said.contains(&format!("short_message=\"{}\"", "*".repeat(TEXT.len()))), "{said}");
    assert!(said.contains("stat:DELIVRD"), "a receipt's own words are shown: {said}");
    for secret in [TEXT, NUMBER, &password_of("merchant"), PASSWORD] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
}

#[tokio::test]
async fn who_asks_for_texts_and_numbers_sees_them_and_is_named_in_the_log() {
    let carrier = carrier().await;
    let gateway = gateway(&carrier).await;
    let trace = trace(&gateway, &["acme", "--number", "+49 170 0000001", "--unmask", "--json"]).await;
    send(&gateway, "491700000002").await;
    send(&gateway, NUMBER).await;

    shows(&trace, "deliver_sm_resp").await;
    let pdus = pdus(&trace.log());
    let commands: Vec<&str> = pdus.iter().map(|pdu| pdu["command"].as_str().unwrap()).collect();
    assert_eq!(commands, ["submit_sm", "submit_sm_resp", "deliver_sm", "deliver_sm_resp"]);
    let fields = &pdus[0]["fields"];
    assert_eq!(
        (&fields["short_message"]["text"], &fields["destination_addr"]["digits"]),
        (&TEXT.into(), &NUMBER.into())
    );
    assert_eq!(pdus[0]["sequence"], pdus[1]["sequence"]);
    assert_eq!(
        (&pdus[0]["peer"], &pdus[1]["status"]["name"]),
        (&carrier.address().to_string().into(), &"ESME_ROK".into())
    );
    assert!(pdus.iter().all(|pdu| pdu["upstream"] == "acme"), "{pdus:?}");

    let log = gateway.log();
    let audit = log.lines().find(|line| line.contains("an administrator looks at traffic")).unwrap();
    let audit: Value = serde_json::from_str(audit).unwrap();
    assert_eq!((&audit["administrator"], &audit["unmasked"]), (&"tester".into(), &true.into()));
    assert_eq!((&audit["upstream"], &audit["number"]), (&"acme".into(), &"+4917****01".into()));
    assert!(!log.contains(TEXT) && !log.contains(NUMBER));
}

#[tokio::test]
async fn why_a_bind_failed_is_there_afterwards_without_its_password() {
    let carrier = carrier().await;
    let gateway = gateway(&carrier).await;
    let mut client = Client::connect(gateway.smpp_address()).await;
    assert_eq!(client.bind(BindMode::Transceiver, "merchant", "Wr0ngPwd").await, Err(Status::RINVPASWD));
    client.ended().await;
    let stranger = Client::connect(gateway.smpp_address()).await;
    let bind = Bind::new(BindMode::Transceiver, b"nobody", b"Wr0ngPwd");
    assert_eq!(stranger.request(&bind).await.status(), Status::RINVPASWD);

    let admin = gateway.admin();
    let recent = admin.get("/v1/trace/recent?account=merchant&upstream=acme&unmask=true").await.ok();
    let of_account = |pdu: &&Value| pdu["account"] == "merchant";
    let pdus: Vec<&Value> = recent["pdus"].as_array().unwrap().iter().filter(of_account).collect();
    assert_eq!(pdus.len(), 2, "{recent}");
    assert_eq!(
        (&pdus[0]["command"], &pdus[0]["fields"]["password"]),
        (&"bind_transceiver".into(), &"********".into())
    );
    assert_eq!(pdus[1]["status"]["name"], "ESME_RINVPASWD");

    let file = admin.get("/v1/trace/pcap?account=merchant&upstream=acme&unmask=true").await;
    assert_eq!(file.headers["content-type"], "application/x-pcapng");
    let everything = format!("{recent} {} {}", file.body, gateway.log());
    assert!(everything.contains("postrider") && everything.contains("bind_transceiver"));
    for secret in ["Wr0ngPwd", PASSWORD] {
        let hex: String = secret.bytes().map(|octet| format!("{octet:02x}")).collect();
        assert!(!everything.contains(secret) && !everything.contains(&hex), "{secret} in {everything}");
    }
}

#[tokio::test]
async fn only_administrators_look_and_only_at_what_there_is() {
    let carrier = carrier().await;
    let gateway = gateway(&carrier).await;
    for path in ["/v1/trace", "/v1/trace/recent", "/v1/trace/pcap"] {
        let path = format!("{path}?account=merchant");
        assert_eq!(gateway.http("merchant").get(&path).await.with(403)["code"], "administrator_key_needed");
        assert_eq!(gateway.stranger().get(&path).await.status, 401);
        let unknown =
            gateway.admin().get(&path.replace("account=merchant", "upstream=acmee")).await.with(404);
        assert!(unknown["detail"].as_str().unwrap().ends_with("did you mean 'acme'?"), "{unknown}");
    }
    assert_eq!(gateway.admin().get("/v1/trace").await.with(400)["field"], "upstream");
    assert_eq!(
        gateway.admin().get("/v1/trace?upstream=acme&seconds=601").await.with(400)["field"],
        "seconds"
    );
    assert!(!gateway.log().contains("an administrator looks at traffic"));
}

#[tokio::test]
async fn traces_are_few_and_end_with_the_gateway() {
    let carrier = carrier().await;
    let mut gateway = gateway(&carrier).await;
    let mut traces = Vec::new();
    for _ in 0..8 {
        traces.push(trace(&gateway, &["acme", "--for", "10m"]).await);
    }
    let refused = gateway.admin().get("/v1/trace?upstream=acme").await;
    assert_eq!((refused.status, &refused.body["code"]), (429, &"too_many_traces".into()));
    traces.pop().unwrap().kill().await;
    let again = async || {
        // The gateway learns by its connection that somebody has gone, which may take a moment.
        let answer = gateway.admin().get("/v1/trace?upstream=acme&seconds=1").await;
        (answer.status == 200).then_some(())
    };
    eventually("the place of a trace that is gone", again).await;

    gateway.stop().await;
    for mut trace in traces {
        assert!(trace.ended().await.success(), "{}", trace.log());
        assert!(trace.log().contains("the gateway stops"), "{}", trace.log());
    }
    assert!(!gateway.log().contains("connections were cut"));
}

async fn gateway(carrier: &Carrier) -> Gateway {
    let plan =
        Plan::new().upstream("acme", carrier.address()).route("world", "", &["acme"]).account("merchant");
    plan.with("upstreams.acme.password = { env = 'STORY_ACME' }").env("STORY_ACME", PASSWORD).start().await
}

/// Sends the text to a number, and waits for its receipt.
async fn send(gateway: &Gateway, number: &str) {
    let mut client = gateway.smpp("merchant", BindMode::Transceiver).await;
    let id = client.submit(&text_to(number, TEXT.as_bytes())).await;
    assert_eq!(client.receipt().await.id, id);
    client.unbind().await;
}

/// `postrider trace`, once it follows.
async fn trace(gateway: &Gateway, arguments: &[&str]) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postrider"));
    command.arg("trace").args(arguments).args(["--url", &gateway.url(), "--key", ADMIN_KEY]);
    let name = format!("trace-{}.log", free_port());
    let trace = Process::start("the trace", command, &gateway.folder().join(name));
    let follows = async || {
        let log = trace.log();
        (log.contains("following until") || log.contains("\"began\"")).then_some(())
    };
    eventually("the trace to follow", follows).await;
    trace
}

async fn shows(trace: &Process, words: &str) {
    let shown = async || trace.log().contains(words).then_some(());
    eventually(&format!("the trace to show '{words}'"), shown).await;
}

/// The PDUs of a trace in JSON.
fn pdus(log: &str) -> Vec<Value> {
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line["event"] == "pdu").collect()
}
