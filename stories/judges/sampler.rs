//! One of each PDU that we can write and Wireshark knows, with whatever can be in it.

use super::capture::Capture;
use bytes::BytesMut;
use postrider_text::{gsm, ucs2};
use postrider_wire::smpp::pdu::*;
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Address, Encode, Status, TlvBuilder};

pub(crate) const GSM_TEXT: &str = "Grüße @ {Post} €";
pub(crate) const UCS2_TEXT: &str = "Привет 日本";
const NOW: &[u8] = b"261121120000004+";
const LATER: &[u8] = b"000001000000000R";

/// A conversation with one of each.
pub(crate) fn conversation() -> Capture {
    let mut said = Conversation::default();
    said.binds();
    said.messages();
    said.many();
    said.inquiries();
    said.broadcasts();
    said.rest();
    said.capture
}

#[derive(Default)]
struct Conversation {
    capture: Capture,
    sequence: u32,
}

impl Conversation {
    /// A request and its answer.
    fn exchange(&mut self, by_client: bool, request: &impl Encode, answer: &impl Encode) {
        self.say(by_client, Status::ROK, request);
        self.sequence -= 1;
        self.say(!by_client, Status::ROK, answer);
    }

    fn say(&mut self, by_client: bool, status: Status, pdu: &impl Encode) {
        let mut octets = BytesMut::new();
        self.sequence += 1;
        pdu.encode(status, self.sequence, &mut octets).unwrap();
        self.capture.add(1, by_client, &octets);
    }

    fn binds(&mut self) {
        let mut tlvs = TlvBuilder::new();
        tlvs.push_u8(tag::SC_INTERFACE_VERSION, 0x34);
        for mode in [BindMode::Transmitter, BindMode::Receiver, BindMode::Transceiver] {
            let bind =
                Bind { system_type: b"VMA", address_range: b"^49", ..Bind::new(mode, b"shop", b"secret08") };
            self.exchange(true, &bind, &BindResp { tlvs: tlvs.tlvs(), ..BindResp::new(mode, b"postrider") });
        }
        self.say(false, Status::RBINDFAIL, &BindResp::new(BindMode::Transceiver, b""));
        self.say(
            false,
            Status::ROK,
            &Outbind { system_id: b"carrier", password: b"pw", ..Outbind::default() },
        );
    }

    fn messages(&mut self) {
        let (source, destination) =
            (Address::alphanumeric(b"Postrider"), Address::international(b"491700000001"));
        let mut text = Vec::new();
        gsm::encode(GSM_TEXT, &mut text).unwrap();
        let plain = SubmitSm {
            source,
            destination,
            registered_delivery: 1,
            short_message: &text,
            ..SubmitSm::default()
        };
        let timed =
            SubmitSm { schedule_delivery_time: NOW, validity_period: LATER, service_type: b"CMT", ..plain };
        let mut wide = Vec::new();
        ucs2::encode(UCS2_TEXT, &mut wide);
        let wide = SubmitSm { data_coding: 8, short_message: &wide, ..plain };
        let part = [&[5, 0, 3, 7, 2, 1], text.as_slice()].concat();
        let part = SubmitSm { esm_class: 0x40, short_message: &part, ..plain };
        let tlvs = submit_tlvs(&text.repeat(20));
        let long = SubmitSm { short_message: &[], tlvs: tlvs.tlvs(), ..plain };
        for submit in [plain, timed, wide, part, long] {
            self.exchange(
                true,
                &submit,
                &SubmitSmResp { message_id: b"0123456789abcdef", ..SubmitSmResp::default() },
            );
        }
        self.say(false, Status::RTHROTTLED, &SubmitSmResp::default());
        let tlvs = receipt_tlvs();
        let receipt = b"id:0123456789abcdef sub:001 dlvrd:001 submit date:2611211200 done date:2611211201 \
                        stat:DELIVRD err:000 text:";
        let deliver = DeliverSm {
            source: destination,
            destination: source,
            esm_class: 0x04,
            short_message: receipt,
            tlvs: tlvs.tlvs(),
            ..DeliverSm::default()
        };
        self.exchange(false, &deliver, &DeliverSmResp::default());
        let data =
            DataSm { source, destination, registered_delivery: 1, tlvs: tlvs.tlvs(), ..DataSm::default() };
        self.exchange(true, &data, &DataSmResp { message_id: b"77", ..DataSmResp::default() });
    }

