//! One UCP session without its socket, for either end: transaction numbers, window, timers, alerts, checksums. Octets and
//! the time come in, octets and events go out. Its driver decides about messages, passwords and reconnects.

use super::frame::{self, Frame, Header, Kind, MAX_FRAME};
use super::operation::{Alert, Malformed, Operation, Ot};
use super::result::{Answer, Outcome};
use super::{ErrorCode, FrameError};
use crate::Endpoint;
use crate::exchange::{Answered, Exchange, Reason, RequestError, Role, Settings};
use bytes::BytesMut;
use std::fmt;
use std::ops::{Deref, DerefMut, Range};
use std::time::Instant;

/// Transaction numbers, 00 to 99.
const NUMBERS: u32 = 100;

/// What happened. It borrows from the session's input until `next` is called again.
#[derive(Debug)]
pub enum Event<'a, T> {
    /// The peer asks for something: answer with [`Session::answer`].
    Operation {
        /// The number to answer with.
        trn: u8,
        /// The operation.
        operation: Operation<'a>,
    },
    /// The answer to a request of ours.
    Result {
        /// The token that was given with the request.
        token: T,
        /// The request's serial number.
        serial: u32,
        /// The answer.
        outcome: Outcome<'a>,
    },
    /// The answer to a request that was given up before.
    Late {
        /// The request's serial number.
        serial: u32,
        /// The answer.
        outcome: Outcome<'a>,
    },
    /// A request of ours was not answered in time.
    TimedOut {
        /// The token that was given with the request.
        token: T,
        /// The request's serial number.
        serial: u32,
    },
    /// A frame that can't be read. It was refused, if it is an operation whose header can be read.
    Malformed(Wrong),
    /// The session is over; this is its last event.
    Closed(Reason),
}

/// What was wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The frame itself.
    Frame(FrameError),
    /// The operation in it.
    Operation(Ot, Malformed),
    /// The operation, before anybody logged in.
    Stranger(Ot),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(error) => error.fmt(f),
            Self::Operation(ot, error) => write!(f, "operation {ot}: {error}"),
            Self::Stranger(ot) => write!(f, "operation {ot} came before the login"),
        }
    }
}

/// The decision on a frame by its header; there is none for what needs no more.
enum Verdict<T> {
    Operation { trn: u8, ot: Ot },
    Result { ot: Ot, serial: u32, token: T },
    Late { ot: Ot, serial: u32 },
    Wrong(Wrong),
}

/// A UCP session. `T` is the caller's token of a request, which comes back with the answer.
pub struct Session<T> {
    role: Role,
    exchange: Exchange<T>,
    /// The address in alerts of ours.
    alert: Box<[u8]>,
    /// The refusal of the last operation, while its event borrows the input.
    refusal: Option<(u8, Ot, ErrorCode)>,
}

impl<T> fmt::Debug for Session<T> {
    /// The state, without any content of messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("role", &self.role)
            .field("outstanding", &self.outstanding())
            .finish_non_exhaustive()
    }
}

/// The protocol identifier of a computer on TCP/IP, in alerts (section 7.4).
const PID: &[u8] = b"0539";

impl<T> Session<T> {
    /// A session over a connection that was established at `now`. Signs of life are asked for with alerts for this address.
    pub fn new(role: Role, settings: Settings, alert: &[u8], now: Instant) -> Self {
        let exchange = Exchange::new(settings, NUMBERS, MAX_FRAME, now);
        Self { role, exchange, alert: alert.into(), refusal: None }
    }

