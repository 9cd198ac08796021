//! EMI/UCP and CIMD2 before judges: Kannel's driver is a client of the gateway and of our simulated carrier, our upstream is one too,
//! and Wireshark reads what is said.

use super::boxes::{self, Sent};
use super::capture::Capture;
use super::dissector::tshark_as;
use super::tools;
use super::upstream::{said, start};
use super::wiretap::{Tape, Wiretap};
use crate::harness::{Http, Plan, Process, Webhook, carrier, carrier_with, eventually, free_port, within};
use postrider_simulator::carrier::{Carrier, Part, Protocol, Settings};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;

/// A protocol as others call it.
struct Case {
    protocol: Protocol,
    /// Kannel's name for it, and the section of its door.
    kind: &'static str,
    door: &'static str,
    /// Wireshark's name for it, and for the field with the operation.
    dissector: &'static str,
    operation: &'static str,
    /// The operations that Kannel and the carrier use in any case, and those of ours.
    kinds: &'static [&'static str],
    /// Its declaration.
    declared: &'static str,
    /// The filter of submissions, and what Wireshark shows of them.
    submissions: &'static str,
    shown: [&'static str; 2],
}

const UCP: Case = Case {
    protocol: Protocol::Ucp,
    kind: "emi",
    door: "ucp",
    dissector: "ucp",
    operation: "ucp.hdr.OT",
    kinds: &["31", "51", "52", "53", "60"],
    declared: "protocol = 'ucp'\nlogin = '60006'\nutc_offset = '+00:00'\nbilling = 'B1'",
    submissions: "ucp.hdr.OT == 51",
    shown: ["AMsg: Franz jagt im komplett", "OTOA: 5039"],
};

const CIMD2: Case = Case {
    protocol: Protocol::Cimd2,
    kind: "cimd2",
    door: "cimd2",
    dissector: "cimd",
    operation: "cimd.opcode",
    kinds: &["1", "3", "20", "23", "51", "53", "70", "73"],
    declared: "protocol = 'cimd2'\nuser = '60006'\nwindow = 5",
    submissions: "cimd.opcode == 3",
    shown: ["User Data: Franz jagt im komplett", "Alphanumeric Originating Address: Postrider"],
};

/// Texts to numbers, with Kannel's coding.
const TEXTS: [(&str, &str, &str); 3] = [
    ("491700000001", "0", "Gr\u{fc}\u{df}e @ {Kannel} \u{20ac}"),
    (
        "491700000002",
        "2",
        "\u{41f}\u{440}\u{438}\u{432}\u{435}\u{442}, \u{43c}\u{438}\u{440} \u{65e5}\u{672c}",
    ),
    ("491700000003", "0", LONG),
];
const LONG: &str = "Franz jagt im komplett verwahrlosten Taxi quer durch Bayern. Franz jagt im komplett verwahrlosten Taxi \
                    quer durch Bayern. Franz jagt im komplett verwahrlosten Taxi quer durch Bayern.";

#[tokio::test]
async fn kannels_ucp_driver_is_served_by_our_simulated_carrier() {
    kannel_is_served(&UCP).await;
}

#[tokio::test]
async fn kannels_cimd2_driver_is_served_by_our_simulated_carrier() {
    kannel_is_served(&CIMD2).await;
}

async fn kannel_is_served(case: &Case) {
    let carrier = case.carrier().await;
    kannel_is_served_at(case, carrier.address(), &carrier, |carrier, text| {
        carrier.say("60006", "491700000001", "60006", text);
    })
    .await;
}

#[tokio::test]
async fn kannels_ucp_driver_is_served_by_the_gateway() {
    kannel_is_served_by_the_gateway(&UCP).await;
}

#[tokio::test]
async fn kannels_cimd2_driver_is_served_by_the_gateway() {
    kannel_is_served_by_the_gateway(&CIMD2).await;
}

async fn kannel_is_served_by_the_gateway(case: &Case) {
    let carrier = carrier().await;
    let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let _gateway = Plan::simple(carrier.address())
        .env("KANNEL", "secret")
        .with(&format!("[{}]\nlisten = '{address}'", case.door))
        .with("accounts.shop.smpp = { system_id = '60006', password = { env = 'KANNEL' } }")
        .with("numbers.60006.account = 'shop'")
        .start()
        .await;
    kannel_is_served_at(case, address, &carrier, |carrier, text| {
        carrier.say_to_anyone("491700000001", "60006", text).unwrap();
    })
    .await;
}

