use super::*;
use crate::sessions::pieces::pieces;
use crate::testing::received;
use postrider_core::account::LongForm;
use postrider_core::message::{Body, Encoding};
use postrider_text::{Alphabet, NameAlphabet};
use postrider_wire::smpp::{Encode as _, Frame, Pdu, Role, Status, frame, pdu};

fn taking(text: Alphabet, long: LongForm) -> Taking {
    Taking { alphabets: Alphabets { text, name: NameAlphabet::Latin1 }, long, has_parameters: true }
}

#[test]
fn octets_keep_their_header_and_flash_texts_their_class() {
    let mut octets = received("");
    octets.inbound.body = Body::Data {
        encoding: Encoding::Octets,
        header: (*b"\x05\x04\x15\x81\x00\x09").into(),
        data: (*b"\x00\xff").into(),
    };
    let cut = pieces(&octets, taking(Alphabet::Latin1, LongForm::Udh8));
    assert_eq!((cut[0].data_coding, &*cut[0].octets), (4, &b"\x00\xff"[..]));
    written(&octets, &cut[0], |pdu| {
        assert_eq!((pdu.esm_class, pdu.short_message), (UDHI, &b"\x06\x05\x04\x15\x81\x00\x09\x00\xff"[..]));
    });
    let mut flash = received("now");
    flash.inbound.flash = true;
    assert_eq!(pieces(&flash, taking(Alphabet::Gsm7, LongForm::Udh8))[0].data_coding, 0xF0);
    assert_eq!(pieces(&flash, taking(Alphabet::Latin1, LongForm::Udh8))[0].data_coding, 0);
}

/// What `check` sees of the PDU of a piece.
fn written(received: &Received, piece: &Piece, check: impl FnOnce(&DeliverSm<'_>)) {
    let now = postrider_link::now();
    let mut session = Session::new(Role::Server, postrider_wire::smpp::Settings::default(), now);
    let bind = pdu::Bind::new(pdu::BindMode::Transceiver, b"shop", b"secret");
    bind.encode(Status::ROK, 1, session.input()).unwrap();
    assert!(session.next(now).is_some());
    let answer = pdu::BindResp::new(pdu::BindMode::Transceiver, b"us");
    session.respond(1, Status::ROK, &answer, now).unwrap();
    session.output().clear();
    write(&mut session, 7, received, piece, taking(Alphabet::Gsm7, LongForm::Udh8), now).unwrap();
    let output = session.output().split();
    match Frame::peek(&output, frame::DEFAULT_MAX_PDU).unwrap().unwrap().decode() {
        Ok(Pdu::DeliverSm(pdu)) => check(&pdu),
        other => panic!("{other:?}"),
    };
}

#[test]
fn addresses_are_the_handsets_and_the_numbers_that_was_written_to() {
    let received = received(&"x".repeat(300));
    let cut = pieces(&received, taking(Alphabet::Gsm7, LongForm::Payload));
    written(&received, &cut[0], |pdu| {
        assert_eq!(pdu.source, Address::international(b"447700900123"));
        assert_eq!(pdu.destination, Address::new(Ton::UNKNOWN, Npi::UNKNOWN, b"60006"));
        assert_eq!((pdu.esm_class, pdu.short_message), (0, &b""[..]));
        assert_eq!(pdu.tlvs.get(tag::MESSAGE_PAYLOAD).map(<[u8]>::len), Some(300));
    });
}
