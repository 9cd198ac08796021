use super::*;
use postrider_declare::Written;
use postrider_declare::upstream::smpp::ReceiptWord;
use postrider_wire::smpp::TlvBuilder;
use postrider_wire::smpp::tlv::tag;

/// Receipts as most carriers send them, and then changed.
fn receipts(change: impl FnOnce(&mut ReceiptsDocument)) -> ReceiptsDocument {
    let mut receipts = ReceiptsDocument::default();
    change(&mut receipts);
    receipts
}

const BETWEEN: [Option<u64>; 2] = [Some(447_700_900_123), None];
const TEXT: &str = "id:0A1b-9 sub:001 dlvrd:001 submit date:2611212250 done date:2611212251 stat:";

fn report(reference: &str, reported: Reported, error: Option<&str>) -> Content {
    report_also(reference, None, reported, error)
}

fn report_also(reference: &str, also: Option<&str>, reported: Reported, error: Option<&str>) -> Content {
    Content::Receipt(Report {
        reference: reference.into(),
        also: also.map(Into::into),
        between: BETWEEN,
        reported,
        error: error.map(Into::into),
    })
}

/// A receipt whose state is not known: `told` is what the timeline says of it.
fn unclear(reference: &str, word: Option<&str>, told: Option<&str>) -> Content {
    match report(reference, Reported::Unclear, told) {
        Content::Receipt(report) => Content::Unclear(report, word.map(Into::into)),
        other => other,
    }
}

#[test]
fn receipts_are_told_by_class_parameters_or_text() {
    let usual = receipts(|_| ());
    let none = TlvBuilder::new();
    let mut both = TlvBuilder::new();
    assert!(both.push_string(tag::RECEIPTED_MESSAGE_ID, b" 77 "));
    both.push_u8(tag::MESSAGE_STATE, 5);
    assert!(both.push(tag::NETWORK_ERROR_CODE, &[3, 0, 21]));
    let delivered = format!("{TEXT}DELIVRD err:000 text:hi");
    let failed = format!("{TEXT}UNDELIV err:21b text:id:1 stat:DELIVRD");
    let wide: Vec<u8> = delivered.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let swapped: Vec<u8> = delivered.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let foreign = format!("{TEXT}DELIVRD err:000 text:\u{416}\u{e9}");
    let cases: Vec<(u8, &TlvBuilder, &[u8], Content)> = vec![
        (0x04, &none, delivered.as_bytes(), report("0A1b-9", Reported::Delivered, None)),
        (0x44, &none, delivered.as_bytes(), report("0A1b-9", Reported::Delivered, None)),
        (0x00, &none, delivered.as_bytes(), report("0A1b-9", Reported::Delivered, None)),
        (0x04, &none, &wide, report("0A1b-9", Reported::Delivered, None)),
        (0x04, &none, &swapped, report("0A1b-9", Reported::Delivered, None)),
        (0x00, &none, &swapped, report("0A1b-9", Reported::Delivered, None)),
        (0x04, &none, foreign.as_bytes(), report("0A1b-9", Reported::Delivered, None)),
        (0x04, &none, failed.as_bytes(), report("0A1b-9", Reported::Undelivered, Some("21b"))),
        (0x00, &both, b"", report("77", Reported::Undelivered, Some("3:21"))),
        (
            0x04,
            &both,
            delivered.as_bytes(),
            report_also("77", Some("0A1b-9"), Reported::Undelivered, Some("3:21")),
        ),
        (0x04, &none, b"id:5 stat:WHATEVER", unclear("5", Some("WHATEVER"), Some("WHATEVER"))),
        (0x04, &none, b"stat:DELIVRD", Content::Nameless),
        (0x04, &none, b"what?", Content::Nameless),
        (0x00, &none, b"stat:DELIVRD", Content::Message),
        (0x00, &none, b"STOP", Content::Message),
        (0x40, &none, b"\x05\x00\x03\x01\x02\x01STOP", Content::Message),
    ];
    for (esm_class, tlvs, text, expected) in cases {
        assert_eq!(
            read(esm_class, &tlvs.tlvs(), text, BETWEEN, &usual),
            expected,
            "{}",
            String::from_utf8_lossy(text)
        );
    }
}

