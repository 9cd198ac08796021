//! What goes over a session: binds, messages and their answers, the window, and what isn't allowed.

use crate::wired::{Wired, events, header_only};
use postrider_wire::smpp::pdu::*;
use postrider_wire::smpp::{
    Address, Encode, Event, Pdu, RequestError, RespondError, Settings, State, Status, Tlvs,
};

fn submit() -> SubmitSm<'static> {
    SubmitSm {
        destination: Address::international(b"31612345678"),
        short_message: b"hi",
        ..SubmitSm::default()
    }
}

fn submit_resp(id: &[u8]) -> SubmitSmResp<'_> {
    SubmitSmResp { message_id: id, tlvs: Tlvs::EMPTY }
}

#[test]
fn a_message_there_and_its_receipt_back() {
    let mut wired = Wired::transceiver();
    wired.client.request(&submit(), 'm', wired.now).unwrap();
    assert_eq!(wired.server_hears(), ["request submit_sm 2"]);
    assert_eq!(wired.server.unanswered(), 1);
    wired.server.respond(2, Status::ROK, &submit_resp(b"id"), wired.now).unwrap();
    assert_eq!(wired.client_hears(), ["answer m submit_sm_resp 2 ESME_ROK"]);
    assert_eq!((wired.client.outstanding(), wired.server.unanswered()), (0, 0));
    wired.server.request(&DeliverSm { esm_class: 4, ..DeliverSm::default() }, 'r', wired.now).unwrap();
    assert_eq!(wired.client_hears(), ["request deliver_sm 1"]);
    wired.client.respond(1, Status::ROK, &DeliverSmResp::default(), wired.now).unwrap();
    assert_eq!(wired.server_hears(), ["answer r deliver_sm_resp 1 ESME_ROK"]);
}

#[test]
fn answers_in_any_order() {
    let mut wired = Wired::transceiver();
    for token in ['a', 'b', 'c'] {
        wired.client.request(&submit(), token, wired.now).unwrap();
    }
    assert_eq!(wired.server_hears().len(), 3);
    wired.server.respond(4, Status::ROK, &submit_resp(b"3"), wired.now).unwrap();
    wired.server.refuse(2, submit().command(), Status::RTHROTTLED, wired.now).unwrap();
    wired.server.respond(3, Status::ROK, &submit_resp(b"2"), wired.now).unwrap();
    wired.server.respond(3, Status::ROK, &submit_resp(b"2"), wired.now).unwrap();
    assert_eq!(
        wired.client_hears(),
        [
            "answer c submit_sm_resp 4 ESME_ROK",
            "answer a submit_sm_resp 2 ESME_RTHROTTLED",
            "answer b submit_sm_resp 3 ESME_ROK",
            "late submit_sm_resp 3",
        ]
    );
}

#[test]
fn the_window_is_kept_and_freed_by_any_answer() {
    let settings = Settings { window: 2, ..Settings::default() };
    let mut wired = Wired::bound(BindMode::Transmitter, &settings);
    wired.client.request(&submit(), 'a', wired.now).unwrap();
    wired.client.request(&submit(), 'b', wired.now).unwrap();
    assert_eq!(wired.client.request(&submit(), 'c', wired.now), Err(RequestError::WindowFull));
    assert_eq!(wired.client.window_free(), 0);
    let sequence = 2;
    wired.client.input().extend_from_slice(&header_only(0x8000_0000, 3, sequence));
    assert_eq!(events(&mut wired.client, wired.now), ["answer a generic_nack 2 ESME_RINVCMDID"]);
    assert_eq!(wired.client.window_free(), 1);
    assert_eq!(wired.client.drain_outstanding().collect::<Vec<_>>(), ['b']);
    assert_eq!(wired.client.window_free(), 2);
}

#[test]
fn a_generic_nack_without_a_number_fails_the_bind() {
    let mut wired = Wired::open(&Settings::default());
    wired.client.request(&Bind::new(BindMode::Transceiver, b"c", b"p"), 'b', wired.now).unwrap();
    wired.client.input().extend_from_slice(&header_only(0x8000_0000, 4, 0));
    assert_eq!(events(&mut wired.client, wired.now), ["answer b generic_nack 0 ESME_RINVBNDSTS"]);
    assert_eq!(wired.client.state(), State::Open);
}

#[test]
fn a_refused_bind_leaves_the_session_open_for_another() {
    let mut wired = Wired::open(&Settings::default());
    let bind = Bind::new(BindMode::Receiver, b"c", b"wrong");
    wired.client.request(&bind, 'b', wired.now).unwrap();
    assert_eq!(wired.client.request(&bind, 'c', wired.now), Err(RequestError::NotBound(State::Open)));
    wired.server_hears();
    wired.server.refuse(1, bind.command(), Status::RINVPASWD, wired.now).unwrap();
    assert_eq!(wired.client_hears(), ["answer b bind_receiver_resp 1 ESME_RINVPASWD"]);
    assert_eq!((wired.client.state(), wired.server.state()), (State::Open, State::Open));
    assert!(wired.client.request(&bind, 'c', wired.now).is_ok());
}

