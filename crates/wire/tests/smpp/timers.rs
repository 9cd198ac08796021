//! The timers, under a clock that only moves when told to.

use crate::wired::{Wired, events, header_only};
use postrider_wire::smpp::pdu::{BindMode, SubmitSm, SubmitSmResp};
use postrider_wire::smpp::{RequestError, Settings, State, Status, Tlvs};
use proptest::prelude::*;
use std::time::Duration;

#[test]
fn silence_is_asked_about_and_an_answer_is_enough() {
    let mut wired = Wired::transceiver();
    assert_eq!(wired.client.deadline(), Some(wired.now + Duration::from_secs(30)));
    assert!(wired.client_waits(29).is_empty() && wired.client.output().is_empty());
    assert!(wired.client_waits(1).is_empty());
    assert_eq!(wired.client.output()[..], header_only(0x15, 0, 2)[..]);
    assert!(wired.server_hears().is_empty());
    assert!(wired.client_hears().is_empty());
    assert!(wired.client_waits(29).is_empty() && wired.client.output().is_empty());
    assert_eq!((wired.client.outstanding(), wired.client.state()), (0, State::BoundTrx));
}

#[test]
fn a_peer_that_owes_an_answer_is_asked_sooner() {
    let settings = Settings { enquire_debtor: Some(Duration::from_secs(15)), ..Settings::default() };
    let mut wired = Wired::bound(BindMode::Transceiver, &settings);
    assert!(wired.client_waits(15).is_empty() && wired.client.output().is_empty());
    wired.client.request(&SubmitSm::default(), 'a', wired.now).unwrap();
    wired.server_hears();
    wired.client.tick(wired.now);
    assert_eq!(wired.client.output()[..], header_only(0x15, 0, 3)[..]);
    assert_eq!(wired.client.asked(), Some(wired.now));
    wired.server_hears();
    wired.wait(1);
    assert!(wired.client_hears().is_empty());
    assert_eq!((wired.client.asked(), wired.client.heard()), (None, wired.now));
}

#[test]
fn who_never_asks_does_not_ask_at_once_either() {
    for (enquire_link, octets) in [(None, 0), (Some(Duration::from_secs(30)), 16)] {
        let mut wired =
            Wired::bound(BindMode::Transceiver, &Settings { enquire_link, ..Settings::default() });
        wired.client.ask(wired.now);
        wired.client.ask(wired.now);
        assert_eq!(wired.client.output().len(), octets);
    }
}

#[test]
fn an_unanswered_enquire_link_ends_the_session() {
    let mut wired = Wired::transceiver();
    wired.client_waits(30);
    assert_eq!(wired.client.deadline(), Some(wired.now + Duration::from_secs(30)));
    assert_eq!(wired.client_waits(30), ["closed: an enquire_link was not answered in time"]);
    assert_eq!((wired.client.deadline(), wired.client.state()), (None, State::Closed));
    assert!(wired.client_waits(1000).is_empty());
}

#[test]
fn anything_from_the_peer_is_life() {
    let mut wired = Wired::transceiver();
    wired.client_waits(30);
    wired.wait(29);
    wired.client.input().extend_from_slice(&header_only(0x8000_0004, 0, 999));
    assert_eq!(events(&mut wired.client, wired.now), ["late submit_sm_resp 999"]);
    assert!(wired.client_waits(29).is_empty());
}

#[test]
fn an_enquire_link_is_answered_in_every_state() {
    let mut wired = Wired::open(&Settings::default());
    for end in [&mut wired.client, &mut wired.server] {
        end.input().extend_from_slice(&header_only(0x15, 0, 0xFFFF_FFFF));
        assert!(events(end, wired.now).is_empty());
        assert_eq!(end.output().split(), header_only(0x8000_0015, 0, 0xFFFF_FFFF)[..]);
    }
}

#[test]
fn nobody_binds() {
    let mut wired = Wired::open(&Settings::default());
    assert_eq!(wired.client.deadline(), Some(wired.now + Duration::from_secs(10)));
    assert_eq!(wired.client_waits(10), ["closed: nobody bound in time"]);
}

#[test]
fn nobody_speaks() {
    let settings =
        Settings { enquire_link: None, inactivity: Some(Duration::from_secs(120)), ..Settings::default() };
    let mut wired = Wired::bound(BindMode::Receiver, &settings);
    assert!(wired.client_waits(119).is_empty());
    assert_eq!(wired.client_waits(1), ["closed: the peer was silent for too long"]);
    let settings = Settings { enquire_link: None, ..Settings::default() };
    let wired = Wired::bound(BindMode::Receiver, &settings);
    assert_eq!(
        wired.client.deadline().filter(|deadline| *deadline > wired.now + Duration::from_secs(30)),
        None
    );
}

#[test]
fn an_answer_after_its_time_is_late_and_still_worth_something() {
    let settings = Settings { enquire_link: None, ..Settings::default() };
    let mut wired = Wired::bound(BindMode::Transmitter, &settings);
    wired.client.request(&SubmitSm::default(), 'a', wired.now).unwrap();
    assert!(wired.client_waits(1).is_empty());
    wired.client.request(&SubmitSm::default(), 'b', wired.now).unwrap();
    assert_eq!(wired.client_waits(29), ["timed out a 2"]);
    assert_eq!(wired.client.outstanding(), 1);
    wired.server_hears();
    let answer = SubmitSmResp { message_id: b"id", tlvs: Tlvs::EMPTY };
    wired.server.respond(2, Status::ROK, &answer, wired.now).unwrap();
    wired.server.respond(3, Status::ROK, &answer, wired.now).unwrap();
    assert_eq!(wired.client_hears(), ["late submit_sm_resp 2", "answer b submit_sm_resp 3 ESME_ROK"]);
    assert_eq!(wired.client.deadline(), None);
}

proptest! {
    /// Whatever the order of sending, answering, waiting and losing the connection: the window holds, and every
    /// message comes back exactly once, as answered, as timed out, or as drained.
    #[test]
    fn nothing_written_is_lost(steps in proptest::collection::vec(0..40_usize, 1..200)) {
        let settings = Settings { window: 5, enquire_link: None, ..Settings::default() };
        let mut wired = Wired::bound(BindMode::Transceiver, &settings);
        let mut pending = Vec::new();
        let (mut sent, mut back) = (0, 0);
        for step in steps {
            match step {
                0..20 => match wired.client.request(&SubmitSm::default(), 'm', wired.now) {
                    Ok(sequence) => {
                        sent += 1;
                        pending.push(sequence);
                    }
                    Err(error) => {
                        prop_assert_eq!(error, RequestError::WindowFull);
                        prop_assert_eq!(wired.client.outstanding(), 5);
                    }
                },
                20..35 if !pending.is_empty() => {
                    let sequence = pending.swap_remove(step % pending.len());
                    wired.server.respond(sequence, Status::ROK, &SubmitSmResp::default(), wired.now).unwrap();
                    wired.server_hears();
                    let told = wired.client_hears();
                    back += told.iter().filter(|words| words.starts_with("answer")).count();
                }
                _ => {
                    let told = wired.client_waits(step as u64 / 3);
                    prop_assert!(told.iter().all(|words| words.starts_with("timed out")));
                    back += told.len();
                }
            }
            prop_assert!(wired.client.outstanding() <= 5);
            prop_assert_eq!(wired.client.outstanding(), sent - back);
        }
        back += wired.client.drain_outstanding().count();
        prop_assert_eq!(sent, back);
    }
}
