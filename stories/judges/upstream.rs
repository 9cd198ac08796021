//! A carrier that uses somebody else's SMPP library: it reads the texts that we were given, however they are cut, and
//! its receipts are understood.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use serde::Deserialize;

use tokio::process::Command;

use crate::harness::{Authority, Plan, Process, eventually};
use crate::tools;

/// A submit_sm as the carrier understood it.
#[derive(Debug, Deserialize)]
struct Taken {
    to: String,
    /// The system_id of who sent it.
    by: String,
    /// Which part it is, from 1.
    number: u8,
    text: String,
    source: String,
    source_ton: u8,
    payload: bool,
    sar: bool,
    /// The kinds of the elements of its header.
    udh: Option<Vec<u8>>,
}

/// A way in which long texts are sent, and how the carrier sees that it was that one.
type Way = (&'static str, fn(&Taken) -> bool);

const WAYS: [Way; 4] = [
    ("udh8", |taken| taken.udh == Some(vec![0])),
    ("udh16", |taken| taken.udh == Some(vec![8])),
    ("sar", |taken| taken.sar && taken.udh.is_none()),
    ("payload", |taken| taken.payload),
];

#[tokio::test]
async fn node_smpp_is_a_carrier_of_ours() {
    let folder = tempfile::tempdir().unwrap();
    let (carrier, address) = start(tools::node("node_carrier.js"), folder.path()).await;
    let mut plan = Plan::simple(address);
    for (index, (way, _)) in WAYS.into_iter().enumerate() {
        let lines = format!("[upstreams.{way}]\nsystem_id = '{way}'\nlong = '{way}'");
        plan = plan.upstream(way, address).with(&lines).route(way, &format!("4{index}"), &[way]);
    }
    let gateway = plan.with("accounts.shop.sender = 'Postrider'").start().await;
    let shop = gateway.http("shop");
    let texts = [
        "Zwölf @ {Boxkämpfer} € ".to_owned(),
        "Привет, мир 😀".to_owned(),
        "Zwölf Boxkämpfer [jagen] Viktor quer über den großen Sylter Deich. ".repeat(6),
        "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία 😀. ".repeat(6),
    ];

    for (index, (way, looks_right)) in WAYS.into_iter().enumerate() {
        for (number, text) in texts.iter().enumerate() {
            let to = format!("4{index}70000000{number}");
            let id = shop.send(&format!("+{to}"), text).await;
            shop.message_in(&id, "delivered").await;
            let mut taken = taken(&carrier.log(), &to);
            taken.sort_by_key(|part| part.number);
            assert_eq!(taken.iter().map(|part| part.text.as_str()).collect::<String>(), *text, "{way}");
            assert!(taken.iter().all(|part| part.by == way), "{way}: {taken:?}");
            assert!(taken.iter().all(|part| part.source == "Postrider" && part.source_ton == 5), "{taken:?}");
            let long = text.chars().count() > 160;
            assert!(!long || taken.iter().all(looks_right), "{way}: {taken:?}");
        }
    }
}

#[tokio::test]
async fn node_smpp_is_a_carrier_of_ours_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let (theirs, ours) =
        (Authority::new("the carrier's authority"), Authority::new("the customers' authority"));
    let (server, client) = (theirs.certify("127.0.0.1"), ours.certify("postrider"));
    let mut command = tools::node("node_carrier.js");
    command.args([server.cert_file(), server.key_file(), ours.ca_file()]);
    let (carrier, address) = start(command, folder.path()).await;
    let tls = |more: &str| {
        format!(
            "upstreams.acme.tls = {{ verify = 'ca_file', ca_file = '{}'{more} }}",
            theirs.ca_file().display()
        )
    };
    let mut gateway = Plan::simple(address).with(&tls("")).start().await;
    let shop = gateway.http("shop");
    let id = shop.send("+491700000001", "Привет, мир 😀").await;

    // The carrier wants to know who we are, too.
    let admin = gateway.admin();
    let refused = async || {
        let link = admin.get("/v1/upstreams/acme").await.ok()["links"][0].clone();
        link["reason"].as_str()?.contains("wants to see a certificate").then_some(())
    };
    eventually("the carrier to want a certificate", refused).await;
    let (cert, key) = (client.cert_file(), client.key_file());
    gateway.change(&tls(&format!(", cert_file = '{}', key_file = '{}'", cert.display(), key.display())));

    shop.message_in(&id, "delivered").await;
    let taken = taken(&carrier.log(), "491700000001");
    assert_eq!(taken.iter().map(|part| part.text.as_str()).collect::<Vec<_>>(), ["Привет, мир 😀"]);
}

/// Starts a carrier, and waits until it says where it listens.
async fn start(command: Command, folder: &Path) -> (Process, SocketAddr) {
    let carrier = Process::start("node-smpp", command, &folder.join("carrier.log"));
    let port = async || carrier.log().lines().next()?.parse().ok();
    let port = eventually("the carrier's port", port).await;
    (carrier, SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// What the carrier took for a recipient.
fn taken(log: &str, to: &str) -> Vec<Taken> {
    let lines = log.lines().skip(1).map(|line| serde_json::from_str::<Taken>(line).unwrap());
    lines.filter(|taken| taken.to == to).collect()
}
