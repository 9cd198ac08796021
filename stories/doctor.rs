//! The doctor says what is wrong with the link to a carrier, and what to do, in words that an operator can act on.

use crate::harness::{
    ADMIN_KEY, Authority, Certified, Gateway, Plan, carrier, carrier_with, free_port, within,
};
use postrider_simulator::carrier::{Carrier, Part, Settings};
use postrider_simulator::manner::Chosen;
use postrider_wire::smpp::Status;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

#[tokio::test]
async fn a_link_that_is_well_is_told_so() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    within("the gateway's own session", carrier.until(|counts| counts.binds == 1)).await;
    let report = Report::of(&gateway).await;
    assert!(report.well, "{report:?}");
    let steps: Vec<&str> = report.findings.iter().map(|finding| finding["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["resolve", "connect", "bind", "enquire_link", "unbind"]);
    assert!(report.findings.iter().all(|finding| finding["result"] == "well"), "{report:?}");
    // Nothing was sent, and the gateway's session is still there.
    assert_eq!(carrier.counts().submitted, 0);
    let id = gateway.http("shop").send("+491700000001", "hello").await;
    gateway.http("shop").message_in(&id, "delivered").await;
}

#[tokio::test]
async fn the_command_says_the_same_and_its_exit_code_whether_all_is_well() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let (code, said) = command(&gateway, &["acme"]).await;
    assert!(code == 0 && said.contains("bound (") && said.contains("enquire_link"), "{said}");

    carrier.change(|settings| settings.password = Some("other".to_owned()));
    let (code, said) = command(&gateway, &["acme"]).await;
    assert_eq!(code, 1, "{said}");
    for words in [
        "✗",
        "ESME_RINVPASWD (0x0E)",
        "the carrier refuses the password",
        "Is 'postrider' active and not locked",
    ] {
        assert!(said.contains(words), "{words} is not in:\n{said}");
    }
    assert!(!said.contains("pw"), "the password itself is shown");

    let (code, said) = command(&gateway, &["nobody"]).await;
    assert!(code == 3 && said.contains("nobody"), "{said}");
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_told() {
    let gateway = Plan::simple(format!("127.0.0.1:{}", free_port()).parse().unwrap()).start().await;
    let report = Report::of(&gateway).await;
    let finding = report.failed("connect");
    says(finding, "found", "Connection refused");
    says(finding, "advice", "compare 'port'");
}

#[tokio::test]
async fn each_host_and_address_is_tried_and_a_name_that_is_none_is_told() {
    let carrier = carrier().await;
    let backup =
        format!("upstreams.acme.backup_hosts = ['localhost:{}', 'no-such-host.invalid']", free_port());
    let gateway = Plan::simple(carrier.address()).with(&backup).start().await;
    let report = Report::of(&gateway).await;
    says(report.failed("resolve"), "tried", "no-such-host.invalid");
    says(report.failed("connect"), "tried", "127.0.0.1:");
    assert_eq!(report.of_step("bind")[0]["result"], "well");
}

#[tokio::test]
async fn a_port_that_says_nothing_is_told_as_such() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = Plan::simple(silent.local_addr().unwrap()).start().await;
    let finding = Report::of(&gateway).await.failed("bind").clone();
    says(&finding, "found", "no answer in 10.0 s");
    says(&finding, "means", "sends nothing");
}