#[test]
fn states_mean_what_the_carrier_means_by_them() {
    for (stat, usual, accepted_is_final) in [
        ("DELIVRD", Reported::Delivered, Reported::Delivered),
        ("ACCEPTD", Reported::Underway, Reported::Delivered),
        ("ENROUTE", Reported::Underway, Reported::Underway),
        ("EXPIRED", Reported::Expired, Reported::Expired),
        ("DELETED", Reported::Deleted, Reported::Deleted),
        ("REJECTD", Reported::Rejected, Reported::Rejected),
        ("UNKNOWN", Reported::Unknown, Reported::Unknown),
        ("failed", Reported::Undelivered, Reported::Undelivered),
    ] {
        let state = MessageState::from_stat(stat.as_bytes());
        assert_eq!((reported(state, false), reported(state, true)), (usual, accepted_is_final), "{stat}");
    }
}

#[test]
fn an_identifier_may_stand_in_a_parameter_of_the_carriers_own() {
    let mut own = TlvBuilder::new();
    assert!(own.push_string(0x1403, b"abc") && own.push_string(tag::RECEIPTED_MESSAGE_ID, b"no"));
    let settings = receipts(|receipts| receipts.id_tag = Written::read("0x1403").ok());
    assert_eq!(
        read(4, &own.tlvs(), b"stat:DELIVRD", BETWEEN, &settings),
        report("abc", Reported::Delivered, None)
    );
}

#[test]
fn of_two_identifiers_the_one_is_first_that_is_said_to_be() {
    let mut other = TlvBuilder::new();
    assert!(other.push_string(tag::RECEIPTED_MESSAGE_ID, b"77"));
    let mut same = TlvBuilder::new();
    assert!(same.push_string(tag::RECEIPTED_MESSAGE_ID, b"5 "));
    let text = b"id:5 stat:DELIVRD";
    let usual = receipts(|_| ());
    let in_text = receipts(|receipts| receipts.id_from = IdPlace::Text);
    for (tlvs, settings, reference, also) in [
        (&other, &usual, "77", Some("5")),
        (&other, &in_text, "5", Some("77")),
        (&same, &usual, "5", None),
        (&same, &in_text, "5", None),
    ] {
        assert_eq!(
            read(4, &tlvs.tlvs(), text, BETWEEN, settings),
            report_also(reference, also, Reported::Delivered, None)
        );
    }
}

#[test]
fn words_that_only_the_carrier_knows_mean_what_is_said() {
    let usual = receipts(|_| ());
    let word = |word: &str, meaning| (word.into(), meaning);
    let words = [
        word("0", ReceiptWord::Delivered),
        word("Blocked", ReceiptWord::Undelivered),
        word("unknown", ReceiptWord::Sent),
        word("77", ReceiptWord::Expired),
    ];
    let settings = receipts(|receipts| receipts.words = words.into());
    let mut state = TlvBuilder::new();
    state.push_u8(tag::MESSAGE_STATE, 77);
    let mut delivered = TlvBuilder::new();
    delivered.push_u8(tag::MESSAGE_STATE, 2);
    let none = TlvBuilder::new();
    let cases: Vec<(&TlvBuilder, &[u8], Content)> = vec![
        (&none, b"id:5 stat:0", report("5", Reported::Delivered, None)),
        (&none, b"id:5 stat:BLOCKED err:7", report("5", Reported::Undelivered, Some("7"))),
        (&none, b"id:5 stat:UNKNOWN", report("5", Reported::Underway, None)),
        (&none, b"id:5 stat:DELIVRD", report("5", Reported::Delivered, None)),
        (&none, b"id:5 stat:1", unclear("5", Some("1"), Some("1"))),
        // What is said of a word counts before all else.
        (&delivered, b"id:5 stat:blocked", report("5", Reported::Undelivered, None)),
        (&delivered, b"id:5 stat:1", report("5", Reported::Delivered, None)),
        (&state, b"id:5", report("5", Reported::Expired, None)),
        (&state, b"id:5 stat:DELIVRD", report("5", Reported::Delivered, None)),
    ];
    for (tlvs, text, expected) in cases {
        assert_eq!(read(4, &tlvs.tlvs(), text, BETWEEN, &settings), expected, "{}", text.escape_ascii());
    }
    assert_eq!(read(4, &state.tlvs(), b"id:5", BETWEEN, &usual), unclear("5", Some("77"), Some("77")));
}

