use super::*;
use crate::smpp::testing::{delivery, settings};
use postrider_core::contract::Heard;
use postrider_core::number::Number;
use postrider_core::sender::Sender;
use postrider_link::carrier::{Conversation as _, Event as Told, Failure};
use postrider_link::now;
use postrider_wire::smpp::pdu::{BindResp, DeliverSm, SubmitSmResp};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Command, TlvBuilder, Tlvs};

/// A conversation, and the carrier that it is with.
struct Pair {
    ours: Conversation,
    theirs: Session<()>,
    now: Instant,
}

impl Pair {
    fn new(change: impl FnOnce(&mut Settings)) -> Self {
        let settings = settings(change);
        let now = now();
        let ours = Conversation::begin(&Arc::new(settings), BindMode::Transceiver, now).unwrap();
        Self { ours, theirs: Session::new(Role::Server, postrider_wire::smpp::Settings::default(), now), now }
    }

    fn bound() -> Self {
        let mut pair = Self::new(|_| {});
        pair.answer(Status::ROK, |session, sequence, status, now| {
            session.respond(sequence, status, &BindResp::new(BindMode::Transceiver, b"smsc"), now).unwrap();
        });
        assert!(matches!(pair.told()[..], [Told::LoggedIn]));
        pair
    }

    /// Sends a part of a short text.
    fn send(&mut self) -> Token {
        let delivery = delivery("hi");
        let (parts, encoded) = self.ours.encode(&delivery.message).unwrap();
        assert_eq!(parts, 1);
        let token = Token::new(3, 0, self.now);
        let part = Part { token, delivery: &delivery, encoded: &encoded, number: 0 };
        self.ours.send(&part, self.now, Time(0)).unwrap();
        token
    }

    /// The carrier answers the next request of ours.
    fn answer(&mut self, status: Status, answer: impl FnOnce(&mut Session<()>, u32, Status, Instant)) {
        let octets = self.ours.endpoint().output().split();
        self.theirs.input().extend_from_slice(&octets);
        let Some(Event::Request { sequence, .. }) = self.theirs.next(self.now) else { panic!("no request") };
        answer(&mut self.theirs, sequence, status, self.now);
    }

    /// What the carrier wrote, as it is told.
    fn told(&mut self) -> Vec<Told<Ack>> {
        let octets = self.theirs.output().split();
        self.ours.endpoint().input().extend_from_slice(&octets);
        std::iter::from_fn(|| self.ours.next(self.now)).collect()
    }
}

