//! One CIMD2 session without its socket, for either end: packet numbers, window, timers, alive, checksums, repeated requests.
//! Octets and the time come in, octets and events go out.

use super::ErrorCode;
use super::frame::{self, Frame, FrameError, Header, MAX_FRAME, Op};
use super::parameter::{Parameters, code};
use crate::Endpoint;
use crate::exchange::{Answered, Exchange, Reason, RequestError, Role, Settings};
use bytes::BytesMut;
use std::collections::VecDeque;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::{Deref, DerefMut, Range};
use std::time::Instant;

/// Packet numbers of one end: every other one of 256.
const NUMBERS: u32 = 128;
/// The answers that are kept for requests that come again.
const ANSWERS: usize = 16;

/// What happened. It borrows from the session's input until `next` is called again.
#[derive(Debug)]
pub enum Event<'a, T> {
    /// The peer asks for something: answer with [`Session::answer`].
    Request {
        /// The operation and the number to answer with.
        header: Header,
        /// The parameters.
        parameters: Parameters<'a>,
    },
    /// The answer to a request of ours.
    Response {
        /// The token that was given with the request.
        token: T,
        /// The request's serial number.
        serial: u32,
        /// The parameters; with an error code if it was refused.
        parameters: Parameters<'a>,
    },
    /// The answer to a request that was given up before.
    Late {
        /// The request's serial number.
        serial: u32,
        /// The parameters.
        parameters: Parameters<'a>,
    },
    /// A request of ours was not answered in time.
    TimedOut {
        /// The token that was given with the request.
        token: T,
        /// The request's serial number.
        serial: u32,
    },
    /// A frame that can't be read. It was refused, if its header can be read.
    Malformed(Wrong),
    /// The session is over; this is its last event.
    Closed(Reason),
}

/// What was wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The frame itself.
    Frame(FrameError),
    /// The operation is not known, or not in this direction.
    Unexpected(Op),
    /// The operation came before anybody logged in.
    Stranger(Op),
    /// The peer couldn't read a frame of ours, or expected another packet number: this one.
    Nacked(u8),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(error) => error.fmt(f),
            Self::Unexpected(op) => write!(f, "operation {op} is not expected"),
            Self::Stranger(op) => write!(f, "operation {op} came before the login"),
            Self::Nacked(number) => {
                write!(f, "the peer couldn't read a frame, and expects packet number {number:03}")
            }
        }
    }
}

/// The decision on a frame by its header; there is none for what needs no more.
enum Verdict<T> {
    Request(Header),
    Response { serial: u32, token: T },
    Late { serial: u32 },
    Wrong(Wrong),
}

/// An answer that is kept for its request.
struct Kept {
    number: u8,
    request: u64,
    octets: Box<[u8]>,
}

/// A CIMD2 session. `T` is the caller's token of a request, which comes back with the answer.
pub struct Session<T> {
    role: Role,
    with_checksum: bool,
    exchange: Exchange<T>,
    /// The latest answers, the oldest first.
    answers: VecDeque<Kept>,
    /// Requests that came and have no answer yet: number and digest.
    asked: VecDeque<(u8, u64)>,
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

impl<T> Session<T> {
    /// A session over a connection that was established at `now`. Frames are written with a checksum, or without.
    pub fn new(role: Role, settings: Settings, with_checksum: bool, now: Instant) -> Self {
        let exchange = Exchange::new(settings, NUMBERS, MAX_FRAME, now);
        Self { role, with_checksum, exchange, answers: VecDeque::new(), asked: VecDeque::new() }
    }

