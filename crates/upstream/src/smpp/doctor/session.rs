//! One session of an examination. Its events are heard one at a time.

use super::incoming::Incoming;
use crate::smpp::conversation::UNBIND;
use crate::smpp::outgoing::LenientBind;
use crate::smpp::settings::Settings;
use postrider_link::connect::{Stream, lost};
use postrider_link::{Driven, Pump, Turn, drive, now};
use postrider_wire::smpp::pdu::{BindMode, DataSmResp, DeliverSmResp, EnquireLink, SubmitSm};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Command, Encode, Event, Pdu, Reason, RequestError, Role, Session, Status, Tlvs};
use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::time::Instant;

/// Requests that may be unanswered, which is as many as are ever tried.
const WINDOW: usize = 100;

/// A request of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Bind,
    Enquiry,
    /// The part with this number.
    Part(usize),
}

/// An event of the session.
#[derive(Clone, Debug)]
pub(super) enum Heard {
    Response(Request, Response),
    Unanswered(Request),
    Incoming(Incoming),
    Over(Reason),
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Response {
    pub(super) status: Status,
    /// The message's name, or in answer to a bind the carrier's.
    pub(super) name: String,
    /// `sc_interface_version`.
    pub(super) version: Option<u8>,
    pub(super) at: Instant,
}

/// A session.
pub(super) struct ProbeSession {
    pump: Pump<Box<dyn Stream>>,
    dialogue: Dialogue,
}

/// The session without its socket.
struct Dialogue {
    session: Session<Request>,
    heard: VecDeque<Heard>,
    /// When listening ends, if nothing is heard.
    until: Instant,
    /// It waits for octets and times alone.
    nothing: (),
}

impl ProbeSession {
    /// A session over a connection, which asks to be bound.
    pub(super) fn begin(
        stream: Box<dyn Stream>,
        settings: &Settings,
        mode: BindMode,
    ) -> Result<Self, RequestError> {
        let rules = postrider_wire::smpp::Settings {
            window: WINDOW,
            session_init: settings.limits.bind,
            enquire_link: None,
            response: settings.timers.response_timeout.get(),
            unbind: UNBIND,
            ..postrider_wire::smpp::Settings::default()
        };
        let mut session = Session::new(Role::Client, rules, now());
        session.request(
            &LenientBind { mode, login: settings.login(mode), settings },
            Request::Bind,
            now(),
        )?;
        let dialogue = Dialogue { session, heard: VecDeque::new(), until: now(), nothing: () };
        Ok(Self { pump: Pump::new(stream), dialogue })
    }

    /// Asks whether the carrier lives.
    pub(super) fn enquire(&mut self) -> Result<(), RequestError> {
        self.dialogue.session.request(&EnquireLink, Request::Enquiry, now()).map(drop)
    }

    /// Hands in a part.
    pub(super) fn submit(&mut self, pdu: &SubmitSm<'_>, number: usize) -> Result<(), RequestError> {
        self.dialogue.session.request(pdu, Request::Part(number), now()).map(drop)
    }

    /// Requests without an answer so far.
    pub(super) fn outstanding(&self) -> usize {
        self.dialogue.session.outstanding()
    }

    /// Answers a request of the carrier.
    pub(super) fn acknowledge(&mut self, sequence: u32, command: Command, status: Status) {
        let session = &mut self.dialogue.session;
        // A session that is over takes no answer; the carrier brings it again.
        let _ = if command == Command::DATA_SM {
            session.respond(sequence, status, &DataSmResp { message_id: b"", tlvs: Tlvs::EMPTY }, now())
        } else {
            session.respond(sequence, status, &DeliverSmResp { message_id: b"", tlvs: Tlvs::EMPTY }, now())
        };
    }

    /// The next event, or `None` if there is none until then. It may be dropped at any moment.
    pub(super) async fn hear(&mut self, until: Instant) -> Option<Heard> {
        self.dialogue.until = until;
        drive(&mut self.pump, &mut self.dialogue).await
    }

    /// Says goodbye, and tells how the session ended.
    pub(super) async fn leave(mut self) -> Option<Reason> {
        let until = now() + UNBIND * 2;
        self.dialogue.session.unbind(now()).ok()?;
        while let Some(heard) = self.hear(until).await {
            match heard {
                Heard::Over(reason) => {
                    self.pump.close(&mut self.dialogue.session).await;
                    return Some(reason);
                }
                Heard::Incoming(brought) => {
                    self.acknowledge(brought.sequence, brought.command, Status::RX_T_APPN);
                }
                Heard::Response(..) | Heard::Unanswered(_) => {}
            }
        }
        None
    }
}

impl Driven for Dialogue {
    type Endpoint = Session<Request>;
    type Sources = ();
    type End = Option<Heard>;

    fn turn(&mut self, now: Instant) -> Turn<Option<Heard>> {
        if self.session.deadline().is_some_and(|due| due <= now) {
            self.session.tick(now);
        }
        self.take_in(now);
        match self.heard.pop_front() {
            Some(heard) => Turn::Over(Some(heard)),
            None if self.until <= now => Turn::Over(None),
            None => {
                let until = self.session.deadline().map_or(self.until, |due| due.min(self.until));
                Turn::Wait { until: Some(until), reads: true }
            }
        }
    }

    fn parts(&mut self) -> (&mut Session<Request>, &mut ()) {
        (&mut self.session, &mut self.nothing)
    }

    fn hear(&mut self, never: Infallible, _: Instant) {
        match never {}
    }

    fn lost(&mut self, error: &io::Error) {
        self.session.close(Reason::Disconnected(lost(error)));
    }
}

impl Dialogue {
    fn take_in(&mut self, now: Instant) {
        let (mut unbind, mut unknown) = (None, Vec::new());
        while let Some(event) = self.session.next(now) {
            match event {
                Event::Response { token, status, pdu, .. } => {
                    self.heard.push_back(Heard::Response(token, answer(status, &pdu, now)));
                }
                Event::TimedOut { token, .. } => self.heard.push_back(Heard::Unanswered(token)),
                Event::Request { sequence, pdu } => match Incoming::read(sequence, &pdu) {
                    Some(brought) => self.heard.push_back(Heard::Incoming(brought)),
                    None => unknown.push((sequence, pdu.command())),
                },
                Event::Unbind { sequence } => unbind = Some(sequence),
                Event::Closed(reason) => self.heard.push_back(Heard::Over(reason)),
                Event::LateResponse { .. } | Event::Malformed { .. } | Event::Refused { .. } => {}
            }
        }
        for (sequence, command) in unknown {
            // An alert_notification has no answer.
            let _ = self.session.refuse(sequence, command, Status::RINVCMDID, now);
        }
        if unbind.is_some() {
            self.session.leave(unbind, now);
        }
    }
}

fn answer(status: Status, pdu: &Pdu<'_>, at: Instant) -> Response {
    let (name, version) = match pdu {
        Pdu::BindResp(answer) => (answer.system_id, answer.tlvs.number::<u8>(tag::SC_INTERFACE_VERSION)),
        Pdu::SubmitSmResp(answer) => (answer.message_id, None),
        _ => (&b""[..], None),
    };
    Response { status, name: String::from_utf8_lossy(name.trim_ascii()).into_owned(), version, at }
}
