//! The manners of carriers: through each, a short text, a long one and one in another script reach their handsets and
//! are reported. One gateway has them all as upstreams at once, so that none disturbs another either.

use super::cases::Case;
use super::cases::Expected::{Asked, Ends, LongUnmatched, Unmatched, Waits};
use crate::harness::{Client, Gateway, PATIENCE, Plan, carrier_with, text_to, within};
use postrider_simulator::carrier::{Carrier, Part};
use postrider_simulator::handset::Handsets;
use postrider_simulator::manner::{self, Side};
use postrider_wire::smpp::TlvBuilder;
use postrider_wire::smpp::pdu::{BindMode, SubmitSm};
use postrider_wire::smpp::tlv::tag;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use tokio::task::JoinSet;

/// The most parts of all three texts together, and so the receipts that a carrier sends.
const PARTS: u64 = 4;

/// What the text is called that needs more than one part.
const LONG: &str = "long";

/// The settings that have a carrier asked what became of messages.
const ASKS: &str = "receipts.ask_after = '1s'\nreceipts.ask_rate = 50";

/// Cases whose texts are handed in at once.
const AT_ONCE: usize = 50;

#[rustfmt::skip]
const CASES: &[Case] = &[
    // Binds and sessions.
    Case::of(&["bind-refused=0x0D"]).expect(Waits),
    Case::of(&["bind-refused=0x0D"]).with("errors = { 0x0D = 'retry' }"),
    Case::of(&["bind-refused=0x0E"]).with("errors = { ESME_RINVPASWD = 'retry' }"),
    Case::of(&["bind-refused=0x410"]).expect(Waits),
    Case::of(&["bind-refused=0x08", "bind-refused-body=nothing"]),
    Case::of(&["bind-refused=0x05", "bind-refused-body=nul"]),
    Case::of(&["bind-refused=0x04", "bind-refused-body=name"]),
    Case::of(&["bind-refused=0x0E"]).expect(Waits),
    Case::of(&["bind-resp-without-body"]),
    Case::of(&["bind-resp-version=0x50"]),
    Case::of(&["bind-resp-version=0x00"]),
    Case::of(&["bind-resp-version-long"]),
    Case::of(&["bind-resp-without-version"]),
    Case::of(&["bind-resp-long-name"]),
    Case::of(&["bind-nacked=same"]),
    Case::of(&["bind-nacked=zero"]),
    Case::of(&["version-required=0x33"]).with("version = '3.3'"),
    Case::of(&["version-required=0x34"]),
    Case::of(&["version-required=0x50"]).with("version = '5.0'"),
    Case::of(&["system-type-required=VMA"]).with("system_type = 'VMA'"),
    Case::of(&["address-range-required=1234"]).with("address_range = '1234'"),
    Case::of(&["range-type-required=1/1"]).with("addresses.range = { ton = 1, npi = 1 }"),
    Case::of(&["range-type-required=0/0"]),
    Case::of(&["no-transceiver"]).with("mode = 'transmitter_receiver'"),
    Case::of(&["outbind-first"]),
    Case::of(&["enquires-before-bind"]),
    Case::of(&["enquires-before-bind-resp"]),
    Case::of(&["enquires-during-unbind"]),
    Case::of(&["never-enquires"]),
    Case::of(&["enquires-often=20ms"]),
    Case::of(&["enquire-unanswered"]),
    Case::of(&["enquire-unanswered"]).with("enquire_link = '0s'"),
    Case::of(&["enquire-refused"]),
    Case::of(&["enquire-resp-with-body"]),
    Case::of(&["idle-cut=2s"]).with("enquire_link = '1s'"),
    Case::of(&["inbound-at-bind"]),
    Case::of(&["inbound-before-bind-resp"]),
    Case::of(&["inbound-at-any-bind"]),
    Case::of(&["inbound-at-any-bind", "no-transceiver"]).with("mode = 'transmitter_receiver'"),
    Case::of(&["alert-notification"]),
    Case::of(&["unbind-after=2"]),
    Case::of(&["hang-up-after=2"]).may_repeat(),
    Case::of(&["unbind-unanswered"]),
    Case::of(&["already-bound=1"]),
    Case::of(&["bind-displaces"]).with("binds = 2\nsession_timeout = '5m'").may_repeat(),
    // Octets.
    Case::of(&["one-octet-writes"]),
    Case::of(&["speaks-http"]),
    Case::of(&["huge-length"]),
    Case::of(&["sequence=zero"]),
    Case::of(&["sequence=high"]),
    Case::of(&["sequence=random"]),
    Case::of(&["sequence=short"]),
    Case::of(&["status-in-requests"]),
    Case::of(&["nul-after-text"]),
    Case::of(&["nul-in-text"]),
    Case::of(&["text-length=250"]),
    Case::of(&["text-length=40"]),
    Case::of(&["trailing-octets"]),
    Case::of(&["unknown-tlvs"]),
    Case::of(&["truncated-tlv"]),
    Case::of(&["tlvs-twice"]),
    Case::of(&["tlvs-reversed"]),
    Case::of(&["unknown-command"]),
    Case::of(&["unknown-response"]),
    Case::of(&["stray-answers"]),
    Case::of(&["stray-nacks"]),
    Case::of(&["answers-twice"]),
    Case::of(&["answers-with-tlvs"]),
    // Identifiers.
    Case::of(&["ids=hex"]),
    Case::of(&["ids=upper-hex"]),
    Case::of(&["ids=padded"]),
    Case::of(&["ids=uuid"]),
    Case::of(&["ids=dashed"]),
    Case::of(&["ids=marks"]),
    Case::of(&["ids=long"]),
    Case::of(&["ids=hex-text"]),
    Case::of(&["answer-id=hex", "receipt-id=decimal"]),
    Case::of(&["answer-id=decimal", "receipt-id=hex"]),
    Case::of(&["answer-id=hex", "receipt-id=upper-hex"]),
    Case::of(&["answer-id=padded-hex", "receipt-id=hex"]),
    Case::of(&["answer-id=padded", "receipt-id=decimal"]),
    Case::of(&["answer-id=decimal", "receipt-id=hex-text"]).expect(Unmatched(PARTS)),
    Case::of(&["answer-id=decimal", "receipt-id=hex-text"]).with("receipts.ids = 'octets'"),
    Case::of(&["answer-without-id"]).expect(Ends("UNKNOWN")),
    Case::of(&["answer-without-body"]).expect(Ends("UNKNOWN")),
    Case::of(&["answer-id-without-nul"]),
    Case::of(&["receipt-tlv-id=bare"]),
    Case::of(&["receipt-tlv-id=spaces"]),
    Case::of(&["receipt-tlv-id=spaces-nul"]),
    Case::of(&["receipt-tlv-id=0x"]),
    Case::of(&["receipt-tlv-id-wrong"]),
    Case::of(&["receipt-text-id-wrong"]),
    Case::of(&["receipt-text-id-wrong"]).with("receipts.id_from = 'text'"),
    Case::of(&["receipt-id-in-tlv=0x1403"]).with("receipts.id_tag = '0x1403'"),
    // Receipts.
    Case::of(&["receipt-esm-class=0x44"]),
    Case::of(&["receipt-esm-class=0x08"]),
    Case::of(&["receipt-esm-class=0x20"]),
    Case::of(&["receipt-unmarked"]),
    Case::of(&["receipt-unmarked", "receipt-without-tlvs"]),
    Case::of(&["receipt-unmarked", "receipt-without-text"]),
    Case::of(&["receipt-without-tlvs"]),
    Case::of(&["receipt-without-text"]),
    Case::of(&["receipt-without-state-tlv"]),
    Case::of(&["receipt-state-tlv=77"]),
    Case::of(&["receipt-state-tlv=2", "receipt-stat=UNDELIV"]),
    Case::of(&["receipt-state-tlv=0"]),
    Case::of(&["receipt-state-tlv=0", "receipt-stat=UNDELIV"]).expect(Ends("UNDELIV")),
    Case::of(&["receipt-behind-header", "receipt-without-tlvs"]),
    Case::of(&["receipt-behind-header", "receipt-without-tlvs", "receipt-data-coding=8"]),
    Case::of(&["receipt-state-tlv-long"]),
    Case::of(&["receipt-network-error=binary"]),
    Case::of(&["receipt-network-error=digits"]),
    Case::of(&["receipt-network-error=short"]),
    Case::of(&["receipt-in-data-sm"]),
    Case::of(&["receipt-in-payload", "receipt-without-tlvs"]),
    Case::of(&["receipt-in-both"]),
    Case::of(&["receipt-data-coding=8", "receipt-without-tlvs"]),
    Case::of(&["receipt-data-coding=4", "receipt-without-tlvs"]),
    Case::of(&["receipt-unswapped"]),
    Case::of(&["receipt-before-answer"]),
    Case::of(&["receipt-intermediate"]),
    Case::of(&["receipt-accepted-final"]).with("receipts.accepted_is_final = true"),
    Case::of(&["receipt-backwards"]),
    Case::of(&["receipt-changes-mind"]),
    Case::of(&["receipt-twice"]),
    Case::of(&["receipt-never"]).expect(Unmatched(0)),
    Case::of(&["receipt-after=2s"]),
    Case::of(&["receipt-again-after=1s"]),
    Case::of(&["receipt-echo-required"]),
    Case::of(&["receipt-echo-required"]).with("receipts.echo_id = true"),
    Case::of(&["receipt-of-refused", "refuses-first=0x08"]),
    Case::of(&["receipt-of-strangers"]),
    Case::of(&["receipt-of-parts=first"]).expect(LongUnmatched),
    Case::of(&["receipt-of-parts=first"]).with("receipts.parts = 'one'"),
    Case::of(&["receipt-of-parts=last"]).with("receipts.parts = 'one'"),
    Case::of(&["receipt-on-same-bind"]).with("binds = 2"),
    Case::of(&["receipt-on-other-bind"]).with("binds = 2"),
    Case::of(&["receipt-after-reconnect"]).may_repeat(),
    // Who is asked, since no receipts come.
    Case::of(&["receipt-never"]).with(ASKS),
    Case::of(&["receipt-never", "ids=padded-hex"]).with(ASKS),
    Case::of(&["receipt-never", "query-state=5"]).with(ASKS).expect(Ends("UNDELIV")),
    Case::of(&["receipt-never", "query-state=7"]).with(ASKS).expect(Asked),
    Case::of(&["receipt-never", "query-refused=0x03"]).with(ASKS).expect(Asked),
    Case::of(&["receipt-never", "query-refused=0x67"]).with(ASKS).expect(Asked),
    Case::of(&["receipt-never", "query-unanswered"]).with(ASKS).expect(Asked),
    // The text of receipts, without parameters that would say the same.
    Case::of(&["receipt-fields-shuffled", "receipt-without-tlvs"]),
    Case::of(&["receipt-fields-few", "receipt-without-tlvs"]),
    Case::of(&["receipt-fields-capital", "receipt-without-tlvs"]),
    Case::of(&["receipt-spaced", "receipt-without-tlvs"]),
    Case::of(&["receipt-quoted", "receipt-without-tlvs"]),
    Case::of(&["receipt-ends=nul", "receipt-without-tlvs"]),
    Case::of(&["receipt-ends=line", "receipt-fields-few", "receipt-without-tlvs"]),
    Case::of(&["receipt-lines", "receipt-without-tlvs"]),
    Case::of(&["receipt-stat=DELIVERED", "receipt-without-tlvs"]),
    Case::of(&["receipt-stat=delivrd", "receipt-without-tlvs"]),
    Case::of(&["receipt-stat=FAILED", "receipt-without-tlvs"]).expect(Ends("UNDELIV")),
    Case::of(&["receipt-stat=0", "receipt-without-tlvs"]).expect(Unmatched(PARTS)),
    Case::of(&["receipt-stat=0", "receipt-without-tlvs"]).with("receipts.words = { 0 = 'delivered' }"),
    Case::of(&["receipt-state-tlv=77", "receipt-without-text"]).with("receipts.words = { 77 = 'delivered' }"),
    Case::of(&["receipt-date=seconds", "receipt-without-tlvs"]),
    Case::of(&["receipt-date=long", "receipt-without-tlvs"]),
    Case::of(&["receipt-date=long-seconds", "receipt-without-tlvs"]),
    Case::of(&["receipt-date=iso", "receipt-without-tlvs"]),
    Case::of(&["receipt-date=zeros", "receipt-without-tlvs"]),
    Case::of(&["receipt-date=empty", "receipt-without-tlvs"]),
    Case::of(&["receipt-date=nonsense", "receipt-without-tlvs"]),
    Case::of(&["receipt-err=21b", "receipt-without-tlvs"]),
    Case::of(&["receipt-dlvrd-zero", "receipt-without-tlvs"]),
    Case::of(&["receipt-text-forges", "receipt-without-tlvs"]),
    Case::of(&["receipt-unreadable"]).expect(Unmatched(PARTS)),
    // Texts and long messages.
    Case::of(&["default-alphabet=latin1"]).with("alphabet = 'latin1'"),
    Case::of(&["default-alphabet=ascii"]).with("alphabet = 'ascii'"),
    Case::of(&["default-alphabet=gsm7-packed"]).with("alphabet = 'gsm7_packed'"),
    Case::of(&["default-alphabet=utf8"]).with("alphabet = 'utf8'"),
    Case::of(&["ucs2-only"]).with("alphabet = 'ucs2'"),
    Case::of(&["ucs2-or-latin1"]).with("alphabet = 'ucs2'"),
    Case::of(&["no-extension"]).with("alphabet = 'ucs2'"),
    Case::of(&["inbound-replies"]),
    Case::of(&["inbound-data-coding=0xF5"]),
    Case::of(&["inbound-ucs2=little-endian"]),
    Case::of(&["inbound-ucs2=marked"]),
    Case::of(&["inbound-ucs2=odd"]),
    Case::of(&["no-udh", "no-sar"]).with("long = 'payload'"),
    Case::of(&["no-udh", "no-payload"]).with("long = 'sar'"),
    Case::of(&["no-sar", "no-payload"]),
    Case::of(&["octets-most=159"]),
    // Flow.
    Case::of(&["rate=2"]),
    Case::of(&["rate=2", "too-fast=0x14"]),
    Case::of(&["rate=2", "too-fast=0x08"]),
    Case::of(&["rate=2", "too-fast=silence"]).with("rate = 1.5\nresponse_timeout = '1s'"),
    Case::of(&["rate=2", "too-fast=cut"]).with("rate = 1.5"),
    Case::of(&["window=1", "answers-after=200ms"]).with("window = 1"),
    Case::of(&["refuses-first=0x58"]),
    Case::of(&["refuses-first=0x14", "refused-body=nul"]),
    Case::of(&["refuses-first=0x08", "refused-body=id"]),
    Case::of(&["refuses-first=0x45", "refused-body=tlvs"]),
    Case::of(&["refuses-first=0x64", "refused-body=garbage"]),
    Case::of(&["refuses-first=0x401"]).with("errors = { 0x401 = 'retry' }"),
    Case::of(&["refuses-first=0x402"]).with("errors = { 0x402 = 'throttled' }"),
    Case::of(&["refuses-first=0x403"]).with("errors = { 0x403 = 'pause' }\npause = '1s'"),
    Case::of(&["refuses=0x0B"]).expect(Ends("REJECTD")),
    Case::of(&["refuses=0x401"]).expect(Ends("REJECTD")),
    Case::of(&["refuses=0x20401"]).expect(Ends("REJECTD")),
    Case::of(&["refuses-some"]),
    Case::of(&["answers-after=300ms"]),
    Case::of(&["answers-after=1500ms"]).with("response_timeout = '1s'\nunanswered.transactional = 'hold'"),
    Case::of(&["answers-out-of-order=200ms"]),
    Case::of(&["congested=90"]),
    Case::of(&["no-validity"]).with("validity = 'omit'"),
    Case::of(&["no-long-validity=1"]),
    Case::of(&["no-absolute-validity"]),
    Case::of(&["service-type-required=CMT"]).with("service_type = 'CMT'"),
    Case::of(&["registered-delivery-required=0x11"]).with("registered_delivery = 17"),
    Case::of(&["registered-delivery-required=1"]),
    Case::of(&["zeros-required"]),
    Case::of(&["tlv-required=0x060B"]).with("parameters.billing_identification = '0a0b'"),
    Case::of(&["tlv-required=0x1400"]).expect(Ends("REJECTD")),
    Case::of(&["tlv-required=0x1400"]).with("parameters.0x1400 = '1001'"),
    Case::of(&["mode-required=3"]).with("message_mode = 'store_and_forward'"),
    Case::of(&["plus-refused"]),
    Case::of(&["plus-required"]).with("addresses.plus = true"),
];

