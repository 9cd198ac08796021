//! A protocol, as a link sees it.

use super::{Failure, Request};
use postrider_core::contract::{Heard, Unheard};
use postrider_core::delivery::{Delivery, Fault, PartOutcome};
use postrider_core::message::Message;
use postrider_core::receipt::Report;
use postrider_core::time::Time;
use postrider_core::ussd::{Page, Turn};
use postrider_wire::Endpoint;
use std::time::Instant;

/// A protocol as one upstream speaks it.
pub trait Protocol: Send + Sync + 'static {
    /// The conversation on one connection.
    type Conversation: Conversation;

    /// A conversation over a connection of this link that was established at `now`. It asks to be let in.
    ///
    /// # Errors
    /// In words, when the login can't be written.
    fn begin(&self, link: usize, now: Instant) -> Result<Self::Conversation, String>;
}

/// A session with a carrier without its socket: octets and the time come in, octets and events go out.
pub trait Conversation: Send + 'static {
    /// The octets.
    type Endpoint: Endpoint + Send;
    /// A message ready to be written, all its parts.
    type Encoded: Send;
    /// How a request of the carrier is acknowledged.
    type Ack: Send;

    /// The octets between it and the socket.
    fn endpoint(&mut self) -> &mut Self::Endpoint;

    /// When to call [`Conversation::tick`], if nothing happens before.
    fn deadline(&self) -> Option<Instant>;

    /// Runs the timers that are due: asks for signs of life, gives up unanswered requests, or the session.
    fn tick(&mut self, now: Instant);

    /// The next event, or `None` when there is none left.
    fn next(&mut self, now: Instant) -> Option<Event<Self::Ack>>;

    /// Encodes a message, and says in how many parts, of which there are 64 at most.
    ///
    /// # Errors
    /// When the carrier can't be given it.
    fn encode(&self, message: &Message) -> Result<(u8, Self::Encoded), Fault>;

    /// Writes a part and remembers its token until it is answered. `clock` is the world's time.
    ///
    /// # Errors
    /// When it isn't written.
    fn send(&mut self, part: &Part<'_, Self::Encoded>, now: Instant, clock: Time) -> Result<(), Unsent>;

    /// Parts that may be sent before one is answered.
    fn window_free(&self) -> usize;

    /// Requests that have no answer yet.
    fn outstanding(&self) -> usize;

    /// Acknowledges a request of the carrier: well, if what it brought is kept, and so that it is brought again if not.
    fn acknowledge(&mut self, ack: Self::Ack, kept: bool, now: Instant);

    /// Asks the carrier about a part whose receipt is overdue. The answer comes as [`Event::Reply`], if it says something.
    fn ask(&mut self, part: Unheard, now: Instant);

    /// Asks for a sign of life, unless that is asked already.
    fn probe(&mut self, now: Instant);

    /// Since when a sign of life is waited for.
    fn probed(&self) -> Option<Instant>;

    /// When the carrier was heard last.
    fn heard(&self) -> Instant;

    /// Ends the session in order: answers the carrier's goodbye, or says it.
    fn leave(&mut self, now: Instant);

    /// Takes note that the connection is lost, with the reason in words. [`Event::Closed`] follows.
    fn disconnected(&mut self, reason: String);

    /// Whether the network can be asked by USSD now.
    fn takes_ussd(&self) -> bool {
        false
    }

    /// Asks the network by USSD. It answers the request; one that is dropped is answered by that.
    fn ask_network(&mut self, _request: Request, _now: Instant) {}

    /// Answers [`Event::Dialled`]: shows a page, or ends the dialogue if there is none.
    fn show(&mut self, _dialogue: u64, _page: Option<Page>, _now: Instant) {}
}

/// Which part of which delivery, and when it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub(crate) slot: u32,
    pub(crate) part: u8,
    pub(crate) written: Instant,
}

impl Token {
    /// A part of the delivery in this slot, written at `written`.
    #[must_use]
    pub const fn new(slot: u32, part: u8, written: Instant) -> Self {
        Self { slot, part, written }
    }
}

/// A part to write.
#[derive(Debug)]
pub struct Part<'a, E> {
    /// Its token.
    pub token: Token,
    /// The delivery that it is of.
    pub delivery: &'a Delivery,
    /// The message, encoded.
    pub encoded: &'a E,
    /// Which part, from 0.
    pub number: u8,
}

/// Why a part is not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsent {
    /// It can't be, in words.
    Unwritable(String),
    /// The session doesn't allow it now.
    NotNow,
}

/// An event of a conversation.
#[derive(Debug)]
pub enum Event<A> {
    /// The login was accepted.
    LoggedIn,
    /// The login was refused. The conversation is over.
    LoginRefused {
        /// When it may be tried again.
        failure: Failure,
        /// Why, in words.
        reason: String,
        /// Advice for the operator.
        advice: &'static str,
    },
    /// A part was answered.
    Answered {
        /// The part.
        token: Token,
        /// Its outcome.
        outcome: PartOutcome,
        /// The answer's name in the metrics; there must be few.
        status: &'static str,
        /// How loaded the carrier says it is, in per cent.
        load: Option<u8>,
    },
    /// A part was not answered in time.
    Unanswered {
        /// The part.
        token: Token,
        /// The request's number, by which a late answer names it.
        request: u32,
    },
    /// A part was accepted after it was given up.
    Late {
        /// The request's number.
        request: u32,
        /// The carrier's name for the part.
        reference: Box<str>,
    },
    /// The carrier brought something that is to be acknowledged.
    Brought {
        /// The receipt or message to keep before; `None` if there is nothing to keep.
        heard: Option<Heard>,
        /// How it is acknowledged.
        ack: A,
    },
    /// The carrier's answer to a question about a part.
    Reply(Report),
    /// A turn of a USSD dialogue, which [`Conversation::show`] answers.
    Dialled {
        /// The conversation's number of the dialogue.
        dialogue: u64,
        /// What was said.
        turn: Turn,
    },
    /// The carrier wants to end the session: [`Conversation::leave`] answers.
    Leave,
    /// The conversation is over.
    Closed {
        /// Why, in words.
        reason: String,
        /// Whether the other end is taken for gone: it can't be reached, or doesn't answer.
        is_lost: bool,
    },
}
