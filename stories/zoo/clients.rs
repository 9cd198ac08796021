//! The manners of clients: each gets its right answers, and receipts of all that was taken from it.

use crate::harness::{Gateway, Plan, carrier_with, password_of};
use postrider_simulator::carrier::{self, Carrier, Heard};
use postrider_simulator::client::{self, Report, Settings};
use postrider_simulator::handset::Handsets;
use postrider_simulator::manner::{self, Chosen, Side};
use postrider_wire::smpp::Status;
use std::collections::{BTreeSet, HashMap};
use tokio::task::JoinSet;

/// What becomes of a client's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    /// All are taken and reported, however they end.
    Reported,
    /// All are taken, and reported delivered, once.
    Delivered,
    /// All are taken, and nothing is reported, as nothing was asked for.
    Taken,
    /// All are refused with this.
    Refused(Status),
}

use Expected::{Delivered, Refused, Reported, Taken};

#[rustfmt::skip]
const CASES: &[(&[&str], Expected)] = &[
    (&["one-octet-writes"], Delivered),
    (&["speaks-http"], Delivered),
    (&["huge-length"], Delivered),
    (&["sequence=zero"], Delivered),
    (&["sequence=high"], Delivered),
    (&["sequence=random"], Delivered),
    (&["sequence=short"], Delivered),
    (&["status-in-requests"], Delivered),
    (&["nul-after-text"], Delivered),
    (&["nul-in-text"], Delivered),
    (&["text-length=250"], Delivered),
    (&["trailing-octets"], Delivered),
    (&["unknown-tlvs"], Delivered),
    (&["truncated-tlv"], Delivered),
    (&["long=sar", "tlvs-twice"], Delivered),
    (&["long=sar", "tlvs-reversed"], Delivered),
    (&["unknown-command"], Delivered),
    (&["unknown-response"], Delivered),
    (&["stray-answers"], Delivered),
    (&["stray-nacks"], Delivered),
    (&["answers-twice"], Delivered),
    (&["answers-with-tlvs"], Delivered),
    (&["enquire-unanswered"], Delivered),
    (&["enquire-refused"], Delivered),
    (&["enquire-resp-with-body"], Delivered),
    (&["unbind-unanswered"], Delivered),
    (&["system-type=WWW"], Delivered),
    (&["address-range=*"], Delivered),
    (&["version=0x50"], Delivered),
    (&["version=0x33"], Delivered),
    (&["version=0x00"], Delivered),
    (&["bind-without-last-nul"], Delivered),
    (&["submits-at-once"], Delivered),
    (&["submits-as-receiver"], Refused(Status::RINVBNDSTS)),
    (&["client-never-enquires"], Delivered),
    (&["enquires-with-body=20ms"], Delivered),
    (&["service-type=CMT"], Delivered),
    (&["no-source"], Delivered),
    (&["number-prefix=+"], Delivered),
    (&["number-prefix=00"], Delivered),
    (&["esm-class=0x03"], Delivered),
    (&["protocol-id=0x41"], Delivered),
    (&["priority=5"], Delivered),
    (&["priority=3"], Delivered),
    (&["replace-if-present=1"], Delivered),
    (&["validity=000030000000000R"], Delivered),
    (&["validity=401231235959000+"], Delivered),
    (&["validity=991231235959000+"], Refused(Status::RINVEXPIRY)),
    (&["validity=tomorrow"], Refused(Status::RINVEXPIRY)),
    (&["registered-delivery=0x11"], Delivered),
    (&["registered-delivery=0"], Taken),
    (&["data-coding=0x03"], Delivered),
    (&["data-coding=0xF5"], Reported),
    (&["alphabet=latin1"], Delivered),
    (&["alphabet=utf8"], Delivered),
    (&["ucs2=little-endian"], Delivered),
    (&["ucs2=marked"], Delivered),
    (&["ucs2=odd"], Delivered),
    (&["empty-text"], Delivered),
    (&["long=udh16"], Delivered),
    (&["long=udh-unmarked"], Delivered),
    (&["long=sar"], Delivered),
    (&["long=sar-from-zero"], Delivered),
    (&["long=sar-and-udh"], Delivered),
    (&["long=udh-in-payload"], Delivered),
    (&["long=payload"], Delivered),
    (&["long=both"], Delivered),
    (&["parts-backwards"], Delivered),
    (&["asks-afterwards=query"], Delivered),
    (&["asks-afterwards=cancel"], Reported),
    (&["asks-afterwards=replace"], Reported),
    (&["response-body=nothing"], Delivered),
    (&["response-body=id"], Delivered),
    (&["response-body=no-nul"], Delivered),
    (&["response-refuses=0x14"], Delivered),
    (&["response-refuses=0x58"], Delivered),
    (&["response-refuses=0x64"], Delivered),
    (&["response-refuses=0x45"], Delivered),
    (&["response-forgotten"], Delivered),
    (&["deliver-refused"], Delivered),
    (&["window-of-one"], Delivered),
    (&["hangs-up"], Delivered),
    (&["leaves"], Delivered),
    (&["transmitter-only"], Taken),
    (&["outbinds"], Delivered),
];

