//! What must hold for any octets read as a modem's, or as a terminal's: no panic, nothing much larger than what came, buffers
//! within their limits, and messages that are read and written again read back the same.

use postrider_wire::Endpoint;
use postrider_wire::modem::tpdu::{Incoming, digits, read_submit};
use postrider_wire::modem::{Command, Device, Event, Input, LINE_MAX, Session, Settings, Unsolicited};
use std::time::{Duration, Instant};

/// Octets as either end reads them, in pieces; the first octet says which end (bit 0: the modem), whether a message is being
/// sent (bit 1), and how long the pieces are.
#[expect(clippy::disallowed_methods, reason = "a virtual clock starts at a real moment; there is no other")]
pub(crate) fn stream(data: &[u8]) {
    let Some((first, octets)) = data.split_first() else { return };
    let pieces = octets.chunks(usize::from(first >> 2) + 1);
    if first & 1 != 0 {
        return device(pieces, octets.len());
    }
    let mut now = Instant::now();
    let mut session: Session<u8> = Session::new(Settings::default(), now);
    let command = match first & 2 {
        0 => Command::new("AT+CMGL=4"),
        _ => Command::new("AT+CMGS=18").with_payload("00").expecting("+CMGS"),
    };
    assert!(session.request(command, 1, now).is_some());
    for piece in pieces {
        session.input().extend_from_slice(piece);
        terminal(&mut session, now);
        assert!(session.input().len() <= LINE_MAX + piece.len());
    }
    now += Duration::from_secs(60);
    session.tick(now);
    terminal(&mut session, now);
    assert!(session.is_idle() && session.output().len() <= 64);
}

fn terminal(session: &mut Session<u8>, now: Instant) {
    while let Some(event) = session.next(now) {
        match event {
            Event::Done { token, lines, .. } => {
                assert_eq!(token, 1);
                lines.iter().for_each(|line| message(line.as_bytes(), None));
            }
            Event::TimedOut { token, .. } => assert_eq!(token, 1),
            Event::Unsolicited(Unsolicited::Message(pdu, length) | Unsolicited::Report(pdu, length)) => {
                message(pdu.as_bytes(), length);
            }
            Event::Malformed(wrong) => assert!(!wrong.to_string().is_empty()),
            Event::Closed(reason) => assert!(!reason.to_string().is_empty()),
            Event::Unsolicited(_) | Event::Late { .. } => {}
        }
    }
}

fn device<'a>(pieces: impl Iterator<Item = &'a [u8]>, octets: usize) {
    let mut device = Device::new();
    for piece in pieces {
        device.input().extend_from_slice(piece);
        while let Some(input) = device.read() {
            match input {
                Input::Command(command) if command.contains("CMGS") => device.prompt(),
                Input::Command(_) | Input::Escaped => {}
                Input::Text(text) => message(text.as_bytes(), None),
            }
        }
        assert!(device.input().len() <= LINE_MAX + piece.len());
    }
    assert!(device.output().len() <= 5 * octets + 64);
}

/// What can be read as a message is the same once it is written and read again.
fn message(pdu: &[u8], length: Option<usize>) {
    match Incoming::read(pdu, length) {
        Ok(Incoming::Deliver(read)) => {
            let (pdu, length) = digits(&read.write(), None);
            assert_eq!(Incoming::read(pdu.as_bytes(), Some(length)), Ok(Incoming::Deliver(read)));
        }
        Ok(Incoming::Report(read)) => {
            let (pdu, length) = digits(&read.write(), None);
            assert_eq!(Incoming::read(pdu.as_bytes(), Some(length)), Ok(Incoming::Report(read)));
        }
        Err(wrong) => assert!(!wrong.to_string().is_empty()),
    }
    if let Ok(read) = read_submit(pdu, length) {
        let (pdu, length) = digits(&read.write(), None);
        assert_eq!(read_submit(pdu.as_bytes(), Some(length)), Ok(read));
    }
}