#[tokio::test]
async fn what_speaks_no_smpp_is_told_as_such() {
    let mail = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = mail.local_addr().unwrap();
    let greeting = tokio::spawn(async move {
        let mut open = Vec::new();
        loop {
            let (mut stream, _) = mail.accept().await.unwrap();
            stream.write_all(b"220 mail.example.net ESMTP\r\n").await.unwrap();
            open.push(stream);
        }
    });
    let gateway = Plan::simple(address).start().await;
    let report = Report::of(&gateway).await;
    says(report.failed("bind"), "found", "the answer is not SMPP");
    greeting.abort();
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_told_with_the_one_that_was_seen() {
    let authority = Authority::new("the carrier's");
    let trusting = |ca: &Authority| {
        format!("upstreams.acme.tls = {{ verify = 'ca_file', ca_file = '{}' }}", ca.ca_file().display())
    };
    let fitting = authority.certify("127.0.0.1");
    for (certified, tls, words) in [
        (Certified::by_itself(), trusting(&Authority::new("another")), "not trusted"),
        (authority.certify("127.0.0.1"), trusting(&Authority::new("another")), "none of the authorities"),
        (authority.certify("smpp.example.net"), trusting(&authority), "it is for smpp.example.net"),
        (authority.expired("127.0.0.1"), trusting(&authority), "it expired "),
    ] {
        let far = Plan::simple(carrier().await.address()).account("near").tls(&certified).start().await;
        let near = Plan::simple(far.tls_address()).bound_as("acme", "near").with(&tls).start().await;
        let finding = Report::of(&near).await.failed("tls").clone();
        says(&finding, "found", words);
        says(&finding, "found", certified.fingerprint());
    }
    let far = Plan::simple(carrier().await.address()).account("near").tls(&fitting).start().await;
    let near =
        Plan::simple(far.tls_address()).bound_as("acme", "near").with(&trusting(&authority)).start().await;
    let report = Report::of(&near).await;
    assert!(report.well, "{report:?}");

    // The same port without TLS declared.
    let near = Plan::simple(far.tls_address()).bound_as("acme", "near").start().await;
    let report = Report::of(&near).await;
    let finding = report.failed("bind");
    says(finding, "found", "speaks TLS");
    says(finding, "advice", fitting.fingerprint());
    let binds = report.findings.iter().filter(|finding| finding["step"] == "bind");
    assert_eq!(binds.count(), 1, "no other way to bind is tried without TLS: {report:?}");
}

#[tokio::test]
async fn a_carrier_that_allows_no_session_more_is_told_whose_the_others_are() {
    let carrier = carrier_with(Settings { max_binds: Some(1), ..Settings::default() }).await;
    let gateway = Plan::simple(carrier.address()).start().await;
    within("the gateway's own session", carrier.until(|counts| counts.binds == 1)).await;
    let report = Report::of(&gateway).await;
    says(report.failed("bind"), "means", "this gateway holds one session");
    says(report.failed("bind"), "advice", "enabled=false");
}

#[tokio::test]
async fn a_host_that_only_stands_by_is_told_and_the_next_is_tried() {
    let standing_by =
        carrier_with(Settings { refused_binds: Some((1_000, Status::RSYSERR)), ..Settings::default() });
    let (standing_by, serving) = (standing_by.await, carrier().await);
    let backup = format!(
        "upstreams.acme = {{ enabled = false, backup_hosts = ['localhost:{}'] }}",
        serving.address().port()
    );
    let gateway = Plan::simple(standing_by.address()).with(&backup).start().await;
    let report = Report::of(&gateway).await;
    says(report.failed("bind"), "means", "this host is a standby");
    assert_eq!(report.of_step("bind")[1]["result"], "well");
    assert_eq!(standing_by.counts().binds_refused, 1);
}

#[tokio::test]
async fn the_way_to_bind_that_a_carrier_wants_is_found_out() {
    for (manners, settings) in [
        (&["no-transceiver"][..], &[("mode", "transmitter_receiver")][..]),
        (&["version-required=0x33"], &[("version", "3.3")]),
        (&["version-required=0x50"], &[("version", "5.0")]),
        (&["system-type-required=VMA"], &[("system_type", "VMA")]),
        (
            &["no-transceiver", "version-required=0x33"],
            &[("mode", "transmitter_receiver"), ("version", "3.3")],
        ),
        (
            &["no-transceiver", "system-type-required=VMA"],
            &[("mode", "transmitter_receiver"), ("system_type", "VMA")],
        ),
    ] {
        let carrier = mannered(manners).await;
        let gateway = Plan::simple(carrier.address()).with("upstreams.acme.enabled = false").start().await;
        let report = Report::of(&gateway).await;
        assert!(!report.well, "{manners:?}: {report:?}");
        let expected: Vec<(String, Value)> =
            settings.iter().map(|(field, value)| ((*field).to_owned(), json!(value))).collect();
        assert_eq!(report.settings(), expected, "{manners:?}: {report:?}");
    }
}

#[tokio::test]
async fn what_each_carrier_wants_is_found_out_with_a_handset() {
    let gateway = Plan::new().start().await;
    for case in zoo() {
        let carrier = mannered(case.manners).await;
        declare(&gateway, &carrier).await;
        let asked = json!({ "to": HANDSET, "receipts_wait": 2, "messages_max": case.messages });
        let report = Report::asked(&gateway, &asked).await;
        let expected: Vec<(String, Value)> =
            case.settings.iter().map(|(field, value)| ((*field).to_owned(), value.clone())).collect();
        let mut found = report.settings();
        for (field, value) in &mut found {
            // A machine that is busy sends too late to use all that the carrier allows.
            if field == "rate" && (18..=20).contains(&value.as_u64().unwrap()) {
                *value = json!(20);
            }
        }
        assert_eq!(found, expected, "{:?}: {report:#?}", case.manners);
        let says =
            |words: &&&str| report.findings.iter().any(|it| it["found"].as_str().unwrap().contains(**words));
        let missing: Vec<_> = case.words.iter().filter(|words| !says(words)).collect();
        assert!(missing.is_empty(), "{:?}: {missing:?} in {report:#?}", case.manners);
        let counts = carrier.counts();
        assert!(counts.accepted <= case.messages, "{:?}: {counts:?}", case.manners);
        assert!(carrier.parts().iter().all(|part| part.destination.trim_start_matches('+') == &HANDSET[1..]));
    }
}

/// A carrier, and what the doctor finds of it.
struct Case {
    manners: &'static [&'static str],
    messages: u64,
    settings: Vec<(&'static str, Value)>,
    words: &'static [&'static str],
}

