//! The terminal's end: one command at a time, its answer, and what the modem says by itself. Octets and the time come in,
//! octets and events go out. What to ask and when is its driver's to decide.

use super::fields::{after, split};
use super::lines::{Lines, Piece};
use super::unsolicited::{self, Header, Kind, Meaning};
use super::{Command, Final, Unsolicited};
use crate::Endpoint;
use bytes::BytesMut;
use std::fmt;
use std::time::{Duration, Instant};

/// Ends what follows a prompt.
const CTRL_Z: &[u8] = b"\x1A";
/// Takes back what follows a prompt.
const ESCAPE: &[u8] = b"\x1B";
/// The time within which a message follows the line that announces it.
const SECOND_LINE: Duration = Duration::from_secs(1);
/// The most lines of one answer: those of a storage of 2,000 messages.
const ANSWER_MAX: usize = 4_000;

/// The settings of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Octets waiting to be written beyond which nothing is read.
    pub max_output: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { max_output: 64 * 1_024 }
    }
}

/// What happened.
#[derive(Debug, PartialEq, Eq)]
pub enum Event<T> {
    /// A command was answered.
    Done {
        /// The token that was given with it.
        token: T,
        /// The final result.
        result: Final,
        /// The lines before it.
        lines: Vec<Box<str>>,
    },
    /// A command was not answered in time. What was to follow its prompt may have been written.
    TimedOut {
        /// The token that was given with it.
        token: T,
        /// Its serial number.
        serial: u32,
        /// Whether all of it was written.
        written: bool,
    },
    /// The answer to a message that was given up: the reference that the modem gave it.
    Late {
        /// The command's serial number.
        serial: u32,
        /// The reference.
        reference: u8,
    },
    /// The modem says something by itself.
    Unsolicited(Unsolicited),
    /// The modem wrote what can't be read.
    Malformed(Wrong),
    /// The session is over; this is its last event.
    Closed(Reason),
}

/// What was wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It is longer than a line may be.
    TooLong,
    /// A message was announced and didn't follow.
    Incomplete,
    /// An answer has more lines than are kept.
    TooMany,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "a line is too long",
            Self::Incomplete => "a message was announced and didn't follow",
            Self::TooMany => "an answer has too many lines",
        })
    }
}

/// Why a session is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was left in order.
    Left,
    /// The driver gave it up, for this reason.
    GivenUp(String),
    /// The connection was lost, in the words of who drives the session.
    Disconnected(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left => f.write_str("the session was ended"),
            Self::GivenUp(words) | Self::Disconnected(words) => f.write_str(words),
        }
    }
}

/// The command that is not answered yet.
struct Running<T> {
    token: T,
    serial: u32,
    command: Command,
    due: Instant,
    /// Whether what follows the prompt is still to be written.
    prompts: bool,
    lines: Vec<Box<str>>,
    /// Whether a line came that the command expects.
    is_answered: bool,
}

/// The terminal's end of a connection to a modem. `T` is the caller's token of a command, which comes back with its answer.
pub struct Session<T> {
    settings: Settings,
    lines: Lines,
    output: BytesMut,
    running: Option<Running<T>>,
    expired: Option<Event<T>>,
    /// A line that announces a message, and until when that is waited for.
    header: Option<(Header, Instant)>,
    /// The last message that was given up.
    given_up: Option<u32>,
    serial: u32,
    heard: Instant,
    closed: bool,
    /// Why it is over, until that was told.
    reason: Option<Reason>,
}

impl<T> fmt::Debug for Session<T> {
    /// The state, without any content of messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("is_idle", &self.is_idle()).finish_non_exhaustive()
    }
}

impl<T> Session<T> {
    /// A session over a line that was opened at `now`. A modem that still waits for the text of a message, since the last
    /// session ended in the middle of one, is told to forget it.
    #[must_use]
    pub fn new(settings: Settings, now: Instant) -> Self {
        let mut output = BytesMut::new();
        output.extend_from_slice(ESCAPE);
        output.extend_from_slice(b"\r");
        Self {
            settings,
            lines: Lines::default(),
            output,
            running: None,
            expired: None,
            header: None,
            given_up: None,
            serial: 0,
            heard: now,
            closed: false,
            reason: None,
        }
    }

    /// Whether a command may be given.
    #[must_use]
    pub const fn is_idle(&self) -> bool {
        self.running.is_none() && self.expired.is_none() && !self.closed
    }

    /// Gives a command, and remembers `token` until it is answered. Returns its serial number, or `None` if the session isn't
    /// idle: nothing is written then.
    pub fn request(&mut self, command: Command, token: T, now: Instant) -> Option<u32> {
        if !self.is_idle() {
            return None;
        }
        self.serial = self.serial.wrapping_add(1);
        self.output.extend_from_slice(command.text.as_bytes());
        self.output.extend_from_slice(b"\r");
        self.running = Some(Running {
            token,
            serial: self.serial,
            due: now + command.patience,
            prompts: command.payload.is_some(),
            command,
            lines: Vec::new(),
            is_answered: false,
        });
        Some(self.serial)
    }

    /// Writes a command whose answer nobody waits for, whatever else goes on: the last try to wake a modem.
    pub fn shout(&mut self, text: &str) {
        self.output.extend_from_slice(b"\r");
        self.output.extend_from_slice(text.as_bytes());
        self.output.extend_from_slice(b"\r");
    }

