//! What a session has to tell, and why it may refuse to send.

use super::State;
use crate::smpp::{DecodeError, EncodeError, FrameError, Header, Pdu, Status};
use std::fmt;

/// Something that happened. Its PDU borrows from the session's input until `next` is called again.
#[derive(Debug)]
pub enum Event<'a, T> {
    /// The peer asks for something; answer with `Session::respond` or `refuse`, unless it is alert_notification or
    /// outbind, which have no answer. A bind comes as one too: answering it with ESME_ROK binds the session, and
    /// nothing else is read before it is answered.
    Request {
        /// The number to answer with.
        sequence: u32,
        /// The request.
        pdu: Pdu<'a>,
    },
    /// The answer to a request of ours; a generic_nack is one.
    Response {
        /// What was given with the request.
        token: T,
        /// The request's number.
        sequence: u32,
        /// The outcome.
        status: Status,
        /// The response. With an error its fields are often empty.
        pdu: Pdu<'a>,
    },
    /// A request of ours was not answered in time. What became of it isn't known.
    TimedOut {
        /// What was given with the request.
        token: T,
        /// The request's number.
        sequence: u32,
    },
    /// An answer to nothing outstanding: late, a duplicate, or never asked for. A late submit_sm_resp still has the
    /// message_id.
    LateResponse {
        /// The number it answers.
        sequence: u32,
        /// The outcome.
        status: Status,
        /// The response.
        pdu: Pdu<'a>,
    },
    /// A request whose body couldn't be read. It was answered with the error's status; the session goes on.
    Malformed {
        /// Its header.
        header: Header,
        /// What was wrong.
        error: DecodeError,
    },
    /// A request that isn't known, or not allowed in this state. It was answered with this status.
    Refused {
        /// Its header.
        header: Header,
        /// What it was answered with.
        status: Status,
    },
    /// The peer wants to end the session: answer what is pending and then this, with `respond` and `UnbindResp`.
    Unbind {
        /// The number to answer with.
        sequence: u32,
    },
    /// The session is over; this is its last event.
    Closed(Reason),
}

/// Why a session is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Unbound in order, by either side.
    Unbound,
    /// An unbind got no answer in time.
    UnbindTimedOut,
    /// Nobody bound in time.
    SessionInit,
    /// An enquire_link got no answer in time, nor did anything else come.
    EnquireLink,
    /// The peer said nothing for as long as `inactivity` allows.
    Inactivity,
    /// What came can't be cut into PDUs.
    Unframeable(FrameError),
    /// The client sent more than a PDU's worth before its bind was answered.
    Flooded,
    /// The connection was lost, in the words of who drives the session.
    Disconnected(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unbound => f.write_str("the session was unbound"),
            Self::UnbindTimedOut => f.write_str("an unbind was not answered in time"),
            Self::SessionInit => f.write_str("nobody bound in time"),
            Self::EnquireLink => f.write_str("an enquire_link was not answered in time"),
            Self::Inactivity => f.write_str("the peer was silent for too long"),
            Self::Unframeable(error) => error.fmt(f),
            Self::Flooded => f.write_str("too much was sent before the bind was answered"),
            Self::Disconnected(words) => f.write_str(words),
        }
    }
}

/// Why a request wasn't sent. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestError {
    /// As many requests are unanswered as the window allows.
    WindowFull,
    /// The session's state doesn't allow it: not bound, bound the other way, unbinding or closed.
    NotBound(State),
    /// It isn't a request with an answer: a response, unbind (see `Session::unbind`), or one for `Session::inform`.
    NotARequest,
    /// A field can't be written.
    Encode(EncodeError),
}

impl fmt::Display for RequestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WindowFull => f.write_str("the window is full"),
            Self::NotBound(state) => write!(f, "a session in state {state:?} doesn't allow it"),
            Self::NotARequest => f.write_str("it isn't sent this way"),
            Self::Encode(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RequestError {}

/// Why a response wasn't sent. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RespondError {
    /// The session is over.
    Closed,
    /// It isn't a response.
    NotAResponse,
    /// A field can't be written.
    Encode(EncodeError),
}

impl fmt::Display for RespondError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("the session is over"),
            Self::NotAResponse => f.write_str("it isn't a response"),
            Self::Encode(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for RespondError {}

impl From<EncodeError> for RequestError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

impl From<EncodeError> for RespondError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}