fn zoo() -> Vec<Case> {
    let case = |manners, settings: &[(&'static str, Value)], words| Case {
        manners,
        messages: 20,
        settings: settings.to_vec(),
        words,
    };
    let thorough = |case: Case| Case { messages: 120, ..case };
    vec![
        case(&[], &[], &["in deliver_sm, with receipted_message_id", "one for each part"]),
        case(
            &["answer-id=hex", "receipt-id=decimal"],
            &[("receipts.ids", json!("hex_then_decimal"))],
            &["hex_then_decimal: "],
        ),
        case(
            &["answer-id=decimal", "receipt-id=upper-hex"],
            &[("receipts.ids", json!("decimal_then_hex"))],
            &["decimal_then_hex: "],
        ),
        case(&["receipt-id=hex-text"], &[("receipts.ids", json!("octets"))], &["octets: "]),
        case(&["ids=uuid"], &[], &["same: "]),
        case(&["receipt-in-data-sm"], &[], &["in data_sm"]),
        case(&["receipt-in-payload"], &[], &["in message_payload of deliver_sm"]),
        case(&["receipt-without-tlvs"], &[], &["without receipted_message_id", "in the text"]),
        case(&["receipt-unmarked"], &[], &["without a mark in esm_class"]),
        case(&["receipt-before-answer"], &[], &["before the answer that they are about"]),
        case(&["receipt-intermediate"], &[], &["ENROUTE"]),
        case(
            &["receipt-id-in-tlv=0x1403"],
            &[("receipts.id_tag", json!("0x1403"))],
            &["the parameter 0x1403"],
        ),
        case(&["receipt-tlv-id-wrong"], &[("receipts.id_from", json!("text"))], &["in the text"]),
        case(&["receipt-accepted-final"], &[("receipts.accepted_is_final", json!(true))], &["ACCEPTD"]),
        case(&["receipt-of-parts=first"], &[("receipts.parts", json!("one"))], &["one for all parts"]),
        case(&["receipt-never"], &[], &["none came in 2s"]),
        case(&["no-validity"], &[("validity", json!("omit"))], &["ESME_RINVEXPIRY"]),
        case(&["mode-required=3"], &[("message_mode", json!("store_and_forward"))], &["ESME_RINVESMCLASS"]),
        case(&["plus-required"], &[("addresses.plus", json!(true))], &["ESME_RINVDSTADR"]),
        case(
            &["ucs2-only"],
            &[("alphabet", json!("ucs2")), ("flash", json!("dest_addr_subunit"))],
            &["ESME_RINVDCS"],
        ),
        case(&["no-udh"], &[("long", json!("payload"))], &["udh16 refused", "sar accepted"]),
        case(&["no-payload", "no-sar"], &[], &["udh16 accepted, payload refused", "sar refused"]),
        case(
            &["no-transceiver", "version-required=0x33", "answer-id=hex", "receipt-id=decimal"],
            &[
                ("mode", json!("transmitter_receiver")),
                ("version", json!("3.3")),
                ("receipts.ids", json!("hex_then_decimal")),
            ],
            &["hex_then_decimal: "],
        ),
        case(
            &["window=5", "answers-after=250ms"],
            &[("window", json!(5))],
            &["closed the connection when 6 were unanswered"],
        ),
        case(&["rate=4"], &[], &["one for each part", "the carrier throttled once"]),
        thorough(case(&["rate=20"], &[("rate", json!(20))], &["ESME_RTHROTTLED"])),
        thorough(case(&["rate=20", "too-fast=0x14"], &[("rate", json!(20))], &["ESME_RMSGQFUL"])),
        thorough(case(
            &["rate=20", "too-fast=0x402"],
            &[("rate", json!(20)), ("errors.0x402", json!("throttled"))],
            &["refused with 0x402"],
        )),
    ]
}

#[tokio::test]
async fn the_handset_says_what_data_coding_0_means_and_what_was_found_is_put_in_force() {
    let gateway = Plan::new().start().await;
    for (manners, alphabet) in
        [(&[][..], "gsm7"), (&["default-alphabet=latin1"], "latin1"), (&["default-alphabet=utf8"], "utf8")]
    {
        let carrier = Arc::new(mannered(manners).await);
        declare(&gateway, &carrier).await;
        let (url, handset) = handset(&carrier).await;
        let args =
            ["acme", "--to", HANDSET, "--yes", "--receipts-wait", "2s", "--handset-url", &url, "--write"];
        let (code, said) = command(&gateway, &args).await;
        handset.abort();
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("up to 20 messages will be sent to +491700000001"), "{said}");
        let declared = gateway.admin().get("/v1/upstreams/acme").await.ok();
        assert_eq!(declared["alphabet"], alphabet, "{said}");
        assert_eq!(said.contains("alphabet = "), alphabet != "gsm7", "{said}");
    }
}

