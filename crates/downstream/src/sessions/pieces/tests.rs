use super::*;
use crate::testing::received;

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
