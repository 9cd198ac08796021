//! How a session ends.

use crate::wired::{Wired, events};
use postrider_wire::smpp::pdu::{DeliverSm, DeliverSmResp, SubmitSm, SubmitSmResp, UnbindResp};
use postrider_wire::smpp::{Reason, RequestError, State, Status};

#[test]
fn we_unbind_and_what_is_pending_is_still_answered() {
    let mut wired = Wired::transceiver();
    wired.client.request(&SubmitSm::default(), 'a', wired.now).unwrap();
    wired.server.request(&DeliverSm::default(), 'd', wired.now).unwrap();
    wired.client.unbind(wired.now).unwrap();
    assert_eq!(
        wired.client.request(&SubmitSm::default(), 'b', wired.now),
        Err(RequestError::NotBound(State::Unbinding))
    );
    assert_eq!(wired.server_hears(), ["request submit_sm 2", "unbind 3"]);
    assert_eq!(wired.server.unanswered(), 1);
    wired.server.respond(2, Status::ROK, &SubmitSmResp::default(), wired.now).unwrap();
    wired.server.respond(3, Status::ROK, &UnbindResp, wired.now).unwrap();
    assert_eq!(events(&mut wired.server, wired.now), ["closed: the session was unbound"]);
    assert_eq!(wired.server.drain_outstanding().collect::<Vec<_>>(), ['d']);
    assert_eq!(
        wired.client_hears(),
        ["request deliver_sm 1", "answer a submit_sm_resp 2 ESME_ROK", "closed: the session was unbound"]
    );
}

#[test]
fn a_delivery_after_our_unbind_is_taken() {
    let mut wired = Wired::transceiver();
    wired.client.unbind(wired.now).unwrap();
    wired.server.request(&DeliverSm::default(), 'd', wired.now).unwrap();
    assert_eq!(wired.client_hears(), ["request deliver_sm 1"]);
    wired.client.respond(1, Status::ROK, &DeliverSmResp::default(), wired.now).unwrap();
    assert_eq!(wired.server_hears(), ["unbind 2", "answer d deliver_sm_resp 1 ESME_ROK"]);
}

#[test]
fn an_unbind_without_an_answer_is_waited_for_five_seconds() {
    let mut wired = Wired::transceiver();
    wired.client.unbind(wired.now).unwrap();
    assert!(wired.client_waits(4).is_empty());
    assert_eq!(wired.client_waits(1), ["closed: an unbind was not answered in time"]);
}

#[test]
fn the_server_unbinds() {
    let mut wired = Wired::transceiver();
    wired.server.unbind(wired.now).unwrap();
    assert_eq!(wired.client_hears(), ["unbind 1"]);
    wired.client.respond(1, Status::ROK, &UnbindResp, wired.now).unwrap();
    assert_eq!(wired.client.state(), State::Closed);
    assert_eq!(wired.server_hears(), ["closed: the session was unbound"]);
}

#[test]
fn what_crosses_the_servers_unbind_is_taken_and_what_follows_the_clients_is_not() {
    let mut wired = Wired::transceiver();
    wired.server.unbind(wired.now).unwrap();
    wired.client.request(&SubmitSm::default(), 'a', wired.now).unwrap();
    assert_eq!(wired.server_hears(), ["request submit_sm 2"]);
    wired.server.respond(2, Status::ROK, &SubmitSmResp::default(), wired.now).unwrap();
    assert_eq!(wired.client_hears(), ["unbind 1", "answer a submit_sm_resp 2 ESME_ROK"]);
    let mut wired = Wired::transceiver();
    wired.client.request(&SubmitSm::default(), 'a', wired.now).unwrap();
    let late = wired.client.output().split();
    wired.client.unbind(wired.now).unwrap();
    wired.server_hears();
    wired.server.input().extend_from_slice(&late);
    assert_eq!(events(&mut wired.server, wired.now), ["refused submit_sm ESME_RINVBNDSTS"]);
}

#[test]
fn both_unbind_at_once() {
    let mut wired = Wired::transceiver();
    wired.client.unbind(wired.now).unwrap();
    wired.server.unbind(wired.now).unwrap();
    assert_eq!(wired.client_hears(), ["unbind 1"]);
    assert_eq!(wired.server_hears(), ["unbind 2"]);
    wired.client.respond(1, Status::ROK, &UnbindResp, wired.now).unwrap();
    wired.server.respond(2, Status::ROK, &UnbindResp, wired.now).unwrap();
    assert_eq!(events(&mut wired.client, wired.now), ["closed: the session was unbound"]);
    assert_eq!(events(&mut wired.server, wired.now), ["closed: the session was unbound"]);
}

#[test]
fn a_client_that_never_bound_may_unbind() {
    let mut wired = Wired::open(&postrider_wire::smpp::Settings::default());
    assert_eq!(wired.client.unbind(wired.now), Err(RequestError::NotBound(State::Open)));
    wired.server.input().extend_from_slice(&crate::wired::header_only(6, 0, 1));
    assert_eq!(events(&mut wired.server, wired.now), ["unbind 1"]);
}

#[test]
fn a_lost_connection_says_so_once() {
    let mut wired = Wired::transceiver();
    wired.client.request(&SubmitSm::default(), 'a', wired.now).unwrap();
    wired.client.close(Reason::Disconnected("reset by the peer".to_owned()));
    wired.client.close(Reason::Unbound);
    assert_eq!(events(&mut wired.client, wired.now), ["closed: reset by the peer"]);
    assert!(events(&mut wired.client, wired.now).is_empty());
    assert_eq!(wired.client.drain_outstanding().collect::<Vec<_>>(), ['a']);
}