#[tokio::test]
async fn nothing_is_sent_unasked_nor_while_the_upstream_is_in_use() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let (code, said) = command(&gateway, &["acme", "--to", HANDSET]).await;
    assert!(code == 2 && said.contains("`--yes` sends without asking"), "{said}");
    let (code, said) = command(&gateway, &["acme", "--to", HANDSET, "--yes"]).await;
    assert!(code == 3 && said.contains("disable it"), "{said}");
    for (field, wrong) in
        [("to", json!("x")), ("messages_max", json!(0)), ("from", json!("a name that is too long"))]
    {
        let mut asked = json!({ "to": HANDSET });
        asked[field] = wrong;
        let answer = gateway.admin().post("/v1/upstreams/acme/doctor", &asked).await;
        assert_eq!((answer.status, &answer.body["field"]), (400, &json!(field)), "{answer:?}");
    }
    assert_eq!(carrier.counts().submitted, 0);
}

#[tokio::test]
async fn only_administrators_may_and_one_examination_goes_at_a_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = Plan::simple(silent.local_addr().unwrap()).start().await;
    let path = "/v1/upstreams/acme/doctor";
    assert_eq!(gateway.http("shop").post(path, &json!({})).await.status, 403);
    assert_eq!(gateway.stranger().post(path, &json!({})).await.status, 401);
    assert_eq!(gateway.admin().post("/v1/upstreams/other/doctor", &json!({})).await.status, 404);
    assert_eq!(gateway.admin().post(path, &json!({ "too": 1 })).await.status, 400);
    let (http, base) = (reqwest::Client::new(), gateway.url());
    let ask = || http.post(format!("{base}{path}")).bearer_auth(ADMIN_KEY).body("{}").send();
    let first = within("the first to begin", ask()).await.unwrap();
    assert_eq!(first.status(), 200);
    assert_eq!(within("the second", ask()).await.unwrap().status(), 409);
}

