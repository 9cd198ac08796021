//! What the sessions of UCP and CIMD2 have in common: frames between STX and ETX, requests under small numbers that come
//! again, a window, response timers and signs of life. The frames' content is for each protocol's own session.

mod frames;
mod numbered;

use crate::Endpoint;
use bytes::{Buf, BytesMut};
use frames::Frames;
use numbered::Numbered;
use std::fmt;
use std::ops::Range;
use std::time::{Duration, Instant};

pub(crate) use frames::{ETX, STX};

/// The settings of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Requests that we may have unanswered, at least 1.
    pub window: usize,
    /// From the connection to the login, or to the answer of ours.
    pub login: Duration,
    /// From a request to its answer.
    pub response: Duration,
    /// Silence of the peer after which it is asked for a sign of life; `None` for never.
    pub keepalive: Option<Duration>,
    /// Silence of the peer after which the session is given up; `None` for never.
    pub inactivity: Option<Duration>,
    /// Octets waiting to be written beyond which nothing is read.
    pub max_output: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            window: 10,
            login: Duration::from_secs(30),
            response: Duration::from_secs(60),
            keepalive: Some(Duration::from_secs(60)),
            inactivity: None,
            max_output: 1024 * 1024,
        }
    }
}

/// Which end of a session this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The application, which logs in. In CIMD2 it has odd packet numbers.
    Client,
    /// The service centre. In CIMD2 it has even packet numbers.
    Server,
}

/// Why a session is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was left in order, by either side.
    Left,
    /// Nobody logged in in time, or the login was not answered in time.
    Login,
    /// A question for a sign of life was not answered in time, nor did anything else come.
    Silent,
    /// The peer said nothing for as long as `inactivity` allows.
    Inactive,
    /// What came is no frame of this protocol: so many octets without one.
    Garbage(usize),
    /// The connection was lost, in the words of who drives the session.
    Disconnected(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left => f.write_str("the session was ended"),
            Self::Login => f.write_str("the login was not answered in time"),
            Self::Silent => f.write_str("the peer gave no sign of life when it was asked for one"),
            Self::Inactive => f.write_str("the peer was silent for too long"),
            Self::Garbage(octets) => {
                write!(
                    f,
                    "{octets} octets came without a whole frame between STX and ETX: the peer may speak another protocol"
                )
            }
            Self::Disconnected(words) => f.write_str(words),
        }
    }
}

/// Why a request wasn't sent. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// As many requests are unanswered as the window allows.
    WindowFull,
    /// The session is over, or nobody is logged in.
    NotNow,
}

/// What an answer's number stands for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answered<T> {
    /// A question of ours for a sign of life.
    Probe,
    /// A request of ours.
    Request {
        serial: u32,
        token: T,
    },
    /// A request that was given up before.
    Late {
        serial: u32,
    },
    Unknown,
}

/// A request that is written: one for a sign of life, or the caller's.
enum Sent<T> {
    Probe,
    Request(T),
}

/// The part of a session that knows no protocol. `T` is the caller's token of a request.
pub struct Exchange<T> {
    settings: Settings,
    frames: Frames,
    output: BytesMut,
    numbered: Numbered<Sent<T>>,
    expired: Vec<(u32, T)>,
    opened: Instant,
    heard: Instant,
    probed: Option<Instant>,
    logged_in: bool,
    closed: bool,
    /// Why it is over, until that was told.
    reason: Option<Reason>,
}

/// Room made for the next read, in octets.
const READ_ROOM: usize = 16 * 1024;
/// The same before a login.
const READ_ROOM_STRANGER: usize = 512;

impl<T> Exchange<T> {
    /// An exchange whose requests have one of so many numbers, over a connection that was established at `now`. Frames of
    /// more than `max_frame` octets are no frames.
    pub(crate) fn new(settings: Settings, numbers: u32, max_frame: usize, now: Instant) -> Self {
        Self {
            frames: Frames::new(max_frame),
            output: BytesMut::new(),
            numbered: Numbered::new(numbers, settings.window, settings.response),
            expired: Vec::new(),
            opened: now,
            heard: now,
            probed: None,
            logged_in: false,
            closed: false,
            reason: None,
            settings,
        }
    }

    /// The next whole frame's content, what is between STX and ETX; it stays until the next call.
    pub(crate) fn next_frame(&mut self, now: Instant) -> Option<Range<usize>> {
        if self.closed {
            return None;
        }
        match self.frames.next() {
            Ok(found) => {
                if found.is_some() {
                    self.heard = now;
                    self.probed = None;
                }
                found
            }
            Err(octets) => {
                self.close(Reason::Garbage(octets));
                None
            }
        }
    }

    /// The octets of a frame that `next_frame` found.
    pub(crate) fn content(&self, frame: Range<usize>) -> &[u8] {
        self.frames.content(frame)
    }

    /// The frame was one of this protocol.
    pub(crate) fn understood(&mut self) {
        self.frames.understood();
    }

    /// Octets between frames that were skipped since the last call.
    pub fn take_skipped(&mut self) -> usize {
        self.frames.take_skipped()
    }

    /// Asks for something: `write` appends the frame with this number, the place among the numbers from 0. Returns the
    /// request's serial number, which a late answer names too.
    pub(crate) fn request(
        &mut self,
        code: u8,
        token: T,
        now: Instant,
        write: impl FnOnce(&mut BytesMut, u8),
    ) -> Result<u32, RequestError> {
        if self.closed {
            return Err(RequestError::NotNow);
        }
        if self.numbered.free() == 0 {
            return Err(RequestError::WindowFull);
        }
        let (serial, number) = self.numbered.insert(code, Sent::Request(token), now);
        write(&mut self.output, number);
        Ok(serial)
    }

