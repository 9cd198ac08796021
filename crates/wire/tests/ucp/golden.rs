//! Frames of the EMI/UCP specification, read and written again to the octet, and frames whose sums were made by hand.

use bytes::BytesMut;
use postrider_wire::ucp::operation::{
    Alert, CallInput, Content, List, Login, Multiple, Supplementary, Transfer,
};
use postrider_wire::ucp::{ErrorCode, Frame, FrameError, Header, Kind, Message, Operation, Ot, Outcome};

/// What is between STX and ETX, read as an operation, which is written again to the same octets.
fn operation(content: &str) -> Operation<'_> {
    let frame = Frame::read(content.as_bytes()).unwrap_or_else(|error| panic!("{content}: {error}"));
    let operation = Operation::read(Ot(frame.header.ot), frame.data).unwrap();
    let mut out = BytesMut::new();
    operation.write(frame.header.trn, &mut out);
    assert_eq!(String::from_utf8_lossy(&out), format!("\x02{content}\x03"));
    operation
}

fn result(content: &str) -> Outcome<'_> {
    let frame = Frame::read(content.as_bytes()).unwrap_or_else(|error| panic!("{content}: {error}"));
    let ot = Ot(frame.header.ot);
    let outcome = Outcome::read(ot, frame.data);
    let mut out = BytesMut::new();
    outcome.write(frame.header.trn, ot, &mut out);
    assert_eq!(String::from_utf8_lossy(&out), format!("\x02{content}\x03"));
    outcome
}

/// Section 4.2.
#[test]
fn call_input() {
    let text = "00/00070/O/01/01234567890/09876543210//3/53686F7274204D657373616765/D9";
    let content = Content { mt: b"3", nb: b"", msg: b"53686F7274204D657373616765" };
    let read = CallInput { adc: b"01234567890", oadc: b"09876543210", ac: b"", content };
    assert_eq!(operation(text), Operation::CallInput(read));
    let done = Outcome::Done { mvp: b"", sm: b"01234567890:090196103258" };
    assert_eq!(result("06/00043/R/01/A/01234567890:090196103258/4E"), done);
    assert_eq!(result("12/00022/R/01/N/02//03"), Outcome::Refused { code: ErrorCode::SYNTAX, sm: b"" });
}

/// Section 4.5.
#[test]
fn transfer() {
    let read = Transfer { adc: b"66677789", nrq: b"1", amsg: b"68656C6C6F", ..Transfer::default() };
    assert_eq!(operation("01/00045/O/30/66677789///1//////68656C6C6F/CE"), Operation::Transfer(read));
    let done = Outcome::Done { mvp: b"", sm: b"66677789:180594141236" };
    assert_eq!(result("01/00041/R/30/A//66677789:180594141236/F3"), done);
    operation("44/00077/O/30/0673845336//////1/1003961344/1203961200/4D657373616765204F4B/27");
}

/// Section 4.6.
#[test]
fn alert() {
    let read = Alert { adc: b"0234765439845", pid: b"0139" };
    assert_eq!(operation("02/00035/O/31/0234765439845/0139/A0"), Operation::Alert(read));
    assert_eq!(
        operation("00/00026/O/31/1234/0539/C0"),
        Operation::Alert(Alert { adc: b"1234", pid: b"0539" })
    );
    assert_eq!(result("04/00023/R/31/A/0003/2D"), Outcome::Done { mvp: b"", sm: b"0003" });
    assert_eq!(result("00/00022/R/31/N/06//07"), Outcome::Refused { code: ErrorCode::ADDRESS, sm: b"" });
}

/// Section 5.2.
#[test]
fn submit() {
    let text = "18/00113/O/51/012345/09876//1/1920870340125000/4/0539//////3012961212//////3//4D657373616765203531/////////////CD";
    let Operation::Message(Ot::SUBMIT, read) = operation(text) else { panic!() };
    let expected = Message {
        adc: b"012345",
        oadc: b"09876",
        nrq: b"1",
        nadc: b"1920870340125000",
        nt: b"4",
        npid: b"0539",
        vp: b"3012961212",
        mt: b"3",
        msg: b"4D657373616765203531",
        ..Message::default()
    };
    assert_eq!(*read, expected);
    let text =
        "39/00099/O/51/0657467/078769//1//7//1/0545765/0122/1/0808971800///////4/32/F5AA34DE////1/////////65";
    let Operation::Message(Ot::SUBMIT, read) = operation(text) else { panic!() };
    assert_eq!((read.lrad, read.mt, read.nb, read.mcls), (&b"0545765"[..], &b"4"[..], &b"32"[..], &b"1"[..]));
    assert_eq!(
        result("00/00039/R/51/A//012234:090996101010/68"),
        Outcome::Done { mvp: b"", sm: b"012234:090996101010" }
    );
    assert_eq!(result("00/00022/R/51/N/31//07"), Outcome::Refused { code: ErrorCode(31), sm: b"" });
}

