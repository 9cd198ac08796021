//! What we send: requests inside the window, answers, and the unbind.

use super::{Binding, Reason, RequestError, RespondError, Role, Session, State, rules};
use crate::smpp::header::HEADER_LEN;
use crate::smpp::pdu::{BindMode, Unbind, UnbindResp};
use crate::smpp::{Command, Encode, Header, Status};
use bytes::BytesMut;
use std::time::Instant;

/// Writes a PDU that is nothing but its header.
pub(super) fn write_header(out: &mut BytesMut, command: Command, status: Status, sequence: u32) {
    let header = Header { length: HEADER_LEN as u32, command, status, sequence };
    out.extend_from_slice(&header.encode());
}

impl<T> Session<T> {
    /// Sends a request and remembers `token` until it is answered. Returns its sequence number.
    ///
    /// # Errors
    /// When the window is full, the state doesn't allow it, or a field can't be written; nothing was sent then.
    pub fn request(&mut self, pdu: &impl Encode, token: T, now: Instant) -> Result<u32, RequestError> {
        let command = pdu.command();
        if command.response().is_none() || command == Command::UNBIND {
            return Err(RequestError::NotARequest);
        }
        let bind = BindMode::of(command);
        if !rules::may_send(self.role, command, self.state) || (bind.is_some() && self.binding.is_some()) {
            return Err(RequestError::NotBound(self.state));
        }
        if self.outstanding.free() == 0 {
            return Err(RequestError::WindowFull);
        }
        let sequence = self.outstanding.next_sequence();
        pdu.encode(Status::ROK, sequence, &mut self.output)?;
        self.outstanding.insert(command, token, now);
        if let Some(mode) = bind {
            self.binding = Some(Binding { sequence, mode });
        }
        Ok(sequence)
    }

    /// Sends a request that has no answer: alert_notification or outbind. Returns its sequence number.
    ///
    /// # Errors
    /// When it is another PDU, the state doesn't allow it, or a field can't be written; nothing was sent then.
    pub fn inform(&mut self, pdu: &impl Encode) -> Result<u32, RequestError> {
        let command = pdu.command();
        if command.is_response() || command.response().is_some() {
            return Err(RequestError::NotARequest);
        }
        if !rules::may_send(self.role, command, self.state) {
            return Err(RequestError::NotBound(self.state));
        }
        let sequence = self.outstanding.next_sequence();
        pdu.encode(Status::ROK, sequence, &mut self.output)?;
        self.outstanding.skip();
        if command == Command::OUTBIND {
            self.state = State::Outbound;
        }
        Ok(sequence)
    }

    /// Sends unbind. Answers to what is outstanding still come, and requests of the peer, until it is answered or
    /// `Settings::unbind` has passed; then the session is closed.
    ///
    /// # Errors
    /// When the session isn't bound.
    pub fn unbind(&mut self, now: Instant) -> Result<u32, RequestError> {
        if !rules::may_send(self.role, Command::UNBIND, self.state) {
            return Err(RequestError::NotBound(self.state));
        }
        let sequence = self.outstanding.next_sequence();
        Unbind.encode(Status::ROK, sequence, &mut self.output)?;
        self.outstanding.skip();
        self.state = State::Unbinding;
        self.timers.unbinding_by_us(now);
        Ok(sequence)
    }

    /// Ends the session in order: answers the peer's unbind with this number, or sends one. A session that takes neither is
    /// closed at once.
    pub fn leave(&mut self, theirs: Option<u32>, now: Instant) {
        let said = match theirs {
            Some(sequence) => self.respond(sequence, Status::ROK, &UnbindResp, now).is_ok(),
            None => self.unbind(now).is_ok(),
        };
        if !said {
            self.close(Reason::Unbound);
        }
    }

    /// Answers a request of the peer. ESME_ROK to a bind binds the session; the answer to an unbind closes it.
    ///
    /// # Errors
    /// When the session is over, `pdu` isn't a response, or a field can't be written; nothing was sent then.
    pub fn respond(
        &mut self,
        sequence: u32,
        status: Status,
        pdu: &impl Encode,
        now: Instant,
    ) -> Result<(), RespondError> {
        let command = pdu.command();
        if !command.is_response() {
            return Err(RespondError::NotAResponse);
        }
        if self.state == State::Closed {
            return Err(RespondError::Closed);
        }
        pdu.encode(status, sequence, &mut self.output)?;
        self.answered(sequence, status, command, now);
        Ok(())
    }

    /// Answers the request `command` with a response without a body, as errors are answered in SMPP 3.4.
    ///
    /// # Errors
    /// When the session is over, or `command` is a request that has no answer.
    pub fn refuse(
        &mut self,
        sequence: u32,
        command: Command,
        status: Status,
        now: Instant,
    ) -> Result<(), RespondError> {
        let response = command.response().ok_or(RespondError::NotAResponse)?;
        if self.state == State::Closed {
            return Err(RespondError::Closed);
        }
        write_header(&mut self.output, response, status, sequence);
        self.answered(sequence, status, response, now);
        Ok(())
    }

    fn answered(&mut self, sequence: u32, status: Status, response: Command, now: Instant) {
        if response == Command::UNBIND_RESP {
            if self.state == State::Unbinding {
                self.close(Reason::Unbound);
            }
            return;
        }
        self.unanswered = self.unanswered.saturating_sub(1);
        if self.role == Role::Server
            && let Some(binding) = self.binding.take_if(|binding| binding.sequence == sequence)
            && status.is_ok()
        {
            self.bound(binding.mode, now);
        }
    }
}