#[test]
fn who_does_not_wait_for_the_bind_resp_is_served_after_it() {
    let mut wired = Wired::open(&Settings::default());
    let mut ahead = Wired::transceiver();
    ahead.client.request(&submit(), 'm', ahead.now).unwrap();
    let impatient = ahead.client.output().split();
    wired.client.request(&Bind::new(BindMode::Transmitter, b"c", b"p"), 'b', wired.now).unwrap();
    wired.server.input().extend_from_slice(&wired.client.output().split());
    wired.server.input().extend_from_slice(&impatient);
    assert_eq!(events(&mut wired.server, wired.now), ["request bind_transmitter 1"]);
    wired.server.respond(1, Status::ROK, &BindResp::new(BindMode::Transmitter, b"s"), wired.now).unwrap();
    assert_eq!(events(&mut wired.server, wired.now), ["request submit_sm 2"]);
}

#[test]
fn who_floods_before_the_bind_is_answered_is_closed() {
    let mut wired = Wired::open(&Settings { max_pdu: 1024, ..Settings::default() });
    wired.client.request(&Bind::new(BindMode::Transmitter, b"c", b"p"), 'b', wired.now).unwrap();
    wired.server_hears();
    assert!(wired.server.wants_input());
    wired.server.input().extend_from_slice(&[0; 2000]);
    assert!(!wired.server.wants_input());
    wired.server.input().extend_from_slice(&[0; 60_000]);
    assert_eq!(
        events(&mut wired.server, wired.now),
        ["closed: too much was sent before the bind was answered"]
    );
}

#[test]
fn a_server_refuses_what_the_state_does_not_allow() {
    let mut wired = Wired::bound(BindMode::Receiver, &Settings::default());
    let mut sender = Wired::transceiver();
    sender.client.request(&submit(), 'm', sender.now).unwrap();
    let octets = sender.client.output().split();
    wired.server.input().extend_from_slice(&octets);
    assert_eq!(events(&mut wired.server, wired.now), ["refused submit_sm ESME_RINVBNDSTS"]);
    assert_eq!(wired.server.output().split(), header_only(0x8000_0004, 4, 2)[..]);
    wired.server.input().extend_from_slice(&header_only(9, 0, 8));
    assert_eq!(events(&mut wired.server, wired.now), ["refused bind_transceiver ESME_RALYBND"]);
    assert_eq!(wired.server.state(), State::BoundRx);
    assert_eq!(wired.client.request(&submit(), 'x', wired.now), Err(RequestError::NotBound(State::BoundRx)));
}

#[test]
fn a_lax_server_and_any_client_take_what_comes() {
    let settings = Settings { strict_states: false, ..Settings::default() };
    let mut wired = Wired::bound(BindMode::Receiver, &settings);
    let submit_sm = with_body(4, 5, &[0; 17]);
    wired.server.input().extend_from_slice(&submit_sm);
    assert_eq!(events(&mut wired.server, wired.now), ["request submit_sm 5"]);
    let mut wired = Wired::bound(BindMode::Transmitter, &Settings::default());
    wired.client.input().extend_from_slice(&with_body(5, 0xFFFF_FFFF, &[0; 17]));
    assert_eq!(events(&mut wired.client, wired.now), ["request deliver_sm 4294967295"]);
    wired.client.respond(0xFFFF_FFFF, Status::ROK, &DeliverSmResp::default(), wired.now).unwrap();
    assert_eq!(wired.client.output()[12..16], [0xFF; 4]);
    wired.client.input().extend_from_slice(&submit_sm);
    assert_eq!(events(&mut wired.client, wired.now), ["refused submit_sm ESME_RINVCMDID"]);
}

fn with_body(command: u32, sequence: u32, body: &[u8]) -> Vec<u8> {
    let mut octets = header_only(command, 0, sequence);
    octets.extend_from_slice(body);
    octets[3] = u8::try_from(octets.len()).unwrap();
    octets
}

#[test]
fn a_body_that_makes_no_sense_is_answered_and_the_session_kept() {
    let mut wired = Wired::transceiver();
    let mut octets = with_body(4, 7, b"\0\0\0");
    octets.extend(with_body(7, 8, b"\0\0\0\0\0\0\0\0\x09hi"));
    octets.extend(with_body(0x999, 9, b"whatever"));
    octets.extend(with_body(0x8000_0999, 10, b""));
    octets.extend(with_body(0x15, 0, b"body"));
    wired.server.input().extend_from_slice(&octets);
    assert_eq!(
        events(&mut wired.server, wired.now),
        [
            "malformed submit_sm source_addr",
            "malformed replace_sm short_message",
            "refused command 0x00000999 ESME_RINVCMDID",
        ]
    );
    let answers = [
        header_only(0x8000_0004, 2, 7),
        header_only(0x8000_0007, 1, 8),
        header_only(0x8000_0000, 3, 9),
        header_only(0x8000_0015, 0, 0),
    ];
    assert_eq!(wired.server.output().split(), answers.concat()[..]);
    assert_eq!(wired.server.state(), State::BoundTrx);
}

