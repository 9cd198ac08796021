use super::*;
use postrider_core::delivery::State;
use postrider_wire::smpp::Address;

#[test]
fn questions_name_a_message_of_ours() {
    let id = MessageId::from_number(4711);
    let ask = |message_id| query(&QuerySm { message_id, ..QuerySm::default() });
    assert_eq!(ask(b"4711"), Ok(Question::Query(id)));
    assert_eq!(ask(b" 4711 "), Ok(Question::Query(id)));
    for wrong in [&b""[..], b"0x12", b"abc", b"\xff"] {
        assert_eq!(ask(wrong), Err(Status::RINVMSGID));
    }
    assert_eq!(cancel(&CancelSm { message_id: b"4711", ..CancelSm::default() }), Ok(Question::Cancel(id)));
    let all = CancelSm { destination: Address::international(b"447700900123"), ..CancelSm::default() };
    assert_eq!(cancel(&all), Err(Status::RCANCELFAIL));
}

#[test]
fn a_replacement_is_read_as_a_text() {
    let pdu = ReplaceSm { message_id: b"4711", short_message: b"New \x00", ..ReplaceSm::default() };
    let expected = Question::Replace(MessageId::from_number(4711), Body::Text("New @".into()));
    assert_eq!(replace(&pdu, Alphabet::Gsm7), Ok(expected));
}

#[test]
fn what_came_of_a_change_has_its_status() {
    let too_late = Status::RREPLACEFAIL;
    let refused = |status| Reply::Refused(Command::REPLACE_SM, status);
    for (done, expected) in [
        (Ok(Cancel::Done), Reply::Replaced),
        (Ok(Cancel::TooLate(State::Sent)), refused(too_late)),
        (Ok(Cancel::Missing), refused(Status::RINVMSGID)),
        (Err(StoreError::Unavailable(String::new())), refused(Status::RSYSERR)),
    ] {
        assert_eq!(changed(&done, Reply::Replaced, Command::REPLACE_SM, too_late), expected);
    }
}
