//! Frames, read and written again to the octet, with sums that were made by hand; and special characters.

use bytes::BytesMut;
use postrider_wire::cimd2::frame::{Header, write};
use postrider_wire::cimd2::parameter::code;
use postrider_wire::cimd2::{Frame, FrameError, Op, special, time};
use postrider_wire::smpp::time::Civil;

/// Reads a frame in which spaces stand around tabs, and writes it again.
fn frame(shown: &str) -> (Op, u8, Vec<(u16, String)>) {
    let content = shown.replace(" TAB ", "\t").replace(" TAB", "\t");
    let read = Frame::read(content.as_bytes()).unwrap_or_else(|error| panic!("{shown}: {error}"));
    let parameters: Vec<(u16, &[u8])> = read.parameters.iter().collect();
    let mut out = BytesMut::new();
    write(read.header, &parameters, !content.ends_with('\t'), &mut out);
    assert_eq!(String::from_utf8_lossy(&out), format!("\x02{content}\x03"));
    let text = |(code, value): &(u16, &[u8])| (*code, String::from_utf8_lossy(value).into_owned());
    (read.header.op, read.header.number, parameters.iter().map(text).collect())
}

/// Section 3 and 4.
#[test]
fn golden_frames() {
    let given =
        |pairs: &[(u16, &str)]| pairs.iter().map(|(code, value)| (*code, (*value).to_owned())).collect();
    for (shown, op, number, parameters) in [
        ("40:005 TAB 3E", Op::ALIVE, 5, &[][..]),
        ("90:005 TAB 43", Op::ALIVE.response(), 5, &[]),
        (
            "01:001 TAB 010:user TAB 011:pass TAB 56",
            Op::LOGIN,
            1,
            &[(code::USER, "user"), (code::PASSWORD, "pass")],
        ),
        ("51:001 TAB 3C", Op::LOGIN.response(), 1, &[]),
        (
            "03:003 TAB 021:12345678 TAB 033:hello TAB A2",
            Op::SUBMIT,
            3,
            &[(code::DESTINATION, "12345678"), (code::TEXT, "hello")],
        ),
        (
            "53:003 TAB 021:12345678 TAB 060:971107131212 TAB F6",
            Op::SUBMIT.response(),
            3,
            &[(code::DESTINATION, "12345678"), (code::STAMP, "971107131212")],
        ),
        (
            "53:003 TAB 021:12345678 TAB 900:300 TAB 29",
            Op::SUBMIT.response(),
            3,
            &[(code::DESTINATION, "12345678"), (code::ERROR, "300")],
        ),
        (
            "23:004 TAB 021:12345678 TAB 060:971107131212 TAB 061:4 TAB 063:971107131225 TAB 45",
            Op::REPORT,
            4,
            &[
                (code::DESTINATION, "12345678"),
                (code::STAMP, "971107131212"),
                (code::STATUS, "4"),
                (code::DISCHARGED, "971107131225"),
            ],
        ),
        ("73:004 TAB 43", Op::REPORT.response(), 4, &[]),
        (
            "03:005 TAB 021:12345678 TAB 030:245 TAB 032:06050423F40000 TAB 034:424547494E TAB C8",
            Op::SUBMIT,
            5,
            &[
                (code::DESTINATION, "12345678"),
                (code::CODING, "245"),
                (code::HEADER, "06050423F40000"),
                (code::BINARY, "424547494E"),
            ],
        ),
        (
            "03:007 TAB 021:12345678 TAB 030:8 TAB 034:041604340443 TAB 02",
            Op::SUBMIT,
            7,
            &[(code::DESTINATION, "12345678"), (code::CODING, "8"), (code::BINARY, "041604340443")],
        ),
        // Without a checksum.
        ("20:000 TAB 033: TAB", Op::DELIVER, 0, &[(code::TEXT, "")]),
    ] {
        assert_eq!(frame(shown), (op, number, given(parameters)), "{shown}");
    }
}

#[test]
fn wrong_frames() {
    for (content, error) in [
        (&b""[..], FrameError::Header),
        (b"40:005", FrameError::Header),
        (b"4x:005\t", FrameError::Header),
        (b"40:0005\t", FrameError::Header),
        (b"40:999\t", FrameError::Header),
        (b"40:005\t3F", FrameError::Checksum { right: 0x3E }),
        (b"40:005\t3", FrameError::Checksum { right: 0x3E }),
    ] {
        assert_eq!(Frame::read(content).unwrap_err(), error, "{}", content.escape_ascii());
    }
    let frame = Frame::read(b"40:5\tgarbage\t021:1\t02:1\t").unwrap();
    assert_eq!(frame.header, Header { op: Op::ALIVE, number: 5 });
    assert_eq!(frame.parameters.iter().collect::<Vec<_>>(), [(21, &b"1"[..])]);
}

/// Section 6.
#[test]
fn special_characters_both_ways() {
    for (septets, text) in [
        (&b"hello"[..], &b"hello"[..]),
        (b"\x00\x02\x11", b"@$_--"),
        (b"\x01\x03\x04\x05", b"_L-_Y-_e`_e'"),
        (b"\x5B\x7B\x1E\x5F", b"_A\"_a\"_ss_so"),
        (b"\x1Be\x1B<", b"_XXe_XX<"),
        (b"\x0E\x0F\x10\x1A", b"_A*_a*_gd_gx"),
    ] {
        assert_eq!(special::write(septets), text, "{}", text.escape_ascii());
        assert_eq!(special::read(text), septets, "{}", text.escape_ascii());
    }
    for septet in 0..0x80 {
        assert_eq!(special::read(&special::write(&[septet])), [septet], "{septet:#x}");
    }
    assert_eq!(special::read(b"a]}_Oa_zz_x"), b"a\x0E\x0F\x00");
    assert_eq!(special::read(b"\xA3\xE8\xFF"), b"\x01\x04");
}

#[test]
fn times() {
    let at = Civil { year: 1997, month: 11, day: 7, hour: 13, minute: 12, second: 25 };
    assert_eq!(&time::stamp(at), b"971107131225");
    for (minutes, relative) in [
        (0, 0),
        (9, 0),
        (10, 1),
        (60, 11),
        (720, 143),
        (750, 144),
        (1_440, 167),
        (2_000, 167),
        (2_880, 168),
        (43_200, 196),
        (50_000, 196),
        (50_400, 197),
        (635_040, 255),
        (u64::MAX, 255),
    ] {
        assert_eq!(time::relative(minutes), relative, "{minutes} minutes");
    }
}
