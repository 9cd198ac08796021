//! Sessions in virtual time: logins, packet numbers, windows, repeated requests, alive, garbage.

use postrider_wire::Endpoint;
use postrider_wire::cimd2::frame::Header;
use postrider_wire::cimd2::parameter::code;
use postrider_wire::cimd2::session::Wrong;
use postrider_wire::cimd2::{ErrorCode, Event, FrameError, Op, Role, Session};
use postrider_wire::exchange::{Reason, RequestError, Settings};
use std::time::{Duration, Instant};

/// Longer than an answer may take.
const IDLE: Duration = Duration::from_secs(90);

#[expect(clippy::disallowed_methods, reason = "a start for a virtual clock")]
fn any_moment() -> Instant {
    Instant::now()
}

fn session(role: Role, now: Instant) -> Session<char> {
    let settings = Settings { window: 2, keepalive: Some(IDLE), ..Settings::default() };
    Session::new(role, settings, true, now)
}

/// Hands over what one side wrote.
fn pass(from: &mut Session<char>, to: &mut Session<char>) {
    let octets = from.output().split();
    to.input().extend_from_slice(&octets);
}

fn written(session: &mut Session<char>) -> String {
    String::from_utf8_lossy(&session.output().split()).into_owned()
}

#[test]
fn both_ends_talk_with_their_own_numbers() {
    let now = any_moment();
    let (mut client, mut server) = (session(Role::Client, now), session(Role::Server, now));
    client.request(Op::LOGIN, &[(code::USER, b"user")], 'l', now).unwrap();
    pass(&mut client, &mut server);
    let Some(Event::Request { header, parameters }) = server.next(now) else { panic!() };
    assert_eq!((header.number, parameters.get(code::USER)), (1, Some(&b"user"[..])));
    server.answer(header, &[]);
    assert!(server.is_logged_in());
    server.request(Op::DELIVER, &[(code::TEXT, b"hi")], 'd', now).unwrap();
    pass(&mut server, &mut client);
    assert!(matches!(client.next(now), Some(Event::Response { token: 'l', .. })));
    client.log_in();
    let Some(Event::Request { header, .. }) = client.next(now) else { panic!() };
    assert_eq!(header, Header { op: Op::DELIVER, number: 0 });
    client.answer(header, &[]);
    for token in ['a', 'b'] {
        client.request(Op::SUBMIT, &[], token, now).unwrap();
    }
    assert_eq!(client.request(Op::SUBMIT, &[], 'c', now), Err(RequestError::WindowFull));
    pass(&mut client, &mut server);
    assert!(matches!(server.next(now), Some(Event::Response { token: 'd', .. })));
    let numbers: Vec<u8> = std::iter::from_fn(|| match server.next(now)? {
        Event::Request { header, .. } => Some(header.number),
        other => panic!("{other:?}"),
    })
    .collect();
    assert_eq!(numbers, [3, 5]);
    server.refuse(Header { op: Op::SUBMIT, number: 5 }, ErrorCode(300));
    pass(&mut server, &mut client);
    let Some(Event::Response { token: 'b', parameters, .. }) = client.next(now) else { panic!() };
    assert_eq!(parameters.number(code::ERROR), Some(300_u16));
}

#[test]
fn a_repeated_request_has_the_same_answer_and_is_not_handed_out_again() {
    let now = any_moment();
    let mut client = session(Role::Client, now);
    client.log_in();
    let report = b"\x0223:004\t021:12345678\t060:971107131212\t061:4\t\x03";
    client.input().extend_from_slice(report);
    let Some(Event::Request { header, .. }) = client.next(now) else { panic!() };
    client.input().extend_from_slice(report);
    assert!(client.next(now).is_none(), "it waits for its answer");
    client.answer(header, &[]);
    assert_eq!(written(&mut client), "\x0273:004\t43\x03");
    client.input().extend_from_slice(report);
    assert!(client.next(now).is_none());
    assert_eq!(written(&mut client), "\x0273:004\t43\x03");
    // What was left without an answer is handed out again.
    let other = b"\x0223:006\t021:12345678\t060:971107131212\t061:4\t\x03";
    client.input().extend_from_slice(other);
    let Some(Event::Request { header, .. }) = client.next(now) else { panic!() };
    client.forget(header);
    client.input().extend_from_slice(other);
    assert!(matches!(client.next(now), Some(Event::Request { .. })));
}

#[test]
fn alive_is_answered_and_asked() {
    let now = any_moment();
    let mut client = session(Role::Client, now);
    client.log_in();
    client.input().extend_from_slice(b"CIMD2-A ConnectionInfo: ...\r\n\x0240:005\t3E\x03");
    assert!(client.next(now).is_none());
    assert_eq!(written(&mut client), "\x0290:005\t43\x03");
    client.tick(now + IDLE);
    assert_eq!(written(&mut client), "\x0240:001\t3A\x03");
    let end = now + IDLE + Settings::default().response;
    client.tick(end);
    assert!(matches!(client.next(end), Some(Event::Closed(Reason::Silent))));
}

#[test]
fn what_is_wrong_is_refused_and_the_session_goes_on() {
    let now = any_moment();
    let mut server = session(Role::Server, now);
    for (octets, wrong, answer) in [
        (&b"\x0203:001\t021:1\t\x03"[..], Wrong::Stranger(Op::SUBMIT), "\x0253:001\t900:1\t"),
        (b"\x0220:003\t\x03", Wrong::Unexpected(Op::DELIVER), "\x0298:003\t900:1\t"),
        (b"\x0240:005\t3F\x03", Wrong::Frame(FrameError::Checksum { right: 0x3E }), "\x0299:005\t"),
        (b"\x02nonsense\x03", Wrong::Frame(FrameError::Header), ""),
        (b"\x0299:007\t\x03", Wrong::Nacked(7), ""),
    ] {
        server.input().extend_from_slice(octets);
        let Some(Event::Malformed(found)) = server.next(now) else { panic!("{}", octets.escape_ascii()) };
        assert_eq!(found, wrong);
        let said = written(&mut server);
        assert!(said.starts_with(answer) && said.is_empty() == answer.is_empty(), "{said}");
    }
    server.input().extend_from_slice(&[b'x'; 5_000]);
    assert!(matches!(server.next(now), Some(Event::Closed(Reason::Garbage(_)))));
}

#[test]
fn a_general_error_answers_whatever_has_its_number() {
    let now = any_moment();
    let mut client = session(Role::Client, now);
    client.log_in();
    client.request(Op::SUBMIT, &[], 'a', now).unwrap();
    client.input().extend_from_slice(b"\x0298:001\t900:2\t\x03");
    let Some(Event::Response { token: 'a', parameters, .. }) = client.next(now) else { panic!() };
    assert_eq!(parameters.number(code::ERROR), Some(2_u16));
}