/// Section 5.3.
#[test]
fn deliver() {
    let text = "00/00120/O/52/076523578/07686745/////////////120396111055////3//43616C6C20796F75206261636B206C617465722E///0//////////A3";
    let Operation::Message(Ot::DELIVER, read) = operation(text) else { panic!() };
    assert_eq!((read.oadc, read.scts, read.dcs), (&b"07686745"[..], &b"120396111055"[..], &b"0"[..]));
    assert_eq!(
        result("00/00039/R/52/A//076567:010196010101/6C"),
        Outcome::Done { mvp: b"", sm: b"076567:010196010101" }
    );
}

/// Section 5.4.
#[test]
fn notify() {
    let text = "00/00234/O/53/1299998/3155555/////////////090196161057/1/108/090196161105/3//4D65737361676520666F7220333135353535352C2077697468206964656E74\
                696669636174696F6E2039363031303931363130353720686173206265656E206275666665726564/////////////1F";
    let Operation::Message(Ot::NOTIFY, read) = operation(text) else { panic!() };
    assert_eq!((read.dst, read.rsn, read.dscts), (&b"1"[..], &b"108"[..], &b"090196161105"[..]));
    assert_eq!(result("00/00032/R/53/A//020296020202/F2"), Outcome::Done { mvp: b"", sm: b"020296020202" });
}

/// Sections 6.1 and 6.2.
#[test]
fn sessions_and_lists() {
    let login = Login {
        oadc: b"07656765",
        oton: b"2",
        onpi: b"1",
        styp: b"1",
        pwd: b"50617373776F7264",
        vers: b"0100",
        ..Login::default()
    };
    assert_eq!(
        operation("02/00059/O/60/07656765/2/1/1/50617373776F7264//0100//////61"),
        Operation::Login(login)
    );
    operation("03/00051/O/60/1234/6/5/1/736563726574//0100//////A2");
    assert_eq!(result("00/00019/R/60/A//6D"), Outcome::Done { mvp: b"", sm: b"" });
    assert_eq!(result("00/00022/R/60/N/01//04"), Outcome::Refused { code: ErrorCode::CHECKSUM, sm: b"" });
    let list = List {
        oadc: b"04568768",
        oton: b"2",
        vers: b"0100",
        ladc: b"1920870340094000",
        lton: b"5",
        ..List::default()
    };
    assert_eq!(operation("00/00058/O/61/04568768///2///0100/1920870340094000/5////06"), {
        Operation::List(List { oton: b"", styp: b"2", ..list })
    });
}

/// Sections 4.3 and 4.4: lists say how many they have.
#[test]
fn operations_with_lists() {
    let content = Content { mt: b"4", nb: b"16", msg: b"BEEF" };
    let operations = [
        Operation::Multiple(Multiple { recipients: vec![b"111", b"222"], oadc: b"333", ac: b"", content }),
        Operation::Multiple(Multiple { oadc: b"333", content: Content::default(), ..Multiple::default() }),
        Operation::Supplementary(Box::new(Supplementary {
            adc: b"111",
            oadc: b"222",
            groups: vec![b"333", b"444", b"555"],
            content,
            ..Supplementary::default()
        })),
    ];
    for operation in operations {
        let mut out = BytesMut::new();
        operation.write(7, &mut out);
        let frame = Frame::read(&out[1..out.len() - 1]).unwrap();
        assert_eq!(frame.header, Header { trn: 7, kind: Kind::Operation, ot: operation.ot().0 });
        assert_eq!(Operation::read(operation.ot(), frame.data), Ok(operation));
    }
    assert!(Operation::read(Ot::MULTIPLE, b"3/111/222/").is_err());
    assert!(Operation::read(Ot::MULTIPLE, b"100/111/222/").is_err());
}

/// Section 2.2: what is wrong with a frame is told.
#[test]
fn wrong_frames() {
    let wrong = |content: &str| Frame::read(content.as_bytes()).unwrap_err();
    assert_eq!(wrong("00/00019/R/60/A//6E"), FrameError::Checksum { right: 0x6D });
    assert_eq!(wrong("00/00018/R/60/A//6C"), FrameError::Length { said: 18, is: 19 });
    for header in ["", "00/00019/X/60/A//6D", "0a/00019/R/60/A//6D", "00/0001x/R/60/A//6D", "00/00014/R/60/"]
    {
        assert_eq!(wrong(header), FrameError::Header, "{header}");
    }
    Frame::read(b"00/00019/R/60/A//6d").unwrap();
}
