//! What must hold for any octets read as UCP: no panic, nothing much larger than what came, buffers within their limits,
//! and whatever is read and written again reads back the same.

use bytes::BytesMut;
use postrider_wire::Endpoint;
use postrider_wire::exchange::Settings;
use postrider_wire::ucp::frame::MAX_FRAME;
use postrider_wire::ucp::{
    Answer, ErrorCode, Event, Frame, Operation, Outcome, Role, Session, name, time, xser,
};
use std::time::Instant;

/// Octets as a session reads them, in pieces; the first octet says which end and how long the pieces are.
#[expect(clippy::disallowed_methods, reason = "a virtual clock starts at a real moment; there is no other")]
pub(crate) fn stream(data: &[u8]) {
    let Some((first, octets)) = data.split_first() else { return };
    let now = Instant::now();
    let role = if first & 1 == 0 { Role::Client } else { Role::Server };
    let mut session: Session<u8> = Session::new(role, Settings::default(), b"1234", now);
    if first & 2 != 0 {
        session.log_in();
        assert!(
            session
                .request(&Operation::Alert(postrider_wire::ucp::operation::Alert::default()), 1, now)
                .is_ok()
        );
    }
    for piece in octets.chunks(usize::from(first >> 2) + 1) {
        if session.wants_input() {
            session.input().extend_from_slice(piece);
        }
        events(&mut session, now);
        assert!(session.input().len() <= MAX_FRAME + piece.len());
    }
    // An answer is no longer than the shortest frame and its code.
    assert!(session.output().len() <= 64 + octets.len() * 2);
}

fn events(session: &mut Session<u8>, now: Instant) {
    let mut refused = Vec::new();
    while let Some(event) = session.next(now) {
        match event {
            Event::Operation { trn, operation } => {
                look_inside(&operation);
                again(trn, &operation);
                refused.push((trn, operation.ot()));
            }
            Event::Result { token, outcome, .. } => {
                assert_eq!(token, 1);
                assert!(!format!("{outcome:?}").is_empty());
            }
            Event::Malformed(wrong) => assert!(!wrong.to_string().is_empty()),
            Event::Closed(reason) => assert!(!reason.to_string().is_empty()),
            Event::Late { .. } | Event::TimedOut { .. } => {}
        }
    }
    for (trn, ot) in refused {
        session.answer(trn, ot, &Answer::Refused { code: ErrorCode::SYSTEM, sm: b"" });
    }
}

/// What was read is written, and read as the same, but for octets that a field can't hold.
fn again(trn: u8, operation: &Operation<'_>) {
    let mut out = BytesMut::new();
    operation.write(trn, &mut out);
    let frame = Frame::read(&out[1..out.len() - 1]).expect("a whole frame");
    let read = Operation::read(operation.ot(), frame.data).expect("as many fields");
    let mut twice = BytesMut::new();
    read.write(trn, &mut twice);
    assert_eq!(out, twice);
    assert!(!format!("{:?}", Outcome::read(operation.ot(), frame.data)).is_empty());
}

fn look_inside(operation: &Operation<'_>) {
    let Operation::Message(_, message) = operation else { return };
    for (kind, data) in xser::read(message.xser) {
        let mut out = BytesMut::new();
        xser::write(kind, &data, &mut out);
        assert_eq!(xser::read(&out), [(kind, data)]);
    }
    if let Some((septets, packed)) = name::read(message.oadc) {
        assert!(septets * 7 <= packed.len() * 8);
    }
    assert!(time::read(message.scts).is_none_or(|at| at.is_valid()));
}