    fn many(&mut self) {
        let mut destinations = DestinationList::default();
        destinations.push(&Destination::Address(Address::international(b"491700000001"))).unwrap();
        destinations.push(&Destination::List(b"friends")).unwrap();
        let mut failures = FailureList::default();
        let failure = Failure { destination: Address::international(b"49"), status: Status::RINVDSTADR };
        failures.push(&failure).unwrap();
        let multi = SubmitMulti {
            source: Address::alphanumeric(b"Postrider"),
            destinations: destinations.destinations(),
            short_message: b"to all",
            ..SubmitMulti::default()
        };
        let answer =
            SubmitMultiResp { message_id: b"1", failures: failures.failures(), ..SubmitMultiResp::default() };
        self.exchange(true, &multi, &answer);
    }

    fn inquiries(&mut self) {
        let (source, destination) =
            (Address::alphanumeric(b"Postrider"), Address::international(b"491700000001"));
        let query = QuerySm { message_id: b"77", source, ..QuerySm::default() };
        let state =
            QuerySmResp { message_id: b"77", final_date: NOW, message_state: 2, ..QuerySmResp::default() };
        self.exchange(true, &query, &state);
        let cancel = CancelSm { message_id: b"77", source, destination, ..CancelSm::default() };
        self.exchange(true, &cancel, &CancelSmResp);
        let replace = ReplaceSm { message_id: b"77", source, short_message: b"new", ..ReplaceSm::default() };
        self.exchange(true, &replace, &ReplaceSmResp);
    }

    fn broadcasts(&mut self) {
        let source = Address::alphanumeric(b"Postrider");
        let mut tlvs = TlvBuilder::new();
        let fits = tlvs.push(tag::BROADCAST_AREA_IDENTIFIER, &[0x01, b'x'])
            && tlvs.push(tag::BROADCAST_CONTENT_TYPE, &[1, 0, 0])
            && tlvs.push(tag::BROADCAST_FREQUENCY_INTERVAL, &[9, 0, 1]);
        assert!(fits);
        // broadcast_rep_num isn't there: Wireshark reads one of its two octets.
        let broadcast = BroadcastSm { source, tlvs: tlvs.tlvs(), ..BroadcastSm::default() };
        self.exchange(true, &broadcast, &BroadcastSmResp { message_id: b"9", ..BroadcastSmResp::default() });
        let query = QueryBroadcastSm { message_id: b"9", source, ..QueryBroadcastSm::default() };
        self.exchange(
            true,
            &query,
            &QueryBroadcastSmResp { message_id: b"9", ..QueryBroadcastSmResp::default() },
        );
        let cancel = CancelBroadcastSm { message_id: b"9", source, ..CancelBroadcastSm::default() };
        self.exchange(true, &cancel, &CancelBroadcastSmResp);
    }

    fn rest(&mut self) {
        self.exchange(true, &EnquireLink, &EnquireLinkResp);
        self.exchange(false, &EnquireLink, &EnquireLinkResp);
        let alert = AlertNotification {
            source: Address::international(b"491700000001"),
            esme: Address::alphanumeric(b"Postrider"),
            ..AlertNotification::default()
        };
        self.say(false, Status::ROK, &alert);
        self.say(false, Status::RINVCMDID, &GenericNack);
        self.exchange(true, &Unbind, &UnbindResp);
    }
}

fn submit_tlvs(payload: &[u8]) -> TlvBuilder {
    let mut tlvs = TlvBuilder::new();
    tlvs.push_u16(tag::USER_MESSAGE_REFERENCE, 7).push_u16(tag::SAR_MSG_REF_NUM, 7);
    tlvs.push_u8(tag::SAR_TOTAL_SEGMENTS, 2).push_u8(tag::SAR_SEGMENT_SEQNUM, 1);
    tlvs.push_u16(tag::SOURCE_PORT, 9200).push_u16(tag::DESTINATION_PORT, 9201);
    assert!(tlvs.push(tag::MESSAGE_PAYLOAD, payload));
    tlvs
}

fn receipt_tlvs() -> TlvBuilder {
    let mut tlvs = TlvBuilder::new();
    assert!(tlvs.push_string(tag::RECEIPTED_MESSAGE_ID, b"0123456789abcdef"));
    tlvs.push_u8(tag::MESSAGE_STATE, 2);
    assert!(tlvs.push(tag::NETWORK_ERROR_CODE, &[3, 0, 0]));
    tlvs
}