/// Kannel speaks to a server at this address, behind which the carrier is.
async fn kannel_is_served_at(
    case: &Case,
    address: SocketAddr,
    carrier: &Carrier,
    say: impl Fn(&Carrier, &str),
) {
    let folder = tempfile::tempdir().unwrap();
    let tape = Tape::default();
    let tap = Wiretap::before(address, &tape).await;
    let mut callbacks = Webhook::listen().await;
    let (http, _boxes) = case.kannel(tap.address().port(), callbacks.url(), folder.path()).await;
    for (to, coding, text) in TEXTS {
        let from = "Postrider";
        boxes::send(&http, &Sent { from, to, coding, text, callback: callbacks.url() }).await;
        let is_delivered = |target: &str| target.contains("type=1&") && target.contains(to);
        called(&mut callbacks, is_delivered).await;
    }
    let parts = carrier.accepted();
    for (to, _, text) in TEXTS {
        assert_eq!(joined(&parts, to), text);
        assert!(parts.iter().all(|part| part.source == "Postrider"), "{parts:#?}");
    }
    say(carrier, "Hello @ you");
    let target = called(&mut callbacks, |target| target.contains("type=inbound")).await;
    assert!(target.contains("491700000001") && target.contains("Hello+%40+you"), "{target}");
    let kinds = case.dissect(&tape.heard(), &folder.path().join("kannel.pcap")).await;
    assert!(case.kinds.iter().all(|kind| kinds.contains(*kind)), "{kinds:?}");
}

#[tokio::test]
async fn wireshark_reads_what_our_upstream_says_by_ucp() {
    wireshark_reads_our_upstream(&UCP).await;
}

#[tokio::test]
async fn wireshark_reads_what_our_upstream_says_by_cimd2() {
    wireshark_reads_our_upstream(&CIMD2).await;
}

async fn wireshark_reads_our_upstream(case: &Case) {
    let folder = tempfile::tempdir().unwrap();
    let carrier = case.carrier().await;
    let tape = Tape::default();
    let tap = Wiretap::before(carrier.address(), &tape).await;
    let port = tap.address().port();
    let plan = Plan::new()
        .with(&format!(
            "[upstreams.acme]\n{}\nhost = '127.0.0.1'\nport = {port}\npassword = 'secret'",
            case.declared
        ))
        .route("world", "", &["acme"])
        .account("shop");
    let gateway = plan.start().await;
    let shop = gateway.http("shop");
    for (to, _, text) in TEXTS {
        let id = shop
            .send_with(serde_json::json!({ "from": "Postrider", "to": format!("+{to}"), "text": text }))
            .await;
        shop.message_in(&id, "delivered").await;
    }
    carrier.say("60006", "491700000001", "60006", "Hello");
    within("the answer", carrier.until(|counts| counts.inbound_taken == 1)).await;
    let file = folder.path().join("ours.pcap");
    let kinds = case.dissect(&tape.heard(), &file).await;
    assert!(case.kinds.iter().all(|kind| kinds.contains(*kind)), "{kinds:?}");
    let texts = tshark_as(&file, case.dissector, &["-Y", case.submissions, "-V"]).await;
    assert!(case.shown.iter().all(|shown| texts.contains(shown)), "{texts}");
}

/// A submission as the package `ucp` understood it.
#[derive(Debug, Deserialize)]
struct Submitted {
    to: String,
    source: String,
    text: String,
    /// The user data header, in hexadecimal.
    header: Option<String>,
}

/// How an operation of the carrier's was answered.
#[derive(Debug, Deserialize)]
struct Answered {
    answered: u8,
    ack: String,
}