    /// The next event, or `None` when there is nothing until more input comes or a deadline passes.
    pub fn next(&mut self, now: Instant) -> Option<Event<'_, T>> {
        if let Some((trn, ot, code)) = self.refusal.take() {
            self.refuse(trn, ot, code);
        }
        while let Some(content) = self.exchange.next_frame(now) {
            let verdict = match Frame::read(self.exchange.content(content.clone())) {
                Ok(Frame { header, .. }) => self.judge(header),
                Err(error) => Some(self.refuse_frame(content.clone(), error)),
            };
            if let Some(verdict) = verdict {
                return Some(self.tell(content, verdict));
            }
        }
        if let Some((serial, token)) = self.exchange.expired() {
            return Some(Event::TimedOut { token, serial });
        }
        self.exchange.ended().map(Event::Closed)
    }

    /// Sends an operation, and remembers `token` until it is answered. Returns its serial number.
    ///
    /// # Errors
    /// When the window is full or the session is over; nothing was sent then.
    pub fn request(
        &mut self,
        operation: &Operation<'_>,
        token: T,
        now: Instant,
    ) -> Result<u32, RequestError> {
        self.exchange.request(operation.ot().0, token, now, |out, trn| operation.write(trn, out))
    }

    /// Answers an operation of the peer. A positive answer of a server to a login lets the client in.
    pub fn answer(&mut self, trn: u8, ot: Ot, answer: &Answer<'_>) {
        if self.exchange.is_closed() {
            return;
        }
        answer.write(trn, ot, self.exchange.output());
        if ot == Ot::SESSION && matches!(answer, Answer::Done { .. }) {
            self.exchange.log_in();
        }
    }

    /// Does what is due: sends an alert, gives up what wasn't answered, or the session. Call `next` afterwards.
    pub fn tick(&mut self, now: Instant) {
        if self.exchange.tick(now) {
            self.probe(now);
        }
    }

    /// Asks for a sign of life, unless that is asked already or the window is full.
    pub fn probe(&mut self, now: Instant) {
        let alert = Operation::Alert(Alert { adc: &self.alert, pid: PID });
        self.exchange.probe(Ot::ALERT.0, now, |out, trn| alert.write(trn, out));
    }

    fn judge(&mut self, Header { trn, kind, ot }: Header) -> Option<Verdict<T>> {
        self.exchange.understood();
        let ot = Ot(ot);
        Some(match kind {
            Kind::Result => match self.exchange.answered(trn, ot.0) {
                Answered::Request { serial, token } => Verdict::Result { ot, serial, token },
                Answered::Late { serial } => Verdict::Late { ot, serial },
                Answered::Probe | Answered::Unknown => return None,
            },
            Kind::Operation if self.role == Role::Server && !self.is_logged_in() && ot != Ot::SESSION => {
                self.refuse(trn, ot, ErrorCode::NOT_ALLOWED);
                Verdict::Wrong(Wrong::Stranger(ot))
            }
            Kind::Operation => Verdict::Operation { trn, ot },
        })
    }

    /// Refuses an operation whose frame is wrong, if it can be read that it is one.
    fn refuse_frame(&mut self, content: Range<usize>, error: FrameError) -> Verdict<T> {
        let header = frame::header(self.exchange.content(content));
        if let Some(Header { trn, kind: Kind::Operation, ot }) = header {
            let is_sum = matches!(error, FrameError::Checksum { .. });
            self.refuse(trn, Ot(ot), if is_sum { ErrorCode::CHECKSUM } else { ErrorCode::SYNTAX });
        }
        Verdict::Wrong(Wrong::Frame(error))
    }

    fn refuse(&mut self, trn: u8, ot: Ot, code: ErrorCode) {
        self.answer(trn, ot, &Answer::Refused { code, sm: b"" });
    }

    /// Makes the event of a frame.
    fn tell(&mut self, content: Range<usize>, verdict: Verdict<T>) -> Event<'_, T> {
        let Self { exchange, refusal, .. } = self;
        let data = exchange.content(frame::data(content));
        match verdict {
            Verdict::Wrong(wrong) => Event::Malformed(wrong),
            Verdict::Result { ot, serial, token } => {
                Event::Result { token, serial, outcome: Outcome::read(ot, data) }
            }
            Verdict::Late { ot, serial } => Event::Late { serial, outcome: Outcome::read(ot, data) },
            Verdict::Operation { trn, ot } => match Operation::read(ot, data) {
                Ok(operation) => Event::Operation { trn, operation },
                Err(error) => {
                    let is_unknown = error == Malformed::Unknown;
                    let code = if is_unknown { ErrorCode::UNSUPPORTED } else { ErrorCode::SYNTAX };
                    *refusal = Some((trn, ot, code));
                    Event::Malformed(Wrong::Operation(ot, error))
                }
            },
        }
    }
}

impl<T> Deref for Session<T> {
    type Target = Exchange<T>;

    fn deref(&self) -> &Exchange<T> {
        &self.exchange
    }
}

impl<T> DerefMut for Session<T> {
    fn deref_mut(&mut self) -> &mut Exchange<T> {
        &mut self.exchange
    }
}

impl<T> Endpoint for Session<T> {
    fn input(&mut self) -> &mut BytesMut {
        self.exchange.input()
    }

    fn wants_input(&self) -> bool {
        self.exchange.wants_input()
    }

    fn output(&mut self) -> &mut BytesMut {
        self.exchange.output()
    }
}
