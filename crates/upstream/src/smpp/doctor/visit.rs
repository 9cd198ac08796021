//! One session of an examination: what is asked goes out, what is heard comes in, one thing at a time.

use super::super::connect::Stream;
use super::super::link::lost;
use super::super::outgoing::LenientBind;
use super::super::pump::{exchange, flush};
use super::super::settings::{Login, Settings};
use postrider_wire::smpp::pdu::{BindMode, DataSmResp, DeliverSmResp, EnquireLink, SubmitSm, UnbindResp};
use postrider_wire::smpp::tlv::tag;
use postrider_wire::smpp::{Command, Encode, Event, Pdu, Reason, RequestError, Role, Session, Status, Tlvs};
use std::collections::VecDeque;
use std::time::{Duration, Instant};
use tokio::time::sleep_until;

/// Requests that may be unanswered, which is as many as are ever tried.
const WINDOW: usize = 100;
/// How long an unbind may take.
const UNBIND: Duration = Duration::from_secs(2);

/// A request of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Bind,
    Enquiry,
    /// The part with this number.
    Part(usize),
}

/// What was heard.
#[derive(Clone, Debug)]
pub(super) enum Heard {
    Answer(Asked, Answer),
    Unanswered(Asked),
    Brought(super::brought::Brought),
    Over(Reason),
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: Status,
    /// The message's name, or in answer to a bind the carrier's.
    pub(super) name: String,
    /// `sc_interface_version`.
    pub(super) version: Option<u8>,
    pub(super) at: Instant,
}

/// A session.
pub(super) struct Visit {
    stream: Box<dyn Stream>,
    session: Session<Asked>,
    heard: VecDeque<Heard>,
}

impl Visit {
    /// A session over a connection, which asks to be bound.
    pub(super) fn begin(
        stream: Box<dyn Stream>,
        settings: &Settings,
        mode: BindMode,
        login: &Login,
    ) -> Result<Self, RequestError> {
        let rules = postrider_wire::smpp::Settings {
            window: WINDOW,
            session_init: settings.timers.bind,
            enquire_link: None,
            response: settings.timers.response,
            unbind: UNBIND,
            ..postrider_wire::smpp::Settings::default()
        };
        let mut session = Session::new(Role::Client, rules, Instant::now());
        session.request(&LenientBind { mode, login }, Asked::Bind, Instant::now())?;
        Ok(Self { stream, session, heard: VecDeque::new() })
    }

    /// Asks whether the carrier lives.
    pub(super) fn enquire(&mut self) -> Result<(), RequestError> {
        self.session.request(&EnquireLink, Asked::Enquiry, Instant::now()).map(drop)
    }

    /// Hands in a part.
    pub(super) fn submit(&mut self, pdu: &SubmitSm<'_>, number: usize) -> Result<(), RequestError> {
        self.session.request(pdu, Asked::Part(number), Instant::now()).map(drop)
    }

    /// Requests without an answer so far.
    pub(super) fn outstanding(&self) -> usize {
        self.session.outstanding()
    }

    /// Answers what was brought.
    pub(super) fn acknowledge(&mut self, sequence: u32, command: Command, status: Status) {
        let now = Instant::now();
        // A session that is over takes no answer; the carrier brings it again.
        let _ = if command == Command::DATA_SM {
            self.session.respond(sequence, status, &DataSmResp { message_id: b"", tlvs: Tlvs::EMPTY }, now)
        } else {
            self.session.respond(sequence, status, &DeliverSmResp { message_id: b"", tlvs: Tlvs::EMPTY }, now)
        };
    }

    /// The next that is heard; `None` if that is nothing until then. May be dropped at any moment.
    pub(super) async fn hear(&mut self, until: Instant) -> Option<Heard> {
        loop {
            let now = Instant::now();
            if self.session.deadline().is_some_and(|deadline| deadline <= now) {
                self.session.tick(now);
            }
            self.take_in(now);
            if let Some(heard) = self.heard.pop_front() {
                return Some(heard);
            }
            if now >= until {
                return None;
            }
            let wake = self.session.deadline().map_or(until, |deadline| deadline.min(until));
            tokio::select! {
                result = exchange(&mut self.stream, &mut self.session, true) => {
                    if let Err(error) = result {
                        self.take_in(Instant::now());
                        self.session.close(Reason::Disconnected(lost(&error)));
                    }
                }
                () = sleep_until(wake.into()) => {}
            }
        }
    }

    fn take_in(&mut self, now: Instant) {
        let (mut unbind, mut unknown) = (None, Vec::new());
        while let Some(event) = self.session.next(now) {
            match event {
                Event::Response { token, status, pdu, .. } => {
                    self.heard.push_back(Heard::Answer(token, answer(status, &pdu, now)));
                }
                Event::TimedOut { token, .. } => self.heard.push_back(Heard::Unanswered(token)),
                Event::Request { sequence, pdu } => match super::brought::Brought::read(sequence, &pdu) {
                    Some(brought) => self.heard.push_back(Heard::Brought(brought)),
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
        if let Some(sequence) = unbind {
            let _ = self.session.respond(sequence, Status::ROK, &UnbindResp, now);
        }
    }

    /// Says goodbye, and tells how the session ended.
    pub(super) async fn leave(mut self) -> Option<Reason> {
        let until = Instant::now() + UNBIND * 2;
        self.session.unbind(Instant::now()).ok()?;
        while let Some(heard) = self.hear(until).await {
            match heard {
                Heard::Over(reason) => {
                    // The carrier may have closed its side already.
                    let _ = flush(&mut self.stream, &mut self.session).await;
                    return Some(reason);
                }
                Heard::Brought(brought) => {
                    self.acknowledge(brought.sequence, brought.command, Status::RX_T_APPN);
                }
                Heard::Answer(..) | Heard::Unanswered(_) => {}
            }
        }
        None
    }
}

fn answer(status: Status, pdu: &Pdu<'_>, at: Instant) -> Answer {
    let (name, version) = match pdu {
        Pdu::BindResp(answer) => (answer.system_id, answer.tlvs.number::<u8>(tag::SC_INTERFACE_VERSION)),
        Pdu::SubmitSmResp(answer) => (answer.message_id, None),
        _ => (&b""[..], None),
    };
    Answer { status, name: String::from_utf8_lossy(name.trim_ascii()).into_owned(), version, at }
}
