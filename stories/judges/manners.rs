//! Wireshark sees that the simulator's bad manners are what their names say: each is looked for in what a simulated
//! carrier and a simulated client said to each other, by a filter in Wireshark's own words.

use super::dissector::tshark;
use super::wiretap::{Tape, Wiretap};
use postrider_simulator::carrier::{Carrier, Settings};
use postrider_simulator::client;
use postrider_simulator::manner::{Chosen, Side};
use std::time::Duration;
use tokio::task::JoinSet;

/// How long a client waits for what some manners never let come.
const PATIENCE: Duration = Duration::from_secs(2);

/// Manners, and a filter that finds them. `BIND` and so on stand for kinds of PDUs.
#[rustfmt::skip]
const CASES: &[(&[&str], &str)] = &[
    // Carriers.
    (&["bind-resp-without-body"], "BIND_RESP && smpp.command_length == 16"),
    (&["bind-refused=0x0D", "bind-refused-body=nul"], "BIND_RESP && smpp.command_status == 0x0d && smpp.command_length == 17"),
    (&["bind-refused=0x0D", "bind-refused-body=nothing"], "BIND_RESP && smpp.command_status == 0x0d && smpp.command_length == 16"),
    (&["bind-nacked=zero"], "NACK && smpp.sequence_number == 0 && smpp.command_length == 16"),
    (&["bind-nacked=same"], "NACK && smpp.sequence_number == 1"),
    (&["bind-resp-version=0x50"], "BIND_RESP && smpp.SC_interface_version == 0x50"),
    (&["bind-resp-version-long"], "BIND_RESP && smpp.opt_param_tag == 0x0210 && smpp.opt_param_len == 2"),
    (&["bind-resp-without-version"], "BIND_RESP && !smpp.opt_param_tag && smpp.command_status == 0"),
    (&["outbind-first"], "smpp.command_id == 0x0b && tcp.srcport == 2775"),
    (&["enquires-before-bind"], "smpp.command_id == 0x15 && tcp.srcport == 2775 && tcp.seq == 1"),
    (&["alert-notification"], "smpp.command_id == 0x102"),
    (&["enquires-often=20ms", "receipt-after=1s"], "smpp.command_id == 0x15 && tcp.srcport == 2775"),
    (&["receipt-esm-class=0x44"], "DELIVER && smpp.esm.submit.msg_type == 1 && smpp.esm.submit.features == 1"),
    (&["receipt-unmarked"], "DELIVER && smpp.esm.submit.msg_type == 0 && smpp.receipted_message_id"),
    (&["receipt-without-tlvs"], "DELIVER && !smpp.opt_param_tag && smpp.esm.submit.msg_type == 1"),
    (&["receipt-without-text"], "DELIVER && smpp.sm_length == 0 && smpp.receipted_message_id"),
    (&["receipt-without-state-tlv"], "DELIVER && smpp.receipted_message_id && !smpp.message_state"),
    (&["receipt-state-tlv=77"], "DELIVER && smpp.message_state == 77"),
    (&["receipt-network-error=binary"], "DELIVER && smpp.network_error.type == 3 && smpp.network_error.code == 0"),
    (&["receipt-in-data-sm"], "smpp.command_id == 0x103 && tcp.srcport == 2775 && smpp.message_payload"),
    (&["receipt-in-payload"], "DELIVER && smpp.sm_length == 0 && smpp.message_payload"),
    (&["receipt-in-both"], "DELIVER && smpp.sm_length > 0 && smpp.opt_param_tag == 0x0424"),
    (&["receipt-unswapped"], "DELIVER && smpp.destination_addr == \"491700000001\""),
    (&["receipt-data-coding=8"], "DELIVER && smpp.data_coding == 8"),
    (&["receipt-id-in-tlv=0x1403"], "DELIVER && smpp.opt_param_tag == 0x1403 && !smpp.receipted_message_id"),
    (&["ids=dashed"], "smpp.message_id matches \"^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{4}$\""),
    (&["ids=uuid"], "smpp.receipted_message_id matches \"^[0-9a-f]{8}-[0-9a-f]{4}-4\""),
    (&["ids=long"], "len(smpp.message_id) == 64"),
    (&["receipt-tlv-id=0x"], "smpp.receipted_message_id matches \"^0x[0-9]+\""),
    (&["answer-without-id"], "SUBMIT_RESP && smpp.command_length == 17 && smpp.command_status == 0"),
    (&["answer-without-body"], "SUBMIT_RESP && smpp.command_length == 16 && smpp.command_status == 0"),
    (&["refuses-first=0x58", "refused-body=id"], "SUBMIT_RESP && smpp.command_status == 0x58 && smpp.command_length == 21"),
    (&["congested=90"], "SUBMIT_RESP && smpp.congestion_state == 90"),
    (&["refuses=0x401"], "SUBMIT_RESP && smpp.command_status == 0x401"),
    (&["inbound-at-bind"], "DELIVER && smpp.message_text == \"Hello\""),
    (&["inbound-data-coding=0xF5"], "DELIVER && smpp.data_coding == 0xf5"),
    // Either.
    (&["sequence=high"], "DELIVER && smpp.sequence_number > 0x7fffffff"),
    (&["sequence=zero"], "DELIVER && smpp.sequence_number == 0"),
    (&["status-in-requests"], "tcp.payload contains 00:00:00:05:00:00:00:08"),
    (&["unknown-tlvs"], "DELIVER && smpp.vendor_op && smpp.opt_param_tag == 0x1400"),
    (&["tlvs-twice"], "DELIVER && smpp.receipted_message_id matches \"^0+$\""),
    (&["text-length=250"], "DELIVER && _ws.malformed"),
    (&["truncated-tlv"], "DELIVER && _ws.malformed"),
    (&["unknown-command"], "tcp.payload contains 00:01:00:01:00:00:00:00:60:00:01:01"),
    (&["huge-length"], "tcp.payload contains 7f:ff:ff:ff:00:00:00:15 && tcp.srcport == 2775"),
    (&["speaks-http"], "tcp.payload contains \"HTTP/1.1 400\" && tcp.srcport == 2775"),
    // Clients.
    (&["address-range=*"], "BIND && smpp.address_range == \"*\""),
    (&["system-type=WWW"], "BIND && smpp.system_type == \"WWW\""),
    (&["version=0x50"], "BIND && smpp.interface_version == 0x50"),
    (&["submits-as-receiver"], "smpp.command_id == 1"),
    (&["no-source"], "SUBMIT && smpp.source_addr == \"\""),
    (&["number-prefix=+"], "SUBMIT && smpp.destination_addr == \"+491700000001\""),
    (&["service-type=CMT"], "SUBMIT && smpp.service_type == \"CMT\""),
    (&["priority=5"], "SUBMIT && smpp.priority_flag == 5"),
    (&["validity=000030000000000R"], "SUBMIT && smpp.validity_period_r == 2592000"),
    (&["registered-delivery=0x11"], "SUBMIT && smpp.regdel.receipt == 1 && smpp.regdel.notif == 1"),
    (&["esm-class=0x03"], "SUBMIT && smpp.esm.submit.msg_mode == 3"),
    (&["empty-text"], "SUBMIT && smpp.sm_length == 0"),
    (&["long=sar"], "SUBMIT && smpp.sar_total_segments == 2 && smpp.sar_segment_seqnum == 2"),
    (&["long=sar-from-zero"], "tcp.payload contains 02:0c:00:01:02:02:0e:00:01:02:02:0f:00:01:00"),
    (&["long=sar-and-udh"], "SUBMIT && smpp.sar_total_segments == 2 && smpp.esm.submit.features == 1"),
    (&["long=payload"], "SUBMIT && smpp.sm_length == 0 && smpp.message_payload"),
    (&["asks-afterwards=query"], "smpp.command_id == 3"),
    (&["response-body=nothing"], "tcp.payload contains 00:00:00:10:80:00:00:05"),
    (&["response-refuses=0x14"], "smpp.command_id == 0x80000005 && smpp.command_status == 0x14"),
];