#[test]
fn a_bind_that_makes_no_sense_does_not_hold_up_the_next() {
    let mut wired = Wired::open(&Settings::default());
    wired.server.input().extend_from_slice(&header_only(9, 0, 1));
    assert_eq!(events(&mut wired.server, wired.now), ["malformed bind_transceiver system_id"]);
    wired.server.input().extend_from_slice(&with_body(9, 2, b"\0\0\0\x34\0\0\0"));
    assert_eq!(events(&mut wired.server, wired.now), ["request bind_transceiver 2"]);
}

#[test]
fn what_is_not_smpp_is_said_in_plain_words() {
    let mut wired = Wired::open(&Settings::default());
    wired.server.input().extend_from_slice(b"GET / HTTP/1.1\r\n\r\n");
    let told = events(&mut wired.server, wired.now);
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("looks like an HTTP request"), "{told:?}");
    assert!(wired.server.output().is_empty());
    assert_eq!(wired.server.respond(1, Status::ROK, &UnbindResp, wired.now), Err(RespondError::Closed));
    wired.client.input().extend_from_slice(&[0, 0, 0, 3]);
    assert_eq!(
        events(&mut wired.client, wired.now),
        ["closed: a PDU says it has 3 octets, which is outside 16 to 69632"]
    );
    assert_eq!(wired.client.output().split(), header_only(0x8000_0000, 2, 0)[..]);
}

#[test]
fn one_octet_at_a_time() {
    let mut wired = Wired::transceiver();
    wired.client.request(&submit(), 'a', wired.now).unwrap();
    wired.client.request(&submit(), 'b', wired.now).unwrap();
    let mut told = Vec::new();
    for octet in wired.client.output().split() {
        wired.server.input().extend_from_slice(&[octet]);
        told.extend(events(&mut wired.server, wired.now));
    }
    assert_eq!(told, ["request submit_sm 2", "request submit_sm 3"]);
}

#[test]
fn an_event_borrows_its_pdu_and_the_next_call_lets_go() {
    let mut wired = Wired::transceiver();
    wired.client.request(&submit(), 'a', wired.now).unwrap();
    wired.server.input().extend_from_slice(&wired.client.output().split());
    let Some(Event::Request { pdu: Pdu::SubmitSm(read), .. }) = wired.server.next(wired.now) else {
        panic!()
    };
    assert_eq!(read, submit());
    assert!(wired.server.next(wired.now).is_none());
    assert!(wired.server.input().is_empty());
}

#[test]
fn outbind_is_taken_only_by_who_wants_it() {
    let mut wired = Wired::open(&Settings::default());
    let outbind = Outbind { system_id: b"s", password: b"p", tlvs: Tlvs::EMPTY };
    assert_eq!(wired.server.request(&outbind, 'o', wired.now), Err(RequestError::NotARequest));
    wired.server.inform(&outbind).unwrap();
    assert_eq!(wired.client_hears(), ["refused outbind ESME_RINVCMDID"]);
    let mut wired = Wired::open(&Settings { accept_outbind: true, ..Settings::default() });
    wired.server.inform(&outbind).unwrap();
    assert_eq!(wired.client_hears(), ["request outbind 1"]);
    wired.client.request(&Bind::new(BindMode::Receiver, b"c", b"p"), 'b', wired.now).unwrap();
    assert_eq!(wired.server_hears(), ["request bind_receiver 1"]);
    wired.server.respond(1, Status::ROK, &BindResp::new(BindMode::Receiver, b"s"), wired.now).unwrap();
    wired.server.inform(&AlertNotification::default()).unwrap();
    assert_eq!(
        wired.client_hears(),
        ["answer b bind_receiver_resp 1 ESME_ROK", "request alert_notification 2"]
    );
    assert_eq!(wired.client.unanswered(), 0);
}

#[test]
fn a_peer_that_reads_nothing_is_not_read_from() {
    let mut wired =
        Wired::bound(BindMode::Transceiver, &Settings { max_output: 1000, ..Settings::default() });
    for sequence in 0..100 {
        wired.server.input().extend_from_slice(&header_only(0x15, 0, sequence));
        events(&mut wired.server, wired.now);
    }
    assert!(!wired.server.wants_input());
    wired.server.output().clear();
    assert!(wired.server.wants_input());
}

#[test]
fn a_server_reads_long_pdus_only_of_those_that_are_bound() {
    let settings = Settings::default();
    let head = [5_000u32, 4, 0, 7].map(u32::to_be_bytes).concat();
    let mut unbound = Wired::open(&settings);
    assert!(unbound.server.input().capacity() <= 1_024);
    unbound.server.input().extend_from_slice(&head);
    assert_eq!(
        events(&mut unbound.server, unbound.now),
        ["closed: a PDU says it has 5000 octets, which is outside 16 to 4096"]
    );
    let mut bound = Wired::transceiver();
    assert!(bound.server.input().capacity() >= 4_096);
    bound.server.input().extend_from_slice(&head);
    assert!(events(&mut bound.server, bound.now).is_empty());
}
