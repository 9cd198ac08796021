//! UCP as a client's conversation: one session, the meaning of its operations, and operations of ours.

use super::{notice, refusal, submission};
use crate::sessions::login::{Credentials, NotAdmitted};
use crate::sessions::notices::{Answer, Unwritten};
use crate::sessions::pieces::Piece;
use crate::stamped::conversation::{Conversation as Stamped, Event, Reading, Reply, Submitted};
use crate::stamped::question::{Found, Question, Wish};
use crate::stamped::{Ending, Settings};
use postrider_core::contract::Entry;
use postrider_core::inbound::Received;
use postrider_text::Alphabet;
use postrider_wire::exchange::{Reason, RequestError};
use postrider_wire::hex;
use postrider_wire::ucp::operation::{Login, Message};
use postrider_wire::ucp::{self, ErrorCode, Operation, Ot, Outcome, Role, Session};
use std::time::Instant;

/// A client's operation, by its transaction number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ask {
    trn: u8,
    ot: Ot,
}

/// The token of an operation of ours that is no notice.
const INQUIRED: u32 = u32::MAX;

/// The session of one client.
pub(crate) struct Conversation {
    session: Session<u32>,
    /// The client's login number, once it has named it.
    login: String,
}

/// What an operation asks for: it is an event, or answered at once.
enum Asked {
    Event(Event<Ask>),
    Answer(Ask, Result<&'static [u8], ErrorCode>),
}

impl Conversation {
    /// A session in which nobody is logged in.
    pub(crate) fn begin(settings: &Settings, now: Instant) -> Self {
        Self { session: Session::new(Role::Server, settings.session(), b"", now), login: String::new() }
    }

    fn done(&mut self, Ask { trn, ot }: Ask, sm: &[u8]) {
        self.session.answer(trn, ot, &Outcome::Done { mvp: b"", sm });
    }

    fn refuse(&mut self, Ask { trn, ot }: Ask, code: ErrorCode, words: &str) {
        self.session.answer(trn, ot, &Outcome::Refused { code, sm: words.as_bytes() });
    }

    /// Answers messages. Of several recipients all are taken, none, or some (53): then the refused ones are named.
    fn submitted(&mut self, ask: Ask, submitted: &[Submitted]) {
        let refused: Vec<_> =
            submitted.iter().filter_map(|one| Some((one, one.result.as_ref().err()?))).collect();
        match (refused.first(), submitted.first()) {
            (None, Some(Submitted { to, result: Ok(stamp) })) => {
                self.done(ask, format!("{to}:{stamp}").as_bytes());
            }
            (Some((_, why)), _) if refused.len() == submitted.len() => {
                let (code, words) = refusal::unaccepted(why);
                self.refuse(ask, code, &words);
            }
            (Some(_), _) => {
                let numbers: Vec<&str> = refused.iter().map(|(one, _)| &*one.to).collect();
                self.refuse(ask, ErrorCode(53), &numbers.join(","));
            }
            _ => self.refuse(ask, ErrorCode::SYNTAX, ""),
        }
    }

    fn found(&mut self, ask: Ask, question: &Question, found: &Found, reading: Reading, now: Instant) {
        let name = format!("{}:{}", question.to, question.stamp);
        match found {
            Found::Message(entry) => {
                self.done(ask, name.as_bytes());
                self.inquired(question, entry, reading, now);
            }
            Found::Done => self.done(ask, name.as_bytes()),
            Found::TooLate => self.refuse(ask, ErrorCode(38), "the message was sent already"),
            Found::Missing => self.refuse(ask, ErrorCode::NOT_FOUND, ""),
            Found::Busy => self.refuse(ask, ErrorCode::SYSTEM, ""),
        }
    }

    /// Says how a message stands (operation 57).
    fn inquired(&mut self, question: &Question, entry: &Entry, reading: Reading, now: Instant) {
        let Self { session, login } = self;
        let mut write = |operation: &Operation<'_>| session.request(operation, INQUIRED, now);
        let written = match &entry.outcome {
            Some(outcome) => {
                let ending = Ending { stamp: &question.stamp, message: &entry.message, outcome };
                notice::notify(Ot::INQUIRED, &ending, login, reading, write)
            }
            None => {
                let fields = Message {
                    adc: login.as_bytes(),
                    oadc: question.to.as_bytes(),
                    scts: question.stamp.as_bytes(),
                    dst: b"1",
                    mt: b"3",
                    ..Message::default()
                };
                write(&Operation::Message(Ot::INQUIRED, Box::new(fields)))
            }
        };
        if written.is_err() {
            tracing::debug!("an inquiry is answered without its message: the client's window is full");
        }
    }
}

impl Stamped for Conversation {
    type Endpoint = Session<u32>;
    type Ask = Ask;

    fn endpoint(&mut self) -> &mut Session<u32> {
        &mut self.session
    }

    fn deadline(&self) -> Option<Instant> {
        self.session.deadline()
    }

    fn tick(&mut self, now: Instant) {
        self.session.tick(now);
    }

