//! Why a request has no answer.

use crate::answer::Invalid;
use std::io;

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No address of the host may be connected to.
    #[error("no address of the host may be connected to")]
    NotAdmitted,
    /// There was no connection in time.
    #[error("no connection in time")]
    NoConnection,
    /// There is no connection.
    #[error(transparent)]
    Connect(io::Error),
    /// The connection was closed before anything of an answer came.
    #[error("the connection was closed without an answer")]
    Closed,
    /// The connection was lost.
    #[error(transparent)]
    Lost(io::Error),
    /// The answer is not HTTP/1.1.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

impl Error {
    /// Whether nothing listens there, so that nothing was sent.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self, Self::Connect(error) if error.kind() == io::ErrorKind::ConnectionRefused)
    }

    /// The error of a connection on which nothing of an answer has come.
    pub(crate) fn before_answer(error: io::Error) -> Self {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
        match error.kind() {
            ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof => Self::Closed,
            _ => Self::Lost(error),
        }
    }
}
