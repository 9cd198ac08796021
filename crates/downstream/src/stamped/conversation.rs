//! A protocol as its connections need it.

use super::end::Ending;
use super::question::{Found, Question};
use crate::sessions::intake::Unaccepted;
use crate::sessions::login::{Credentials, NotAdmitted};
use crate::sessions::notices::{Answer, Unwritten};
use crate::sessions::pieces::Piece;
use postrider_core::inbound::Received;
use postrider_core::submission::{Refusal, Submission};
use postrider_core::time::Time;
use postrider_text::Alphabet;
use postrider_wire::Endpoint;
use std::time::{Duration, Instant};

/// How requests are read and notices written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The client's alphabet of texts that name none.
    pub(crate) alphabet: Alphabet,
    /// The offset of the clock that clients see from UTC, in minutes.
    pub(crate) offset: i16,
    pub(crate) now: Time,
}

/// What a client did.
pub(crate) enum Event<A> {
    /// It wants to be let in.
    Login { ask: A, credentials: Credentials },
    /// It hands in messages: one for each recipient.
    Submit { ask: A, submissions: Vec<Submission> },
    /// It asks about a message.
    Question { ask: A, question: Question },
    /// It answered a notice, or did not in time.
    Answered { token: u32, answer: Answer },
    /// It says goodbye.
    Left,
    /// It sent what can't be read, in words.
    Malformed(String),
    /// The session is over.
    Closed { reason: String, is_garbage: bool },
}

/// One submission as it is answered.
#[derive(Debug)]
pub(crate) struct Submitted {
    /// The recipient as the client wrote it.
    pub(crate) to: String,
    /// The time stamp that names the message, or the reason of a refusal.
    pub(crate) result: Result<String, Unaccepted>,
}

/// An answer to a client.
#[derive(Debug)]
pub(crate) enum Reply {
    /// To messages, in their order.
    Submitted(Vec<Submitted>),
    /// To a question, with what the question was about.
    Found(Question, Found),
}

/// The session of one client, and the meaning of its octets.
pub(crate) trait Conversation: Send + 'static {
    /// Its session, as far as the socket is concerned.
    type Endpoint: Endpoint + Send;
    /// The name of a client's request until it is answered.
    type Ask: Copy + Send + 'static;

    fn endpoint(&mut self) -> &mut Self::Endpoint;
    /// When to call `tick`.
    fn deadline(&self) -> Option<Instant>;
    fn tick(&mut self, now: Instant);
    /// The next event. What needs nobody else is answered on the way.
    fn next(&mut self, reading: Reading, now: Instant) -> Option<Event<Self::Ask>>;
    /// The alphabet of texts to the client.
    fn alphabet(&self, reading: Reading) -> Alphabet;
    /// Lets the client in, or says why not.
    fn admit(&mut self, ask: Self::Ask, admitted: Result<(), NotAdmitted>);
    /// Answers a request.
    fn answer(&mut self, ask: Self::Ask, reply: &Reply, reading: Reading, now: Instant);
    /// Requests of ours that may be written now.
    fn window_free(&self) -> usize;
    /// Requests of ours without an answer.
    fn outstanding(&self) -> usize;
    /// Writes the end of a message.
    ///
    /// # Errors
    /// When nothing was written.
    fn receipt(
        &mut self,
        token: u32,
        ending: &Ending<'_>,
        reading: Reading,
        now: Instant,
    ) -> Result<(), Unwritten>;
    /// Writes a piece of a message from a handset.
    ///
    /// # Errors
    /// When nothing was written.
    fn message(
        &mut self,
        token: u32,
        received: &Received,
        piece: &Piece,
        reading: Reading,
        now: Instant,
    ) -> Result<(), Unwritten>;
    /// Ends the session.
    fn close(&mut self, reason: String);
}

/// More requests than the window holds: the client is too fast.
pub(crate) fn too_fast() -> Unaccepted {
    Unaccepted::Refused(Refusal::TooFast { retry_after: Duration::ZERO })
}
