//! What must hold for any octets read as CIMD2: no panic, nothing much larger than what came, buffers within their limits,
//! and whatever is read and written again reads back the same.

use bytes::BytesMut;
use postrider_wire::Endpoint;
use postrider_wire::cimd2::frame::{MAX_FRAME, write};
use postrider_wire::cimd2::{Event, Frame, Op, Parameters, Role, Session, special};
use postrider_wire::exchange::Settings;
use std::time::Instant;

/// Octets as a session reads them, in pieces; the first octet says which end and how long the pieces are.
#[expect(clippy::disallowed_methods, reason = "a virtual clock starts at a real moment; there is no other")]
pub(crate) fn stream(data: &[u8]) {
    let Some((first, octets)) = data.split_first() else { return };
    let now = Instant::now();
    let role = if first & 1 == 0 { Role::Client } else { Role::Server };
    let mut session: Session<u8> = Session::new(role, Settings::default(), true, now);
    if first & 2 != 0 {
        session.log_in();
        assert!(session.request(Op::SUBMIT, &[], 1, now).is_ok());
    }
    for piece in octets.chunks(usize::from(first >> 2) + 1) {
        if session.wants_input() {
            session.input().extend_from_slice(piece);
        }
        events(&mut session, now);
        assert!(session.input().len() <= MAX_FRAME + piece.len());
    }
    // An answer is no longer than twice the shortest request, and its error code.
    assert!(session.output().len() <= 64 + octets.len() * 3);
}

fn events(session: &mut Session<u8>, now: Instant) {
    let mut asked = Vec::new();
    while let Some(event) = session.next(now) {
        match event {
            Event::Request { header, parameters } => {
                again(header, &parameters);
                asked.push(header);
            }
            Event::Response { token, .. } => assert_eq!(token, 1),
            Event::Malformed(wrong) => assert!(!wrong.to_string().is_empty()),
            Event::Closed(reason) => assert!(!reason.to_string().is_empty()),
            Event::Late { .. } | Event::TimedOut { .. } => {}
        }
    }
    for header in asked {
        session.answer(header, &[]);
    }
}

/// What was read is written, and read as the same.
fn again(header: postrider_wire::cimd2::frame::Header, parameters: &Parameters<'_>) {
    let given: Vec<(u16, &[u8])> = parameters.iter().collect();
    let mut out = BytesMut::new();
    write(header, &given, true, &mut out);
    let frame = Frame::read(&out[1..out.len() - 1]).expect("a whole frame");
    assert!(frame.header == header && frame.parameters.iter().count() == given.len());
    for (_, value) in given {
        let septets = special::read(value);
        assert!(septets.len() <= value.len() && septets.is_ascii());
        assert_eq!(special::read(&special::write(&septets)), septets);
    }
}
