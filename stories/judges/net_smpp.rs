//! Perl's Net::SMPP as a customer and as a carrier: it writes lengths, terminators and parameters in its own way, and its
//! carrier spells identifiers in hexadecimal in its answers and in decimal in its receipts.

use super::tools;
use crate::harness::{Plan, Process, carrier, eventually, password_of};
use postrider_text::{gsm, ucs2};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

/// What the customer was told.
#[derive(Debug, Deserialize)]
struct Told {
    ids: BTreeMap<String, String>,
    reports: BTreeMap<String, Vec<String>>,
}

/// A submit_sm as the carrier read it.
#[derive(Debug, Deserialize)]
struct Taken {
    to: String,
    from: String,
    data_coding: u8,
    esm_class: u8,
    hex: String,
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

const PLAIN: &str = "Hello @ {world} €";
const WIDE: &str = "Привет, мир 😀";

#[tokio::test]
async fn net_smpp_is_served() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let (mut plain, mut wide) = (Vec::new(), Vec::new());
    gsm::encode(PLAIN, &mut plain).unwrap();
    ucs2::encode(WIDE, &mut wide);
    let message = |to: &str, data_coding: u8, octets: &[u8]| json!({ "to": to, "from": "Postrider", "data_coding": data_coding, "hex": hex(octets) });
    let order = json!({
        "host": gateway.smpp_address().ip(),
        "port": gateway.smpp_address().port(),
        "system_id": "shop",
        "password": password_of("shop"),
        "messages": [message("491700000001", 0, &plain), message("491700000002", 8, &wide)],
    });
    let told: Told =
        serde_json::from_str(&tools::run(tools::perl("net_smpp_client.pl"), &order).await).unwrap();
    for (to, text) in [("491700000001", PLAIN), ("491700000002", WIDE)] {
        assert_eq!(told.reports[&told.ids[to]], ["DELIVRD"], "{told:?}");
        let parts = carrier.accepted();
        let part = parts.iter().find(|part| part.destination == to).unwrap();
        assert_eq!(part.text(), text);
    }
}

#[tokio::test]
async fn net_smpp_is_a_carrier_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let theirs =
        Process::start("net-smpp", tools::perl("net_smpp_carrier.pl"), &folder.path().join("carrier.log"));
    let port = async || theirs.log().lines().next()?.parse().ok();
    let port: u16 = eventually("the carrier's port", port).await;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let gateway = Plan::simple(address).with("accounts.shop.sender = 'Postrider'").start().await;
    let shop = gateway.http("shop");
    let mut expected = Vec::new();
    gsm::encode(PLAIN, &mut expected).unwrap();
    for number in 1..=3 {
        let id = shop.send(&format!("+49170000000{number}"), PLAIN).await;
        shop.message_in(&id, "delivered").await;
    }
    let long = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. ".repeat(4);
    let id = shop.send("+491700000009", &long).await;
    shop.message_in(&id, "delivered").await;

    let log = theirs.log();
    let taken: Vec<Taken> = log.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect();
    let first = taken.iter().find(|taken| taken.to == "491700000001").unwrap();
    assert_eq!((&*first.from, first.data_coding, &*first.hex), ("Postrider", 0, &*hex(&expected)));
    let parts: Vec<_> = taken.iter().filter(|taken| taken.to == "491700000009").collect();
    assert!(parts.len() > 1 && parts.iter().all(|part| part.esm_class & 0x40 != 0), "{parts:?}");

    // It was seen by itself how the carrier spells identifiers.
    let upstream = gateway.admin().get("/v1/upstreams/acme").await.ok();
    assert_eq!(upstream["ids_learnt"], "hex_then_decimal", "{upstream}");
}