    /// Asks for a sign of life, unless that is asked already or the window is full: then answers are waited for anyway.
    pub(crate) fn probe(&mut self, code: u8, now: Instant, write: impl FnOnce(&mut BytesMut, u8)) {
        if self.closed || !self.logged_in || self.probed.is_some() || self.numbered.free() == 0 {
            return;
        }
        let (_, number) = self.numbered.insert(code, Sent::Probe, now);
        write(&mut self.output, number);
        self.probed = Some(now);
    }

    /// An answer to the request with this number, if that was of this kind.
    pub(crate) fn answered(&mut self, number: u8, code: u8) -> Answered<T> {
        self.answered_if(number, |sent| sent == code)
    }

    /// An answer to the request with this number, if `fits` holds for its kind.
    pub(crate) fn answered_if(&mut self, number: u8, fits: impl Fn(u8) -> bool) -> Answered<T> {
        match self.numbered.take(number, fits) {
            None => Answered::Unknown,
            Some((serial, None)) => Answered::Late { serial },
            Some((_, Some(Sent::Probe))) => Answered::Probe,
            Some((serial, Some(Sent::Request(token)))) => Answered::Request { serial, token },
        }
    }

    /// The next request that was not answered in time.
    pub(crate) fn expired(&mut self) -> Option<(u32, T)> {
        self.expired.pop()
    }

    /// The reason of the end, once.
    pub(crate) fn ended(&mut self) -> Option<Reason> {
        self.reason.take()
    }

    /// Ends the session at once: its next event is the end, with this reason.
    pub fn close(&mut self, reason: Reason) {
        if !self.closed {
            self.closed = true;
            self.reason = Some(reason);
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// The login was accepted, or nobody needs to log in.
    pub fn log_in(&mut self) {
        self.logged_in = true;
    }

    /// Whether somebody is logged in.
    pub fn is_logged_in(&self) -> bool {
        self.logged_in
    }

    /// Requests that may be sent before one is answered.
    pub fn window_free(&self) -> usize {
        if self.closed { 0 } else { self.numbered.free() }
    }

    /// Requests of ours that have no answer yet.
    pub fn outstanding(&self) -> usize {
        self.numbered.len()
    }

    /// Since when a sign of life is waited for.
    pub fn probed(&self) -> Option<Instant> {
        self.probed
    }

    /// When the peer was heard last.
    pub fn heard(&self) -> Instant {
        self.heard
    }

    /// When to call the session's `tick`, if nothing happens before.
    pub fn deadline(&self) -> Option<Instant> {
        if self.closed {
            return None;
        }
        let ends = [self.login_ends(), self.silence_ends(), self.probe_ends(), self.probe_due()];
        ends.into_iter().flatten().chain(self.numbered.deadline()).min()
    }

    /// Gives up what was not answered in time, or the session. Returns whether a sign of life is to be asked for.
    pub(crate) fn tick(&mut self, now: Instant) -> bool {
        if self.closed {
            return false;
        }
        let mut expired = Vec::new();
        self.numbered.expire(now, &mut expired);
        // The last is told of first.
        for (serial, sent) in expired.into_iter().rev() {
            if let Sent::Request(token) = sent {
                self.expired.push((serial, token));
            }
        }
        let due = |end: Option<Instant>| end.is_some_and(|end| end <= now);
        if due(self.login_ends()) {
            self.close(Reason::Login);
        } else if due(self.probe_ends()) {
            self.close(Reason::Silent);
        } else if due(self.silence_ends()) {
            self.close(Reason::Inactive);
        }
        !self.closed && due(self.probe_due())
    }

    /// Takes the tokens of all unanswered requests: after a disconnect their outcome is unknown.
    pub fn drain_outstanding(&mut self) -> impl Iterator<Item = T> + use<T> {
        let expired = std::mem::take(&mut self.expired).into_iter().map(|(_, token)| token);
        let open = self.numbered.drain().filter_map(|sent| match sent {
            Sent::Request(token) => Some(token),
            Sent::Probe => None,
        });
        expired.chain(open)
    }

    /// The settings it was made with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    fn login_ends(&self) -> Option<Instant> {
        (!self.logged_in).then(|| self.opened + self.settings.login)
    }

    fn silence_ends(&self) -> Option<Instant> {
        self.settings.inactivity.filter(|_| self.logged_in).map(|patience| self.heard + patience)
    }

    fn probe_ends(&self) -> Option<Instant> {
        self.probed.map(|probed| probed + self.settings.response)
    }

    fn probe_due(&self) -> Option<Instant> {
        let may = self.logged_in && self.probed.is_none() && self.numbered.free() > 0;
        self.settings.keepalive.filter(|_| may).map(|idle| self.heard + idle)
    }
}

impl<T> Endpoint for Exchange<T> {
    fn input(&mut self) -> &mut BytesMut {
        let room = if self.logged_in { READ_ROOM } else { READ_ROOM_STRANGER };
        self.frames.input(room)
    }

    fn wants_input(&self) -> bool {
        !self.closed && self.frames.wants_input() && self.output.len() <= self.settings.max_output
    }

    fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }
}

/// Removes so many octets from the front.
fn advance(input: &mut BytesMut, octets: usize) {
    input.advance(octets.min(input.len()));
}