#[tokio::test]
async fn the_package_ucp_is_a_carrier_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let (carrier, address) = start(tools::python("ucp_carrier.py"), folder.path()).await;
    let gateway = Plan::new()
        .with(&format!(
            "[upstreams.acme]\n{}\nhost = '127.0.0.1'\nport = {}\npassword = 'secret'",
            UCP.declared,
            address.port()
        ))
        .route("world", "", &["acme"])
        .account("shop")
        .with("numbers.60006.account = 'shop'\naccounts.shop.refuse_to = []")
        .start()
        .await;
    let shop = gateway.http("shop");
    for (to, _, text) in TEXTS {
        let id = shop.send_with(json!({ "from": "60006", "to": format!("+{to}"), "text": text })).await;
        shop.message_in(&id, "delivered").await;
        let mut parts: Vec<Submitted> =
            said(&carrier.log(), "to").filter(|part: &Submitted| part.to == to).collect();
        parts.sort_by(|one, other| one.header.cmp(&other.header));
        assert_eq!(parts.iter().map(|part| part.text.as_str()).collect::<String>(), text);
        assert!(parts.iter().all(|part| part.source == "60006"), "{parts:?}");
    }
    shop.send_with(json!({ "to": "+49991700000001", "text": "Say hello" })).await;
    let heard = async || {
        let listed = shop.get("/v1/inbound").await.ok();
        (listed["messages"][0]["text"] == "Hello @ you").then_some(())
    };
    eventually("the handset's text", heard).await;
    let answered = async || {
        let answered: Vec<Answered> = said(&carrier.log(), "answered").collect();
        (answered.iter().any(|one| one.answered == 52)).then_some(answered)
    };
    let answered = eventually("the answers", answered).await;
    assert!(answered.iter().all(|one| one.ack == "A"), "{answered:?}");
    assert!(
        carrier.log().contains(r#"{"login": "60006", "password": "secret", "version": 4}"#),
        "{}",
        carrier.log()
    );
}

impl Case {
    async fn carrier(&self) -> Carrier {
        let password = Some("secret".to_owned());
        carrier_with(Settings { protocol: self.protocol, password, ..Settings::default() }).await
    }

    /// A Kannel that is logged in at the carrier.
    async fn kannel(&self, port: u16, inbound: &str, folder: &Path) -> (Http, [Process; 2]) {
        let [admin, send, inner] = [free_port(), free_port(), free_port()];
        let words = [
            ("ADMIN", admin.to_string()),
            ("BOX", inner.to_string()),
            ("SEND", send.to_string()),
            ("KIND", self.kind.to_owned()),
            ("PORT", port.to_string()),
            ("INBOUND", inbound.to_owned()),
        ];
        boxes::configure("kannel_network.conf", folder, &words);
        let bearerbox = boxes::start("bearerbox", "kannel_network.conf", folder);
        boxes::bound(admin).await;
        let smsbox = boxes::start("smsbox", "kannel_network.conf", folder);
        (boxes::listening(send).await, [smsbox, bearerbox])
    }

    /// The operations that Wireshark found, which must find nothing to complain about.
    async fn dissect(&self, capture: &Capture, file: &Path) -> BTreeSet<String> {
        capture.write(file);
        let dissector = self.dissector;
        let wrong = ["-Y", "_ws.malformed || _ws.short || _ws.expert.severity == error", "-V"];
        let complaints = tshark_as(file, dissector, &wrong).await;
        assert!(complaints.is_empty(), "{complaints}");
        let strays = format!("!{dissector} && tcp.len > 0 && !tcp.reassembled_in");
        let strays = tshark_as(file, dissector, &["-Y", &strays, "-V"]).await;
        assert!(strays.is_empty(), "this isn't taken for {dissector}:\n{strays}");
        let summary = tshark_as(file, dissector, &[]).await;
        assert!(!summary.contains("checksum invalid"), "{summary}");
        let fields = ["-Y", dissector, "-T", "fields", "-E", "aggregator=\u{1}", "-e", self.operation];
        let kinds = tshark_as(file, dissector, &fields).await;
        kinds.split(['\n', '\u{1}']).filter(|kind| !kind.is_empty()).map(str::to_owned).collect()
    }
}

/// The first call of Kannel's like this.
pub(crate) async fn called(callbacks: &mut Webhook, is_it: impl Fn(&str) -> bool) -> String {
    loop {
        let told = callbacks.any().await;
        if is_it(&told.target) {
            return told.target;
        }
    }
}

/// The text of the parts that went to a number.
fn joined(parts: &[Part], to: &str) -> String {
    let mut parts: Vec<&Part> = parts.iter().filter(|part| part.destination == to).collect();
    parts.sort_by_key(|part| part.concat().map(|concat| concat.number));
    parts.iter().map(|part| part.text()).collect()
}
