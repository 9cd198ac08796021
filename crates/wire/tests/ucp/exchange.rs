//! Sessions in virtual time: logins, windows, answers, alerts, garbage.

use postrider_wire::Endpoint;
use postrider_wire::exchange::{Reason, RequestError, Settings};
use postrider_wire::ucp::operation::Login;
use postrider_wire::ucp::session::Wrong;
use postrider_wire::ucp::{
    Answer, ErrorCode, Event, FrameError, Message, Operation, Ot, Outcome, Role, Session,
};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);
/// Longer than an answer may take.
const IDLE: Duration = Duration::from_secs(90);

#[expect(clippy::disallowed_methods, reason = "a start for a virtual clock")]
fn any_moment() -> Instant {
    Instant::now()
}

fn session(role: Role, now: Instant) -> Session<char> {
    Session::new(role, Settings { window: 2, keepalive: Some(IDLE), ..Settings::default() }, b"1234", now)
}

fn login() -> Operation<'static> {
    Operation::Login(Login { oadc: b"1234", styp: b"1", vers: b"0100", ..Login::default() })
}

fn submit() -> Operation<'static> {
    Operation::Message(Ot::SUBMIT, Box::new(Message { adc: b"358401234567", mt: b"3", ..Message::default() }))
}

/// Hands over what one side wrote.
fn pass(from: &mut Session<char>, to: &mut Session<char>) {
    let octets = from.output().split();
    to.input().extend_from_slice(&octets);
}

fn written(session: &mut Session<char>) -> String {
    String::from_utf8_lossy(&session.output().split()).into_owned()
}

fn done(sm: &[u8]) -> Answer<'_> {
    Answer::Done { mvp: b"", sm }
}

#[test]
fn both_ends_talk() {
    let now = any_moment();
    let (mut client, mut server) = (session(Role::Client, now), session(Role::Server, now));
    client.request(&login(), 'l', now).unwrap();
    pass(&mut client, &mut server);
    let Some(Event::Operation { trn: 0, operation: Operation::Login(read) }) = server.next(now) else {
        panic!()
    };
    assert_eq!(read.oadc, b"1234");
    server.answer(0, Ot::SESSION, &done(b""));
    assert!(server.is_logged_in());
    pass(&mut server, &mut client);
    let Some(Event::Result { token: 'l', outcome: Outcome::Done { .. }, .. }) = client.next(now) else {
        panic!()
    };
    client.log_in();
    for token in ['a', 'b'] {
        client.request(&submit(), token, now).unwrap();
    }
    assert_eq!(client.request(&submit(), 'c', now), Err(RequestError::WindowFull));
    pass(&mut client, &mut server);
    for number in [1, 2] {
        let Some(Event::Operation { trn, .. }) = server.next(now) else { panic!() };
        assert_eq!(trn, number);
    }
    server.answer(2, Ot::SUBMIT, &Answer::Refused { code: ErrorCode::ADDRESS, sm: b"" });
    server.answer(1, Ot::SUBMIT, &done(b"358401234567:291126083007"));
    pass(&mut server, &mut client);
    let Some(Event::Result { token: 'b', outcome: Outcome::Refused { code: ErrorCode(6), .. }, .. }) =
        client.next(now)
    else {
        panic!()
    };
    let Some(Event::Result { token: 'a', outcome: Outcome::Done { sm, .. }, .. }) = client.next(now) else {
        panic!()
    };
    assert_eq!(sm, b"358401234567:291126083007");
    assert!(client.next(now).is_none());
}

#[test]
fn a_server_admits_strangers_to_nothing_but_the_login() {
    let now = any_moment();
    let (mut client, mut server) = (session(Role::Client, now), session(Role::Server, now));
    client.request(&submit(), 's', now).unwrap();
    pass(&mut client, &mut server);
    assert!(matches!(server.next(now), Some(Event::Malformed(Wrong::Stranger(Ot::SUBMIT)))));
    pass(&mut server, &mut client);
    let Some(Event::Result { outcome: Outcome::Refused { code: ErrorCode::NOT_ALLOWED, .. }, .. }) =
        client.next(now)
    else {
        panic!()
    };
    let later = now + Settings::default().login;
    server.tick(later);
    assert!(matches!(server.next(later), Some(Event::Closed(Reason::Login))));
}

#[test]
fn an_answer_is_for_its_own_operation() {
    let now = any_moment();
    let mut client = session(Role::Client, now);
    client.log_in();
    client.request(&submit(), 'a', now).unwrap();
    let mut other = session(Role::Server, now);
    for (trn, ot) in [(0, Ot::ALERT), (1, Ot::SUBMIT), (0, Ot::SUBMIT)] {
        other.answer(trn, ot, &done(b"x"));
    }
    pass(&mut other, &mut client);
    assert!(matches!(client.next(now), Some(Event::Result { token: 'a', .. })));
    assert!(client.next(now).is_none());
}