/// Manners that have stories of their own.
const ELSEWHERE: &[&str] = &["ids-wrap", "never-answers", "login-required"];

#[test]
fn every_manner_of_carriers_is_in_the_table() {
    let tried: BTreeSet<&str> = CASES.iter().flat_map(|case| case.manners).map(|words| bare(words)).collect();
    for manner in manner::all().filter(|manner| manner.side() != Side::Client) {
        let own_story = || include_str!("turns.rs").contains(&format!("\"{}", manner.name));
        let somewhere = tried.contains(manner.name) || ELSEWHERE.contains(&manner.name) && own_story();
        assert!(somewhere, "no case has the manner {}", manner.name);
    }
}

fn bare(words: &str) -> &str {
    words.split('=').next().unwrap_or(words)
}

#[tokio::test]
async fn messages_survive_the_manners_of_carriers() {
    let mut carriers = Vec::new();
    for case in CASES {
        carriers.push(carrier_with(case.carrier()).await);
    }
    let mut gateway = plan(&carriers).start().await;
    let sent = hand_in(&gateway).await;
    let reported = reports(&gateway, &sent).await;
    let mut wrong = Vec::new();
    for (index, case) in CASES.iter().enumerate() {
        let ids = sent.iter().filter(|message| message.case == index);
        for message in ids {
            let told = reported.get(&message.id).cloned().unwrap_or_default();
            if let Err(why) = judge(&gateway, &carriers[index], case, message, &told).await {
                wrong.push(format!("{}: the {} text {why}", case.name(), message.text));
            }
        }
        if let Err(why) = texts_arrived(&carriers[index], case) {
            wrong.push(format!("{}: {why}", case.name()));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    // However unbinds are answered.
    gateway.stop().await;
}

/// A gateway with an upstream and a route for each case.
fn plan(carriers: &[Carrier]) -> Plan {
    let plan = Plan::new().account("shop");
    CASES.iter().zip(carriers).enumerate().fold(plan, |plan, (index, (case, carrier))| {
        let name = format!("upstream{index}");
        let settings = if case.settings.is_empty() {
            String::new()
        } else {
            format!("[upstreams.{name}]\n{}", case.settings)
        };
        plan.upstream(&name, carrier.address()).with(&settings).route(&name, &prefix(index), &[&name])
    })
}

fn prefix(index: usize) -> String {
    format!("4917{index:03}")
}

/// A message that was handed in.
#[derive(Clone, Debug)]
struct Sent {
    case: usize,
    text: &'static str,
    id: String,
}

/// The texts, each with a name.
fn texts() -> [(&'static str, String); 3] {
    [
        ("short", "Your code is 4711".to_owned()),
        (LONG, "Zwölf Boxkämpfer {jagen} Viktor für 5 € quer über den Sylter Deich. ".repeat(3)),
        ("other", "Привет, 世界 🥐".to_owned()),
    ]
}

/// Hands in every text to every carrier.
async fn hand_in(gateway: &Gateway) -> Vec<Sent> {
    let client = Arc::new(gateway.smpp("shop", BindMode::Transmitter).await);
    let mut tasks = JoinSet::new();
    let mut sent = Vec::new();
    for case in 0..CASES.len() {
        // No more at once than the account's window has room for.
        if tasks.len() >= AT_ONCE
            && let Some(done) = tasks.join_next().await
        {
            sent.extend::<Vec<Sent>>(done.unwrap());
        }
        let client = Arc::clone(&client);
        tasks.spawn(async move {
            let mut sent = Vec::new();
            for (text, words) in texts() {
                let id = submit(&client, &format!("+{}0000001", prefix(case)), &words).await;
                sent.push(Sent { case, text, id });
            }
            sent
        });
    }
    sent.extend(tasks.join_all().await.concat());
    sent
}

async fn submit(client: &Client, number: &str, text: &str) -> String {
    let octets: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let mut tlvs = TlvBuilder::new();
    assert!(tlvs.push(tag::MESSAGE_PAYLOAD, &octets));
    client.submit(&SubmitSm { data_coding: 8, tlvs: tlvs.tlvs(), ..text_to(number, b"") }).await
}

/// The states that each message was reported in, once all were reported that must be, or patience was over.
async fn reports(gateway: &Gateway, sent: &[Sent]) -> HashMap<String, Vec<String>> {
    let mut client = gateway.smpp("shop", BindMode::Receiver).await;
    let ends = |message: &&Sent| match CASES[message.case].expected {
        Ends(_) => true,
        LongUnmatched => message.text != LONG,
        Unmatched(_) | Waits | Asked => false,
    };
    let mut missing: BTreeSet<&str> = sent.iter().filter(ends).map(|message| message.id.as_str()).collect();
    let mut reported: HashMap<String, Vec<String>> = HashMap::new();
    let everything = async {
        while !missing.is_empty() {
            let receipt = client.receipt().await;
            missing.remove(receipt.id.as_str());
            reported.entry(receipt.id).or_default().push(receipt.stat);
        }
    };
    // What is missing is named by whoever looks at the result.
    let _ = tokio::time::timeout(PATIENCE, everything).await;
    reported
}

/// Whether a message met the end that its case expects.
async fn judge(
    gateway: &Gateway,
    carrier: &Carrier,
    case: &Case,
    message: &Sent,
    told: &[String],
) -> Result<(), String> {
    let is_now = async || gateway.http("shop").message(&message.id).await["state"].to_string();
    let expected = match case.expected {
        LongUnmatched if message.text == LONG => Unmatched(PARTS - 1),
        LongUnmatched => Ends("DELIVRD"),
        other => other,
    };
    match expected {
        LongUnmatched => Ok(()),
        Ends(stat) if told == [stat] => Ok(()),
        Ends(_) => Err(format!("was reported as {told:?}, and is {} now", is_now().await)),
        Waits => {
            let asked = carrier.until(|counts| counts.binds_refused > 0 || counts.binds_granted > 0);
            within("a bind to be refused", asked).await;
            let state = is_now().await;
            if state == "\"queued\"" { Ok(()) } else { Err(format!("is {state}, and should wait")) }
        }
        Asked => {
            // Each part, and then each again.
            within("questions to come", carrier.until(|counts| counts.queries > PARTS)).await;
            let state = is_now().await;
            let is_as_was = told.is_empty() && state == "\"sent\"";
            if is_as_was { Ok(()) } else { Err(format!("is {state}, told as {told:?}, though nobody knows")) }
        }
        Unmatched(receipts) => {
            let taken =
                within("receipts to be taken", carrier.until(|counts| counts.receipts_taken >= receipts));
            taken.await;
            let state = is_now().await;
            let is_as_was = told.is_empty() && state == "\"sent\"";
            if is_as_was { Ok(()) } else { Err(format!("is {state}, told as {told:?}: it got better")) }
        }
    }
}

/// Whether each text is on its handset, once.
fn texts_arrived(carrier: &Carrier, case: &Case) -> Result<(), String> {
    if case.expected == Ends("REJECTD") || case.expected == Waits {
        return Ok(());
    }
    let mut arrived = on_handset(carrier.accepted());
    arrived.sort();
    if case.may_repeat {
        arrived.dedup();
    }
    let mut expected: Vec<String> = texts().map(|(_, words)| words).to_vec();
    expected.sort();
    if arrived == expected { Ok(()) } else { Err(format!("what arrived is {arrived:#?}")) }
}

fn on_handset(parts: Vec<Part>) -> Vec<String> {
    use postrider_simulator::carrier::Heard;
    let mut handsets = Handsets::new();
    let heard = parts.into_iter().map(|part| Heard { part, reaches_handset: true });
    heard.filter_map(|heard| handsets.hear(heard)).map(|bubble| bubble.text).collect()
}
