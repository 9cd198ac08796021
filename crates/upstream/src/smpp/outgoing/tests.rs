use super::*;
use crate::smpp::encode::encode;
use crate::smpp::settings::Long;
use crate::smpp::testing::{delivery, settings};
use postrider_core::delivery::Delivery;
use postrider_declare::upstream::smpp::MessageMode;
use postrider_link::carrier::Token;
use postrider_link::now;
use postrider_wire::smpp::pdu::BindResp;
use postrider_wire::smpp::{Frame, Pdu, Role, Status, frame};
use std::sync::Arc;

/// A session of ours, bound as transceiver.
fn bound(settings: &Settings) -> Session<Sent> {
    let now = now();
    let mut session = Session::new(Role::Client, postrider_wire::smpp::Settings::default(), now);
    Outgoing::default().bind(&mut session, BindMode::Transceiver, settings, now).unwrap();
    let output = session.output().split();
    let asked = Frame::peek(&output, frame::DEFAULT_MAX_PDU).unwrap().unwrap();
    let Ok(Pdu::Bind(bind)) = asked.decode() else { panic!("no bind") };
    assert_eq!((bind.system_id, bind.password), (&b"user"[..], &b"longer-than-eight"[..]));
    let answer = BindResp::new(BindMode::Transceiver, b"smsc");
    answer.encode(Status::ROK, asked.header.sequence, session.input()).unwrap();
    while session.next(now).is_some() {}
    session
}

/// Writes a part an hour before its message expires.
fn write(session: &mut Session<Sent>, delivery: &Delivery, number: u8, settings: &Settings) {
    let encoded = encode(&delivery.message, &settings.text).unwrap();
    let part = Part { token: Token::new(0, number, now()), delivery, encoded: &encoded, number };
    let now = (now(), Time(86_400_000 - 3_600_000));
    Outgoing::default().submit(session, &part, settings, now).unwrap();
}

/// What `check` sees of the only part of a short text, or of the first of a long one.
fn submitted(text: &str, settings: &Settings, check: impl FnOnce(&SubmitSm<'_>)) {
    let mut session = bound(settings);
    write(&mut session, &delivery(text), 0, settings);
    let output = session.output().split();
    match Frame::peek(&output, frame::DEFAULT_MAX_PDU).unwrap().unwrap().decode() {
        Ok(Pdu::SubmitSm(pdu)) => check(&pdu),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_part_is_written_as_the_settings_say() {
    submitted("Hello", &settings(|_| ()), |pdu| {
        assert_eq!((pdu.short_message, pdu.esm_class, pdu.registered_delivery), (&b"Hello"[..], 0, 1));
        assert_eq!(pdu.destination.digits, b"447700900123");
        assert!(pdu.tlvs.is_empty());
    });
    let stored = settings(|settings| {
        settings.message_mode = MessageMode::StoreAndForward;
        settings.registered_delivery = 0x11;
        settings.service_type = "CMT".into();
        settings.priority_flag = 2;
    });
    submitted(&"x".repeat(200), &stored, |pdu| {
        assert_eq!((pdu.service_type, pdu.esm_class, pdu.registered_delivery), (&b"CMT"[..], 0x43, 0x11));
        assert_eq!(pdu.priority_flag, 2);
        assert_eq!(pdu.short_message.get(..3), Some(&[5, 0, 3][..]));
    });
}

#[test]
fn long_texts_go_by_parameters_where_the_carrier_wants_them() {
    let long = |long| settings(|settings| settings.text.long = long);
    submitted(&"x".repeat(200), &long(Long::Sar), |pdu| {
        assert_eq!(pdu.tlvs.number::<u8>(tag::SAR_TOTAL_SEGMENTS), Some(2));
        assert_eq!(pdu.tlvs.number::<u8>(tag::SAR_SEGMENT_SEQNUM), Some(1));
        assert_eq!((pdu.esm_class, pdu.short_message.len()), (0, 153));
    });
    submitted(&"x".repeat(1_000), &long(Long::Payload), |pdu| {
        assert_eq!(
            (pdu.short_message.len(), pdu.tlvs.get(tag::MESSAGE_PAYLOAD).map(<[u8]>::len)),
            (0, Some(1_000))
        );
    });
}

#[test]
fn the_carrier_is_told_how_long_as_it_takes_it() {
    for (form, most, expected) in [
        (ValidityForm::Omit, "25h", &b""[..]),
        (ValidityForm::Relative, "25h", b"000000010000000R"),
        (ValidityForm::Relative, "1h", b""),
        (ValidityForm::Absolute, "25h", b"700102000000000+"),
        (ValidityForm::Absolute, "1h", b""),
    ] {
        let settings = settings(|settings| (settings.validity, settings.validity_max) = (form, most.into()));
        submitted("hi", &settings, |pdu| {
            assert_eq!(pdu.validity_period, expected, "{form:?} {most}");
        });
    }
}

#[test]
fn every_part_has_the_messages_parameters_and_the_usual_ones_that_it_lacks() {
    let parameter = |tag, value: &[u8]| Parameter { tag, value: value.into() };
    let usual = [parameter(0x1400, b"17"), parameter(0x1402, b"hash")];
    let settings = settings(|settings| settings.parameters = Vec::from(usual).into());
    let mut session = bound(&settings);
    let mut delivery = delivery(&"x".repeat(200));
    Arc::make_mut(&mut delivery.message).parameters =
        [parameter(0x1401, b"own"), parameter(0x1402, b"mine")].into();
    for number in 0..2 {
        write(&mut session, &delivery, number, &settings);
        let output = session.output().split();
        let frame = Frame::peek(&output, frame::DEFAULT_MAX_PDU).unwrap().unwrap();
        let Ok(Pdu::SubmitSm(pdu)) = frame.decode() else { panic!("no submit_sm") };
        // Tag, length, value: SMPP 3.4, 5.3.1.
        assert_eq!(pdu.tlvs.as_bytes(), b"\x14\x01\0\x03own\x14\x02\0\x04mine\x14\0\0\x0217");
    }
}
