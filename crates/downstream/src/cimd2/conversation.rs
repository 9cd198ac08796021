//! CIMD2 as a client's conversation: one session, the meaning of its operations, and operations of ours.

use super::notice::{self, Parameter};
use super::{refusal, submission};
use crate::sessions::login::{Credentials, NotAdmitted};
use crate::sessions::notices::{Answer, Unwritten};
use crate::sessions::pieces::Piece;
use crate::stamped::conversation::{Conversation as Stamped, Event, Reading, Reply, Submitted};
use crate::stamped::question::{Found, Question, Wish};
use crate::stamped::{Ending, Settings};
use postrider_core::contract::Entry;
use postrider_core::inbound::Received;
use postrider_text::Alphabet;
use postrider_wire::cimd2::frame::Header;
use postrider_wire::cimd2::parameter::code;
use postrider_wire::cimd2::{self, ErrorCode, Op, Parameters, Role, Session, time};
use postrider_wire::exchange::Reason;
use std::time::Instant;

/// The session of one client.
pub(crate) struct Conversation {
    session: Session<u32>,
}

/// What a request asks for: it is an event, or answered at once.
enum Asked {
    Event(Event<Header>),
    Answer(Header, Vec<Parameter>),
    /// It is answered with nothing, and an event.
    Both(Header, Event<Header>),
}

impl Conversation {
    /// A session in which nobody is logged in.
    pub(crate) fn begin(settings: &Settings, now: Instant) -> Self {
        Self { session: Session::new(Role::Server, settings.session(), settings.checksum, now) }
    }

    fn write(&mut self, ask: Header, parameters: &[Parameter]) {
        self.session.answer(ask, &borrowed(parameters));
    }

    /// Answers messages: each destination with its time stamp or its error.
    fn submitted(&mut self, ask: Header, submitted: &[Submitted]) {
        let mut parameters: Vec<Parameter> = Vec::with_capacity(submitted.len() * 2);
        for Submitted { to, result } in submitted {
            parameters.push((code::DESTINATION, to.as_bytes().to_vec()));
            match result {
                Ok(stamp) => parameters.push((code::STAMP, stamp.as_bytes().to_vec())),
                Err(why) => {
                    let (error, words) = refusal::unaccepted(why);
                    parameters.push((code::ERROR, error.0.to_string().into_bytes()));
                    parameters.push((code::ERROR_TEXT, words.into_bytes()));
                }
            }
        }
        self.write(ask, &parameters);
    }

    fn found(&mut self, ask: Header, question: &Question, found: &Found, reading: Reading) {
        let error = match found {
            Found::Message(entry) => {
                let state = state(question, entry, reading);
                return self.write(ask, &state);
            }
            Found::Done => return self.write(ask, &[]),
            Found::TooLate => ErrorCode::FAILED,
            Found::Missing => ErrorCode(7),
            Found::Busy => ErrorCode(10),
        };
        let mut parameters = vec![error_of(error)];
        if question.wish == Wish::State {
            parameters.splice(..0, named(question));
        }
        self.write(ask, &parameters);
    }

    fn send(&mut self, op: Op, parameters: &[Parameter], token: u32, now: Instant) -> Result<(), Unwritten> {
        let sent = self.session.request(op, &borrowed(parameters), token, now);
        sent.map(drop).map_err(|_| Unwritten::NotNow)
    }
}

fn borrowed(parameters: &[Parameter]) -> Vec<(u16, &[u8])> {
    parameters.iter().map(|(code, value)| (*code, value.as_slice())).collect()
}

fn error_of(error: ErrorCode) -> Parameter {
    (code::ERROR, error.0.to_string().into_bytes())
}

/// The name of the message that a question is about.
fn named(question: &Question) -> [Parameter; 2] {
    [(code::DESTINATION, question.to.as_bytes().to_vec()), (code::STAMP, question.stamp.as_bytes().to_vec())]
}

/// The parameters that say how a message stands.
fn state(question: &Question, entry: &Entry, reading: Reading) -> Vec<Parameter> {
    let mut parameters = named(question).to_vec();
    parameters.push((code::STATUS, notice::status(entry.state).to_string().into_bytes()));
    if let Some(outcome) = &entry.outcome {
        let ending = Ending { stamp: &question.stamp, message: &entry.message, outcome };
        if let Some(error) = ending.cimd2_error() {
            parameters.push((code::STATUS_ERROR, error.to_string().into_bytes()));
        }
        parameters.push((code::DISCHARGED, time::stamp(reading.civil(outcome.done_at)).to_vec()));
    }
    parameters
}

impl Stamped for Conversation {
    type Endpoint = Session<u32>;
    type Ask = Header;

    fn endpoint(&mut self) -> &mut Session<u32> {
        &mut self.session
    }

    fn deadline(&self) -> Option<Instant> {
        self.session.deadline()
    }

    fn tick(&mut self, now: Instant) {
        self.session.tick(now);
    }

    fn next(&mut self, reading: Reading, now: Instant) -> Option<Event<Header>> {
        loop {
            let is_logged_in = self.session.is_logged_in();
            let event = match self.session.next(now)? {
                cimd2::Event::Request { header, parameters } => {
                    match asked(header, &parameters, is_logged_in, reading) {
                        Asked::Event(event) => event,
                        Asked::Answer(ask, answer) => {
                            self.write(ask, &answer);
                            continue;
                        }
                        Asked::Both(ask, event) => {
                            self.write(ask, &[]);
                            event
                        }
                    }
                }
                cimd2::Event::Response { token, parameters, .. } => {
                    Event::Answered { token, answer: answer(&parameters) }
                }
                cimd2::Event::TimedOut { token, .. } => {
                    Event::Answered { token, answer: Answer::Missing("a notice") }
                }
                cimd2::Event::Late { .. } => continue,
                cimd2::Event::Malformed(wrong) => Event::Malformed(wrong.to_string()),
                cimd2::Event::Closed(reason) => Event::Closed {
                    is_garbage: matches!(reason, Reason::Garbage(_)),
                    reason: reason.to_string(),
                },
            };
            return Some(event);
        }
    }