/// What kinds are called in filters.
const KINDS: &[(&str, &str)] = &[
    ("BIND_RESP", "(smpp.command_id == 0x80000009)"),
    ("SUBMIT_RESP", "(smpp.command_id == 0x80000004)"),
    ("DELIVER", "(smpp.command_id == 5)"),
    ("SUBMIT", "(smpp.command_id == 4)"),
    ("BIND", "(smpp.command_id == 9)"),
    ("NACK", "(smpp.command_id == 0x80000000)"),
];

#[tokio::test]
async fn wireshark_sees_each_manner() {
    let mut tasks = JoinSet::new();
    for (manners, filter) in CASES {
        tasks.spawn(async move {
            let filter =
                KINDS.iter().fold((*filter).to_owned(), |filter, (kind, is)| filter.replace(kind, is));
            let seen = |found: String| !found.trim().is_empty();
            // Without it there must be nothing, or the filter says nothing.
            (manners, seen(found(manners, &filter).await), seen(found(&[], &filter).await))
        });
    }
    let mut wrong = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let (manners, is_seen, is_always) = done.unwrap();
        if !is_seen {
            wrong.push(format!("{} isn't seen", manners.join(" ")));
        }
        if is_always {
            wrong.push(format!("{} is seen without it", manners.join(" ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The packets that a filter finds in what a carrier and a client with these manners said.
async fn found(manners: &[&str], filter: &str) -> String {
    let mut settings = Settings::default();
    // A number without a fate of its own.
    let to = "491700000001".to_owned();
    let mut caller = client::Settings { patience: PATIENCE, to, ..client::Settings::default() };
    for words in manners {
        let chosen = Chosen::read(words).unwrap();
        if chosen.manner().side() == Side::Client {
            chosen.client(&mut caller).unwrap();
        } else {
            chosen.carrier(&mut settings).unwrap();
        }
    }
    let carrier = Carrier::start("127.0.0.1:0", settings).await.unwrap();
    let tape = Tape::default();
    let tap = Wiretap::before(carrier.address(), &tape).await;
    client::run(tap.address(), caller).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manner.pcap");
    tape.heard().write(&file);
    tshark(&file, &["-Y", filter]).await
}