#[test]
fn network_errors_are_told_in_whatever_form() {
    let usual = receipts(|_| ());
    for (octets, told) in [
        (&[3, 0, 21][..], Some("3:21")),
        (b"021", Some("021")),
        (b"0021", Some("0021")),
        (&[7], Some("7")),
        (&[1, 2], Some("258")),
        (&[3, 0, 1, 2], Some("50331906")),
        (b"EC_27", Some("EC_27")),
        // No error says nothing.
        (&[3, 0, 0], None),
        (b"000", None),
        (&[0], None),
        (b"", None),
    ] {
        let mut tlvs = TlvBuilder::new();
        assert!(tlvs.push(tag::NETWORK_ERROR_CODE, octets));
        let expected = report("5", Reported::Undelivered, told);
        assert_eq!(read(4, &tlvs.tlvs(), b"id:5 stat:UNDELIV", BETWEEN, &usual), expected, "{octets:?}");
    }
}

#[test]
fn the_network_says_why_where_the_text_says_no_error() {
    let usual = receipts(|_| ());
    let mut tlvs = TlvBuilder::new();
    assert!(tlvs.push(tag::NETWORK_ERROR_CODE, &[3, 0, 27]));
    for (text, told) in [
        (&b"id:5 stat:UNDELIV"[..], "3:27"),
        (b"id:5 stat:UNDELIV err:000", "3:27"),
        (b"id:5 stat:UNDELIV err:0", "3:27"),
        (b"id:5 stat:UNDELIV err:21b", "21b"),
    ] {
        let expected = report("5", Reported::Undelivered, Some(told));
        assert_eq!(read(4, &tlvs.tlvs(), text, BETWEEN, &usual), expected, "{}", text.escape_ascii());
    }
    let expected = report("5", Reported::Undelivered, Some("000"));
    assert_eq!(read(4, &Tlvs::EMPTY, b"id:5 stat:UNDELIV err:000", BETWEEN, &usual), expected);
}

#[test]
fn a_final_word_counts_beside_a_parameter_that_says_less() {
    let usual = receipts(|_| ());
    let state = |octet| {
        let mut tlvs = TlvBuilder::new();
        tlvs.push_u8(tag::MESSAGE_STATE, octet);
        tlvs
    };
    let cases: &[(u8, &[u8], Content)] = &[
        (0, b"id:5 stat:UNDELIV err:255", report("5", Reported::Undelivered, Some("255"))),
        (1, b"id:5 stat:REJECTD err:7", report("5", Reported::Rejected, Some("7"))),
        (7, b"id:5 stat:DELIVRD err:000", report("5", Reported::Delivered, None)),
        (2, b"id:5 stat:ENROUTE err:000", report("5", Reported::Delivered, None)),
        (0, b"id:5 stat:ENROUTE", report("5", Reported::Underway, None)),
        // A word that is not known says more than "under way" and less than the end.
        (0, b"id:5 stat:BLOCKED err:9", unclear("5", Some("BLOCKED"), Some("BLOCKED, err 9"))),
        (5, b"id:5 stat:BLOCKED err:9", report("5", Reported::Undelivered, Some("9"))),
    ];
    for (octet, text, expected) in cases {
        let found = read(4, &state(*octet).tlvs(), text, BETWEEN, &usual);
        assert_eq!(&found, expected, "{octet} {}", text.escape_ascii());
    }
    assert_eq!(read(4, &Tlvs::EMPTY, b"id:5 err:9", BETWEEN, &usual), unclear("5", None, None));
}

#[test]
fn receipts_may_stand_behind_a_user_data_header() {
    // 3GPP TS 23.040, 9.2.3.24.1: a concatenation, of one part and of two, with an 8-bit and a 16-bit reference.
    let text = format!("{TEXT}UNDELIV err:001");
    let expected = || report("0A1b-9", Reported::Undelivered, Some("001"));
    let headers: [&[u8]; 4] = [
        &[5, 0, 3, 0x84, 1, 1],
        &[5, 0, 3, 0x84, 2, 1],
        &[6, 8, 4, 1, 0x84, 1, 1],
        &[6, 5, 4, 0x0B, 0x84, 0, 0],
    ];
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for header in headers {
        for body in [text.as_bytes(), &wide] {
            let octets = [header, body].concat();
            for esm_class in [0x44, 0x04, 0x40] {
                let found = read(esm_class, &Tlvs::EMPTY, &octets, BETWEEN, &receipts(|_| ()));
                assert_eq!(found, expected(), "{esm_class:#x} {header:?}");
            }
        }
    }
}

#[test]
fn an_identifier_beyond_belief_is_none() {
    let usual = receipts(|_| ());
    let text = format!("id:{} stat:DELIVRD", "9".repeat(ID_MAX + 1));
    assert_eq!(read(4, &Tlvs::EMPTY, text.as_bytes(), BETWEEN, &usual), Content::Nameless);
}
