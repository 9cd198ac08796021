//! One SMPP session without its socket, for client, server and simulator alike: window, sequence numbers, timers,
//! enquire_link and generic_nack. Octets and the time come in, octets and events go out. Its driver decides about messages,
//! passwords and reconnects.

mod event;
mod inbound;
mod outbound;
mod outstanding;
mod rules;
mod settings;
mod timers;

use bytes::{Buf, BytesMut};
use std::collections::VecDeque;
use std::fmt;
use std::time::Instant;

pub use event::{Event, Reason, RequestError, RespondError};
pub use settings::Settings;

use super::pdu::BindMode;
use crate::Endpoint;
use outstanding::Outstanding;
use timers::Timers;

/// The end of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The ESME, which binds.
    Client,
    /// The message centre (SMSC), which accepts binds.
    Server,
}

/// The state of a session (SMPP 3.4 section 2.2, 5.0 section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Connected, not bound yet.
    Open,
    /// The server has sent outbind and waits for a bind_receiver.
    Outbound,
    /// Bound as transmitter: messages go from client to server.
    BoundTx,
    /// Bound as receiver: messages go from server to client.
    BoundRx,
    /// Bound as transceiver: both ways.
    BoundTrx,
    /// One side has sent unbind; what is outstanding is still answered.
    Unbinding,
    /// Closed. Nothing is read or written any more.
    Closed,
}

/// An SMPP session. `T` is the caller's token of a request, such as a delivery's id, which comes back with the answer.
///
/// How to drive it: read from the socket into `input`, call `next` until it returns `None`, write and drain
/// `output`. When `deadline` has come, call `tick` and then the same again. After `Event::Closed` write the rest of
/// `output`, close the socket, and take the tokens of unanswered requests from `drain_outstanding`.
pub struct Session<T> {
    role: Role,
    settings: Settings,
    state: State,
    input: BytesMut,
    /// Octets at the start of `input` that the last event borrowed.
    consumed: usize,
    output: BytesMut,
    outstanding: Outstanding<T>,
    /// The bind in progress: ours and unanswered, or the peer's, which we must answer.
    binding: Option<Binding>,
    /// The bound state, kept while unbinding.
    bound: State,
    unanswered: usize,
    timers: Timers,
    expired: VecDeque<(u32, T)>,
    /// The reason of the end, until its event was taken.
    reason: Option<Reason>,
}

#[derive(Clone, Copy, Debug)]
struct Binding {
    sequence: u32,
    mode: BindMode,
}

impl<T> fmt::Debug for Session<T> {
    /// The state, without any content of messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("role", &self.role)
            .field("state", &self.state)
            .field("outstanding", &self.outstanding())
            .field("unanswered", &self.unanswered)
            .finish_non_exhaustive()
    }
}

impl<T> Endpoint for Session<T> {
    fn input(&mut self) -> &mut BytesMut {
        self.input()
    }

    fn wants_input(&self) -> bool {
        self.wants_input()
    }

    fn output(&mut self) -> &mut BytesMut {
        self.output()
    }
}

/// Room made in `input` for the next read, in octets.
const READ_ROOM: usize = 16 * 1024;
/// The same before a bind. Whoever doesn't bind costs little memory.
const READ_ROOM_UNBOUND: usize = 512;
/// The longest PDU that a server reads before a bind, in octets. A bind has about 100.
const PDU_MAX_UNBOUND: usize = 4 * 1024;

impl<T> Session<T> {
    /// A session over a connection that was established at `now`.
    pub fn new(role: Role, settings: Settings, now: Instant) -> Self {
        Self {
            role,
            state: State::Open,
            input: BytesMut::new(),
            consumed: 0,
            output: BytesMut::new(),
            outstanding: Outstanding::new(
                settings.window.min(settings::MAX_WINDOW),
                settings.first_sequence,
                settings.response,
            ),
            binding: None,
            bound: State::Open,
            unanswered: 0,
            timers: Timers::new(now),
            expired: VecDeque::new(),
            reason: None,
            settings,
        }
    }

    /// The buffer to append the socket's octets to; it has room for some KiB, and before a bind for a PDU. Read the socket only while `wants_input`.
    pub fn input(&mut self) -> &mut BytesMut {
        self.forget_consumed();
        let room = if self.state == State::Open { READ_ROOM_UNBOUND } else { READ_ROOM };
        if self.input.capacity() - self.input.len() < room / 4 {
            self.input.reserve(room);
        }
        &mut self.input
    }

    /// The octets read so far of a PDU whose rest has not come.
    pub fn unfinished(&self) -> &[u8] {
        self.input.get(self.consumed..).unwrap_or_default()
    }

    /// Whether to read from the socket: not while the peer leaves our output unread, nor while more than one PDU waits
    /// behind an unanswered bind.
    pub fn wants_input(&self) -> bool {
        self.state != State::Closed
            && self.input.len() - self.consumed <= self.settings.max_pdu
            && self.output.len() <= self.settings.max_output
    }

    /// The octets to write to the socket. The caller drains those that it has written.
    pub fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// The state.
    pub fn state(&self) -> State {
        self.state
    }

    /// Which end this is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Requests that may be sent before one is answered.
    pub fn window_free(&self) -> usize {
        self.outstanding.free()
    }

    /// Requests we sent that have no answer yet.
    pub fn outstanding(&self) -> usize {
        self.outstanding.len()
    }

    /// Requests of the peer that came out as events and have no answer yet.
    pub fn unanswered(&self) -> usize {
        self.unanswered
    }

    /// Takes the tokens of all written and unanswered requests, oldest first: after a disconnect their outcome is unknown.
    /// Expired ones without their `TimedOut` event are among them.
    pub fn drain_outstanding(&mut self) -> impl Iterator<Item = T> + use<T> {
        let expired = std::mem::take(&mut self.expired);
        expired.into_iter().map(|(_, token)| token).chain(self.outstanding.drain())
    }

    /// Ends the session at once, as on a lost connection: `next` will say `Closed` with this reason.
    pub fn close(&mut self, reason: Reason) {
        if self.state != State::Closed {
            self.state = State::Closed;
            self.reason = Some(reason);
        }
    }

    /// The longest PDU that is read now.
    fn max_pdu(&self) -> usize {
        match (self.role, self.state) {
            (Role::Server, State::Open) => self.settings.max_pdu.min(PDU_MAX_UNBOUND),
            _ => self.settings.max_pdu,
        }
    }

    fn forget_consumed(&mut self) {
        self.input.advance(std::mem::take(&mut self.consumed));
    }

    fn bound(&mut self, mode: BindMode, now: Instant) {
        self.bound = match mode {
            BindMode::Transmitter => State::BoundTx,
            BindMode::Receiver => State::BoundRx,
            BindMode::Transceiver => State::BoundTrx,
        };
        self.state = self.bound;
        self.timers.heard(now);
    }
}
