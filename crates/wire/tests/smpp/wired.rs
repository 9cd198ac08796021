//! A client and a server wired together in memory, under a clock that only moves when told to.

use postrider_wire::smpp::pdu::{Bind, BindMode, BindResp, Pdu};
use postrider_wire::smpp::{Encode, Event, Role, Session, Settings, State, Status};
use std::time::{Duration, Instant};

/// A start for the clock.
#[expect(clippy::disallowed_methods, reason = "a virtual clock starts at a real moment; there is no other")]
pub(crate) fn any_moment() -> Instant {
    Instant::now()
}

/// Two ends and a clock.
pub(crate) struct Wired {
    pub(crate) client: Session<char>,
    pub(crate) server: Session<char>,
    pub(crate) now: Instant,
}

impl Wired {
    pub(crate) fn open(settings: &Settings) -> Self {
        let now = any_moment();
        Self {
            client: Session::new(Role::Client, settings.clone(), now),
            server: Session::new(Role::Server, settings.clone(), now),
            now,
        }
    }

    pub(crate) fn bound(mode: BindMode, settings: &Settings) -> Self {
        let mut wired = Self::open(settings);
        wired.client.request(&Bind::new(mode, b"client", b"secret"), 'b', wired.now).unwrap();
        assert_eq!(wired.server_hears(), [format!("request {} 1", mode.command())]);
        wired.server.respond(1, Status::ROK, &BindResp::new(mode, b"server"), wired.now).unwrap();
        assert_eq!(wired.client_hears().len(), 1);
        assert_eq!(wired.client.state(), wired.server.state());
        wired
    }

    pub(crate) fn transceiver() -> Self {
        let wired = Self::bound(BindMode::Transceiver, &Settings::default());
        assert_eq!(wired.client.state(), State::BoundTrx);
        wired
    }

    /// Carries over what the client wrote, and says what the server makes of it.
    pub(crate) fn server_hears(&mut self) -> Vec<String> {
        let octets = self.client.output().split();
        self.server.input().extend_from_slice(&octets);
        events(&mut self.server, self.now)
    }

    /// Carries over what the server wrote, and says what the client makes of it.
    pub(crate) fn client_hears(&mut self) -> Vec<String> {
        let octets = self.server.output().split();
        self.client.input().extend_from_slice(&octets);
        events(&mut self.client, self.now)
    }

    pub(crate) fn wait(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    /// Lets so much time pass and says what the client makes of it.
    pub(crate) fn client_waits(&mut self, seconds: u64) -> Vec<String> {
        self.wait(seconds);
        self.client.tick(self.now);
        events(&mut self.client, self.now)
    }
}

/// Everything a session has to tell, in words.
pub(crate) fn events(session: &mut Session<char>, now: Instant) -> Vec<String> {
    let mut told = Vec::new();
    while let Some(event) = session.next(now) {
        told.push(words(&event));
    }
    told
}

fn words(event: &Event<'_, char>) -> String {
    let name = |pdu: &Pdu<'_>| pdu.command().to_string();
    match event {
        Event::Request { sequence, pdu } => format!("request {} {sequence}", name(pdu)),
        Event::Response { token, sequence, status, pdu } => {
            format!("answer {token} {} {sequence} {}", name(pdu), status.name().unwrap_or("?"))
        }
        Event::TimedOut { token, sequence } => format!("timed out {token} {sequence}"),
        Event::LateResponse { sequence, pdu, .. } => format!("late {} {sequence}", name(pdu)),
        Event::Malformed { header, error } => format!("malformed {} {}", header.command, error.field),
        Event::Refused { header, status } => {
            format!("refused {} {}", header.command, status.name().unwrap_or("?"))
        }
        Event::Unbind { sequence } => format!("unbind {sequence}"),
        Event::Closed(reason) => format!("closed: {reason}"),
    }
}

/// A PDU that is only a header, as octets.
pub(crate) fn header_only(command: u32, status: u32, sequence: u32) -> Vec<u8> {
    [16, command, status, sequence].map(u32::to_be_bytes).concat()
}