#[test]
fn an_unanswered_operation_times_out_and_may_be_answered_late() {
    let now = any_moment();
    let mut client = session(Role::Client, now);
    client.log_in();
    let serial = client.request(&submit(), 'a', now).unwrap();
    let later = now + Settings::default().response;
    assert_eq!(client.deadline(), Some(later));
    client.tick(later);
    let Some(Event::TimedOut { token: 'a', serial: given_up }) = client.next(later) else { panic!() };
    assert_eq!((given_up, client.window_free()), (serial, 2));
    client.output().clear();
    let next = client.request(&submit(), 'b', later).unwrap();
    let mut other = session(Role::Server, now);
    other.answer(0, Ot::SUBMIT, &done(b"358401234567:291126083007"));
    pass(&mut other, &mut client);
    let Some(Event::Late { serial: late, .. }) = client.next(later) else { panic!() };
    assert_eq!(late, serial);
    assert_ne!(next % 100, serial % 100);
}

#[test]
fn alerts_ask_for_signs_of_life() {
    let now = any_moment();
    let mut client = session(Role::Client, now);
    client.log_in();
    let idle = now + IDLE;
    assert_eq!(client.deadline(), Some(idle));
    client.tick(idle);
    assert_eq!(written(&mut client), "\x0200/00026/O/31/1234/0539/C0\x03");
    assert_eq!(client.probed(), Some(idle));
    // A refusal is a sign of life too.
    client.input().extend_from_slice(b"\x0200/00022/R/31/N/06//07\x03");
    assert!(client.next(idle + SECOND).is_none());
    assert_eq!((client.probed(), client.outstanding()), (None, 0));
    client.probe(idle + SECOND);
    let end = idle + SECOND + Settings::default().response;
    client.tick(end);
    assert!(matches!(client.next(end), Some(Event::Closed(Reason::Silent))));
    assert_eq!(client.deadline(), None);
}

#[test]
fn what_is_wrong_is_refused_and_the_session_goes_on() {
    let now = any_moment();
    let mut server = session(Role::Server, now);
    server.log_in();
    for (octets, expected, answer) in [
        (&b"CONNECT\r\n\x02\x03"[..], Some(Wrong::Frame(FrameError::Header)), ""),
        (
            b"\x0200/00026/O/31/1234/0539/C1\x03",
            Some(Wrong::Frame(FrameError::Checksum { right: 0xC0 })),
            "\x0200/00022/R/31/N/01//02\x03",
        ),
        (
            b"\x0200/00025/O/31/1234/0539/C0\x03",
            Some(Wrong::Frame(FrameError::Length { said: 25, is: 26 })),
            "\x0200/00022/R/31/N/02//03\x03",
        ),
        (b"\x0200/00019/R/60/A//6E\x03", Some(Wrong::Frame(FrameError::Checksum { right: 0x6D })), ""),
        (b"\x0200/00019/R/60/A//6D\x03", None, ""),
        (
            b"\x0205/00021/O/77/1234/CA\x03",
            Some(Wrong::Operation(Ot(77), postrider_wire::ucp::Malformed::Unknown)),
            "\x0205/00022/R/77/N/03//13\x03",
        ),
        (
            b"\x0205/00021/O/51/1234/C2\x03",
            Some(Wrong::Operation(Ot(51), postrider_wire::ucp::Malformed::Fields)),
            "\x0205/00022/R/51/N/02//0A\x03",
        ),
    ] {
        server.input().extend_from_slice(octets);
        let wrong = match server.next(now) {
            Some(Event::Malformed(wrong)) => Some(wrong),
            None => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(wrong, expected, "{}", octets.escape_ascii());
        assert!(server.next(now).is_none());
        assert_eq!(written(&mut server), answer, "{}", octets.escape_ascii());
    }
    assert_eq!(server.take_skipped(), 9);
}

#[test]
fn another_protocol_ends_the_session() {
    let now = any_moment();
    let mut server = session(Role::Server, now);
    server.input().extend_from_slice(&b"GET / HTTP/1.1\r\n".repeat(700));
    let Some(Event::Closed(reason)) = server.next(now) else { panic!() };
    assert_eq!(
        reason.to_string(),
        "11200 octets came without a whole frame between STX and ETX: the peer may speak another protocol"
    );
    assert!(!server.wants_input() && server.next(now).is_none());
    assert_eq!(server.request(&login(), 'l', now), Err(RequestError::NotNow));
}

#[test]
fn tokens_of_a_lost_session_come_back() {
    let now = any_moment();
    let mut client = session(Role::Client, now);
    client.log_in();
    for token in ['a', 'b'] {
        client.request(&submit(), token, now).unwrap();
    }
    client.close(Reason::Disconnected("reset".to_owned()));
    assert!(matches!(client.next(now), Some(Event::Closed(Reason::Disconnected(_)))));
    assert_eq!(client.drain_outstanding().collect::<String>(), "ab");
}
