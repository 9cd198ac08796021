//! Customers that use somebody else's SMPP library: what they send arrives as they meant it, and is reported.

use super::tools;
use crate::harness::{Authority, Plan, carrier, password_of, within};
use postrider_simulator::carrier::Part;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashSet};
use tokio::process::Command;

/// What a customer was told.
#[derive(Debug, Deserialize)]
struct Told {
    /// The message_id of each part of each message.
    ids: Vec<Vec<String>>,
    /// The states reported for each message_id.
    receipts: BTreeMap<String, Vec<String>>,
}

const BINARY: &str = "00ff80401b7f0a0d";

#[tokio::test]
async fn smpplib_is_served() {
    serves(tools::python("smpplib_client.py"), None).await;
}

#[tokio::test]
async fn smpplib_is_served_over_tls() {
    serves(tools::python("smpplib_client.py"), Some(Authority::new("the authority"))).await;
}

#[tokio::test]
async fn smpp_twisted_is_served() {
    serves(tools::python("twisted_client.py"), None).await;
}

#[tokio::test]
async fn node_smpp_is_served() {
    serves(tools::node("node_client.js"), None).await;
}

/// The texts that a customer sends, each with its kind, coding and recipient.
fn texts() -> Vec<(&'static str, &'static str, &'static str, String)> {
    let latin = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. ";
    let greek = "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία. ";
    vec![
        ("short", "gsm7", "491700000001", "Hello @ {world} €20 [ok] ~ ÄÖÜ äöü ñ Ω".to_owned()),
        ("short", "ucs2", "491700000002", "Привет, мир 😀 日本語".to_owned()),
        ("parts", "gsm7", "491700000003", latin.repeat(6)),
        ("parts", "ucs2", "491700000004", greek.repeat(5)),
        ("sar", "gsm7", "491700000008", latin.repeat(5)),
        ("sar", "ucs2", "491700000009", greek.repeat(4)),
        ("payload", "gsm7", "491700000005", latin.repeat(4)),
        ("payload", "ucs2", "491700000006", greek.repeat(3)),
    ]
}

/// Serves a customer, at the encrypted port if it is told of an authority to trust.
async fn serves(customer: Command, authority: Option<Authority>) {
    let carrier = carrier().await;
    let plan = Plan::simple(carrier.address());
    let gateway = match &authority {
        None => plan.start().await,
        Some(authority) => plan.tls(&authority.certify("127.0.0.1")).start().await,
    };
    let address = if authority.is_some() { gateway.tls_address() } else { gateway.smpp_address() };
    let texts = texts();
    let mut messages: Vec<Value> = texts
        .iter()
        .map(|(kind, coding, to, text)| {
            json!({ "kind": kind, "coding": coding, "to": to, "text": text, "from": "Postrider" })
        })
        .collect();
    messages.push(json!({ "kind": "binary", "to": "491700000007", "hex": BINARY, "from": "Postrider" }));
    let order = json!({
        "host": address.ip(),
        "port": address.port(),
        "ca_file": authority.as_ref().map(Authority::ca_file),
        "system_id": "shop",
        "password": password_of("shop"),
        "messages": messages,
    });

    let told: Told = serde_json::from_str(&tools::run(customer, &order).await).unwrap();

    let ids: Vec<&String> = told.ids.iter().flatten().collect();
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len(), "an id was given twice: {ids:?}");
    for id in ids {
        assert_eq!(told.receipts[id], ["DELIVRD"], "{id}");
    }
    let parts = within("every part", carrier.accepted_at_least(7)).await;
    for (kind, coding, to, text) in texts {
        let got = received(&parts, to);
        assert!(got.iter().all(|part| part.source == "Postrider" && part.source_ton == 5), "{got:?}");
        assert_eq!(got.iter().map(|part| part.text()).collect::<String>(), text, "{kind} {coding}");
    }
    let binary = received(&parts, "491700000007");
    assert_eq!(binary[0].octets, [0x00, 0xFF, 0x80, 0x40, 0x1B, 0x7F, 0x0A, 0x0D]);
    assert!(matches!(binary[0].data_coding, 2 | 4), "{:?}", binary[0]);
}

/// The parts for a recipient, in the order in which a handset puts them together.
fn received<'a>(parts: &'a [Part], to: &str) -> Vec<&'a Part> {
    let mut parts: Vec<&Part> = parts.iter().filter(|part| part.destination == to).collect();
    parts.sort_by_key(|part| part.concat().map(|concat| concat.number));
    assert!(!parts.is_empty(), "nothing came for {to}");
    parts
}
