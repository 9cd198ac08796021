use super::*;
use crate::testing::received;
use postrider_core::message::Encoding;
use postrider_text::NameAlphabet;
use postrider_wire::smpp::{Encode as _, Frame, Pdu, Role, Status, frame, pdu};

fn taking(text: Alphabet, long: LongForm) -> Taking {
    Taking { alphabets: Alphabets { text, name: NameAlphabet::Latin1 }, long, has_parameters: true }
}

/// The texts of pieces, read back.
fn read(pieces: &VecDeque<Piece>, encoding: Encoding) -> String {
    let part = |piece: &Piece| segment::Part { header: piece.header.clone(), data: piece.octets.clone() };
    segment::join(encoding, &pieces.iter().map(part).collect::<Vec<_>>())
}

#[test]
fn a_short_text_is_one_piece_in_the_clients_alphabet() {
    for (alphabet, text, data_coding, octets) in [
        (Alphabet::Gsm7, "h\u{e9} @", 0, &b"h\x05 \0"[..]),
        (Alphabet::Latin1, "h\u{e9} @", 0, b"h\xe9 @"),
        (Alphabet::Utf8, "h\u{e9}", 0, b"h\xc3\xa9"),
        (Alphabet::Ascii, "h\u{e9}", 8, b"\0h\0\xe9"),
        (Alphabet::Gsm7, "\u{416}", 8, b"\x04\x16"),
        (Alphabet::Ucs2, "hi", 0, b"\0h\0i"),
        (Alphabet::Gsm7Packed, "hello", 0, b"\xe8\x32\x9b\xfd\x06"),
    ] {
        let pieces = pieces(&received(text), taking(alphabet, LongForm::Udh8));
        let expected = Piece { data_coding, header: Vec::new(), octets: octets.into(), sar: None };
        assert_eq!(pieces, [expected], "{alphabet:?} {text}");
    }
}

#[test]
fn a_long_text_is_cut_as_the_client_wants_it() {
    let plain = "0123456789".repeat(40);
    let wide = "\u{416}\u{1f600}".repeat(60);
    for (text, encoding) in [(&plain, Encoding::Gsm7), (&wide, Encoding::Ucs2)] {
        let count = 3;
        for (long, header) in [(LongForm::Udh8, 5), (LongForm::Udh16, 6), (LongForm::Sar, 0)] {
            let pieces = pieces(&received(text), taking(Alphabet::Gsm7, long));
            assert_eq!(pieces.len(), count, "{long:?}");
            assert_eq!(read(&pieces, encoding), *text, "{long:?}");
            for (piece, number) in pieces.iter().zip(1..) {
                assert_eq!(piece.header.len(), header, "{long:?}");
                assert_eq!(
                    piece.sar.map(|(_, total, own)| (total, own)),
                    (header == 0).then_some((3, number))
                );
                assert!(piece.octets.len() <= 153);
            }
        }
        let whole = pieces(&received(text), taking(Alphabet::Gsm7, LongForm::Payload));
        assert_eq!((whole.len(), read(&whole, encoding)), (1, text.clone()));
        // SMPP 3.3 knows no parameters.
        let bare = Taking { has_parameters: false, ..taking(Alphabet::Gsm7, LongForm::Payload) };
        assert_eq!(pieces(&received(text), bare).len(), count);
    }
    let latin = pieces(&received(&"\u{e7}".repeat(100)), taking(Alphabet::Latin1, LongForm::Udh8));
    assert!(
        latin.iter().all(|piece| piece.data_coding == 0 && piece.octets.iter().all(|octet| *octet == 0xE7))
    );
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