/// What an account needs besides, for a client with this manner.
const SETTINGS: &[(&str, &str)] = &[("deliver-refused", "smpp.receipts = 'data_sm'")];

#[test]
fn every_manner_of_clients_is_in_the_table() {
    let words = CASES.iter().flat_map(|(manners, _)| manners.iter());
    let tried: BTreeSet<&str> = words.filter_map(|words| words.split('=').next()).collect();
    for manner in manner::all().filter(|manner| manner.side() != Side::Carrier) {
        assert!(tried.contains(manner.name), "no case has the manner {}", manner.name);
    }
}

#[tokio::test]
async fn clients_with_manners_are_served() {
    // The carrier isn't told what clients say to the gateway alone. Only a `protocol_id` goes on, to a carrier that takes it.
    let mut strict = carrier::Settings::default();
    Chosen::read("zeros-required").unwrap().carrier(&mut strict).unwrap();
    let carrier = carrier_with(strict).await;
    // Each has an account of its own, since any session of an account may take its receipts.
    let lenient = carrier_with(carrier::Settings::default()).await;
    let plan = Plan::new().upstream("acme", carrier.address()).route("world", "", &["acme"]);
    let with_protocol = CASES.iter().position(|(manners, _)| manners[0].starts_with("protocol-id")).unwrap();
    let plan =
        plan.upstream("lenient", lenient.address()).route("protocol", &number(with_protocol), &["lenient"]);
    let plan = (0..CASES.len()).fold(plan, |plan, index| plan.account(&account(index)));
    let plan = (0..CASES.len())
        .fold(plan, |plan, index| plan.with(&format!("accounts.{}.sender = 'Shop'", account(index))));
    let needed = CASES.iter().enumerate().flat_map(|(index, (manners, _))| {
        let needed = SETTINGS.iter().filter(|(manner, _)| manners.contains(manner));
        needed.map(move |(_, settings)| format!("accounts.{}.{settings}", account(index)))
    });
    let plan = needed.fold(plan, |plan, settings| plan.with(&settings));
    let gateway = plan.with("smpp.response_timeout = '1s'\nsmpp.enquire_link = '0s'").start().await;
    let mut tasks = JoinSet::new();
    for index in 0..CASES.len() {
        let settings = settings(index);
        let address = gateway.smpp_address();
        tasks.spawn(async move { (index, client::run(address, settings).await.unwrap()) });
    }
    let mut wrong = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (index, report) = done.unwrap();
        let (manners, expected) = CASES[index];
        if !is_met(expected, &report) {
            wrong.push(format!("{} isn't {expected:?}:\n{report}", manners.join(" ")));
        }
    }
    let mut arrived = on_handsets(&carrier);
    arrived.extend(on_handsets(&lenient));
    for (index, (manners, expected)) in CASES.iter().enumerate() {
        let texts = arrived.get(&number(index)).cloned().unwrap_or_default();
        let is_whole = texts == settings(index).texts.into_iter().collect();
        if matches!(expected, Delivered | Taken) && !is_whole {
            wrong.push(format!("{} isn't {expected:?}: {texts:#?}", manners.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    is_well(&gateway).await;
}

/// Whether it still serves who behaves.
async fn is_well(gateway: &Gateway) {
    let name = account(0);
    let report =
        client::run(gateway.smpp_address(), Settings::new(&name, &password_of(&name))).await.unwrap();
    assert!(report.is_all_delivered(), "{report}");
}

/// The texts that came to each number.
fn on_handsets(carrier: &Carrier) -> HashMap<String, BTreeSet<String>> {
    let mut arrived: HashMap<String, BTreeSet<String>> = HashMap::new();
    let mut handsets = Handsets::new();
    for part in carrier.accepted() {
        if let Some(bubble) = handsets.hear(Heard { part, reaches_handset: true }) {
            arrived.entry(bubble.to).or_default().insert(bubble.text);
        }
    }
    arrived
}

/// To whom each writes.
fn number(index: usize) -> String {
    format!("4917{index:08}")
}

fn account(index: usize) -> String {
    format!("zoo{index:03}")
}

fn settings(index: usize) -> Settings {
    let name = account(index);
    let mut settings = Settings { to: number(index), ..Settings::new(&name, &password_of(&name)) };
    for words in CASES[index].0 {
        Chosen::read(words).unwrap().client(&mut settings).unwrap();
    }
    settings
}

fn is_met(expected: Expected, report: &Report) -> bool {
    let all = |status: Status| report.sent.iter().all(|sent| sent.status == Some(status));
    match expected {
        Delivered => report.is_all_delivered(),
        Reported => report.sent.iter().all(|sent| sent.receipts.len() == 1) && report.strays == 0,
        Taken => all(Status::ROK) && report.sent.iter().all(|sent| sent.receipts.is_empty()),
        Refused(status) => all(status),
    }
}