const HANDSET: &str = "+491700000001";

/// Declares the upstream `acme` anew, disabled.
async fn declare(gateway: &Gateway, carrier: &Carrier) {
    let upstream = json!({
        "host": "127.0.0.1", "port": carrier.address().port(), "system_id": "postrider", "password": "pw", "enabled": false,
    });
    let _ = gateway.admin().delete("/v1/upstreams/acme?allow_empty=true").await;
    gateway.admin().put("/v1/upstreams/acme", &upstream).await.with(201);
}

/// Tells over HTTP what the handset shows.
async fn handset(carrier: &Arc<Carrier>) -> (String, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let carrier = Arc::clone(carrier);
    let texts = move || {
        let texts: Vec<String> = carrier.accepted().iter().map(Part::text).collect();
        async move { json!(texts).to_string() }
    };
    let router = axum::Router::new().route("/", axum::routing::get(texts));
    (url, tokio::spawn(async move { axum::serve(listener, router).await.unwrap() }))
}

/// What an examination found.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) findings: Vec<Value>,
    pub(crate) well: bool,
}

impl Report {
    /// Has the upstream `acme` examined.
    pub(crate) async fn of(gateway: &Gateway) -> Self {
        Self::asked(gateway, &json!({})).await
    }

    async fn asked(gateway: &Gateway, asked: &Value) -> Self {
        let answer = gateway.admin().post("/v1/upstreams/acme/doctor", asked).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let text = answer.body.as_str().unwrap().to_owned();
        let mut findings: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let last = findings.pop().unwrap();
        assert_eq!(last["event"], "ended");
        Self { findings, well: last["well"].as_bool().unwrap() }
    }

    fn of_step(&self, step: &str) -> Vec<&Value> {
        self.findings.iter().filter(|finding| finding["step"] == step).collect()
    }

    /// The first finding of a step that failed.
    pub(crate) fn failed(&self, step: &str) -> &Value {
        let failed = |finding: &&&Value| finding["result"] == "failed";
        assert!(!self.well);
        self.of_step(step).iter().find(failed).unwrap_or_else(|| panic!("{step} didn't fail: {self:?}"))
    }

    /// All settings that were found, by their names.
    fn settings(&self) -> Vec<(String, Value)> {
        let all = self.findings.iter().filter_map(|finding| finding["settings"].as_array()).flatten();
        all.map(|it| (it["field"].as_str().unwrap().to_owned(), it["value"].clone())).collect()
    }
}

/// Asserts that a finding says this.
fn says(finding: &Value, field: &str, words: &str) {
    assert!(finding[field].as_str().is_some_and(|text| text.contains(words)), "no '{words}' in {finding:#}");
}

/// A carrier with manners of the zoo.
async fn mannered(manners: &[&str]) -> Carrier {
    let mut settings = Settings::default();
    for manner in manners {
        Chosen::read(manner).unwrap().carrier(&mut settings).unwrap();
    }
    carrier_with(settings).await
}

/// Runs `postrider doctor`; its exit code and all that it printed.
async fn command(gateway: &Gateway, args: &[&str]) -> (i32, String) {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_postrider"));
    command.arg("doctor").args(args).args(["--url", &gateway.url(), "--key", ADMIN_KEY]);
    let output = within("the command", command.output()).await.unwrap();
    let said = [output.stdout, output.stderr].map(|octets| String::from_utf8(octets).unwrap()).concat();
    (output.status.code().unwrap(), said)
}
