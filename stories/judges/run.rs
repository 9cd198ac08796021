//! A run of the gateway in which it says everything that it can say, overheard on both sides of it and read by
//! Wireshark.

use super::dissector::dissect;
use super::wiretap::{Tape, Wiretap};
use crate::harness::{Client, Plan, carrier, eventually, frame, password_of, text_to, within};
use postrider_simulator::carrier::{Carried, Carrier};
use postrider_text::ucs2;
use postrider_wire::smpp::pdu::{
    AlertNotification, BindMode, CancelSm, DataSm, Destination, DestinationList, EnquireLink, QuerySm,
    ReplaceSm, SubmitMulti, SubmitSm,
};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Command, Reason, TlvBuilder};
use std::collections::BTreeSet;

const NUMBER: &str = "491700000001";
const BY_PAIR: &str = "447700900001";
const PLAIN: &str = "Hello from {us} @ 20 €";
const WIDE: &str = "Привет, мир";

/// What the gateway says to carriers.
const TO_CARRIERS: [Command; 9] = [
    Command::BIND_TRANSMITTER,
    Command::BIND_RECEIVER,
    Command::BIND_TRANSCEIVER,
    Command::SUBMIT_SM,
    Command::DELIVER_SM_RESP,
    Command::DATA_SM_RESP,
    Command::ENQUIRE_LINK,
    Command::ENQUIRE_LINK_RESP,
    Command::UNBIND,
];

/// What it says to its customers.
const TO_CUSTOMERS: [Command; 13] = [
    Command::BIND_TRANSMITTER_RESP,
    Command::BIND_RECEIVER_RESP,
    Command::BIND_TRANSCEIVER_RESP,
    Command::SUBMIT_SM_RESP,
    Command::DATA_SM_RESP,
    Command::SUBMIT_MULTI_RESP,
    Command::QUERY_SM_RESP,
    Command::CANCEL_SM_RESP,
    Command::REPLACE_SM_RESP,
    Command::DELIVER_SM,
    Command::ENQUIRE_LINK_RESP,
    Command::UNBIND_RESP,
    Command::GENERIC_NACK,
];

#[tokio::test]
async fn wireshark_reads_all_that_the_gateway_says() {
    let (carrier, tape, listening) = (carrier().await, Tape::default(), Tape::default());
    let line = Wiretap::before(carrier.address(), &tape).await;
    let mut gateway = Plan::simple(line.address())
        .with("upstreams.acme.enquire_link = '1s'")
        .upstream("pair", line.address())
        .with("[upstreams.pair]\nsystem_id = 'pair'\nmode = 'transmitter_receiver'\nlong = 'sar'")
        .route("pair", "4477", &["pair"])
        .start()
        .await;
    let door = Wiretap::before(gateway.smpp_address(), &listening).await;

    converse(&door, &carrier).await;
    carrier.write(&frame(&EnquireLink));
    let said = async || {
        let pdus = tape.heard().pdus();
        let heard = |command| pdus.contains(&(true, command));
        (heard(Command::ENQUIRE_LINK) && heard(Command::ENQUIRE_LINK_RESP)).then_some(())
    };
    eventually("the gateway to ask whether the carrier lives", said).await;
    let mut last = bound(&door, BindMode::Transceiver).await;
    gateway.stop().await;
    assert_eq!(last.ended().await, Reason::Unbound);

    let up = dissect(&tape.heard(), &gateway.folder().join("up.pcap")).await;
    let down = dissect(&listening.heard(), &gateway.folder().join("down.pcap")).await;
    for (dissected, capture) in [(&up, tape.heard()), (&down, listening.heard())] {
        let ours: BTreeSet<Command> = capture.pdus().into_iter().map(|(_, command)| command).collect();
        assert_eq!(dissected.kinds, ours);
    }
    let missing = |kinds: &BTreeSet<Command>, wanted: &[Command]| -> Vec<Command> {
        wanted.iter().filter(|command| !kinds.contains(command)).copied().collect()
    };
    assert_eq!(missing(&up.kinds, &TO_CARRIERS), []);
    assert_eq!(missing(&down.kinds, &TO_CUSTOMERS), []);
    assert!(down.kinds.contains(&Command::UNBIND), "a gateway that stops unbinds its customers");
    for text in [PLAIN, WIDE] {
        assert!(up.texts.contains(text), "{text} is not among {:?}", up.texts);
    }
}

/// Customers of each kind say everything that customers say.
async fn converse(door: &Wiretap, carrier: &Carrier) {
    let mut receiver = bound(door, BindMode::Receiver).await;
    let sender = bound(door, BindMode::Transmitter).await;
    sender.request(&EnquireLink).await;

    let mut octets = Vec::new();
    postrider_text::gsm::encode(PLAIN, &mut octets).unwrap();
    let id = sender.submit(&text_to(NUMBER, &octets)).await;
    assert_eq!(receiver.receipt().await.id, id);
    octets.clear();
    ucs2::encode(WIDE, &mut octets);
    let id = sender.submit(&SubmitSm { data_coding: 8, ..text_to(NUMBER, &octets) }).await;
    assert_eq!(receiver.receipt().await.id, id);

    let mut payload = TlvBuilder::new();
    assert!(payload.push(tag::MESSAGE_PAYLOAD, &[b'x'; 400]));
    for number in [NUMBER, BY_PAIR] {
        let id = sender.submit(&SubmitSm { tlvs: payload.tlvs(), ..text_to(number, &[]) }).await;
        assert_eq!(receiver.receipt().await.id, id);
    }
    carrier.change(|settings| settings.receipts.carried = Carried::DataSm);
    let destination = Address::international(NUMBER.as_bytes());
    let data = DataSm { destination, registered_delivery: 1, tlvs: payload.tlvs(), ..DataSm::default() };
    let id = sender.request(&data).await.message_id();
    assert_eq!(receiver.receipt().await.id, id);

    let mut destinations = DestinationList::default();
    destinations.push(&Destination::Address(destination)).unwrap();
    let multi = SubmitMulti {
        destinations: destinations.destinations(),
        short_message: b"to all",
        ..SubmitMulti::default()
    };
    sender.request(&multi).await;
    let message_id = id.as_bytes();
    sender.request(&QuerySm { message_id, ..QuerySm::default() }).await;
    sender.request(&CancelSm { message_id, destination, ..CancelSm::default() }).await;
    sender.request(&ReplaceSm { message_id, short_message: b"other", ..ReplaceSm::default() }).await;

    // alert_notification is the server's to send, and so not known here.
    sender.write(&frame(&AlertNotification {
        source: destination,
        esme: destination,
        ..AlertNotification::default()
    }));
    sender.request(&EnquireLink).await;
    receiver.unbind().await;
    within("everything to be accepted", carrier.accepted_at_least(6)).await;
}

async fn bound(door: &Wiretap, mode: BindMode) -> Client {
    let client = Client::connect(door.address()).await;
    client.bind(mode, "shop", &password_of("shop")).await.unwrap();
    client
}
