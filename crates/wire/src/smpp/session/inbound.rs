//! What the peer sends: each PDU is judged by its header, handled here if it is the session's own business, and
//! handed out as an event otherwise.

use super::outbound::write_header;
use super::{Binding, Event, Reason, Role, Session, State, rules};
use crate::smpp::frame::Frame;
use crate::smpp::header::HEADER_LEN;
use crate::smpp::pdu::BindMode;
use crate::smpp::{Command, FrameError, Header, Pdu, Status};
use bytes::{Buf, BytesMut};
use std::time::Instant;

/// What to do with a PDU, decided by its header alone.
enum Verdict<T> {
    /// Nothing more.
    Done,
    Request,
    Unbind,
    Response(T),
    Late,
    Refuse(Status),
}

/// Answers a request that isn't handed out: with a generic_nack what isn't known here, and with its own response what
/// is; a malformed alert_notification has none.
fn answer(out: &mut BytesMut, header: &Header, status: Status) {
    let response = match header.command.response() {
        Some(response) if status != Status::RINVCMDID => response,
        None if status != Status::RINVCMDID => return,
        _ => Command::GENERIC_NACK,
    };
    write_header(out, response, status, header.sequence);
}

impl Role {
    fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

impl<T> Session<T> {
    /// The next event, or `None` when there is nothing until more input comes or a deadline passes. The PDU in an
    /// event is borrowed; it is gone at the next call of `next` or `input`.
    pub fn next(&mut self, now: Instant) -> Option<Event<'_, T>> {
        self.forget_consumed();
        while let Some((header, octets)) = self.next_frame() {
            self.timers.heard(now);
            match self.judge(&header, now) {
                Verdict::Done => self.input.advance(octets),
                verdict => {
                    self.consumed = octets;
                    return self.tell(header, verdict);
                }
            }
        }
        if let Some((sequence, token)) = self.expired.pop_front() {
            return Some(Event::TimedOut { token, sequence });
        }
        self.reason.take().map(Event::Closed)
    }

    /// The header and the length of the next whole PDU, unless it has to wait.
    fn next_frame(&mut self) -> Option<(Header, usize)> {
        if self.state == State::Closed {
            return None;
        }
        if self.role == Role::Server && self.binding.is_some() {
            if self.input.len() > self.settings.max_pdu + super::READ_ROOM {
                self.close(Reason::Flooded);
            }
            return None;
        }
        match Frame::peek(&self.input, self.max_pdu()) {
            Ok(frame) => frame.map(|frame| (frame.header, frame.octets())),
            Err(error) => {
                self.unframeable(error);
                None
            }
        }
    }

    fn unframeable(&mut self, error: FrameError) {
        // What isn't SMPP at all wouldn't understand the answer.
        if error.looks_like().is_none() {
            write_header(&mut self.output, Command::GENERIC_NACK, Status::RINVCMDLEN, 0);
        }
        self.close(Reason::Unframeable(error));
    }

    fn judge(&mut self, header: &Header, now: Instant) -> Verdict<T> {
        match header.command {
            Command::ENQUIRE_LINK => {
                write_header(&mut self.output, Command::ENQUIRE_LINK_RESP, Status::ROK, header.sequence);
                Verdict::Done
            }
            Command::UNBIND_RESP if self.timers.unbinding_is_ours() => {
                self.close(Reason::Unbound);
                Verdict::Done
            }
            command if command.is_response() => self.judge_response(header, now),
            _ => self.judge_request(header, now),
        }
    }

    fn judge_response(&mut self, header: &Header, now: Instant) -> Verdict<T> {
        let nack = header.command == Command::GENERIC_NACK;
        let mut sequence = header.sequence;
        if nack
            && sequence == 0
            && let Some(binding) = self.binding
        {
            // A server that doesn't know what to make of a bind may not know its number either.
            sequence = binding.sequence;
        }
        let answers = |request: Command| nack || request.response() == Some(header.command);
        let token = self.outstanding.take(sequence, answers);
        if token.is_some()
            && let Some(binding) = self.binding.take_if(|binding| binding.sequence == sequence)
            && header.status.is_ok()
            && !nack
        {
            self.bound(binding.mode, now);
        }
        match token {
            Some(token) => Verdict::Response(token),
            None if header.command == Command::ENQUIRE_LINK_RESP => Verdict::Done,
            None if header.command.name().is_none() => Verdict::Done,
            None => Verdict::Late,
        }
    }

    fn judge_request(&mut self, header: &Header, now: Instant) -> Verdict<T> {
        let command = header.command;
        let peer = self.role.peer();
        if !rules::may_ever_send(peer, command) {
            return Verdict::Refuse(Status::RINVCMDID);
        }
        // What the peer sent before it saw our unbind is as good as before.
        let state = if self.timers.unbinding_is_ours() { self.bound } else { self.state };
        let allowed = rules::may_send(peer, command, state);
        let must_be = match command {
            Command::OUTBIND if !self.settings.accept_outbind => return Verdict::Refuse(Status::RINVCMDID),
            Command::OUTBIND => true,
            // Whoever sends an unbind wants to go, whatever the state.
            Command::UNBIND => false,
            _ if BindMode::of(command).is_some() => true,
            _ => self.role == Role::Server && self.settings.strict_states,
        };
        if must_be && !allowed {
            return Verdict::Refuse(self.wrong_state(command));
        }
        match command {
            Command::UNBIND => {
                self.state = State::Unbinding;
                self.timers.unbinding_by_peer(now);
                return Verdict::Unbind;
            }
            Command::OUTBIND => self.state = State::Outbound,
            _ => {}
        }
        if let Some(mode) = BindMode::of(command) {
            self.binding = Some(Binding { sequence: header.sequence, mode });
        }
        Verdict::Request
    }

    fn wrong_state(&self, command: Command) -> Status {
        let bound = !matches!(self.state, State::Open | State::Outbound);
        if bound && BindMode::of(command).is_some() { Status::RALYBND } else { Status::RINVBNDSTS }
    }

    /// Makes the event of a PDU at the start of the input.
    fn tell(&mut self, header: Header, verdict: Verdict<T>) -> Option<Event<'_, T>> {
        let Header { sequence, status, .. } = header;
        let body = self.input.get(HEADER_LEN..self.consumed).unwrap_or_default();
        Some(match verdict {
            Verdict::Done => return None,
            Verdict::Unbind => Event::Unbind { sequence },
            Verdict::Response(token) => {
                Event::Response { token, sequence, status, pdu: Pdu::decode_response(&header, body) }
            }
            Verdict::Late => {
                Event::LateResponse { sequence, status, pdu: Pdu::decode_response(&header, body) }
            }
            Verdict::Refuse(status) => {
                answer(&mut self.output, &header, status);
                Event::Refused { header, status }
            }
            Verdict::Request => match Pdu::decode(&header, body) {
                Ok(pdu) => {
                    self.unanswered += usize::from(header.command.response().is_some());
                    Event::Request { sequence, pdu }
                }
                Err(error) => {
                    self.binding.take_if(|binding| binding.sequence == sequence && self.role == Role::Server);
                    answer(&mut self.output, &header, error.status);
                    Event::Malformed { header, error }
                }
            },
        })
    }
}
