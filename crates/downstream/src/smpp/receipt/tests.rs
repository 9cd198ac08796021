use super::*;
use postrider_core::id::MessageId;
use postrider_core::message::{Body, Message, Receipts, Via};
use postrider_core::route::UpstreamId;
use postrider_core::time::Time;
use postrider_wire::smpp::pdu::{Bind, BindMode, BindResp};
use postrider_wire::smpp::{Encode, Event, Frame, Pdu, Role, Status, frame};

/// A message, and how it ended.
type End = (Message, Outcome);

/// 2026-11-21 22:50:32 UTC.
const THEN: Time = Time(1_795_301_432_000);

fn ended(from: Option<&str>, state: State, error: Option<&str>) -> End {
    let message = Message {
        from: from.map(|from| Sender::parse(from).unwrap()),
        body: Body::Text("secret".into()),
        due: THEN,
        expires: Time(THEN.0 + 1),
        reference: Some("4711".into()),
        via: Via::Session,
        ..postrider_core::testing::message(MessageId::first_at(THEN))
    };
    let outcome = Outcome {
        state,
        upstream: UpstreamId(1),
        reference: None,
        error: error.map(Into::into),
        sent_at: Some(THEN),
        done_at: Time(THEN.0 + 60_000),
        parts: 1,
        possible_duplicate: false,
    };
    (message, outcome)
}

/// A server's session with a client bound as transceiver.
fn bound() -> Session<u32> {
    let now = postrider_link::now();
    let mut session = Session::new(Role::Server, postrider_wire::smpp::Settings::default(), now);
    Bind::new(BindMode::Transceiver, b"shop", b"secret").encode(Status::ROK, 1, session.input()).unwrap();
    assert!(matches!(session.next(now), Some(Event::Request { sequence: 1, .. })));
    session.respond(1, Status::ROK, &BindResp::new(BindMode::Transceiver, b"us"), now).unwrap();
    session.output().clear();
    session
}

