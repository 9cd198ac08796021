//! EMI/UCP before judges: Kannel's driver is a client of our simulated carrier, our upstream is one too, and Wireshark reads
//! what is said.

use super::boxes::{self, Sent};
use super::capture::Capture;
use super::dissector::tshark_as;
use super::wiretap::{Tape, Wiretap};
use crate::harness::{Plan, Process, Webhook, carrier_with, free_port, within};
use postrider_simulator::carrier::{Carrier, Part, Protocol, Settings};
use std::collections::BTreeSet;
use std::path::Path;

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
async fn kannels_driver_is_served_by_our_simulated_carrier() {
    let folder = tempfile::tempdir().unwrap();
    let carrier = carrier().await;
    let tape = Tape::default();
    let tap = Wiretap::before(carrier.address(), &tape).await;
    let mut callbacks = Webhook::listen().await;
    let (http, _boxes) = start(tap.address().port(), callbacks.url(), folder.path()).await;
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
    carrier.say("60006", "491700000001", "60006", "Hello @ you");
    let target = called(&mut callbacks, |target| target.contains("type=inbound")).await;
    assert!(target.contains("491700000001") && target.contains("Hello+%40+you"), "{target}");
    // Login, submissions, a notification, an inbound message, signs of life.
    let kinds = dissect(&tape.heard(), &folder.path().join("kannel.pcap")).await;
    for kind in ["31", "51", "52", "53", "60"] {
        assert!(kinds.contains(kind), "{kinds:?}");
    }
}

#[tokio::test]
async fn wireshark_reads_what_our_upstream_says() {
    let folder = tempfile::tempdir().unwrap();
    let carrier = carrier().await;
    let tape = Tape::default();
    let tap = Wiretap::before(carrier.address(), &tape).await;
    let port = tap.address().port();
    let plan = Plan::new()
        .with(&format!(
            "[upstreams.acme]\nprotocol = 'ucp'\nhost = '127.0.0.1'\nport = {port}\nlogin = '60006'\npassword = 'secret'\n\
             utc_offset = '+00:00'\nbilling = 'B1'"
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
    let file = folder.path().join("ucp.pcap");
    let kinds = dissect(&tape.heard(), &file).await;
    assert_eq!(kinds, ["31", "51", "52", "53", "60"].map(str::to_owned).into());
    let texts = tshark_as(&file, "ucp", &["-Y", "ucp.hdr.OT == 51", "-V"]).await;
    assert!(texts.contains("AMsg: Franz jagt im komplett") && texts.contains("OTOA: 5039"), "{texts}");
}

async fn carrier() -> Carrier {
    let password = Some("secret".to_owned());
    carrier_with(Settings { protocol: Protocol::Ucp, password, ..Settings::default() }).await
}

/// A Kannel that is logged in at the carrier.
async fn start(port: u16, inbound: &str, folder: &Path) -> (crate::harness::Http, [Process; 2]) {
    let [admin, send, inner] = [free_port(), free_port(), free_port()];
    let words = [
        ("ADMIN", admin.to_string()),
        ("BOX", inner.to_string()),
        ("SEND", send.to_string()),
        ("KIND", "emi".to_owned()),
        ("PORT", port.to_string()),
        ("INBOUND", inbound.to_owned()),
    ];
    boxes::configure("kannel_network.conf", folder, &words);
    let bearerbox = boxes::start("bearerbox", "kannel_network.conf", folder);
    boxes::bound(admin).await;
    let smsbox = boxes::start("smsbox", "kannel_network.conf", folder);
    (boxes::listening(send).await, [smsbox, bearerbox])
}

/// The first call of Kannel's like this.
async fn called(callbacks: &mut Webhook, is_it: impl Fn(&str) -> bool) -> String {
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

/// The operation types that Wireshark found, which must find nothing to complain about.
async fn dissect(capture: &Capture, file: &Path) -> BTreeSet<String> {
    capture.write(file);
    let wrong = ["-Y", "_ws.malformed || _ws.short || _ws.expert.severity == error", "-V"];
    let complaints = tshark_as(file, "ucp", &wrong).await;
    assert!(complaints.is_empty(), "{complaints}");
    let strays = tshark_as(file, "ucp", &["-Y", "!ucp && tcp.len > 0 && !tcp.reassembled_in", "-V"]).await;
    assert!(strays.is_empty(), "this isn't taken for UCP:\n{strays}");
    let summary = tshark_as(file, "ucp", &[]).await;
    assert!(!summary.contains("checksum invalid"), "{summary}");
    let fields = ["-Y", "ucp", "-T", "fields", "-E", "aggregator=\u{1}", "-e", "ucp.hdr.OT"];
    let kinds = tshark_as(file, "ucp", &fields).await;
    kinds.split(['\n', '\u{1}']).filter(|kind| !kind.is_empty()).map(str::to_owned).collect()
}
