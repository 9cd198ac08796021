//! Wireshark reads the files that `postrider trace --pcap` writes: every PDU that went by is there and is what it was, with
//! nothing malformed, nothing lost, and every checksum right.

use super::tools;
use crate::harness::{ADMIN_KEY, Gateway, Plan, carrier, text_to};
use postrider_wire::smpp::pdu::{BindMode, EnquireLink};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tokio::process::Command;

const NUMBER: &str = "491700000001";
const TEXT: &str = "The code is 4711";

#[tokio::test]
async fn wireshark_reads_what_was_recorded() {
    let carrier = carrier().await;
    let gateway = Plan::simple(carrier.address()).start().await;
    let mut client = gateway.smpp("shop", BindMode::Transceiver).await;
    for _ in 0..3 {
        let id = client.submit(&text_to(NUMBER, TEXT.as_bytes())).await;
        assert_eq!(client.receipt().await.id, id);
    }
    let long = "Привет, мир! ".repeat(20);
    let id = gateway.http("shop").send(&format!("+{NUMBER}"), &long).await;
    gateway.http("shop").message_in(&id, "delivered").await;
    client.request(&EnquireLink).await;
    client.unbind().await;

    let ports = [carrier.address().port(), gateway.smpp_address().port()];
    let shown = save(&gateway, "shown.pcapng", &["--unmask"]).await;
    let masked = save(&gateway, "masked.pcapng", &[]).await;
    for file in [&shown, &masked] {
        let complaints = "_ws.malformed || _ws.short || _ws.expert.severity == error || tcp.analysis.flags \
            || tcp.checksum.status != 1 || ip.checksum.status != 1 || !smpp";
        assert_eq!(tshark(file, ports, &["-Y", complaints, "-V"]).await, "");
        assert_eq!(dissected(file, ports).await, recorded(&gateway).await);
    }
    let each = async |file, field| {
        tshark(file, ports, &["-Y", "smpp.command_id == 4", "-T", "fields", "-e", field]).await
    };
    let texts = async |file| each(file, "smpp.message_text").await;
    let numbers = async |file| each(file, "smpp.destination_addr").await;
    assert_eq!(texts(&shown).await.matches(TEXT).count(), 6);
    assert!(numbers(&shown).await.contains(NUMBER) && texts(&shown).await.contains("Привет"));
    assert!(numbers(&masked).await.contains("4917******01"));
    let octets = std::fs::read(&masked).unwrap();
    for secret in [TEXT, NUMBER, "pohs"] {
        assert!(!octets.windows(secret.len()).any(|word| word == secret.as_bytes()), "{secret}");
    }
    let remarks =
        tshark(&masked, ports, &["-Y", "frame.comment", "-T", "fields", "-e", "frame.comment"]).await;
    let mut remarks: Vec<&str> = remarks.lines().collect();
    remarks.sort_unstable();
    assert_eq!(remarks, ["account shop", "upstream acme, link 0"]);
}

/// Has the program write a file.
async fn save(gateway: &Gateway, name: &str, more: &[&str]) -> PathBuf {
    let file = gateway.folder().join(name);
    let mut command = Command::new(env!("CARGO_BIN_EXE_postrider"));
    command.args([
        "trace",
        "acme",
        "--account",
        "shop",
        "--url",
        &gateway.url(),
        "--key",
        ADMIN_KEY,
        "--pcap",
    ]);
    command.arg(&file).args(more);
    tools::run(command, &Value::Null).await;
    file
}

/// Command, sequence number, and ports of each PDU as the gateway shows them.
async fn recorded(gateway: &Gateway) -> Vec<String> {
    let recent = gateway.admin().get("/v1/trace/recent?upstream=acme&account=shop&limit=10000").await.ok();
    let pdus = recent["pdus"].as_array().unwrap();
    assert!(pdus.len() > 30, "{}", pdus.len());
    let line = |pdu: &Value| {
        let text = |name: &str| pdu[name].as_str().unwrap().to_owned();
        let (local, peer) = (port(&text("local")), port(&text("peer")));
        let (from, to) = if pdu["direction"] == "out" { (local, peer) } else { (peer, local) };
        let raw = text("raw");
        format!("0x{} {} {from} {to}", &raw[8..16], pdu["sequence"])
    };
    pdus.iter().map(line).collect()
}

fn port(address: &str) -> String {
    address.rsplit(':').next().unwrap().to_owned()
}

/// The same as Wireshark reads them.
async fn dissected(file: &Path, ports: [u16; 2]) -> Vec<String> {
    let fields = ["smpp.command_id", "smpp.sequence_number", "tcp.srcport", "tcp.dstport"];
    let fields = fields.into_iter().flat_map(|field| ["-e", field]);
    let arguments: Vec<&str> =
        ["-Y", "smpp", "-T", "fields", "-E", "separator=/s"].into_iter().chain(fields).collect();
    tshark(file, ports, &arguments).await.lines().map(str::to_owned).collect()
}

async fn tshark(file: &Path, ports: [u16; 2], arguments: &[&str]) -> String {
    let mut program = Command::new("tshark");
    program.arg("-r").arg(file);
    for port in ports {
        program.args(["-d", &format!("tcp.port=={port},smpp")]);
    }
    program.args(["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"]);
    program.args(["-o", "smpp.decode_sms_over_smpp:GSM 7-bit"]).args(arguments);
    tools::run(program, &Value::Null).await
}
