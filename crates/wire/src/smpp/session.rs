//! One SMPP session without its socket, for client, server and simulator alike: window, sequence numbers, timers,
//! enquire_link and generic_nack. Bytes and the time come in, bytes and events go out; what a message means, whether
//! a password is right and when to connect again is for who drives it.

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

/// Which end of the session this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The ESME, who binds.
    Client,
    /// The SMSC or message centre, who is bound to.
    Server,
}

/// The state of a session (SMPP 3.4 section 2.2, 5.0 section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Connected, and nobody bound yet.
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
    /// Over. Nothing is read or written any more.
    Closed,
}

/// An SMPP session. `T` is whatever the caller wants back with the answer to a request, such as a delivery's id.
///
/// The order of things: read from the socket into `input`, call `next` until it returns `None`, write and drain
/// `output`. When `deadline` has come, call `tick` and then the same again. After `Event::Closed` write what is in
/// `output`, close the socket, and take what was never answered from `drain_outstanding`.
pub struct Session<T> {
    role: Role,
    settings: Settings,
    state: State,
    input: BytesMut,
    /// Octets at the start of `input` that the last event borrowed.
    consumed: usize,
    output: BytesMut,
    outstanding: Outstanding<T>,
    /// The bind that is on its way: sent by us and unanswered, or theirs and ours to answer.
    binding: Option<Binding>,
    /// What the bind made of it, kept while unbinding.
    bound: State,
    unanswered: usize,
    timers: Timers,
    expired: VecDeque<(u32, T)>,
    /// Why the session is over, until the event that says so was taken.
    reason: Option<Reason>,
}

#[derive(Clone, Copy, Debug)]
struct Binding {
    sequence: u32,
    mode: BindMode,
}

impl<T> fmt::Debug for Session<T> {
    /// Where it stands, and nothing of what people write.
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

    /// Where to append what the socket gives; there is always room for some KiB. Read only while `wants_input`.
    pub fn input(&mut self) -> &mut BytesMut {
        self.forget_consumed();
        if self.input.capacity() - self.input.len() < READ_ROOM / 4 {
            self.input.reserve(READ_ROOM);
        }
        &mut self.input
    }

    /// Whether it is time to read from the socket: not while the peer leaves unread what we wrote, nor while more
    /// than a PDU waits behind a bind that isn't answered yet.
    pub fn wants_input(&self) -> bool {
        self.state != State::Closed
            && self.input.len() - self.consumed <= self.settings.max_pdu
            && self.output.len() <= self.settings.max_output
    }

    /// What to write to the socket. The caller drains what it has written.
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

    /// Requests of the peer that were handed out as events and have no answer yet.
    pub fn unanswered(&self) -> usize {
        self.unanswered
    }

    /// Takes the tokens of everything written and never answered, oldest first: after a disconnect nobody knows
    /// what became of them. Those that expired and weren't yet told as `TimedOut` are among them.
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