fn written(end: &End, parameters: bool, check: impl FnOnce(&DeliverSm<'_>)) {
    written_in(Alphabets::default(), end, parameters, check);
}

fn written_in(alphabets: Alphabets, end: &End, parameters: bool, check: impl FnOnce(&DeliverSm<'_>)) {
    let mut session = bound();
    let form = if parameters { Form::Full } else { Form::Bare };
    write(&mut session, 0, (&end.0, &end.1), None, form, alphabets, postrider_link::now()).unwrap();
    let output = session.output().split();
    match Frame::peek(&output, frame::DEFAULT_MAX_PDU).unwrap().unwrap().decode() {
        Ok(Pdu::DeliverSm(pdu)) => check(&pdu),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_receipt_is_to_the_letter_of_the_specification() {
    let delivered = ended(Some("Shop"), State::Delivered, None);
    let id = delivered.0.id.number().to_string();
    let text = format!(
        "id:{id} sub:001 dlvrd:001 submit date:2611212250 done date:2611212251 stat:DELIVRD err:000 text:"
    );
    written(&delivered, true, |pdu| {
        assert_eq!(str::from_utf8(pdu.short_message), Ok(&*text));
        assert_eq!((pdu.esm_class, pdu.data_coding), (0x04, 0));
        assert_eq!(pdu.source, Address::international(b"447700900123"));
        assert_eq!(pdu.destination, Address::alphanumeric(b"Shop"));
        assert_eq!(pdu.tlvs.get(tag::RECEIPTED_MESSAGE_ID), Some(format!("{id}\0").as_bytes()));
        assert_eq!(pdu.tlvs.number::<u8>(tag::MESSAGE_STATE), Some(2));
        assert_eq!(pdu.tlvs.number::<u16>(tag::USER_MESSAGE_REFERENCE), Some(4711));
    });
    written(&delivered, false, |pdu| assert!(pdu.tlvs.is_empty()));
}

#[test]
fn the_sender_comes_back_as_the_recipient() {
    for (from, expected) in [
        (None, Address::new(Ton::UNKNOWN, Npi::UNKNOWN, b"")),
        (Some("+15005550006"), Address::international(b"15005550006")),
        (Some("60006"), Address::new(Ton::UNKNOWN, Npi::UNKNOWN, b"60006")),
    ] {
        written(&ended(from, State::Delivered, None), true, |pdu| assert_eq!(pdu.destination, expected));
    }
}

#[test]
fn every_end_has_its_word_and_its_code() {
    for (end, carrier, stat, err) in [
        (State::Undelivered, Some("21b"), "stat:UNDELIV", "err:21b"),
        (State::Undelivered, Some("7"), "stat:UNDELIV", "err:007"),
        (State::Rejected, Some("invalid_recipient 0x0000000B ESME_RINVDSTADR"), "stat:REJECTD", "err:011"),
        (State::Rejected, Some("carrier_specific 0x12345678"), "stat:REJECTD", "err:911"),
        (State::Failed, Some("unanswered"), "stat:UNDELIV", "err:943"),
        (
            State::Unknown,
            Some("receipts_incomplete: receipts came for 1 of 3 parts"),
            "stat:UNKNOWN",
            "err:946",
        ),
        (State::Undelivered, Some("undeliverable 3:27"), "stat:UNDELIV", "err:027"),
        (State::Expired, Some("undeliverable 3:1027"), "stat:EXPIRED", "err:1027"),
        (State::Rejected, Some("undeliverable 3:65535"), "stat:REJECTD", "err:65535"),
        (State::Expired, None, "stat:EXPIRED", "err:999"),
        (State::Unknown, None, "stat:UNKNOWN", "err:999"),
        (State::Canceled, None, "stat:DELETED", "err:999"),
    ] {
        written(&ended(None, end, carrier), true, |pdu| {
            let text = String::from_utf8_lossy(pdu.short_message);
            assert!(text.contains(stat) && text.contains(err), "{end:?} {carrier:?}: {text}");
        });
    }
}

#[test]
fn a_networks_error_comes_back_as_a_parameter() {
    // SMPP 3.4, 5.3.2.31: the network's type, then its error in two octets.
    for (error, expected) in [
        (Some("3:27"), Some(&[3, 0, 27][..])),
        (Some("8:1027"), Some(&[8, 4, 3][..])),
        (Some("027"), None),
        (Some("300:1"), None),
        (None, None),
    ] {
        written(&ended(None, State::Undelivered, error), true, |pdu| {
            assert_eq!(pdu.tlvs.get(tag::NETWORK_ERROR_CODE), expected, "{error:?}");
        });
        written(&ended(None, State::Undelivered, error), false, |pdu| assert!(pdu.tlvs.is_empty()));
    }
}

#[test]
fn a_receipt_is_in_the_clients_alphabet() {
    let name = "Caf\u{e9} \u{416}@";
    for (text, name_alphabet, source) in [
        (Alphabet::Gsm7, NameAlphabet::Gsm7, &b"Caf\x05 ??"[..]),
        (Alphabet::Gsm7Packed, NameAlphabet::Latin1, b"Caf\xe9 ?@"),
        (Alphabet::Ucs2, NameAlphabet::Ascii, b"Caf? ?@"),
        (Alphabet::Utf8, NameAlphabet::Utf8, b"Caf\xc3\xa9 \xd0\x96@"),
    ] {
        let alphabets = Alphabets { text, name: name_alphabet };
        written_in(alphabets, &ended(Some(name), State::Delivered, None), true, |pdu| {
            assert!(text.decode(pdu.short_message).contains("stat:DELIVRD"), "{text:?}");
            assert_eq!(pdu.destination, Address::alphanumeric(source), "{name_alphabet:?}");
        });
    }
    let wide =
        ended(Some("\u{20ac}\u{20ac}\u{20ac}\u{20ac}\u{20ac}\u{20ac}\u{20ac}"), State::Delivered, None);
    let alphabets = Alphabets { text: Alphabet::Gsm7, name: NameAlphabet::Utf8 };
    written_in(alphabets, &wide, true, |pdu| assert_eq!(pdu.destination.digits.len(), 18));
}

#[test]
fn a_receipt_may_be_a_data_sm() {
    let mut session = bound();
    let (message, outcome) = ended(Some("Shop"), State::Delivered, None);
    let end = (&message, &outcome);
    write(&mut session, 0, end, None, Form::Data, Alphabets::default(), postrider_link::now()).unwrap();
    let output = session.output().split();
    let frame = Frame::peek(&output, frame::DEFAULT_MAX_PDU).unwrap().unwrap();
    let Ok(Pdu::DataSm(pdu)) = frame.decode() else { panic!("no data_sm") };
    assert_eq!((pdu.esm_class, pdu.destination), (RECEIPT, Address::alphanumeric(b"Shop")));
    assert!(pdu.text().starts_with(b"id:") && pdu.tlvs.number::<u8>(tag::MESSAGE_STATE) == Some(2));
}

#[test]
fn a_message_is_told_by_the_identifier_and_the_reference_that_its_client_has() {
    let mut session = bound();
    let (message, outcome) = ended(Some("Shop"), State::Delivered, None);
    let id = MessageId::first_at(Time(THEN.0 - 120_000));
    let known = KnownAs { id, receipts: Receipts::All, reference: Some("0x010203".into()) };
    let (end, alphabets) = ((&message, &outcome), Alphabets::default());
    write(&mut session, 0, end, Some(&known), Form::Full, alphabets, postrider_link::now()).unwrap();
    let output = session.output().split();
    let frame = Frame::peek(&output, frame::DEFAULT_MAX_PDU).unwrap().unwrap();
    let Ok(Pdu::DeliverSm(pdu)) = frame.decode() else { panic!("no deliver_sm") };
    let text = String::from_utf8_lossy(pdu.short_message).into_owned();
    assert!(text.starts_with(&format!("id:{id} ")) && text.contains("submit date:2611212248"), "{text}");
    let receipted = pdu.tlvs.get(tag::RECEIPTED_MESSAGE_ID).unwrap();
    assert_eq!(receipted, format!("{id}\0").as_bytes());
    assert_eq!(pdu.tlvs.get(tag::USER_MESSAGE_REFERENCE), Some(&[1, 2, 3][..]));
}