    /// The next event, or `None` when there is nothing until more input comes or a deadline passes.
    pub fn next(&mut self, now: Instant) -> Option<Event<'_, T>> {
        while let Some(content) = self.exchange.next_frame(now) {
            let octets = self.exchange.content(content.clone());
            let verdict = match Frame::read(octets) {
                Ok(Frame { header, .. }) => {
                    let digest = digest(octets);
                    self.judge(header, digest)
                }
                Err(error) => {
                    let header = frame::header(octets);
                    Some(self.refuse_frame(header, error))
                }
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

    /// Sends a request, and remembers `token` until it is answered. Returns its serial number.
    ///
    /// # Errors
    /// When the window is full or the session is over; nothing was sent then.
    pub fn request(
        &mut self,
        op: Op,
        parameters: &[(u16, &[u8])],
        token: T,
        now: Instant,
    ) -> Result<u32, RequestError> {
        let (role, with_checksum) = (self.role, self.with_checksum);
        self.exchange.request(op.0, token, now, |out, index| {
            frame::write(Header { op, number: role.number(index) }, parameters, with_checksum, out);
        })
    }

    /// Answers a request of the peer. An answer of a server to a login without an error code lets the client in.
    pub fn answer(&mut self, request: Header, parameters: &[(u16, &[u8])]) {
        if self.exchange.is_closed() {
            return;
        }
        let header = Header { op: request.op.response(), ..request };
        let out = self.exchange.output();
        let start = out.len();
        frame::write(header, parameters, self.with_checksum, out);
        let octets = out.get(start..).unwrap_or_default().into();
        if let Some(place) = self.asked.iter().position(|(number, _)| *number == request.number)
            && let Some((number, digest)) = self.asked.remove(place)
        {
            self.answers.push_back(Kept { number, request: digest, octets });
            if self.answers.len() > ANSWERS {
                self.answers.pop_front();
            }
        }
        let is_refused = parameters.iter().any(|(code, value)| *code == code::ERROR && *value != b"0");
        if request.op == Op::LOGIN && !is_refused {
            self.exchange.log_in();
        }
    }

    /// Leaves a request of the peer without an answer: when it comes again it is handed out again.
    pub fn forget(&mut self, request: Header) {
        self.asked.retain(|(number, _)| *number != request.number);
    }

    /// Refuses a request of the peer with an error code.
    pub fn refuse(&mut self, request: Header, error: ErrorCode) {
        self.answer(request, &[(code::ERROR, error.0.to_string().as_bytes())]);
    }

    /// Does what is due: asks for a sign of life, gives up what wasn't answered, or the session. Call `next` afterwards.
    pub fn tick(&mut self, now: Instant) {
        if self.exchange.tick(now) {
            self.probe(now);
        }
    }

    /// Asks for a sign of life, unless that is asked already or the window is full.
    pub fn probe(&mut self, now: Instant) {
        let (role, with_checksum) = (self.role, self.with_checksum);
        self.exchange.probe(Op::ALIVE.0, now, |out, index| {
            frame::write(Header { op: Op::ALIVE, number: role.number(index) }, &[], with_checksum, out);
        });
    }

    fn judge(&mut self, header: Header, digest: u64) -> Option<Verdict<T>> {
        self.exchange.understood();
        let Header { op, number } = header;
        if op == Op::NACK {
            return Some(Verdict::Wrong(Wrong::Nacked(number)));
        }
        if op.is_response() {
            let index = self.role.index(number)?;
            // A general error response answers whatever has its number.
            let answered = match op {
                Op::ERROR => self.exchange.answered_if(index, |_| true),
                op => self.exchange.answered(index, op.request().0),
            };
            return match answered {
                Answered::Request { serial, token } => Some(Verdict::Response { serial, token }),
                Answered::Late { serial } => Some(Verdict::Late { serial }),
                Answered::Probe | Answered::Unknown => None,
            };
        }
        if self.repeat(number, digest) {
            return None;
        }
        self.asked.push_back((number, digest));
        if self.asked.len() > NUMBERS as usize {
            self.asked.pop_front();
        }
        self.judge_request(header)
    }

    fn judge_request(&mut self, header: Header) -> Option<Verdict<T>> {
        let op = header.op;
        if op == Op::ALIVE {
            self.answer(header, &[]);
            return None;
        }
        let is_expected = match self.role {
            Role::Server => matches!(op.0, 1..=9),
            Role::Client => matches!(op, Op::DELIVER | Op::REPORT),
        };
        if !is_expected {
            self.refuse_unknown(header);
            return Some(Verdict::Wrong(Wrong::Unexpected(op)));
        }
        if self.role == Role::Server && !self.is_logged_in() && op != Op::LOGIN {
            self.refuse(header, ErrorCode::UNEXPECTED);
            return Some(Verdict::Wrong(Wrong::Stranger(op)));
        }
        Some(Verdict::Request(header))
    }

    /// Answers a request that came before as it was answered then; one that waits for its answer is left alone.
    fn repeat(&mut self, number: u8, digest: u64) -> bool {
        let kept = self.answers.iter().find(|kept| kept.number == number && kept.request == digest);
        if let Some(kept) = kept {
            self.exchange.output().extend_from_slice(&kept.octets);
            return true;
        }
        self.asked.contains(&(number, digest))
    }

    /// A general error response, with the request's number.
    fn refuse_unknown(&mut self, Header { number, .. }: Header) {
        let error = ErrorCode::UNEXPECTED.0.to_string();
        let header = Header { op: Op::ERROR, number };
        frame::write(header, &[(code::ERROR, error.as_bytes())], self.with_checksum, self.exchange.output());
    }

    /// Says that a frame can't be read.
    fn refuse_frame(&mut self, header: Option<Header>, error: FrameError) -> Verdict<T> {
        if let Some(Header { op, number }) = header
            && !op.is_response()
            && !self.exchange.is_closed()
        {
            frame::write(Header { op: Op::NACK, number }, &[], self.with_checksum, self.exchange.output());
        }
        Verdict::Wrong(Wrong::Frame(error))
    }

    /// Makes the event of a frame.
    fn tell(&mut self, content: Range<usize>, verdict: Verdict<T>) -> Event<'_, T> {
        let octets = self.exchange.content(content);
        let parameters = Frame::read(octets).map_or(Parameters::EMPTY, |frame| frame.parameters);
        match verdict {
            Verdict::Wrong(wrong) => Event::Malformed(wrong),
            Verdict::Response { serial, token } => Event::Response { token, serial, parameters },
            Verdict::Late { serial } => Event::Late { serial, parameters },
            Verdict::Request(header) => Event::Request { header, parameters },
        }
    }
}

impl Role {
    /// The packet number of a request of this end.
    const fn number(self, index: u8) -> u8 {
        match self {
            Self::Client => index * 2 + 1,
            Self::Server => index * 2,
        }
    }

    /// The place of a packet number among those of this end.
    fn index(self, number: u8) -> Option<u8> {
        let is_own = (number % 2 == 1) == (self == Self::Client);
        is_own.then_some(number / 2)
    }
}

fn digest(content: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    hasher.finish()
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