    fn next(&mut self, reading: Reading, now: Instant) -> Option<Event<Ask>> {
        loop {
            let is_logged_in = self.session.is_logged_in();
            let asked = match self.session.next(now)? {
                ucp::Event::Operation { trn, operation } => asked(trn, &operation, is_logged_in, reading),
                ucp::Event::Result { token: INQUIRED, .. }
                | ucp::Event::TimedOut { token: INQUIRED, .. }
                | ucp::Event::Late { .. } => continue,
                ucp::Event::Result { token, outcome, .. } => {
                    Asked::Event(Event::Answered { token, answer: answer(&outcome) })
                }
                ucp::Event::TimedOut { token, .. } => {
                    Asked::Event(Event::Answered { token, answer: Answer::Missing("a notice") })
                }
                ucp::Event::Malformed(wrong) => Asked::Event(Event::Malformed(wrong.to_string())),
                ucp::Event::Closed(reason) => Asked::Event(Event::Closed {
                    is_garbage: matches!(reason, Reason::Garbage(_)),
                    reason: reason.to_string(),
                }),
            };
            match asked {
                Asked::Event(event) => {
                    if let Event::Login { credentials, .. } = &event {
                        self.login.clone_from(&credentials.user);
                    }
                    return Some(event);
                }
                Asked::Answer(ask, Ok(sm)) => self.done(ask, sm),
                Asked::Answer(ask, Err(code)) => self.refuse(ask, code, ""),
            }
        }
    }

    fn alphabet(&self, reading: Reading) -> Alphabet {
        reading.alphabet
    }

    fn admit(&mut self, ask: Ask, admitted: Result<(), NotAdmitted>) {
        match admitted {
            Ok(()) => self.done(ask, b""),
            Err(why) => self.refuse(ask, refusal::not_admitted(why), ""),
        }
    }

    fn answer(&mut self, ask: Ask, reply: &Reply, reading: Reading, now: Instant) {
        match reply {
            Reply::Submitted(submitted) => self.submitted(ask, submitted),
            Reply::Found(question, found) => self.found(ask, question, found, reading, now),
        }
    }

    fn window_free(&self) -> usize {
        self.session.window_free()
    }

    fn outstanding(&self) -> usize {
        self.session.outstanding()
    }

    fn receipt(
        &mut self,
        token: u32,
        ending: &Ending<'_>,
        reading: Reading,
        now: Instant,
    ) -> Result<(), Unwritten> {
        let Self { session, login } = self;
        let write = |operation: &Operation<'_>| session.request(operation, token, now);
        unwritten(notice::notify(Ot::NOTIFY, ending, login, reading, write))
    }

    fn message(
        &mut self,
        token: u32,
        received: &Received,
        piece: &Piece,
        reading: Reading,
        now: Instant,
    ) -> Result<(), Unwritten> {
        let write = |operation: &Operation<'_>| self.session.request(operation, token, now);
        unwritten(notice::deliver(received, piece, reading, write))
    }

    fn close(&mut self, reason: String) {
        self.session.close(Reason::Disconnected(reason));
    }
}

fn unwritten(written: Result<u32, RequestError>) -> Result<(), Unwritten> {
    written.map(drop).map_err(|_| Unwritten::NotNow)
}

/// What a client's operation asks for.
fn asked(trn: u8, operation: &Operation<'_>, is_logged_in: bool, reading: Reading) -> Asked {
    let ask = Ask { trn, ot: operation.ot() };
    let event = match operation {
        Operation::Login(login) if login.styp == b"1" && !is_logged_in => {
            Ok(Event::Login { ask, credentials: credentials(login) })
        }
        // Passwords are changed over the API.
        Operation::Login(_) => Err(ErrorCode::NOT_ALLOWED),
        Operation::Alert(_) => return Asked::Answer(ask, Ok(b"0000")),
        Operation::Message(Ot::MODIFY | Ot::INQUIRE | Ot::DELETE, message) => {
            question(ask, message, reading).map(|question| Event::Question { ask, question })
        }
        operation => {
            submission::read(operation, reading).map(|submissions| Event::Submit { ask, submissions })
        }
    };
    match event {
        Ok(event) => Asked::Event(event),
        Err(code) => Asked::Answer(ask, Err(code)),
    }
}

/// The login number and the password, which is in hexadecimal digits of its characters.
fn credentials(login: &Login<'_>) -> Credentials {
    let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let password = hex::read(login.pwd).unwrap_or_default();
    Credentials { user: text(login.oadc), password: text(&password) }
}

fn question(ask: Ask, message: &Message<'_>, reading: Reading) -> Result<Question, ErrorCode> {
    let text = |field: &[u8]| String::from_utf8_lossy(field.trim_ascii()).into_owned();
    if message.adc.is_empty() {
        return Err(ErrorCode::ADDRESS);
    }
    // Without a stamp it would mean every message to the number.
    if message.scts.is_empty() {
        return Err(ErrorCode::NOT_FOUND);
    }
    let wish = match ask.ot {
        Ot::DELETE => Wish::Cancel,
        Ot::INQUIRE => Wish::State,
        _ => Wish::Replace(submission::body(message, reading)?),
    };
    Ok(Question { to: text(message.adc), stamp: text(message.scts), wish })
}

/// The meaning of a client's answer to a notice.
fn answer(outcome: &Outcome<'_>) -> Answer {
    let refused = |later, pauses, words| Answer::Refused { later, pauses, words };
    match outcome {
        Outcome::Done { .. } => Answer::Taken,
        Outcome::Refused { code, .. } => {
            refused(matches!(code.0, 4 | 50 | 55), code.0 == 50, format!("a notice was answered with {code}"))
        }
        Outcome::Unreadable => {
            refused(false, false, String::from("a notice was answered with what can't be read"))
        }
    }
}