    /// The next event, or `None` when there is nothing until more input comes or a deadline passes.
    pub fn next(&mut self, now: Instant) -> Option<Event<T>> {
        while !self.closed
            && let Some(piece) = self.lines.next(self.running.as_ref().is_some_and(|running| running.prompts))
        {
            self.heard = now;
            let event = match piece {
                Piece::TooLong => Some(Event::Malformed(Wrong::TooLong)),
                Piece::Prompt => {
                    self.answer_prompt();
                    None
                }
                Piece::Line(line) => self.line(line, now),
            };
            if event.is_some() {
                return event;
            }
        }
        if let Some(expired) = self.expired.take() {
            return Some(expired);
        }
        self.reason.take().map(Event::Closed)
    }

    /// When to call [`Session::tick`].
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        if self.closed {
            return None;
        }
        let header = self.header.map(|(_, due)| due);
        self.running.as_ref().map(|running| running.due).into_iter().chain(header).min()
    }

    /// Gives up what didn't come in time.
    pub fn tick(&mut self, now: Instant) {
        if self.closed {
            return;
        }
        if self.header.is_some_and(|(_, due)| due <= now) {
            self.header = None;
        }
        if let Some(running) = self.running.take_if(|running| running.due <= now) {
            if running.is_answered {
                // Some modems don't end every answer: Wavecom's leave out the OK behind +CPIN.
                let Running { token, lines, .. } = running;
                self.expired = Some(Event::Done { token, result: Final::Ok, lines });
                return;
            }
            let written = !running.prompts;
            if running.command.payload.is_some() {
                // A modem that waits for a text takes the next command for it.
                self.output.extend_from_slice(ESCAPE);
                self.given_up = written.then_some(running.serial);
            }
            self.expired = Some(Event::TimedOut { token: running.token, serial: running.serial, written });
        }
    }

    /// Ends it.
    pub fn close(&mut self, reason: Reason) {
        if !self.closed {
            self.closed = true;
            self.reason = Some(reason);
        }
    }

    /// When the modem was heard last.
    #[must_use]
    pub const fn heard(&self) -> Instant {
        self.heard
    }

    fn answer_prompt(&mut self) {
        let Some(running) = &mut self.running else { return };
        running.prompts = false;
        if let Some(payload) = &running.command.payload {
            self.output.extend_from_slice(payload.as_bytes());
            self.output.extend_from_slice(CTRL_Z);
        }
    }

    fn line(&mut self, line: Box<str>, now: Instant) -> Option<Event<T>> {
        if &*line == ">" {
            // A prompt that nobody waits for any more.
            return None;
        }
        if let Some((header, _)) = self.header.take() {
            if line.bytes().all(|octet| octet.is_ascii_hexdigit()) {
                return announced(header, line);
            }
            // The line is another one. The message is lost, unless the network repeats it.
            return self.other_line(line, now).or(Some(Event::Malformed(Wrong::Incomplete)));
        }
        self.other_line(line, now)
    }

    fn other_line(&mut self, line: Box<str>, now: Instant) -> Option<Event<T>> {
        let asked = self.running.as_ref().and_then(|running| running.command.expects);
        match unsolicited::read(&line, asked) {
            Meaning::Whole(unsolicited) => return Some(Event::Unsolicited(unsolicited)),
            Meaning::Header(header) => {
                self.header = Some((header, now + SECOND_LINE));
                return None;
            }
            Meaning::Noise => return None,
            Meaning::Other => {}
        }
        if asked != Some(SUBMITTED)
            && let Some(reference) = after(&line, SUBMITTED).and_then(reference)
        {
            let serial = self.given_up.take()?;
            return Some(Event::Late { serial, reference });
        }
        self.answer(line)
    }

    /// A line that belongs to the running command.
    fn answer(&mut self, line: Box<str>) -> Option<Event<T>> {
        let running = self.running.as_mut()?;
        if let Some(result) = Final::read(&line) {
            // An OK before the line that is waited for is a late one, of an earlier command.
            if result.is_ok() && running.command.expects.is_some() && !running.is_answered {
                return None;
            }
            let Running { token, lines, .. } = self.running.take()?;
            return Some(Event::Done { token, result, lines });
        }
        let is_echo = line == running.command.text || running.command.payload.as_ref() == Some(&line);
        if is_echo {
            return None;
        }
        if running.lines.len() >= ANSWER_MAX {
            return Some(Event::Malformed(Wrong::TooMany));
        }
        running.is_answered |= running.command.expects.is_some_and(|prefix| after(&line, prefix).is_some());
        running.lines.push(line);
        None
    }
}

/// The beginning of the line that answers a message.
const SUBMITTED: &str = "+CMGS";

/// The reference behind `+CMGS:`.
fn reference(rest: &str) -> Option<u8> {
    split(rest).first()?.parse().ok()
}

/// The event of a message that was announced by a header.
fn announced<T>(header: Header, digits: Box<str>) -> Option<Event<T>> {
    match header.kind {
        Kind::Message => Some(Event::Unsolicited(Unsolicited::Message(digits, header.length))),
        Kind::Report => Some(Event::Unsolicited(Unsolicited::Report(digits, header.length))),
        Kind::Broadcast => None,
    }
}

impl<T> Endpoint for Session<T> {
    fn input(&mut self) -> &mut BytesMut {
        self.lines.input()
    }

    fn wants_input(&self) -> bool {
        !self.closed && self.output.len() <= self.settings.max_output
    }

    fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }
}