    fn alphabet(&self, _: Reading) -> Alphabet {
        // Its texts are in the GSM alphabet, whatever the account says.
        Alphabet::Gsm7
    }

    fn admit(&mut self, ask: Header, admitted: Result<(), NotAdmitted>) {
        match admitted {
            Ok(()) => self.write(ask, &[]),
            Err(why) => self.session.refuse(ask, refusal::not_admitted(why)),
        }
    }

    fn answer(&mut self, ask: Header, reply: &Reply, reading: Reading, _: Instant) {
        match reply {
            Reply::Submitted(submitted) => self.submitted(ask, submitted),
            Reply::Found(question, found) => self.found(ask, question, found, reading),
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
        self.send(Op::REPORT, &notice::report(ending, reading), token, now)
    }

    fn message(
        &mut self,
        token: u32,
        received: &Received,
        piece: &Piece,
        reading: Reading,
        now: Instant,
    ) -> Result<(), Unwritten> {
        self.send(Op::DELIVER, &notice::deliver(received, piece, reading), token, now)
    }

    fn close(&mut self, reason: String) {
        self.session.close(Reason::Disconnected(reason));
    }
}

/// What a client's request asks for.
fn asked(ask: Header, parameters: &Parameters<'_>, is_logged_in: bool, reading: Reading) -> Asked {
    let refused = |error| Asked::Answer(ask, vec![error_of(error)]);
    match ask.op {
        Op::LOGIN if !is_logged_in => {
            Asked::Event(Event::Login { ask, credentials: credentials(parameters) })
        }
        Op::LOGOUT => Asked::Both(ask, Event::Left),
        Op::SUBMIT => match submission::read(parameters, reading) {
            Ok(submissions) => Asked::Event(Event::Submit { ask, submissions }),
            Err(error) => {
                let to = parameters.get(code::DESTINATION).unwrap_or_default().to_vec();
                Asked::Answer(ask, vec![(code::DESTINATION, to), error_of(error)])
            }
        },
        Op::ENQUIRE | Op::CANCEL => match question(ask.op, parameters) {
            Ok(question) => Asked::Event(Event::Question { ask, question }),
            Err(error) => refused(error),
        },
        Op::REQUEST => requested(ask, parameters),
        // Passwords are changed over the API.
        Op::SET => refused(ErrorCode(801)),
        Op::GET => got(ask, parameters, reading),
        _ => refused(ErrorCode::UNEXPECTED),
    }
}

fn text(parameters: &Parameters<'_>, code: u16) -> String {
    String::from_utf8_lossy(parameters.get(code).unwrap_or_default()).into_owned()
}

fn credentials(parameters: &Parameters<'_>) -> Credentials {
    Credentials { user: text(parameters, code::USER), password: text(parameters, code::PASSWORD) }
}

fn question(op: Op, parameters: &Parameters<'_>) -> Result<Question, ErrorCode> {
    let is_cancel = op == Op::CANCEL;
    // Of its modes that is served which names one message.
    if is_cancel && parameters.number(code::CANCEL_MODE) != Some(2_u8) {
        return Err(ErrorCode(602));
    }
    let (address, stamp) = if is_cancel { (601, 600) } else { (400, 401) };
    let named = |code, error| match text(parameters, code) {
        text if text.trim().is_empty() => Err(ErrorCode(error)),
        text => Ok(text.trim().to_owned()),
    };
    Ok(Question {
        to: named(code::DESTINATION, address)?,
        stamp: named(code::STAMP, stamp)?,
        wish: if is_cancel { Wish::Cancel } else { Wish::State },
    })
}

/// Messages are delivered without being asked for, so that none waits that could be counted.
fn requested(ask: Header, parameters: &Parameters<'_>) -> Asked {
    match parameters.number(code::REQUEST_MODE) {
        Some(0_u8) => Asked::Answer(ask, vec![(code::COUNT, b"0".to_vec())]),
        Some(1 | 2) => Asked::Answer(ask, Vec::new()),
        _ => Asked::Answer(ask, vec![error_of(ErrorCode(501))]),
    }
}

/// Of the parameters that can be got there is the time.
fn got(ask: Header, parameters: &Parameters<'_>, reading: Reading) -> Asked {
    let wanted = text(parameters, code::GET);
    if wanted == code::TIME.to_string() {
        return Asked::Answer(ask, vec![(code::TIME, time::stamp(reading.civil(reading.now)).to_vec())]);
    }
    Asked::Answer(ask, vec![(code::GET, wanted.into_bytes()), error_of(ErrorCode(900))])
}

/// The meaning of a client's answer to a notice.
fn answer(parameters: &Parameters<'_>) -> Answer {
    let error = parameters.get(code::ERROR).map(|_| parameters.number(code::ERROR).unwrap_or(9));
    match error {
        // 700 says that it has it.
        None | Some(0 | 700) => Answer::Taken,
        Some(error) => Answer::Refused {
            later: matches!(error, 4..=6 | 10),
            pauses: error == 10,
            words: format!("a notice was answered with {}", ErrorCode(error)),
        },
    }
}
