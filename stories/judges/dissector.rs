//! Wireshark reads what we write: nothing malformed, every kind of PDU known for what it is, every text as it was meant.

use super::capture::{Capture, SERVER_PORT};
use super::sampler::{self, GSM_TEXT, UCS2_TEXT};
use super::tools;
use postrider_wire::smpp::Command;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use tokio::process::Command as Program;

/// Every PDU that Wireshark knows.
const KNOWN: [Command; 33] = [
    Command::BIND_RECEIVER,
    Command::BIND_RECEIVER_RESP,
    Command::BIND_TRANSMITTER,
    Command::BIND_TRANSMITTER_RESP,
    Command::BIND_TRANSCEIVER,
    Command::BIND_TRANSCEIVER_RESP,
    Command::OUTBIND,
    Command::UNBIND,
    Command::UNBIND_RESP,
    Command::SUBMIT_SM,
    Command::SUBMIT_SM_RESP,
    Command::SUBMIT_MULTI,
    Command::SUBMIT_MULTI_RESP,
    Command::DELIVER_SM,
    Command::DELIVER_SM_RESP,
    Command::DATA_SM,
    Command::DATA_SM_RESP,
    Command::QUERY_SM,
    Command::QUERY_SM_RESP,
    Command::CANCEL_SM,
    Command::CANCEL_SM_RESP,
    Command::REPLACE_SM,
    Command::REPLACE_SM_RESP,
    Command::ENQUIRE_LINK,
    Command::ENQUIRE_LINK_RESP,
    Command::ALERT_NOTIFICATION,
    Command::GENERIC_NACK,
    Command::BROADCAST_SM,
    Command::BROADCAST_SM_RESP,
    Command::QUERY_BROADCAST_SM,
    Command::QUERY_BROADCAST_SM_RESP,
    Command::CANCEL_BROADCAST_SM,
    Command::CANCEL_BROADCAST_SM_RESP,
];

#[tokio::test]
async fn wireshark_reads_every_pdu_that_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let dissected = dissect(&sampler::conversation(), &folder.path().join("sampler.pcap")).await;
    assert_eq!(dissected.kinds, KNOWN.into_iter().collect());
    assert!(dissected.texts.contains(GSM_TEXT), "{:?}", dissected.texts);
    assert!(dissected.texts.contains(UCS2_TEXT), "{:?}", dissected.texts);
}

/// What Wireshark made of a capture.
#[derive(Debug)]
pub(crate) struct Dissected {
    /// Kinds of PDUs.
    pub(crate) kinds: BTreeSet<Command>,
    /// Texts of messages.
    pub(crate) texts: BTreeSet<String>,
}

/// Reads a capture with Wireshark, which must find nothing to complain about.
pub(crate) async fn dissect(capture: &Capture, file: &Path) -> Dissected {
    capture.write(file);
    let complaints =
        tshark(file, &["-Y", "_ws.malformed || _ws.short || _ws.expert.severity == error", "-V"]).await;
    assert!(complaints.is_empty(), "{complaints}");
    let strays = tshark(file, &["-Y", "!smpp && tcp.len > 0 && !tcp.reassembled_in", "-V"]).await;
    assert!(strays.is_empty(), "this isn't taken for SMPP:\n{strays}");
    let column = async |field| {
        tshark(file, &["-Y", "smpp", "-T", "fields", "-E", "aggregator=\u{1}", "-e", field]).await
    };
    let (kinds, texts) = (column("smpp.command_id").await, column("smpp.message_text").await);
    let each = |column: &str| {
        let cells = column.split(['\n', '\u{1}']).filter(|cell| !cell.is_empty());
        cells.map(str::to_owned).collect::<Vec<_>>()
    };
    let command = |cell: &String| Command(u32::from_str_radix(cell.trim_start_matches("0x"), 16).unwrap());
    Dissected { kinds: each(&kinds).iter().map(command).collect(), texts: each(&texts).into_iter().collect() }
}

/// Runs tshark on a file, with texts of data_coding 0 read in the GSM alphabet.
pub(crate) async fn tshark(file: &Path, arguments: &[&str]) -> String {
    let gsm = ["-o", "smpp.decode_sms_over_smpp:GSM 7-bit"];
    tshark_as(file, "smpp", &[&gsm, arguments].concat()).await
}

/// Runs tshark on a file of this protocol.
pub(crate) async fn tshark_as(file: &Path, protocol: &str, arguments: &[&str]) -> String {
    let mut program = Program::new("tshark");
    program.arg("-r").arg(file).args(["-d", &format!("tcp.port=={SERVER_PORT},{protocol}")]).args(arguments);
    tools::run(program, &Value::Null).await
}
