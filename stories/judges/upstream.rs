//! A carrier that uses somebody else's SMPP library: it reads the texts that we were given, however they are cut, and
//! its receipts are understood.

use super::tools;
use crate::harness::{Authority, Plan, Process, eventually};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use tokio::process::Command;

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

/// How a receipt of the carrier's was answered.
#[derive(Debug, Deserialize)]
struct Reported {
    /// The kind of bind on which it went.
    on: String,
    status: String,
}

impl Reported {
    fn is_in_order(&self) -> bool {
        self.on == "bind_receiver" && self.status == "ESME_ROK"
    }
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
    let plain = "Zwölf @ {Boxkämpfer} € jagen [Viktor] quer über den großen Sylter Deich. ";
    is_a_carrier_of_ours(tools::node("node_carrier.js"), "transceiver", plain).await;
}

#[tokio::test]
async fn smpp_twisted_is_a_carrier_of_ours() {
    let mut command = tools::python("twisted_carrier.py");
    command.arg("postrider").args(WAYS.map(|(way, _)| way));
    // What is in the default alphabet it reads as ASCII, whatever others mean by that.
    let plain = "Jackdaws (love) my 7 big sphinxes of quartz & more: #1, 50%; ok? ";
    let carrier = is_a_carrier_of_ours(command, "transmitter_receiver", plain).await;

    let taken = said::<Taken>(&carrier.log(), "to").count();
    let reported = async || {
        let reported: Vec<Reported> = said(&carrier.log(), "reported").collect();
        (reported.len() == taken).then_some(reported)
    };
    let reported = eventually("every receipt to be answered", reported).await;
    assert!(reported.iter().all(Reported::is_in_order), "{reported:?}");
}

/// Has a carrier take texts in each way of sending long ones, one of them made of `plain`, which needs no more than the
/// default alphabet: it must read what was written, and its receipts must be understood.
async fn is_a_carrier_of_ours(carrier: Command, mode: &str, plain: &str) -> Process {
    let folder = tempfile::tempdir().unwrap();
    let (carrier, address) = start(carrier, folder.path()).await;
    let mut plan = Plan::simple(address);
    for (index, (way, _)) in WAYS.into_iter().enumerate() {
        let lines = format!("[upstreams.{way}]\nsystem_id = '{way}'\nlong = '{way}'\nmode = '{mode}'");
        plan = plan.upstream(way, address).with(&lines).route(way, &format!("4{index}"), &[way]);
    }
    let gateway = plan.with("accounts.shop.sender = 'Postrider'\naccounts.shop.refuse_to = []").start().await;
    let shop = gateway.http("shop");
    let texts = [
        plain.to_owned(),
        "Привет, мир 😀".to_owned(),
        plain.repeat(6),
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
    carrier
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
pub(super) async fn start(command: Command, folder: &Path) -> (Process, SocketAddr) {
    let carrier = Process::start("the carrier", command, &folder.join("carrier.log"));
    let port = async || carrier.log().lines().next()?.parse().ok();
    let port = eventually("the carrier's port", port).await;
    (carrier, SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
}

/// What the carrier took for a recipient.
fn taken(log: &str, to: &str) -> Vec<Taken> {
    said(log, "to").filter(|taken: &Taken| taken.to == to).collect()
}

/// The objects among what the carrier said that begin with this key.
pub(super) fn said<T: DeserializeOwned>(log: &str, key: &str) -> impl Iterator<Item = T> {
    let begin = format!("{{\"{key}\"");
    let lines = log.lines().filter(move |line| line.starts_with(&begin));
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")))
}
