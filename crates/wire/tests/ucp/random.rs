//! Operations with random fields come back as they were written, in whatever pieces.

use bytes::BytesMut;
use postrider_wire::Endpoint;
use postrider_wire::exchange::Settings;
use postrider_wire::ucp::operation::{CallInput, Content, Login, Multiple, Transfer};
use postrider_wire::ucp::{Event, Frame, Message, Operation, Ot, Role, Session};
use proptest::collection::vec;
use proptest::prelude::*;

fn field() -> impl Strategy<Value = Vec<u8>> {
    vec(prop_oneof![b' '..=b'.', b'0'..=b'~'], 0..20)
}

fn operation(kind: u8, fields: &[Vec<u8>]) -> Operation<'_> {
    let [a, b, c, d, ..] = fields else { panic!("four fields") };
    let content = Content { mt: b"4", nb: c, msg: d };
    match kind {
        0 => Operation::CallInput(CallInput { adc: a, oadc: b, ac: b"", content }),
        1 => Operation::Multiple(Multiple { recipients: vec![a, b], oadc: c, ac: d, content }),
        2 => Operation::Transfer(Transfer { adc: a, oadc: b, vp: c, amsg: d, ..Transfer::default() }),
        3 => Operation::Login(Login { oadc: a, pwd: b, npwd: c, opid: d, ..Login::default() }),
        kind => {
            let message = Message { adc: a, oadc: b, msg: c, xser: d, res5: a, ..Message::default() };
            Operation::Message(Ot(51 + kind % 8), Box::new(message))
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a start for a virtual clock")]
fn any_moment() -> std::time::Instant {
    std::time::Instant::now()
}

proptest! {
    #[test]
    fn any_octets_are_harmless(octets in vec(any::<u8>(), 0..300)) {
        crate::target::stream(&octets);
    }

    #[test]
    fn operations_come_back(kind in 0..12_u8, fields in vec(field(), 4), trn in 0..100_u8) {
        let operation = operation(kind, &fields);
        let mut out = BytesMut::new();
        operation.write(trn, &mut out);
        let frame = Frame::read(&out[1..out.len() - 1]).unwrap();
        prop_assert_eq!(frame.header.trn, trn);
        prop_assert_eq!(Operation::read(operation.ot(), frame.data), Ok(operation));
    }

    #[test]
    fn pieces_make_no_difference(sent in vec((0..12_u8, vec(field(), 4)), 1..5), size in 1..50_usize) {
        let mut octets = BytesMut::new();
        for (trn, (kind, fields)) in (0..).zip(&sent) {
            octets.extend_from_slice(b"\r\n");
            operation(*kind, fields).write(trn, &mut octets);
        }
        let now = any_moment();
        let mut session: Session<()> = Session::new(Role::Server, Settings::default(), b"", now);
        session.log_in();
        let mut came = 0;
        for piece in octets.chunks(size) {
            session.input().extend_from_slice(piece);
            while let Some(event) = session.next(now) {
                let Event::Operation { trn, operation: read } = event else { panic!("{event:?}") };
                prop_assert_eq!(usize::from(trn), came);
                let (kind, fields) = &sent[came];
                prop_assert_eq!(read, operation(*kind, fields));
                came += 1;
            }
        }
        prop_assert_eq!(came, sent.len());
    }
}