#[test]
fn a_refused_bind_says_when_to_try_again_and_what_to_do() {
    for (status, failure, advice) in [
        (Status::RINVPASWD, Failure::Login, "password"),
        (Status::RALYBND, Failure::Occupied, "bound already"),
        (Status::RSYSERR, Failure::NotReady, "ask whether the account is active"),
    ] {
        let mut pair = Pair::new(|_| {});
        pair.answer(status, |session, sequence, status, now| {
            session.refuse(sequence, Command::BIND_TRANSCEIVER, status, now).unwrap();
        });
        match &pair.told()[..] {
            [Told::LoginRefused { failure: refused, reason, advice: advised }] => {
                assert_eq!(*refused, failure);
                assert!(
                    reason.contains(&status.to_string()) && advised.contains(advice),
                    "{reason}: {advised}"
                );
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_answer_says_what_came_of_its_part_and_how_loaded_the_carrier_is() {
    let mut pair = Pair::bound();
    let sent = pair.send();
    pair.answer(Status::ROK, |session, sequence, status, now| {
        let mut tlvs = TlvBuilder::new();
        tlvs.push_u8(tag::CONGESTION_STATE, 90);
        let answer = SubmitSmResp { message_id: b"a1", tlvs: tlvs.tlvs() };
        session.respond(sequence, status, &answer, now).unwrap();
    });
    match &pair.told()[..] {
        [Told::Answered { token, outcome, status: "ESME_ROK", load: Some(90) }] => {
            assert_eq!((*token, outcome), (sent, &PartOutcome::Accepted(Some("a1".into()))));
        }
        other => panic!("{other:?}"),
    }
    pair.send();
    pair.answer(Status(0x451), |session, sequence, status, now| {
        session.refuse(sequence, Command::SUBMIT_SM, status, now).unwrap();
    });
    assert!(matches!(
        &pair.told()[..],
        [Told::Answered { outcome: PartOutcome::Refused(_), status: "own", .. }]
    ));
}

#[test]
fn an_answer_that_comes_too_late_names_its_part() {
    let mut pair = Pair::bound();
    let sent = pair.send();
    let (begun, response) = (pair.now, pair.ours.settings.timers.response_timeout.get());
    pair.now = begun + response;
    pair.ours.tick(pair.now);
    let request = match &pair.told()[..] {
        [Told::Unanswered { token, request }] if *token == sent => *request,
        other => panic!("{other:?}"),
    };
    pair.answer(Status::ROK, |session, sequence, status, now| {
        let answer = SubmitSmResp { message_id: b"a1", tlvs: Tlvs::EMPTY };
        session.respond(sequence, status, &answer, now).unwrap();
    });
    match &pair.told()[..] {
        [Told::Late { request: late, reference }] => assert_eq!((*late, &**reference), (request, "a1")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn receipts_and_messages_of_handsets_are_brought_and_answered_as_they_are_kept() {
    let mut pair = Pair::bound();
    for text in [&b"id:a1 stat:DELIVRD"[..], b"STOP", b"id:a2 stat:UNDELIV"] {
        let pdu = DeliverSm { short_message: text, ..DeliverSm::default() };
        pair.theirs.request(&pdu, (), pair.now).unwrap();
    }
    let mut brought = Vec::new();
    for (told, kept) in pair.told().into_iter().zip([true, true, false]) {
        let Told::Brought { heard: Some(heard), ack } = told else { panic!("{told:?}") };
        brought.push(match heard {
            Heard::Report(report) => format!("{} {:?}", report.reference, report.reported),
            Heard::Inbound(inbound) => format!("{:?}", inbound.body),
            Heard::Event(event) => format!("{event:?}"),
        });
        pair.ours.acknowledge(ack, kept, pair.now);
    }
    assert_eq!(brought, ["a1 Delivered", "Text(4 octets)", "a2 Undelivered"]);
    let octets = pair.ours.endpoint().output().split();
    pair.theirs.input().extend_from_slice(&octets);
    let mut statuses = Vec::new();
    while let Some(Event::Response { sequence, status, .. }) = pair.theirs.next(pair.now) {
        statuses.push((sequence, status));
    }
    assert_eq!(statuses, [(1, Status::ROK), (2, Status::ROK), (3, Status::RX_T_APPN)]);
}

#[test]
fn an_unbind_of_the_carrier_is_answered() {
    let mut pair = Pair::bound();
    pair.theirs.unbind(pair.now).unwrap();
    assert!(matches!(pair.told()[..], [Told::Leave]));
    pair.ours.leave(pair.now);
    assert!(matches!(&pair.told()[..], [Told::Closed { is_lost: false, .. }]));
    let octets = pair.ours.endpoint().output().split();
    pair.theirs.input().extend_from_slice(&octets);
    assert!(matches!(pair.theirs.next(pair.now), Some(Event::Closed(Reason::Unbound))));
}

#[test]
fn a_connection_that_is_lost_before_the_bind_is_answered_says_so() {
    let mut pair = Pair::new(|_| {});
    pair.ours.disconnected(String::from("the carrier closed the connection"));
    match &pair.told()[..] {
        [Told::Closed { reason, is_lost: true }] => {
            assert!(reason.starts_with("before the bind"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_came_of_an_answer_is_told_when_the_connection_is_lost() {
    for (begun, expected) in [
        (&b"\r\n"[..], "closed after 2 octets (0D 0A), which is text: this isn't SMPP"),
        (&[0, 0, 0, 16, 0x80], "closed after 5 octets (00 00 00 10 80) of a PDU"),
    ] {
        let mut pair = Pair::new(|_| {});
        pair.ours.endpoint().input().extend_from_slice(begun);
        pair.ours.disconnected(String::from("closed"));
        match &pair.told()[..] {
            [Told::Closed { reason, .. }] => assert!(reason.ends_with(expected), "{reason}"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_bind_that_is_never_answered_is_lost() {
    let mut pair = Pair::new(|settings| settings.limits.bind = Duration::from_secs(7));
    assert_eq!(pair.ours.deadline(), Some(pair.now + Duration::from_secs(7)));
    pair.now += Duration::from_secs(7);
    pair.ours.tick(pair.now);
    match &pair.told()[..] {
        [Told::Closed { reason, is_lost: true }] => assert_eq!(reason, "the bind was not answered in time"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_generic_nack_without_a_request_is_told_once_and_ends_nothing() {
    let mut pair = Pair::bound();
    pair.send();
    for _ in 0..2 {
        // SMPP 3.4, 4.3.1: the number is 0 where not even that could be read.
        pair.theirs.output().extend_from_slice(&[0, 0, 0, 16, 0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]);
        assert!(pair.told().is_empty());
        assert!(pair.ours.meters.is_nack_told);
    }
    assert_eq!(pair.ours.outstanding(), 1);
}

#[test]
fn what_the_carrier_can_not_take_goes_elsewhere_and_never_changed() {
    for (to, from) in
        [("+447700900123", "\u{41C}\u{430}\u{433}"), ("+447700900123", "TwelveLetter"), ("60006", "Shop")]
    {
        let mut delivery = delivery("hi");
        let message = Arc::make_mut(&mut delivery.message);
        message.to = Number::parse_recipient(to).unwrap();
        message.from = Some(Sender::parse(from).unwrap());
        let encoded = Pair::bound().ours.encode(&delivery.message).map(|(parts, _)| parts);
        assert_eq!(encoded.unwrap_err().kind, FaultKind::Elsewhere, "{to} {from}");
    }
}
